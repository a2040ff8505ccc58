"""What observables of a scalar field beside the links have in common."""

from __future__ import annotations

import os
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.measured import Measured
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.scalar import link_products
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values

_Options = TypeVar("_Options", bound=Measured)
FloatArray = NDArray[np.float64]


class OfScalar(OfLinks[_Options]):
    """An observable of links and a scalar field: :meth:`measure_field` is its own."""

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """Links are not enough.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError("an observable of a scalar field cannot be measured on links alone")

    def measure_field(self, lattice: Lattice, U: Blocks, group: Group, phi: Blocks) -> Values:
        """Measure on links U [d, block] and phi [block]."""
        raise AssertionError("each observable says what it measures")


def present(scalar: Blocks | None, name: str, source: str | os.PathLike[str] = "") -> Blocks:
    """The scalar field.

    Raises
    ------
    InputError
        If there is none.
    """
    if scalar is None:
        where = os.fspath(source) or "the configuration"
        hint = "configurations of runs with [action.scalar] have one"
        raise InputError(f"observables.{name}: {where} holds no scalar field", hint)
    return scalar


def lengths(lattice: Lattice, phi: Blocks) -> FloatArray:
    """|phi|^2 of each site, [x, y, ...]."""
    z = lattice.to_user(phi)[..., 0]
    parts = z.real * z.real + z.imag * z.imag
    return np.asarray(parts.cumsum(axis=-1)[..., -1])


def links_between(lattice: Lattice, U: Blocks, phi: Blocks) -> tuple[FloatArray, FloatArray]:
    """Re phi(n)^dag U_mu(n) phi(n + mu), [mu, x, y, ...], and operators of vector bosons, [component, mu, x, y, ...].

    With Phi = (i sigma_2 phi^*, phi) of SU(2) these are the three numbers V_a of Phi(n)^dag U_mu(n) Phi(n + mu) =
    V_0 + i V_a sigma_a, which a global SU(2) turns into each other; of other groups the imaginary part of the first.
    """
    n = phi["c"].shape[1]
    if n == 2:
        out, field = lattice.links(2), lattice.links(2, ())
        field["c"][:, 0, 0], field["c"][:, 0, 1] = phi["c"][:, 1, 0, 0], -phi["c"][:, 1, 0, 1]
        field["c"][:, 1] = phi["c"][:, 0, 0]
    else:
        out, field = lattice.zeros(1, 1, (lattice.d,)), phi
    link_products(out, field, U, lattice.neighbours)
    z = lattice.to_user(out)
    first, others = z[..., 0, 0], [z[..., 0, 1]] if n == 2 else []
    vector = [first.imag, *(part for other in others for part in (other.real, other.imag))]
    return np.ascontiguousarray(first.real), np.array(vector)


def mean_of(values: FloatArray) -> float:
    """Mean of all numbers, added in order."""
    return float(values.ravel().cumsum()[-1]) / values.size
