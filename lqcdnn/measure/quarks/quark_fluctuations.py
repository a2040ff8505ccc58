r"""Derivatives of ln det by the chemical potential at mu = 0, and their products: fluctuations of the quark number.

With M(mu) = D(mu) + m, its derivatives M^(k) and S = M^{-1}, x_0 = S eta and

.. math:: x_j = S^{(j)}\eta = -S \sum_{k=1}^{j} \binom{j}{k} M^{(k)} x_{j-k}, \qquad
    \partial_\mu^n \ln\det M = \Big\langle \eta^\dagger
    \sum_{k=1}^{n} \binom{n-1}{k-1} M^{(k)} x_{n-k}\Big\rangle_\eta,

one solve for each order; written out these are the traces of C. R. Allton et al., hep-lat/0501030, appendix A
(physics.md 32).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import tee

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.quarkfluctuations import fluctuation_problems
from lqcdnn.config.tables.fermions import STAGGERED_FLAVORS, QuarkConfig
from lqcdnn.config.tables.quarkobservables import QuarkFluctuationsConfig
from lqcdnn.config.tables.representations import equals_conjugate
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.density import NumberOperator
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import imaginary_product, real_product
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.noise import diluted, estimate, product_of_means
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, effort, iterations
from lqcdnn.measure.quarks.spin_condensate import check_exact, trace_sources
from lqcdnn.measure.registry import Values, observable, own_options, refuse

FloatArray = NDArray[np.float64]

PRODUCTS: dict[int, tuple[tuple[int, ...], ...]] = {
    2: ((1,), (2,), (1, 1)),
    4: ((1,), (2,), (3,), (4,), (1, 1), (1, 2), (1, 3), (2, 2), (1, 1, 1), (1, 1, 2), (1, 1, 1, 1)),
}
"""Orders of the derivatives that are multiplied, by the highest order in all."""


@dataclass
class Source:
    """A source eta, what is to be solved for next, and what has been found: x_0, x_1, ... and estimates of traces."""

    number: int
    eta: Blocks
    right_hand_side: Blocks
    solutions: list[Blocks] = field(default_factory=list)
    traces: list[float] = field(default_factory=list)


@observable("quark_fluctuations")
class QuarkFluctuations:
    """D_n = (1/Nt) d^n ln det M / d(mu/T)^n at mu = 0, n = 1 ... order, and products of them without bias.

    Nt is the number of flavours of a staggered field, 1 with spin: D_n belongs to one flavour.  mu/T = L_t mu in
    lattice units.  D_n is real for even n and imaginary for odd n, on every configuration, and so are products.

    Parameters
    ----------
    options
        Order, mass, boundary, phases in space, method (exact traces or noise sources).
    fermion
        Operator; without one, a staggered field.
    """

    def __init__(self, options: QuarkFluctuationsConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        self._derivatives: list[NumberOperator] = []

    def description(self) -> Values:
        """``quark_fluctuations_options``."""
        return {"quark_fluctuations_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what this cannot be measured on.

        Raises
        ------
        InputError
            For an odd extent, other quarks than staggered and Wilson ones, an imaginary chemical potential, too few
            noise vectors, too many solves of exact traces.
        """
        refuse(fluctuation_problems("observables.quark_fluctuations", as_tree(self.options), self._quark.kind))
        made = self._quark.on(lattice, group)
        solves = self._sites(lattice, made) * group.n * made.spins * self.options.order
        check_exact(self.options, lattice, group, solves, "quark_fluctuations")

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``quark_fluctuations_1`` = Im D_1, ``_2`` = D_2, ..., and ``_1_1`` = D_1^2, ``_1_1_2`` = D_1^2 D_2, ...

        Products are estimated from different noise vectors; those with an odd sum are the imaginary part.  With noise
        ``quark_fluctuations_1_error`` and so on, the errors of single ones; ``quark_fluctuations_iterations``.  On
        links that equal their conjugates (SU(2), real representations), where D_n is 0 for odd n, those of even
        factors alone.

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
        derivatives = self._of(made, U)
        samples = self._samples(made, derivatives, group.n, stream)
        if o.method == "exact":
            samples = samples.cumsum(axis=0)[-1:]
        symmetric = equals_conjugate(group.name) and not any(o.theta or ())
        found: Values = {}
        for orders in PRODUCTS[o.order]:
            odd = sum(order % 2 for order in orders)
            if symmetric and odd:
                continue
            name = "_".join(("quark_fluctuations", *map(str, orders)))
            columns = [samples[:, order - 1] for order in orders]
            value = math.prod(float(column[0]) for column in columns)  # exact
            if o.method == "noise":
                value = product_of_means(columns)
                if len(orders) == 1:
                    found[f"{name}_error"] = estimate(columns[0].tolist()).error
            found[name] = (-1) ** (odd // 2) * value
        return found | effort("quark_fluctuations", made.operator.log)

    def _sites(self, lattice: Lattice, made: Quark) -> int:
        """Sites of exact traces; of staggered fields even and odd ones have the same part of them."""
        return lattice.volume // (2 if made.spins == 1 else 1)

    def _of(self, made: Quark, U: Blocks) -> list[NumberOperator]:
        """M^(1), M^(2), ... on links U; their fields are made once, two for hops of one link."""
        operator, order = made.operator, self.options.order
        if not isinstance(operator, StaggeredOperator | WilsonOperator):
            raise InputError("quark_fluctuations: found another quark than a staggered or Wilson one without density")
        if not self._derivatives or self._derivatives[0].operator is not operator:
            different = order if isinstance(operator, StaggeredOperator) and operator.improvement else 2
            self._derivatives = [NumberOperator(operator, k + 1) for k in range(different)]
        for one in self._derivatives:
            one.set_links(U)
        return [self._derivatives[k % len(self._derivatives)] for k in range(order)]

    def _samples(self, made: Quark, derivatives: Sequence[NumberOperator], n: int, stream: Stream) -> FloatArray:
        """D_n of each source, [source, n - 1], of odd n the imaginary part; those of exact traces are to be added."""
        lattice, o = made.operator.lattice, self.options
        sites = self._sites(lattice, made)
        factor = 1.0 / (STAGGERED_FLAVORS[lattice.d][0] if made.spins == 1 else 1)
        if o.method == "exact":
            factor *= lattice.volume / sites
        given = trace_sources(o, lattice, n, made.spins, sites, stream)
        parts = ((i, part) for i, eta in enumerate(given) for part in diluted(lattice, eta, o.dilution or ()))
        sources: Iterator[Source] = (Source(i, eta, eta) for i, eta in parts)
        for _ in range(o.order):
            sources = self._solved(made, derivatives, sources)
        units = np.array([1.0 / lattice.shape[-1] ** n for n in range(1, o.order + 1)])
        samples: list[FloatArray] = []
        for source in sources:
            traces = factor * units * np.array(source.traces)
            if source.number < len(samples):
                samples[source.number] += traces
            else:
                samples.append(traces)
        return np.array(samples)

    def _solved(
        self, made: Quark, derivatives: Sequence[NumberOperator], sources: Iterator[Source]
    ) -> Iterator[Source]:
        """The sources with one more solution, the trace of the order of their number, and what is to be solved next."""
        labelled, given = tee(sources)
        right_hand_sides = (source.right_hand_side for source in given)
        found = made.propagate_all(right_hand_sides, self.options.tolerance, iterations(self._fermion))
        for source, one in zip(labelled, found, strict=True):
            x = source.solutions
            x.append(one.quark)
            n, total, following = len(x), made.operator.vector(), made.operator.vector()
            for k in range(1, n + 1):
                image = made.operator.vector()
                derivatives[k - 1].apply(image, x[n - k])
                total["c"] += math.comb(n - 1, k - 1) * image["c"]
                following["c"] -= math.comb(n, k) * image["c"]
            product = imaginary_product if n % 2 else real_product
            source.traces.append(float(product(source.eta, total)))
            source.right_hand_side = following
            yield source
