"""Sums of products of quark fields over time slices, diquarks, pairs of mesons against numpy; every width of blocks."""

import numpy as np
import pytest
from kernel_cases import EVEN_SHAPES, NATIVE, WIDTHS
from reference import samples

from lqcdnn.kernels.contractions import diquarks
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks import fourquarks
from lqcdnn.measure.quarks.timesums import in_pairs, of_spinors, time_sums, weighted

every_width = pytest.mark.parametrize(
    "width", [NATIVE, *(pytest.param(w, marks=pytest.mark.slow) for w in WIDTHS if w != NATIVE)]
)


@every_width
@pytest.mark.parametrize("shape", EVEN_SHAPES)
def test_time_sums(width, shape):
    """Two products, one with complex weights; in two dimensions sites of one block have different times."""
    lattice, rng = Lattice(shape, width=width), np.random.default_rng(1)
    spins = 2 if len(shape) == 2 else 4
    fields = samples.complex_normal(rng, 4, *shape, 3, spins)
    wave = samples.complex_normal(rng, *shape[:-1])
    X, Y, V, W = (of_spinors(lattice, lattice.from_user(one)) for one in fields)
    found = time_sums(lattice, [(X, Y), (V, weighted(lattice, W, wave))])
    x, y, v, w = (np.moveaxis(one, len(shape) - 1, 0).reshape(shape[-1], -1, 3, spins) for one in fields)
    expected = np.einsum("tsai,tsaj->tij", x.conj(), y) + np.einsum("s,tsai,tsaj->tij", wave.ravel(), v.conj(), w)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * np.abs(expected).max())
    assert (time_sums(lattice, [(X, Y)]) != found).any()


@every_width
def test_diquarks(width):
    rng, blocks = np.random.default_rng(2), 3
    X, Y = rng.normal(size=(2, blocks, 3, 3, 4, 4, 2, width))
    epsilon = np.zeros((3, 3, 3))
    for k in range(3):
        epsilon[k, (k + 1) % 3, (k + 2) % 3], epsilon[k, (k + 2) % 3, (k + 1) % 3] = 1.0, -1.0
    rows, signs = np.array([2, 0, 3, 1]), np.array([1.0, -1.0, -1.0, 1.0])
    Z = aligned_zeros((blocks, 3, 3, 2, 2), field_dtype(2, 2, width))
    diquarks(Z, in_pairs(X), in_pairs(Y), rows, signs)
    x, y = (one[..., 0, :] + 1j * one[..., 1, :] for one in (X, Y))
    x = x[:, :, :, rows].conj() * signs[:, None, None]
    expected = np.einsum("abc,ABC,nbBxvl,naAxzl->ncCvzl", epsilon, epsilon, x, y)
    found = Z["c"][..., 0, :] + 1j * Z["c"][..., 1, :]
    found = found.swapaxes(4, 5).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@every_width
@pytest.mark.parametrize("room", [fourquarks.ROOM, 1])
def test_pairs_of_mesons(width, room, monkeypatch):
    """T_1 and T_2 of three and of five columns; all slices at once, or a group of blocks after the other."""
    monkeypatch.setattr(fourquarks, "ROOM", room)
    shape = (4, 2, 2, 4)
    lattice, rng = Lattice(shape, width=width), np.random.default_rng(3)
    fields = [samples.complex_normal(rng, 2, count, *shape, 2, 4) for count in (3, 5)]
    mesons = [fourquarks.Meson(*([lattice.from_user(k) for k in one] for one in both)) for both in fields]
    M, N = (np.einsum("k...ia,k...jb->...ijab", D, S.conj()) for D, S in fields)
    expected = np.einsum("xyztiiab,xyztjjcd->tabdc", M, N), np.einsum("xyztijab,xyztjicd->tabdc", M, N)
    found = fourquarks.meson_sums(lattice, *mesons)
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-13 * np.abs(other).max())
