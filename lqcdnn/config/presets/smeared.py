"""Staggered quarks on links of 24 fine stout steps: a trained network of three or four layers drives cheaper."""

from __future__ import annotations

from lqcdnn.config.presets.preset import ALL_OBSERVABLES, Preset, Tree, merge

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

# SU(3): a layer costs more, beside a solve, than with SU(2), so that there is more to gain.
_SU3_POINT: Tree = merge(
    _POINT,
    {
        "lattice": {"group": "SU(3)"},
        "run": {"thermalization": 200, "initial": "cold"},
        "action": {"gauge": {"beta": 5.7}},
        "update": {"level": [{**_POINT["update"]["level"][0], "steps": 3}, _POINT["update"]["level"][1]]},
    },
)
_SU3_MEASURED: Tree = {"analyze": {"thermalization": 200}, "observables": ALL_OBSERVABLES}
_SU3_ABOUT = (_ABOUT[0].replace("SU(2)", "SU(3)").replace("2.7", "5.7"), _ABOUT[1])
_SU3_LAYERS: Tree = {"layer": [{"loops": ["plaquette"], "initial": 0.075}] * 4}
_SU3_WEIGHTS = "su3_smeared_train/train/weights.h5"

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
    "su3-smeared-hmc": Preset(
        "Staggered quarks on links of 24 stout steps by HMC, SU(3)",
        (*_SU3_ABOUT, "Expected: plaquette 0.5715(4), Polyakov loop (trace) 0.69(2), acceptance 86 %."),
        merge(
            merge(_SU3_POINT, _SU3_MEASURED),
            {
                "run": {"name": "su3_smeared_hmc", "trajectories": 6000, "seed": 11},
                "action": {"fermion": [{**_FERMION, "md_tolerance": 1e-3}]},
            },
        ),
    ),
    "su3-smeared-train": Preset(
        "Train four layers by least squares to stand for 24 stout steps, along an HMC run, SU(3)",
        (*_SU3_ABOUT, "Expected: loss 0.2 to 0.5 at first, 0.15 in the end."),
        merge(
            _SU3_POINT,
            {
                "run": {"name": "su3_smeared_train", "trajectories": 0, "seed": 12},
                "guide": {"fermion": [{"links": "net"}]},
                "network": {"net": _SU3_LAYERS},
                "train": {
                    "network": "net",
                    "couplings": ["constant"],
                    "mode": "online",
                    "trajectories": 400,
                    "optimizer": "least_squares",
                    "rate": 1e-2,
                },
            },
        ),
    ),
    "su3-smeared-slhmc": Preset(
        "Self-learning HMC that sees four trained layers in place of 24 stout steps, SU(3)",
        (
            *_SU3_ABOUT,
            "Needs the weights that su3_smeared_train.toml makes.",
            "Expected: plaquette 0.5709(2), Polyakov loop (trace) 0.695(13), acceptance 66 %,",
            "half to two thirds of the CPU time of HMC for an independent measurement.",
        ),
        merge(
            merge(_SU3_POINT, _SU3_MEASURED),
            {
                "run": {"name": "su3_smeared_slhmc", "trajectories": 10000, "seed": 13},
                "guide": {"fermion": [{"links": "net", "md_tolerance": 1e-3}]},
                "network": {"net": {"weights": _SU3_WEIGHTS, **_SU3_LAYERS}},
            },
        ),
    ),
}
