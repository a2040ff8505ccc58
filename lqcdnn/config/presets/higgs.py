"""Gauge theories with a scalar field: SU(2) in four dimensions, and the abelian Higgs model in two."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

HIGGS: dict[str, Preset] = {
    "su2-higgs": Preset(
        "SU(2) with a scalar doublet in the Higgs region: masses of the Higgs and the W boson",
        (
            "HMC of the links, a heat bath and reflections of the scalar field between trajectories.",
            "Expected: plaquette 0.6314(2), length 1.7283(11), W mass 0.61(3), Higgs mass 1.06(9), motion exactly 2:",
            "docs/physics/scalar.md.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 12], "group": "SU(2)"},
            "run": {
                "name": "su2_higgs",
                "trajectories": 2000,
                "thermalization": 200,
                "measure_thermalization": False,
                "seed": 5,
                "save_every": 100,
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 2.3},
                "scalar": {"kappa": 0.28, "lambda": 0.5, "sweeps": 1, "reflections": 3},
            },
            "update": {"length": 1.0, "steps": 7, "integrator": "omelyan", "accept_first": 50},
            "observables": {
                "plaquette": {"every": 1},
                "higgs": {"every": 1},
                "higgs_correlator": {"every": 2, "steps": [1, 4]},
            },
            "analyze": {
                "derive": [
                    "motion = higgs_length + 2*0.5*(higgs_quartic + higgs_length - 1) - 2*0.28*4*higgs_hopping",
                    "chi = 4*2592*(mean(higgs_link**2) - mean(higgs_link)**2)",
                ],
                "fit": ["W = gevp_cosh(higgs_vector, 1, 2, 5)", "H = gevp_cosh(higgs_scalar, 0, 1, 4)"],
            },
        },
    ),
    "u1-2d-higgs": Preset(
        "The abelian Higgs model in two dimensions",
        ("Expected: plaquette 0.6023(7), length 1.0548(10), link 0.3251(7): docs/physics/scalar.md.",),
        {
            "lattice": {"shape": [8, 8], "group": "U(1)"},
            "run": {
                "name": "u1_2d_higgs",
                "trajectories": 20000,
                "thermalization": 200,
                "measure_thermalization": False,
                "seed": 3,
                "save_every": 1000,
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 1.5},
                "scalar": {"kappa": 0.35, "lambda": 0.4, "sweeps": 1, "reflections": 2},
            },
            "update": {"length": 1.0, "steps": 3, "integrator": "omelyan"},
            "observables": {"plaquette": {"every": 1}, "topological_charge": {"every": 1}, "higgs": {"every": 1}},
        },
    ),
}
