"""What the parts of docs/reproduction.md share: a run as a command line, tables, numbers."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Analysis, Estimate

DOCS = Path(__file__).resolve().parent.parent
INPUTS = DOCS.parent / "inputs"


@dataclass(frozen=True)
class Run:
    """One command: ``lqcdnn COMMAND INPUT --set ...`` in the runs directory."""

    command: str
    input: str
    overrides: tuple[str, ...] = ()

    def line(self) -> list[str]:
        """Words of the command line."""
        words = ["lqcdnn", self.command, f"{INPUTS.name}/{self.input}.toml"]
        for change in self.overrides:
            words += ["--set", change]
        return words

    @property
    def name(self) -> str:
        """The run directory."""
        named = [change.partition("=")[2] for change in self.overrides if change.startswith("run.name=")]
        return named[-1] if named else self.input

    def do(self, runs: Path) -> None:
        """Run it to its end."""
        words = [sys.executable, "-m", *self.line()]
        words[words.index(f"{INPUTS.name}/{self.input}.toml")] = str(INPUTS / f"{self.input}.toml")
        subprocess.run(words, cwd=runs, check=True)


def commands(runs: tuple[Run, ...]) -> str:
    """The command lines, quoted where a shell needs it."""
    return "\n".join(" ".join(f"'{word}'" if set(word) & set("[]\"") else word for word in run.line()) for run in runs)


def number(estimate: Estimate | None) -> str:
    """Value with its error in brackets."""
    return "-" if estimate is None else compact(estimate.mean, estimate.error)


def table(rows: list[list[str]]) -> str:
    """Markdown table; the first row is the head."""
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def tau(estimate: Estimate) -> str:
    """tau_int in trajectories with its error."""
    return compact(estimate.tau_int_trajectories, (estimate.tau_int_error or math.nan) * estimate.interval)


def sigma(one: Estimate, other: Estimate) -> str:
    """Difference of two independent means in combined standard errors."""
    difference = (one.mean or 0.0) - (other.mean or 0.0)
    return f"{abs(difference) / math.hypot(one.error or 0.0, other.error or 0.0):.1f} sigma"


def fill(template: str, parts: dict[str, str]) -> str:
    """A template beside this file with its ``@NAME@`` replaced."""
    text = (Path(__file__).parent / template).read_text()
    for name, value in parts.items():
        text = text.replace(f"@{name}@", value)
    return text


__all__ = ["DOCS", "Analysis", "Run", "commands", "fill", "number", "sigma", "table", "tau"]
