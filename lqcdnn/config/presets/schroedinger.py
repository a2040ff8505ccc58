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
}
