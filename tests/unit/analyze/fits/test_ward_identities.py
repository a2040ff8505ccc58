"""Quark masses and decay constants: correlators of one state with known numbers, improvement, what is refused."""

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

MASS, ELEMENT, DECAY, EXTENT = 0.35, 0.8, 0.21, 20
"""M, G and f."""


def correlators(t=None):
    """C_PP and C_AP."""
    t = np.arange(EXTENT) if t is None else t
    ahead, back = np.exp(-MASS * t), np.exp(-MASS * (EXTENT - t))
    return ELEMENT**2 / (2 * MASS) * (ahead + back), -0.5 * DECAY * ELEMENT * (ahead - back)


def chains(n=200, noise=0.002, seed=3):
    """Both with an amplitude that fluctuates in common, and noise of each point."""
    rng = np.random.default_rng(seed)
    common, found = 1.0 + 0.1 * ar1(n, 2.0, rng), {}
    for name, shape in zip("pa", correlators(), strict=True):
        values = shape * (common + noise * ar1(n, 1.0, rng, EXTENT))
        for t in range(EXTENT):
            found[f"{name}.{t + 1}"] = Series(f"{name}.{t + 1}", "f", np.arange(1, n + 1), values[:, t])
    return Chains([found], Method())


def values(text, **options):
    found = fit(parse_fit(f"x = {text}"), chains(**options))
    return {one.name.removeprefix("x."): one for one in found.parameters}, found


def quark_mass(improvement=0.0):
    """f M^2 = 2 m G of the continuum, on the lattice with sinh M for the derivative."""
    mass = 0.5 * DECAY * np.sinh(MASS) / ELEMENT * MASS
    return mass + improvement * (np.cosh(MASS) - 1.0)


@pytest.mark.parametrize("improvement", [0.0, -0.3])
def test_quark_mass(improvement):
    """The plateau and its points, pulls within three errors."""
    found, whole = values(f"pcac(a, p, 2, 9, {improvement})")
    one = found["mass"]
    assert abs(one.mean - quark_mass(improvement)) < 3.0 * one.error < 0.003
    assert (whole.dof, whole.correlated) == (7, True)
    points, _ = values(f"effective_pcac(a, p, {improvement})")
    assert list(points) == [str(t) for t in range(2, 11)]
    for point in points.values():
        assert abs(point.mean - quark_mass(improvement)) < 3.5 * point.error


def test_common_fluctuations_cancel_in_the_quark_mass():
    """An amplitude that both correlators share has no part in its error."""
    found = values("pcac(a, p, 2, 9)", noise=1e-6)[0]["mass"]
    assert found.mean == pytest.approx(quark_mass(), rel=1e-6)
    assert found.error < 1e-6


@pytest.mark.parametrize("text", ["decay_constant(a, p, 2, 10)", "twisted_decay_constant(p, 0.04, 2, 9)"])
def test_decay_constant(text):
    found, _ = values(text)
    decay = DECAY if "twisted" not in text else 2 * 0.04 * ELEMENT / MASS**2
    for name, truth in (("mass", MASS), ("matrix_element", ELEMENT), ("decay_constant", decay)):
        assert abs(found[name].mean - truth) < 3.0 * found[name].error < 0.1 * truth


def test_improved_decay_constant():
    """c_A d_0 P adds c_A sinh(M) G to f M."""
    both = [values(f"decay_constant(a, p, 2, 9, {c})", noise=1e-7)[0]["decay_constant"].mean for c in (0.0, -0.3)]
    assert both[1] - both[0] == pytest.approx(-0.3 * np.sinh(MASS) * ELEMENT / MASS, rel=1e-2)


def test_jackknife_agrees():
    for text in ("pcac(a, p, 2, 9)", "decay_constant(a, p, 2, 9)"):
        for one in values(text)[0].values():
            assert one.jackknife_error / one.error == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pcac(a, q, 2, 9)", "no vector of series 'q'"),
        ("pcac(a, p, 1, 9)", "from 2 to 10"),
        ("decay_constant(a, p, 2, 11)", "from 1 to 10"),
        ("twisted_decay_constant(p, 0.04, 2.5, 9)", "whole numbers"),
        ("decay_constant(a, half, 2, 5)", "not of the same lattice"),
    ],
)
def test_what_is_refused(text, message):
    made = chains(n=20)
    made.series[0]["half.1"], made.series[0]["half.2"] = made.series[0]["p.1"], made.series[0]["p.2"]
    with pytest.raises(InputError, match=message):
        fit(parse_fit(f"x = {text}"), made)


@pytest.mark.parametrize("text", ["pcac(a, 2, 9)", "pcac(a, p)", "effective_pcac(a)", "decay_constant(a)"])
def test_what_is_not_a_request(text):
    with pytest.raises(ValueError, match=r"name of a series|is written as"):
        parse_fit(f"x = {text}")
