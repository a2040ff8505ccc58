"""Adaptive multigrid for Wilson and clover quarks: M x = b with a number of steps that light quarks hardly change.

What slows other solvers down, the modes with small eigenvalues, lies nearly in the span of a few test vectors cut into
aggregates (local coherence: M. Luescher, arXiv:0706.2298).  Test vectors are learned from the operator on each gauge
field (J. Brannick et al., arXiv:0707.4018; R. Babich et al., arXiv:1005.3043): noise is smoothed, and then improved by
cycles of the multigrid that it makes (A. Frommer et al., arXiv:1303.1377).

A cycle B for Mhat z = r on even sites: z = [P (P^dag M P)^-1 P^dag (r, 0)]_e, the even part of a correction for M, as
Mhat^-1 r is that of M^-1 (r, 0); then steps of minimal residual, the smoother.  Restriction, prolongation and smoother
work on even sites alone.  Around cycles are generalised conjugate residuals (``kernels.gcr``) in single precision, and
around these corrections in double precision.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lqcdnn.dirac.bicgstab import PROGRESS, BiCGStab
from lqcdnn.dirac.coarsegrid import coarse_grid
from lqcdnn.dirac.mixed import entries, goal_of_cycle, narrow_all, single_lattice
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels import gcr, smoother
from lqcdnn.kernels import wilson as kernels
from lqcdnn.kernels.precision import add_widened, narrow
from lqcdnn.lattice.blocks import aligned_zeros, zeros_of_kind
from lqcdnn.lattice.geometry import Blocks

SMOOTHING, RELAXATION = 4, 1.1
"""Steps of the smoother in a cycle, and the factor of each."""

NOISE, ROUNDS, CYCLES = 60, 1, 3
"""Steps of the smoother on noise; how often test vectors are improved by the multigrid they have made; by so many
cycles."""

DIRECTIONS = 16
"""Search directions that are kept; then generalised conjugate residuals begin anew."""

STALLED = 0.5
"""What so many steps have to gain at least: conjugate gradients are left to do what a multigrid cannot."""

GAIN = 1e-5
"""What a solve in single precision gains before the residual is made anew in double precision."""

KEPT = 1 << 27
"""Bytes of what was learned lately that are kept: observables go one after the other through the same few translated
links, one for each of their sources.
"""

SEED = Stream(0x6D67, 0)
"""Of the noise that test vectors begin as: the same for every gauge field."""


class Multigrid:
    """Mhat x = b on even sites; it has the methods of ``dirac.bicgstab.BiCGStab`` that propagators use.

    Parameters
    ----------
    operator
        M.  When its links have changed since the last solve, test vectors are learned anew, or are those that were
        learned on the same links before.

    Raises
    ------
    InputError
        If the lattice cannot be cut into aggregates that hold the test vectors.
    """

    def __init__(self, operator: WilsonOperator) -> None:
        lattice = single_lattice(operator.lattice)
        self.operator, self.single = operator, operator.on(lattice)
        self.half, self._source = lattice.half, lattice.halves(operator.lattice)
        self.grid = coarse_grid(self.single)
        self._packed = [zeros_of_kind(field) for field in self.single.packed]
        self._learned: list[tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]] = []
        self._double = BiCGStab(operator)
        self._r, self._b, self._d, self._residual, self._w, self._odd = (self.single.vector() for _ in range(6))
        self._Z, self._V = (self._even_vectors(DIRECTIONS) for _ in range(2))
        self._lengths, self._pairs, self._part = np.empty(DIRECTIONS), np.empty((self.half, 2)), np.empty(self.half)

    def _even_vectors(self, count: int) -> Blocks:
        """Spinors on even sites, [vector, block]."""
        return aligned_zeros((count, self.half), self._r.dtype)

    def improve(self, x: Blocks, b: Blocks, target: float, max_iterations: int) -> int:
        """Iterate from x until |r|^2 <= target or a cycle in single precision gains nothing.

        Returns
        -------
        int
            Steps of generalised conjugate residuals.  What learning test vectors takes is not among them: it would be
            counted or not by whether another solve on these links came before.
        """
        half, even = self._double.operator.lattice.half, self._source[: self.half]
        theirs, d = entries(self._b)[: self.half], entries(self._d)[: self.half]
        rr, steps = self._double.residual(x, b), 0
        if rr > target and self._links_changed():
            self._know()
        while rr > target and steps < max_iterations:
            goal = goal_of_cycle(target / rr, GAIN)
            narrow(theirs, entries(self._double.r)[:half], even, rr**-0.5)
            steps += self._solve(self._d, self._b, goal**2, max_iterations - steps)
            add_widened(entries(x)[:half], d, even, rr**0.5)
            before, rr = rr, self._double.residual(x, b)
            if not rr <= PROGRESS**2 * before:
                break
        return steps

    def _know(self) -> None:
        """Recall what was learned on these links, or learn."""
        links, fields = self.single.packed, self.grid.learned()
        for those, learned in self._learned:
            if all(np.array_equal(old, new["c"]) for old, new in zip(those, links, strict=True)):
                for field, kept in zip(fields, learned, strict=True):
                    field["c"] = kept
                return
        self.learn()
        most = KEPT // sum(field.nbytes for field in (*links, *fields))
        if most:
            del self._learned[: max(0, len(self._learned) + 1 - most)]
            self._learned.append(([field["c"].copy() for field in links], [field["c"].copy() for field in fields]))

    def learn(self) -> None:
        """Learn the test vectors from the operator in single precision, and make the coarse operator."""
        vectors = self._even_vectors(self.grid.n)
        for i, v in enumerate(vectors):
            noise = gaussian_vector(self.operator.lattice, self.single.n, SEED, i, self.single.spins)
            narrow(entries(v), entries(noise), self._source[: self.half], 1.0)
            self._flatten(v)
        self.grid.set_vectors(self._with_odd_sites(vectors))
        for _ in range(ROUNDS):
            for v in vectors:
                for _ in range(CYCLES):
                    self._r["c"][: self.half] = v["c"]
                    self._normalize(self._r)
                    self.cycle(v, self._r)
            self.grid.set_vectors(self._with_odd_sites(vectors))

    def _links_changed(self) -> bool:
        """Set the fields in single precision that M is made of; say whether they were others."""
        narrow_all(list(zip(self._packed, self.operator.packed, strict=True)), self._source)
        changed = False
        for new, old in zip(self._packed, self.single.packed, strict=True):
            changed = changed or not np.array_equal(new["c"], old["c"])
            old["c"] = new["c"]
        return changed

    def _flatten(self, v: Blocks) -> None:
        """v -= S Mhat v, S steps of the smoother: what has large eigenvalues goes."""
        self._normalize(v)
        op, half, (A, inverse) = self.single, self.half, self.single.terms
        self._r["c"][:half] = 0.0
        smoother.correct_and_smooth(
            v, self._r, self._w, self._odd, self._pairs, self._part, A, inverse, op.hops, op.lattice.neighbours,
            half, RELAXATION, NOISE,
        )  # fmt: skip

    def _normalize(self, v: Blocks) -> None:
        length = self.single.norm2(v) ** 0.5
        v["c"][: self.half] *= np.float32(1.0 / length if length > 0.0 else 0.0)

    def _with_odd_sites(self, vectors: Blocks) -> Iterator[Blocks]:
        """Each vector with A_o^-1 K_oe v on the odd sites, so that M v vanishes there, in one spinor for all."""
        op, half, full = self.single, self.half, self._d
        for v in vectors:
            full["c"][:half] = v["c"]
            self._normalize(full)
            kernels.hopping(full, op.terms[1], op.hops, full, op.lattice.neighbours, 1.0, half, 2 * half)
            yield full

    def cycle(self, z: Blocks, r: Blocks) -> None:
        """z = B r, about Mhat^-1 r; r becomes r - Mhat z."""
        op, (A, inverse) = self.single, self.single.terms
        self.grid.correct(z, r)
        smoother.correct_and_smooth(
            z, r, self._w, self._odd, self._pairs, self._part, A, inverse, op.hops, op.lattice.neighbours, self.half,
            RELAXATION, SMOOTHING,
        )  # fmt: skip

    def _solve(self, x: Blocks, b: Blocks, target: float, most: int) -> int:
        """Mhat x = b from x = 0 to |r|^2 <= target |b|^2 or until it stalls, in single precision; returns the steps."""
        half, r = self.half, self._residual
        r["c"][:half], x["c"][:half] = b["c"][:half], 0.0
        rr = self.single.norm2(r)
        target, before = target * rr, np.inf
        for done in range(most):
            j = done % DIRECTIONS
            if j == 0:
                if not rr <= STALLED**2 * before:
                    return done
                before = rr
            if not rr > target:
                return done
            z, w = self._Z[j], self._V[j]
            self._r["c"][:half] = r["c"][:half]
            self.cycle(z, self._r)
            np.subtract(r["c"][:half], self._r["c"][:half], out=w["c"])  # Mhat z
            rr = gcr.step(x, r, self._Z, self._V, self._lengths, j, self._pairs, self._part, half)
        return most
