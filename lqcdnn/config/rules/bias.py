"""Rules of bias potentials."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.smoothcharge import on_a_torus, smooth_charge
from lqcdnn.config.tables.bias import CHARGE, PLAQUETTE
from lqcdnn.config.tables.drafts import Draft, good, part

_TABLE = "update.bias"


def _variable(draft: Draft) -> Iterator[Problem]:
    """The variable must be a smooth function of the links, and its range be one of it."""
    options = part(draft, "update", "bias")
    limits, variable = good(options.get("range")), good(options.get("variable"))
    if variable == CHARGE:
        yield from smooth_charge(draft, _TABLE)
        if isinstance(limits, tuple):
            found = f'found {shown(list(limits))} with variable = "{CHARGE}"'
            yield Problem(f"{_TABLE}.range", found, "one number > 0, the largest |Q|")
    if variable == PLAQUETTE and limits is not None:
        pair = limits if isinstance(limits, tuple) else (1.0, -1.0)
        if not -1.0 <= pair[0] < pair[1] <= 1.0:
            found = f'found {shown(list(pair) if pair is limits else limits)} with variable = "{PLAQUETTE}"'
            yield Problem(f"{_TABLE}.range", found, "[lowest, highest], -1 <= lowest < highest <= 1")
    yield from on_a_torus(draft, _TABLE)


def _potential(draft: Draft) -> Iterator[Problem]:
    """It comes from somewhere, and stays as it is on all trajectories that are analysed."""
    options = part(draft, "update", "bias")
    build, until = good(options.get("build")), good(part(draft, "run").get("thermalization"))
    if build == 0 and options.get("file") is None:
        allowed = "build = 1000, say, trajectories that build the potential, or file = the bias.h5 of an earlier run"
        yield Problem(f"{_TABLE}.build", "found 0 without a file: the potential would be zero", allowed)
    if build and until is not None and build > until:
        allowed = f"0 to run.thermalization = {until}: weights are those of a potential that stays as it is"
        yield Problem(f"{_TABLE}.build", f"found {build}", allowed)


def _others(draft: Draft) -> Iterator[Problem]:
    """Nothing but HMC of the links themselves, with a guide or without, knows of it."""
    update = part(draft, "update")
    if (kind := update.get("kind")) in ("heatbath", "slmc"):
        yield Problem(_TABLE, f'given with update.kind = "{kind}"', 'kind = "hmc": the variable is one of all links')
    for name in ("tempering", "evolution", "transformation"):
        if good(update.get(name)) is not None:
            yield Problem(f"update.{name}", f"given with [{_TABLE}]", "one of the two")
    if good(update.get("tune")) and good(part(draft, "update", "bias").get("tempered")):
        found = f"found true with {_TABLE}.tempered, whose two chains have one number of steps"
        yield Problem("update.tune", found, "false, with the steps that a run without tempered finds")
    for name in ("train", "surrogate"):
        if good(draft.get(name)):
            allowed = "another input that trains; this one names the files of weights"
            yield Problem(name, f"given with [{_TABLE}], whose configurations have weights", allowed)


def bias(draft: Draft) -> Iterator[Problem]:
    """All rules, where there is a bias potential."""
    if good(part(draft, "update").get("bias")) is not None:
        for rule in (_variable, _potential, _others):
            yield from rule(draft)


BIAS_RULES = (bias,)
