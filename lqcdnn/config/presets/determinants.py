"""Runs whose action has the determinant itself: self-learning Monte Carlo with gauge actions that stand for it."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree


def _guide(beta: float, loops: list[Tree | str | list[int]]) -> Tree:
    """A gauge action of a heat bath, with terms whose coefficients start at 0."""
    terms = [{"loops": name, "coefficient": 0.0} for name in loops]
    return {"fermion": [], "gauge": {"beta": beta, **({"term": terms} if terms else {})}}


def _train(terms: int, trajectories: int = 500) -> Tree:
    """Fit beta, all terms and a constant along the chain itself."""
    names = [f"term.{k + 1}" for k in range(terms)]
    return {
        "couplings": ["beta", *names, "constant"],
        "mode": "online",
        "trajectories": trajectories,
        "thermalization": 100,
        "optimizer": "least_squares",
        "rate": 1.0,
    }


DETERMINANTS: dict[str, Preset] = {
    "su2-slmc": Preset(
        "Self-learning Monte Carlo: SU(2), 4^4, beta = 2.7, four staggered flavours of mass 0.3, exact determinant",
        (
            "A heat bath with plaquettes, rectangles and Polyakov loops proposes; their couplings are learned first.",
            "Method of arXiv:2010.11900 at the point of arXiv:2103.11965; docs/physics/determinant.md has the numbers.",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 4], "group": "SU(2)"},
            "run": {
                "name": "su2_slmc",
                "trajectories": 5000,
                "thermalization": 200,
                "seed": 3,
                "save_every": 1000,
                "initial": "twisted",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 2.7},
                "fermion": [
                    {
                        "kind": "staggered",
                        "flavors": 4,
                        "mass": 0.3,
                        "boundary": [1, 1, 1, -1],
                        "determinant": "exact",
                    }
                ],
            },
            "guide": _guide(2.85, ["rectangle", "polyakov_time", "polyakov_space"]),
            "train": _train(3),
            "update": {"kind": "slmc", "sweeps": 4, "overrelaxation": 1},
            "observables": {
                "plaquette": {"every": 1},
                "polyakov": {"every": 1},
                "condensate": {"every": 10, "method": "exact"},
            },
        },
    ),
    "schwinger-slmc": Preset(
        "Self-learning Monte Carlo of the Schwinger model: two Wilson flavours, exact determinant, no frozen topology",
        (
            "The point of schwinger-wilson-hmc; a heat bath with plaquettes, rectangles and 2 x 2 loops proposes.",
            "docs/physics/determinant.md has the numbers.",
        ),
        {
            "lattice": {"shape": [16, 16], "group": "U(1)"},
            "run": {
                "name": "schwinger_slmc",
                "trajectories": 1000,
                "thermalization": 100,
                "seed": 5,
                "save_every": 1000,
                "initial": "hot",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 4.0},
                "fermion": [
                    {"kind": "wilson", "flavors": 2, "mass": 0.1, "boundary": [1, -1], "determinant": "exact"}
                ],
            },
            "guide": _guide(4.0, ["rectangle", [1, 1, 2, 2, -1, -1, -2, -2]]),
            "train": _train(2, 300),
            "update": {"kind": "slmc", "sweeps": 50, "overrelaxation": 1, "accept_first": 20},
            "observables": {"plaquette": {"every": 1}, "topological_charge": {"every": 1}},
        },
    ),
    "schwinger-overlap-slmc": Preset(
        "One dynamical overlap quark in two dimensions: its exact determinant decides, a heat bath proposes",
        (
            "Zero modes suppress topological charges by powers of the mass;",
            "docs/physics/determinant.md has the numbers.",
        ),
        {
            "lattice": {"shape": [8, 8], "group": "U(1)"},
            "run": {
                "name": "schwinger_overlap_slmc",
                "trajectories": 1500,
                "thermalization": 50,
                "seed": 5,
                "save_every": 500,
                "initial": "cold",
            },
            "action": {
                "gauge": {"kind": "wilson", "beta": 2.0},
                "fermion": [
                    {"kind": "overlap", "flavors": 1, "mass": 0.1, "boundary": [1, -1], "determinant": "exact"}
                ],
            },
            "guide": _guide(2.2, []),
            "train": _train(0, 100),
            "update": {"kind": "slmc", "sweeps": 4, "overrelaxation": 1, "accept_first": 20},
            "observables": {
                "plaquette": {"every": 1},
                "topological_charge": {"every": 1},
                "eigenvalues": {"every": 20, "number": 2},
            },
        },
    ),
}
