"""Rational approximations: proven errors against dense sampling, alternation, the cache."""

import json
from decimal import Decimal, localcontext

import numpy as np
import pytest

from lqcdnn.dirac.rational import RationalPower, cache_path, cached_power, rational_power
from lqcdnn.dirac.remez import Exchange, best_power
from lqcdnn.errors import InputError

POWERS = (-0.75, -0.5, -0.25, -0.125, 0.0625, 0.125, 0.25, 0.375, 0.5)
RANGES = ((0.25, 16.25), (0.09, 7.0), (1e-4, 16.0))


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LQCDNN_CACHE_DIR", str(tmp_path))
    cached_power.cache_clear()


@pytest.mark.parametrize(
    ("power", "bounds"),
    [
        pytest.param(power, bounds, marks=[pytest.mark.slow] * ((i + j) % 3 > 0))  # each power on one range is fast
        for i, power in enumerate(POWERS)
        for j, bounds in enumerate(RANGES)
    ],
)
def test_error_bound_holds_everywhere_and_is_met(power, bounds):
    for error in (1e-4, 1e-8, 1e-12):
        r = rational_power(power, *bounds, error)
        assert r.error <= error
        sampled = r.sampled_error(20001)
        assert 0.99 * r.error - r.rounding() <= sampled <= r.error + r.rounding()
        assert (np.sign(r.residues) == -np.sign(power)).all()
        assert (np.diff(r.shifts) > 0).all()
        assert min(r.shifts) > 0
        assert r.constant > 0


@pytest.mark.parametrize("power", [-0.5, -0.25, -0.9, 0.125])
def test_to_the_last_digit(power):
    r = rational_power(power, 0.09, 16.09, 1e-15)
    assert r.error <= 1e-15
    assert r.sampled_error() <= 1e-14


@pytest.mark.parametrize(
    ("power", "ratio", "degree"), [(-0.5, 65.0, 7), (-0.25, 1e4, 12), (0.9, 30.0, 5), (-0.3, 1e7, 20)]
)
def test_the_error_alternates_so_no_better_one_exists(power, ratio, degree):
    """2n + 2 extrema of equal size and alternating sign; sampled in decimals, far below double precision."""
    best = best_power(power, ratio, degree)
    with localcontext() as context:
        context.prec = 60
        deviations = []
        for t in np.linspace(-0.5, 0.5, 50 * (2 * degree + 2)):
            x = (Decimal(float(t)) * Decimal(ratio).ln()).exp()
            r = best.constant + sum(a / (x + b) for a, b in zip(best.residues, best.shifts, strict=True))
            deviations.append(float((r.ln() - Decimal(power) * x.ln()) / best.error))
    e = np.array(deviations)
    turns = np.flatnonzero(np.diff(np.sign(e)) != 0)
    largest = [np.abs(piece).max() for piece in np.split(e, turns + 1)]
    assert len(largest) == 2 * degree + 2
    np.testing.assert_allclose(largest, 1.0, rtol=5e-3)


def test_least_degree_is_least():
    for power in (-0.5, 0.125):
        r = rational_power(power, 0.25, 16.25, 1e-8)
        assert cached_power(power, 0.25, 16.25, r.degree - 1).error > 1e-8


@pytest.mark.parametrize(("mass", "poles"), [(10.0, 4), (30.0, 2), (1e4, 1), (3.9e7, 1)])
def test_narrow_ranges_take_few_poles(mass, poles):
    """As large masses give them; more poles than needed are lost in rounding there."""
    r = rational_power(-0.25, mass**2, mass**2 + 16.0, 1e-14)
    assert r.degree == poles
    assert r.sampled_error() < 1e-14


def test_beyond_double_precision():
    """The exchange works in decimals: errors far below 1e-16 are reached and proven."""
    assert best_power(-0.25, 26.0, 16).error < Decimal("1e-22")


def test_inverse_is_exact():
    r = rational_power(-1.0, 0.01, 5.0, 1e-15)
    assert (r.constant, r.residues, r.shifts, r.error) == (0.0, (1.0,), (0.0,), 0.0)


def test_the_cache_gives_the_same_bits(tmp_path):
    first = rational_power(-0.25, 0.09, 16.09, 1e-10)
    files = list(tmp_path.rglob("*.json"))
    assert cache_path(-0.25, 16.09 / 0.09, first.degree) in files
    cached_power.cache_clear()
    assert rational_power(-0.25, 0.09, 16.09, 1e-10) == first


@pytest.mark.parametrize("damage", ["", "[]", "[1, 2]", "{", '["NaN", "1", "1", "1"]', "wrong"])
def test_a_damaged_cache_is_computed_anew(damage):
    first = rational_power(-0.5, 0.25, 16.25, 1e-6)
    path = cache_path(-0.5, 16.25 / 0.25, first.degree)
    words = json.loads(path.read_text())
    good = path.read_text()
    if damage == "wrong":
        words[1] = f"{Decimal(words[1]) * 2:.40e}"
    path.write_text(json.dumps(words) if damage == "wrong" else damage)
    cached_power.cache_clear()
    assert rational_power(-0.5, 0.25, 16.25, 1e-6) == first
    assert path.read_text() == good


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LQCDNN_CACHE_DIR", str(tmp_path / "file"))
    assert isinstance(rational_power(-0.5, 0.25, 16.25, 1e-6), RationalPower)


@pytest.mark.parametrize(("lower", "upper"), [(0.0, 5.0), (-1.0, 5.0), (5.0, 5.0), (1.0, float("inf"))])
def test_ranges_that_are_none(lower, upper):
    with pytest.raises(InputError, match="above zero"):
        rational_power(-0.5, lower, upper, 1e-6)


def test_too_many_poles():
    with pytest.raises(InputError, match="more than 60 poles"):
        rational_power(-0.5, 1e-30, 16.0, 1e-15)
    for power in (-0.5, -1e-4):  # the ratio of the bounds is no double
        with pytest.raises(InputError, match="more than 60 poles"):
            rational_power(power, 1e-200, 1e200, 1e-2)


def test_bad_powers():
    for power, ratio, degree in ((1.0, 10.0, 3), (0.0, 10.0, 3), (0.5, 1.0, 3), (0.5, 10.0, 0)):
        with pytest.raises(ValueError, match="no approximation"):
            best_power(power, ratio, degree)


def test_zolotarev_is_the_first_guess_for_the_square_root():
    """For p = 1/2 the guess solves the problem: its extrema agree before the first exchange."""
    guess = Exchange(0.5, 65.0, 6)
    values = [abs(guess.value(x)) for x in guess.extrema()]
    assert float(max(values) / min(values) - 1) < 1e-4
