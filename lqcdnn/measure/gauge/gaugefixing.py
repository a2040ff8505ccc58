"""The functional of a gauge, and links in it, found once for all that look at them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import numpy as np

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.gaugefixing import gauge_problems
from lqcdnn.config.tables.gaugefixing import GaugeFixingConfig, InGauge
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.gaugefixing import Gauge, GaugeFixed, fix_gauge
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, observable, own_options

_Options = TypeVar("_Options", bound=InGauge)

_latest: dict[Gauge, GaugeFixed] = {}
"""What was found for the links seen last: observables of the same links follow each other."""
_seen: list[tuple[object, ...]] = []
"""Which links these are, with the stream of the random starts."""


def fixed(lattice: Lattice, U: Blocks, group: Group, options: InGauge, stream: Stream) -> GaugeFixed:
    """The gauge of the options (see :func:`in_gauge`)."""
    gauge = Gauge(options.gauge, options.tolerance, options.steps, options.omega, options.copies)
    return in_gauge(lattice, U, group, gauge, stream)


def in_gauge(lattice: Lattice, U: Blocks, group: Group, gauge: Gauge, stream: Stream) -> GaugeFixed:
    """Links in a gauge; found once for all observables of the same links.

    Random starts are those of the configuration, whatever the table is called.

    Raises
    ------
    NumericalError
        If it is not reached.
    """
    stream = stream.unnamed()
    numbers: Any = np.ascontiguousarray(U).view(np.uint8)
    links = [(lattice, group, stream, hashlib.blake2b(numbers).digest())]
    if links != _seen:
        _latest.clear()
        _seen[:] = links
    if gauge not in _latest:
        _latest[gauge] = fix_gauge(lattice, U, group, gauge, stream)
    return _latest[gauge]


class OfGauge(OfLinks[_Options], Generic[_Options]):
    """An observable of links in a gauge."""

    kind: str

    def description(self) -> Values:
        """Its options."""
        return {f"{self.kind}_options": own_options(self.options)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """See :func:`gauge_problems`."""
        return gauge_problems(self.kind, as_tree(self.options), lattice.shape, group.name)


@observable("gauge_fixing")
class GaugeFunctional(OfGauge[GaugeFixingConfig]):
    """F at its maximum, of links of Landau gauge 1/(d' N V) sum Re tr U'_mu(n) (``fields.gaugefixing``)."""

    kind = "gauge_fixing"

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``gauge_fixing_functional`` F, ``gauge_fixing_theta`` and ``gauge_fixing_sweeps`` of the best start.

        With several starts also ``gauge_fixing_starts``, the functional of each.

        Raises
        ------
        NumericalError
            If theta stays above the tolerance.
        """
        found = fixed(lattice, U, group, self.options, stream)
        best = found.start
        numbers: Values = {
            "gauge_fixing_functional": best.functional,
            "gauge_fixing_theta": best.theta,
            "gauge_fixing_sweeps": best.sweeps,
        }
        if len(found.starts) > 1:
            numbers["gauge_fixing_starts"] = [one.functional for one in found.starts]
        return numbers
