"""Groups and generators; momenta and kinetic energy."""

import numpy as np
import pytest
from reference import matrices, philox
from reference.matrices import dagger

from lqcdnn.errors import InputError
from lqcdnn.fields.algebra import gaussian_momenta, kinetic_energy, squared_norm
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import MOMENTUM, Stream
from lqcdnn.lattice.geometry import Lattice

groups = pytest.mark.parametrize("name", ["U(1)", "SU(2)", "SU(3)", "SU(4)"])


@pytest.mark.parametrize(("name", "n"), [("U(1)", 1), ("SU(2)", 2), ("SU(12)", 12)])
def test_names(name, n):
    assert group(name) == Group(n)
    assert Group(n).name == name


@pytest.mark.parametrize("name", ["SU(1)", "SU(0)", "SU(-2)", "su(2)", "U(2)", "SU(2) ", "", "SU(two)"])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match="unknown group"):
        group(name)


@groups
def test_generators(name):
    G = group(name)
    T, n = G.generators, G.n
    np.testing.assert_allclose(T, matrices.generators(n), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(T, dagger(T))
    if G.special:
        gram = np.einsum("aij,bji->ab", T, T)
        np.testing.assert_allclose(gram, 0.5 * np.eye(n * n - 1), rtol=0, atol=1e-15)
        np.testing.assert_allclose(matrices.trace(T), 0.0, rtol=0, atol=1e-15)


@groups
def test_momenta_and_kinetic_energy(name):
    """P = i p^a T^a with the Philox numbers of the site; K = (1/2) sum p^2."""
    G, lattice = group(name), Lattice((4, 2, 4))
    T = matrices.generators(G.n)
    stream = Stream(12345678901, 6)
    P = gaussian_momenta(lattice, G, stream)
    p = philox.numbered(
        lattice.shape, lambda site, count: philox.normals(site, count, 6, MOMENTUM, 12345678901), lattice.d * len(T)
    ).reshape(*lattice.shape, lattice.d, len(T))
    expected = np.moveaxis(1j * np.einsum("...a,aij->...ij", p, T), lattice.d, 0)
    np.testing.assert_allclose(lattice.to_user(P), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(kinetic_energy(lattice, G, P), 0.5 * np.sum(p**2), rtol=1e-13)
    np.testing.assert_allclose(squared_norm(lattice, P), np.sum(np.abs(expected) ** 2), rtol=1e-13)
    if G.special:
        np.testing.assert_allclose(kinetic_energy(lattice, G, P), -matrices.trace(expected @ expected).real.sum())


@groups
def test_momenta_have_unit_variance(name):
    G, lattice = group(name), Lattice((8, 8, 8))
    K = [kinetic_energy(lattice, G, gaussian_momenta(lattice, G, Stream(3, t))) for t in range(20)]
    dof = lattice.d * lattice.volume * len(G.generators)
    assert abs(np.mean(K) - dof / 2) < 5 * np.sqrt(dof / 2 / len(K))
