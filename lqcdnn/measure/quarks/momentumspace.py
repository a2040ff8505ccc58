r"""Quark propagators in momentum space, on links in Landau gauge (docs/physics/renormalisation.md, 25.1).

.. math:: S(p) = \frac{1}{V} \sum_{x,y} e^{-ip(x-y)} S(x,y),\quad S(x|p) = \sum_y S(x,y)\,e^{ip(y-x)}

S(x|p) has plane waves as sources, one for each colour and spin: the mean over all positions comes with it (momentum
sources; M. Gockeler et al., hep-lat/9807044).  The mean over configurations of S(p) is 1 in colour, as Landau gauge is
that of no particular frame of colour, and by charge conjugation and reflections of every direction

.. math:: \langle S(p) \rangle = b - i\sum_\mu \gamma_\mu a_\mu,\quad
          \langle S(p) \rangle^{-1} = \frac{b + i\sum_\mu \gamma_\mu a_\mu}{a^2 + b^2}.

On every configuration b and a are real, as S(x,y)^dag = gamma_5 S(y,x) gamma_5.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.momentumspace import kind_problems, momentum, momentum_problems
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.momentumspace import InMomentumSpace
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.gaugefixing import Gauge, transformed
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import of_lanes
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.gaugefixing import in_gauge
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, iterations
from lqcdnn.measure.registry import Values, own_options, refuse

Matrix = NDArray[np.complex128]
FloatArray = NDArray[np.float64]
Mode = tuple[int, ...]
_Options = TypeVar("_Options", bound=InMomentumSpace)


class Waves(NamedTuple):
    """cos and sin of an angle on every site, [block, lane]."""

    cos: FloatArray
    sin: FloatArray


def plane_wave(lattice: Lattice, momenta: Sequence[float]) -> Waves:
    """exp(i p x), one direction after the other."""
    c, s = np.ones((lattice.blocks, lattice.width)), np.zeros((lattice.blocks, lattice.width))
    for mu, p in enumerate(momenta):
        x = lattice.coordinates[:, mu].reshape(c.shape)
        cos, sin = (np.array([f(p * n) for n in range(lattice.shape[mu])])[x] for f in (math.cos, math.sin))
        c, s = c * cos - s * sin, c * sin + s * cos
    return Waves(c, s)


def momentum_sources(lattice: Lattice, n: int, spins: int, wave: Waves) -> Iterator[Blocks]:
    """exp(i p x) in one component, for each colour and, running faster, each spin."""
    for colour, spin in np.ndindex(n, spins):
        eta = lattice.zeros(n, spins)
        of_lanes(eta)[:, :, colour, spin, 0], of_lanes(eta)[:, :, colour, spin, 1] = wave
        yield eta


def momentum_propagator(lattice: Lattice, columns: Iterable[Blocks], wave: Waves, n: int, spins: int) -> Matrix:
    """S(x|p) from the solutions for :func:`momentum_sources`: [site, row colour, column colour, spin, spin]."""
    S = np.empty((lattice.volume, n, n, spins, spins), dtype=np.complex128)
    cos, sin = (part.reshape(lattice.volume, 1, 1) for part in wave)
    for k, column in enumerate(columns):
        psi = of_lanes(column).reshape(lattice.volume, n, spins, 2)
        colour, spin = divmod(k, spins)
        S.real[:, :, colour, :, spin] = psi[..., 0] * cos + psi[..., 1] * sin
        S.imag[:, :, colour, :, spin] = psi[..., 1] * cos - psi[..., 0] * sin
    return S


def propagator_numbers(S: Matrix, sines: Sequence[float]) -> list[float]:
    """b, a_1 ... a_d, and a p/p^2 with p_mu the sin p_mu, of S(x|p).

    Parameters
    ----------
    S
        See :func:`momentum_propagator`.
    sines
        sin p_mu.
    """
    volume, n, _, spins, _ = S.shape
    mean = np.einsum("xccab->ab", S, optimize=False) / (volume * n)
    b = float(np.einsum("aa->", mean).real) / spins
    a = [-float(np.einsum("ab,ba->", gamma, mean).imag) / spins for gamma in gamma_matrices(len(sines))]
    along = math.fsum(x * p for x, p in zip(a, sines, strict=True)) / math.fsum(p * p for p in sines)
    return [b, *a, along]


class OfMomentumSpace(Generic[_Options]):
    """An observable of quark propagators in Landau gauge.

    Parameters
    ----------
    options
        Mass, boundary, phases, momenta, how the gauge is fixed.
    fermion
        Table that says which operator.
    """

    kind: str

    def __init__(self, options: _Options, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)

    def description(self) -> Values:
        """Its options."""
        return {f"{self.kind}_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse quarks without spin, momenta that the lattice does not have, pairs that are not symmetric.

        Raises
        ------
        InputError
            If so, or if the operator does not exist there.
        """
        path = f"observables.{self.kind}"
        refuse(kind_problems(path, None if self._fermion is None else as_tree(self._fermion)))
        refuse(momentum_problems(path, as_tree(self.options), lattice.shape))
        self._quark.on(lattice, group)

    def prepared(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Quark:
        """The quark on the links in Landau gauge.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If the gauge is not reached.
        """
        o, made = self.options, self._quark.on(lattice, group)
        gauge = Gauge("landau", o.gauge_tolerance, o.gauge_steps, o.gauge_omega, o.gauge_copies)
        made.set_links(transformed(lattice, U, in_gauge(lattice, U, group, gauge, stream).transformation))
        return made

    def momentum(self, lattice: Lattice, mode: Mode) -> tuple[float, ...]:
        """p_mu, with boundary signs and phases."""
        return momentum(mode, lattice.shape, self.options.boundary, self.options.theta)

    def sines(self, lattice: Lattice, mode: Mode) -> list[float]:
        """sin p_mu."""
        return [math.sin(p) for p in self.momentum(lattice, mode)]

    def propagator(self, lattice: Lattice, made: Quark, n: int, mode: Mode) -> Matrix:
        """S(x|p); operators have the phases theta_mu / L_mu in all their hops, which waves therefore do not have.

        Raises
        ------
        NumericalError
            If a solve does not converge.
        """
        wave = plane_wave(lattice, momentum(mode, lattice.shape, self.options.boundary, None))
        sources = momentum_sources(lattice, n, made.spins, wave)
        solutions = made.propagate_all(sources, self.options.tolerance, iterations(self._fermion))
        return momentum_propagator(lattice, (found.quark for found in solutions), wave, n, made.spins)


def length(numbers: Iterable[float]) -> float:
    """|p|."""
    return math.sqrt(math.fsum(p * p for p in numbers))
