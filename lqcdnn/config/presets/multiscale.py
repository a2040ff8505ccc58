"""Two-dimensional U(1) where HMC is frozen, from configurations of a coarser lattice: both runs."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree

_OBSERVED: Tree = {"plaquette": {"every": 1}, "topological_charge": {"every": 1}}

MULTISCALE: dict[str, Preset] = {
    "u1-2d-coarse": Preset(
        "Two-dimensional U(1) on 16^2, of which u1_2d_refined.toml refines the configurations",
        ("Exact: plaquette 0.815184; Q^2 2.7405, as on 32^2 at beta = 10: docs/physics/multiscale.md.",),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {
                "name": "u1_2d_coarse",
                "trajectories": 4000,
                "thermalization": 100,
                "seed": 7,
                "save_every": 10,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 3.0722}},
            "update": {"kind": "heatbath", "overrelaxation": 2},
            "observables": _OBSERVED,
        },
    ),
    "u1-2d-refined": Preset(
        "Two-dimensional U(1) on 32^2 at beta = 10, where HMC is frozen, from a refined configuration of 16^2",
        (
            "Exact: plaquette 0.948600, Q^2 2.7405. One chain has one charge; for chains from all configurations",
            "of u1_2d_coarse.toml, which runs first, see docs/physics/multiscale.md.",
        ),
        {
            "lattice": {"shape": [32, 32], "group": "U(1)"},
            "run": {
                "name": "u1_2d_refined",
                "trajectories": 20,
                "thermalization": 20,
                "seed": 7,
                "save_every": 20,
                "initial": "u1_2d_coarse/configs/cfg_00000110.h5",
                "refine": [2, 2],
            },
            "action": {"gauge": {"kind": "wilson", "beta": 10.0}},
            "update": {"length": 0.3, "steps": 3, "integrator": "omelyan"},
            "observables": _OBSERVED,
        },
    ),
}
