"""The same work twice: by the kernels of the package and by the plain loops."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from bench import loops as plain

from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields import gauge
from lqcdnn.fields.group import group
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.kernels import loops, staggered, wilson
from lqcdnn.lattice.blocks import sites_in
from lqcdnn.lattice.geometry import Lattice

KAPPA = 0.13


@dataclass(frozen=True)
class Pair:
    """Two functions without arguments that do the same, where they leave their results, the gain that is demanded."""

    name: str
    fast: Any
    slow: Any
    results: Any
    sites: int
    demand: float


def pairs(name, shape):
    """Staggered and Wilson hop onto the even sites, and the plaquette force."""
    lattice, n, d = Lattice(shape), group(name).n, len(shape)
    U = gauge.hot(lattice, group(name), 1)
    V = plain.site_major(lattice, U)
    return [force(lattice, U, V, n, d), staggered_pair(lattice, U, V, n, d), wilson_pair(lattice, U, V, n, d)]


def table(lattice):
    """Neighbours [2 d, site]."""
    return np.ascontiguousarray(sites_in(lattice.neighbours).swapaxes(0, 1).reshape(2 * lattice.d, lattice.volume))


def force(lattice, U, V, n, d):
    Sigma, S, nbr = lattice.links(n), np.zeros_like(V), table(lattice)

    def slow():
        plain.plaquette_gradient(S, V, nbr, 0.3)

    def fast():
        loops.add_plaquette_gradient(Sigma, U, lattice.neighbours, lattice.rows(U), 0.3, None)

    return Pair("plaquette force", fast, slow, lambda: (plain.site_major(lattice, Sigma), S), lattice.volume, 7.0)


def staggered_pair(lattice, U, V, n, d):
    op = StaggeredOperator(lattice, n, 0.1, (1,) * (d - 1) + (-1,))
    op.set_links(U)
    psi = gaussian_vector(lattice, n, Stream(1, 1), PSEUDOFERMION)
    z, out, nbr = plain.site_major(lattice, psi)[..., 0].copy(), op.vector(), table(lattice)
    result, half = np.zeros_like(z), lattice.volume // 2
    signs = lattice.staggered_signs(op.boundary)

    def fast():
        staggered.hopping(out, op.links, psi, lattice.neighbours, 0, lattice.half)

    def slow():
        plain.staggered_hop(result, V, z, signs, nbr, 0, half)

    return Pair(
        "staggered hop", fast, slow, lambda: (plain.site_major(lattice, out)[:half, :, 0], result[:half]), half, 3.0
    )


def wilson_pair(lattice, U, V, n, d):
    op = WilsonOperator(lattice, n, KAPPA, (1,) * d)
    op.set_links(U)
    psi = gaussian_vector(lattice, n, Stream(1, 1), PSEUDOFERMION, op.spins)
    z, out, nbr = plain.site_major(lattice, psi), op.vector(), table(lattice)
    result, half = np.zeros_like(z), lattice.volume // 2
    plus, minus = plain.projectors(d)

    def fast():
        wilson.hopping(out, None, op.links, psi, lattice.neighbours, 1.0, 0, lattice.half)

    def slow():
        plain.wilson_hop(result, V, z, plus, minus, nbr, KAPPA, 0, half)

    return Pair("Wilson hop", fast, slow, lambda: (plain.site_major(lattice, out)[:half], result[:half]), half, 3.0)
