"""Runs side by side: differences, distributions, cost."""

import json

import numpy as np
import pytest
from synthetic_lists import add_lists
from synthetic_run import make_run, write_lines

from lqcdnn.analyze.comparison import Row, is_theory
from lqcdnn.analyze.data.cost import mean_cost
from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.compare import compare_runs, run_cost
from lqcdnn.report.terminal.compare import comparison_document, comparison_text, row_cells


def timing(first, last, cpu, start=False, threads=1, session=1):
    """A record of timing.jsonl; cpu seconds for one trajectory."""
    total = cpu * (last - first + 1)
    times = {"cpu": 1.5 * total, "cpu_update": total, "wall": 2.0 * total}
    return {"session": session, "first": first, "trajectory": last, "start": start, "threads": threads, **times}


RECORDS = [
    timing(1, 1, 30.0, start=True),
    timing(2, 100, 0.2),
    timing(101, 200, 0.1),
    timing(201, 201, 20.0, start=True, session=2),
    timing(202, 300, 0.1, session=2),
]


def test_cost_leaves_out_compilation_and_thermalisation():
    cost = mean_cost(RECORDS, 100)
    assert cost.cpu_update == pytest.approx(0.1)
    assert (cost.cpu, cost.wall) == (pytest.approx(0.15), pytest.approx(0.2))
    assert (cost.trajectories, cost.threads, cost.warm) == (199, 1, True)
    assert mean_cost(RECORDS, 500).trajectories == 298  # nothing after the cut: all that are warm
    assert not mean_cost(RECORDS[:1], 100).warm
    assert mean_cost([], 0) is None
    assert mean_cost([timing(1, 9, 1.0), timing(10, 19, 1.0, threads=2)]).threads is None


@pytest.fixture
def runs(tmp_path):
    paths = [make_run(tmp_path / f"run{seed}", n=600, seed=seed) for seed in (1, 2)]
    write_lines(paths[0] / "timing.jsonl", RECORDS)
    return paths


def test_same_physics(runs):
    result = compare_runs(runs)
    assert result.verdict.status == "ok"
    found = {item.name: item for item in result.observables}
    assert {"plaquette", "condensate", "polyakov_directions.t.re"} <= set(found)
    first, second = found["plaquette"].rows
    assert (first.sigma, first.ks_probability) == (None, None)
    assert second.sigma == pytest.approx((second.mean - first.mean) / np.hypot(first.error, second.error))
    assert 0.0 < second.ks_probability <= 1.0
    # 2 tau_int trajectories at 0.1 s each; the other run has no times
    assert first.cpu_per_sample == pytest.approx(0.2 * first.tau_int)
    assert first.cpu_per_sample_error == pytest.approx(0.2 * first.tau_int_error)
    assert second.cpu_per_sample is None
    # the condensate is measured on every 10th trajectory
    assert found["condensate"].rows[0].tau_int >= 5.0


def test_difference_is_found(runs):
    lines = [json.loads(line) for line in (runs[1] / "journal.jsonl").read_text().splitlines()]
    write_lines(runs[1] / "journal.jsonl", [record | {"plaquette": record["plaquette"] + 0.005} for record in lines])
    verdict = compare_runs(runs).verdict
    assert verdict.status == "fail"
    assert "plaquette (+" in verdict.sentence


def test_a_chain_that_never_moved_differs_by_nothing_known(runs):
    """Its error is 0 because nothing was accepted, not because the mean is known."""
    lines = [json.loads(line) for line in (runs[1] / "journal.jsonl").read_text().splitlines()]
    write_lines(runs[1] / "journal.jsonl", [record | {"plaquette": 0.6} for record in lines])
    (item,) = compare_runs(runs, observables=["plaquette"]).observables
    assert (item.rows[1].error, item.rows[1].sigma) == (0.0, None)


def test_distribution_of_equal_mean_is_found(runs):
    lines = [json.loads(line) for line in (runs[1] / "journal.jsonl").read_text().splitlines()]
    wider = [record | {"plaquette": 0.7025 + 2.0 * (record["plaquette"] - 0.7025)} for record in lines]
    write_lines(runs[1] / "journal.jsonl", wider)
    result = compare_runs(runs, observables=["plaquette"])
    assert [item.name for item in result.observables] == ["plaquette"]
    assert abs(result.observables[0].rows[1].sigma) < 3.0
    assert result.observables[0].rows[1].ks_probability < 1e-4
    assert result.verdict.status == "fail"


