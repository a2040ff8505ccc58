"""Twisted mass quarks of 2+1+1 flavours, at the point of a published test on a small lattice."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree

# SU(3), 4^4: kappa = 0.17, 2 kappa mu = 0.01 of u and d, 0.1105 and 0.0935 of s and c.
_QUARK: Tree = {"kind": "wilson", "kappa": 0.17}
_LIGHT, _MEAN, _SPLITTING = 0.01 / 0.34, 0.325, 0.275

TWISTED_MASS: dict[str, Preset] = {
    "su3-twisted-2plus1plus1": Preset(
        "SU(3) with 2+1+1 twisted mass quarks on a small lattice: light u and d, and a doublet of s and c",
        (
            "The point of tmLQCD's sample input hmc2, which states plaquette 0.53347(17) and rectangle 0.30393(22):",
            "docs/physics/twistedmass.md. The strange valence quark has the twisted mass mu_sigma - mu_delta;",
            "kaon_mesons are those of u and its antiquark.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 4], "group": "SU(3)"},
            "run": {
                "name": "su3_twisted_2plus1plus1_hmc",
                "trajectories": 1000,
                "thermalization": 100,
                "seed": 5,
                "initial": "hot",
                "save_every": 20,
            },
            "action": {
                "gauge": {"kind": "symanzik", "beta": 3.3},
                "fermion": [
                    {**_QUARK, "flavors": 2, "twisted_mass": _LIGHT, "md_tolerance": 1e-8},
                    {
                        **_QUARK,
                        "flavors": 2,
                        "twisted_mass": _MEAN,
                        "mass_splitting": _SPLITTING,
                        "md_tolerance": 1e-8,
                        "md_error": 1e-7,
                    },
                ],
            },
            "valence": {"strange": {**_QUARK, "twisted_mass": 0.05}},
            "update": {
                "length": 1.0,
                "level": [
                    {"terms": ["fermion"], "steps": 6, "integrator": "omelyan"},
                    {"terms": ["gauge"], "steps": 2, "integrator": "omelyan"},
                ],
            },
            "observables": {
                "plaquette": {"every": 1},
                "rectangle": {"every": 1},
                "mesons": {"every": 2, "tolerance": 1e-8},
                "kaon_mesons": {"every": 20, "antiquark": "strange", "tolerance": 1e-8},
            },
        },
    ),
}
