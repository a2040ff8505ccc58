"""Several runs as one sample of all couplings: against a slow solution, exact mean values, and a full jackknife."""

import numpy as np
import pytest
from reference.exact import bessel_i
from reference.multihistogram import expectation, self_consistent

from lqcdnn.analyze.data.rundata import THIN_PLAQUETTE, Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, mean_value
from lqcdnn.analyze.scan.curves import Line, Run, parse_places
from lqcdnn.analyze.scan.multihistogram import Ensemble
from lqcdnn.analyze.scan.peaks import follow
from lqcdnn.config.language.expressions import parse_definition
from lqcdnn.errors import InputError

VOLUME = 16
BETAS = (1.6, 2.1, 2.7, 3.4)
#: beta^2 V (<P^2> - <P>^2), the specific heat: beta^2 (1 - r/beta - r^2), r = I1/I0, and where that is largest.
HEAT = {"C": parse_definition("C = beta**2 * V * (mean(plaquette**2) - plaquette**2)")}
PEAK, HEIGHT = 2.477838, 0.6799194


def ratio(beta):
    return float(np.divide(*bessel_i([1, 0], beta)))


def heat(beta):
    return beta**2 * (1.0 - ratio(beta) / beta - ratio(beta) ** 2)


def run(beta, n, rng, keep=0.0, every=1):
    """Independent plaquettes of U(1) with open boundaries; each angle is kept from the last trajectory with probability
    `keep`, tau_int = (1 + keep)/(1 - keep)/2; "square" is measured on every so many."""
    angles = rng.vonmises(0.0, beta, size=(n, VOLUME))
    kept = rng.random((n, VOLUME)) < keep
    for t in range(1, n if keep else 0):
        angles[t] = np.where(kept[t], angles[t - 1], angles[t])
    mean, square = np.cos(angles).mean(axis=1), np.cos(angles[:, 0]) ** 2
    t = np.arange(1, n + 1)
    series = {name: Series(name, "j", t, mean) for name in (THIN_PLAQUETTE, "plaquette")}
    series["square"] = Series("square", "s", t[every - 1 :: every], square[every - 1 :: every])
    physics = Physics(group="U(1)", shape=(4, 4), gauge_kind="wilson", c1=0.0, beta=beta)
    return Run(f"beta={beta:g}", series, physics)


def line(seed, n=600, keep=0.0, every=1, betas=BETAS):
    rng, notes = np.random.default_rng(seed), []
    return Line({}, [run(beta, n, rng, keep, every) for beta in betas], HEAT, Method(), notes), notes


def test_equations_against_a_slow_solution():
    rng = np.random.default_rng(3)
    betas, inefficiencies = [0.5, 0.9, 0.9, 1.4], [1.0, 2.5, 1.0, 4.0]
    energies = [rng.normal(100.0 - 20.0 * b, 4.0, size=n) for b, n in zip(betas, (90, 150, 60, 120), strict=True)]
    ensemble = Ensemble(energies, betas, inefficiencies)
    f = self_consistent(energies, betas, inefficiencies)
    origin = np.mean(np.concatenate(energies))
    shifted = ensemble.free_energies + np.array(betas) * origin
    np.testing.assert_allclose(shifted - shifted[0], f, rtol=1e-9)
    values = [energy**2 for energy in energies]
    table = np.concatenate(values)[:, None]
    for beta in (0.4, 1.1):
        slow = expectation(energies, betas, inefficiencies, f, beta, values)
        assert ensemble.value(beta, table, mean_value) == pytest.approx(slow, rel=1e-9)
    assert ensemble.free_energies[1] == pytest.approx(ensemble.free_energies[2], abs=1e-10)  # one coupling, two runs
    assert ensemble.overlap(1, 2) == pytest.approx(1.0, abs=1e-9)


def test_fluctuations_are_derivatives():
    """What one measurement adds, through the free energies too: the equations solved again without it."""
    rng = np.random.default_rng(4)
    betas, g = [1.0, 1.5, 2.2], [1.0, 2.0, 1.5]
    energies = [rng.normal(30.0 - 9.0 * beta, 3.0, size=n) for beta, n in zip(betas, (300, 200, 250), strict=True)]
    ensemble = Ensemble(energies, betas, g)
    table = (ensemble.energy**3)[:, None]
    found = np.concatenate(ensemble.fluctuations(1.8, table, mean_value))
    value = ensemble.value(1.8, table, mean_value)
    for k in (0, 150, 310, 480, 510, 700):
        size = ensemble.sizes[np.searchsorted(np.cumsum(ensemble.sizes), k, side="right")]
        other = ensemble.without(k, k + 1)
        # the counts of the mixture, which do not matter to first order, change as well
        change = other.value(1.8, np.delete(table, k, axis=0), mean_value) - value
        assert change * (size - 1) == pytest.approx(-found[k], abs=0.15 * np.abs(found).mean())


