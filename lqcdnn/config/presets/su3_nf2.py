"""SU(3) with two stout-smeared staggered flavours: HMC, training, self-learning HMC (physics.md 8.1c)."""

from __future__ import annotations

from lqcdnn.config.presets.preset import ALL_OBSERVABLES, Preset, Tree, merge

_STOUT: Tree = {"layer": [{"loops": ["plaquette"], "initial": 0.1}]}
_LOOPS = ["plaquette", "polyakov_time", "polyakov_space"]
_NET_LAYERS: list[Tree] = [{"loops": _LOOPS, "initial": [0.1, 0.0, 0.0]}, {"loops": _LOOPS, "initial": 0.0}]
_POINT: Tree = {
    "lattice": {"shape": [4, 4, 4, 4], "group": "SU(3)"},
    "run": {"thermalization": 300, "initial": "cold", "save_every": 100},
    "action": {
        "gauge": {"kind": "wilson", "beta": 5.7},
        "fermion": [
            {"kind": "staggered", "flavors": 2, "mass": 0.3, "boundary": [1, 1, 1, -1], "links": "stout"},
        ],
    },
    "network": {"stout": _STOUT},
    "update": {"length": 1.0, "steps": 20, "integrator": "leapfrog"},
}
_GUIDE: Tree = {"fermion": [{"mass": 0.4, "links": "net"}]}
_CHEAP_GUIDE: Tree = {"fermion": [{"mass": 0.4, "links": "net", "md_tolerance": 1e-8, "md_error": 1e-6}]}
# A training in the same run holds its gradient against finite differences, to 1e-6.
_TRAINED_GUIDE: Tree = {"fermion": [{**_CHEAP_GUIDE["fermion"][0], "md_error": 1e-7}]}
_ABOUT = (
    "SU(3), 4^4, beta = 5.7, 2 rooted staggered flavours (rational) of mass 0.3 on links of one stout step.",
    "The guide has mass 0.4; its network starts as the same smearing followed by the identity.",
)

SU3_NF2: dict[str, Preset] = {
    "su3-nf2-hmc": Preset(
        "Two flavours of stout-smeared staggered fermions by rational HMC, SU(3)",
        (
            *_ABOUT[:1],
            "Expected: plaquette 0.5729(3), Polyakov loop 0.157(13), condensate 0.4501(10) on thin links,",
            "acceptance 94 %.",
        ),
        merge(
            _POINT,
            {
                "run": {"name": "su3_nf2_staggered_hmc", "trajectories": 7000, "seed": 11},
                "analyze": {"thermalization": 300},
                "observables": ALL_OBSERVABLES,
            },
        ),
    ),
    "su3-nf2-train": Preset(
        "Train the guide's network along a rational HMC run, SU(3) with two flavours",
        (*_ABOUT, "Expected: loss about 35 at the first step, about 1 after 500 trajectories."),
        merge(
            _POINT,
            {
                "run": {"name": "su3_nf2_staggered_train", "trajectories": 0, "seed": 12},
                "guide": _GUIDE,
                "network": {"net": {"layer": _NET_LAYERS}},
                "train": {"network": "net", "mode": "online", "trajectories": 1500, "optimizer": "sgd", "rate": 1e-7},
            },
        ),
    ),
    "su3-nf2-slhmc": Preset(
        "Self-learning rational HMC with the trained network and guide mass 0.4, SU(3) with two flavours",
        (
            *_ABOUT,
            "Needs the weights that su3_nf2_staggered_train.toml makes.",
            "The guide is solved and approximated less precisely: the Metropolis test makes up for it.",
            "Expected: averages as by HMC, acceptance 30 %.",
        ),
        merge(
            _POINT,
            {
                "run": {"name": "su3_nf2_staggered_slhmc", "trajectories": 5700, "seed": 13},
                "guide": _CHEAP_GUIDE,
                "update": {"steps": 6, "integrator": "omelyan"},
                "analyze": {"thermalization": 300},
                "network": {
                    "net": {"weights": "su3_nf2_staggered_train/train/weights.h5", "layer": _NET_LAYERS}
                },
                "observables": ALL_OBSERVABLES,
            },
        ),
    ),
    "su3-nf2-least-squares-slhmc": Preset(
        "Train network and coefficient by least squares, then run self-learning rational HMC, SU(3), two flavours",
        (
            *_ABOUT,
            "The constant takes what S_theta and S differ by on average, which moves no links, off the weights.",
            "The coefficient of the guide's fermion does so with what its mass adds to all modes alike.",
            "Expected: acceptance 79 %, in place of the 30 % of weights by SGD without the two.",
        ),
        merge(
            _POINT,
            {
                "run": {"name": "su3_nf2_least_squares_slhmc", "trajectories": 3000, "seed": 14},
                "guide": _TRAINED_GUIDE,
                "update": {"steps": 6, "integrator": "omelyan"},
                "analyze": {"thermalization": 300},
                "network": {"net": {"layer": _NET_LAYERS}},
                "train": {
                    "network": "net",
                    "couplings": ["constant", "fermion.1"],
                    "mode": "online",
                    "trajectories": 800,
                    "optimizer": "least_squares",
                    "rate": 1e-2,
                },
                "observables": ALL_OBSERVABLES,
            },
        ),
    ),
}
