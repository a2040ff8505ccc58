"""Entropy from the energy-momentum tensor: running coupling, coefficients against the papers, fits of known lines."""

import math

import numpy as np
import pytest
from derivative import fourth_order

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.runningcoupling import beta_function, coupling, logarithm
from lqcdnn.analyze.fits.smallflowtime import (
    central_scale,
    tensor_coefficient,
    tensor_terms,
    trace_coefficient,
    trace_terms,
)
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

TT = "energy_momentum_tt"
PURE = Physics(group="SU(3)", shape=(16, 16, 16, 8))
LAMBDA = 0.08


def test_beta_function_of_su3():
    assert beta_function(3) == pytest.approx((11, 102, 2857 / 2, 149753 / 6 + 3564 * 1.2020569031595942), rel=1e-14)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_coupling_runs(n):
    """The differential equation, and Lambda by what is left of the logarithm for small couplings."""
    a, terms = coupling(7.3, n), beta_function(n)
    slope = fourth_order(lambda h: coupling(7.3 * math.exp(h / 2), n), 1e-2)
    assert slope == pytest.approx(-a * a * sum(b * a**k for k, b in enumerate(terms)), rel=1e-6)
    assert 2 * math.log(7.3) == pytest.approx(logarithm(a, n), rel=1e-12)
    small = 1e-5
    plain = 1 / (terms[0] * small) + terms[1] / terms[0] ** 2 * math.log(terms[0] * small)
    first = (terms[2] / terms[0] ** 2 - terms[1] ** 2 / terms[0] ** 3) * small  # the integral to lowest order
    assert logarithm(small, n) - plain == pytest.approx(first, rel=1e-3)


def test_expansion_in_the_logarithm():
    """S. Bethke's formula, four loops, far from Lambda (hep-ex/0606035, eq. 7)."""
    b0, b1, b2, b3 = (b / 4**k for k, b in enumerate(beta_function(3), start=1))  # of alpha / pi
    t = 2 * math.log(1e8)
    log = math.log(t)
    value = 1 - b1 / (b0**2 * t) * log + (b1**2 * (log**2 - log - 1) + b0 * b2) / (b0**4 * t**2)
    value += (b1**3 * (-(log**3) + 5 / 2 * log**2 + 2 * log - 1 / 2) - 3 * b0 * b1 * b2 * log + b0**2 * b3 / 2) / (
        b0**6 * t**3
    )
    assert 4 * coupling(1e8, 3) == pytest.approx(value / (b0 * t), rel=3e-5)


def test_scales_below_perturbation_theory():
    with pytest.raises(InputError, match="exceeds 1"):
        coupling(1.2, 3)
    with pytest.raises(InputError, match="mu = inf Lambda is no scale"):
        coupling(math.inf, 3)
    assert 16 * math.pi**2 * coupling(2.0, 3) < 4 * math.pi


def test_coefficients_of_the_papers():
    """arXiv:1610.07810: 1/alpha_U and 1/alpha_E at mu = 1/sqrt(8t) with s_1 = -0.08635752993, s_2 = 0.05578512."""
    for n in (2, 3):
        b0 = 11 * n / (48 * math.pi**2)
        k1, _ = tensor_terms(math.log(2 / 8) + np.euler_gamma, n)
        assert k1 / (16 * math.pi**2) == pytest.approx(-2 * b0 * -0.08635752993, rel=1e-9)
        first, second = trace_terms(n)
        assert first / (16 * math.pi**2) == pytest.approx(b0 / 8, rel=1e-14)
        assert second / (16 * math.pi**2) ** 2 == pytest.approx(-(b0**2) / 4 * 0.05578512, rel=1e-7)


def test_scale_does_not_matter_to_the_order_that_is_kept():
    """g^2 c_1 and g^2 c_2 are independent of mu but for one more power of a than is kept."""

    def change(coefficient, loops, lam):
        return coefficient(1.0, 1.5, 3, loops, lam) - coefficient(1.0, 1.0, 3, loops, lam)

    far, near = 1e-12, 1e-24
    powers = math.log(coupling(central_scale(1.0) / far, 3) / coupling(central_scale(1.0) / near, 3))
    for coefficient, loops in ((tensor_coefficient, 1), (tensor_coefficient, 2), (trace_coefficient, 2)):
        found = math.log(change(coefficient, loops, far) / change(coefficient, loops, near)) / powers
        assert found == pytest.approx(loops, abs=0.1)
    assert change(trace_coefficient, 1, far) == pytest.approx(0.0, abs=1e-15)


