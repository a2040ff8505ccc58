"""Two-dimensional U(1): pure gauge, and the Schwinger model with two Wilson flavours at published points."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree, merge

_TOPOLOGY: Tree = {"plaquette": {"every": 1}, "topological_charge": {"every": 1}}


def _two_flavours(name: str, extent: int, beta: float, fermion: Tree, steps: int, changes: Tree) -> Tree:
    """Return the input of an HMC run with two Wilson flavours on a square lattice."""
    base: Tree = {
        "lattice": {"shape": [extent, extent], "group": "U(1)"},
        "run": {"name": name, "trajectories": 5000, "thermalization": 500, "seed": 11, "save_every": 1000},
        "action": {
            "gauge": {"kind": "wilson", "beta": beta},
            "fermion": [{"kind": "wilson", "flavors": 2, **fermion}],
        },
        "update": {
            "length": 1.0,
            "level": [
                {"terms": ["fermion"], "steps": steps, "integrator": "omelyan"},
                {"terms": ["gauge"], "steps": 2, "integrator": "omelyan"},
            ],
        },
        "observables": _TOPOLOGY,
    }
    return merge(base, changes)


def _transformed(name: str, layer: Tree, train: Tree) -> Tree:
    """Return the input of field-transformed HMC at beta = 5 with one masked layer, trained from beta = 2."""
    return {
        "lattice": {"shape": [16, 16], "group": "U(1)"},
        "run": {"name": name, "trajectories": 20000, "thermalization": 200, "seed": 11},
        "action": {"gauge": {"kind": "wilson", "beta": 5.0}},
        "network": {"map": {"masked": True, "layer": [{"loops": ["plaquette"], **layer, "initial": 0.0}]}},
        "update": {
            "length": 4.0,
            "transformation": "map",
            "level": [{"terms": ["gauge", "jacobian"], "steps": 24, "integrator": "omelyan"}],
        },
        "train": {"base_beta": 2.0, "mode": "online", "thermalization": 200, "optimizer": "least_squares", **train},
        "observables": _TOPOLOGY,
    }


SCHWINGER: dict[str, Preset] = {
    "u1-2d": Preset(
        "Two-dimensional U(1) gauge theory by HMC, where plaquette and topological susceptibility are known exactly",
        (
            "At beta = 2 the plaquette is I1(beta)/I0(beta) = 0.697775, the topological susceptibility 0.019364,",
            "up to corrections that are small on 16^2: docs/schwinger.md.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {"name": "u1_2d", "trajectories": 2000, "thermalization": 200, "seed": 11, "initial": "cold"},
            "action": {"gauge": {"kind": "wilson", "beta": 2.0}},
            "update": {"length": 1.0, "steps": 10, "integrator": "leapfrog"},
            "observables": {**_TOPOLOGY, "polyakov": {"every": 1}},
        },
    ),
    "u1-2d-transformed": Preset(
        "Two-dimensional U(1) by field-transformed HMC: F is trained from beta = 2, links U = F(V) have beta = 5",
        (
            "At beta = 5 the plaquette is I1(beta)/I0(beta) = 0.893383, whatever F has learned.",
            "Expected: weight 0.18, acceptance 96 %, tau_int of Q^2 13.5(1.6): docs/physics/transformation.md.",
        ),
        _transformed("u1_2d_transformed", {}, {"trajectories": 1000, "rate": 1e-2}),
    ),
    "u1-2d-neural-map": Preset(
        "Two-dimensional U(1) by field-transformed HMC: a network in F gives each link a weight of its own",
        (
            "At beta = 5 the plaquette is I1(beta)/I0(beta) = 0.893383, whatever F has learned.",
            "Expected: acceptance 96 %, tau_int of Q^2 15(2), no gain over a constant: docs/physics/transformation.md.",
        ),
        _transformed("u1_2d_neural_map", {"channels": [4]}, {"trajectories": 100, "loss": "force", "rate": 1.0}),
    ),
    "u1-2d-tempered": Preset(
        "Two-dimensional U(1) by parallel tempering on boundary conditions at beta = 7, where a heat bath is frozen",
        (
            "Exact: plaquette 0.925532, Q^2/V 0.003931. Expected: tau_int of Q^2 5.6(5) trajectories, 800(200) by heat",
            "bath alone; swaps accepted 34, 30, 40, 47 %: docs/physics/tempering.md.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {
                "name": "u1_2d_tempered",
                "trajectories": 20000,
                "thermalization": 500,
                "seed": 3,
                "save_every": 1000,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 7.0}},
            "update": {
                "kind": "heatbath",
                "overrelaxation": 4,
                "tempering": {"couplings": [1.0, 0.6, 0.35, 0.15, 0.0], "side": 4},
            },
            "observables": _TOPOLOGY,
        },
    ),
    "u1-2d-light-pion": Preset(
        "Light pion and condensate of quenched two-dimensional U(1) on 128^2 by a multigrid of three grids",
        (
            "Expected: pi.mass 0.267(4), condensate 0.8913(6), plaquette 0.863523 (exact): docs/measure-hadrons.md.",
            "Pion and condensate share what the multigrid learns of a configuration.",
        ),
        {
            "lattice": {"shape": [128, 128], "group": "U(1)"},
            "run": {
                "name": "u1_2d_light_pion",
                "trajectories": 1000,
                "thermalization": 200,
                "seed": 17,
                "initial": "hot",
                "save_every": 20,
                "measure_thermalization": False,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 4.0}},
            "valence": {"light": {"kind": "wilson", "kappa": 0.258, "solver": "multigrid"}},
            "update": {"kind": "heatbath", "overrelaxation": 3},
            "observables": {
                "topological_charge": {"every": 20},
                "pion": {"every": 20, "fermion": "light"},
                "condensate": {"every": 20, "fermion": "light", "method": "noise", "vectors": 8},
            },
            "analyze": {"thermalization": 200, "fit": ["pi = cosh(pion, 10, 64)"]},
        },
    ),
    "u1-2d-open": Preset(
        "Two-dimensional U(1) with open boundary conditions in time at beta = 9, where a torus is frozen",
        (
            "Exact: every plaquette 0.942690, Q^2/V 0.002994; Q is no integer. Expected: tau_int of Q^2 0.52(2)",
            "trajectories; with lattice.time = \"periodic\" Q never changes: docs/physics/openboundary.md.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)", "time": "open"},
            "run": {"name": "u1_2d_open", "trajectories": 20000, "thermalization": 500, "seed": 3, "save_every": 1000},
            "action": {"gauge": {"kind": "wilson", "beta": 9.0}},
            "update": {"kind": "heatbath", "overrelaxation": 4},
            "observables": _TOPOLOGY,
        },
    ),
    "schwinger-wilson-hmc": Preset(
        "Schwinger model: two-dimensional U(1) with two Wilson flavours by HMC",
        (),
        _two_flavours(
            "schwinger_wilson_hmc",
            16,
            4.0,
            {"mass": 0.1, "boundary": [1, -1]},
            4,
            {"observables": {"polyakov": {"every": 1}}},
        ),
    ),
    "schwinger-tempered": Preset(
        "Schwinger model with two Wilson flavours at beta = 6 by HMC with parallel tempering, where HMC is frozen",
        ("Expected: tau_int of Q^2 8.8(1.0) trajectories, 550(150) without: docs/physics/tempering.md.",),
        _two_flavours(
            "schwinger_tempered_hmc",
            16,
            6.0,
            {"mass": 0.1, "boundary": [1, -1]},
            6,
            {
                "run": {"trajectories": 15000, "thermalization": 300, "seed": 5},
                "update": {
                    "length": 2.0,
                    "tempering": {"couplings": [1.0, 0.6, 0.35, 0.15, 0.0], "side": 4},
                },
            },
        ),
    ),
    "schwinger-overlap": Preset(
        "Schwinger model with one overlap flavour by weights of quenched configurations: condensate and index",
        (
            "Expected: quenched condensate 0.235(10), index^2/V 0.0076(6), exact by the charge 0.007554; one flavour",
            "by analyze --reweight reweighting.1: condensate 0.094(7). docs/physics/overlap.md. 3 minutes of one core.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {
                "name": "schwinger_overlap",
                "trajectories": 6000,
                "thermalization": 200,
                "seed": 11,
                "save_every": 1000,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 4.0}},
            "valence": {"light": {"kind": "overlap", "mass": 0.02}},
            "update": {"kind": "heatbath", "overrelaxation": 4},
            "observables": {
                **_TOPOLOGY,
                "condensate": {"every": 20},
                "eigenvalues": {"every": 20, "number": 4},
                "reweighting": {"every": 20, "fermion": "light", "method": "exact"},
            },
        },
    ),
    "schwinger-condensate": Preset(
        "Schwinger model with two Wilson flavours: chiral condensate and topological charge at beta = 2",
        (
            "Expected: condensate 1.8337(8), published 1.8323(9); plaquette 0.7202(8), susceptibility 0.0136(5):",
            "docs/schwinger.md. Periodic fermions: a cold start would have exact zero modes at kappa = 0.25.",
        ),
        _two_flavours(
            "schwinger_condensate_hmc",
            16,
            2.0,
            {"kappa": 0.25, "boundary": [1, 1]},
            3,
            {
                "run": {"initial": "hot"},
                "observables": {"condensate": {"every": 10, "method": "exact", "tolerance": 1e-8}},
            },
        ),
    ),
    "schwinger-pion": Preset(
        "Schwinger model with two Wilson flavours: pion mass on 32^2",
        ("Expected: pion mass 0.58, 0.575(4) published in hep-lat/0510047 (docs/schwinger.md).",),
        _two_flavours(
            "schwinger_pion_hmc",
            32,
            2.0,
            {"mass": -0.008352, "boundary": [1, -1]},
            5,
            {"observables": {"pion": {"every": 1, "tolerance": 1e-8}}},
        ),
    ),
    "schwinger-twisted-mass": Preset(
        "Schwinger model with two Wilson flavours at maximal twist: pion mass and decay constant",
        (
            "mass is the critical one, at which the PCAC quark mass is 0. Expected: f.mass 0.446(3), f.decay_constant",
            "0.545(6), plaquette 0.7495(7), acceptance 98 %: docs/physics/twistedmass.md.",
        ),
        _two_flavours(
            "schwinger_twisted_mass_hmc",
            16,
            2.0,
            {"mass": -0.18, "twisted_mass": 0.1, "hasenbusch_twisted_mass": [0.4]},
            6,
            {
                "lattice": {"shape": [16, 32]},
                "run": {"trajectories": 2000, "thermalization": 200},
                "update": {
                    "level": [
                        {"terms": ["fermion.1.1"], "steps": 4, "integrator": "omelyan"},
                        {"terms": ["fermion.1.2", "gauge"], "steps": 2, "integrator": "omelyan"},
                    ]
                },
                "observables": {
                    "condensate": {"every": 10, "method": "noise", "vectors": 4},
                    "mesons": {"every": 2, "source": "noise_wall", "tolerance": 1e-8},
                },
                "analyze": {"fit": ["f = twisted_decay_constant(meson_pseudoscalar, 0.1, 5, 16)"]},
            },
        ),
    ),
    "schwinger-eta": Preset(
        "Schwinger model with two clover flavours: pion and eta, the flavour singlet that the anomaly makes heavy",
        (
            "Expected: pi.mass 0.3152(15), eta.mass 0.50(2), anomaly 0.94(14), 1 in the continuum for light quarks:",
            "docs/schwinger.md. About 6 minutes of one core.",
        ),
        _two_flavours(
            "schwinger_eta_hmc",
            16,
            4.0,
            {"mass": 0.03, "csw": 1.0, "boundary": [1, -1]},
            7,
            {
                "lattice": {"shape": [16, 24]},
                "run": {
                    "trajectories": 15000,
                    "thermalization": 2000,
                    "initial": "hot",
                    "measure_thermalization": False,
                },
                "observables": {
                    "mesons": {"every": 4, "sources": 4, "loose_tolerance": 1e-3, "tolerance": 1e-8},
                    "quark_loops": {
                        "every": 4,
                        "channels": ["scalar", "pseudoscalar"],
                        "vectors": 48,
                        "loose_tolerance": 1e-2,
                        "exact_vectors": 8,
                        "tolerance": 1e-8,
                    },
                },
                "analyze": {
                    "thermalization": 2000,
                    "fit": [
                        "pi = cosh(meson_pseudoscalar, 6, 12)",
                        "eta = cosh_constant(singlet(pi, disconnected_pseudoscalar, 2), 2, 12)",
                    ],
                    "derive": ["anomaly = beta * pi * (eta.mass**2 - pi.mass**2) / 2"],
                },
            },
        ),
    ),
}
