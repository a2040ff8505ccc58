"""SU(2) with staggered quarks on links of 24 fine stout steps: a trained network of three layers drives cheaper."""

from __future__ import annotations

from lqcdnn.config.preset import ALL_OBSERVABLES, Preset, Tree, merge

_STOUT_STEP: Tree = {"loops": ["plaquette"], "initial": 0.0125}
_NET_LAYER: Tree = {"loops": ["plaquette"], "initial": 0.1}
_FERMION: Tree = {"kind": "staggered", "flavors": 4, "mass": 0.3, "boundary": [1, 1, 1, -1], "links": "stout"}
_POINT: Tree = {
    "lattice": {"shape": [4, 4, 4, 4], "group": "SU(2)"},
    "run": {"thermalization": 500, "initial": "twisted", "save_every": 500},
    "action": {"gauge": {"kind": "wilson", "beta": 2.7}, "fermion": [_FERMION]},
    "network": {"stout": {"layer": [_STOUT_STEP] * 24}},
    "update": {
        "length": 1.0,
        "level": [
            {"terms": ["fermion"], "steps": 2, "integrator": "leapfrog"},
            {"terms": ["gauge"], "steps": 1, "integrator": "omelyan"},
        ],
    },
}
_MEASURED: Tree = {"analyze": {"thermalization": 500}, "observables": ALL_OBSERVABLES}
_ABOUT = (
    "SU(2), 4^4, beta = 2.7, 4 staggered flavours, m = 0.3, on links of 24 stout steps of 0.0125,",
    "which is gradient flow to the time 0.3 but for terms of second order in the step.",
)
_EXPECTED = ("Expected: plaquette 0.69014(6), Polyakov loop (trace) 0.770(4), condensate 0.4345(2) on thin links,",)
_TRAIN, _WEIGHTS = "su2_smeared_train", "su2_smeared_train/train/weights.h5"

SMEARED: dict[str, Preset] = {
    "su2-smeared-hmc": Preset(
        "Staggered quarks on links of 24 stout steps by HMC, SU(2)",
        (*_ABOUT, *_EXPECTED, "acceptance 90 %."),
        merge(
            merge(_POINT, _MEASURED),
            {
                "run": {"name": "su2_smeared_hmc", "trajectories": 10000, "seed": 11},
                "action": {"fermion": [{**_FERMION, "md_tolerance": 1e-3}]},
            },
        ),
    ),
    "su2-smeared-train": Preset(
        "Train three layers to stand for 24 stout steps, along an HMC run",
        (*_ABOUT, f"lqcdnn train {_TRAIN}.toml writes {_WEIGHTS}.", "Expected: loss below 0.1 from the start."),
        merge(
            _POINT,
            {
                "run": {"name": _TRAIN, "trajectories": 0, "seed": 12},
                "guide": {"fermion": [{"links": "net"}]},
                "network": {"net": {"layer": [_NET_LAYER] * 3}},
                "train": {"network": "net", "mode": "online", "trajectories": 800, "optimizer": "adam", "rate": 5e-4},
            },
        ),
    ),
    "su2-smeared-slhmc": Preset(
        "Self-learning HMC that sees three trained layers in place of 24 stout steps",
        (
            *_ABOUT,
            f"Needs the weights that {_TRAIN}.toml makes.",
            *_EXPECTED,
            "acceptance 72 %, two thirds to 80 % of the CPU time of HMC for an independent measurement.",
        ),
        merge(
            merge(_POINT, _MEASURED),
            {
                "run": {"name": "su2_smeared_slhmc", "trajectories": 20000, "seed": 13},
                "guide": {"fermion": [{"links": "net", "md_tolerance": 1e-3}]},
                "network": {"net": {"weights": _WEIGHTS, "layer": [_NET_LAYER] * 3}},
            },
        ),
    ),
}
