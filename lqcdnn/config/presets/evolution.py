"""Evolutions out of equilibrium of two-dimensional U(1): from an open boundary, and stochastic normalizing flows."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree

_OBSERVED: Tree = {"plaquette": {"every": 1}, "topological_charge": {"every": 1}}


def _layer(weight: float) -> Tree:
    """Return a masked network of one layer with this weight."""
    return {"masked": True, "layer": [{"loops": ["plaquette"], "initial": weight}]}


EVOLUTION: dict[str, Preset] = {
    "u1-2d-evolution": Preset(
        "Two-dimensional U(1) at beta = 7, where a heat bath is frozen, by evolutions from a boundary with an opening",
        (
            "Exact: plaquette 0.925532, Q^2/V 0.003931, Delta F 9.3625. Expected: Q^2/V 0.00392(14), effective sample",
            "size 0.44, <work> - Delta F = 0.49: docs/physics/evolution.md.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {
                "name": "u1_2d_evolution",
                "trajectories": 3000,
                "thermalization": 50,
                "seed": 3,
                "save_every": 100,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 7.0}},
            "update": {
                "kind": "heatbath",
                "overrelaxation": 4,
                "evolution": {"steps": 30, "between": 5, "defect": {"coupling": 0.0, "side": 4}},
            },
            "observables": _OBSERVED,
        },
    ),
    "u1-2d-stochastic-flow": Preset(
        "Two-dimensional U(1) by a stochastic normalizing flow: layers and heat bath sweeps from beta = 2 to 5",
        (
            "Exact: plaquette 0.893383, Delta F 132.9438. Expected: 0.8926(4), 132.95(4), <work> - Delta F = 0.81(3);",
            "2.1 without layers. Weights were trained for steps at beta = 2, 3.5 and 5: docs/physics/evolution.md.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {
                "name": "u1_2d_stochastic_flow",
                "trajectories": 2000,
                "thermalization": 30,
                "seed": 5,
                "save_every": 100,
            },
            "action": {"gauge": {"kind": "wilson", "beta": 5.0}},
            "network": {"first": _layer(0.0046), "middle": _layer(0.0021), "last": _layer(0.0013)},
            "update": {
                "kind": "heatbath",
                "evolution": {
                    "start_beta": 2.0,
                    "steps": 50,
                    "between": 5,
                    "networks": ["first", "middle", "last"],
                },
            },
            "observables": _OBSERVED,
        },
    ),
}
