"""Free energies of static quarks, and correlators whose part that does not decay is taken off."""

import numpy as np
import pytest

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.correlator import connected
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError
from lqcdnn.report.charts.vectors import picture_chart


def chains(columns, axes=None):
    """Series of one chain from arrays by name."""
    series = {name: Series(name, "f", np.arange(1, len(x) + 1), np.asarray(x)) for name, x in columns.items()}
    return Chains([series], Method(), axes=axes or {})


def loops(energies, n=2000, seed=1, noise=0.05):
    """C(r) = exp(-F/T) with independent noise, as series p.1, p.2, ...; a list of None is noise around zero."""
    rng = np.random.default_rng(seed)
    mean = [0.0 if f is None else np.exp(-f) for f in energies]
    return {f"p.{i + 1}": c + noise * (c or 1.0) * rng.normal(size=n) for i, c in enumerate(mean)}


def test_free_energies_along_the_axes():
    found = fit(parse_fit("F = free_energy(p)"), chains(loops([0.1, 1.0, 2.0, 2.5])))
    assert [item.name for item in found.parameters] == ["F.1", "F.2", "F.3"]
    for item, expected in zip(found.parameters, (1.0, 2.0, 2.5), strict=True):
        assert abs(item.mean - expected) < 4.0 * item.error
        assert item.error == pytest.approx(0.05 / np.sqrt(2000), rel=0.15)  # dC/C
    assert found.picture.x.tolist() == [1.0, 2.0, 3.0]
    assert found.picture.y.tolist() == [item.mean for item in found.parameters]


def test_free_energies_at_the_distances_that_were_measured():
    """A point without a positive mean value is left out; the numbers count the distances."""
    axis = ("p_distances", (0.0, 1.0, 2.0**0.5, 2.0))
    columns = loops([0.1, 1.0, 1.5, None], seed=2)
    columns["p.4"] -= columns["p.4"].mean() + 0.01
    found = fit(parse_fit("F = free_energy(p)"), chains(columns, {"f": axis}))
    assert [item.name for item in found.parameters] == ["F.1", "F.2"]
    assert found.picture.x.tolist() == [1.0, 2.0**0.5]
    assert picture_chart(found.text, found.picture).x_label == "r (lattice units)"
    columns = {f"p.{i}": -np.ones(50) - np.arange(50) for i in (1, 2, 3)}
    with pytest.raises(InputError, match="not positive at any distance"):
        fit(parse_fit("F = free_energy(p)"), chains(columns))


def glueballs(mass, vacuum, n=4000, extent=12, seed=3):
    """O(t) = vacuum + normal numbers with covariance cosh(m (t - T/2)), and their correlator: series c.t, c_vacuum."""
    rng = np.random.default_rng(seed)
    t = np.arange(extent)
    shape = np.exp(-mass * t) + np.exp(-mass * (extent - t))
    spectrum = np.maximum(np.fft.fft(shape).real, 0.0)
    waves = np.fft.fft(rng.normal(size=(n, extent)) + 1j * rng.normal(size=(n, extent)))
    O = vacuum + np.fft.ifft(np.sqrt(spectrum) * waves).real  # noqa: E741
    products = [np.mean(O * np.roll(O, -k, axis=1), axis=1) for k in t]
    return {f"c.{k + 1}": products[k] for k in t} | {"c_vacuum": O.mean(axis=1)}


def test_correlators_along_the_flow():
    """The second of several lists has the axis of lists within lists, and its own vacuum expectation value."""
    columns = loops([0.1, 1.0, 1.5, 2.0])
    nested = {name.replace("p.", "flow_p.2."): values for name, values in columns.items()}
    axes = {"f": ("flow_time", (0.0, 0.1, 0.2, 0.3)), "flow_p.": ("flow_p_distances", (0.0, 1.0, 2.0**0.5, 2.0))}
    found = fit(parse_fit("F = free_energy(flow_p.2)"), chains(nested, axes))
    assert found.picture.x.tolist() == [1.0, 2.0**0.5, 2.0]
    columns = glueballs(0.5, 30.0)
    other = {"flow_c_vacuum.1": columns["c_vacuum"] + 1.0}
    nested = {f"flow_{n}.2" if "_" in n else n.replace("c.", "flow_c.2."): x for n, x in columns.items()}
    for text in ("m = cosh(SERIES, 1, 4)", "m = connected(SERIES)"):
        plain = fit(parse_fit(text.replace("SERIES", "c")), chains(columns)).parameters
        found = fit(parse_fit(text.replace("SERIES", "flow_c.2")), chains(nested | other)).parameters
        assert [(one.mean, one.error) for one in found] == [(one.mean, one.error) for one in plain]


@pytest.mark.parametrize("text", ["m = cosh(c, 1, 4)", "m = effective(c)"])
def test_the_vacuum_is_taken_off(text):
    columns = glueballs(0.5, 30.0)
    found = fit(parse_fit(text), chains(columns)).parameters[0]
    assert abs(found.mean - 0.5) < 4.0 * found.error < 0.2


def test_connected_correlator():
    t = np.arange(7)
    expected = np.exp(-0.5 * t) + np.exp(-0.5 * (12 - t))
    found = fit(parse_fit("G = connected(c)"), chains(glueballs(0.5, 30.0))).parameters
    assert [item.name for item in found] == [f"G.{k}" for k in t]
    for item, value in zip(found, expected, strict=True):
        assert abs(item.mean - value) < 4.0 * item.error < 0.4


def test_without_the_vacuum_nothing_is_taken_off():
    columns = glueballs(0.5, 30.0)
    del columns["c_vacuum"]
    found = fit(parse_fit("m = effective(c)"), chains(columns)).parameters[0]
    assert found.mean < 0.1  # C(t) is 900 at all times, nearly


def test_derivatives_of_the_connected_correlator():
    means = np.array([9.5, 9.2, 9.1, 3.0])
    values, slopes = connected(means)
    np.testing.assert_allclose(values, [0.5, 0.2, 0.1], rtol=1e-14)
    numerical = [(connected(means + h)[0] - connected(means - h)[0]) / 2e-6 for h in 1e-6 * np.eye(4)]
    np.testing.assert_allclose(slopes.T, numerical, rtol=1e-8, atol=1e-8)
