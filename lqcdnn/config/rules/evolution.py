"""Rules of evolutions out of equilibrium."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import nearest, quoted
from lqcdnn.config.rules.tempering import defect_problems
from lqcdnn.config.rules.transformations import masked_networks
from lqcdnn.config.rules.twist import is_twisted
from lqcdnn.config.tables.drafts import Draft, good, part, tables

_TABLE = "update.evolution"


def _start(draft: Draft) -> Iterator[Problem]:
    """Evolutions lead from one other beta, or from one defect, to the action."""
    options = part(draft, "update", "evolution")
    if good(part(draft, "update").get("evolution")) is None:
        return
    beta, target = options.get("start_beta"), good(part(draft, "action", "gauge").get("beta"))
    if (beta is None) is (options.get("defect") is None):
        found = "neither start_beta nor a table defect" if beta is None else "start_beta and a table defect"
        yield Problem(_TABLE, f"given with {found}", "one of the two: where evolutions begin")
    elif target is not None and good(beta) == target:
        yield Problem(f"{_TABLE}.start_beta", f"found {shown(beta)}, the beta of [action.gauge]", "another beta")
    defect = part(draft, "update", "evolution", "defect")
    yield from defect_problems(draft, f"{_TABLE}.defect", defect)


def _networks(draft: Draft) -> Iterator[Problem]:
    """Layers are those of masked networks, no more than there are steps, in a pure gauge theory."""
    options, masked = part(draft, "update", "evolution"), masked_networks(draft)
    names, steps = good(options.get("networks")) or (), good(options.get("steps"))
    for name in dict.fromkeys(names):
        if name not in masked:
            word = nearest(name, masked)
            allowed = quoted(masked) if masked else "names of [network.NAME] with masked = true; there is none"
            yield Problem(f"{_TABLE}.networks", f'no masked network "{name}"', allowed, f'"{word}"' if word else "")
    if steps and len(names) > steps:
        yield Problem(f"{_TABLE}.networks", f"found {len(names)} names for {steps} steps", f"at most {steps} names")
    shapes = {name: _shape_of(draft, name) for name in names if name in masked}
    for name, shape in shapes.items():
        if shape != (first := next(iter(shapes.items())))[1]:
            found = f'"{name}" has other layers than "{first[0]}"'
            yield Problem(f"{_TABLE}.networks", found, "networks alike, whose weights can be interpolated")
            break
    if names and tables(draft, "action", "fermion"):
        found = "given with fermions, whose determinant would be part of the work"
        yield Problem(f"{_TABLE}.networks", found, "no networks, or a pure gauge theory")


def _shape_of(draft: Draft, name: str) -> list[object]:
    """How a network shares its weights, and what they come from, layer by layer."""
    layers = tables(draft, "network", name, "layer")
    return [(good(layer.get("sharing")), good(layer.get("channels"))) for layer in layers]


def _others(draft: Draft) -> Iterator[Problem]:
    """What evolutions cannot be combined with."""
    update = part(draft, "update")
    if good(update.get("evolution")) is None:
        return
    for name in ("tempering", "transformation"):
        if good(update.get(name)) is not None:
            yield Problem(f"update.{name}", f"given with [{_TABLE}]", "one of the two")
    if good(update.get("tune")):
        found = f"found true with [{_TABLE}], whose trajectories have many couplings"
        yield Problem("update.tune", found, "false, with steps that suit the largest beta")
    if good(update.get("accept_first")):
        yield Problem("update.accept_first", f"given with [{_TABLE}]", "0: the start chain is tested from the first on")
    if good(draft.get("guide")) is not None:
        yield Problem("guide", f"given with [{_TABLE}]", "no guide: it would have to change with the action")
    if good(draft.get("train")) is not None:
        found = f"given with [{_TABLE}]"
        yield Problem("train", found, "another input that trains the networks; this one names their weights files")
    if is_twisted(draft):
        yield Problem(_TABLE, "given with lattice.twist", "one of the two")


EVOLUTION_RULES = (_start, _networks, _others)
