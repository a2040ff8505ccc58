"""Links that are fixed at both ends of time: the running coupling of the Schroedinger functional, also with quarks."""

from __future__ import annotations

from typing import Any

from lqcdnn.config.presets.preset import Preset


def _between(shape: list[int], group: str, fields: str) -> dict[str, Any]:
    return {"shape": shape, "group": group, "time": "schroedinger", "schroedinger": {"fields": fields}}


SCHROEDINGER: dict[str, Preset] = {
    "su2-schroedinger": Preset(
        "Running coupling of SU(2) in a box of 5^4 by the Schroedinger functional, as for step scaling",
        (
            "Expected: g2 2.039(7), published 2.037 (hep-lat/9207010); plaquette 0.81518(3), walls included",
            "(docs/physics/schroedinger.md). 30 seconds of one core.",
        ),
        {
            "lattice": _between([5, 5, 5, 6], "SU(2)", "A"),
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
            "lattice": _between([8, 8, 8, 9], "SU(2)", "zero"),
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
    "su3-schroedinger-quarks": Preset(
        "Two massless clover quarks in a box of 4^4 by the Schroedinger functional: coupling and PCAC mass",
        (
            "Expected: g2 0.987(6), PCAC mass 0.0023(12), Z_V 0.952(3); plaquette 0.8246(2), walls included",
            "(docs/physics/schroedinger.md). 5 minutes of one core.",
        ),
        {
            "lattice": _between([4, 4, 4, 5], "SU(3)", "A"),
            "run": {
                "name": "su3_schroedinger_quarks",
                "trajectories": 2000,
                "thermalization": 150,
                "seed": 17,
                "save_every": 1000,
                "initial": "cold",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 9.2364, "ct": 0.9563},
                "fermion": [
                    {
                        "kind": "wilson",
                        "flavors": 2,
                        "kappa": 0.1317486,
                        "csw": 1.2071,
                        "ct_tilde": 0.9883,
                        "theta": [0.62831853, 0.62831853, 0.62831853, 0.0],
                        "tolerance": 1e-10,
                        "md_tolerance": 1e-7,
                    }
                ],
            },
            "update": {"kind": "hmc", "length": 1.0, "steps": 5, "integrator": "omelyan"},
            "observables": {
                "plaquette": {"every": 1},
                "schroedinger": {"every": 1, "vectors": 4},
                "schroedinger_correlators": {"every": 20, "theta": [0.0, 0.0, 0.0, 0.0]},
            },
            "analyze": {
                "thermalization": 150,
                "derive": [
                    "g2 = 1 / schroedinger_inverse_coupling",
                    "ZV = schroedinger_f1 / schroedinger_fV[2]",
                    "mass = (schroedinger_fA[3] - schroedinger_fA[1]) / (4 * schroedinger_fP[2])",
                ],
            },
        },
    ),
}
