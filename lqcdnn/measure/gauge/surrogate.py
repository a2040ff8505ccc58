"""What a network that was trained on another observable says of a configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.observables import SurrogateObservableConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable
from lqcdnn.network.lcnn import LCNN
from lqcdnn.storage import surrogates
from lqcdnn.storage.weights import digest


@observable("surrogate")
class SurrogateObservable(OfLinks[SurrogateObservableConfig]):
    """Value of a network, on lattices of any size.

    Raises
    ------
    InputError, DataError
        As :func:`lqcdnn.storage.surrogates.network`.
    """

    def __init__(self, options: SurrogateObservableConfig, fermion: QuarkConfig | None = None) -> None:
        super().__init__(options, fermion)
        self._file, self._definition = surrogates.network(options.weights, "observables.surrogate.weights")

    def description(self) -> Values:
        """``surrogate_options``: what was learned, digest of the weights, and what they have seen of which run."""
        found = self._file
        seen = [(one.run, one.trained[[0, -1]].tolist() if one.trained.size else []) for one in found.seen]
        facts: dict[str, Any] = {"target": found.target, "weights": digest(found.theta)[:16]}
        if len(seen) == 1:
            return {"surrogate_options": facts | {"run": seen[0][0], "trained": seen[0][1]}}
        facts |= {"runs": [{"run": run, "trained": trained} for run, trained in seen]}
        return {"surrogate_options": facts}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """A network for another group or another number of dimensions, or boundary conditions with a twist."""
        made, here = (self._file.group, self._definition.d), (group.name, lattice.d)
        if made != here:
            found = f"{self.options.weights} is for {made[0]} in d = {made[1]}"
            yield Problem("observables.surrogate.weights", found, f"weights for {here[0]} in d = {here[1]}")

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``surrogate``."""
        return {"surrogate": LCNN(lattice, self._definition).value(U, self._file.theta)}
