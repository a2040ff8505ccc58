"""Stochastic molecular dynamics of SU(3) without quarks."""

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
}
