"""Pure gauge theories: scales by the flow, potentials, glueballs, confinement by projections, twisted boundaries."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree, merge


def _heatbath(
    name: str, group: str, beta: float, run: Tree, observables: Tree, fit: list[str], shape: tuple[int, ...] = (12,) * 4
) -> Tree:
    """Return the input of a run by heat bath and overrelaxation, measured and fitted."""
    return {
        "lattice": {"shape": list(shape), "group": group},
        "run": {"name": name, "seed": 11, "initial": "cold", **run},
        "action": {"gauge": {"kind": "wilson", "beta": beta}},
        "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 4},
        "observables": {"plaquette": {"every": 1}, **observables},
        "analyze": {"thermalization": run["thermalization"], "fit": fit},
    }


_LOOPS: Tree = {"every": 5, "space": 4, "time": 4}
_CENTER: Tree = {"omega": 1.95, "tolerance": 1e-8}
_PROJECTIONS: Tree = {
    "abelian": {"kind": "abelian"},
    "center": {"kind": "center", **_CENTER},
    "removed": {"kind": "vortex_removed", **_CENTER},
}

SCALES: dict[str, Preset] = {
    "su3-flow-scale": Preset(
        "Scales t0 and w0 of pure SU(3) gauge theory by the Wilson flow on 12^4",
        (
            "Expected: plaquette 0.58903(6), t0 2.73(6), w0 1.66(2); published t0 2.7854(62) on 48 x 24^3,",
            "arXiv:1006.4518 (docs/pure-gauge.md). 11 minutes of one core.",
        ),
        _heatbath(
            "su3_flow_scale",
            "SU(3)",
            5.96,
            {"trajectories": 800, "thermalization": 100, "save_every": 100},
            {
                "flow": {
                    "every": 10,
                    "time": 3.4,
                    "interval": 0.2,
                    "integrator": "adaptive",
                    "tolerance": 1e-3,
                    "along": ["topological_charge"],
                }
            },
            ["scale = t0(flow_t2E_clover, 0, 0.2)", "w = w0(flow_t2E_clover, 0, 0.2)"],
        ),
    ),
    "su2-potential": Preset(
        "Static potential of pure SU(2) gauge theory on 12^4 by smeared Wilson loops",
        (
            "Expected: plaquette 0.62994(6), sigma 0.075(3), r0 4.31(6); published sigma 0.0708(11), hep-lat/9208012",
            "(docs/pure-gauge.md). 3 minutes of one core.",
        ),
        _heatbath(
            "su2_potential",
            "SU(2)",
            2.4,
            {"trajectories": 1500, "thermalization": 150, "save_every": 500},
            {"wilson_loop": {"every": 5, "smearing": "ape", "steps": 15}},
            ["V = potential(wilson_loop, 3, 2, 6)", "chi = creutz(wilson_loop)"],
        ),
    ),
    "su2-glueball": Preset(
        "Glueballs of pure SU(2) gauge theory in 2 + 1 dimensions, spin 0 and 2, by the generalised eigenvalue problem",
        (
            "Expected: plaquette 0.824776(9), scalar.1.1 1.221(9), scalar.1.2 1.23(3), tensor.1.1 2.008(19)",
            "(docs/pure-gauge.md). 4 minutes of one core, 75 MB of correlators.",
        ),
        _heatbath(
            "su2_glueball",
            "SU(2)",
            6.0,
            {"trajectories": 40000, "thermalization": 200, "save_every": 10000},
            {"glueballs": {"every": 4, "loops": ["rectangle"], "steps": [4, 12, 30]}},
            ["scalar = gevp(glueball_a1p, 0, 2, 1)", "tensor = gevp(glueball_b1p, 0, 1, 1)"],
            (16, 16, 16),
        ),
    ),
    "su2-anisotropic-glueball": Preset(
        "The same glueballs at half the spacing in time, and the anisotropy from Wilson loops of space and with time",
        (
            "Expected: plaquette 0.858989(8), scalar.1.1 0.604(5), scalar.1.2 0.594(9), tensor.1.1 0.971(7),",
            "xi.3.3 2.093(5) by --fit 'xi = anisotropy(wilson_loop_space, wilson_loop)' (docs/physics/anisotropy.md).",
            "10 minutes of one core.",
        ),
        merge(
            _heatbath(
                "su2_anisotropic_glueball",
                "SU(2)",
                6.0,
                {"trajectories": 20000, "thermalization": 200, "save_every": 10000},
                {
                    "glueballs": {"every": 4, "loops": ["rectangle"], "steps": [4, 12, 30]},
                    "wilson_loop": {"every": 4, "spatial": True},
                },
                ["scalar = gevp(glueball_a1p, 0, 2, 2)", "tensor = gevp(glueball_b1p, 0, 1, 2)"],
                (16, 16, 32),
            ),
            {"action": {"gauge": {"anisotropy": 2.0}}},
        ),
    ),
    "su2-multilevel": Preset(
        "Static potential and Luescher term of SU(2) in 2 + 1 dimensions by the multilevel algorithm",
        (
            "Expected: plaquette 0.78687(5), V.sigma 0.0987(3), V.alpha 0.1122(12), c3 -0.1261(14), c4 -0.126(8);",
            "of a long string c = -pi/24 = -0.131 (docs/pure-gauge.md). 4 minutes of one core.",
        ),
        merge(
            _heatbath(
                "su2_multilevel",
                "SU(2)",
                5.0,
                {"trajectories": 2000, "thermalization": 200, "save_every": 500},
                {"polyakov_multilevel": {"every": 5, "slab": 4, "updates": 400}},
                ["F = free_energy(polyakov_multilevel)", "V = polyakov_potential(polyakov_multilevel, 16, 2, 6)"],
                (16, 16, 16),
            ),
            {
                "analyze": {
                    "derive": [
                        "c3 = 13.5 * (F[4] - 2*F[3] + F[2]) / 16",
                        "c4 = 32 * (F[5] - 2*F[4] + F[3]) / 16",
                    ]
                }
            },
        ),
    ),
    "su2-gluon-propagator": Preset(
        "Gluon propagator of pure SU(2) gauge theory in Landau gauge, and at equal times in Coulomb gauge",
        (
            "Expected: plaquette 0.60228(7), functional 0.84966(11), gluon_propagator 33.0(9), 17.3(2), 4.92(7), ...",
            "(docs/pure-gauge.md). 70 seconds of one core.",
        ),
        _heatbath(
            "su2_gluon_propagator",
            "SU(2)",
            2.3,
            {"trajectories": 2000, "thermalization": 200, "save_every": 500},
            {
                "gauge_fixing": {"every": 10, "omega": 1.9},
                "gluon_propagator": {"every": 10, "omega": 1.9},
                "coulomb_gluon_propagator": {"every": 10, "gauge": "coulomb", "omega": 1.9},
            },
            [],
        ),
    ),
    "su2-center-vortices": Preset(
        "Centre vortices and abelian monopoles of SU(2), and Creutz ratios of Wilson loops of projected links",
        (
            "Expected: plaquette 0.60219(18), center_vortices_density 0.0908(5), monopoles_density 0.0513(4); chi.3.3",
            "of the links 0.225(7), of abelian ones 0.176(4), of the centre 0.135(3), without vortices 0.084(8)",
            "(docs/physics/confinement.md). 70 seconds of one core.",
        ),
        merge(
            _heatbath(
                "su2_center_vortices",
                "SU(2)",
                2.3,
                {"trajectories": 500, "thermalization": 100, "save_every": 250},
                {
                    "wilson_loop": _LOOPS,
                    **{f"{name}_wilson_loop": {**_LOOPS, "links": name} for name in _PROJECTIONS},
                    "monopoles": {"every": 5, "links": "abelian"},
                    "center_vortices": {"every": 5, "links": "center"},
                },
                ["chi = creutz(wilson_loop)", *(f"{name}_chi = creutz({name}_wilson_loop)" for name in _PROJECTIONS)],
                (10, 10, 10, 10),
            ),
            {"projection": _PROJECTIONS},
        ),
    ),
    "su2-twisted": Preset(
        "SU(2) on 6^4 with twisted boundary conditions: charges that are half-integer along the gradient flow",
        (
            "Expected: plaquette 0.6686(2), charge 0.47 or -0.47 at the flow time 4.5 on every configuration",
            "(docs/physics/twist.md). 11 seconds of one core.",
        ),
        merge(
            _heatbath(
                "su2_twisted",
                "SU(2)",
                2.6,
                {"trajectories": 1000, "thermalization": 100, "save_every": 500},
                {"flow": {"every": 10, "time": 4.5, "interval": 0.5, "integrator": "adaptive", "tolerance": 1e-3}},
                [],
                (6, 6, 6, 6),
            ),
            {
                "lattice": {"twist": {"xy": 1, "zt": 1}},
                "observables": {"flow": {"along": ["topological_charge"]}, "polyakov": {"every": 1}},
            },
        ),
    ),
}
