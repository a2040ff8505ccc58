"""The questions of ``lqcdnn init``: at most eight, each with a default and checked by the schema at once."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from typing import Any

import click

from lqcdnn.config.language.keys import Key
from lqcdnn.config.language.problems import shown
from lqcdnn.config.language.values import REFUSED
from lqcdnn.config.overrides import schema_entry
from lqcdnn.config.presets.catalogue import PRESETS, Tree
from lqcdnn.config.tables.fermions import STAGGERED_FLAVORS

Answer = Callable[[str, str, Any], Any]
"""(question, dotted key, default) -> checked value."""

_BETAS = {"U(1)": 2.0, "SU(2)": 2.7, "SU(3)": 5.7}
_TRIED_SITES = 256
"""Sites of the quickstart, whose guide was tried out."""
_GUIDE_MASS_SHIFT = 0.1
_TRAINING: Tree = {
    "network": "net",
    "couplings": ["fermion.1"],
    "mode": "online",
    "trajectories": 50,
    "loss": "force",
    "optimizer": "least_squares",
    "rate": 1e-2,
}
"""Needs no rate that fits the lattice, and few samples (docs/physics/network.md 4.9)."""


def ask(path: str | None = None) -> Tree:
    """Ask on the terminal and return the input; without ``path`` the name of the run also names the file."""

    def answer(question: str, key: str, default: Any) -> Any:
        return _prompt(question, key, default, new_file=path is None and key == "run.name")

    return _build(answer, _prompt_choice)


def defaults() -> Tree:
    """Return the input that results when every question is answered with its default."""
    return _build(lambda question, key, default: _accepted(key, default), lambda question, choices, default: default)


def _build(answer: Answer, choose: Callable[[str, tuple[str, ...], str], str]) -> Tree:
    """Ask question after question; later defaults depend on earlier answers."""
    group = answer("Gauge group", "lattice.group", "SU(2)")
    shape = answer("Extents, time last", "lattice.shape", [4, 4, 4, 4])
    colors = int(re.sub(r"\D", "", group))
    beta = answer("Coupling beta", "action.gauge.beta", _BETAS.get(group, 0.7 * colors**2))
    tree: Tree = {
        "lattice": {"shape": list(shape), "group": group},
        "run": {"initial": "cold"},
        "action": {"gauge": {"kind": "wilson", "beta": beta}},
        "update": {"length": 1.0, "steps": 12, "integrator": "leapfrog"},
        "observables": {"plaquette": {"every": 1}, "polyakov": {"every": 1}},
    }
    method = "hmc"
    if all(extent % 2 == 0 for extent in shape):
        method = _add_fermions(tree, answer, choose, len(shape), colors)
    else:
        click.echo("(odd extents: pure gauge theory, staggered fermions need even ones)")
    trajectories = answer("Trajectories", "run.trajectories", 150)
    letters = re.sub(r"\W", "", group).lower()
    name = f"{letters}_{'x'.join(str(extent) for extent in shape)}_{method}"
    tree["run"] = {
        "name": answer("Name of the run directory", "run.name", name),
        "trajectories": trajectories,
        "thermalization": max(10, trajectories // 10),
        "save_every": 5,
        **tree["run"],
    }
    return tree


def _add_fermions(
    tree: Tree, answer: Answer, choose: Callable[[str, tuple[str, ...], str], str], dims: int, colors: int
) -> str:
    """Ask about fermions and the method; return the method."""
    one, both = STAGGERED_FLAVORS[dims]
    flavors = int(choose("Staggered flavours (0 = pure gauge theory)", ("0", str(one), str(both)), str(one)))
    if not flavors:
        return "hmc"
    mass = answer("Fermion mass", "action.fermion.1.mass", 0.3)
    tree["action"]["fermion"] = [{"kind": "staggered", "flavors": flavors, "mass": mass}]
    tree["run"]["initial"] = "twisted" if colors % 2 == 0 else "cold"
    tree["observables"]["condensate"] = {"every": 5, "method": "noise"}
    method = choose("Method: hmc, or slhmc with a trained network", ("hmc", "slhmc"), "slhmc")
    if method == "slhmc":
        quickstart = PRESETS["quickstart"].tree
        sites = math.prod(tree["lattice"]["shape"])
        # the spread of S_theta - S grows with the shift, the root of the sites, and the colours
        shift = _GUIDE_MASS_SHIFT * min(1.0, 2.0 / colors * math.sqrt(_TRIED_SITES / sites))
        tree["guide"] = {"fermion": [{"mass": round(mass + _rounded(shift), 12), "links": "net"}]}
        tree["network"] = quickstart["network"]
        tree["train"] = _TRAINING
    return method


def _rounded(value: float) -> float:
    """To two digits."""
    return float(f"{value:.1e}")


def _accepted(key: str, value: Any) -> Any:
    """Check a value by the schema; ``REFUSED`` if it is not allowed."""
    entry = schema_entry(key.split("."))
    return entry.value.accept(value) if isinstance(entry, Key) else REFUSED


def _prompt(question: str, key: str, default: Any, *, new_file: bool) -> Any:
    """Ask until the answer is allowed and, for ``new_file``, names no file that exists."""
    entry = schema_entry(key.split("."))
    allowed = entry.value.allowed() if isinstance(entry, Key) else ""

    def convert(text: str) -> Any:
        if key == "lattice.group":  # su3 and SU(3)
            text = re.sub(r"^(S?U)\(?(\d+)\)?$", r"\1(\2)", text.strip().upper())
        value = _accepted(key, _from_text(text, default))
        if value is REFUSED:
            raise click.BadParameter(f"found {shown(text)}; allowed: {allowed}")
        if new_file and os.path.lexists(f"{value}.toml"):
            raise click.BadParameter(f"{value}.toml exists")
        return value

    shown_default = " ".join(str(item) for item in default) if isinstance(default, list) else str(default)
    return click.prompt(question, default=shown_default, value_proc=convert)


def _from_text(text: str, default: Any) -> Any:
    """Read an answer as the kind of thing the default is; text that cannot be read is returned as it is."""
    try:
        if isinstance(default, list):
            return [int(part) for part in re.split(r"[\sx,]+", text.strip("[] "))]
        return type(default)(text.strip())
    except ValueError:
        return text


def _prompt_choice(question: str, choices: tuple[str, ...], default: str) -> str:
    answer: str = click.prompt(question, type=click.Choice(choices), default=default)
    return answer
