"""SU(3) with two flavours of improved quarks: HISQ (docs/physics/hisq.md), clover quarks of smeared links."""

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
    "su3-hex-clover-hmc": Preset(
        "Two flavours of clover quarks on links of two HEX smearings by HMC, SU(3) with Symanzik's gauge action",
        (
            "The actions of arXiv:1011.2711 (weights 0.95, 0.76, 0.38, csw = 1) on 4^4, beta = 3.5, mass 0.05.",
            "Expected: plaquette 0.4831(10), hex_plaquette 0.9682(8), acceptance 98 %.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 4], "group": "SU(3)"},
            "run": {
                "name": "su3_hex_clover_hmc",
                "trajectories": 400,
                "thermalization": 100,
                "seed": 11,
                "initial": "cold",
                "save_every": 50,
            },
            "action": {
                "gauge": {"kind": "symanzik", "beta": 3.5},
                "fermion": [{"kind": "wilson", "flavors": 2, "mass": 0.05, "csw": 1.0, "links": "hex"}],
            },
            "network": {"hex": {"layer": [{"kind": "hex", "initial": [0.95, 0.76, 0.38]}] * 2}},
            "update": {
                "kind": "hmc",
                "length": 1.0,
                "level": [
                    {"terms": ["fermion"], "steps": 4, "integrator": "omelyan"},
                    {"terms": ["gauge"], "steps": 2, "integrator": "omelyan"},
                ],
            },
            "observables": {
                "plaquette": {"every": 1},
                "hex_plaquette": {"every": 1, "links": "hex"},
                "polyakov": {"every": 1},
                "mesons": {"every": 5},
            },
            "analyze": {"thermalization": 100},
        },
    ),
}
