"""Staples of the levels of HEX smearing and their derivative, against the table of HYP smearing and numpy."""

import numpy as np
from derivative import fourth_order
from kernel_cases import FAST_LAYERS, fast_ones, settings
from reference import samples
from reference.hyp import both_staples
from reference.matrices import dagger, trace

from lqcdnn.kernels.hypercubic_layer import level_derivatives, level_staples
from lqcdnn.lattice.hypercubes import hypercubic_levels, hypercubic_planes


def staples(d, level, V, weight):
    """[field, x, ...] of the level so many before the last, fields numbered k d + mu; V in the same order."""
    made = hypercubic_levels(d, range(d))[d - 2 - level]
    each = len(made) // d
    before = len(V) // d
    C = np.empty((len(made), *V.shape[1:]), dtype=complex)
    for position, blocked in enumerate(made):  # one direction after the other
        field = position % each * d + position // each
        found = [
            both_staples(V[side % before * d + side // before], V[top % before * d + top // before], blocked.mu, nu)
            for nu, side, top in blocked.staples
        ]
        assert len(found) == hypercubic_planes(d)[level].staples
        C[field] = weight[field] * sum(found)
    return C


def numerically(d, level, V, W, dV):
    """Derivative of Re tr(W^dag C) in the direction dV, as a difference that cubic polynomials have no error in."""
    one = np.ones(len(W))
    return fourth_order(lambda t: trace(dagger(W) @ staples(d, level, V + t * dV, one)).real.sum(), 0.1)


@fast_ones([case for case in FAST_LAYERS if case.n == 2])  # of SU(3) test_hex_layers.py has whole layers
def test_levels(case):
    for s in settings(case):
        d = s.lattice.d
        for level, table in enumerate(hypercubic_planes(d)):
            before = d if level == d - 2 else hypercubic_planes(d)[level + 1].fields
            weight = s.rng.uniform(0.1, 0.3, table.fields)
            V, z = s.store_links(samples.group_elements(s.rng, case.n, before, *s.lattice.shape))
            W, w = s.store_links(samples.group_elements(s.rng, case.n, table.fields, *s.lattice.shape))
            C, Sigma = (s.lattice.links(case.n, (count,)) for count in (table.fields, before))
            level_staples(C, V, s.nbr, table.planes, weight)
            case.assert_close(s.lattice.to_user(C), staples(d, level, z, weight), 10)
            level_derivatives(Sigma, W, V, s.nbr, table.planes, False)
            once = s.lattice.to_user(Sigma)
            dz = dagger(once) + samples.group_elements(s.rng, case.n, *z.shape[:-2])
            change = numerically(d, level, z, w, dz)
            assert abs(trace(once @ dz).real.sum() - change) < 10 * case.tolerance * abs(change)
            level_derivatives(Sigma, W, V, s.nbr, table.planes, True)
            case.assert_close(s.lattice.to_user(Sigma), 2 * once, 10)
