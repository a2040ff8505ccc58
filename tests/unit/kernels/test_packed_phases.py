"""Packed links and derivatives by links with phases of the sites."""

import numpy as np
import pytest
from kernel_cases import COVERING, DOUBLE, Setting

from lqcdnn.kernels.packing import add_multiples, pack_links, pack_turned_links
from lqcdnn.lattice.blocks import link_matrices

OTHERS = [case for case in COVERING if case not in DOUBLE]
every_case = pytest.mark.parametrize(
    "case",
    [
        *(pytest.param(case, id=str(case)) for case in DOUBLE),
        *(pytest.param(case, id=str(case), marks=pytest.mark.slow) for case in OTHERS),
    ],
)


def phases(s):
    """Random phases [mu, x, ..., 1, 1] in user layout, and as kernels take them."""
    z = np.exp(2j * np.pi * s.rng.random((s.lattice.d, *s.lattice.shape, 1, 1)))
    return z, s.lattice.from_user(z)


@every_case
def test_packed_links(case):
    s, d = Setting(case, case.shape), len(case.shape)
    signs = s.lattice.site_field(np.where(s.rng.random((d, s.lattice.volume)) < 0.5, -1.0, 1.0))
    z, blocks = phases(s)
    W, plain = s.lattice.packed(case.n, 2 * d), s.lattice.packed_links(case.n)
    pack_links(plain, s.blocks, signs, s.nbr, 0.5, -0.5)
    pack_turned_links(W, s.blocks, signs, blocks, s.nbr, 0.5, -0.5)
    back = np.array([np.roll(z[mu], 1, mu).conj() for mu in range(d)])
    of_hops = np.concatenate([z, back])[(slice(None), *s.lattice.coordinates.T)]  # [hop, site, 1, 1]
    case.assert_close(link_matrices(W), of_hops.swapaxes(0, 1) * link_matrices(plain))


@every_case
def test_derivatives(case):
    """Of SU(2) the part of the derivative that is a quaternion is taken."""
    s, d = Setting(case, case.shape), len(case.shape)
    z, blocks = phases(s)
    T = s.rng.normal(size=(2, d, *s.lattice.shape, case.n, case.n))
    T = T[0] + 1j * T[1]
    add_multiples(s.blocks, s.lattice.from_user(T), blocks)
    case.assert_close(s.lattice.to_user(s.blocks), s.U + s.lattice.to_user(s.lattice.from_links(z * T)))
