"""Requests for averages over fits: ranges in place of numbers."""

import re

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.report.references.citations import used_by

SPECTRUM = "s = spectral_density(pion, 0.2, 0.1, 1, 0.1)"


def test_a_range_stands_for_each_of_its_numbers():
    found = parse_fit("m = cosh(singlet(a, b, 2), 2:4, 10:11, 1 : 2, uncorrelated)")
    assert (found.numbers, found.ends, found.correlated) == ((2.0, 10.0, 1.0), (4.0, 11.0, 2.0), False)
    assert len(found.models) == 12
    assert found.models[0].text == "m = cosh(singlet(a, b, 2), 2, 10, 1, uncorrelated)"
    assert found.models[-1].text == "m = cosh(singlet(a, b, 2), 4, 11, 2, uncorrelated)"
    assert [one.numbers for one in found.models[:3]] == [(2.0, 10.0, 1.0), (2.0, 10.0, 2.0), (2.0, 11.0, 1.0)]
    for one in found.models:
        assert parse_fit(one.text) == one


def test_numbers_beside_ranges_stay():
    found = parse_fit("V = potential(w, 3, 2:3, 6)")
    assert [one.text for one in found.models] == ["V = potential(w, 3, 2, 6)", "V = potential(w, 3, 3, 6)"]
    assert found.words == ("T", "FIRST", "LAST")
    twisted = parse_fit("f = decay_constant(a, p, 4:5, 12, -0.05)")
    assert [one.text for one in twisted.models][1] == "f = decay_constant(a, p, 5, 12, -0.05)"
    assert (twisted.models[1].second, twisted.models[1].numbers) == ("p", (5.0, 12.0, -0.05))
    assert parse_fit("m = cosh(c, 2, 8)").models == [parse_fit("m = cosh(c, 2, 8)")]


@pytest.mark.parametrize(
    ("request_text", "message"),
    [
        ("V = potential(w, 2:3, 2, 6)", "T = 2:3 of potential: ranges are for FIRST, LAST"),
        ("g = gevp(k, 0, 1:2)", "STATES = 1:2 of gevp: ranges are for numbers of other kinds"),
        ("g = gevp_cosh(k, 0, 1, 5, 1:2)", "STATE = 1:2 of gevp_cosh: ranges are for FIRST, LAST"),
        ("s = summation(m, 1:2)", "SKIP = 1:2 of summation"),
        ("s = entropy(u, 0.1, 0:1, 2)", "FIRST = 0:1 of entropy"),
        ("m = cosh(c, 4:2, 12)", "FIRST = 4:2: a range is written FROM:TO, whole numbers that rise"),
        ("m = cosh(c, 2:2.5, 12)", "FIRST = 2:2.5: a range"),
        ("m = cosh(c, 2:4:2, 12)", "FIRST = 2:4:2: a range"),
        ("m = cosh(c, 2:x, 12)", "'x' is not a number"),
        ("m = cosh(c, 2:, 12)", "2:: a range is written FROM:TO, whole numbers that rise"),
        ("f = formula(c, A * exp(-m*x), 2:4, 12)", "2:4: FROM and TO of a formula are numbers"),
        ("m = cosh(c, 1:20, 21:40)", "an average of 400 fits; allowed: up to 300"),
    ],
)
def test_refused(request_text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_fit(request_text)


def test_inputs_ask_for_averages():
    """A range that cannot be is a problem of the input; the papers are those of averages."""
    text = PURE_GAUGE_2D + '[observables.pion]\nmass = 0.1\n[analyze]\nfit = ["m = cosh(pion, FIRST, 4)"]\n'
    papers = {"JayNeil2021", "NeilSitison2023"}
    assert papers <= set(used_by(load_text(text.replace("FIRST", "1:2"))))
    assert not papers & set(used_by(load_text(text.replace("FIRST", "1"))))
    assert "HansenLupoTantalo2019" in used_by(load_text(text.replace("m = cosh(pion, FIRST, 4)", SPECTRUM)))
    (problem,) = problems_of(text.replace("FIRST", "2:1"))
    assert "FIRST = 2:1: a range is written FROM:TO" in str(problem)
