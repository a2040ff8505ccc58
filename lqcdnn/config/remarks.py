"""What about an input deserves a second look, though it may be meant."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from lqcdnn.config.language.counts import counted
from lqcdnn.config.measurement import FileMeasurement
from lqcdnn.config.rules.observables import THIN
from lqcdnn.config.rules.valence import SECOND
from lqcdnn.config.tables.loops import SHAPES, is_polyakov, span
from lqcdnn.config.tables.observables import observable_kind
from lqcdnn.config.tables.representations import is_higher
from lqcdnn.config.tables.schema import RunConfig

MUCH_FRICTION = 3.0
"""Friction times length of a trajectory from which on hardly anything of the momenta is kept."""


def remarks(config: RunConfig | FileMeasurement) -> tuple[str, ...]:
    """Return what is allowed but probably not wanted; one sentence each."""
    return tuple(_remarks(config) if isinstance(config, RunConfig) else unused(config))


def _remarks(config: RunConfig) -> Iterator[str]:
    seen = {fermion.links for fermion in (*config.action.fermion, *config.driving.fermion)}
    seen.add(config.update.transformation or THIN)
    seen.update(config.update.evolution.networks if config.update.evolution else ())
    yield from unused(config, seen)
    for name in config.network:
        if name in seen | _observed_links(config) and _is_idle(config, name):
            yield f"network.{name}: no weights file, no training of it and initial 0: the network changes nothing"
    yield from _long_loops(config)
    train = config.train
    if train and train.network and config.network[train.network].weights:
        yield f"train: generate takes the weights of network.{train.network} from its file; lqcdnn train trains them on"
    if train and "constant" in (train.couplings or ()) and train.optimizer != "least_squares":
        yield f'train.couplings: {train.optimizer} hardly moves the constant; optimizer = "least_squares" finds it'
    if _wrong_sector(config):
        yield (
            "run.initial: from this start the spatial Polyakov loops stay in the wrong centre sector for long; "
            '"twisted" avoids that'
        )
    if config.run.refine is not None and config.total_trajectories and not config.run.thermalization:
        yield "run.refine: short distances of this start are too smooth; run.thermalization = 0 takes them as they are"
    if config.run.trajectories and config.run.save_every > config.run.trajectories:
        yield f"run.save_every: no configuration is stored in {counted(config.run.trajectories, 'trajectory')}"
    cut, total = config.analyze.thermalization, config.total_trajectories
    if cut is not None and total and cut >= total:
        yield f"analyze.thermalization: {cut} leaves nothing of {counted(total, 'trajectory')} to analyse"
    if config.update.accept_first and config.update.accept_first == config.run.thermalization:
        yield "update.accept_first: takes all of the thermalization; what follows it is not in equilibrium yet"
    length, friction = config.update.length or 1.0, config.update.friction
    if friction is not None and friction * length > MUCH_FRICTION:
        kept = f"{100.0 * math.exp(-friction * length):.2g} % of the momenta"
        yield f"update.friction: {kept} are kept from one trajectory to the next, so this is HMC at a higher price"
    guide, action = config.guide, config.action
    same = guide and (guide.gauge, guide.fermion, guide.custom) == (action.gauge, action.fermion, action.custom)
    if guide and same and not guide.surrogate:
        yield "guide: equal to the exact action, so this is plain HMC"


def unused(config: RunConfig | FileMeasurement, seen: Collection[str] = ()) -> Iterator[str]:
    """Name tables that nothing speaks of; ``seen`` are links that fermions see."""
    observed = _observed_links(config)
    for name in config.flow:
        if name not in observed:
            yield f"flow.{name}: no observable sees these links"
    for name in config.smearing:
        if name not in observed:
            yield f"smearing.{name}: no observable sees these links"
    for name in config.projection:
        if name not in observed:
            yield f"projection.{name}: no observable sees these links"
    every = config.observables.values()
    measured = {getattr(options, key, None) for options in every for key in ("fermion", *SECOND)}
    for name in config.valence:
        if name not in measured:
            yield f"valence.{name}: no observable is of this quark"
    if config.photons is not None and not any(quark.charge for quark in config.valence.values()):
        yield "photons: no valence quark has a charge"
    for name in config.network:
        if name not in observed and name not in seen:
            yield f"network.{name}: no fermion sees this network, nor does an observable"
    for name, options in config.observables.items():
        if config.valence and observable_kind(name) == "reweighting" and getattr(options, "fermion", None) is None:
            yield f"observables.{name}: of a staggered field; it is of a valence quark where fermion names one"


def _observed_links(config: RunConfig | FileMeasurement) -> set[str]:
    return {options.links for options in config.observables.values()}


def _long_loops(config: RunConfig) -> Iterator[str]:
    """Terms of loops that go around the lattice, all of it, and come back."""
    shortest = min(config.lattice.shape)
    for side, action in (("action", config.action), ("guide", config.guide)):
        for i, term in enumerate(action.gauge.term if action else ()):
            steps = SHAPES.get(term.loops, ()) if isinstance(term.loops, str) else term.loops
            if steps and span(steps) >= shortest:
                yield f"{side}.gauge.term.{i + 1}: loops of {span(steps)} links on a side reach around {shortest} sites"


def _is_idle(config: RunConfig, name: str) -> bool:
    network = config.network[name]
    trained = config.train is not None and config.train.network == name
    initial = (layer.initial for layer in network.layer)
    zero = all(start == 0.0 or (isinstance(start, tuple) and not any(start)) for start in initial)
    return network.weights is None and not trained and zero


def _wrong_sector(config: RunConfig) -> bool:
    """Periodic space, antiperiodic time, even N, cold start: the sector fermions disfavour (physics.md 8.1)."""
    if config.lattice.colors % 2 or config.run.initial != "cold":
        return False
    if any(is_polyakov(term.loops) for term in config.action.gauge.term):  # they favour sectors of their own
        return False
    return any(
        fermion.boundary[-1] == -1 and math.prod(fermion.boundary[:-1]) == 1
        for fermion in config.action.fermion
        if not is_higher(fermion.representation)  # of two indices: the product of two elements -1
    )
