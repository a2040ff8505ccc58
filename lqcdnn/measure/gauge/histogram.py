"""Distribution of the plaquette."""

from __future__ import annotations

import numpy as np

from lqcdnn.config.tables.observables import HistogramConfig
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.plaquette import traces_of
from lqcdnn.measure.registry import Values, observable


@observable("histogram")
class Histogram(OfLinks[HistogramConfig]):
    """Fractions of the plaquettes with Re tr P / N in each of equal bins from -1 to 1."""

    def description(self) -> Values:
        """``histogram_bins``."""
        return {"histogram_bins": self.options.bins}

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``histogram``, numbers that sum to 1; bin k is -1 + 2k/bins <= Re tr P / N < -1 + 2(k+1)/bins."""
        bins = self.options.bins
        x = traces_of(lattice, U)["c"][:, :, 0, 0, 0, :].ravel() / group.n
        which = np.clip(np.floor(0.5 * bins * (x + 1.0)), 0, bins - 1)  # a cold lattice is in the last bin
        return {"histogram": (np.bincount(which.astype(np.int64), minlength=bins) / x.size).tolist()}
