"""Connected parts of products of derivatives of ln det against derivatives of ln Z, of any configurations."""

from math import factorial

import numpy as np
import pytest

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.expression import expressions
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.expressions import derived_samples
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

PRODUCTS = [(1,), (2,), (3,), (4,), (1, 1), (1, 2), (1, 3), (2, 2), (1, 1, 1), (1, 1, 2), (1, 1, 1, 1)]
SHAPE = (6, 6, 6, 4)
FACTOR = 4**4 / (6**3 * 4)
COUNT, RADIUS = 16, 0.3


def derivatives(seed, count=60):
    """D_1 ... D_4 of each configuration, odd ones imaginary, [configuration, n - 1]."""
    D = 0.5 * np.random.default_rng(seed).normal(size=(count, 4)) + np.array([0.0, 0.6, 0.0, 0.3])
    return D * np.array([1j, 1.0, 1j, 1.0])


def columns(D, stem="quark_fluctuations"):
    """The series of one table, of exact traces."""
    found = {}
    for orders in PRODUCTS:
        value = np.prod(D[:, [order - 1 for order in orders]], axis=1)
        found["_".join((stem, *map(str, orders)))] = value.imag if sum(orders) % 2 else value.real
    return found


def chains(found, **physics):
    series = {name: Series(name, "f", np.arange(1, len(x) + 1), x) for name, x in found.items()}
    return Chains([series], Method(), physics=Physics(**{"shape": SHAPE, "group": "SU(3)"} | physics))


def logarithm(D, E, x, y):
    """ln Z at mu_f = x, mu_g = y, over the configurations and their charge conjugates."""
    def power(D, x):
        return sum(D[:, n - 1] * x**n / factorial(n) for n in range(1, 5))

    pairs = [power(D, x) + power(E, y), power(D.conj(), x) + power(E.conj(), y)]
    return np.log(np.mean(np.exp(pairs)))


def expected(D, E, i, j):
    """Derivative of order i and j of ln Z at 0, by Cauchy's formula, in units of T^d."""
    angles = 2 * np.pi * np.arange(COUNT) / COUNT
    circle = RADIUS * np.exp(1j * angles)
    values = np.array([[logarithm(D, E, x, y) for y in circle] for x in circle])
    coefficient = np.exp(-1j * i * angles) @ values @ np.exp(-1j * j * angles) / COUNT**2
    return FACTOR * factorial(i) * factorial(j) * coefficient.real / RADIUS ** (i + j)


def means(text, made):
    return {one.name.partition(".")[2]: one.mean for one in fit(parse_fit(text), made).parameters}


def test_equal_flavors():
    D = derivatives(1)
    found = means("s = susceptibilities(quark_fluctuations)", chains(columns(D)))
    orders = {"chi_2": (2, 0), "chi_11": (1, 1), "chi_4": (4, 0), "chi_31": (3, 1), "chi_22": (2, 2)}
    assert found == pytest.approx({name: expected(D, D, *ij) for name, ij in orders.items()}, rel=1e-7)


def test_different_flavors():
    D, E = derivatives(1), derivatives(2) + 0.4 * derivatives(1)
    made = chains(columns(D) | columns(E, "strange_quark_fluctuations"))
    found = means("m = mixed_susceptibilities(quark_fluctuations, strange_quark_fluctuations)", made)
    assert found == pytest.approx({f"chi_{i}{j}": expected(D, E, i, j) for i, j in ((1, 1), (3, 1), (1, 3), (2, 2))})


@pytest.mark.parametrize("flavors", [1.0, 2.5])
def test_taylor_coefficients(flavors):
    D = derivatives(3)
    found = means(f"p = taylor_coefficients(quark_fluctuations, {flavors})", chains(columns(D)))
    of_all = flavors * D
    assert found["c_2"] == pytest.approx(expected(of_all, 0 * D, 2, 0) / 2, rel=1e-7)
    assert found["c_4"] == pytest.approx(expected(of_all, 0 * D, 4, 0) / 24, rel=1e-7)


def test_links_on_which_odd_derivatives_are_zero():
    D = derivatives(4).real.astype(complex)
    kept = {k: x for k, x in columns(D).items() if k.removeprefix("quark_fluctuations_") in ("2", "4", "2_2")}
    found = means("s = susceptibilities(quark_fluctuations)", chains(kept))
    assert found == pytest.approx({"chi_2": expected(D, D, 2, 0), "chi_4": expected(D, D, 4, 0),
                                   "chi_22": expected(D, D, 2, 2)}, rel=1e-7)  # fmt: skip
    second = {k: x for k, x in columns(derivatives(5)).items() if k[-3:] in ("s_1", "s_2", "1_1") and len(k) < 24}
    assert list(means("s = susceptibilities(quark_fluctuations)", chains(second))) == ["chi_2", "chi_11"]


def mixed(seed):
    """chi_22 of two quarks of an ensemble, and the series."""
    D, E = derivatives(seed, 200), derivatives(1000 + seed, 200)
    made = chains(columns(D) | columns(E, "b_quark_fluctuations"))
    found = fit(parse_fit("m = mixed_susceptibilities(quark_fluctuations, b_quark_fluctuations)"), made)
    return found.parameters[-1], made


def test_derived_quantities_of_mixed_ones():
    found, made = mixed(1)
    samples, function = derived_samples(expressions(["x = 3 * m.chi_22"], {})[0], made)
    assert function(samples[0].table.mean(axis=0)).value == pytest.approx(3 * found.mean, rel=1e-12)


@pytest.mark.slow
def test_errors_are_the_spread_of_many_ensembles():
    found = [mixed(seed)[0] for seed in range(100)]
    spread = np.std([one.mean for one in found], ddof=1)
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=0.3)


@pytest.mark.parametrize(
    ("text", "physics", "words"),
    [
        ("s = susceptibilities(condensate)", {}, "no series condensate_2"),
        ("s = susceptibilities(quark_fluctuations)", {"shape": ()}, "extents of the lattice are not known"),
        ("s = susceptibilities(quark_fluctuations)", {"anisotropic": True}, "anisotropic"),
        ("m = mixed_susceptibilities(quark_fluctuations, quark_fluctuations)", {}, "the same quark twice"),
        ("p = taylor_coefficients(quark_fluctuations, -2)", {}, "above 0"),
    ],
)
def test_refused(text, physics, words):
    with pytest.raises(InputError, match=words):
        fit(parse_fit(text), chains(columns(derivatives(1)), **physics))
