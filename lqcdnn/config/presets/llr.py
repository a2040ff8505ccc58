"""Densities of states: U(1) between its two phases."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

LLR: dict[str, Preset] = {
    "u1-density-of-states": Preset(
        "U(1) on 6^4: density of states of the plaquette by the LLR method, in 18 windows that swap links",
        (
            "Slopes are found in the thermalization, and kept in the trajectories that are analysed.",
            "lqcdnn analyze u1_density_of_states --reweight beta=1.005, say, gives neighbouring couplings.",
            "Expected: plaquette 0.620(3), by heat bath 0.619(2): docs/physics/llr.md.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 6], "group": "U(1)"},
            "run": {
                "name": "u1_density_of_states",
                "trajectories": 2000,
                "thermalization": 1500,
                "seed": 3,
                "save_every": 1000,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 1.0018}},
            "update": {
                "length": 1.5,
                "steps": 6,
                "integrator": "omelyan",
                "accept_first": 20,
                "llr": {"range": [0.54, 0.71], "windows": 18, "every": 25, "newton": 20, "robbins_monro": 40},
            },
        },
    ),
}
