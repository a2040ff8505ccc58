"""Mode number and spectral density against dense spectra, the free field, and the smoothed step itself."""

from itertools import product

import numpy as np
import pytest
from builders import Place
from reference import staggered, wilson

from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import FermionConfig
from lqcdnn.config.tables.schema import ActionConfig, GaugeConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.spectral_density import jackson, smoothed_counts
from lqcdnn.measure.runner import Measurements

MASS = 0.1
PLACES = {
    "staggered": ("SU(2)", (2, 2, 2, 4), {}),
    "wilson": ("SU(2)", (2, 2, 2, 2), {}),
    "clover": ("U(1)", (4, 8), {"csw": 1.1}),
}


def measured(lattice, U, name, fermion=None, seed=1, **options):
    action = None if fermion is None else ActionConfig(gauge=GaugeConfig(beta=1.0), fermion=(fermion,))
    chosen = observable("spectral_density", options, lattice.d, {} if fermion is None else {"1": fermion})
    what = Measurements(lattice, group(name), {"spectral_density": chosen}, action)
    return what.measure(U, Stream(seed, 2))["spectral_density"]


def problem(case):
    """(lattice, U, group, fermion), and |lambda| of D^dag D on all sites by dense numpy."""
    name, shape, extra = PLACES[case]
    p = Place(name, shape)
    U, b = p.lattice.to_user(p.U), p.antiperiodic()
    if case == "staggered":
        return (p.lattice, p.U, name), np.abs(np.linalg.eigvalsh(-1j * staggered.dense_hop(U, b)))
    fermion = FermionConfig(kind="wilson", flavors=2, mass=MASS, boundary=b, rational=False, **({"csw": 0.0} | extra))
    kappa = 0.5 / (MASS + p.d)
    D = wilson.matrix(U, kappa, b, extra.get("csw", 0.0)) / (2 * kappa)
    return (p.lattice, p.U, name, fermion), np.linalg.svd(D)[1]


@pytest.mark.parametrize("case", PLACES)
def test_exact_against_dense(case):
    where, values = problem(case)
    found = measured(*where, method="exact", bins=15, maximum=3.0)
    edges = np.linspace(0.0, 3.0, 16)
    np.testing.assert_allclose(found["spectral_edges"], edges[1:], rtol=1e-14)
    assert found["mode_number"] == [float((values <= edge).sum()) for edge in edges[1:]]
    counts = np.histogram(values, edges)[0]
    np.testing.assert_allclose(found["spectral_density"], counts / (2 * where[0].volume * 0.2), rtol=1e-14)
    whole = measured(*where, method="exact", bins=1)
    assert whole["mode_number"] == [len(values)]
    assert "degree" not in whole["spectral_options"]


@pytest.mark.parametrize("case", PLACES)
def test_noise_has_the_smoothed_count_as_its_mean(case):
    """Chebyshev's sum for every dense eigenvalue is what the noise must find, vector by vector on average."""
    where, values = problem(case)
    degree, top = 30, measured(*where, method="exact", bins=1)["spectral_edges"][0]
    found = [measured(*where, seed=seed, degree=degree, vectors=5, bins=8) for seed in range(30)]
    counts = np.array([one["mode_number"] for one in found])
    angles = np.arccos(np.clip(2.0 * (values / top) ** 2 - 1.0, -1.0, 1.0))
    moments = [float(np.cos(n * angles).sum()) for n in range(degree + 1)]
    expected = np.array(smoothed_counts(moments, [((k + 1) / 8) ** 2 for k in range(8)]))
    errors = counts.std(axis=0, ddof=1) / np.sqrt(len(counts))
    assert (np.abs(counts.mean(axis=0) - expected) < 4.0 * errors + 1e-9).all(), (counts.mean(axis=0), expected, errors)
    assert counts[0, -1] == pytest.approx(len(values), rel=1e-12)
    density = np.diff(np.concatenate([[0.0], counts[0]])) / (2 * where[0].volume * top / 8)
    np.testing.assert_allclose(found[0]["spectral_density"], density, rtol=1e-9, atol=1e-12)


def test_smoothed_step():
    """A single eigenvalue: rises from 0 to 1 within a few widths pi/(degree + 1) in theta, monotonously."""
    count, centre = 200, 1.2
    moments = [float(np.cos(n * centre)) for n in range(count)]
    theta = np.linspace(0.0, np.pi, 400)
    steps = np.array(smoothed_counts(moments, list(0.5 * (1.0 + np.cos(theta)))))
    width = np.pi / count
    assert (np.diff(steps) < 1e-9).all()
    assert (np.abs(steps[theta > centre + 5 * width]) < 1e-3).all()
    assert (np.abs(steps[theta < centre - 5 * width] - 1.0) < 1e-3).all()
    middle = np.interp([0.5 * (1.0 + np.cos(centre + s * width)) for s in (1, -1)], (1 + np.cos(theta))[::-1] / 2,
                       steps[::-1])  # fmt: skip
    np.testing.assert_allclose(middle, [0.159, 0.841], atol=0.02)  # a normal distribution of this width
    assert jackson(0, 10) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["staggered", "wilson"])
def test_free_field(kind):
    """|lambda|^2 = sum sin^2 p, or that plus (m + sum (1 - cos p))^2, with its degeneracy."""
    shape = (4, 8) if kind == "wilson" else (2, 2, 2, 4)
    lattice, d = Lattice(shape), len(shape)
    momenta = [[2 * np.pi * (k + 0.5 * (mu == d - 1)) / L for k in range(L)] for mu, L in enumerate(shape)]
    points = list(product(*momenta))
    values = np.sqrt([sum(np.sin(q) ** 2 for q in p) for p in points])
    fermion = None
    if kind == "wilson":
        wilson_term = [MASS + sum(1 - np.cos(q) for q in p) for p in points]
        values = np.hypot(values, wilson_term)
        fermion = FermionConfig(kind=kind, flavors=2, mass=MASS, boundary=(1, -1), rational=False, csw=0.0)
    copies = 2 if kind == "wilson" else 3  # spins; colours
    name = "U(1)" if kind == "wilson" else "SU(3)"
    found = measured(lattice, cold(lattice, group(name)), name, fermion, method="exact", bins=7, maximum=2.71)
    edges = np.linspace(0.0, 2.71, 8)[1:]
    assert found["mode_number"] == [float(copies * (values <= edge).sum()) for edge in edges]


def test_same_noise_for_any_start_and_refusals():
    where, _ = problem("staggered")
    assert measured(*where, degree=11, vectors=2) == measured(*where, degree=11, vectors=2)
    big = Lattice((4, 4, 4, 4))
    with pytest.raises(InputError, match="512 x 512"):
        measured(big, cold(big, group("SU(4)")), "SU(4)", method="exact")
    walls = FermionConfig(kind="domain_wall", flavors=2, mass=MASS, boundary=(1, -1), M5=0.9, L5=4, b5=1.0, c5=0.0,
                          rational=False)  # fmt: skip
    flat = Lattice((4, 4))
    with pytest.raises(InputError, match="domain wall"):
        measured(flat, cold(flat, group("U(1)")), "U(1)", walls)
