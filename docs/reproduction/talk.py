"""HMC against self-learning HMC with rooted staggered and with domain wall quarks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common import Run, commands, fill, number, sigma, table, tau

from lqcdnn import analyze_run


@dataclass(frozen=True)
class Point:
    """One lattice and action: inputs ``NAME_hmc``, ``NAME_train``, ``NAME_slhmc``, and what is compared."""

    name: str
    thermalization: int
    quantities: dict[str, str]

    @property
    def runs(self) -> tuple[Run, ...]:
        """The commands."""
        return tuple(Run("train" if kind == "train" else "generate", f"{self.name}_{kind}") for kind in KINDS)


KINDS = ("hmc", "train", "slhmc")
COMMON = {"plaquette": "plaquette", "polyakov_trace.re": "Polyakov loop (trace)", "condensate": "condensate"}
SU3 = Point("su3_nf2_staggered", 300, COMMON)
DOMAIN_WALL = Point("su2_domainwall", 100, {**COMMON, "residual_mass": "residual mass"})
ALL = SU3.runs + DOMAIN_WALL.runs


def comparison(point: Point, runs: Path) -> str:
    """Averages of both algorithms and their difference."""
    hmc, slhmc = (analyze_run(runs / f"{point.name}_{kind}", point.thermalization) for kind in ("hmc", "slhmc"))
    rows = [["", "HMC", "SLHMC", "differ by"]]
    for key, name in point.quantities.items():
        rows.append([name, number(hmc[key]), number(slhmc[key]), sigma(hmc[key], slhmc[key])])
    rows.append(["acceptance", number(hmc.acceptance), number(slhmc.acceptance), ""])
    rows.append(["`<exp(-dH)>`", number(hmc.exp_minus_dH), number(slhmc.exp_minus_dH), ""])
    for key, name in COMMON.items():
        rows.append([f"tau_int of the {name}", tau(hmc[key]), tau(slhmc[key]), ""])
    rows.append(["trajectories", str(hmc["plaquette"].n), str(slhmc["plaquette"].n), ""])
    return table(rows)


def training(point: Point, runs: Path) -> str:
    """Losses and what they let expect."""
    found = analyze_run(runs / f"{point.name}_train").training
    assert found is not None
    return (
        f"Training: loss {found.first_loss:.1f} at first, {found.late_loss:.2f} in the last quarter of {found.steps} "
        f"steps; S_theta - S\nspreads by {found.late_spread:.2f}, which lets expect an acceptance of "
        f"{found.expected_acceptance:.2f}."
    )


def text(runs: Path) -> str:
    """This part of the page."""
    parts = {}
    for key, point in (("SU3", SU3), ("WALL", DOMAIN_WALL)):
        parts[f"{key}_TABLE"] = comparison(point, runs)
        parts[f"{key}_TRAINING"] = training(point, runs)
        parts[f"{key}_COMMANDS"] = commands(point.runs)
    return fill("talk.template.md", parts)
