"""A run whose condensate is learned by a network, so that it need not be measured on every configuration."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

SURROGATES: dict[str, Preset] = {
    "su2-staggered-surrogate": Preset(
        "Condensate of SU(2) with four staggered flavours, learned by a gauge-equivariant convolutional network",
        (
            "First generate, then train; then generate on, with a condensate that is measured less often, measure the",
            "surrogate on all configurations, and correct: docs/physics/surrogates.md has the commands and the gain.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 4], "group": "SU(2)"},
            "run": {
                "name": "su2_staggered_surrogate",
                "trajectories": 2000,
                "thermalization": 500,
                "seed": 11,
                "save_every": 5,
                "initial": "twisted",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 2.7},
                "fermion": [{"kind": "staggered", "flavors": 4, "mass": 0.3, "boundary": [1, 1, 1, -1]}],
            },
            "update": {"length": 1.0, "steps": 5, "integrator": "omelyan"},
            "surrogate": {"psi": {"target": "condensate", "configs": 300, "channels": [1], "polyakov": "all"}},
            "observables": {"plaquette": {"every": 1}, "condensate": {"every": 5, "method": "exact"}},
        },
    ),
}
