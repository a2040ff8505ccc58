"""Local mesons of staggered quarks against dense propagators, spin and taste matrices, and free quarks."""

import numpy as np
import pytest
from builders import Place, transformation
from reference import staggered as reference
from reference import wilson

from lqcdnn.config import observable
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.measure import staggered_mesons
from lqcdnn.measure.runner import Measurements

MASS = 0.2
PLACES = [("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4)), ("U(1)", (4, 6))]
every_place = pytest.mark.parametrize("place", PLACES, ids=lambda p: p[0])


def measured(p, U=None, mass=MASS, names=("mesons",), **options):
    given = {name: observable(name, {"mass": mass, "tolerance": 1e-12} | options, p.d) for name in names}
    found = Measurements(p.lattice, p.group, given).measure(p.U if U is None else U, Stream(1, 1))
    return found if len(names) > 1 else found[names[0]]


def spin_and_taste(d):
    """Matrices of each channel, and of its partner of alternating sign; several are averaged."""
    gamma, g5 = wilson.gammas(d), wilson.gamma5(d)
    time, space = gamma[-1], gamma[:-1]
    found = {"pseudoscalar_5": ([g5], [time]), "axial_time_t5": ([time @ g5], [np.eye(d)])}
    if d == 4:
        x, y, z = space
        found["vector_i"] = (space, [y @ z, z @ x, x @ y])
        found["tensor_it"] = ([g @ time for g in space], [g @ g5 for g in space])
    return found


def sign_of(x, g):
    """phi(x) of g x taste g: tr Gamma_x^dag g Gamma_x g^dag / tr 1, Gamma_x = gamma_1^x1 ... gamma_d^xd."""
    at = np.eye(len(g))
    for gamma, k in zip(wilson.gammas(len(x)), x, strict=True):
        at = at @ np.linalg.matrix_power(gamma, k % 2)
    found = np.trace(at.conj().T @ g @ at @ g.conj().T) / len(g)
    assert abs(found.imag) < 1e-12
    assert abs(abs(found.real) - 1.0) < 1e-12
    return round(found.real)


def traces(S, shape, n, matrices, sources=(0,)):
    """-sum_x <chibar_1 phi chi_2(x) (chibar_1 phi chi_2(y))^dag> from both S(x; y) and S(y; x), mean over sources y."""
    sites = list(reference.sites(shape))
    V, time = len(sites), wilson.gammas(len(shape))[-1]
    S = S.reshape(V, n, V, n)
    total = np.zeros(shape[-1])
    for g in matrices:
        bar, phi = time @ g.conj().T @ time, np.array([sign_of(x, g) for x in sites])
        adjoint = np.trace(bar @ g.conj().T).real / len(g) * np.trace(g.conj().T @ g.conj().T).real / len(g)
        for y in sources:
            loops = -adjoint * phi * phi[y] * np.einsum("xij,jxi->x", S[:, :, y], S[y])
            total += np.bincount([x[-1] for x in sites], loops.real, shape[-1]) / len(matrices) / len(sources)
    return total


def dense(p, mass=MASS):
    D = reference.dense_hop(p.lattice.to_user(p.U), p.antiperiodic())
    return np.linalg.inv(D + mass * np.eye(len(D)))


@every_place
def test_against_dense_propagators(place):
    """Every channel is that of its spin and taste, and -(-1)^t times it that of the partner."""
    p = Place(*place)
    S, found = dense(p), measured(p, names=("mesons", "pion"))
    mesons, alternating = found["mesons"], (-1.0) ** np.arange(p.lattice.shape[-1])
    for name, (own, partner) in spin_and_taste(p.d).items():
        C = mesons.pop(f"meson_{name}")
        np.testing.assert_allclose(C, traces(S, p.lattice.shape, p.n, own), atol=1e-10)
        np.testing.assert_allclose(-alternating * C, traces(S, p.lattice.shape, p.n, partner), atol=1e-10)
        if name == "pseudoscalar_5":
            assert found["pion"]["pion"] == C
    assert list(mesons) == ["mesons_iterations", "meson_options"]


@pytest.mark.parametrize("place", [("SU(2)", (2, 2, 2, 4)), ("U(1)", (4, 6))], ids=lambda p: p[0])
def test_noise_on_the_wall_has_the_mean_over_its_sites(place, monkeypatch):
    """Vectors in place of noise whose products have exactly the mean that those of noise have."""
    p = Place(*place)
    wall = [k for k, x in enumerate(reference.sites(p.lattice.shape)) if x[-1] == 0]
    count = len(wall) * p.n
    vectors = np.sqrt(count) * np.linalg.qr(p.rng.normal(size=(count, count)))[0]

    def noise_wall(lattice, n, stream, kind, index):
        eta = np.zeros((lattice.volume, n, 1), dtype=complex)
        eta[wall] = vectors[index].reshape(-1, n, 1)
        return lattice.from_user(eta.reshape(*lattice.shape, n, 1))

    monkeypatch.setattr(staggered_mesons, "noise_wall", noise_wall)
    found, S = measured(p, source="noise_wall", vectors=count), dense(p)
    for name, (own, _) in spin_and_taste(p.d).items():
        np.testing.assert_allclose(found[f"meson_{name}"], traces(S, p.lattice.shape, p.n, own, wall), atol=1e-10)


def test_noise_is_on_the_wall_alone_and_repeats():
    p = Place("SU(3)", (4, 2, 2, 4))
    options = {"source": "noise_wall", "noise": "z2", "vectors": 3}
    first, again = (measured(p, **options) for _ in range(2))
    assert first == again
    assert first["meson_options"]["vectors"] == 3
    expected, C = measured(p)["meson_pseudoscalar_5"], first["meson_pseudoscalar_5"]
    np.testing.assert_allclose(C, expected, rtol=0.5)  # of another source
    assert expected != C


@every_place
def test_gauge_invariance(place):
    p = Place(*place)
    _, transform = transformation(p)
    one, other = measured(p), measured(p, transform(p.U))
    for name in staggered_mesons.channels(p.d):
        np.testing.assert_allclose(one[f"meson_{name}"], other[f"meson_{name}"], atol=1e-10)


def free_propagator(shape, mass):
    """S(x; 0) of free quarks, antiperiodic in time: (m - D) applied to the sum over momenta of 1/(m^2 + sin^2 p)."""
    p = np.meshgrid(*(2 * np.pi * (np.arange(L) + (mu == len(shape) - 1) / 2) / L for mu, L in enumerate(shape)),
                    indexing="ij")  # fmt: skip
    x = np.indices(shape)
    squares = np.fft.ifftn(1.0 / (mass**2 + sum(np.sin(one) ** 2 for one in p)))
    K = squares * np.exp(1j * np.pi * x[-1] / shape[-1])
    S = mass * K
    for mu, length in enumerate(shape):
        boundary = -1 if mu == len(shape) - 1 else 1
        ahead, behind = np.roll(K, -1, mu), np.roll(K, 1, mu)
        ahead[x[mu] == length - 1] *= boundary
        behind[x[mu] == 0] *= boundary
        S = S - 0.5 * (-1.0) ** x[:mu].sum(axis=0) * (ahead - behind)
    return S


def test_free_quarks():
    """The sum over momenta; far from the source quarks at rest are left, with energy E = asinh(m).

    S(t) is proportional to sinh E(T/2 - t) on even and to cosh E(T/2 - t) on odd t: C falls with 2E.
    """
    shape, mass = (4, 4, 4, 32), 0.3
    E = np.arcsinh(mass)
    p = Place("SU(2)", shape)
    squares = p.n * np.abs(free_propagator(shape, mass)) ** 2
    found, x = measured(p, gauge.cold(p.lattice, p.group), mass), np.indices(shape)
    signs = {
        "pseudoscalar_5": 1.0 + 0 * x[0], "axial_time_t5": (-1.0) ** (x[0] + x[1] + x[2]),
        "vector_i": sum((-1.0) ** x[i] for i in range(3)) / 3,
        "tensor_it": sum((-1.0) ** (x[i] + x[j]) for i, j in ((0, 1), (0, 2), (1, 2))) / 3,
    }  # fmt: skip
    for name, sign in signs.items():
        C = np.array(found[f"meson_{name}"])
        np.testing.assert_allclose(C, (sign * squares).sum(axis=(0, 1, 2)), rtol=1e-8, atol=1e-13)
        assert C[8] / C[10] == pytest.approx((np.sinh(8 * E) / np.sinh(6 * E)) ** 2, rel=2e-3)
        assert C[9] / C[11] == pytest.approx((np.cosh(7 * E) / np.cosh(5 * E)) ** 2, rel=2e-3)


def test_three_dimensions_are_refused():
    p = Place("SU(2)", (4, 2, 4))
    with pytest.raises(InputError, match="d = 2 and 4"):
        measured(p)
