"""A run whose Wilson loops and Polyakov loops are measured on learned integration contours."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

DEFORMATIONS: dict[str, Preset] = {
    "u1-3d-deformed": Preset(
        "U(1) in 2 + 1 dimensions: Wilson loops and Polyakov loops with less noise, on learned integration contours",
        (
            "First generate, then train, then measure deformed_wilson_loop and deformed_polyakov_correlator.",
            "docs/physics/deformation.md has the commands, the numbers to expect and the gain.",
        ),
        {
            "lattice": {"shape": [10, 10, 10], "group": "U(1)"},
            "run": {
                "name": "u1_3d_deformed",
                "trajectories": 4000,
                "thermalization": 200,
                "seed": 5,
                "save_every": 4,
                "initial": "hot",
            },
            "action": {"gauge": {"kind": "wilson", "beta": 1.5}},
            "update": {"kind": "heatbath", "overrelaxation": 2},
            "deformation": {
                "loops": {"space": 4, "time": 4, "configs": 100},
                "pairs": {"target": "polyakov_correlator", "space": 3, "configs": 100},
            },
            "observables": {
                "plaquette": {"every": 4},
                "wilson_loop": {"every": 4, "space": 4, "time": 4},
                "polyakov_correlator": {"every": 4},
            },
        },
    ),
}
