"""Charged and neutral mesons in quenched QED (docs/physics/photons.md)."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree

_QUARK: Tree = {"kind": "wilson", "kappa": 0.155}
_EVERY = 10

PHOTONS: dict[str, Preset] = {
    "su3-quenched-qed": Preset(
        "Charged and neutral mesons of Wilson quarks, quenched SU(3) with quenched QED on 6^3 x 24",
        (
            "Charges 2/3 and -1/3 of two quarks of the same kappa, alpha = 1/137, photons in Coulomb gauge (QED_L).",
            "Expected: charged.mass 0.861(12); splitting 0.0010(2), the square of the charged mass less the mean of",
            "the neutral ones; difference 0.0238(4), up less down, by the shift of the critical mass",
            "(docs/physics/photons.md, section Numbers). 4 minutes of one core.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 24], "group": "SU(3)"},
            "run": {
                "name": "su3_quenched_qed",
                "trajectories": 1600,
                "thermalization": 200,
                "seed": 19,
                "initial": "cold",
                "save_every": _EVERY,
                "measure_thermalization": False,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 5.7}},
            "photons": {"gauge": "coulomb"},
            "valence": {
                "up": {**_QUARK, "charge": 0.6666666666666666},
                "down": {**_QUARK, "charge": -0.3333333333333333},
            },
            "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 3},
            "observables": {
                "plaquette": {"every": _EVERY},
                "charged_mesons": {"every": _EVERY, "fermion": "up", "antiquark": "down"},
                "up_mesons": {"every": _EVERY, "fermion": "up"},
                "down_mesons": {"every": _EVERY, "fermion": "down"},
            },
            "analyze": {
                "thermalization": 200,
                "fit": [
                    "charged = cosh(charged_meson_pseudoscalar, 8, 12)",
                    "up = cosh(up_meson_pseudoscalar, 8, 12)",
                    "down = cosh(down_meson_pseudoscalar, 8, 12)",
                ],
                "derive": [
                    "splitting = charged.mass**2 - (up.mass**2 + down.mass**2) / 2",
                    "difference = up.mass**2 - down.mass**2",
                ],
            },
        },
    ),
}
