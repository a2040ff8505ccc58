"""Pairs of algorithms that must give the same averages, each on one lattice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from common import Run, commands, fill, number, sigma, table

from lqcdnn import analyze_run
from lqcdnn.analyze.result import Estimate

THERMALIZATION = 300
NAMES = ("plaquette", "condensate")

STAGGERED = (
    "action.gauge.beta=1.8",
    "action.fermion.1.mass=0.5",
    "run.trajectories=8000",
    "run.thermalization=300",
    "observables.condensate.every=4",
)
WILSON = (
    'lattice.group="SU(2)"',
    "action.gauge.beta=2.2",
    "action.fermion.1.kappa=0.14",
    "update.integrator=omelyan",
    "update.steps=5",
    "run.trajectories=5000",
    "run.thermalization=300",
    "observables.condensate.every=2",
    "observables.condensate.method=noise",
)
ONE_FLAVOUR = (
    "action.fermion.1.flavors=1",
    "action.fermion.1.spectrum=[0.02, 5.0]",
    "action.fermion.2.kind=wilson",
    "action.fermion.2.flavors=1",
    "action.fermion.2.kappa=0.14",
    "action.fermion.2.spectrum=[0.02, 5.0]",
)
QUENCHED = (
    "lattice.shape=[4, 4, 4, 4]",
    "run.thermalization=300",
    "observables.condensate.mass=1.0",
    "observables.condensate.every=4",
    "observables.condensate.method=noise",
)


def quenched(group: str, beta: float, count: int) -> tuple[Run, Run]:
    """Heat bath and HMC of one quenched point."""
    point = (*QUENCHED, f'lattice.group="{group}"', f"action.gauge.beta={beta}", f"run.trajectories={count}")
    name = group.replace("(", "").replace(")", "").lower()
    return (
        Run("generate", "su2_heatbath", (*point, "run.seed=27", f"run.name={name}_quenched_heatbath")),
        Run("generate", "su3_quenched", (*point, "run.seed=28", f"run.name={name}_quenched_hmc")),
    )


@dataclass(frozen=True)
class Pair:
    """Two runs, what to call them, and the flavours that the condensate of the second one counts."""

    title: str
    names: tuple[str, str]
    runs: tuple[Run, Run]
    factor: float = 1.0


HMC_4 = Run("generate", "su2_staggered_hmc", (*STAGGERED, "run.seed=21", "run.name=su2_four_hmc"))
RHMC_4 = Run(
    "generate",
    "su2_staggered_hmc",
    (*STAGGERED, "action.fermion.1.rational=true", "run.seed=22", "run.name=su2_four_rhmc"),
)
CHAIN_4 = Run(
    "generate",
    "su2_staggered_hmc",
    (*STAGGERED, "action.fermion.1.hasenbusch=[1.5]", "run.seed=23", "run.name=su2_four_chain"),
)
WILSON_2 = Run("generate", "su3_wilson_hmc", (*WILSON, "run.seed=24", "run.name=su2_wilson_two"))
WILSON_1_1 = Run("generate", "su3_wilson_hmc", (*WILSON, *ONE_FLAVOUR, "run.seed=25", "run.name=su2_wilson_one_one"))
WILSON_CHAIN = Run(
    "generate",
    "su3_wilson_hmc",
    (*WILSON, "action.fermion.1.hasenbusch=[0.0]", "run.seed=26", "run.name=su2_wilson_chain"),
)

PAIRS = (
    Pair("4 staggered flavours", ("HMC", "rational HMC"), (HMC_4, RHMC_4)),
    Pair("4 staggered flavours", ("HMC", "mass preconditioning, 1.5"), (HMC_4, CHAIN_4)),
    Pair("2 Wilson flavours", ("HMC", "rational HMC, 1 + 1"), (WILSON_2, WILSON_1_1), 2.0),
    Pair("2 Wilson flavours", ("HMC", "mass preconditioning, 0"), (WILSON_2, WILSON_CHAIN)),
    Pair("quenched SU(2)", ("heat bath", "HMC"), quenched("SU(2)", 1.8, 10000)),
    Pair("quenched SU(3)", ("heat bath", "HMC"), quenched("SU(3)", 4.8, 10000)),
)
ALL = tuple(dict.fromkeys(run for pair in PAIRS for run in pair.runs))


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """The estimate of a multiple."""
    return replace(estimate, mean=factor * (estimate.mean or 0.0), error=factor * (estimate.error or 0.0))


def relative(estimate: Estimate) -> str:
    """Relative error in per cent."""
    return f"{100.0 * (estimate.error or 0.0) / abs(estimate.mean or 1.0):.3f} %"


def rows(pair: Pair, runs: Path) -> list[list[str]]:
    """Plaquette and condensate of one pair."""
    first, second = (analyze_run(runs / run.name, THERMALIZATION) for run in pair.runs)
    found = []
    for name in NAMES:
        one, other = first[name], second[name]
        if name == "condensate":
            other = scaled(other, pair.factor)
        errors = f"{relative(one)}, {relative(other)}"
        found.append([pair.title, name, *pair.names, number(one), number(other), sigma(one, other), errors])
    return found


def text(runs: Path) -> str:
    """This part of the page."""
    head = ["fermions", "quantity", "one", "other", "one finds", "other finds", "differ by", "relative errors"]
    return fill(
        "algorithms.template.md",
        {"PAIRS": table([head, *(row for pair in PAIRS for row in rows(pair, runs))]), "COMMANDS": commands(ALL)},
    )
