"""Correlators of flavour singlets: connected part, disconnected part times flavours, vacuum."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

T, N = 16, 400
SINGLET = "singlet(c, d, 2)"


def cosh(mass, amplitude, extent=T):
    t = np.arange(extent)
    return amplitude * (np.exp(-mass * t) + np.exp(-mass * (extent - t)))


def chains(vacuum=None, extent=T):
    """Connected part of mass 0.3; with twice the disconnected one a state of mass 0.7; or both with a vacuum."""
    rng = np.random.default_rng(3)
    common = rng.normal(size=(N, 1))
    connected = cosh(0.3, 1.0) * (1.0 + 0.05 * common + 0.01 * rng.normal(size=(N, T)))
    field = 0.0 if vacuum is None else vacuum + 0.1 * rng.normal(size=N)
    disconnected = (cosh(0.7, 1.0, extent) - cosh(0.3, 1.0, extent)) / 2.0 + 0.01 * rng.normal(size=(N, extent))
    disconnected += np.zeros((N, 1)) if vacuum is None else vacuum**2 + 2.0 * vacuum * (field - vacuum)[:, None]
    every = np.arange(1, N + 1)
    found = {f"c.{t + 1}": Series(f"c.{t + 1}", "f", every, connected[:, t]) for t in range(T)}
    where = every[::2] if vacuum is None else every  # measured on half of the configurations
    rows = disconnected[where - 1]
    found |= {f"d.{t + 1}": Series(f"d.{t + 1}", "g", where, rows[:, t]) for t in range(extent)}
    if vacuum is not None:
        found["d_vacuum"] = Series("d_vacuum", "g", every, field)
    return Chains([found], Method())


@pytest.mark.parametrize("vacuum", [None, 3.0])
def test_mass_of_a_singlet(vacuum):
    found = {item.name: item for item in fit(parse_fit(f"m = cosh({SINGLET}, 1, 6)"), chains(vacuum)).parameters}
    mass = found["m.mass"]
    assert mass.mean == pytest.approx(0.7, abs=4 * mass.error)
    assert 0.001 < mass.error < 0.02
    assert mass.n == (N // 2 if vacuum is None else N)
    assert mass.jackknife_error == pytest.approx(mass.error, rel=0.3)


def test_points_of_a_singlet():
    """Folded sums of mean values, the vacuum taken off; errors from the fluctuations of both parts together."""
    data = chains(3.0)
    series = data.series[0]
    found = fit(parse_fit(f"C = connected({SINGLET})"), data).parameters
    means = {name: one.values.mean() for name, one in series.items()}
    for t in (0, 2, 8):
        at = [means[f"c.{k + 1}"] + 2.0 * (means[f"d.{k + 1}"] - means["d_vacuum"] ** 2) for k in (t, (T - t) % T)]
        assert found[t].mean == pytest.approx(np.mean(at), rel=1e-12)
    v = means["d_vacuum"]
    row = series["c.9"].values + 2.0 * (series["d.9"].values - 2.0 * v * series["d_vacuum"].values)
    assert found[8].naive_error == pytest.approx(row.std() / np.sqrt(N), rel=0.01)
    masses = fit(parse_fit(f"m = effective({SINGLET})"), data).parameters
    assert masses[0].name == "m.1"
    assert masses[0].mean == pytest.approx(0.7, abs=4 * masses[0].error)
    assert fit(parse_fit(f"m = exponential({SINGLET}, 1, 3)"), data).dof == 1


def test_connected_part_without_its_excited_states():
    """singlet(FIT, d, 2): of a connected part with an excited state that the disconnected one does not have."""
    data = chains()
    raised, excited = dict(data.series[0]), cosh(1.2, 0.8)
    for t in range(T):
        raised[f"c.{t + 1}"] = replace(raised[f"c.{t + 1}"], values=raised[f"c.{t + 1}"].values + excited[t])
    data = Chains([raised], Method())
    fit(parse_fit("p = cosh(c, 1, 8, 2)"), data)
    C = fit(parse_fit("C = connected(singlet(p, d, 2))"), data).parameters
    mass, amplitude = (data.parameters[f"p.{word}"] for word in ("mass", "amplitude"))
    means = np.array([data.series[0][name].values.mean() for name in mass[0]])
    lowest = cosh(mass[1](means).value, amplitude[1](means).value)
    d = [data.series[0][f"d.{t + 1}"].values.mean() for t in range(T)]
    assert C[3].mean == pytest.approx(lowest[3] + d[3] + d[T - 3], abs=2e-3)  # c on half of the configurations
    assert C[3].jackknife_error == pytest.approx(C[3].error, rel=0.3)
    excited = fit(parse_fit(f"m = effective({SINGLET})"), data).parameters[0]
    ground = fit(parse_fit("m = effective(singlet(p, d, 2))"), data).parameters[0]
    assert abs(excited.mean - 0.7) > 5 * excited.error
    assert ground.mean == pytest.approx(0.7, abs=4 * ground.error)
    with pytest.raises(InputError, match="there is no vector of series 'q'"):
        fit(parse_fit("m = effective(singlet(q, d, 2))"), data)


def test_states_of_alternating_sign_have_a_vacuum_too():
    rng, every = np.random.default_rng(2), np.arange(1, N + 1)
    field = 2.0 + 0.1 * rng.normal(size=N)
    shape = cosh(0.4, 1.0) + (-1.0) ** np.arange(T) * cosh(0.8, 0.5)
    rows = shape * (1.0 + 1e-3 * rng.normal(size=(N, T))) + (4.0 * field - 4.0)[:, None]
    data = {f"d.{t + 1}": Series(f"d.{t + 1}", "g", every, rows[:, t]) for t in range(T)}
    data["d_vacuum"] = Series("d_vacuum", "g", every, field)
    steady = fit(parse_fit("m = oscillating(d, 1, 7)"), Chains([data], Method()))
    found = {item.name: item for item in steady.parameters}
    assert found["m.mass"].mean == pytest.approx(0.4, abs=0.02)
    assert found["m.partner_mass"].mean == pytest.approx(0.8, abs=0.02)
    masses = fit(parse_fit("m = effective_oscillating(d)"), Chains([data], Method())).parameters
    assert masses[0].mean == pytest.approx(0.4, abs=0.02)


def test_refused():
    with pytest.raises(InputError, match="c has 16 times, d has 12"):
        fit(parse_fit(f"m = cosh({SINGLET}, 1, 6)"), chains(extent=12))
    with pytest.raises(InputError, match="there is no vector of series 'e'"):
        fit(parse_fit("m = cosh(singlet(c, e, 2), 1, 6)"), chains())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("m = gevp(singlet(c, d, 2), 0)", "gevp has none, but connected, effective, cosh"),
        ("m = cosh(singlet(c, d), 1, 6)", "written as singlet(CONNECTED, DISCONNECTED, FLAVORS)"),
        ("m = cosh(singlet(c, d, 0), 1, 6)", "0 is no number of flavours"),
        ("m = cosh(singlet(c, d, two), 1, 6)", "'two' is not a number"),
        ("m = cosh(singlet(c, 2d, 2), 1, 6)", "'2d' is not the name of a series"),
        ("m = cosh(sum(c, d, 2), 1, 6)", "'sum(c, d, 2)' is not the name of a series"),
        ("m = cosh(c, singlet(c, d, 2), 6)", "'singlet(c, d, 2)' is not a number"),
        ("m = cosh(singlet(c, singlet(c, d, 2), 2), 1, 6)", "is not the name of a series"),
    ],
)
def test_requests_that_cannot_be_read(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_fit(text)


def test_requests_that_can_be_read():
    found = parse_fit("m = cosh( singlet ( a_meson_scalar , a_disconnected_scalar.2, 0.5 ), 3 , 8, uncorrelated)")
    assert (found.series, found.second, found.flavors) == ("a_meson_scalar", "a_disconnected_scalar.2", 0.5)
    assert (found.numbers, found.correlated) == ((3.0, 8.0), False)
    assert parse_fit("m = control(a, b)").second == "b"


def lifted(shape, constant=0.0, seed=5):
    """Measurements of a correlator with a constant that fluctuates much more than its points do one by one."""
    rng = np.random.default_rng(seed)
    rows = shape * (1.0 + 0.01 * rng.normal(size=(N, T))) + constant + 0.05 * rng.normal(size=(N, 1))
    every = np.arange(1, N + 1)
    return Chains([{f"d.{t + 1}": Series(f"d.{t + 1}", "g", every, rows[:, t]) for t in range(T)}], Method())


def test_a_constant_beside_the_states():
    """Masses hang on differences: a constant of any size and all its fluctuations change nothing."""
    masses = []
    for constant in (0.0, -0.3, 7.0):
        found = fit(parse_fit("m = cosh_constant(d, 1, 8)"), lifted(cosh(0.6, 1.0), constant))
        mass, _, offset = found.parameters
        assert [one.name for one in found.parameters] == ["m.mass", "m.amplitude", "m.constant"]
        assert mass.mean == pytest.approx(0.6, abs=4 * mass.error)
        assert offset.mean == pytest.approx(constant, abs=4 * offset.error)
        assert 0.001 < offset.error < 0.004
        assert found.dof == 5
        masses.append((mass.mean, mass.error))
    assert masses[0][1] < 0.01
    np.testing.assert_allclose(masses[1:], [masses[0]] * 2, rtol=1e-3)
    two = fit(parse_fit("m = cosh_constant(d, 0, 8, 2)"), lifted(cosh(0.5, 1.0) + cosh(1.5, 1.0), 0.2, 6)).parameters
    assert [one.name for one in two][-1] == "m.constant"
    assert (two[0].mean, two[2].mean) == (pytest.approx(0.5, abs=0.05), pytest.approx(1.5, abs=0.2))
    with pytest.raises(InputError, match="3 points do not determine 5 parameters"):
        fit(parse_fit("m = cosh_constant(d, 1, 3, 2)"), lifted(cosh(0.6, 1.0)))
