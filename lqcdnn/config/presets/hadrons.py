"""Quenched hadrons: mesons of two quarks and baryons from smeared sources."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree

_SMEARED: Tree = {
    "every": 40,
    "fermion": "light",
    "source": "gaussian",
    "smearing_width": 3.0,
    "smearing_steps": 30,
}

HADRONS: dict[str, Preset] = {
    "su3-hadrons": Preset(
        "Pion, rho, kaon and the baryons of octet and decuplet of quenched SU(3) with Wilson quarks on 8^3 x 16",
        (
            "Expected: kaon.mass 0.987(8), nucleon.mass 1.606(19), xi.mass 1.755(17), from 30 configurations",
            "(docs/analyze.md, section Baryons). 6 minutes of one core.",
        ),
        {
            "lattice": {"shape": [8, 8, 8, 16], "group": "SU(3)"},
            "run": {
                "name": "su3_hadrons",
                "trajectories": 1200,
                "thermalization": 200,
                "seed": 7,
                "initial": "cold",
                "save_every": 40,
                "measure_thermalization": False,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 5.7}},
            "valence": {
                "light": {"kind": "wilson", "kappa": 0.155},
                "strange": {"kind": "wilson", "kappa": 0.15},
            },
            "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 3},
            "observables": {
                "plaquette": {"every": 40},
                "mesons": {**_SMEARED, "momenta": [[1, 0, 0]]},
                "strange_mesons": {**_SMEARED, "antiquark": "strange"},
                "baryons": {**_SMEARED, "strange": "strange"},
            },
            "analyze": {
                "thermalization": 200,
                "fit": [
                    "kaon = cosh(strange_meson_pseudoscalar, 3, 8)",
                    "nucleon = exponential(baryon_nucleon, 3, 7)",
                    "xi = exponential(baryon_xi, 3, 7)",
                ],
            },
        },
    ),
}
