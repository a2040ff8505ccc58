"""Ready-made inputs: the one source of ``lqcdnn init --preset`` and of the files in ``inputs/``."""

from __future__ import annotations

from lqcdnn.config.presets.background import BACKGROUND
from lqcdnn.config.presets.bias import BIAS
from lqcdnn.config.presets.deformations import DEFORMATIONS
from lqcdnn.config.presets.determinants import DETERMINANTS
from lqcdnn.config.presets.domainwall import DOMAIN_WALL
from lqcdnn.config.presets.evolution import EVOLUTION
from lqcdnn.config.presets.formfactor import FORM_FACTOR
from lqcdnn.config.presets.hadrons import HADRONS
from lqcdnn.config.presets.higgs import HIGGS
from lqcdnn.config.presets.improved import IMPROVED
from lqcdnn.config.presets.llr import LLR
from lqcdnn.config.presets.multiscale import MULTISCALE
from lqcdnn.config.presets.phases import PHASES
from lqcdnn.config.presets.photons import PHOTONS
from lqcdnn.config.presets.preset import ALL_OBSERVABLES, Preset, Tree, merge
from lqcdnn.config.presets.quarkflow import QUARK_FLOW
from lqcdnn.config.presets.renormalization import RENORMALIZATION
from lqcdnn.config.presets.representations import REPRESENTATIONS
from lqcdnn.config.presets.scales import SCALES
from lqcdnn.config.presets.scattering import SCATTERING
from lqcdnn.config.presets.schroedinger import SCHROEDINGER
from lqcdnn.config.presets.schwinger import SCHWINGER
from lqcdnn.config.presets.smd import SMD
from lqcdnn.config.presets.smeared import SMEARED
from lqcdnn.config.presets.su3_nf2 import SU3_NF2
from lqcdnn.config.presets.surrogates import SURROGATES
from lqcdnn.config.presets.thermodynamics import THERMODYNAMICS
from lqcdnn.config.presets.twistedmass import TWISTED_MASS
from lqcdnn.config.presets.vacuumpolarization import VACUUM_POLARIZATION

__all__ = ["PRESETS", "Preset", "Tree", "input_name"]

# SU(2), 4^4, beta = 2.7, four staggered flavours of mass 0.3: the point of arXiv:2103.11965.
_SU2_POINT: Tree = {
    "lattice": {"shape": [4, 4, 4, 4], "group": "SU(2)"},
    "run": {"initial": "twisted"},
    "action": {
        "gauge": {"kind": "wilson", "beta": 2.7},
        "fermion": [{"kind": "staggered", "flavors": 4, "mass": 0.3, "boundary": [1, 1, 1, -1]}],
    },
}
_SU2_LONG: Tree = merge(_SU2_POINT, {"run": {"thermalization": 500, "seed": 11, "save_every": 500}})
_CUT: Tree = {"analyze": {"thermalization": 500}}
_SU2_STEPS: Tree = {"length": 1.0, "steps": 20, "integrator": "leapfrog"}

# Ten forces a trajectory in place of twenty, at the same acceptance of HMC: the large network makes them dear.
_FEW_FORCES: Tree = {"length": 1.0, "steps": 5, "integrator": "omelyan"}

_SMALL_LAYER: Tree = {"loops": ["plaquette", "polyakov_time", "polyakov_space"], "initial": 0.0}
_LARGE_LAYER: Tree = {
    "loops": ["plaquette", "rectangle", "chair", "polyakov_time", "polyakov_space"],
    "initial": "random", "width": 1e-3,
}  # fmt: skip
_LEAST_SQUARES: Tree = {
    "network": "net",
    "couplings": ["constant"],
    "mode": "online", "trajectories": 1500,
    "optimizer": "least_squares", "rate": 1e-2,
}  # fmt: skip
_BY_FORCES: Tree = {
    **_LEAST_SQUARES,
    "couplings": ["fermion.1"],
    "trajectories": 50, "thermalization": 200,
    "loss": "force",
}  # fmt: skip
_GUIDE: Tree = {"fermion": [{"mass": 0.4, "links": "net"}]}


