r"""Condensate and kinetic term of quarks along the gradient flow (M. Luescher, arXiv:1302.5246).

With K_t, the flow of a quark from 0 to t, and noise eta at flow time t, xi = K_t^dag eta of the adjoint flow:

.. math:: -\langle\bar\chi\chi\rangle(t) = \frac{N_f}{V}\,\mathrm{Re}\langle \xi^\dagger S\xi\rangle_\eta, \qquad
    -\langle\bar\chi\gamma_\mu\overleftrightarrow{D}_\mu\chi\rangle(t)
    = \frac{2}{V}\,\mathrm{Re}\langle \eta^\dagger\gamma_\mu D_\mu\,K_t S\xi\rangle_\eta,

the second of one flavour, with the symmetric covariant difference on the links at t (physics.md 33).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.quarkflow import flowed_problems
from lqcdnn.config.tables.fermions import QuarkConfig, kappa_of_mass
from lqcdnn.config.tables.quarkobservables import FlowedQuarksConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import real_product
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.noise import estimate
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, effort, iterations
from lqcdnn.measure.quarks.spin_condensate import check_exact, trace_sources
from lqcdnn.measure.registry import Values, observable, own_options, refuse
from lqcdnn.network.flow import velocity
from lqcdnn.network.quarkflow import Laplacian, QuarkFlow

FloatArray = NDArray[np.float64]


@observable("flowed_quarks")
class FlowedQuarks:
    """-<qbar q> and what renormalises it at the multiples of a flow time, from the same noise vectors at all.

    One backward sweep takes the noise of all flow times to 0, one forward sweep the solutions back: links are kept at
    the multiples of the interval, and within one interval at each stage.

    Parameters
    ----------
    options
        Mass, boundary, flow, method (every site as a source, or noise).
    fermion
        Table of the quark.
    """

    def __init__(self, options: FlowedQuarksConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)

    def description(self) -> Values:
        """``flowed_quarks_options``, with the number of flavours."""
        flavors = {"flavors": self._fermion.flavors} if self._fermion else {}
        return {"flowed_quarks_options": own_options(self.options) | flavors}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what this cannot be measured on.

        Raises
        ------
        InputError
            For an odd extent, other quarks than Wilson and domain wall ones in the fundamental representation and
            without phases, flow times that do not end, too many solves of exact traces.
        """
        fermion = None if self._fermion is None else as_tree(self._fermion)
        refuse(flowed_problems("observables.flowed_quarks", as_tree(self.options), fermion, lattice.d))
        solves = lattice.volume * group.n * self._quark.on(lattice, group).spins * len(self.times)
        check_exact(self.options, lattice, group, solves, "flowed_quarks")

    @property
    def times(self) -> list[float]:
        """0, interval, 2 interval, ..., time."""
        count = round(self.options.time / self.options.interval)
        return [round(k * self.options.interval, 12) for k in range(count + 1)]

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``flowed_quarks_condensate``, ``_kinetic`` of one flavour, ``_norm`` = <|xi|^2>/V, lists along the flow.

        ``flowed_quarks_times`` are the flow times; with noise ``flowed_quarks_condensate_error`` and so on;
        ``flowed_quarks_iterations``.

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
        samples = self._samples(lattice, made, U, group.n, stream)
        if o.method == "exact":
            samples = samples.cumsum(axis=1)[:, -1:]
        found: Values = {"flowed_quarks_times": self.times}
        for name, table in zip(("condensate", "kinetic", "norm"), samples, strict=True):
            rows = [estimate(column.tolist()) for column in table.T]
            found[f"flowed_quarks_{name}"] = [row.value for row in rows]
            if o.method == "noise":
                found[f"flowed_quarks_{name}_error"] = [row.error for row in rows]
        return found | effort("flowed_quarks", made.operator.log)

    def _samples(self, lattice: Lattice, made: Quark, U: Blocks, n: int, stream: Stream) -> FloatArray:
        """The three numbers of each source at each flow time, [number, source, time]."""
        o, count = self.options, len(self.times)
        flow = QuarkFlow(velocity(lattice, o.kind), o.interval, o.step, n, o.boundary)
        links = flow.links(U, count - 1)
        etas = list(trace_sources(o, lattice, n, made.spins, lattice.volume, stream))
        at_zero = [etas] * count
        for k in reversed(range(1, count)):
            moved = flow.back(links[k - 1], [xi for fields in at_zero[k:] for xi in fields])
            at_zero[k:] = list(in_rows(moved, len(etas)))
        flavors = self._fermion.flavors if self._fermion else 1.0
        samples = np.empty((3, len(etas), count))
        solutions: list[list[Blocks]] = []
        for k, fields in enumerate(at_zero):
            solved = made.propagate_all(fields, o.tolerance, iterations(self._fermion))
            solutions.append([one.quark for one in solved])
            for i, (xi, x) in enumerate(zip(fields, solutions[k], strict=True)):
                samples[0, i, k] = flavors * real_product(xi, x) / lattice.volume
                samples[2, i, k] = real_product(xi, xi) / lattice.volume
        for k in range(count):
            if k:
                moved = flow.forward(links[k - 1], [x for fields in solutions[k:] for x in fields])
                solutions[k:] = list(in_rows(moved, len(etas)))
            difference = symmetric_difference(lattice, n, o.boundary, links[k])
            for i, (eta, x) in enumerate(zip(etas, solutions[k], strict=True)):
                samples[1, i, k] = 2.0 * real_product(eta, difference(x)) / lattice.volume
        return samples


def in_rows(fields: list[Blocks], length: int) -> Iterator[list[Blocks]]:
    """A list in pieces of one length."""
    return (fields[i : i + length] for i in range(0, len(fields), length))


def symmetric_difference(
    lattice: Lattice, n: int, boundary: tuple[int, ...], U: Blocks
) -> Callable[[Blocks], Blocks]:
    """gamma_mu D_mu with the symmetric difference: Wilson's massless operator with half of the Laplacian added."""
    kappa = kappa_of_mass(0.0, lattice.d)
    operator, laplacian = WilsonOperator(lattice, n, kappa, boundary), Laplacian(lattice, n, boundary, U)
    operator.set_links(U)

    def apply(psi: Blocks) -> Blocks:
        out = operator.vector()
        operator.apply(out, psi)
        out["c"] *= 0.5 / kappa
        out["c"] += laplacian(psi, 0.5)["c"]
        return out

    return apply
