"""Starts: cold, twisted, hot (Haar); unitarity; colour vectors."""

import numpy as np
import pytest
from kernel_cases import NATIVE, WIDTHS, numbers
from reference import loops, matrices, philox, samples

from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.lattice.geometry import Lattice

groups = pytest.mark.parametrize("name", ["U(1)", "SU(2)", "SU(3)", "SU(4)"])


@groups
def test_cold(name):
    G, lattice = group(name), Lattice((4, 2, 4))
    U = lattice.to_user(gauge.cold(lattice, G))
    np.testing.assert_array_equal(U, np.broadcast_to(np.eye(G.n), U.shape))


@pytest.mark.parametrize("name", ["U(1)", "SU(2)", "SU(4)"])
def test_twisted(name):
    """Loops around space are -1, those around time +1, plaquettes 1."""
    G, lattice = group(name), Lattice((4, 2, 2, 4))
    U = lattice.to_user(gauge.twisted(lattice, G))
    for mu, sign in enumerate((-1, -1, -1, 1)):
        assert loops.polyakov(U, mu) == sign * G.n * lattice.volume / lattice.shape[mu]
    assert loops.action(U, 1.0, 0.0) == 0.0


def test_no_twist_for_odd_n():
    with pytest.raises(InputError, match="twisted"):
        gauge.twisted(Lattice((4, 4)), group("SU(3)"))


@groups
def test_hot_links_are_in_the_group_and_reproducible(name):
    G = group(name)
    users = []
    for width in (*(W for W in WIDTHS if W != NATIVE), NATIVE):  # the last one is looked at with kernels
        lattice = Lattice((4, 4, 2), width)
        U = gauge.hot(lattice, G, 5)
        users.append(lattice.to_user(U))
        np.testing.assert_array_equal(users[-1], users[0])
    assert gauge.unitarity_violation(lattice, U, G) < 1e-14 * G.n
    assert not np.array_equal(users[0], lattice.to_user(gauge.hot(lattice, G, 6)))


@groups
def test_hot_links_are_haar_distributed(name):
    """Moments of the Haar measure, with a fixed matrix in front: invariance means the same moments."""
    G, lattice = group(name), Lattice((16, 16, 16))
    U = lattice.to_user(gauge.hot(lattice, G, 17)).reshape(-1, G.n, G.n)
    V = samples.group_elements(np.random.default_rng(1), G.n)
    n = G.n
    for z in (matrices.trace(U), matrices.trace(V @ U), matrices.trace(U @ V @ U[::-1])):
        moments = [(z, 0.0), (abs(z) ** 2, 1.0), (z**2, 1.0 if n == 2 else 0.0), (z**3, 1.0 if n == 3 else 0.0)]
        moments += [(abs(z) ** 4, 1.0 if n == 1 else 2.0), (z**4, {2: 2.0, 4: 1.0}.get(n, 0.0))]
        for values, expected in moments:
            error = np.std(values) / np.sqrt(len(values))
            assert abs(np.mean(values) - expected) <= 5.0 * error + 1e-12


@groups
def test_unitarity_violation(name):
    G, lattice = group(name), Lattice((4, 8))
    U = lattice.to_user(gauge.hot(lattice, G, 5))
    U[1, 2, 3] *= 1.0 + 1e-6
    found = gauge.unitarity_violation(lattice, lattice.from_links(U), G)
    assert found == pytest.approx(max(2e-6 * np.sqrt(G.n), G.n * 1e-6 if G.special else 0), rel=1e-4)
    turned = lattice.to_user(gauge.hot(lattice, G, 5)) * np.exp(1e-6j)
    found = gauge.from_array(lattice, G, turned)[1]
    assert found == pytest.approx((np.sqrt(2.0) if G.n == 2 else G.n) * 1e-6, rel=1e-4) if G.special else found < 1e-14


@groups
def test_damaged_links_are_not_unitary(name):
    """NaN and infinity are violations, not zeros that pass every comparison."""
    G, lattice = group(name), Lattice((4, 8))
    for bad in (np.nan, np.inf):
        for place in range(4):
            U = gauge.hot(lattice, G, 5)
            numbers(U)[place % 2, place % lattice.blocks, 0, place] = bad
            assert not gauge.unitarity_violation(lattice, U, G) < 1.0


@groups
def test_reunitarisation_of_links_is_idempotent(name):
    G, lattice = group(name), Lattice((4, 8))
    U = gauge.hot(lattice, G, 5)
    z = lattice.to_user(U)
    V = lattice.from_links(z + 1e-7 * samples.complex_normal(np.random.default_rng(2), *z.shape))
    gauge.reunitarize(lattice, V, G)
    assert gauge.unitarity_violation(lattice, V, G) < 3e-15 * G.n
    np.testing.assert_allclose(lattice.to_user(V), z, rtol=0, atol=1e-6)


def test_gaussian_vectors():
    """Unit variance of every complex component, from the Philox numbers of the site."""
    lattice = Lattice((4, 2, 4))
    r = lattice.to_user(gaussian_vector(lattice, 3, Stream(4, 5), 17))
    x = philox.numbered(lattice.shape, lambda site, count: philox.normals(site, count, 5, 17, 4), 6)
    expected = (x.reshape(*lattice.shape, 3, 2) @ [1.0, 1.0j]) * np.sqrt(0.5)
    np.testing.assert_allclose(r[..., 0], expected, rtol=0, atol=1e-13)