def test_one_run_is_reweighting_of_a_single_histogram():
    alone, _ = line(5, betas=(2.0,))
    curve = alone.curve("square")
    series = alone.runs[0].series
    weights = np.exp(0.3 * VOLUME * (series["plaquette"].values - 1.0))
    expected = np.sum(weights * series["square"].values) / weights.sum()
    assert curve.value(2.3) == pytest.approx(expected, rel=1e-12)


def test_curves_between_the_points_are_exact_within_errors():
    """Also of an observable that was measured on every third trajectory alone."""
    together, notes = line(6, n=1500, every=3)
    places = (1.5, 1.9, 2.4, 3.0, 3.5)
    found = together.curves(["plaquette", "square", "C"], places)
    exact = {"plaquette": ratio, "square": lambda beta: 1.0 - ratio(beta) / beta, "C": heat}
    for name, function in exact.items():
        for beta, (value, error) in zip(places, found.curves[name], strict=True):
            assert abs(value - function(beta)) < 4.0 * error
    assert not notes
    assert all(0.7 < item.share < 0.95 for item in found.overlaps)
    # as good as the four runs together: better than any of them
    assert found.curves["plaquette"][2][1] < np.sqrt(heat(2.4) / 2.4**2 / VOLUME / 1500)


def test_peak_and_zero_against_doing_everything_again():
    together, _ = line(7, n=500)
    places = list(np.linspace(1.6, 3.4, 10))
    position, height = follow("peak", together.curve("C"), places, Method()).parameters
    assert abs(position.value - PEAK) < 4.0 * position.error
    assert abs(height.value - HEIGHT) < 4.0 * height.error
    for item in (position, height):
        assert item.error == pytest.approx(item.jackknife_error, rel=0.35)
    curve = together.curve("C")
    assert all(curve.value(position.value) > curve.value(position.value + shift) for shift in (-0.01, 0.01))


@pytest.mark.slow
@pytest.mark.parametrize(("n", "keep"), [(800, 0.0), (2500, 0.7)])
def test_errors_cover_what_they_should(n, keep):
    """Of 200 synthetic scans, autocorrelated ones too: pulls of width 1, and 68 % of the intervals hold the truth."""
    places = (1.5, 2.0, 2.4, 3.0)
    exact = {"plaquette": ratio, "square": lambda beta: 1.0 - ratio(beta) / beta, "C": heat}
    pulls = {name: [] for name in exact}
    for seed in range(200):
        together, _ = line(1000 + seed, n, keep, 3)
        found = together.curves(list(exact), places)
        for name, function in exact.items():
            pairs = zip(places, found.curves[name], strict=True)
            pulls[name].append([(value - function(beta)) / error for beta, (value, error) in pairs])
    for name, values in pulls.items():
        table = np.array(values)
        assert 0.85 < table.std() < 1.15, name
        assert 0.62 < np.mean(np.abs(table) < 1.0) < 0.74, name


def test_runs_apart_are_told_and_far_couplings_refused():
    apart, notes = line(8, n=200, betas=(1.0, 40.0))
    apart.curves(["plaquette"], (1.0, 40.0))
    assert any("at beta = 1 and 40 hardly overlap" in note for note in notes)
    with pytest.raises(InputError, match="the weights leave fewer than 10"):
        apart.curves(["plaquette"], (1.0, 12.0))


def test_a_run_without_the_series_is_told():
    together, notes = line(9)
    dict.__delitem__(together.runs[1].series, "square")
    assert len(together.curve("square").runs) == 3
    assert "square: its curve is made without beta=2.1, where it was not measured" in notes
    with pytest.raises(InputError, match="no run has a series cube"):
        together.curve("cube")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["beta=2:3"], "is no range"),
        (["mass=0.1:0.2:0.1"], "reweighted in beta alone"),
        (["beta=1", "beta=2"], "in one coupling"),
        (["beta=a,b"], "not a number"),
        (["beta=-1,1"], "different numbers of 0 or more"),
        (["beta=0:1:0.0001"], "allowed"),
        (["reweighting.1"], "reweighted in beta alone"),
    ],
)
def test_places_that_are_refused(texts, message):
    with pytest.raises(InputError, match=message):
        parse_places(texts)
    assert parse_places(["beta=2.4,2.0:2.2:0.1"]) == (2.0, 2.1, 2.2, 2.4)
