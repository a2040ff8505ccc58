"""Two pions of the Schwinger model in a box."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree, merge

_MODEL: Tree = {
    "lattice": {"shape": [16, 32], "group": "U(1)"},
    "run": {
        "name": "schwinger_scattering",
        "trajectories": 8000,
        "thermalization": 500,
        "measure_thermalization": False,
        "seed": 11,
        "save_every": 1000,
        "initial": "hot",
    },
    "action": {
        "gauge": {"kind": "wilson", "beta": 4.0},
        "fermion": [{"kind": "wilson", "flavors": 2, "mass": 0.03, "csw": 1.0, "boundary": [1, -1]}],
    },
    "update": {
        "length": 1.0,
        "level": [
            {"terms": ["fermion"], "steps": 7, "integrator": "omelyan"},
            {"terms": ["gauge"], "steps": 2, "integrator": "omelyan"},
        ],
    },
    "observables": {"plaquette": {"every": 1}, "topological_charge": {"every": 1}},
    "analyze": {"thermalization": 500},
}

SCATTERING: dict[str, Preset] = {
    "schwinger-scattering": Preset(
        "Schwinger model with two clover flavours: scattering of two pions of isospin 2 by distilled quarks",
        (
            "Expected: pi.mass 0.315(2), E0.mass 0.919(2), S0.phase_shift -2.72(2), between -pi and -pi/2 as in the",
            "limit of light quarks, and in a moving frame M.mass 1.233(4): docs/physics/scattering.md. About 4 minutes",
            "of one core.",
        ),
        merge(
            _MODEL,
            {
                "observables": {
                    "distillation": {
                        "every": 10,
                        "eigenvectors": 7,
                        "momenta": [[1]],
                        "two_pions": [[0], [1], [2]],
                        "moving_pions": [[[0], [1]], [[-1], [2]], [[-2], [3]]],
                        "source_times": 8,
                        "tolerance": 1e-8,
                    },
                },
                "analyze": {
                    "fit": [
                        "pi = cosh(distilled_pseudoscalar.1.1, 7, 16)",
                        "E0 = gevp_cosh(shifted(distilled_two_pions), 3, 6, 12, 1, 5)",
                        "E1 = gevp_cosh(shifted(distilled_two_pions), 3, 6, 10, 2, 5)",
                        "S0 = lattice_scattering(E0, pi)",
                        "S1 = lattice_scattering(E1, pi, 1)",
                        "M = gevp_cosh(shifted(distilled_two_pions_p1), 3, 7, 12, 1, 5)",
                        "SM = lattice_moving_scattering(M, pi, 1)",
                    ],
                },
            },
        ),
    ),
    "schwinger-isospins": Preset(
        "Schwinger model with two clover flavours: two pions of isospin 0, 1 and 2 and the mesons they turn into",
        (
            "Expected: pi.mass 0.319(3), P.mass 0.315(3), as isospin 1 has one pion, too, sigma.mass 0.482(8), and two",
            "pions, E2.mass 0.918(3), E1.mass 0.99(7): docs/physics/scattering.md. About 8 minutes of one core.",
        ),
        merge(
            _MODEL,
            {
                "run": {"name": "schwinger_isospins", "trajectories": 4000},
                "observables": {
                    "distillation": {
                        "every": 10,
                        "eigenvectors": 7,
                        "sizes": [7, 3],
                        "two_pions": [[0], [1], [2]],
                        "isospins": [2, 1, 0],
                        "tolerance": 1e-8,
                    },
                },
                "analyze": {
                    "fit": [
                        "pi = cosh(distilled_pseudoscalar.1.1, 7, 16)",
                        "E2 = gevp_cosh(shifted(distilled_two_pions), 3, 7, 12, 1, 5)",
                        "P = gevp_cosh(distilled_isospin_1, 3, 4, 12, 1, 5)",
                        "E1 = gevp_cosh(distilled_isospin_1, 3, 6, 9, 2, 5)",
                        "sigma = gevp_cosh(distilled_isospin_0, 2, 4, 9, 1, 3)",
                    ],
                },
            },
        ),
    ),
}
