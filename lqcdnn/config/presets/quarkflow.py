"""Gradient flow of quark fields."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree

_FLOW: Tree = {"every": 20, "time": 1.0, "interval": 0.25, "step": 0.05, "vectors": 2, "tolerance": 1e-8}

QUARK_FLOW: dict[str, Preset] = {
    "su3-flowed-quarks": Preset(
        "Condensate of quenched clover quarks at positive flow time, SU(3) at beta = 6 on 6^3 x 12, two masses",
        (
            "Expected at flow time 1, of ringed fields: light.4 0.0147(3), heavy.4 0.0202(5); the condensates at flow",
            "time 0, with the power divergence: 3.1692(19), 3.128(2) (docs/physics/quarkflow.md).",
            "20 configurations, 2 minutes of one core.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 12], "group": "SU(3)"},
            "run": {
                "name": "su3_flowed_quarks",
                "trajectories": 400,
                "thermalization": 100,
                "seed": 33,
                "initial": "cold",
                "save_every": 20,
                "measure_thermalization": False,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 6.0}},
            "valence": {
                "light": {"kind": "wilson", "kappa": 0.1335, "csw": 1.769},
                "heavy": {"kind": "wilson", "kappa": 0.1305, "csw": 1.769},
            },
            "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 4},
            "observables": {
                "plaquette": {"every": 20},
                "flowed_quarks": {"fermion": "light", **_FLOW},
                "heavy_flowed_quarks": {"fermion": "heavy", **_FLOW},
            },
            "analyze": {
                "fit": [
                    "light = ringed_condensate(flowed_quarks_condensate)",
                    "heavy = ringed_condensate(heavy_flowed_quarks_condensate)",
                ],
            },
        },
    ),
}
