"""The Hamiltonian that an integrator conserves, to second order in its step (physics.md 5).

A symmetric integrator of H = K + S conserves a shadow Hamiltonian, H + eps^2 (...) + ..., which the formula of Baker,
Campbell and Hausdorff gives as Poisson brackets (M. A. Clark, B. Joo, A. D. Kennedy, P. J. Silva,
arXiv:1108.1828; of gauge theories A. D. Kennedy, P. J. Silva, M. A. Clark, arXiv:1210.6600).  With the force
F_i = Pdot of the action S_i these are

    {{K, S_i}, S_j} = F_i . F_j,    {{K, S_i}, K} = d/dt (P . F_i) along the links at fixed P,    X . Y = sum x^a y^a.

What they change by along one trajectory gives the dH of every nesting of second order, with any number of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.fields.algebra import inner_product
from lqcdnn.integrators import Integrator, Level, Scheme
from lqcdnn.lattice.geometry import Blocks
from lqcdnn.lattice.pool import scratch
from lqcdnn.update.hmc import drifted

DISPLACEMENT = 0.01
"""Molecular-dynamics time by which links are moved to and fro for the derivative of a force: error 1e-4 of it."""

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Lie:
    """Element of the free Lie algebra of kicks A and drifts B: a A + b B + c [A,B] + d [A,[A,B]] + e [B,[A,B]] + ..."""

    a: float = 0.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0

    def then(self, other: Lie) -> Lie:
        """log(exp(self) exp(other)) to third order: X + Y + [X,Y]/2 + [X,[X,Y]]/12 + [Y,[Y,X]]/12."""
        x, y = self, other
        area = x.a * y.b - x.b * y.a
        return Lie(
            x.a + y.a,
            x.b + y.b,
            x.c + y.c + area / 2.0,
            x.d + y.d + (x.a * y.c - x.c * y.a) / 2.0 + (x.a - y.a) * area / 12.0,
            x.e + y.e + (x.b * y.c - x.c * y.b) / 2.0 + (x.b - y.b) * area / 12.0,
        )


@lru_cache(maxsize=64)
def scheme_errors(scheme: Scheme) -> tuple[float, float]:
    """(d, e): a step dt conserves A + B + dt^2 (d {{B, A}, A} + e {{B, A}, B}) + O(dt^4); 0 from fourth order on.

    A kick with the force at links displaced by g dt^2 F is one by the potential A - (g/2) dt^2 {{B, A}, A}.
    """
    whole = Lie()
    for stage in scheme.stages:
        kick = Lie(a=stage.weight, d=-0.5 * stage.gradient * stage.weight)
        whole = whole.then(kick if stage.kind == "P" else Lie(b=stage.weight))
    return whole.d, whole.e


@dataclass(frozen=True)
class Brackets:
    """Poisson brackets at one point of phase space, or their change along a trajectory.

    Attributes
    ----------
    products
        F_i . F_j, [term, term].
    slopes
        d/dt (P . F_i) at fixed P, [term].
    """

    products: Vector
    slopes: Vector

    def __sub__(self, other: Brackets) -> Brackets:
        return Brackets(self.products - other.products, self.slopes - other.slopes)


def shadow(integrator: Integrator, names: Sequence[str]) -> Brackets:
    """Coefficients of the brackets of the terms ``names`` in what the integrator conserves beyond H, to eps^2.

    Its trajectories change H by minus the sum of the coefficients times the changes of the brackets.
    """
    levels = integrator.levels
    own, inner = [0.0] * len(levels), [0.0] * len(levels)
    _add_level(own, inner, levels, integrator.length, 1.0)
    depth = np.array([next(k for k, level in enumerate(levels) if name in level.terms) for name in names])
    to, of = depth[:, None], depth[None, :]  # {{B, A}, B}: products of the force with those of all levels inside, too
    products = np.where(to == of, np.array(own)[to], np.where(to < of, np.array(inner)[to], 0.0))
    return Brackets(products, np.array(inner)[depth])


def _add_level(own: list[float], inner: list[float], levels: Sequence[Level], length: float, weight: float) -> None:
    """Add the errors of the first level, over ``length``, and of those inside it, ``weight`` times, by level."""
    depth = len(own) - len(levels)
    level, dt = levels[0], length / levels[0].steps
    d, e = scheme_errors(level.scheme)
    own[depth] += weight * dt * dt * d
    inner[depth] += weight * dt * dt * e
    if len(levels) > 1:
        for stage in level.scheme.stages:
            if stage.kind == "Q":
                _add_level(own, inner, levels[1:], stage.weight * dt, weight * stage.weight)


def energy_changes(coefficients: Brackets, changes: Sequence[Brackets]) -> list[float]:
    """dH of trajectories along which the brackets change so, for an integrator of these coefficients."""
    products, slopes = coefficients.products, coefficients.slopes
    return [-float((products * one.products).sum() + slopes @ one.slopes) for one in changes]


def brackets(
    hamiltonian: Hamiltonian, names: Sequence[str], U: Blocks, P: Blocks, forces: Sequence[Blocks]
) -> Brackets:
    """The brackets at (U, P); ``forces`` are those of the terms at U."""
    lattice, group = hamiltonian.lattice, hamiltonian.group
    products = np.array([[inner_product(lattice, group, F, G) for G in forces] for F in forces])
    ahead, behind = (drifted(U, P, eps, scratch(U)) for eps in (DISPLACEMENT, -DISPLACEMENT))
    slopes = [
        inner_product(lattice, group, P, hamiltonian.force(ahead, [name]))
        - inner_product(lattice, group, P, hamiltonian.force(behind, [name]))
        for name in names
    ]
    return Brackets(products, np.array(slopes) / (2.0 * DISPLACEMENT))
