"""Rules of networks and of their training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.problems import Problem
from lqcdnn.config.language.values import nearest, quoted
from lqcdnn.config.rules.gauge import loop_problem
from lqcdnn.config.tables.drafts import bad_link_names, dims_of, good, part, tables
from lqcdnn.config.tables.networks import HEX

Draft = dict[str, Any]

_SPACE = ("polyakov_x", "polyakov_y", "polyakov_z")


def _network_names(draft: Draft) -> Iterator[Problem]:
    yield from bad_link_names(draft, "network").values()


def _layers(draft: Draft) -> Iterator[tuple[str, Draft]]:
    for name in part(draft, "network"):
        for i, layer in enumerate(tables(draft, "network", name, "layer")):
            yield f"network.{name}.layer.{i + 1}", layer


def _loops(draft: Draft) -> Iterator[Problem]:
    dims = dims_of(draft)
    for path, layer in _layers(draft):
        loops = good(layer.get("loops")) or ()
        for loop in loops if dims else ():
            yield from loop_problem(f"{path}.loops", loop, dims or 4)
        yield from _doubled_loops(path, loops)


def _doubled_loops(path: str, loops: tuple[str, ...]) -> Iterator[Problem]:
    """Two names for one loop would leave the weights undetermined."""
    if "polyakov_time" in loops and "polyakov_t" in loops:
        yield Problem(f"{path}.loops", '"polyakov_time" and "polyakov_t" are the same loop', "one of the two")
    single = [loop for loop in loops if loop in _SPACE]
    if "polyakov_space" in loops and single:
        yield Problem(f"{path}.loops", f'"polyakov_space" contains {quoted(single)}', "one of the two")


def _initial_weights(draft: Draft) -> Iterator[Problem]:
    for path, layer in _layers(draft):
        loops, initial = good(layer.get("loops")), good(layer.get("initial"))
        if good(layer.get("kind")) == HEX:
            yield from _hex_weights(path, initial, dims_of(draft))
            continue
        sets = 4 if good(layer.get("attention")) else 1
        if loops and isinstance(initial, tuple) and len(initial) not in (len(loops), sets * len(loops)):
            allowed = f"{len(loops)} numbers, one for each loop"
            allowed += f", or {sets * len(loops)}: query, key, value, output" if sets > 1 else ""
            yield Problem(f"{path}.initial", f"found {counted(len(initial), 'number')}", allowed)


def _hex_weights(path: str, initial: Any, dims: int | None) -> Iterator[Problem]:
    """One for each level."""
    if isinstance(initial, tuple) and dims and len(initial) != dims - 1:
        allowed = f"{dims - 1} number{'s' * (dims > 2)}, one for each level of hex in d = {dims}, outermost first"
        yield Problem(f"{path}.initial", f"found {counted(len(initial), 'number')}", allowed)


def _attention(draft: Draft) -> Iterator[Problem]:
    """Staples as long as the lattice would wind around it."""
    shape = good(part(draft, "lattice").get("shape"))
    for path, layer in _layers(draft):
        reach = good(layer.get("attention"))
        if reach and shape and reach >= min(shape):
            most = min(shape) - 1
            allowed = f"1 to {most}, less than the smallest extent" if most else "no attention with an extent of 1"
            yield Problem(f"{path}.attention", f"found {reach} on {'x'.join(map(str, shape))} sites", allowed)


def _train(draft: Draft) -> Iterator[Problem]:
    """Training fits the guide; the exact action must not depend on what is being fitted."""
    train = part(draft, "train")
    network, known = good(train.get("network")), tuple(part(draft, "network"))
    if network is None:
        return
    if network not in known:
        word = nearest(network, known)
        allowed = quoted(known) if known else "the name of a [network.NAME] table; there is none"
        yield Problem("train.network", f'no network "{network}"', allowed, f'"{word}"' if word else "")
        return
    guide_links = [fermion.get("links") for fermion in tables(draft, "guide", "fermion")]
    if network in [fermion.get("links") for fermion in tables(draft, "action", "fermion")]:
        yield Problem("train.network", f'"{network}" is part of the exact action', "a network of the guide only")
    elif network == good(part(draft, "update").get("transformation")) or good(train.get("base_beta")) is not None:
        return  # see transformations.py
    elif network not in guide_links and all(links in ("thin", *known) for links in guide_links):
        allowed = f'a [[guide.fermion]] with links = "{network}"'
        yield Problem("train.network", f'no guide fermion sees "{network}"', allowed)


def _couplings(draft: Draft) -> Iterator[Problem]:
    """Couplings are those of a guide with so many terms and fermions; a chain begins with what its run has trained."""
    train = part(draft, "train")
    names, network = good(train.get("couplings")), good(train.get("network"))
    if not names:
        return
    if good(train.get("base_beta")) is not None:
        return  # see transformations.py
    if draft.get("guide") is None:
        allowed = "couplings of a table [guide], [guide.gauge] or [[guide.fermion]]"
        yield Problem("train.couplings", "given without a guide", allowed)
        return
    count = len(tables(draft, "guide", "gauge", "term"))
    for name in names:
        if name.startswith("term.") and int(name[5:]) > count:
            allowed = quoted(f"term.{k + 1}" for k in range(count)) if count else "no term: [guide.gauge] has none"
            yield Problem("train.couplings", f'no "{name}" in [guide.gauge]', allowed)
    fermions = [f"fermion.{k + 1}" for k in range(len(tables(draft, "guide", "fermion")))]
    for name in names:
        if name.startswith("fermion.") and name not in fermions:
            allowed = quoted(fermions) if fermions else "no fermion: the guide has none"
            yield Problem("train.couplings", f'no "{name}" in the guide', allowed)
    if good(part(draft, "network", network or "").get("weights")):
        found = f'given with network "{network}", whose weights are those of a file'
        yield Problem("train.couplings", found, "a network that is trained in the run, or none")


def _forces(draft: Draft) -> Iterator[Problem]:
    """The constant has no force, and overlap quarks of the exact action have none."""
    train = part(draft, "train")
    if good(train.get("loss")) != "force":
        return
    if "constant" in (good(train.get("couplings")) or ()):
        found = '"constant", which moves no links, with loss = "force"'
        yield Problem("train.couplings", found, 'a network or other couplings, or loss = "action"')
    kinds = [good(fermion.get("kind")) for fermion in tables(draft, "action", "fermion")]
    if "overlap" in kinds:
        yield Problem("train.loss", 'found "force" with overlap fermions, which have no force', '"action"')


def _batch(draft: Draft) -> Iterator[Problem]:
    train = part(draft, "train")
    batch, trajectories = good(train.get("batch")), good(train.get("trajectories"))
    if batch and trajectories and train.get("mode") == "online" and batch > trajectories:
        yield Problem("train.batch", f"found {batch}", f"at most train.trajectories = {trajectories}")


NETWORK_RULES = (_network_names, _loops, _initial_weights, _attention)
"""Rules that need no other table than [network]."""

TRAINING_RULES = (_train, _couplings, _forces, _batch)
