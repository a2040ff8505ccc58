"""Couplings that are proposed to tempered runs, against known densities, sampled swaps and wandering replicas."""

import dataclasses
import math

import numpy as np
import pytest
import tomli
from input_head import head

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.verdicts.couplings import distance, efficiency, propose, rounded
from lqcdnn.analyze.verdicts.tempering import judge_tempering, round_trips
from lqcdnn.config import load
from lqcdnn.report.pages.analysis import verdict_list
from lqcdnn.report.terminal.table import verdict_lines

OFFSET, STEEPNESS = 0.2, 3.5


def length(c):
    """Distance from 1 where the standard deviation of the action is STEEPNESS / (c + OFFSET)."""
    return STEEPNESS * np.log((1.0 + OFFSET) / (np.asarray(c) + OFFSET))


def at(place):
    """The coupling at a distance from 1."""
    return (1.0 + OFFSET) * np.exp(-np.asarray(place) / STEEPNESS) - OFFSET


def acceptances(couplings, length):
    return [math.erfc(0.5 * step) for step in np.diff(length(couplings))]


def wander(rates, count, seed=1, first=None):
    """swapped and walkers [trajectory, ...] of replicas that swap whatever they hold, odd pairs and then even ones."""
    rng, places = np.random.default_rng(seed), list(range(len(rates) + 1))
    drawn = rng.random((count, len(rates))) < rates
    walkers = np.empty((count, len(places)))
    for row, swapped in zip(walkers, drawn, strict=True):
        for k in (*range(0, len(rates), 2), *range(1, len(rates), 2)):
            if swapped[k]:
                places[k], places[k + 1] = places[k + 1], places[k]
        row[:] = places
    return drawn, walkers


def judged(couplings, rates, count=4000):
    """The verdict on replicas that wander with these rates."""
    numbers = np.arange(1, count + 1)
    columns = zip(("swapped", "walkers"), wander(rates, count), strict=True)
    found = {
        f"{name}.{k + 1}": Series(f"{name}.{k + 1}", "journal", numbers, values[:, k].astype(float))
        for name, values in columns
        for k in range(values.shape[1])
    }
    return judge_tempering(found, 0, couplings)


def test_distance_is_the_one_between_normal_actions():
    """Two replicas whose energies V are normal with variance 1 and means that differ by c - c', as exp(-c V) wants."""
    rng, step = np.random.default_rng(3), 1.3
    here, there = rng.normal(size=100000), rng.normal(size=100000) + step
    accepted = np.minimum(1.0, np.exp(-step * (there - here)))
    assert accepted.mean() == pytest.approx(math.erfc(0.5 * step), abs=4.0 * accepted.std() / 300.0)
    assert distance(math.erfc(0.5 * step)) == pytest.approx(step, rel=1e-12)


@pytest.mark.parametrize("rates", [(0.3, 0.3), (0.6, 0.42, 0.29, 0.25), (0.9, 0.5, 0.7, 0.3, 0.8, 0.6)])
def test_round_trips_of_replicas_that_forget(rates):
    """tau = 1 / (1 + sum r / (1 - r)) in a trajectory; the efficiency is that of one of its replicas."""
    count, expected = 20000, efficiency(rates) * (len(rates) + 1)
    trips = round_trips(wander(rates, count)[1])
    assert trips == pytest.approx(expected * count, abs=4.0 * math.sqrt(expected * count))


@pytest.mark.parametrize("count", [7, 12])
def test_couplings_of_a_known_density(count):
    """From equally spaced couplings to equal distances."""
    couplings = np.linspace(1.0, 0.0, count)
    found = propose(couplings, acceptances(couplings, length), 10**6)
    intervals = len(found.couplings) - 1
    expected = at(np.arange(intervals + 1) / intervals * length(0.0))
    np.testing.assert_allclose(found.couplings, expected, rtol=0, atol=0.005 if count == 7 else 0.001)
    rates = acceptances(found.couplings, length)
    assert max(rates) - min(rates) < (0.05 if count == 7 else 0.01)
    assert found.acceptance == pytest.approx(np.mean(rates), abs=0.01)
    gain = efficiency(rates) / efficiency(acceptances(couplings, length))
    assert found.gain == pytest.approx(gain, rel=0.01)
    assert found.gain > 1.25
    again = propose(found.couplings, rates, 10**6)
    assert again.gain == pytest.approx(1.0, abs=0.005)
    np.testing.assert_allclose(again.couplings, found.couplings, rtol=0, atol=0.01)