def chains(values, physics=PURE, spread=0.01, n=400, times=None):
    times = np.round(0.2 * np.arange(len(values)), 12) if times is None else times
    rng = np.random.default_rng(5)
    series = {
        f"{TT}.{k}": Series(f"{TT}.{k}", "f", np.arange(1, n + 1), x * (1 + spread * rng.normal(size=n)))
        for k, x in enumerate(values, 1)
    }
    return Chains([series], Method(), axes={TT: ("flow_time", tuple(times))}, physics=physics)


def line(entropy, slope, count=11):
    """U_tt of (e + p)/T^4 = entropy + slope t T^2."""
    found = [0.3]  # at t = 0 nothing is known of it
    for t in 0.2 * np.arange(1, count):
        c1 = tensor_coefficient(t, 1.0, 3, 2, LAMBDA)
        found.append(-0.75 * (entropy + slope * t / 64) / 8**4 / c1)
    return found


def test_known_line():
    found = fit(parse_fit(f"s = entropy(energy_momentum_tt, {LAMBDA}, 0.6, 2, uncorrelated)"), chains(line(5.2, -20.0)))
    entropy, slope = found.parameters
    assert (entropy.name, slope.name, found.dof) == ("s.entropy", "s.slope", 6)
    assert abs(entropy.mean - 5.2) < 3.5 * entropy.error < 0.1
    assert abs(slope.mean + 20.0) < 3.5 * slope.error < 5.0
    assert found.picture.grid[0] == 0.0
    assert found.picture.curve[0] == pytest.approx(entropy.mean)


def test_point_by_point():
    found = fit(parse_fit(f"p = effective_entropy(energy_momentum_tt, {LAMBDA})"), chains(line(5.2, -20.0)))
    assert [item.name for item in found.parameters] == [f"p.{k}" for k in range(1, 11)]
    for k, item in enumerate(found.parameters, 1):
        assert abs(item.mean - (5.2 - 20.0 * 0.2 * k / 64)) < 4.0 * item.error < 0.03
    one, two = (
        fit(parse_fit(f"p = effective_entropy({TT}, {LAMBDA}, {loops}, 0.667)"), chains(line(5.2, -20.0))).parameters[4]
        for loops in (1, 2)
    )
    ratio = tensor_coefficient(1.0, 0.667, 3, 1, LAMBDA) / tensor_coefficient(1.0, 0.667, 3, 2, LAMBDA)
    assert one.mean / two.mean == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "physics", "message"),
    [
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics(), "group and extents"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics("U(1)", (8, 8, 8, 8)), "U\\(1\\) does not run"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics(group="SU(2)", shape=(8, 8, 8)), "d = 4, not 3"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics("SU(3)", (8,) * 4, ((1, 1, 1, -1),)), "dynamical quarks"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics("SU(3)", (8,) * 4, scalar=True), "scalar field"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics("SU(3)", (8,) * 4, winding=True), "Polyakov loops"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics("SU(3)", (8,) * 4, open_time=True), "time has ends"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics("SU(3)", (8,) * 4, anisotropic=True), "anisotropic"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2)", Physics("SU(3)", (8,) * 4, twisted_time=True), "is twisted"),
        ("entropy(flow_energy_momentum_xx, 0.08, 0.6, 2)", PURE, "found flow_energy_momentum_xx; e \\+ p is that of"),
        ("effective_entropy(flow_t2E_clover, 0.08)", PURE, "found flow_t2E_clover; e \\+ p is that of"),
        ("entropy(energy_momentum_tt, 0, 0.6, 2)", PURE, "LAMBDA"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2, 3)", PURE, "found 3 LOOPS; allowed: 1 to 2"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2, 2, 0)", PURE, "SCALE"),
        ("entropy(energy_momentum_tt, 0.08, 0, 2)", PURE, "begin above 0"),
        ("entropy(energy_momentum_tt, 0.08, 0.6, 2.2)", PURE, "more than half the 8 links"),
        ("entropy(energy_momentum_tt, 0.08, 1.8, 2)", PURE, "2 flow times"),
        ("entropy(energy_momentum_tt, 0.9, 0.6, 2)", PURE, "exceeds 1"),
        ("entropy(f_energy_momentum_tt, 0.08, 0.6, 2)", PURE, "no vector"),
    ],
)
def test_refused(text, physics, message):
    with pytest.raises(InputError, match=message):
        fit(parse_fit(f"s = {text}"), chains(line(5.0, 0.0, 12), physics))


def test_unknown_flow_times():
    data = chains(line(5.0, 0.0))
    with pytest.raises(InputError, match="flow times of energy_momentum_tt are not known"):
        fit(parse_fit("s = entropy(energy_momentum_tt, 0.08, 0.6, 2)"), Chains(data.series, Method(), physics=PURE))
