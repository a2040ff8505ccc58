"""The renormalised anisotropy from loops that obey an area law, and from the parts of a flow; derivatives by hand."""

import numpy as np
import pytest
from derivative import fourth_order

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.anisotropy import crossing
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

XI = 2.3


def loops(sizes, tension, alpha):
    """exp(-V(x) y) with V(x) = 0.4 + tension x - alpha / x, in units where y counts once."""
    return {(x, y): np.exp(-(0.4 + tension * x - alpha / x) * y) for x, y in sizes}


def grid(most, last):
    return [(x, y) for x in range(1, most + 1) for y in range(1, last + 1)]


def noisy(values, noise, seed, n=400):
    rng = np.random.default_rng(seed)
    return {name: Series(name, "f", np.arange(1, n + 1), x * (1 + noise * rng.normal(size=n))) for name, x in values}


def both(noise=0.01, last=8):
    space = [(f"s.{x}.{y}", w) for (x, y), w in loops(grid(3, 3), 0.2, 0.25).items()]
    time = [(f"t.{x}.{t}", w) for (x, t), w in loops(grid(3, last), 0.2 / XI, 0.25 / XI).items()]
    return noisy([*space, *time], noise, 1)


def test_ratios_of_loops_cross_at_xi():
    found = fit(parse_fit("xi = anisotropy(s, t)"), Chains([both()], Method())).parameters
    assert [item.name for item in found] == [f"xi.{x}.{y}" for x in (1, 2) for y in (1, 2, 3)]
    for item in found:
        assert abs(item.mean - XI) < 3.5 * item.error < 0.4


def test_loops_that_end_before_the_crossing():
    found = fit(parse_fit("xi = anisotropy(s, t)"), Chains([both(last=4)], Method())).parameters
    assert {item.name for item in found} == {"xi.1.1", "xi.2.1"}
    with pytest.raises(InputError, match="do not cross"):
        fit(parse_fit("xi = anisotropy(s, t)"), Chains([both(last=2)], Method()))
    with pytest.raises(InputError, match="no Wilson loops"):
        fit(parse_fit("xi = anisotropy(s, q)"), Chains([both()], Method()))


def test_derivatives_of_the_crossing():
    space, time = grid(3, 2), grid(3, 6)
    rng = np.random.default_rng(2)
    means = np.array([*loops(space, 0.2, 0.25).values(), *loops(time, 0.1, 0.1).values()])
    means *= 1 + 0.02 * rng.normal(size=len(means))
    direction = means * rng.normal(size=len(means))
    found = crossing(means, space, time, 2, 1)
    numeric = fourth_order(lambda h: crossing(means + h * direction, space, time, 2, 1).value, 2e-4)
    assert found.gradient @ direction == pytest.approx(numeric, rel=1e-6)


def flow(n=400):
    """Parts of t^2 E with t d/dt = 1.2 t and 1.8 t (1 + t / 2): their sum is 0.3 at t = 0.097."""
    times, rng = 0.02 * np.arange(11), np.random.default_rng(3)
    a, b = 1.2 * times, 1.8 * (times + times**2 / 4)
    values = {}
    for name, line in (("f_space", a), ("f_time", b)):
        for k, x in enumerate(line, 1):
            noise = x * (1 + 0.01 * rng.normal(size=n))
            values[f"{name}.{k}"] = Series(f"{name}.{k}", "f", np.arange(1, n + 1), noise)
    return values, {name: ("flow_time", tuple(times)) for name in ("f_space", "f_time")}


def test_ratio_of_the_parts_of_a_flow():
    values, axes = flow()
    request = parse_fit("r = flow_anisotropy(f_space, f_time)")
    ratio, scale = fit(request, Chains([values], Method(), axes=axes)).parameters
    t = (-3.0 + np.sqrt(9.0 + 4 * 0.9 * 0.3)) / (2 * 0.9)  # 1.2 t + 1.8 (t + t^2 / 2) = 0.3
    assert (ratio.name, scale.name) == ("r.ratio", "r.w0")
    assert abs(scale.mean - np.sqrt(t)) < 3.5 * scale.error < 0.02
    assert abs(ratio.mean - 1.2 / (1.8 * (1.0 + t / 2))) < 3.5 * ratio.error < 0.1


def test_what_the_ratio_needs():
    values, axes = flow()
    with pytest.raises(InputError, match="flow times of f_space"):
        fit(parse_fit("r = flow_anisotropy(f_space, f_time)"), Chains([values], Method()))
    short = {name: item for name, item in values.items() if name != "f_time.11"}
    with pytest.raises(InputError, match="11 and 10"):
        fit(parse_fit("r = flow_anisotropy(f_space, f_time)"), Chains([short], Method(), axes=axes))
