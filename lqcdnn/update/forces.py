"""The loss of forces: the guide's held against the exact ones, at the same links and pseudofermions (physics.md 4.9).

L = (1/2) sum over links and generators of (F_theta^a - F^a)^2.  2 L tau^2 is the variance of dH that the guide causes
in a short trajectory of length tau, whose momenta have the variance 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.fields.algebra import gaussian_momenta, inner_product
from lqcdnn.fields.random import Stream
from lqcdnn.kernels import links as kernels
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.update.fitted import Fitted, moved

Vector = NDArray[np.float64]

STEP = 1e-3
"""Of theta in differences of the force: short beside weights of some tenths, long beside the errors of solvers."""

TIGHT = 1e-9
"""Residual of solves, which a guide may leave a million times as large in molecular dynamics."""

DEPENDENT = 1e-12
"""Of the square of a column: what is left of one that follows from those before it."""


class Forces:
    """F_theta - F and its derivatives by theta, which are differences of the force at theta a step apart.

    Parameters
    ----------
    exact, guide
        The two Hamiltonians, sharing their pseudofermions.
    parts
        What is fitted of the guide.
    """

    def __init__(self, exact: Hamiltonian, guide: Hamiltonian, parts: Sequence[Fitted]) -> None:
        self.exact, self.guide, self.parts = exact, guide, parts

    def equations(self, U: Blocks) -> tuple[Vector, float]:
        """Equations [k, theta + 1], as many as numbers theta, with the gradient and the curvature of L; and L.

        They are the triangle R of [dF_theta/dtheta, F_theta - F], whose squares are those of the components.  One field
        of momenta is held for each number.
        """
        with self._tight():
            missing = self.missing(U)
            columns = [*self.derivatives(U), missing]
        gram = np.array([[self.product(x, y) if i <= j else 0.0 for j, y in enumerate(columns)]
                         for i, x in enumerate(columns)])  # fmt: skip
        return triangle(gram)[:-1], 0.5 * float(gram[-1, -1])

    def missing(self, U: Blocks) -> Blocks:
        """F_theta - F."""
        return _difference(self.guide.force(U, self.guide.names), self.exact.force(U, self.exact.names))

    def derivatives(self, U: Blocks) -> list[Blocks]:
        """dF_theta/dtheta, a field of each number."""
        found = []
        for part in self.parts:
            for i in range(part.theta.size):
                ends = []
                for step in (STEP, -STEP):
                    with moved(part, i, step):
                        ends.append(self.guide.force(U, part.term_names))
                found.append(_difference(*ends))
                found[-1]["c"] *= 0.5 / STEP
        return found

    def product(self, P: Blocks, Q: Blocks) -> float:
        """Sum over links and generators of p^a q^a."""
        return inner_product(self.guide.lattice, self.guide.group, P, Q)

    def deviation(self, U: Blocks) -> float:
        """Of dF_theta/dtheta along F_theta - F from the change of dS_theta/dtheta with the links in that direction.

        Both are -d^2 S_theta/(dtheta domega), one by the pullback of the links, the other by that of the weights.  The
        worst, relative to the largest of its part, or to what one component of dF_theta/dtheta is on average, where
        all are small along it by chance.  A guide that begins as the action itself is moved along any momenta.
        """
        with self._tight():
            v = self.missing(U)
            if not self.product(v, v):
                v = gaussian_momenta(self.guide.lattice, self.guide.group, Stream(1, 0))
            v["c"] /= np.sqrt(self.product(v, v))
            slopes = [-_slope(part, U, v) for part in self.parts]
            fields = self.derivatives(U)
        components = len(self.guide.group.generators) * self.guide.lattice.d * self.guide.lattice.volume
        along = iter([(self.product(v, J), np.sqrt(self.product(J, J) / components)) for J in fields])
        found = []
        for mixed in slopes:
            ours, usual = np.array([next(along) for _ in mixed]).T
            scale = max(float(np.abs(mixed).max()), float(usual.max()))
            found.append(float(np.abs(ours - mixed).max()) / scale if scale else np.inf)
        return float(np.max(found))  # nan if one is

    @contextmanager
    def _tight(self) -> Iterator[None]:
        """With solves for forces of both Hamiltonians that leave ``TIGHT`` at most."""
        found = []
        for term in (*self.exact.terms, *self.guide.terms):
            action: Any = term
            while hasattr(action, "action"):  # seen through a map of links, or scaled
                action = action.action
            if hasattr(action, "settings"):
                found.append((action, action.settings))
        for action, settings in found:
            action.settings = replace(settings, md_tolerance=min(settings.md_tolerance, TIGHT))
        try:
            yield
        finally:
            for action, settings in reversed(found):
                action.settings = settings


def _slope(part: Fitted, U: Blocks, v: Blocks) -> Vector:
    """d/deps of dS_theta/dtheta on exp(eps v) U at 0, to fourth order."""
    values = []
    for k in (1, -1, 2, -2):
        there = scratch(U)
        kernels.update_links(there, U, v, k * STEP)
        values.append(part.derivative(there))
    return (8.0 * (values[0] - values[1]) - (values[2] - values[3])) / (12.0 * STEP)


def _difference(P: Blocks, Q: Blocks) -> Blocks:
    """P - Q in the place of P."""
    P["c"] -= Q["c"]
    return P


def triangle(gram: Vector) -> Vector:
    """R, upper triangular, R^T R = ``gram`` (its upper half is read); null rows where a column follows from others."""
    R = np.zeros_like(gram)
    for i in range(len(gram)):
        row = gram[i, i:].copy()
        for k in range(i):
            row -= R[k, i] * R[k, i:]
        if row[0] > DEPENDENT * gram[i, i]:
            R[i, i:] = row / np.sqrt(row[0])
    return R
