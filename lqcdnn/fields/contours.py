r"""Shifted integration contours of U(1) (physics.md 31): angles of plaquettes move to theta_P + i a_P around a loop.

With links theta_l -> theta_l + i delta_l, constants, a = d delta is an exact 2-form: of the closed ones those whose
sums over planes around the torus vanish. Of delta nothing else enters, as the loop W gets exp(-D), D = sum of a over a
surface that it bounds:

.. math::
    Q = W \exp\Big(\beta \sum_P [\cos\theta_P (\cosh a_P - 1) - i \sin\theta_P \sinh a_P] - D\Big)

(W. Detmold, G. Kanwar, M. L. Wagman, N. C. Warrington, arXiv:2003.05914). Forms are arrays [plane, x, y, ...] relative
to the first corner of the loop, planes (mu, nu) with mu < nu in the order 01, 02, 12, 03, ...; sums over all plaquettes
for loops at all sites are products of Fourier transforms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lqcdnn.kernels.contour import complex_weights, hyperbolic
from lqcdnn.kernels.loops import plaquette_traces
from lqcdnn.lattice.geometry import Blocks, Lattice

FloatArray = NDArray[np.float64]


def planes(d: int) -> list[tuple[int, int]]:
    """(mu, nu), mu < nu, in the order of forms."""
    return [(mu, nu) for nu in range(1, d) for mu in range(nu)]


def plaquette_angles(lattice: Lattice, U: Blocks) -> FloatArray:
    """cos and sin of all plaquette angles: [2, plane, x, y, ...]."""
    traces = lattice.zeros(1, 1, (len(planes(lattice.d)),))
    plaquette_traces(traces, U, lattice.neighbours)
    found = lattice.to_user(traces)[..., 0, 0]  # of planes with the larger direction first
    return np.stack([found.real, -found.imag])


def over_time(fields: FloatArray) -> FloatArray:
    """Sums over time, which keeps one slice: what shifts that do not depend on time see."""
    return fields.cumsum(axis=-1)[..., -1:]


@dataclass(frozen=True)
class ShiftedLoop:
    """What is shifted: a Wilson loop, or a pair of Polyakov loops.

    Attributes
    ----------
    shape
        Extents of the lattice.
    direction, length
        Axis of space, and links along it: of the loop, or between the Polyakov loops.
    time
        Links of the loop in time; 0 for a pair, whose shifts do not depend on time.
    """

    shape: tuple[int, ...]
    direction: int
    length: int
    time: int

    @property
    def d(self) -> int:
        """Dimensions."""
        return len(self.shape)

    @property
    def extents(self) -> tuple[int, ...]:
        """Those of a form: of a pair with one time slice."""
        return self.shape if self.time else (*self.shape[:-1], 1)

    @cached_property
    def surface(self) -> FloatArray:
        """How often each plaquette counts in D, the form [plane, x, ...] of the surface that the loop bounds."""
        found = np.zeros((len(planes(self.d)), *self.extents))
        place: list[int | slice] = [0] * self.d
        place[self.direction], place[-1] = slice(self.length), slice(self.time or 1)
        found[planes(self.d).index((self.direction, self.d - 1)), *place] = 1.0 if self.time else self.shape[-1]
        return found

    def lifted(self, shifts: FloatArray) -> float:
        """D, added in order."""
        return float((self.surface * shifts).cumsum()[-1])

    def start(self, beta: float) -> FloatArray:
        """The best shifts at weak coupling, where the field is Gaussian and Q does not fluctuate at all."""
        return self.projected(self.surface) / (beta if self.time else beta * self.shape[-1])

    def projected(self, form: FloatArray) -> FloatArray:
        """The part of a form that is exact and has the symmetries of the loop."""
        for axis in range(self.d):
            form = 0.5 * (form + self._mirrored(form, axis))
        others = [k for k in range(self.d - 1) if k != self.direction]
        if len(others) == 2 and self.shape[others[0]] == self.shape[others[1]]:
            form = 0.5 * (form + exchanged(form, *others))
        return exact_part(form)

    def _mirrored(self, form: FloatArray, axis: int) -> FloatArray:
        """A form seen in the mirror that leaves the loop where it is.

        The mirror image of a loop across one of its own directions has the other orientation, which changes a's sign.
        """
        across = {self.direction: self.length, self.d - 1: self.time}.get(axis, 0)
        found = np.empty_like(form)
        for p, plane in enumerate(planes(self.d)):
            sign = -1.0 if (axis in plane) != (axis in (self.direction, self.d - 1)) else 1.0
            moved = across - (axis in plane) - (form.shape[axis + 1] - 1)
            found[p] = sign * np.roll(np.flip(form[p], axis), moved, axis)
        return found


def exchanged(form: FloatArray, first: int, second: int) -> FloatArray:
    """A form with two axes exchanged."""
    every = planes(form.ndim - 1)
    other = {first: second, second: first}
    found = np.empty([len(every), *np.swapaxes(form[0], first, second).shape])
    for p, (mu, nu) in enumerate(every):
        a, b = other.get(mu, mu), other.get(nu, nu)
        part = form[every.index((min(a, b), max(a, b)))]
        found[p] = np.swapaxes(part if a < b else -part, first, second)
    return found


def exact_part(form: FloatArray) -> FloatArray:
    """d (d^dag d)^-1 d^dag of a form: its projection onto a = d delta, with links on any extents."""
    d, extents = form.ndim - 1, form.shape[1:]
    axes = tuple(range(1, d + 1))
    waves = np.meshgrid(*(np.exp(2j * np.pi * np.arange(n) / n) - 1.0 for n in extents), indexing="ij")
    laplacian = sum((abs(wave) ** 2 for wave in waves), start=np.zeros(extents))
    laplacian[(0,) * d] = 1.0
    here = np.fft.fftn(form, axes=axes)
    links = np.zeros((d, *extents), np.complex128)
    for p, (mu, nu) in enumerate(planes(d)):
        links[nu] += waves[mu].conj() * here[p]
        links[mu] -= waves[nu].conj() * here[p]
    links /= laplacian
    back = np.stack([waves[mu] * links[nu] - waves[nu] * links[mu] for mu, nu in planes(d)])
    return np.asarray(np.fft.ifftn(back, axes=axes).real)


def transformed(fields: FloatArray, lead: int) -> FloatArray:
    """Fourier transforms of real fields [*lead, x, ...]: [2 (re, im), *lead, half of the waves]."""
    found = np.fft.rfftn(fields, axes=tuple(range(lead, fields.ndim)))
    return np.stack([found.real, found.imag])


def correlated(first: FloatArray, second: FloatArray) -> FloatArray:
    """Transform of sum_y f(y) g(x + y) from those of f and g, [2, ...]: conj(f) g, by real numbers alone."""
    product = np.empty_like(second)
    product[0] = first[0] * second[0] + first[1] * second[1]
    product[1] = first[0] * second[1] - first[1] * second[0]
    return product


def restored(transform: FloatArray, extents: tuple[int, ...]) -> FloatArray:
    """The real fields [*lead, x, ...] of transforms [2, *lead, half of the waves]."""
    waves = np.empty(transform.shape[1:], np.complex128)
    waves.real, waves.imag = transform
    return np.fft.irfftn(waves, s=extents, axes=tuple(range(waves.ndim - len(extents), waves.ndim)))


@dataclass(frozen=True)
class Kernel:
    """What is made of shifts once for all configurations.

    Attributes
    ----------
    extents
        Of their form.
    transform
        Of cosh a - 1 and sinh a: [2 (re, im), 2, plane, half of the waves].
    lifted
        D.
    """

    extents: tuple[int, ...]
    transform: FloatArray
    lifted: float

    @classmethod
    def of(cls, loop: ShiftedLoop, shifts: FloatArray) -> Kernel:
        """That of the shifts of a loop."""
        return cls(loop.extents, transformed(hyperbolics(shifts), 2), loop.lifted(shifts))

    def weights(self, angles: FloatArray, beta: float) -> FloatArray:
        """Q/W of the loops at all sites, [x, ..., 2 (re, im)].

        Parameters
        ----------
        angles
            The transform, as of :func:`transformed`, of :func:`plaquette_angles` on these extents.
        """
        products = correlated(self.transform, angles).cumsum(axis=2)[:, :, -1]
        x, y = restored(products, self.extents)
        found = np.empty((x.size, 2))
        complex_weights(found, np.ascontiguousarray(x).ravel(), -np.ascontiguousarray(y).ravel(), beta, self.lifted)
        return found.reshape(*self.extents, 2)


def hyperbolics(shifts: FloatArray) -> FloatArray:
    """cosh a - 1 and sinh a: [2, plane, x, ...]."""
    found = np.empty((2, shifts.size))
    hyperbolic(found[0], found[1], np.ascontiguousarray(shifts).ravel())
    return found.reshape(2, *shifts.shape)
