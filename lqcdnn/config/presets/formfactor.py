"""Form factor and parton distribution of the pion in two dimensions."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

FORM_FACTOR: dict[str, Preset] = {
    "schwinger-form-factor": Preset(
        "Schwinger model with two clover flavours: charge form factor and scalar content of the pion",
        (
            "Expected: C.matrix_element 0.9851(7), V.matrix_element 0.9277(7), Z_V 1.0619(3); by further fits the form",
            "factor 0.667(14) at Q^2 = 0.1309(15): docs/fits-hadrons.md. 2 minutes of one core.",
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
    "schwinger-structure": Preset(
        "momentum fraction and pseudo-distribution of the pion in the quenched Schwinger model, at rest and in motion",
        (
            "Expected: fraction 0.523(8) at rest and fraction1 0.498(10) in motion, one half of the quark and of the",
            "antiquark; M.4 0.67(2), M.imaginary.4 -0.62(3): docs/fits-hadrons.md. Half a minute of one core.",
        ),
        {
            "lattice": {"shape": [16, 32], "group": "U(1)"},
            "run": {
                "name": "schwinger_structure",
                "trajectories": 2000,
                "thermalization": 100,
                "seed": 7,
                "initial": "cold",
                "save_every": 500,
                "measure_thermalization": False,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 4.0}},
            "valence": {"light": {"kind": "wilson", "mass": 0.1}},
            "update": {"kind": "heatbath", "overrelaxation": 3},
            "observables": {
                "plaquette": {"every": 10},
                "meson_currents": {
                    "every": 10,
                    "fermion": "light",
                    "source": "gaussian",
                    "sink": "gaussian",
                    "smearing_width": 2.0,
                    "separations": [8],
                    "currents": ["vector_time", "momentum_fraction", "vector_line"],
                    "line_length": 6,
                    "sink_momenta": [[1], [2]],
                    "sources": 2,
                    "tolerance": 1e-8,
                },
            },
            "analyze": {
                "thermalization": 100,
                "fit": [
                    "pi = cosh(meson_current_two_point, 5, 16)",
                    "x = plateau(meson_current_momentum_fraction_s8, 3, 5)",
                    "V = plateau(meson_current_vector_time_s8, 3, 5)",
                    "pi1 = cosh(meson_current_two_point_sink1, 5, 14)",
                    "x1 = plateau(meson_current_momentum_fraction_s8_sink1, 3, 5)",
                    "V1 = plateau(meson_current_vector_time_s8_sink1, 3, 5)",
                    "M = reduced_distribution(meson_current_vector_line_s8_sink1, 3, 5)",
                ],
                "derive": [
                    "fraction = x.matrix_element / V.matrix_element / pi.mass",
                    "fraction1 = x1.matrix_element / V1.matrix_element * pi1.mass / (pi1.mass**2 + 0.392699**2)",
                ],
            },
        },
    ),
}
