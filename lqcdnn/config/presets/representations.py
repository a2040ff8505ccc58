"""Quarks in higher representations of the gauge group (docs/physics/representations.md)."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

REPRESENTATIONS: dict[str, Preset] = {
    "su2-adjoint-wilson-hmc": Preset(
        "Two flavours of adjoint Wilson quarks, SU(2), 4^3 x 8, beta = 2.25",
        (
            "Minimal walking technicolor on a small lattice, with the action of arXiv:0805.2058.",
            "Expected: plaquette 0.6369(13), condensate 7.557(4) (three colours), acceptance 97 %;",
            "PCAC mass 0.59(1) at t = 3 of the mesons.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 8], "group": "SU(2)"},
            "run": {
                "name": "su2_adjoint_wilson_hmc",
                "trajectories": 600,
                "thermalization": 100,
                "seed": 11,
                "save_every": 20,
                "initial": "hot",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 2.25},
                "fermion": [
                    {
                        "kind": "wilson",
                        "flavors": 2,
                        "mass": -0.95,
                        "representation": "adjoint",
                        "boundary": [1, 1, 1, -1],
                    }
                ],
            },
            "update": {"kind": "hmc", "length": 1.0, "steps": 8, "integrator": "omelyan"},
            "observables": {
                "plaquette": {"every": 1},
                "polyakov": {"every": 1},
                "condensate": {"every": 5, "method": "noise", "vectors": 4},
                "mesons": {"every": 5, "source": "noise_wall"},
            },
            "analyze": {"thermalization": 100},
        },
    ),
}
