"""Quark loops of time slices, and the disconnected parts of flavour-singlet mesons made of them (physics.md 6)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import tee

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.quarkloops import loop_problems
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import QuarkLoopsConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.loop_currents import Current, Currents, currents
from lqcdnn.measure.quarks.loop_products import disconnected, named, pair_products, time_products
from lqcdnn.measure.quarks.noise import corrected, diluted, recorded
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, effort, iterations
from lqcdnn.measure.quarks.spin_condensate import check_exact, trace_sources
from lqcdnn.measure.registry import Values, observable, own_options, refuse

FloatArray = NDArray[np.float64]
Samples = Callable[[QuarkLoopsConfig], FloatArray]
"""l(t) of each source that the options ask for, [source, current, t]."""


@observable("quark_loops")
class QuarkLoops:
    """L(t) = sum_x tr Gamma S(x, t; x, t), of which l is the real or the imaginary part (see ``loop_currents``), and

    D(t) = (1/V) sum_t0 L(t0 + t) Lbar(t0) = (s/V) sum_t0 l(t0 + t) l(t0),

    Lbar with gamma_t Gamma^dag gamma_t in place of Gamma, hence the sign s. With C(t) of ``Mesons`` for the same Gamma
    C(t) + nf D(t) is the correlator of (1/sqrt(nf)) sum_f qbar_f Gamma q_f of nf equal flavours, its vacuum expectation
    value to be subtracted (C. Gattringer, C. B. Lang, Quantum Chromodynamics on the Lattice, 2010, section 6.1).

    Parameters
    ----------
    options
        Channels, mass, boundary, method (every site as a source, or noise).
    fermion
        Table of the quark; without one, a staggered field.
    """

    def __init__(self, options: QuarkLoopsConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        self._currents: tuple[Quark, Currents] | None = None

    def description(self) -> Values:
        """``quark_loops_options``."""
        return {"quark_loops_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what this cannot be measured on.

        Raises
        ------
        InputError
            For an odd extent, channels that the quark or the group does not have, or too many solves of exact traces.
        """
        kind = self._quark.kind
        quark = None if self._fermion is None else as_tree(self._fermion)
        refuse(loop_problems("observables.quark_loops", as_tree(self.options), kind, lattice.d, group.name, quark))
        solves = lattice.volume * group.n * self._quark.on(lattice, group).spins
        check_exact(self.options, lattice, group, solves, "quark_loops")

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``quark_loop_NAME`` = l(t), of channels with directions of space [i][t], and ``disconnected_NAME`` = D(t).

        ``disconnected_scalar_vacuum`` is the number whose mean has D(t) without correlation as its square; with noise
        ``quark_loop_NAME_error`` is the error of l(t) from it, with loose solves ``quark_loop_NAME_correction`` what
        exact ones add to its sum over t; ``quark_loops_iterations``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        made, o = self._quark.on(lattice, group), self.options
        made.set_links(U)
        found = self._of(made)
        found.set_links(U)

        def samples(o: QuarkLoopsConfig) -> FloatArray:
            return self._samples(made, found, group.n, stream, o)

        if o.method == "exact":
            exact = samples(o).cumsum(axis=0)[-1]
            values = named(found.names, "quark_loop", exact)
            values |= disconnected(found.names, exact, time_products(exact, exact), lattice)
        else:
            values = self._from_noise(found.names, samples, lattice)
        return values | effort("quark_loops", made.operator.log)

    def _of(self, made: Quark) -> Currents:
        """The currents of a quark, made once."""
        if self._currents is None or self._currents[0] is not made:
            self._currents = made, currents(made, self.options.channels)
        return self._currents[1]

    def _from_noise(self, names: list[Current], samples: Samples, lattice: Lattice) -> Values:
        """Values from noise vectors, of which pairs of different ones make products without bias."""
        o = self.options
        if o.loose_tolerance is None:
            s = samples(o)
            loops = [[recorded(s[:, k, t].tolist(), "l") for t in range(s.shape[2])] for k in range(s.shape[1])]
            products = pair_products(s, s)
        else:
            s = samples(replace(o, tolerance=o.loose_tolerance))
            exact = samples(replace(o, vectors=o.exact_vectors))
            d = exact - s[: len(exact)]
            loops = [
                [corrected(s[:, k, t].tolist(), d[:, k, t].tolist(), "l") for t in range(s.shape[2])]
                for k in range(s.shape[1])
            ]
            products = pair_products(s, s) + pair_products(s, d) + pair_products(d, s) + pair_products(d, d)
        mean, error = (np.array([[one[key] for one in row] for row in loops]) for key in ("l", "l_error"))
        values = named(names, "quark_loop", mean)
        for name in dict.fromkeys(current.channel for current in names):
            squares = error[[current.channel == name for current in names]].ravel() ** 2
            values[f"quark_loop_{name}_error"] = math.sqrt(math.fsum(squares.tolist()) / len(squares))
        if o.loose_tolerance is not None:
            change = np.array([math.fsum(one["l_correction"] for one in row) for row in loops])
            values |= named(names, "quark_loop", change, "_correction")
        return values | disconnected(names, mean, products, lattice)

    def _samples(self, made: Quark, found: Currents, n: int, stream: Stream, o: QuarkLoopsConfig) -> FloatArray:
        """l(t) of each source, [source, current, t]; those of exact traces are to be added."""
        lattice, samples = made.operator.lattice, list[FloatArray]()
        sources = trace_sources(o, lattice, n, made.spins, lattice.volume, stream)
        labelled, given = tee((i, part) for i, eta in enumerate(sources) for part in diluted(lattice, eta, self._parts))
        solved = made.propagate_all((eta for _, eta in given), o.tolerance, iterations(self._fermion))
        for (i, eta), one in zip(labelled, solved, strict=True):
            traces = found.traces(eta, one.quark)
            if i < len(samples):
                samples[i] += traces
            else:
                samples.append(traces)
        return np.array(samples)

    @property
    def _parts(self) -> Sequence[str]:
        return self.options.dilution or ()
