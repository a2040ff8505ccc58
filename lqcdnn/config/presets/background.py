"""Quarks in a uniform magnetic field (docs/physics/magnetic.md)."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

_NOISE = {"every": 5, "method": "noise", "vectors": 10}

BACKGROUND: dict[str, Preset] = {
    "su2-magnetic-hmc": Preset(
        "Four flavours of staggered quarks in a magnetic field, SU(2) where quarks are confined",
        (
            "SU(2), 6^4, beta = 1.7, mass 0.1, all quarks of the same charge: 4 quanta of flux, q B a^2 = 2 pi 4 / 36.",
            "The valence quark sees the same links without the field: what it does through the sea alone.",
            "Expected: plaquette 0.4552(5), condensate 0.767(2), of the valence quark 0.720(3), of 1200 trajectories.",
            "Acceptance 90 %.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 6], "group": "SU(2)"},
            "run": {
                "name": "su2_magnetic_hmc",
                "trajectories": 400,
                "thermalization": 100,
                "seed": 11,
                "save_every": 50,
                "initial": "hot",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 1.7},
                "fermion": [{"kind": "staggered", "flavors": 4, "mass": 0.1, "magnetic_flux": [0, 0, 4]}],
            },
            "update": {"kind": "hmc", "length": 1.0, "steps": 8, "integrator": "omelyan"},
            "valence": {"neutral": {"kind": "staggered", "flavors": 4, "mass": 0.1}},
            "observables": {
                "plaquette": {"every": 1},
                "polyakov": {"every": 1},
                "condensate": {**_NOISE},
                "neutral_condensate": {"fermion": "neutral", **_NOISE},
            },
            "analyze": {"thermalization": 100},
        },
    ),
}
