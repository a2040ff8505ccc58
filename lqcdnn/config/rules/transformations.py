"""Rules of field transformations: masked networks, field-transformed HMC, and their training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import nearest, quoted
from lqcdnn.config.tables.drafts import Draft, dims_of, good, part, tables
from lqcdnn.config.tables.networks import HEX
from lqcdnn.config.tables.schema import colors_of

MOST_COLORS = 3
"""Largest N whose Jacobian is implemented."""


def largest_weight(dims: int) -> float:
    """Return the weight w below which layers are one to one: the 2 (d - 1) staples of a link have norm 1 each.

    For 2 (d - 1) |w| < 1 the iteration U -> exp(-TA(w C U^dag)) U' brings any two links closer, see
    ``kernels.jacobian``.
    """
    return 1.0 / (2 * (dims - 1))


def most_local_weight(dims: int) -> float:
    """Return what weights that links have of their own stay below: the iteration takes no more than 4000 steps."""
    return 0.99 * largest_weight(dims)


def local_inputs(dims: int) -> int:
    """Return how many numbers of a link the network of its weight is given, see ``kernels.localweights``."""
    return 1 if dims == 2 else 2


def local_weights(dims: int, channels: Sequence[int]) -> int:
    """Return the number of weights of such a network: of each channel a constant, and four for each one before it."""
    return sum(out * (1 + 4 * count) for count, out in pairwise((local_inputs(dims), *channels, 1)))


def masked_networks(draft: Draft) -> list[str]:
    """Return the names of the networks that are field transformations."""
    return [name for name in part(draft, "network") if good(part(draft, "network", name).get("masked"))]


def _masked(draft: Draft) -> Iterator[Problem]:
    """What a masked network is made of, and where it can be."""
    group, shape = (good(part(draft, "lattice").get(name)) for name in ("group", "shape"))
    for name in masked_networks(draft):
        key = f"network.{name}.masked"
        if group and colors_of(group) > MOST_COLORS:
            yield Problem(key, f"found true with {group}", f"U(1) to SU({MOST_COLORS}): no Jacobian of more colours")
        if shape and any(extent % 2 for extent in shape):
            yield Problem(key, f"found true with lattice.shape = {shown(list(shape))}", "even extents")
        for i, layer in enumerate(tables(draft, "network", name, "layer")):
            yield from _masked_layer(draft, f"network.{name}.layer.{i + 1}", layer)


def _masked_layer(draft: Draft, path: str, layer: Draft) -> Iterator[Problem]:
    loops, dims = good(layer.get("loops")), dims_of(draft)
    if good(layer.get("kind")) == HEX:
        yield Problem(f"{path}.kind", 'found "hex" in a masked network', '"loops"')
    elif loops is not None and loops != ("plaquette",):
        yield Problem(f"{path}.loops", f"found {shown(list(loops))} in a masked network", '["plaquette"]')
    if good(layer.get("attention")) is not None:
        yield Problem(f"{path}.attention", "given in a masked network", "no attention")
    if not dims:
        return
    local = good(layer.get("channels")) is not None
    limit = most_local_weight(dims) if local else largest_weight(dims)
    initial, width = good(layer.get("initial")), good(layer.get("width"))
    numbers = initial if isinstance(initial, tuple) else (initial,) if isinstance(initial, float) else ()
    for name, found in (("initial", numbers), ("width", () if width is None else (width,))):
        if any(abs(number) >= limit for number in found):
            allowed = f"numbers between -{limit:.4g} and {limit:.4g}, where a layer is one to one"
            yield Problem(f"{path}.{name}", f"found {shown(found[0] if len(found) == 1 else list(found))}", allowed)


def _channels(draft: Draft) -> Iterator[Problem]:
    """Links have weights of their own where they are turned one after the other."""
    masked = masked_networks(draft)
    for name in (name for name in part(draft, "network") if name not in masked):
        for i, layer in enumerate(tables(draft, "network", name, "layer")):
            if good(layer.get("channels")) is not None:
                found = f"given without network.{name}.masked"
                yield Problem(f"network.{name}.layer.{i + 1}.channels", found, f"network.{name}.masked = true, or none")


def _transformation(draft: Draft) -> Iterator[Problem]:
    """The update names a masked network."""
    name, masked = good(part(draft, "update").get("transformation")), masked_networks(draft)
    if name is None or name in masked:
        return
    word = nearest(name, masked)
    allowed = quoted(masked) if masked else "the name of a [network.NAME] with masked = true; there is none"
    yield Problem("update.transformation", f'no masked network "{name}"', allowed, f'"{word}"' if word else "")


def _base(draft: Draft) -> Iterator[Problem]:
    """A transformation is trained from a base action with another beta, and nothing else is trained with it."""
    train, update = part(draft, "train"), part(draft, "update")
    transformation, base = good(update.get("transformation")), train.get("base_beta")
    if good(draft.get("train")) is None or transformation not in (None, *masked_networks(draft)):
        return
    trained = transformation is not None and good(train.get("network")) == transformation
    if trained and base is None:
        yield Problem("train.base_beta", "missing", "the beta of the gauge action that V is drawn from")
    elif not trained:
        key = next((name for name in ("base_beta", "samples") if train.get(name) is not None), None)
        found = "given without training the network of update.transformation"
        if key is not None:
            yield Problem(f"train.{key}", found, "no such key, or that network as train.network")
    elif good(train.get("couplings")) not in (None, ("constant",)):
        yield Problem("train.couplings", "given with a field transformation", '["constant"], the default')
    elif tables(draft, "action", "gauge", "term"):
        yield Problem("train.base_beta", "given with [[action.gauge.term]]", "an action of plaquettes and rectangles")


TRANSFORMATION_RULES = (_masked, _channels, _transformation, _base)
