"""Quenched hadrons: mesons of two quarks and baryons from smeared sources, mixing of kaons."""

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
            "(docs/fits-hadrons.md, section Baryons). 6 minutes of one core.",
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
    "su3-kaon-mixing": Preset(
        "Bag parameters of neutral kaon mixing of domain wall quarks, quenched SU(3) with the DBW2 action on 6^3 x 16",
        (
            "Expected: K.mass 0.72(6), B1.bag 0.89(11), B2.bag 0.74(4), B3.bag 0.71(4), B4.bag 1.00(6),",
            "B5.bag 1.13(7): bare numbers of a meson of 0.9 GeV in a box of 0.9 fm, a look at the method and not at",
            "nature; 16 configurations are too few for errors to be trusted (docs/fits-hadrons.md, section Bag",
            "parameters). 2.5 minutes of one core.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 16], "group": "SU(3)"},
            "run": {
                "name": "su3_kaon_mixing",
                "trajectories": 160,
                "thermalization": 60,
                "seed": 36,
                "initial": "cold",
                "save_every": 20,
                "measure_thermalization": False,
            },
            "action": {"gauge": {"kind": "dbw2", "beta": 0.87}},
            "valence": {"strange": {"kind": "domain_wall", "mass": 0.08, "M5": 1.8, "L5": 8}},
            "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": 2},
            "observables": {
                "plaquette": {"every": 10},
                "meson_mixing": {"every": 10, "separations": [8], "vectors": 2, "tolerance": 1e-6},
            },
            "analyze": {
                "thermalization": 60,
                "fit": [
                    "K = cosh(meson_mixing_pseudoscalar, 3, 8, uncorrelated)",
                    "b1 = effective_bag(meson_mixing_o1_s8)",
                    *(f"B{i} = bag(meson_mixing_o{i}_s8, 3, 5, uncorrelated)" for i in range(1, 6)),
                ],
            },
        },
    ),
}
