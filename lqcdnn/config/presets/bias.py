"""Bias potentials (U(1) where HMC is frozen, and between its two phases), and the term at imaginary theta."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset

BIAS: dict[str, Preset] = {
    "u1-2d-metadynamics": Preset(
        "Two-dimensional U(1) by HMC with a bias potential of the topological charge at beta = 9, where HMC is frozen",
        (
            "The potential is built in the thermalization. Exact: plaquette 0.942690, Q^2/V 0.002994.",
            "Expected: 0.94292(13), 0.00303(13), effective sample size 0.23: docs/physics/bias.md.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {
                "name": "u1_2d_metadynamics",
                "trajectories": 20000,
                "thermalization": 20500,
                "measure_thermalization": False,
                "seed": 3,
                "save_every": 1000,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 9.0}},
            "update": {
                "length": 2.0,
                "steps": 12,
                "integrator": "omelyan",
                "bias": {"build": 20000, "range": 4.23, "bins": 140, "height": 0.05, "factor": 0.85},
            },
            "observables": {"plaquette": {"every": 1}, "topological_charge": {"every": 1}},
        },
    ),
    "u1-multicanonical": Preset(
        "U(1) on 6^4 between its two phases by multicanonical HMC: a bias potential of the plaquette",
        (
            "The potential is built in the thermalization; then the plaquette is sampled about equally over the range.",
            "lqcdnn analyze u1_multicanonical --reweight beta=1.01, say, gives neighbouring couplings.",
            "Expected: plaquette 0.615(6), at beta = 1.01 0.6560(10): docs/physics/bias.md.",
        ),
        {
            "lattice": {"shape": [6, 6, 6, 6], "group": "U(1)"},
            "run": {
                "name": "u1_multicanonical",
                "trajectories": 20000,
                "thermalization": 12500,
                "measure_thermalization": False,
                "seed": 3,
                "save_every": 1000,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 1.0018}},
            "update": {
                "length": 1.5,
                "steps": 6,
                "integrator": "omelyan",
                "bias": {
                    "variable": "plaquette",
                    "build": 12000,
                    "range": [0.57, 0.69],
                    "bins": 24,
                    "height": 0.02,
                },
            },
            "observables": {"plaquette": {"every": 1}},
        },
    ),
    "u1-2d-imaginary-theta": Preset(
        "Two-dimensional U(1) at imaginary theta: HMC with the topological term",
        (
            "The weight is exp(-S + theta_L Q), real, so the mean charge is not 0; docs/physics/theta.md.",
            "Exact: plaquette 0.687473, topological charge 2.2558.",
        ),
        {
            "lattice": {"shape": [8, 8], "group": "U(1)"},
            "run": {
                "name": "u1_2d_imaginary_theta",
                "trajectories": 20000,
                "thermalization": 200,
                "seed": 6,
                "save_every": 1000,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 2.0}, "theta": {"imaginary": 3.0}},
            "update": {"length": 1.0, "steps": 6, "integrator": "omelyan"},
            "observables": {"plaquette": {"every": 1}, "topological_charge": {"every": 1}},
            "analyze": {"derive": ["chi = (mean(topological_charge**2) - mean(topological_charge)**2) / 64"]},
        },
    ),
}