def _large_layers() -> list[Tree]:
    """Return four layers that differ in the seed of their weights."""
    return [{**_LARGE_LAYER, "seed": i + 1} for i in range(4)]


def _slhmc(
    weights: str, name: str, layers: list[Tree], trajectories: int = 60000, update: Tree = _SU2_STEPS
) -> Tree:
    """Return the input of a long self-learning run with trained weights."""
    changes: Tree = {
        "run": {"name": name, "trajectories": trajectories, "seed": 13},
        "guide": _GUIDE,
        "network": {"net": {"weights": weights, "layer": layers}},
        "update": update,
        "observables": ALL_OBSERVABLES,
        **_CUT,
    }
    return merge(_SU2_LONG, changes)


def _trained_first(name: str, layers: list[Tree], train: Tree) -> Tree:
    """Return the input of a training and the self-learning run behind it."""
    changes: Tree = {
        "run": {"name": name, "trajectories": 5000, "seed": 14},
        "guide": _GUIDE,
        "network": {"net": {"layer": layers}},
        "update": _SU2_STEPS,
        "train": train,
        "observables": ALL_OBSERVABLES,
        **_CUT,
    }
    return merge(_SU2_LONG, changes)


def _training(name: str, layers: list[Tree], train: Tree) -> Tree:
    """Return the input of a training along an HMC run."""
    changes: Tree = {
        "run": {"name": name, "trajectories": 0, "seed": 12},
        "guide": _GUIDE,
        "network": {"net": {"layer": layers}},
        "update": _SU2_STEPS,
        "train": {"mode": "online", "trajectories": 1500, **train},
    }
    return merge(_SU2_LONG, changes)


def _heatbath(group: str, extent: int, beta: float, name: str, overrelaxation: int) -> Tree:
    """Return the input of a pure gauge theory by heat bath."""
    return {
        "lattice": {"shape": [extent] * 4, "group": group},
        "run": {"name": name, "trajectories": 1000, "thermalization": 200, "seed": 11, "initial": "cold"},
        "action": {"gauge": {"kind": "wilson", "beta": beta}},
        "update": {"kind": "heatbath", "algorithm": "kennedy_pendleton", "overrelaxation": overrelaxation},
        "observables": {"plaquette": {"every": 1}, "polyakov": {"every": 1}},
    }


_PAPER = "Point of arXiv:2103.11965 (Tomiya, Nagai): SU(2), 4^4, beta = 2.7, 4 staggered flavours, m = 0.3."
_TWISTED = (
    "From a plain cold start the run would sit in the wrong centre sector of the spatial",
    "Polyakov loops for about 150 trajectories; the twisted start avoids that.",
)

