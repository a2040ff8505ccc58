"""Quarks with a chemical potential, imaginary or real (docs/physics/phases.md, docs/physics/density.md)."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

PHASES: dict[str, Preset] = {
    "su3-imaginary-mu-hmc": Preset(
        "Four flavours of staggered quarks at imaginary chemical potential, SU(3) at high temperature",
        (
            "SU(3), 6^3 x 4, beta = 5.4, mass 0.1, mu_I / T = pi / 6: half way to the transition of Roberge and Weiss.",
            "Expected: plaquette 0.5582(7), Polyakov loop 0.254(3), condensate 0.461(3), quark number 0.0537(13),",
            "acceptance 91 %.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 4], "group": "SU(3)"},
            "run": {
                "name": "su3_imaginary_mu_hmc",
                "trajectories": 400,
                "thermalization": 100,
                "seed": 11,
                "save_every": 50,
                "initial": "cold",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 5.4},
                "fermion": [
                    {
                        "kind": "staggered",
                        "flavors": 4,
                        "mass": 0.1,
                        "boundary": [1, 1, 1, -1],
                        "theta": [0.0, 0.0, 0.0, 0.5235987755982988],
                    }
                ],
            },
            "update": {"kind": "hmc", "length": 1.0, "steps": 8, "integrator": "omelyan"},
            "observables": {
                "plaquette": {"every": 1},
                "polyakov": {"every": 1},
                "condensate": {"every": 5, "method": "noise", "vectors": 10},
                "quark_number": {"every": 5, "method": "noise", "vectors": 10},
            },
            "analyze": {"thermalization": 100},
        },
    ),
    "su3-quark-fluctuations-hmc": Preset(
        "Fluctuations of the quark number of four flavours of staggered quarks, SU(3) at high temperature",
        (
            "SU(3), 6^3 x 4, beta = 5.4, mass 0.1: derivatives of the pressure by mu / T at mu = 0, of second and",
            "fourth order, from 30 noise vectors; su3_imaginary_mu_hmc.toml is the same at imaginary mu.",
            "Expected: chi_2 1.770(13), chi_11 -0.007(4), chi_4 1.854(19), c_2 3.50(4), c_4 0.37(4).",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 4], "group": "SU(3)"},
            "run": {
                "name": "su3_quark_fluctuations_hmc",
                "trajectories": 1000,
                "thermalization": 100,
                "seed": 11,
                "save_every": 50,
                "initial": "cold",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 5.4},
                "fermion": [{"kind": "staggered", "flavors": 4, "mass": 0.1, "boundary": [1, 1, 1, -1]}],
            },
            "update": {"kind": "hmc", "length": 1.0, "steps": 8, "integrator": "omelyan"},
            "observables": {
                "plaquette": {"every": 1},
                "polyakov": {"every": 1},
                "quark_fluctuations": {"every": 5, "vectors": 30},
            },
            "analyze": {
                "thermalization": 100,
                "fit": [
                    "s = susceptibilities(quark_fluctuations)",
                    "p = taylor_coefficients(quark_fluctuations, 4)",
                ],
            },
        },
    ),
    "su2-finite-density-hmc": Preset(
        "Four flavours of staggered quarks at a real chemical potential, SU(2) at strong coupling",
        (
            "SU(2), 4^3 x 8, beta = 1.5, mass 0.1, mu = 0.5: beyond the onset at m_pi / 2 = 0.39, diquarks condense.",
            "Expected: plaquette 0.3942(8), condensate 0.379(5), diquark condensate 0.708(7), quark number 0.293(5),",
            "acceptance 93 %.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 8], "group": "SU(2)"},
            "run": {
                "name": "su2_finite_density_hmc",
                "trajectories": 600,
                "thermalization": 100,
                "seed": 11,
                "save_every": 100,
                "initial": "hot",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 1.5},
                "fermion": [
                    {
                        "kind": "staggered",
                        "flavors": 4,
                        "mass": 0.1,
                        "chemical_potential": 0.5,
                        "diquark_source": 0.02,
                        "spectrum": [0.0004, 18.0],
                        "tolerance": 1e-11,
                        "md_tolerance": 1e-7,
                        "md_error": 1e-5,
                    }
                ],
            },
            "update": {"kind": "hmc", "length": 1.0, "steps": 8, "integrator": "omelyan"},
            "observables": {
                "plaquette": {"every": 1},
                "polyakov": {"every": 1},
                "condensate": {"every": 5, "method": "noise", "vectors": 10},
                "quark_number": {"every": 5, "method": "noise", "vectors": 10},
            },
            "analyze": {"thermalization": 100},
        },
    ),
}
