"""SU(3) with two flavours of highly improved staggered quarks (docs/physics/hisq.md)."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

IMPROVED: dict[str, Preset] = {
    "su3-hisq-hmc": Preset(
        "Two flavours of highly improved staggered quarks (HISQ) by rational HMC, SU(3) with Symanzik's gauge action",
        (
            "SU(3), 4^4, beta = 4 (10/g^2 = 6.67), mass 0.1.",
            "Valence quarks of thin links are measured beside those of the action.",
            "Expected: plaquette 0.5738(10), condensate 0.0835(15), thin_condensate 0.245(10), acceptance 99 %.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 4], "group": "SU(3)"},
            "run": {
                "name": "su3_hisq_hmc",
                "trajectories": 400,
                "thermalization": 100,
                "seed": 11,
                "initial": "cold",
                "save_every": 50,
            },
            "action": {
                "gauge": {"kind": "symanzik", "beta": 4.0},
                "fermion": [{"kind": "staggered", "flavors": 2, "mass": 0.1, "improvement": "hisq"}],
            },
            "valence": {"thin": {"kind": "staggered", "flavors": 2, "mass": 0.1}},
            "update": {
                "kind": "hmc",
                "length": 1.0,
                "level": [
                    {"terms": ["fermion.1"], "steps": 3, "integrator": "omelyan"},
                    {"terms": ["gauge"], "steps": 4, "integrator": "omelyan"},
                ],
            },
            "observables": {
                "plaquette": {"every": 1},
                "polyakov": {"every": 1},
                "condensate": {"every": 5, "method": "noise", "vectors": 10},
                "thin_condensate": {"every": 5, "fermion": "thin", "method": "noise", "vectors": 10},
                "mesons": {"every": 5},
            },
            "analyze": {"thermalization": 100},
        },
    ),
}
