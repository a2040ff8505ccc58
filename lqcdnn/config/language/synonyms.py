"""What other programs, papers and habits call our keys, words, observables and commands."""

from __future__ import annotations

from collections.abc import Sequence

from lqcdnn.config.language.values import nearest

KEYS = {
    "β": "beta",
    "λ": "lambda",
    "τ": "length",
    "η": "rate",
    "l": "shape",
    "dims": "shape",
    "size": "shape",
    "nc": "group",
    "nf": "flavors",
    "flavours": "flavors",
    "quark_mass": "mass",
    "m": "mass",
    "bc": "boundary",
    "eps": "tolerance",
    "mdsteps": "steps",
    "nsteps": "trajectories",
    "ntherm": "thermalization",
    "nthermalization": "thermalization",
    "thermalisation": "thermalization",
    "randomseed": "seed",
    "learning_rate": "rate",
    "lr": "rate",
    "tau": "length",
    "epochs": "trajectories",
    "train.steps": "trajectories",
    "train.iterations": "trajectories",
    "electric_charge": "charge",
    "alpha_em": "alpha",
}
"""For a key, or one of a table, of other programs the one of ours."""

OBSERVABLES = {
    "charge": "topological_charge",
    "topology": "topological_charge",
    "topological_susceptibility": "topological_charge",
    "polyakov_loop": "polyakov",
    "action_density": "energy",
    "pbp": "condensate",
    "psibar_psi": "condensate",
    "nucleon": "baryons",
    "proton": "baryons",
    "hadrons": "mesons",
    "spectrum": "mesons",
    "pcac": "mesons",
    "pion_correlator": "mesons",
    "kaon_mixing": "meson_mixing",
    "four_quark_operators": "meson_mixing",
    "static_potential": "wilson_loop",
    "potential": "wilson_loop",
    "glueball": "glueballs",
    "vortices": "center_vortices",
    "centre_vortices": "center_vortices",
    "p_vortices": "center_vortices",
}

COMMANDS = {
    "run": "generate",
    "simulate": "generate",
    "sample": "generate",
    "hmc": "generate",
    "resume": "generate",
    "continue": "generate",
    "plot": "analyze",
    "fit": "analyze",
    "report": "analyze",
    "benchmark": "bench",
    "tune": "bench",
    "check": "validate",
    "new": "init",
}

_HMC = {"slhmc": " with a table [guide]", "rhmc": ", rational where the number of flavors needs it"}
_WILSON = {"clover": " with csw", "wilson_clover": " with csw", "sw": " with csw", "twisted_mass": " with twisted_mass"}
_WILSON |= dict.fromkeys(
    ("stabilized_wilson", "stabilised_wilson", "swf", "expclover", "exponential_clover", "exp_clover"),
    ' with csw and clover = "exponential"',
)
_STAGGERED = {
    "hisq": ' with improvement = "hisq"',
    "asqtad": ' with improvement = "asqtad"',
    "ks": "",
    "kogut_susskind": "",
}
_VALUES: dict[str, dict[str, str]] = {
    "hmc": _HMC,
    "heatbath": dict.fromkeys(("hb", "hbor", "overrelaxation", "metropolis"), ""),
    "leapfrog": dict.fromkeys(("lf", "verlet", "qpq"), ""),
    "leapfrog_pqp": dict.fromkeys(("pqp",), ""),
    "omelyan": dict.fromkeys(("2mn", "mn2", "omf2", "omelyan2", "minimum_norm"), ""),
    "omelyan4": dict.fromkeys(("4mn", "mn4", "omf4"), ""),
    "force_gradient": dict.fromkeys(("fg", "fgi", "mn4f"), ""),
    "cold": dict.fromkeys(("unit", "ordered", "identity", "one"), ""),
    "hot": dict.fromkeys(("random", "disordered"), ""),
    "wilson": {"plaquette": "", **_WILSON},
    "symanzik": dict.fromkeys(("luscher_weisz", "luescher_weisz", "lw", "tree_level", "tree_level_symanzik"), ""),
    "staggered": _STAGGERED,
    "domain_wall": {"dwf": "", "dw": "", "shamir": "", "moebius": " with b5 and c5", "mobius": " with b5 and c5"},
    "one_flavor": dict.fromkeys(("eofa", "exact_one_flavor"), ""),
    "overlap": dict.fromkeys(("neuberger",), ""),
    "mixed": dict.fromkeys(("mixed_precision", "single"), ""),
    "cg": dict.fromkeys(("conjugate_gradient", "conjugate_gradients"), ""),
    "multigrid": dict.fromkeys(("mg", "amg"), ""),
    "least_squares": dict.fromkeys(("gauss_newton", "lm", "levenberg_marquardt"), ""),
    "sgd": dict.fromkeys(("gradient_descent",), ""),
}
"""For a word of ours its other names, and what else such a name asks for."""


def meant_value(word: str, words: Sequence[str]) -> str:
    """The one of ``words`` that ``word`` was probably meant to be, in quotes with what belongs to it; empty: none."""
    plain = word.lower().replace("-", "_").replace(" ", "_")
    for name in words:
        if (belongs := _VALUES.get(name, {}).get(plain)) is not None:
            return f'"{name}"{belongs}'
    close = nearest(word, words)
    return f'"{close}"' if close else ""
