"""Form factor of the pion in the Schwinger model."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

FORM_FACTOR: dict[str, Preset] = {
    "schwinger-form-factor": Preset(
        "Schwinger model with two clover flavours: charge form factor and scalar content of the pion",
        (
            "Expected: C.matrix_element 0.9851(7), V.matrix_element 0.9277(7), Z_V 1.0619(3); by further fits the form",
            "factor 0.667(14) at Q^2 = 0.1309(15): docs/analyze.md. 2 minutes of one core.",
        ),
        {
            "lattice": {"shape": [16, 32], "group": "U(1)"},
            "run": {
                "name": "schwinger_form_factor_hmc",
                "trajectories": 4000,
                "thermalization": 500,
                "seed": 11,
                "initial": "hot",
                "save_every": 1000,
                "measure_thermalization": False,
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 4.0},
                "fermion": [{"kind": "wilson", "flavors": 2, "mass": 0.05, "csw": 1.0, "boundary": [1, -1]}],
            },
            "update": {
                "length": 1.0,
                "level": [
                    {"terms": ["fermion"], "steps": 6, "integrator": "omelyan"},
                    {"terms": ["gauge"], "steps": 2, "integrator": "omelyan"},
                ],
            },
            "observables": {
                "plaquette": {"every": 1},
                "topological_charge": {"every": 1},
                "meson_currents": {
                    "every": 4,
                    "source": "gaussian",
                    "sink": "gaussian",
                    "smearing_width": 4.0,
                    "smearing_steps": 10,
                    "separations": [8, 10],
                    "currents": ["scalar", "vector_time", "conserved_time"],
                    "momenta": [[1]],
                    "sources": 4,
                    "loose_tolerance": 1e-3,
                    "tolerance": 1e-8,
                },
            },
            "analyze": {
                "thermalization": 500,
                "fit": [
                    "C = plateau(meson_current_conserved_time_s10, 3, 6)",
                    "V = plateau(meson_current_vector_time_s10, 4, 6)",
                ],
                "derive": ["Z_V = C.matrix_element / V.matrix_element"],
            },
        },
    ),
}
