"""Propagator of gluons in Landau gauge, and at equal times in Coulomb gauge."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.gaugefixing import GluonPropagatorConfig
from lqcdnn.fields.gaugefixing import transformed
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.momenta import Momenta, momenta
from lqcdnn.measure.gauge.gaugefixing import OfGauge, fixed
from lqcdnn.measure.registry import Values, observable

FloatArray = NDArray[np.float64]


@observable("gluon_propagator")
class GluonPropagator(OfGauge[GluonPropagatorConfig]):
    """D(p) = 1/(V dim n) sum over directions and a of |A^a_mu(p)|^2, A^a_mu(p) = sum_x exp(-i p x) A^a_mu(x).

    A = (U - U^dag)/2i without its trace = A^a T^a (U(1): sin of the angle), half way between two sites, which is a
    phase that drops out; dim is the number of generators. n counts the polarisations: one less than the directions, of
    which one is longitudinal, but all at p = 0. To lowest order D(p) = g^2/p^2, g^2 = 2 N/beta (U(1): 1/beta).
    """

    kind = "gluon_propagator"

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``gluon_propagator_momenta`` |p| from 0 on and ``gluon_propagator`` = D(p).

        In Coulomb gauge links of space at equal times, V the sites of space, and of those of time
        ``gluon_temporal`` = 2/(V dim) sum_ij |U_ij(p)|^2 (U(1): 1/V |U(p)|^2) at ``gluon_temporal_momenta``, all but
        p = 0: to lowest order the same as with A, and no transformation that depends on time alone, which the gauge
        leaves open, changes it.

        Raises
        ------
        NumericalError
            If the gauge is not reached.
        """
        V = lattice.to_user(transformed(lattice, U, fixed(lattice, U, group, self.options, stream).transformation))
        found = self._momenta(lattice)
        numbers: Values = {"gluon_propagator_momenta": list(found.lengths)}
        if self.options.gauge == "landau":
            return numbers | {"gluon_propagator": propagator(V, found, group, lattice.d)}
        numbers["gluon_propagator"] = propagator(V[:-1], found, group, lattice.d - 1)
        numbers["gluon_temporal_momenta"] = list(found.lengths[1:])
        numbers["gluon_temporal"] = temporal(V[-1], found, group)
        return numbers

    def _momenta(self, lattice: Lattice) -> Momenta:
        shape = lattice.shape if self.options.gauge == "landau" else lattice.shape[:-1]
        return momenta(shape, self.options.momenta, self.options.width or 0.0, self.options.momentum)


def gluon_fields(links: NDArray[np.complex128], group: Group) -> Iterator[FloatArray]:
    """A^a [x, y, ...] of the links [x, y, ..., n, n] of one direction, for each generator."""
    if group.n == 1:
        yield links[..., 0, 0].imag
        return
    for T in group.generators:
        field = np.zeros(links.shape[:-2])
        for i, j in zip(*np.nonzero(T), strict=True):  # 2 Im tr T U
            field += 2.0 * (T[i, j].real * links[..., j, i].imag + T[i, j].imag * links[..., j, i].real)
        yield field


def propagator(links: NDArray[np.complex128], found: Momenta, group: Group, directions: int) -> list[float]:
    """D(p) of links [mu, x, ..., n, n] of so many directions; coordinates beyond those are averaged over."""
    axes, power = tuple(range(directions)), np.zeros(links.shape[1 : directions + 1])
    for of_direction in links:
        for field in gluon_fields(of_direction, group):
            power += _power(field, axes)
    counted = np.full(len(found.lengths), float(directions - 1))
    counted[0] = directions
    return (found.means(power) / (counted * len(group.generators))).tolist()  # type: ignore[no-any-return]


def temporal(links: NDArray[np.complex128], found: Momenta, group: Group) -> list[float]:
    """The same number of the links of time [x, ..., t, n, n], for p other than 0."""
    axes = tuple(range(links.ndim - 3))
    power = np.zeros(links.shape[:-3])
    for i, j in np.ndindex(group.n, group.n):
        power += _power(links[..., i, j], axes)
    factor = 1.0 if group.n == 1 else 2.0 / len(group.generators)
    return (factor * found.means(power)[1:]).tolist()  # type: ignore[no-any-return]


def _power(field: NDArray[np.complex128] | FloatArray, axes: tuple[int, ...]) -> FloatArray:
    """|f(k)|^2 / V of a field over these axes, the mean over the others, if any."""
    volume = float(np.prod([field.shape[axis] for axis in axes]))
    z = np.fft.fftn(field, axes=axes)
    squares = (z.real**2 + z.imag**2) / volume
    rest = squares.reshape(*(squares.shape[axis] for axis in axes), -1)
    return np.asarray(rest.cumsum(axis=-1)[..., -1] / rest.shape[-1])
