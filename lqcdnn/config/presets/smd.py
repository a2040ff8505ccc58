"""Stochastic molecular dynamics of SU(3), without quarks and with stabilised Wilson quarks."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

SMD: dict[str, Preset] = {
    "su3-smd": Preset(
        "Stochastic molecular dynamics (SMD) of SU(3) gauge theory: short cycles, momenta kept in part",
        (
            "A trajectory is a cycle of length 0.4: 25000 of them are 10000 units of molecular-dynamics time.",
            "Expected: plaquette 0.5697(2), t^2 E of the flow at t = 1 0.152(3), acceptance 0.983.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 6], "group": "SU(3)"},
            "run": {
                "name": "su3_smd",
                "trajectories": 25000,
                "thermalization": 1250,
                "measure_thermalization": False,
                "seed": 5,
                "save_every": 1000,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 5.8}},
            "update": {
                "length": 0.4,
                "friction": 0.3,
                "steps": 1,
                "integrator": "omelyan4",
                "accept_first": 20,
            },
            "observables": {
                "polyakov": {"every": 5},
                "flow": {
                    "every": 5,
                    "time": 1.0,
                    "interval": 1.0,
                    "step": 0.1,
                    "along": ["topological_charge"],
                },
            },
        },
    ),
    "su3-stabilized-wilson-smd": Preset(
        "Stabilised Wilson fermions: two flavours of exponential clover quarks by SMD, SU(3) with Symanzik's action",
        (
            "A trajectory is a cycle of length 0.2. The start is hot: on cold links kappa is beyond the critical one.",
            "Expected: plaquette 0.552(3), PCAC mass at t = 3 0.348(11), acceptance 0.9990(10). 8 minutes.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 8], "group": "SU(3)"},
            "run": {
                "name": "su3_stabilized_wilson_smd",
                "trajectories": 1000,
                "thermalization": 300,
                "measure_thermalization": False,
                "seed": 21,
                "save_every": 250,
                "initial": "hot",
            },
            "action": {
                "gauge": {"kind": "symanzik", "beta": 3.8},
                "fermion": [
                    {
                        "kind": "wilson",
                        "flavors": 2,
                        "kappa": 0.136,
                        "csw": 1.9,
                        "clover": "exponential",
                        "tolerance": 1e-10,
                        "md_tolerance": 1e-8,
                    }
                ],
            },
            "update": {
                "length": 0.2,
                "friction": 0.3,
                "steps": 1,
                "integrator": "omelyan4",
                "accept_first": 50,
            },
            "observables": {
                "plaquette": {"every": 1},
                "mesons": {"every": 10},
            },
            "analyze": {
                "thermalization": 300,
                "derive": [
                    "mass = (meson_axial_pseudoscalar[5] - meson_axial_pseudoscalar[3]) / (4 * meson_pseudoscalar[4])",
                ],
            },
        },
    ),
}
