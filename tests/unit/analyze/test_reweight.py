"""Reweighting in beta of independent plaquettes, where every mean value is known."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from reference.exact import bessel_i
from synthetic_run import make_run, write_lines

from lqcdnn.analyze.data.rundata import THIN_PLAQUETTE, Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.quantities import Request, quantities
from lqcdnn.analyze.reweight import effective_number, log_weights, parse_target
from lqcdnn.analyze.verdicts.run import judge_statistics
from lqcdnn.errors import InputError
from lqcdnn.jobs.analyze import analyze_run

VOLUME, BETA = 16, 2.0
PHYSICS = Physics(group="U(1)", shape=(4, 4), gauge_kind="wilson", c1=0.0, beta=BETA)


def run(n, seed):
    """Plaquette, and the square of one plaquette, of independent angles (open boundaries)."""
    angles = np.random.default_rng(seed).vonmises(0.0, BETA, size=(n, VOLUME))
    cosines = np.cos(angles)
    mean = cosines.mean(axis=1)
    columns = {"plaquette": mean, "square": cosines[:, 0] ** 2, THIN_PLAQUETTE: mean}
    return {name: Series(name, "journal.jsonl", np.arange(1, n + 1), values) for name, values in columns.items()}


def ratio(beta):
    return float(np.divide(*bessel_i([1, 0], beta)))


@pytest.mark.parametrize("beta", [1.7, 2.0, 2.4])
def test_mean_values_at_another_coupling(beta):
    """<cos> = I1/I0, <cos^2> = 1 - <cos>/beta, and the susceptibility as a derived quantity."""
    series = run(4000, 1)
    text = "chi = V * (mean(plaquette**2) - plaquette**2)"
    found = quantities([series], list(series.values()), PHYSICS, Request(reweight=(f"beta={beta}",), derive=(text,)))
    plaquette, square, _ = found.observables
    (chi,) = found.derived
    assert abs(plaquette.mean - ratio(beta)) < 4.0 * plaquette.error
    assert abs(square.mean - (1.0 - ratio(beta) / beta)) < 4.0 * square.error
    assert abs(chi.mean - (1.0 - ratio(beta) / beta - ratio(beta) ** 2)) < 4.0 * chi.error
    assert plaquette.error == pytest.approx(plaquette.jackknife_error, rel=0.2)
    assert found.verdict.status == "ok"
    if beta == BETA:
        plain = quantities([series], list(series.values()), PHYSICS, Request(derive=(text,)))
        assert plaquette.mean == pytest.approx(plain.observables[0].mean, rel=1e-12)
        assert plaquette.error == pytest.approx(plain.observables[0].error, rel=1e-9)
        assert plain.verdict is None


def test_a_constant_has_no_vote_on_the_statistics():
    """Of <x w>/<w> with x constant only rounding fluctuates."""
    series = run(2000, 8)
    series["charge"] = Series("charge", "f", np.arange(1, 2001), np.full(2000, 0.3))
    found = quantities([series], list(series.values()), PHYSICS, Request(reweight=("beta=2.2",)))
    charge = next(item for item in found.observables if item.name == "charge")
    assert (charge.error, charge.tau_int) == (0.0, 0.5)
    assert charge.mean == pytest.approx(0.3, rel=1e-14)
    assert judge_statistics([charge]).status == "unknown"


def test_averages_over_other_links_have_no_weights():
    """Of the multilevel algorithm: left out with a note, unless nothing is reweighted."""
    series = run(2000, 8)
    name = "thick_polyakov_multilevel"
    series[f"{name}.1"] = Series(f"{name}.1", f"measure/{name}.jsonl", np.arange(1, 2001), np.ones(2000))
    found = quantities([series], list(series.values()), PHYSICS, Request(reweight=("beta=2.2",)))
    assert f"{name}.1" not in [item.name for item in found.observables]
    assert "plaquette" in [item.name for item in found.observables]
    assert found.warnings == (f"{name}: left out, an average over links that these weights do not belong to",)
    plain = quantities([series], list(series.values()), PHYSICS, Request())
    assert f"{name}.1" in [item.name for item in plain.observables]
    assert plain.warnings == ()


def test_replicas_share_one_normalisation():
    parts = [run(1500, 2), run(2500, 3)]
    joined = {
        name: Series(name, "f", np.arange(1, 4001), np.concatenate([part[name].values for part in parts]))
        for name in parts[0]
    }
    request = Request(reweight=("beta=2.3",), s=0.0)
    one, both = (quantities(p, list(parts[0].values()), PHYSICS, request).observables[1] for p in ([joined], parts))
    assert both.mean == pytest.approx(one.mean, abs=0.02 * one.error + 1e-3 * one.error)
    assert both.error == pytest.approx(one.error, rel=0.01)


def test_too_far_is_refused_and_far_is_warned_about():
    series = run(500, 4)
    with pytest.raises(InputError, match="the weights leave") as caught:
        quantities([series], list(series.values()), PHYSICS, Request(reweight=("beta=6.0",)))
    assert "nearer to those of the run" in caught.value.hint
    short = run(150, 4)
    assert quantities([short], list(short.values()), PHYSICS, Request(reweight=("beta=2.8",))).verdict.status == "warn"


def test_weights_come_from_the_bare_links(tmp_path):
    """A plaquette of smeared links in measure/ does not enter the action."""
    run = make_run(tmp_path / "su2", n=400)
    before = analyze_run(run, 100, ["condensate"], reweight=["beta=2.71"])["condensate"]
    records = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    links = {"plaquette_links": {"flow": "smooth", "time": 1.0}}
    smeared = [{"trajectory": r["trajectory"], "plaquette": 1.0 - 0.1 * r["plaquette"], **links} for r in records]
    write_lines(run / "measure" / "plaquette.jsonl", smeared)
    after = analyze_run(run, 100, ["condensate", "plaquette"], reweight=["beta=2.71"])
    assert after["condensate"].mean == before.mean
    assert after["plaquette"].mean == pytest.approx(0.7, abs=0.05)
    assert after["plaquette_smooth"].mean == pytest.approx(1.0 - 0.07, abs=0.01)


def test_effective_number():
    equal = Series("weight", "f", np.arange(1000), np.random.default_rng(5).uniform(0.99, 1.0, 1000))
    fraction, number = effective_number([equal])
    assert fraction == pytest.approx(1.0, abs=1e-4)
    assert 700 < number <= 1000
    single = Series("weight", "f", np.arange(1000), np.eye(1000)[0] + 1e-9)
    assert effective_number([single])[0] == pytest.approx(1e-3, rel=1e-3)


def test_rectangles_of_smeared_links_are_not_those_of_the_action(tmp_path):
    """They belong to no weight; those of the links themselves may be measured beside them under any name."""
    path, n = make_run(tmp_path / "run", n=300), 300
    resolved = path / "resolved.toml"
    resolved.write_text(resolved.read_text().replace('"wilson"', '"symanzik"'))
    thin, smooth = 0.4 + 0.01 * np.random.default_rng(8).normal(size=(2, n))
    lines = [{"trajectory": i + 1, "rectangle": x, "rectangle_links": {"flow": "w"}} for i, x in enumerate(smooth)]
    write_lines(path / "measure" / "rectangle.jsonl", lines)
    targets = ["beta=2.7001"]
    with pytest.raises(InputError, match="rectangle of the links themselves") as refused:
        analyze_run(path, 100, reweight=targets)
    assert "[observables.thin_rectangle]" in refused.value.hint
    write_lines(
        path / "measure" / "thin_rectangle.jsonl",
        [{"trajectory": i + 1, "thin_rectangle": x} for i, x in enumerate(thin)],
    )
    found = analyze_run(path, 100, ["plaquette"], reweight=targets)["plaquette"].mean
    journal = [json.loads(line) for line in (path / "journal.jsonl").read_text().splitlines()]
    plaquette = np.array([record["plaquette"] for record in journal])
    loops = (1.0 + 8.0 / 12.0) * (1.0 - plaquette) - (2.0 / 12.0) * (1.0 - thin)
    weights = np.exp(-(2.7001 - 2.7) * 4**4 * 6 * (loops - loops.mean()))[100:]
    assert found == pytest.approx(float(weights @ plaquette[100:] / weights.sum()), rel=1e-12)


@pytest.mark.parametrize(
    ("physics", "message"),
    [
        (Physics(group="U(1)", shape=(4, 4), gauge_kind="iwasaki", c1=-0.331, beta=2.0), '"iwasaki" .* rectangle'),
        (Physics(), "coupling of this run is unknown"),
    ],
)
def test_what_cannot_be_reweighted(physics, message):
    series = run(100, 6)
    with pytest.raises(InputError, match=message):
        quantities([series], [], physics, Request(reweight=("beta=2.1",)))
    with pytest.raises(InputError, match="needs the series of the plaquette"):
        quantities([{"square": series["square"]}], [], PHYSICS, Request(reweight=("beta=2.1",)))


def test_definitions_of_the_input_that_cannot_be_computed_are_noted():
    series = run(100, 7)
    physics = Physics(derive=("a = missing", "b = plaquette"), fit=("m = cosh(pion, 1, 2)",))
    found = quantities([series], [], physics, Request(derive=("b = 2*plaquette",)))
    assert [item.name for item in found.derived] == ["b"]
    assert found.derived[0].mean == pytest.approx(2.0 * series["plaquette"].values.mean())
    assert len(found.warnings) == 2
    assert "missing" in found.warnings[0]
    with pytest.raises(InputError, match="missing"):
        quantities([series], [], Physics(), Request(derive=("a = missing",)))
    with pytest.raises(InputError, match="there is a series plaquette already"):
        quantities([series], [], Physics(), Request(derive=("plaquette = 2*square",)))
    assert math.isfinite(found.derived[0].error)


@pytest.mark.parametrize(
    "targets",
    [("beta=2.1", "beta=1.9"), ("mass=0.1", "mass=0.2"), ("a", "beta=2.1", "a"), ("reweighting.2", "mass=0.2")],
)
def test_weights_to_two_couplings_do_not_multiply(targets):
    """The product would lead to a coupling that nobody named."""
    series = run(100, 9)
    for name in ("a", "reweighting.1", "reweighting.2"):
        series[name] = Series(name, "f", np.arange(1, 101), 0.01 * series["square"].values)
    physics = replace(PHYSICS, masses=(0.1, 0.2))
    with pytest.raises(InputError, match=r"reweighting: \S+ is named twice"):
        quantities([series], [], physics, Request(reweight=targets))
    assert quantities([series], [], physics, Request(reweight=("beta=2.1", "mass=0.2", "a"))).verdict.status != "fail"


@pytest.mark.parametrize(
    ("masses", "hint"),
    [((), "add [observables.reweighting] with masses = [0.2]"), ((0.1, 0.15), "write masses = [0.1, 0.15, 0.2]")],
)
def test_a_mass_without_weights(masses, hint):
    """Measured series keep their masses, so that one more means to measure anew."""
    with pytest.raises(InputError, match=r"no weights of mass 0\.2") as error:
        log_weights(run(10, 1), Physics(masses=masses), [parse_target("mass=0.2")])
    assert hint in error.value.hint
