"""Packed links and derivatives by links times complex numbers."""

import numpy as np
import pytest
from kernel_cases import COVERING, DOUBLE, ONE_SHAPE, Setting

from lqcdnn.dirac.phases import factors
from lqcdnn.kernels.packing import add_multiples, multiply_links, pack_links
from lqcdnn.lattice.blocks import link_matrices

OTHERS = [case for case in COVERING if case.name != "SU(2)" and case not in DOUBLE]
every_case = pytest.mark.parametrize(
    "case",
    [
        *(pytest.param(case, id=str(case)) for case in DOUBLE if case.n in (1, 3)),
        *(pytest.param(case, id=str(case), marks=pytest.mark.slow) for case in OTHERS),
    ],
)


def numbers(rng, count):
    return rng.normal(size=count) + 1j * rng.normal(size=count)


@every_case
def test_packed_links(case):
    s = Setting(case, ONE_SHAPE)
    signs = s.lattice.site_field(np.where(s.rng.random((4, s.lattice.volume)) < 0.5, -1.0, 1.0))
    z = numbers(s.rng, 8)
    W = s.lattice.packed_links(case.n)
    pack_links(W, s.blocks, signs, s.nbr, 0.5, -0.5)
    expected = z[:, None, None] * link_matrices(W)
    multiply_links(W, factors(s.lattice, z.tolist()))
    case.assert_close(link_matrices(W), expected)


@every_case
def test_derivatives(case):
    s, other = Setting(case, ONE_SHAPE), Setting(case, ONE_SHAPE, 2)
    z = numbers(s.rng, 4)
    add_multiples(s.blocks, other.blocks, factors(s.lattice, z.tolist()))
    case.assert_close(s.lattice.to_user(s.blocks), s.U + z.reshape(4, 1, 1, 1, 1, 1, 1) * other.U)