def test_how_a_determinant_is_had_is_no_theory():
    """Exact, of one flavour, rational in any number of fields: the same mean values."""
    table = "action.fermion.2"
    assert not any(is_theory(f"{table}.{key}") for key in ("determinant", "rational", "pseudofermions", "hasenbusch"))
    assert all(is_theory(f"{table}.{key}") for key in ("mass", "flavors", "L5"))


def test_different_theories_are_named(runs):
    for run, beta in zip(runs, (2.7, 2.8), strict=True):
        manifest = json.loads((run / "manifest.json").read_text())
        manifest["physics"] = {"run.seed": beta, "action.gauge.beta": beta, "update": {"steps": int(10 * beta)}}
        (run / "manifest.json").write_text(json.dumps(manifest))
    result = compare_runs(runs)
    assert result.differing[0] == {}
    assert result.differing[1] == {"action.gauge.beta": ("2.7", "2.8"), "update.steps": ("27", "28")}
    assert result.verdict.status == "unknown"
    assert "action.gauge.beta" in result.verdict.sentence
    assert "update.steps: 28 (there 27)" in comparison_text(result)
    guided = {"guide.gauge.beta": 2.6, "guide.gauge.kind": "wilson", "update.steps": 27, "action.gauge.beta": 2.7}
    manifest = json.loads((runs[1] / "manifest.json").read_text()) | {"physics": guided}
    (runs[1] / "manifest.json").write_text(json.dumps(manifest))
    assert "\n  guide.gauge: beta 2.6, kind wilson (not there)\n" in comparison_text(compare_runs(runs))
    assert "\n  guide.gauge: beta 2.6, kind wilson (only there)\n" in comparison_text(compare_runs(runs[::-1]))
    for run, tolerance in zip(runs, (1e-10, 1e-12), strict=True):
        manifest = json.loads((run / "manifest.json").read_text())
        manifest["physics"] = {"action.fermion.1.tolerance": tolerance}
        (run / "manifest.json").write_text(json.dumps(manifest))
    assert compare_runs(runs).verdict.status == "ok"


def test_long_lists_are_folded_on_request(tmp_path):
    runs = [add_lists(make_run(tmp_path / f"run{seed}", n=600, seed=seed), 600, seed=seed) for seed in (1, 2)]
    result = compare_runs(runs)
    whole, short = comparison_text(result), comparison_text(result, lists_in_full=False)
    assert "\npion.3 " in whole
    assert "\npion.3 " not in short
    found = {item.name: item.rows[1].sigma for item in result.observables if item.name.startswith("pion.")}
    worst = max((name for name in found if found[name] is not None), key=lambda name: abs(found[name]))
    (line,) = (line.split() for line in short.splitlines() if line.startswith("pion "))
    assert line == ["pion", str(runs[1]), f"{found[worst]:+.1f}", "sigma", worst]


def test_text_and_document(runs):
    result = compare_runs([*runs, make_run(runs[0].parent / "run3", n=300, seed=3)], derive=["d = plaquette - 0.7"])
    text = comparison_text(result)
    assert text.isascii()
    assert "CPU s/traj" in text
    assert f"{runs[1]}" in text
    document = json.loads(json.dumps(comparison_document(result), allow_nan=False))
    assert document["runs"][0]["cost"]["cpu_update"] == pytest.approx(0.1, rel=0.1)
    assert document["runs"][1]["cost"] is None
    by_name = {item["name"]: item["rows"] for item in document["observables"]}
    assert len(by_name["plaquette"]) == 3
    assert by_name["d"][1]["ks_probability"] is None
    assert by_name["d"][1]["sigma"] == pytest.approx(by_name["plaquette"][1]["sigma"], rel=1e-6)


def test_refusals(runs):
    with pytest.raises(InputError, match="two run directories"):
        compare_runs(runs[:1])
    with pytest.raises(InputError, match="itself"):
        compare_runs([runs[0], runs[0] / "."])
    write_lines(runs[0] / "timing.jsonl", [{"first": 1}])
    with pytest.raises(DataError, match="line 1 is damaged"):
        run_cost(runs[0], 0)


@pytest.mark.parametrize(("error", "shown"), [(0.02, "0.09(2)"), (None, "0.085")])
def test_a_cost_without_error_has_two_digits(error, shown):
    row = Row(0, 0.5, None, 3, None, None, None, None, None, None, 0.0852366, error)
    assert row_cells(row)[-1] == shown