PRESETS: dict[str, Preset] = {
    "quickstart": Preset(
        "Train a small network, then run self-learning HMC: SU(2) on 4^4",
        (
            "",
            "lqcdnn generate quickstart.toml    first trains along 150 HMC trajectories, then runs 150 SLHMC ones",
            "lqcdnn measure  quickstart.toml    plaquette, Polyakov loops, condensate of the stored configurations",
            "lqcdnn analyze  quickstart         averages, errors, autocorrelation times, verdicts",
        ),
        merge(
            _SU2_POINT,
            {
                "run": {
                    "name": "quickstart",
                    "trajectories": 150,
                    "thermalization": 20,
                    "seed": 11,
                    "save_every": 5,
                },
                "guide": _GUIDE,
                "network": {"net": {"layer": [_SMALL_LAYER, _SMALL_LAYER]}},
                "update": {"length": 1.0, "steps": 12, "integrator": "leapfrog"},
                "train": {"mode": "online", "trajectories": 150, "optimizer": "sgd", "rate": 1e-7},
                "observables": {
                    "plaquette": {"every": 5},
                    "polyakov": {"every": 5},
                    "condensate": {"every": 10, "method": "exact"},
                },
            },
        ),
    ),
    "tomiya-nagai-hmc": Preset(
        "Reference HMC run with the exact action",
        (_PAPER, "Expected: plaquette 0.7025(1), Polyakov loop (trace) 0.82(1), condensate 0.4245(5).", *_TWISTED),
        merge(
            _SU2_LONG,
            {
                "run": {"name": "tomiya_nagai_su2_hmc", "trajectories": 25000},
                "update": _SU2_STEPS,
                "observables": ALL_OBSERVABLES,
                **_CUT,
            },
        ),
    ),
    "tomiya-nagai-train": Preset(
        "Train the two-layer covariant network along an HMC run",
        (
            _PAPER,
            "lqcdnn train tomiya_nagai_su2_train.toml writes tomiya_nagai_su2_train/train/weights.h5.",
            "Expected: loss about 80 at the first step, about 1 after 100 trajectories.",
        ),
        _training("tomiya_nagai_su2_train", [_SMALL_LAYER, _SMALL_LAYER], {"optimizer": "sgd", "rate": 1e-7}),
    ),
    "tomiya-nagai-slhmc": Preset(
        "Self-learning HMC with the trained two-layer network and guide mass 0.4",
        (
            _PAPER,
            "Needs the weights that tomiya_nagai_su2_train.toml makes.",
            "Expected: plaquette 0.7023(2), Polyakov loop (trace) 0.83(1), condensate 0.4241(5),",
            "acceptance 30 to 45 %.",
        ),
        _slhmc("tomiya_nagai_su2_train/train/weights.h5", "tomiya_nagai_su2_slhmc", [_SMALL_LAYER, _SMALL_LAYER]),
    ),
    "tomiya-nagai-large-train": Preset(
        "Train a four-layer network with rectangles and chairs along an HMC run",
        (_PAPER, "lqcdnn train tomiya_nagai_su2_large_train.toml writes its weights into the run directory."),
        _training(
            "tomiya_nagai_su2_large_train",
            _large_layers(),
            {"trajectories": 2000, "optimizer": "adam", "rate": 2e-5},
        ),
    ),
    "tomiya-nagai-large-slhmc": Preset(
        "Self-learning HMC with the trained four-layer network",
        (_PAPER, "Needs the weights that tomiya_nagai_su2_large_train.toml makes."),
        _slhmc(
            "tomiya_nagai_su2_large_train/train/weights.h5",
            "tomiya_nagai_su2_large_slhmc",
            _large_layers(),
            trajectories=3000,
            update=_FEW_FORCES,
        ),
    ),
    "su2-least-squares-slhmc": Preset(
        "Train the two-layer network by least squares beside a constant, then run self-learning HMC",
        (
            _PAPER,
            "The constant takes what S_theta and S differ by on average, which moves no links, off the weights.",
            "Expected: acceptance 78 %, in place of the 37 % of weights by SGD without one.",
        ),
        _trained_first("su2_least_squares_slhmc", [_SMALL_LAYER, _SMALL_LAYER], _LEAST_SQUARES),
    ),
    "su2-forces-slhmc": Preset(
        "Train the two-layer network by 50 comparisons of forces, then run self-learning HMC",
        (
            _PAPER,
            "The coefficient of the guide's fermion takes over what its heavier mass adds to all modes.",
            "Expected: acceptance 82 %, as after 800 comparisons of actions.",
        ),
        _trained_first("su2_forces_slhmc", [_SMALL_LAYER, _SMALL_LAYER], _BY_FORCES),
    ),
    "su2-attention-slhmc": Preset(
        "Train a layer with attention by least squares beside a constant, then run self-learning HMC",
        (
            _PAPER,
            "Attention of arXiv:2501.16955: staples are weighted by loops of a query and a key.",
            "Expected: acceptance 77 %, as of the two usual layers of su2_least_squares_slhmc.toml, which cost less.",
        ),
        _trained_first("su2_attention_slhmc", [{**_SMALL_LAYER, "attention": 1, "initial": 0.02}], _LEAST_SQUARES),
    ),
    "su3-quenched": Preset(
        "Pure SU(3) gauge theory on 4^4 by HMC",
        (),
        {
            "lattice": {"shape": [4, 4, 4, 4], "group": "SU(3)"},
            "run": {"name": "su3_quenched", "trajectories": 1000, "thermalization": 200, "seed": 11, "initial": "cold"},
            "action": {"gauge": {"kind": "wilson", "beta": 5.7}},
            "update": {"length": 1.0, "steps": 10, "integrator": "omelyan"},
            "observables": {"plaquette": {"every": 1}, "polyakov": {"every": 1}},
        },
    ),
    "su2-heatbath": Preset(
        "Pure SU(2) gauge theory on 8^4 by heat bath and overrelaxation",
        (),
        _heatbath("SU(2)", 8, 2.7, "su2_heatbath", 4),
    ),
    "su3-heatbath": Preset(
        "Pure SU(3) gauge theory on 4^4 by heat bath and overrelaxation",
        ("The same theory as su3_quenched.toml, at a fraction of the cost.",),
        _heatbath("SU(3)", 4, 5.7, "su3_heatbath", 4),
    ),
    "su3-wilson-hmc": Preset(
        "SU(3) with two Wilson flavours by even-odd HMC on 4^4",
        (
            "kappa = 0.141139 is a bare mass of -0.4574; csw = 1.0, say, in [[action.fermion]] adds a clover term,",
            "r = 0.5 is another Wilson parameter: kappa = 1 / (2 (m + 4 r)).",
        ),
        {
            "lattice": {"shape": [4, 4, 4, 4], "group": "SU(3)"},
            "run": {"name": "su3_wilson_hmc", "trajectories": 500, "thermalization": 100, "seed": 11},
            "action": {
                "gauge": {"kind": "wilson", "beta": 5.7},
                "fermion": [{"kind": "wilson", "flavors": 2, "kappa": 0.141139, "boundary": [1, 1, 1, -1]}],
            },
            "update": {"length": 1.0, "steps": 20, "integrator": "leapfrog"},
            "observables": {"plaquette": {"every": 1}, "polyakov": {"every": 1}},
        },
    ),
    **HADRONS,
    **RENORMALIZATION,
    **QUARK_FLOW,
    **SCALES,
    **SCHROEDINGER,
    **SCHWINGER,
    **TWISTED_MASS,
    **EVOLUTION, **MULTISCALE,
    **BIAS,
    **LLR,
    "su2-staggered-hmc": Preset(
        "SU(2) with four staggered flavours by HMC, gauge force on a finer time scale",
        _TWISTED,
        merge(
            _SU2_POINT,
            {
                "run": {"name": "su2_staggered_hmc", "trajectories": 500, "thermalization": 200, "seed": 11},
                "update": {
                    "length": 1.0,
                    "level": [
                        {"terms": ["fermion"], "steps": 5, "integrator": "omelyan"},
                        {"terms": ["gauge"], "steps": 2, "integrator": "omelyan"},
                    ],
                },
                "observables": ALL_OBSERVABLES,
            },
        ),
    ),
    "su2-staggered-hasenbusch": Preset(
        "SU(2) with light staggered quarks by HMC with mass preconditioning, three time scales",
        _TWISTED,
        merge(
            _SU2_POINT,
            {
                "run": {"name": "su2_staggered_hasenbusch", "trajectories": 500, "thermalization": 200, "seed": 11},
                "action": {
                    "fermion": [
                        {
                            "kind": "staggered",
                            "flavors": 4,
                            "mass": 0.05,
                            "boundary": [1, 1, 1, -1],
                            "hasenbusch": [0.3],
                        }
                    ]
                },
                "update": {
                    "length": 1.0,
                    "level": [
                        {"terms": ["fermion.1.1"], "steps": 2, "integrator": "omelyan"},
                        {"terms": ["fermion.1.2"], "steps": 2, "integrator": "omelyan"},
                        {"terms": ["gauge"], "steps": 1, "integrator": "omelyan"},
                    ],
                },
                "observables": ALL_OBSERVABLES,
            },
        ),
    ),
    **DOMAIN_WALL,
    **SMEARED,
    **SU3_NF2,
    **IMPROVED, **PHASES, **BACKGROUND, **PHOTONS, **REPRESENTATIONS,
    **SURROGATES, **DEFORMATIONS,
    **DETERMINANTS,
    **THERMODYNAMICS,
    **SCATTERING,
    **SMD, **FORM_FACTOR, **VACUUM_POLARIZATION, **HIGGS,
}


def input_name(preset: str) -> str:
    """Return the file name of a preset: its run directory with the ending .toml."""
    return f"{PRESETS[preset].tree['run']['name']}.toml"
