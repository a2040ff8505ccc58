"""Bag parameters from four-quark operators of known states; what has none is refused."""

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

EXTENT, T, MASS = 16, 8, 0.4
BAGS = {"o1": 0.6, "o2": 0.5, "o3": 0.8, "o4": 0.9, "o5": 1.1}
FACTORS = {"o1": 8 / 3, "o2": 5 / 3, "o3": -1 / 3, "o4": -2.0, "o5": -2 / 3}
"""Of three colours."""


def chains(group="SU(3)", n=300, noise=0.01, missing=""):
    """States of one energy between walls whose overlaps fluctuate, each point with noise of its own."""
    rng, found, every = np.random.default_rng(4), {}, np.arange(1, n + 1)
    t = np.arange(EXTENT)
    common = 1.0 + 0.1 * ar1(n, 2.0, rng)
    rows = {}
    for name, sign, amplitude in (("pseudoscalar", 1, 2.0), ("axial_pseudoscalar", -1, 0.7)):
        rows[name] = sign * amplitude * np.exp(-MASS * t)
        rows[f"{name}_s{T}"] = amplitude * np.exp(-MASS * (T - t))
    for operator, bag in BAGS.items():
        name = "axial_pseudoscalar" if operator == "o1" else "pseudoscalar"
        rows[f"{operator}_s{T}"] = bag * FACTORS[operator] * rows[name] * rows[f"{name}_s{T}"]
    for name, values in rows.items():
        table = values * (common + noise * ar1(n, 1.0, rng, EXTENT))
        key = f"x_meson_mixing_{name}"
        if name != missing:
            found |= {f"{key}.{k + 1}": Series(f"{key}.{k + 1}", "f", every, table[:, k]) for k in range(EXTENT)}
    return Chains([found], Method(), physics=Physics(group=group))


@pytest.mark.parametrize("operator", BAGS)
def test_constant_and_points(operator):
    data, series = chains(), f"x_meson_mixing_{operator}_s{T}"
    whole = fit(parse_fit(f"b = bag({series}, 2, 6)"), data)
    (bag,) = whole.parameters
    assert bag.name == "b.bag"
    assert abs(bag.mean - BAGS[operator]) < 4.0 * bag.error < 4.0 * 0.02
    assert bag.jackknife_error == pytest.approx(bag.error, rel=0.4)
    assert (whole.dof, list(whole.picture.x)) == (4, [2, 3, 4, 5, 6])
    points = fit(parse_fit(f"b = effective_bag({series})"), data).parameters
    assert [one.name for one in points] == [f"b.{t}" for t in range(1, T)]
    assert all(abs(one.mean - BAGS[operator]) < 5.0 * one.error < 0.15 for one in points)


def test_a_range_of_ranges_is_an_average():
    whole = fit(parse_fit(f"b = bag(x_meson_mixing_o1_s{T}, 1:2, 5:7)"), chains())
    assert abs(whole.parameters[0].mean - BAGS["o1"]) < 4.0 * whole.parameters[0].error


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("bag(x_meson_mixing_o1_s8, 0, 4)", {}, "FIRST and LAST must lie within 1 to 7"),
        ("bag(x_meson_mixing_o1_s8, 5, 8)", {}, "FIRST and LAST must lie within 1 to 7"),
        ("bag(x_meson_mixing_pseudoscalar, 2, 4)", {}, "is no four-quark operator between two walls"),
        ("effective_bag(x_meson_mixing_o1_s9)", {}, "there is no vector of series 'x_meson_mixing_o1_s9'"),
        ("effective_bag(x_meson_mixing_o2_s8)", {"missing": "pseudoscalar_s8"}, "no vector of series 'x_meson_mix"),
        ("effective_bag(x_meson_mixing_o3_s8)", {"group": "SU(2)"}, "o3 has no bag parameter with SU(2)"),
        ("effective_bag(x_meson_mixing_o1_s8)", {"group": None}, "the group of the links is not known"),
    ],
)
def test_refused(text, options, words):
    with pytest.raises(InputError) as caught:
        fit(parse_fit(f"b = {text}"), chains(n=50, **options))
    assert words in caught.value.message
