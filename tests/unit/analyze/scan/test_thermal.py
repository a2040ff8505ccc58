"""Thermodynamics of scans: known lines and integrals with the errors of independent runs, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from derivative import fourth_order

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, estimate
from lqcdnn.analyze.fits.smallflowtime import trace_coefficient
from lqcdnn.analyze.scan.latticespacing import lattice_beta_function
from lqcdnn.analyze.scan.result import PointResult
from lqcdnn.analyze.scan.thermal import integral_weights, thermal_fits
from lqcdnn.config.language.scanfits import parse_scan_fit
from lqcdnn.errors import InputError

HOT, COLD, LAMBDA = [8, 8, 8, 4], [8, 8, 8, 8], 0.1
TIMES = tuple(np.round(0.1 * np.arange(6), 12))
BETAS = (5.8, 5.85, 5.95, 6.0, 6.1, 6.2)
KEYS = {"lattice.shape": "shape", "action.gauge.beta": "beta"}


class Found:
    """As much of an analysis as these fits look at."""

    def __init__(self, shape, values, noise, seed, group="SU(3)"):
        rng, every = np.random.default_rng(seed), np.arange(1, 401)
        spread = {name: x + noise * rng.normal(size=400) for name, x in values.items()}
        self.items = {name: estimate(Series(name, "f", every, x), 0) for name, x in spread.items()}
        self.group, self.shape, self.axes = group, tuple(shape), {"t2E_clover": ("flow_time", TIMES)}

    def get(self, name):
        return self.items.get(name)


def point(shape, values, seed, beta=None, noise=1e-4, group="SU(3)"):
    where = {"lattice.shape": shape} | ({} if beta is None else {"action.gauge.beta": beta})
    found = Found(shape, values, noise, seed, group)
    return PointResult(f"{shape[-1]}_{beta}", where, "done", 400, 400, None, found)


def known(points, **physics):
    given = {"group": "SU(3)", "plaquettes_alone": True, **physics}
    return {one.name: Physics(**{"shape": tuple(one.values["lattice.shape"]), **given}) for one in points}


def flows(entropy=2.0, slope=-5.0, noise=1e-4):
    """t^2 E of a vacuum, and one whose (e - 3p)/T^4 is a line in t T^2."""
    vacuum = [0.05 * t for t in TIMES]
    c2 = [trace_coefficient(t, 1.0, 3, 2, LAMBDA) if t else 1.0 for t in TIMES]
    hot = [E - (entropy + slope * t / 16) * t * t / (16 * 4**4 * c) for E, t, c in zip(vacuum, TIMES, c2, strict=True)]
    return [
        point(shape, {f"t2E_clover.{k}": E for k, E in enumerate(numbers, 1)}, seed, noise=noise)
        for seed, (shape, numbers) in enumerate(((HOT, hot), (COLD, vacuum)))
    ]


def plaquettes(difference, noise=1e-4):
    found = []
    for seed, beta in enumerate(BETAS):
        found.append(point(HOT, {"plaquette": 0.6 + difference(beta)}, 2 * seed, beta, noise))
        found.append(point(COLD, {"plaquette": 0.6}, 2 * seed + 1, beta, noise))
    return found


def done(text, points, keys=KEYS, notes=None, **physics):
    notes = [] if notes is None else notes
    return thermal_fits(parse_scan_fit(text), points, keys, known(points, **physics), Method(), notes)


def test_trace_anomaly_of_a_known_line():
    points = flows()
    (found,) = done(f"d = trace_anomaly(t2E_clover, shape, {LAMBDA}, 0.2, 0.5)", points, {"lattice.shape": "shape"})
    anomaly, slope = found.parameters
    assert [item.name for item in found.parameters] == ["trace_anomaly", "slope"]
    assert found.where == {"shape": HOT}
    assert abs(anomaly.value - 2.0) < 3.5 * anomaly.error < 1.0
    assert abs(slope.value + 5.0) < 3.5 * slope.error < 40.0
    for k, ((x, _), (y, error)) in enumerate(zip(found.x, found.y, strict=True), 2):
        assert x == pytest.approx(TIMES[k] / 16)
        factor = 16 * 4**4 * trace_coefficient(TIMES[k], 1.0, 3, 2, LAMBDA) / TIMES[k] ** 2
        errors = [one.analysis.get(f"t2E_clover.{k + 1}").error for one in points]
        assert error == pytest.approx(factor * np.hypot(*errors), rel=0.05)
        assert abs(y - 2.0 + 5.0 * x) < 4 * error


def test_pressure_of_a_known_difference():
    notes = []
    points = plaquettes(lambda beta: 1e-3 * (beta - 5.7) ** 2)
    lonely = point(HOT, {"plaquette": 0.6}, 99, 6.3)
    (found,) = done("p = pressure(plaquette, beta)", [*points, lonely], notes=notes)
    pressure, trapezoid = found.parameters
    exact = 6 * 4**4 * 1e-3 * (0.5**3 - 0.1**3) / 3
    assert abs(pressure.value - exact) < 3.5 * pressure.error < 0.02
    assert trapezoid.value == pytest.approx(pressure.value, abs=0.01)
    weights = 6 * 4**4 * integral_weights(np.array(BETAS), np.array([BETAS[-1]]))[0]
    errors = [one.analysis.get("plaquette").error for one in points]
    expected = np.linalg.norm(np.repeat(weights, 2) * errors)
    assert pressure.error == pytest.approx(expected, rel=0.05)
    assert found.y[0] == (0.0, 0.0)
    assert found.y[-1] == pytest.approx((pressure.value, pressure.error))
    assert notes == ["4_6.3: left out of p: it has no partner at T = 0, or at T > 0"]
    (part,) = done("p = pressure(plaquette, beta, 5.8, 6.0)", points)
    assert len(part.x) == 4
    assert part.parameters[0].value == pytest.approx(6 * 4**4 * 1e-3 * (0.3**3 - 0.1**3) / 3, abs=0.02)


def test_interaction_measure_is_the_derivative_of_the_pressure():
    """T d(p/T^4)/dT along a change of beta, T = 1/(4 a); ln(a/r_0) of Necco and Sommer, hep-lat/0108008."""
    log_spacing = np.polynomial.Polynomial([-1.6804, -1.7331, 0.7849, -0.4428])
    points = plaquettes(lambda beta: 1e-3, noise=1e-9)
    (found,) = done("d = interaction_measure(plaquette, beta)", points)
    slope = fourth_order(lambda h: log_spacing(0.2 + h), 1e-3)
    assert found.parameters[0].value == pytest.approx(6 * 4**4 * 1e-3 / -slope, rel=1e-6)
    assert lattice_beta_function(6.2) == pytest.approx(1 / slope, rel=1e-9)
    assert np.exp(-log_spacing(0.0)) == pytest.approx(5.368, abs=2e-3)  # r_0/a
    assert [x for x, _ in found.x] == list(BETAS)


def test_spline_integrals():
    x = np.array([0.0, 0.3, 0.5, 1.1, 1.4])
    weights = integral_weights(x, np.array([0.0, 0.4, 1.4]))
    np.testing.assert_allclose(weights @ (2.0 + 3.0 * x), [0.0, 0.8 + 0.24, 2.8 + 2.94], atol=1e-14)
    errors = []
    for count in (8, 16):
        fine = np.linspace(0.0, np.pi, count + 1)  # sin'' vanishes at both ends
        errors.append(abs(integral_weights(fine, np.array([np.pi]))[0] @ np.sin(fine) - 2.0))
    assert errors[1] < errors[0] / 12 < 1e-4


@pytest.mark.parametrize(
    ("text", "keys", "physics", "message"),
    [
        ("p = pressure(plaquette, shape)", KEYS, {}, "X of pressure is beta"),
        ("p = pressure(plaquette, beta)", {"action.gauge.beta": "beta"}, {}, "needs shapes"),
        ("p = pressure(plaquette, beta)", {"lattice.shape": "shape"}, {}, "needs values of action.gauge.beta"),
        ("p = pressure(plaquette, beta)", {**KEYS, "run.seed": "seed"}, {}, "more keys than these runs need: seed"),
        ("p = pressure(plaquette, beta)", KEYS, {"plaquettes_alone": False}, "Wilson's action"),
        ("p = pressure(plaquette, beta)", KEYS, {"boundaries": ((1, 1, 1, -1),)}, "dynamical quarks"),
        ("p = pressure(plaquette, beta, 5.8, 5.9)", KEYS, {}, "2 values of beta"),
        ("p = pressure(plaquette_space, beta)", KEYS, {}, "found plaquette_space"),
        ("d = trace_anomaly(t2E_clover, shape, 0.1, 0.2, 0.5)", KEYS, {}, "beta, to each of which another LAMBDA"),
    ],
)
def test_refused(text, keys, physics, message):
    with pytest.raises(InputError, match=message):
        done(text, plaquettes(lambda beta: 1e-3), keys, **physics)


def test_what_the_vacuum_has_to_be():
    shapes, keys = {"lattice.shape": "shape"}, "d = trace_anomaly(t2E_clover, shape, 0.1, 0.2, 0.5)"
    with pytest.raises(InputError, match="found flow_energy_momentum_tt; the trace is that of t2E_clover"):
        done("d = trace_anomaly(flow_energy_momentum_tt, shape, 0.1, 0.2, 0.5)", flows(), shapes)
    with pytest.raises(InputError, match="a range of flow times"):
        done("d = trace_anomaly(t2E_clover, shape, 0.1)", flows(), shapes)
    with pytest.raises(InputError, match="no two points"):
        done(keys, flows()[1:], shapes)
    with pytest.raises(InputError, match="the longest time has 4 links"):
        done(keys, [flows()[0], point([8, 8, 8, 2], {}, 3)], shapes)
    with pytest.raises(InputError, match="has no list t2E_plaquette"):
        done("d = trace_anomaly(t2E_plaquette, shape, 0.1, 0.2, 0.5)", flows(), shapes)
    other = flows()
    other[1].analysis.axes = {"t2E_clover": ("flow_time", tuple(2 * t for t in TIMES))}
    with pytest.raises(InputError, match="different flow times"):
        done(keys, other, shapes)
    with pytest.raises(InputError, match="several runs"):
        done(keys, [*flows(), replace(flows()[1], name="twice")], shapes)
    with pytest.raises(InputError, match=r"known for 5.7 <= beta <= 6.92, not at 7"):
        lattice_beta_function(7.0)
