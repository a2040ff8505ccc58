"""Domain wall quarks: SU(2) with a self-learning guide, SU(3) with 2+1 flavours."""

from __future__ import annotations

from lqcdnn.config.presets.preset import Preset, Tree, merge

_LAYER: Tree = {"loops": ["plaquette", "polyakov_time", "polyakov_space"], "initial": 0.0}
# SU(2), 4^4, beta = 2.7, two domain wall flavours on stout-smeared links: the second point of the authors' talk.
_DOMAIN_WALL_POINT: Tree = {
    "lattice": {"shape": [4, 4, 4, 4], "group": "SU(2)"},
    "run": {"thermalization": 100, "initial": "twisted"},
    "action": {
        "gauge": {"kind": "wilson", "beta": 2.7},
        "fermion": [{"kind": "domain_wall", "flavors": 2, "mass": 0.1, "M5": 1.0, "L5": 4, "links": "stout"}],
    },
    "network": {"stout": {"layer": [{"loops": ["plaquette"], "initial": 0.1}]}},
    "update": {"length": 1.0, "steps": 10, "integrator": "leapfrog"},
}
_DOMAIN_WALL_GUIDE: Tree = {"fermion": [{"mass": 0.12, "links": "net"}]}
_DOMAIN_WALL_OBSERVABLES: Tree = {
    "plaquette": {"every": 1},
    "polyakov": {"every": 1},
    "condensate": {"every": 10, "method": "noise", "vectors": 10},
    "pion": {"every": 10},
}
_DOMAIN_WALL = "SU(2), 4^4, beta = 2.7, 2 domain wall flavours, m = 0.1, L5 = 4, M5 = 1, one stout layer of 0.1."


def _domain_wall(name: str, trajectories: int, seed: int, changes: Tree) -> Tree:
    """Return an input at the domain wall point."""
    run = {"run": {"name": name, "trajectories": trajectories, "seed": seed}}
    return merge(merge(_DOMAIN_WALL_POINT, run), changes)


# SU(3), Iwasaki's action at the beta and M5 of the first 2+1-flavour simulations (hep-lat/0701013), where L5 was 16.
_STRANGE = 0.2
_WALLS: Tree = {"kind": "domain_wall", "M5": 1.8, "L5": 8}
_TWO_PLUS_ONE: Tree = {
    "lattice": {"shape": [4, 4, 4, 4], "group": "SU(3)"},
    "run": {
        "name": "su3_domainwall_2plus1_hmc",
        "trajectories": 100,
        "thermalization": 20,
        "seed": 11,
        "initial": "cold",
        "save_every": 10,
    },
    "action": {
        "gauge": {"kind": "iwasaki", "beta": 2.13},
        "fermion": [
            {**_WALLS, "flavors": 2, "mass": 0.05, "hasenbusch": [_STRANGE]},
            {**_WALLS, "flavors": 1, "mass": _STRANGE, "determinant": "one_flavor"},
        ],
    },
    "update": {
        "length": 1.0,
        "level": [
            {"terms": ["fermion"], "steps": 3, "integrator": "omelyan"},
            {"terms": ["gauge"], "steps": 4, "integrator": "omelyan"},
        ],
    },
    "observables": {
        "plaquette": {"every": 1},
        "condensate": {"every": 5, "method": "noise", "vectors": 4},
        "strange_condensate": {"every": 5, "fermion": "2", "method": "noise", "vectors": 4},
        "pion": {"every": 5},
        "strange_pion": {"every": 5, "fermion": "2"},
        "mesons": {"every": 5, "antiquark": "2"},
    },
    "analyze": {"thermalization": 40},
}

DOMAIN_WALL: dict[str, Preset] = {
    "su2-domainwall-hmc": Preset(
        "Reference HMC run of SU(2) with two domain wall flavours on stout-smeared links",
        (_DOMAIN_WALL, "Expected: plaquette 0.6873(5), condensate 0.1304(12), acceptance 0.872(11)."),
        _domain_wall("su2_domainwall_hmc", 1000, 11, {"observables": _DOMAIN_WALL_OBSERVABLES}),
    ),
    "su2-domainwall-train": Preset(
        "Train a covariant network in place of the stout smearing, for heavier domain wall quarks",
        (
            _DOMAIN_WALL,
            "lqcdnn train su2_domainwall_train.toml writes su2_domainwall_train/train/weights.h5.",
            "Expected: loss about 0.8 at first, below 0.1 after 200 trajectories.",
        ),
        _domain_wall(
            "su2_domainwall_train",
            0,
            12,
            {
                "guide": _DOMAIN_WALL_GUIDE,
                "network": {"net": {"layer": [_LAYER, _LAYER]}},
                "train": {"network": "net", "mode": "online", "trajectories": 500, "rate": 2e-5},
            },
        ),
    ),
    "su2-domainwall-slhmc": Preset(
        "Self-learning HMC with domain wall quarks: guide mass 0.12, trained network",
        (
            _DOMAIN_WALL,
            "Needs the weights that su2_domainwall_train.toml makes.",
            "Expected: plaquette 0.6886(6), condensate 0.1284(10), acceptance 0.808(13).",
        ),
        _domain_wall(
            "su2_domainwall_slhmc",
            1000,
            13,
            {
                "guide": _DOMAIN_WALL_GUIDE,
                "network": {
                    "net": {"weights": "su2_domainwall_train/train/weights.h5", "layer": [_LAYER, _LAYER]}
                },
                "observables": _DOMAIN_WALL_OBSERVABLES,
            },
        ),
    ),
    "su3-domainwall-2plus1-hmc": Preset(
        "2+1 flavours of domain wall quarks: a light pair, a strange quark by itself, SU(3), Iwasaki's action",
        (
            "4^4, beta = 2.13, M5 = 1.8, L5 = 8; pion of light and of strange quarks with residual masses, and kaon.",
            "The pair over the strange mass, the strange mass over the Pauli-Villars field: two ratios.",
            "The strange quark by the exact action of one flavour, which takes nothing rational.",
        ),
        _TWO_PLUS_ONE,
    ),
}
