"""Reweighting factors against dense determinants: exact ones to rounding, those from noise within their errors."""

import math
from functools import cache

import numpy as np
import pytest
from reference import domainwall, samples, staggered, wilson

from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import FermionConfig, ValenceConfig
from lqcdnn.config.tables.schema import ActionConfig, GaugeConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.determinants import partial_fractions
from lqcdnn.measure.runner import Measurements

WALLS = {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}
MASS, MASSES = 0.4, (0.3, 0.5)
CASES = {
    "staggered 4": ("SU(2)", (2, 2, 2, 2), "staggered", 4, {}),
    "staggered 3": ("SU(3)", (2, 2, 2, 2), "staggered", 3, {}),
    "staggered 5": ("U(1)", (4, 8), "staggered", 5, {}),
    "wilson": ("SU(2)", (2, 2, 2, 2), "wilson", 2, {}),
    "clover": ("SU(2)", (2, 2, 2, 2), "wilson", 4, {"csw": 1.2}),
    "wilson 2-d": ("U(1)", (4, 8), "wilson", 2, {}),
    "domain walls": ("U(1)", (4, 8), "domain_wall", 2, WALLS),
}
every_case = pytest.mark.parametrize("case", CASES)
SLOW = ("staggered 3", "wilson", "clover")  # in four dimensions: the exact ratios are fast, noise of others too
every_noisy_case = pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow) if case in SLOW else case for case in CASES]
)


def links(name, shape):
    return samples.links(np.random.default_rng(7), shape, group(name).n)


def boundary(shape):
    return (*(1,) * (len(shape) - 1), -1)


def measured(case, seed=1, valence=False, **options):
    """Weights of a fermion of the action, or of a valence quark in addition to one of another mass."""
    name, shape, kind, flavors, extra = CASES[case]
    fermion = FermionConfig(
        kind=kind, flavors=flavors, mass=MASS, boundary=boundary(shape), rational=False, max_iterations=1000, **extra
    )
    lattice = Lattice(shape)
    action = ActionConfig(gauge=GaugeConfig(beta=1.0), fermion=(fermion,))
    quark = ValenceConfig(kind=kind, mass=MASSES[0], boundary=boundary(shape), flavors=flavors, **extra)
    given = {"fermion": "more"} if valence else {"masses": MASSES}
    chosen = observable("reweighting", {**given, **options}, len(shape), {"1": fermion, "more": quark})
    what = Measurements(lattice, group(name), {"reweighting": chosen}, action, valence={"more": quark})
    return what.measure(lattice.from_links(links(name, shape)), Stream(seed, 3))["reweighting"]


@cache
def log_weight(case, mass):
    """ln of the weight of a fermion of this mass, by dense matrices over the whole lattice."""
    name, shape, kind, flavors, extra = CASES[case]
    U, b = links(name, shape), boundary(shape)
    if kind == "staggered":
        D = staggered.dense_hop(U, b)
        return np.linalg.slogdet(D + mass * np.eye(len(D)))[1] * flavors / (4 if len(shape) == 4 else 2)
    if kind == "domain_wall":
        return domainwall.log_determinant_ratio(U, b, mass, *WALLS.values()) * flavors / 2
    kappa = 0.5 / (mass + len(shape))
    return flavors * np.linalg.slogdet(wilson.matrix(U, kappa, b, extra.get("csw", 0.0)) / (2 * kappa))[1]


def log_ratios(case):
    return np.array([log_weight(case, mass) - log_weight(case, MASS) for mass in MASSES])


@every_case
def test_exact(case):
    found = measured(case, method="exact")
    np.testing.assert_allclose(found["reweighting"], log_ratios(case), rtol=1e-10)
    assert found["reweighting_error"] is None
    assert found["reweighting_masses"] == list(MASSES)
    assert found["reweighting_options"]["mass"] == MASS


@every_case
def test_a_valence_quark_has_the_determinant_itself_as_its_weight(case):
    found = measured(case, valence=True, method="exact")
    np.testing.assert_allclose(found["reweighting"], [log_weight(case, MASSES[0])], rtol=1e-10)
    assert found["reweighting_quark"]["fermion"] == "more"
    assert "mass" not in found["reweighting_options"]
    begun = measured(case, valence=True, method="exact", mass=MASS)
    np.testing.assert_allclose(begun["reweighting"], log_ratios(case)[:1], rtol=1e-10)


@every_noisy_case
def test_noise_has_the_ratio_as_its_mean(case):
    found = measured(case, vectors=300, steps=2)
    factors, errors = np.exp(found["reweighting"] - log_ratios(case)), np.array(found["reweighting_error"])
    assert (np.abs(factors - 1.0) < 4.0 * errors).all(), (factors, errors)
    assert (errors < 0.2).all()
    assert errors[1] > errors[0] > 1e-4


@pytest.mark.parametrize("case", [pytest.param("staggered 3", marks=pytest.mark.slow), "wilson 2-d"])
def test_the_error_is_the_spread(case):
    """Of many estimates with few vectors; their mean is the ratio although each is far off."""
    true, found = math.exp(log_ratios(case)[0]), [measured(case, s, masses=MASSES[:1], vectors=4) for s in range(150)]
    weights = np.exp([one["reweighting"][0] for one in found]) / true
    errors = np.array([one["reweighting_error"][0] for one in found]) * weights
    spread = weights.std(ddof=1)
    assert abs(weights.mean() - 1.0) < 4.0 * spread / math.sqrt(len(found))
    assert spread == pytest.approx(math.sqrt((errors**2).mean()), rel=0.2)


def test_one_vector_has_no_error():
    assert measured("staggered 4", vectors=1)["reweighting_error"] is None


@pytest.mark.parametrize("power", [0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize(("old", "new"), [(0.4, 0.3), (0.3, 0.4), (0.02, 0.01), (1.0, 0.99)])
def test_partial_fractions(power, old, new):
    """(X/X')^p - 1 for every eigenvalue of a massless operator."""
    lam2 = np.concatenate([[0.0], np.geomspace(1e-6, 16.0, 50)])
    light = min(old, new)
    weights, shifts = partial_fractions(power, old**2 - new**2, light**2)
    found = sum(w / (light**2 + lam2 + t) for w, t in zip(weights, shifts, strict=True))
    expected = np.expm1(power * (np.log(old**2 + lam2) - np.log(new**2 + lam2)))
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert shifts == sorted(shifts)
    assert shifts[0] >= 0.0


@pytest.mark.parametrize(
    ("case", "options", "words"),
    [
        ("staggered 4", {"mass": 0.35}, "reweighting.mass: found 0.35"),
        ("staggered 4", {"flavors": 8}, "reweighting.flavors: found 8"),
        ("staggered 4", {"masses": [0.3, 0.3]}, "another mass"),
        ("staggered 4", {"masses": [-0.1]}, "a number >= 0"),
        ("staggered 4", {"masses": [0.0]}, "masses above 0"),
        ("staggered 4", {"masses": [2.0], "steps": 1}, "finite variance"),
    ],
)
def test_refused(case, options, words):
    with pytest.raises(InputError, match=words):
        measured(case, **options)
