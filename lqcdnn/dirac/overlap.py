"""Neuberger's overlap operator and its inverse (hep-lat/9707022, hep-lat/9801031).

D = rho [1 + gamma_5 sign(H_W)],   D(m) = (1 - m / (2 rho)) D + m,

with the hermitian Wilson operator H_W = gamma_5 D_W of mass -rho.  gamma_5 D + D gamma_5 = D gamma_5 D / rho: the
eigenvalues of D lie on the circle |lambda - rho| = rho.  D is normal, and D^dag D = rho (D + D^dag) commutes with
gamma_5: on spinors of chirality chi, gamma_5 = chi, it is 2 rho^2 [1 + chi P sign(H_W) P], one sign instead of two.

D(m)^dag D(m) = m^2 + (1 - m^2 / (4 rho^2)) D^dag D,   D(m)^{-1} = D(m)^dag [D(m)^dag D(m)]^{-1}.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.fermions import kappa_of_mass
from lqcdnn.dirac.normal import rows
from lqcdnn.dirac.sign import SignFunction
from lqcdnn.dirac.solver import SolverLog, check_convergence
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.vector import real_product
from lqcdnn.kernels.linalg import advance_direction, recur
from lqcdnn.lattice.background import Flux
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.timing import clock

CHIRALITIES = (1, -1)

LOOSEST = 0.01
"""Largest error of a sign inside a solve."""

RELAXED = 0.1
"""Error that signs inside a solve may leave in its residual, in units of the tolerance."""


class OverlapOperator:
    """D(m) on links given by :meth:`set_links`.

    Parameters
    ----------
    lattice
        d = 2 or 4, all extents even.
    n
        Number of colours.
    mass
        0 <= m < 2 rho.
    rho
        Minus the mass of the Wilson operator, between 0 and 2.
    boundary, theta, flux
        As for ``WilsonOperator``.
    sign_tolerance, low_modes, max_iterations
        As ``SignFunction`` takes them.

    Attributes
    ----------
    log
        Solves with D(m) and their iterations, one sign each.
    sign
        The sign of H_W.
    square
        1 - m^2 / (4 rho^2).

    Raises
    ------
    InputError
        As ``WilsonOperator``.
    """

    def __init__(
        self,
        lattice: Lattice,
        n: int,
        mass: float,
        rho: float,
        boundary: tuple[int, ...],
        sign_tolerance: float,
        low_modes: int,
        max_iterations: int,
        theta: tuple[float, ...] | None = None,
        flux: Flux | None = None,
    ) -> None:
        if lattice.fixed is not None:
            raise InputError("overlap fermions know of no links that are fixed at the ends of time")
        self.lattice, self.n, self.mass, self.rho, self.boundary = lattice, n, mass, rho, boundary
        self.wilson = WilsonOperator(lattice, n, kappa_of_mass(-rho, lattice.d), boundary, theta=theta, flux=flux)
        self.spins = self.wilson.spins
        self.sign = SignFunction(self.wilson, sign_tolerance, low_modes, max_iterations)
        self.square, self.log = 1.0 - (0.5 * mass / rho) ** 2, SolverLog()
        self._p, self._q, self._t = (self.vector() for _ in range(3))

    def vector(self) -> Blocks:
        """A zero spinor field [block] of n x S matrices."""
        return self.wilson.vector()

    def set_links(self, U: Blocks) -> None:
        """Links [d, block] of H_W, and what its sign is made of.

        Raises
        ------
        NumericalError
            If the sign is not as accurate as demanded.
        """
        self.wilson.set_links(U)
        with clock("solver"):
            self.sign.prepare()

    def apply(self, out: Blocks, psi: Blocks, dagger: bool = False) -> None:
        """out = D(m) psi or D(m)^dag psi on all sites; ``out`` is another field than psi."""
        scale = self.rho - 0.5 * self.mass
        if dagger:  # sign gamma_5
            self._t["c"] = psi["c"]
            lower = self._other(self._t, 1)
            np.negative(lower, out=lower)
            self.sign.apply(out, self._t)
        else:
            self.sign.apply(out, psi)
            lower = self._other(out, 1)
            np.negative(lower, out=lower)
        recur(rows(out), scale, scale + self.mass, rows(psi), 0.0, rows(psi), 0, self.lattice.blocks)

    def apply_squared(self, out: Blocks, x: Blocks, chirality: int, tolerance: float = 0.0) -> None:
        """out = D^dag D x of the massless D, for x of one chirality, with an error of ``tolerance`` in its sign."""
        square = 2.0 * self.rho**2
        self.sign.apply(out, x, tolerance)
        self._other(out, chirality)[...] = 0.0
        recur(rows(out), chirality * square, square, rows(x), 0.0, rows(x), 0, self.lattice.blocks)

    def apply_normal(self, out: Blocks, x: Blocks, chirality: int, tolerance: float = 0.0) -> None:
        """out = D(m)^dag D(m) x, as :meth:`apply_squared`."""
        self.apply_squared(out, x, chirality, tolerance)
        recur(rows(out), self.square, self.mass**2, rows(x), 0.0, rows(x), 0, self.lattice.blocks)

    def chiral(self, psi: Blocks, chirality: int) -> Blocks:
        """(1 + chirality gamma_5) / 2 psi, a new field."""
        out = self.vector()
        out["c"] = psi["c"]
        self._other(out, chirality)[...] = 0.0
        return out

    def invert(self, x: Blocks, b: Blocks, tolerance: float, max_iterations: int) -> None:
        """x = D(m)^{-1} b to |b - D(m) x| <= tolerance |b|, by conjugate gradients for each chirality of b.

        Raises
        ------
        NumericalError
            If the true residual misses the tolerance after ``max_iterations``, or is NaN.
        """
        bb, done = real_product(b, b), 0
        x["c"] = 0.0
        r, z, y = self.vector(), self.vector(), self.vector()
        r["c"] = b["c"]
        rr, before, target = bb, math.inf, tolerance**2 * bb
        with clock("solver"):
            while rr > target and rr < 0.25 * before and done < max_iterations:
                z["c"] = 0.0
                for chirality in CHIRALITIES:
                    source = self.chiral(r, chirality)
                    share = real_product(source, source) / rr
                    done += self._solve(z, source, chirality, share * target, max_iterations - done)
                self.apply(y, z, dagger=True)
                x["c"] += y["c"]
                self.apply(y, x)
                r["c"] = b["c"] - y["c"]
                rr, before = real_product(r, r), rr
        deviation = math.sqrt(rr / bb) if bb else 0.0
        self.log.record(done, deviation)
        check_convergence("overlap CG", done, max_iterations, deviation, tolerance)

    def _solve(self, x: Blocks, b: Blocks, chirality: int, target: float, limit: int) -> int:
        """x += [D(m)^dag D(m)]^{-1} b for b of one chirality, to |r|^2 <= ``target``; returns iterations; b becomes r.

        The sign may be the less accurate the smaller the residual has become (N. Cundy et al., hep-lat/0405003).
        """
        last, p, q, r = self.lattice.blocks, self._p, self._q, b
        p["c"] = r["c"]
        rr, done = real_product(r, r), 0
        while rr > target and done < limit:
            self.apply_normal(q, p, chirality, min(LOOSEST, RELAXED * math.sqrt(target / rr)))
            alpha = rr / real_product(p, q)
            recur(rows(r), 1.0, -alpha, rows(q), 0.0, rows(q), 0, last)
            new = real_product(r, r)
            advance_direction(x, p, r, alpha, new / rr, 0, last)
            rr = new
            done += 1
        return done

    def _other(self, psi: Blocks, chirality: int) -> NDArray[np.float64]:
        """The numbers of psi with gamma_5 = -chirality, as a view."""
        half = self.spins // 2
        numbers: NDArray[np.float64] = psi["c"]
        return numbers[:, :, half:] if chirality == 1 else numbers[:, :, :half]