def test_number_of_replicas():
    """Of all numbers at equal distances none makes more round trips for the work; some 0.39 of swaps where many are."""
    for total in (0.5, 2.0, 5.0, 17.0, 40.0):
        found = propose([1.0, 0.0], [math.erfc(0.5 * total)], 10**9) if total < 6.0 else None
        many = propose(np.linspace(1.0, 0.0, 41), [math.erfc(total / 80)] * 40, 10**9)
        if found:
            assert found.couplings == many.couplings
        every = [efficiency([math.erfc(0.5 * total / n)] * n) for n in range(1, 64)]
        assert len(many.couplings) == 2 + int(np.argmax(every))
    assert many.acceptance == pytest.approx(0.387, abs=0.01)


def test_rates_at_the_ends():
    """Swaps that were never or always accepted are taken for half an offer more or less."""
    found = propose([1.0, 0.5, 0.3, 0.0], [0.0, 1.0, 0.4], 1000)
    assert all(0.5 < c < 1.0 for c in found.couplings[1:3])
    assert math.isfinite(found.gain)
    assert len(propose(np.linspace(1.0, 0.0, 64), [0.0] * 63, 10**6).couplings) == 64  # and no more
    assert rounded((1.0, 0.50004, 0.50001, 0.0)) == (1.0, 0.50004, 0.50001, 0.0)
    assert rounded((1.0, 0.66666, 0.33333, 0.0)) == (1.0, 0.667, 0.333, 0.0)


def test_the_verdict_gives_a_line_for_the_input(tmp_path):
    """In text and on the page; the input takes it, also where it goes on in a second line."""
    couplings = (1.0, 0.5, 0.0)
    verdict = judged(couplings, acceptances(couplings, length))
    assert verdict.status == "warn"  # of the second pair's swaps 0.2 % are accepted
    assert "times as many round trips" in verdict.advice
    found = tomli.loads(verdict.setting)["couplings"]
    assert (found[0], found[-1], len(found)) == (1.0, 0.0, 7)
    assert f"<code>{verdict.setting}</code>" in verdict_list([verdict])
    long = dataclasses.replace(verdict, setting=f"couplings = {[round(1 - k / 40, 3) for k in range(41)]}")
    for one in (verdict, long):
        lines = verdict_lines([one])
        first = next(i for i, line in enumerate(lines) if line.startswith("couplings"))
        table = "\n".join(lines[first:])
        text = head([8, 8], "U(1)", 3.0) + '[update]\nkind = "heatbath"\n[update.tempering]\nside = 2\n'
        (tmp_path / "in.toml").write_text(text + table)
        assert load(tmp_path / "in.toml").update.tempering.couplings == tuple(tomli.loads(one.setting)["couplings"])
    assert len(lines) > first + 1


def test_where_the_couplings_are_good_nothing_is_proposed():
    good = propose([1.0, 0.7, 0.4, 0.2, 0.1, 0.0], acceptances([1.0, 0.7, 0.4, 0.2, 0.1, 0.0], length), 10**6)
    verdict = judged(good.couplings, acceptances(good.couplings, length))
    assert (verdict.status, verdict.advice, verdict.setting) == ("ok", "", "")


def test_too_few_trajectories_or_unknown_couplings_propose_nothing():
    rates = (0.2, 0.02)
    assert judged((1.0, 0.5, 0.0), rates, 150).setting == ""
    assert judged((), rates).setting == ""
    assert judged((1.0, 0.5, 0.0), rates).setting


def test_a_gap_is_closed():
    """A pair that never swaps: a warning, and couplings between the two."""
    verdict = judged((1.0, 0.9, 0.0), (0.8, 0.0))
    assert verdict.status == "warn"
    found = tomli.loads(verdict.setting)["couplings"]
    assert sum(0.0 < c < 0.9 for c in found) >= 2
