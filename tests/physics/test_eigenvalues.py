"""Lowest eigenvalues of staggered, Wilson and domain wall operators against dense matrices and free spectra."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from builders import Place
from reference import domainwall, samples, wilson
from reference import staggered as reference

from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import FermionConfig
from lqcdnn.config.tables.schema import ActionConfig, GaugeConfig
from lqcdnn.dirac import lowmodes
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import cold, hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream, noise_purpose
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.jobs.measure import measure_files
from lqcdnn.kernels.jacobi import diagonalize
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.eigenvalues import norm_bound, random_vector, squared
from lqcdnn.measure.runner import Measurements

FILE = Path(__file__).parents[1] / "data" / "pg_b5.7_4444.milc"
# smallest |lambda| of D by dense numpy (complete matrix), by boundary sign of time
MILC = {
    -1: (0.04312762, 0.06111709, 0.08378487, 0.12659249),
    1: (0.10585892, 0.11849069, 0.17317303, 0.20089572),
}
WALLS = {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}


def measured(lattice, U, name, fermion=None, seed=1, **options):
    action = None if fermion is None else ActionConfig(gauge=GaugeConfig(beta=1.0), fermion=(fermion,))
    which = {"eigenvalues": observable("eigenvalues", options, lattice.d, {} if fermion is None else {"1": fermion})}
    return Measurements(lattice, group(name), which, action).measure(U, Stream(seed, 2))["eigenvalues"]


def test_jacobi():
    rng = np.random.default_rng(3)
    for n in (1, 2, 7, 24):
        X = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
        A = X + X.conj().T
        A[0, 0] = A[-1, -1]
        H, V = A.copy(), np.eye(n, dtype=complex)
        diagonalize(H, V)
        np.testing.assert_allclose(np.sort(H.diagonal().real), np.linalg.eigvalsh(A), rtol=0, atol=1e-12)
        np.testing.assert_allclose(V.conj().T @ A @ V, np.diag(H.diagonal()), rtol=0, atol=1e-12)
        np.testing.assert_allclose(V.conj().T @ V, np.eye(n), rtol=0, atol=1e-13)


@pytest.mark.parametrize("time", MILC)
def test_file_of_milc(time):
    options = {"eigenvalues": {"boundary": [1, 1, 1, time], "number": 4}}
    (found,) = measure_files([FILE], options=options)
    np.testing.assert_allclose(found["eigenvalues"], MILC[time], rtol=0, atol=2e-8)
    assert found["eigenvalues_residual"] <= 1e-8


@pytest.mark.parametrize("place", [("SU(2)", (2, 4, 2, 4)), ("SU(3)", (2, 2, 2, 4)), ("U(1)", (4, 8))], ids=str)
def test_staggered_against_dense(place):
    """SU(2) has every eigenvalue twice, which one Krylov space would not see."""
    p = Place(*place)
    D = reference.dense_hop(p.lattice.to_user(p.U), p.antiperiodic())
    expected = np.linalg.eigvalsh(-1j * D)
    expected = expected[expected > 0]
    found = measured(p.lattice, p.U, place[0], number=6)["eigenvalues"]
    np.testing.assert_allclose(found, expected[:6], rtol=1e-9)
    if place[0] == "SU(2)":
        np.testing.assert_allclose(found[::2], found[1::2], rtol=1e-9)


@pytest.mark.parametrize(("name", "n", "shape", "kind", "csw"), [
    ("SU(2)", 2, (2, 2, 2, 4), "wilson", 0.0), ("SU(2)", 2, (2, 2, 2, 4), "wilson", 1.2),
    ("U(1)", 1, (4, 8), "wilson", 0.0), ("U(1)", 1, (4, 8), "domain_wall", 0.0),
])  # fmt: skip
def test_hermitian_operators_against_dense(name, n, shape, kind, csw):
    lattice, boundary, mass = Lattice(shape), (*(1,) * (len(shape) - 1), -1), 0.1
    links = samples.links(np.random.default_rng(5), shape, n)
    extra = WALLS if kind == "domain_wall" else {"csw": csw}
    fermion = FermionConfig(kind=kind, flavors=2, mass=mass, boundary=boundary, rational=False, **extra)
    if kind == "domain_wall":
        D = domainwall.dense(links, boundary, mass, *WALLS.values())
    else:
        kappa = 0.5 / (mass + lattice.d)
        D = wilson.matrix(links, kappa, boundary, csw) / (2 * kappa)
    found = measured(lattice, lattice.from_links(links), name, fermion, number=5)
    np.testing.assert_allclose(found["eigenvalues"], np.linalg.svd(D, compute_uv=False)[::-1][:5], rtol=1e-9)
    assert found["eigenvalue_options"]["mass"] == mass
    assert ("eigenvalues_signed" in found) == (kind == "wilson")
    if kind == "wilson":
        H = np.kron(np.eye(len(D) // lattice.d), wilson.gamma5(lattice.d)) @ D
        expected = sorted(np.linalg.eigvalsh(H), key=abs)[:5]
        np.testing.assert_allclose(found["eigenvalues_signed"], expected, rtol=1e-6)
        assert min(expected) < 0.0 < max(expected)


@pytest.mark.parametrize("number", [4, 6, 16])
def test_signs_where_both_are_degenerate(number):
    """Free quarks have pairs +-lambda: both signs come equally often, or are said to be unknown at a cut multiplet."""
    shape, boundary = (4, 8), (1, -1)
    lattice = Lattice(shape)
    fermion = FermionConfig(kind="wilson", flavors=2, mass=0.1, boundary=boundary, rational=False, csw=0.0)
    found = measured(lattice, cold(lattice, group("U(1)")), "U(1)", fermion, number=number)
    signs = found["eigenvalues_signed"]
    assert len(signs) == number
    for value, modulus in zip(signs, found["eigenvalues"], strict=True):
        assert value is None or abs(value) == pytest.approx(modulus, rel=1e-6)
    if number == 4:
        assert sorted(np.sign(signs)) == [-1.0, -1.0, 1.0, 1.0]


def test_free_spectrum_with_its_degeneracy():
    """sqrt(sum sin^2 p) on a cold lattice: more equal eigenvalues than the block has vectors, and fewer."""
    shape = (4, 2, 2, 4)
    lattice = Lattice(shape)
    momenta = [[2 * np.pi * (k + (0.5 if mu == 3 else 0.0)) / L for k in range(L)] for mu, L in enumerate(shape)]
    expected = np.sort([sum(np.sin(k) ** 2 for k in q) for q in product(*momenta)]) ** 0.5
    expected = np.repeat(expected, 2)[::2]  # two colours; each pair +-i lambda counts once
    U = cold(lattice, group("SU(2)"))
    for number in (3, 24):
        found = measured(lattice, U, "SU(2)", number=number)
        np.testing.assert_allclose(found["eigenvalues"], expected[:number], rtol=1e-9)


def test_all_eigenvalues_of_a_small_lattice():
    p = Place("U(1)", (4, 8))
    lam = np.linalg.eigvalsh(-1j * reference.dense_hop(p.lattice.to_user(p.U), (1, -1)))
    np.testing.assert_allclose(measured(p.lattice, p.U, "U(1)", number=16)["eigenvalues"], lam[16:], rtol=1e-9)
    with pytest.raises(InputError, match="16 eigenvalues"):
        measured(p.lattice, p.U, "U(1)", number=17)


def test_start_vectors_do_not_matter_and_too_few_polynomials_are_an_error():
    p = Place("SU(3)", (2, 2, 2, 4))
    one, two = (measured(p.lattice, p.U, "SU(3)", seed=seed, number=4)["eigenvalues"] for seed in (1, 2))
    assert one != two
    np.testing.assert_allclose(one, two, rtol=1e-9)
    assert one == measured(p.lattice, p.U, "SU(3)", number=4)["eigenvalues"]
    with pytest.raises(NumericalError, match="after 1 polynomials"):
        measured(p.lattice, p.U, "SU(3)", number=4, max_iterations=1, tolerance=1e-12)


def test_a_dense_spectrum_takes_polynomials_of_higher_degree(monkeypatch):
    """Of a known matrix whose lowest eigenvalues lie 3e-7 of its norm apart: the same ones for fewer products."""
    lattice = Lattice((4, 4, 4, 4))
    values = 1e-7 * np.arange(1.0, lattice.volume + 1.0) ** 2
    values[-1] = 1.0
    diagonal, products = lattice.site_field(values)["c"][:, 0, 0, 0, :], []

    def apply(out, x):
        products.append(1)
        out["c"] = diagonal[:, None, None, None, :] * x["c"]

    for highest in (lowmodes.HIGHEST, lowmodes.DEGREE):
        monkeypatch.setattr(lowmodes, "HIGHEST", highest)
        products.append(0)
        start = [gaussian_vector(lattice, 1, Stream(1, 2), noise_purpose(i), 1) for i in range(6)]
        A = lowmodes.Hermitian(apply, 1.0, 0, lattice.blocks)
        found = lowmodes.low_modes(A, start, 3, 1e-11, 1000)
        np.testing.assert_allclose(found.values, values[:3], rtol=0, atol=1e-11)
    few, many = (sum(products[: products.index(0, 1)]), sum(products[products.index(0, 1) :]))
    assert few < 0.5 * many


@pytest.mark.parametrize(("name", "start"), [("SU(3)", hot), ("SU(2)", cold), ("U(1)", hot)])
def test_no_eigenvalue_exceeds_the_bound_from_some_products(name, start):
    lattice = Lattice((4, 4, 4, 4))
    U = start(lattice, group(name), *([3] if start is hot else []))
    operator = StaggeredOperator(lattice, group(name).n, 0.0, (1, 1, 1, -1))
    operator.set_links(U)
    D = reference.dense_hop(lattice.to_user(U), (1, 1, 1, -1))
    largest = np.abs(np.linalg.eigvalsh(-1j * D)).max() ** 2
    for seed in (1, 2, 3):
        bound = lowmodes.upper_bound(squared(operator), random_vector(operator, Stream(seed, 2), 0))
        assert largest * (1.0 - 1e-12) <= bound < 1.5 * largest


def test_bounds():
    """The bound of |D| holds on random links and is not far off."""
    p = Place("SU(2)", (2, 2, 2, 2))
    op = p.wilson(0.13, 1.5).operator
    D = wilson.matrix(p.lattice.to_user(p.U), 0.13, p.antiperiodic(), 1.5)
    largest = np.linalg.svd(D)[1][0]
    assert largest <= norm_bound(op) < 4 * largest
