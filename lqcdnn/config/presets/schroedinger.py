"""Pure gauge theories between fixed links: the running coupling of the Schroedinger functional."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

SCHROEDINGER: dict[str, Preset] = {
    "su2-schroedinger": Preset(
        "Running coupling of SU(2) in a box of 5^4 by the Schroedinger functional, as for step scaling",
        (
            "Expected: g2 2.039(7), published 2.037 (hep-lat/9207010); plaquette 0.81518(3), walls included",
            "(docs/physics/schroedinger.md). 30 seconds of one core.",
        ),
        {
            "lattice": {
                "shape": [5, 5, 5, 6],
                "group": "SU(2)",
                "time": "schroedinger",
                "schroedinger": {"fields": "A"},
            },
            "run": {
                "name": "su2_schroedinger",
                "trajectories": 20000,
                "thermalization": 200,
                "seed": 11,
                "save_every": 2000,
                "initial": "cold",
            },
            "action": {"gauge": {"kind": "wilson", "beta": 3.4564, "ct": "tree"}},
            "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 3},
            "observables": {"plaquette": {"every": 1}, "schroedinger": {"every": 1}},
            "analyze": {"thermalization": 200, "derive": ["g2 = 1 / schroedinger_inverse_coupling"]},
        },
    ),
    "su2-schroedinger-flow": Preset(
        "Coupling of SU(2) by the gradient flow in a box of 8^4 between links that are fixed to 1",
        (
            "Expected: g2 2.144(10) at c = 0.4, where the coupling by dS/deta is 2.037(11); plaquette 0.81010(3)",
            "(docs/physics/schroedinger.md). 60 seconds of one core.",
        ),
        {
            "lattice": {
                "shape": [8, 8, 8, 9],
                "group": "SU(2)",
                "time": "schroedinger",
                "schroedinger": {"fields": "zero"},
            },
            "run": {
                "name": "su2_schroedinger_flow",
                "trajectories": 3000,
                "thermalization": 100,
                "seed": 5,
                "save_every": 1000,
                "initial": "cold",
            },
            "action": {"gauge": {"kind": "wilson", "beta": 3.6566}},
            "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 4},
            "observables": {
                "plaquette": {"every": 1},
                "flow": {"every": 3, "time": 1.28, "interval": 1.28, "step": 0.05, "slices": True},
            },
            "analyze": {"thermalization": 100, "derive": ["g2 = flow_t2E_clover_slices[2][4] / 0.005235"]},
        },
    ),
}
