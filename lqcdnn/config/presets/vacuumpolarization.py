"""Vacuum polarisation in the Schwinger model."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

_BOTH = "vector_correlator_conserved_conserved"
VACUUM_POLARIZATION: dict[str, Preset] = {
    "schwinger-vacuum-polarization": Preset(
        "Schwinger model with two staggered flavours: vacuum polarisation by local and conserved currents",
        (
            "The pion of both currents has 2 A / M = Pi_1 M^4 = F^2, which goes to 1/pi = 0.318 with the quark mass.",
            "Expected: F2 0.296(5), F2_local 0.298(4), slope 0.293(5), P.polarization 0.79(3).",
            "2 minutes of one core: docs/physics/vacuumpolarisation.md.",
        ),
        {
            "lattice": {"shape": [16, 32], "group": "U(1)"},
            "run": {
                "name": "schwinger_vacuum_polarization",
                "trajectories": 4000,
                "thermalization": 500,
                "seed": 11,
                "initial": "cold",
                "save_every": 1000,
                "measure_thermalization": False,
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 4.0},
                "fermion": [{"kind": "staggered", "flavors": 2, "mass": 0.08, "boundary": [1, -1]}],
            },
            "update": {
                "length": 1.0,
                "level": [
                    {"terms": ["fermion"], "steps": 12, "integrator": "omelyan"},
                    {"terms": ["gauge"], "steps": 2, "integrator": "omelyan"},
                ],
            },
            "observables": {
                "plaquette": {"every": 1},
                "topological_charge": {"every": 1},
                "vector_correlator": {
                    "every": 4,
                    "currents": ["local_local", "conserved_conserved"],
                    "sources": 4,
                    "loose_tolerance": 1e-3,
                    "tolerance": 1e-8,
                },
            },
            "analyze": {
                "thermalization": 500,
                "fit": [
                    f"pi = oscillating({_BOTH}, 5, 16)",
                    "other = oscillating(vector_correlator_local_local, 5, 16)",
                    f"moments = time_moments(tail({_BOTH}, pi, 12))",
                    f"P = vacuum_polarization(tail({_BOTH}, pi, 12), 0.1)",
                ],
                "derive": [
                    "F2 = 2 * pi.amplitude / pi.mass",
                    "F2_local = 2 * other.amplitude / other.mass",
                    "slope = moments.Pi1 * pi.mass**4",
                ],
            },
        },
    ),
}
