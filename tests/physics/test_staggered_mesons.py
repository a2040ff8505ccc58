"""Local mesons of staggered quarks against dense propagators, spin and taste matrices, MILC, and free quarks."""

from pathlib import Path

import numpy as np
import pytest
from builders import Place, transformation
from reference import staggered as reference
from reference import wilson

from lqcdnn.config import observable
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.measure import measure_files
from lqcdnn.measure.quarks import staggered_mesons
from lqcdnn.measure.runner import Measurements

MASS = 0.2
PLACES = [("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4)), ("U(1)", (4, 8))]
FILE = Path(__file__).parents[1] / "data" / "pg_b5.7_4444.milc"
# mass: pion05, rhox ..., rhox0 ... of MILC, antiperiodic in time, propagators of 2D + 2m, seven digits
MILC = {
    0.1: {
        "axial_time_t5": ((-0.4927528, -0.1652929, -0.1116331, -0.1614385),),
        "vector_i": (
            (0.1323401, 0.1173425, -0.007504392, 0.05539725),
            (0.1704528, 0.100697, 0.01861752, 0.1070469),
            (0.2920546, 0.0759351, 0.08090276, 0.09490113),
        ),
        "tensor_it": (
            (-0.00955095, 0.1008982, 0.02485895, 0.06014482),
            (-0.07027871, 0.06899642, 0.004403321, 0.05177434),
            (-0.1830979, 0.07911314, -0.04715253, 0.05198626),
        ),
    },
    0.5: {
        "axial_time_t5": ((-0.04676814, -0.0351178, 0.002483239, -0.02528082),),
        "vector_i": (
            (0.1955775, 0.04329408, 0.009116854, 0.03306075),
            (0.2006992, 0.04260426, 0.0113257, 0.03695766),
            (0.2328403, 0.04128016, 0.01574645, 0.03687053),
        ),
        "tensor_it": (
            (0.088287, 0.03670445, 0.007546885, 0.02384842),
            (0.079862, 0.02849286, 0.005933232, 0.02211312),
            (0.05483958, 0.03522181, 0.002521163, 0.02481238),
        ),
    },
}
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


def traces(S, shape, n, matrices, sources=(0,), other=None):
    """-sum_x <chibar_1 phi chi_2(x) (chibar_1 phi chi_2(y))^dag> from S_2(x; y) and S_1(y; x), mean over sources y.

    S_1 is the ``other`` propagator, if there is one.
    """
    sites = list(reference.sites(shape))
    V, time = len(sites), wilson.gammas(len(shape))[-1]
    S, other = (one.reshape(V, n, V, n) for one in (S, S if other is None else other))
    total = np.zeros(shape[-1])
    for g in matrices:
        bar, phi = time @ g.conj().T @ time, np.array([sign_of(x, g) for x in sites])
        adjoint = np.trace(bar @ g.conj().T).real / len(g) * np.trace(g.conj().T @ g.conj().T).real / len(g)
        for y in sources:
            loops = -adjoint * phi * phi[y] * np.einsum("xij,jxi->x", S[:, :, y], other[y])
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


@pytest.mark.parametrize("mass", MILC)
def test_milc(mass):
    """Propagators of D + m are twice MILC's, and its pion05 is (-1)^t times axial_time_t5."""
    (found,) = measure_files([FILE], options={"mesons": {"mass": mass, "tolerance": 1e-12}})
    for name, values in MILC[mass].items():
        expected = np.mean(values, axis=0) * ((-1.0) ** np.arange(4) if name == "axial_time_t5" else 1.0)
        np.testing.assert_allclose(np.array(found[f"meson_{name}"]) / 4.0, expected, atol=1e-7)


@every_place
def test_two_quarks_against_dense_propagators(place):
    p, other = Place(*place), 0.7
    found, exchanged = measured(p, antiquark_mass=other), measured(p, mass=other, antiquark_mass=MASS)
    S, Z = dense(p), dense(p, other)
    for name, (own, _) in spin_and_taste(p.d).items():
        expected = traces(S, p.lattice.shape, p.n, own, other=Z)
        np.testing.assert_allclose(found[f"meson_{name}"], expected, atol=1e-10)
        np.testing.assert_allclose(exchanged[f"meson_{name}"], expected, atol=1e-10)
    assert found["meson_options"]["antiquark_mass"] == other
    alone, same = measured(p), measured(p, antiquark_mass=MASS)
    assert found["meson_pseudoscalar_5"] != alone["meson_pseudoscalar_5"]
    assert {key: alone[key] for key in alone if key != "meson_options"} == {
        key: same[key] for key in alone if key != "meson_options"
    }


@every_place
def test_momenta_against_sums_over_space(place):
    """Means over both signs; and over directions of equal extents."""
    p, x = Place(*place), np.indices(place[1])
    S = dense(p).reshape(*place[1], p.n, -1)[..., : p.n]  # from the origin
    square = (np.abs(S) ** 2).sum(axis=(-1, -2))
    waves = [np.cos(2 * np.pi * x[i] / place[1][i]) for i in range(p.d - 1)]
    momentum, wave = ([1, 0, 0], waves[0]) if p.d == 4 else ([2], np.cos(4 * np.pi * x[0] / 4))
    if place[1] == (2, 4, 2, 4):  # x and z are alike
        wave = (waves[0] + waves[2]) / 2
    found, rest = measured(p, momenta=[momentum]), measured(p)
    sign = (-1.0) ** x[:-1].sum(axis=0)
    space = tuple(range(p.d - 1))
    key = "_".join(map(str, momentum))
    for name, C in (("pseudoscalar_5", wave * square), ("axial_time_t5", sign * wave * square)):
        np.testing.assert_allclose(found[f"meson_{name}_p{key}"], C.sum(axis=space), atol=1e-10)
        assert found[f"meson_{name}"] == rest[f"meson_{name}"]


@pytest.mark.parametrize("other", [None, 0.7])
@pytest.mark.parametrize("place", [("SU(2)", (2, 2, 2, 4)), ("U(1)", (4, 8))], ids=lambda p: p[0])
def test_noise_on_the_wall_has_the_mean_over_its_sites(place, other, monkeypatch):
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
    second = {} if other is None else {"antiquark_mass": other}
    found, S = measured(p, source="noise_wall", vectors=count, **second), dense(p)
    Z = dense(p, MASS if other is None else other)
    for name, (own, _) in spin_and_taste(p.d).items():
        expected = traces(S, p.lattice.shape, p.n, own, wall, Z)
        np.testing.assert_allclose(found[f"meson_{name}"], expected, atol=1e-10)


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
    p = Place("SU(2)", (4, 4, 4))
    with pytest.raises(InputError, match="d = 2 and 4"):
        measured(p)
