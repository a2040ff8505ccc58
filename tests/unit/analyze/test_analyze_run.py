"""A whole run directory, and a file of numbers, through the functions of the analyze job."""

import json
from dataclasses import replace

import numpy as np
import pytest
from synthetic_run import make_run, write_lines

from lqcdnn.errors import DataError, InputError
from lqcdnn.jobs.analyze import analyze_run, analyze_series
from lqcdnn.report.figures import figures
from lqcdnn.report.terminal.table import training_lines


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run") / "su2")


@pytest.fixture(scope="module")
def analysis(run):
    return analyze_run(run)


def test_mean_values(analysis):
    expected = {"plaquette": 0.7025, "polyakov_trace.re": 0.82, "polyakov.re": 0.41, "condensate": 0.4245}
    for name, value in expected.items():
        found = analysis[name]
        assert abs(found.mean - value) < 4.0 * found.error, name
        assert 0.6 < found.jackknife_error / found.error < 1.5, name


def test_series_at_different_intervals(analysis):
    assert (analysis["plaquette"].interval, analysis["plaquette"].n) == (1, 1100)
    assert (analysis["condensate"].interval, analysis["condensate"].n) == (10, 110)
    assert analysis["condensate"].tau_int_trajectories == 10 * analysis["condensate"].tau_int


def test_names_and_files(analysis):
    names = [item.name for item in analysis.observables]
    directions = [f"polyakov_directions.{d}.re" for d in "xyzt"]
    assert names == ["plaquette", "polyakov.re", "polyakov_trace.re", *directions, "condensate"]
    assert [analysis[name].observable for name in ("plaquette", "polyakov_trace.re")] == ["plaquette", "polyakov"]
    with pytest.raises(KeyError):
        analysis["topology"]


def test_update_and_verdicts(analysis):
    assert abs(analysis.exp_minus_dH.mean - 1.0) < 4.0 * analysis.exp_minus_dH.error
    assert 0.75 < analysis.acceptance.mean < 0.85
    assert {verdict.name: verdict.status for verdict in analysis.verdicts} == {
        "thermalised": "ok",
        "statistics": "ok",
        "exp(-dH)": "ok",
        "acceptance": "ok",
        "centre sector": "ok",
        "training": "ok",
    }
    assert analysis.status == "ok"
    assert analysis.training.steps == 200
    assert analysis.training.late_loss < 3.0 < analysis.training.early_loss


def test_wrong_sector_at_the_start_is_cut_off(tmp_path):
    found = analyze_run(make_run(tmp_path / "run", flipped=250))
    assert 240 <= found.thermalization.trajectory <= 360
    assert found.thermalization.decided_by.startswith("polyakov")
    assert found.thermalization.settled


def test_cut_by_hand_and_by_input(tmp_path, run):
    assert analyze_run(run, thermalization=500)["plaquette"].n == 700
    other = make_run(tmp_path / "run", n=400)
    with (other / "resolved.toml").open("a") as file:
        file.write("[analyze]\nthermalization = 150\n")
    found = analyze_run(other)
    assert (found.thermalization.trajectory, found.thermalization.method) == (150, "input")
    with pytest.raises(InputError, match=r"1200 \(--thermalization\) leaves nothing of 1200 traj") as caught:
        analyze_run(run, thermalization=1200)
    assert caught.value.hint == "--thermalization takes 0 to 1199"
    short = make_run(tmp_path / "short", n=120)
    (short / "resolved.toml").write_text((other / "resolved.toml").read_text())
    said = r"short: a thermalization of 150 \(analyze\.thermalization of its input\) leaves nothing of 120 trajectories"
    with pytest.raises(InputError, match=said) as caught:
        analyze_run(short)
    assert caught.value.hint == "--thermalization overrides it with 0 to 119"


def test_choice_of_observables(tmp_path, run):
    found = analyze_run(run, observables=["condensate", "polyakov_trace"])
    assert [item.name for item in found.observables] == ["polyakov_trace.re", "condensate"]
    with pytest.raises(InputError, match="no observable 'topology'") as caught:
        analyze_run(run, observables=["topology"])
    assert "plaquette, polyakov, condensate" in caught.value.hint
    other = make_run(tmp_path / "run", n=300)
    (other / "input.toml").write_text('[analyze]\nobservables = ["plaquette"]\n')
    assert [item.name for item in analyze_run(other).observables] == ["plaquette"]


def test_measured_series_replaces_that_of_the_journal_if_longer(tmp_path):
    run = make_run(tmp_path / "run", n=300)
    write_lines(run / "measure" / "plaquette.jsonl", [{"trajectory": i, "plaquette": 0.5} for i in range(110, 301, 10)])
    assert analyze_run(run)["plaquette"].interval == 1
    write_lines(run / "measure" / "plaquette.jsonl", [{"trajectory": i, "plaquette": 0.5} for i in range(1, 301)])
    assert analyze_run(run)["plaquette"].mean == 0.5


def test_unfinished_and_torn(tmp_path):
    run = make_run(tmp_path / "run", n=300)
    lines = (run / "journal.jsonl").read_text().splitlines(keepends=True)
    (run / "journal.jsonl").write_text("".join(lines[:200]) + lines[200][:20])
    for name in ("polyakov", "condensate"):
        (run / "measure" / f"{name}.jsonl").unlink()
    found = analyze_run(run)
    assert found.trajectories == 200
    assert {v.name: v.status for v in found.verdicts}["complete"] == "warn"
    assert "not written to its end" in found.warnings[0]


def test_few_trajectories(tmp_path):
    found = analyze_run(make_run(tmp_path / "run", n=102))
    assert found["plaquette"].mean is not None
    assert found["plaquette"].error is None
    assert {v.name: v.status for v in found.verdicts}["thermalised"] == "unknown"
    json.dumps(found.to_dict(), allow_nan=False)


def test_only_training(tmp_path):
    run = make_run(tmp_path / "run", n=120)
    for file in [run / "journal.jsonl", *(run / "measure").iterdir()]:
        file.unlink()
    found = analyze_run(run)
    assert [verdict.name for verdict in found.verdicts] == ["training"]
    (run / "train" / "history.jsonl").unlink()
    with pytest.raises(InputError, match="no series yet"):
        analyze_run(run)


def test_steps_of_the_optimizer_are_counted_in_batches(tmp_path):
    run = make_run(tmp_path / "run", n=120)
    with (run / "resolved.toml").open("a") as file:
        file.write("[train]\nbatch = 4\n")
    found = analyze_run(run)
    assert (found.training.steps, found.training.samples) == (50, 200)
    lines = training_lines(found.training)
    assert lines[0] == "training: 50 steps, 200 samples"
    assert "(first 10 samples)" in lines[1]
    assert "(first 4 samples)" in training_lines(replace(found.training, samples=4))[1]
    assert {chart.x_label for one in figures(found) if one.group == "Training" for chart in one.charts} == {"sample"}
    assert training_lines(analyze_run(make_run(tmp_path / "one", n=120)).training)[0] == "training: 200 steps"


def test_solver_that_never_worked_is_left_out(tmp_path):
    """The journal of pure gauge theory says 0 iterations throughout."""
    run = make_run(tmp_path / "run", n=200)
    journal = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    for solves in (0, 2):
        work = {"solves": solves, "cg_iterations": 9 * solves, "residual": 0.0}
        write_lines(run / "journal.jsonl", [record | work for record in journal])
        for found in (analyze_run(run), analyze_series(run / "journal.jsonl")):
            assert ("cg_iterations" in [item.name for item in found.observables]) == (solves > 0)
            assert ("Solver" in {figure.group for figure in figures(found)}) == (solves > 0)


def test_trajectories_accepted_without_a_test_are_no_diagnostics(tmp_path):
    run = make_run(tmp_path / "run")
    records = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    for record in records[:50]:
        del record["accepted"], record["acceptance_probability"]
        record |= {"forced": True, "dH": 200.0}
    write_lines(run / "journal.jsonl", records)
    found = analyze_run(run, 0)
    for item in (found.acceptance, found.acceptance_probability, found.exp_minus_dH, found.dH):
        assert item.n == 1150
    assert found["plaquette"].n == 1200
    assert abs(found.exp_minus_dH.mean - 1.0) < 5 * found.exp_minus_dH.error
    assert "forced" not in {item.name for item in found.observables}


def test_damaged_journal_names_the_line(tmp_path):
    run = make_run(tmp_path / "run", n=120)
    lines = (run / "journal.jsonl").read_text().splitlines(keepends=True)
    lines[4] = "{broken\n"
    (run / "journal.jsonl").write_text("".join(lines))
    with pytest.raises(DataError, match="line 5"):
        analyze_run(run)


def test_not_a_run_directory(tmp_path):
    with pytest.raises(InputError, match="not a run directory"):
        analyze_run(tmp_path)
    file = tmp_path / "data.txt"
    file.write_text("1\n")
    with pytest.raises(InputError, match="not a directory") as caught:
        analyze_run(file)
    assert "--series" in caught.value.hint


def test_dictionary_is_json_of_documented_keys(analysis):
    document = json.loads(json.dumps(analysis.to_dict(), allow_nan=False))
    assert set(document) == {
        *("schema", "convention", "status", "kind", "source", "group", "shape", "trajectories", "expected"),
        *("thermalization", "observables", "acceptance", "acceptance_probability", "exp_minus_dH", "dH"),
        *("training", "verdicts", "warnings", "derived", "fits", "reweighted", "setup"),
    }
    assert set(document["observables"][0]) == {
        *("name", "observable", "source", "mean", "error", "error_of_error", "tau_int", "tau_int_error"),
        *("tau_int_trajectories", "window", "n", "effective", "naive_error", "converged", "jackknife_error"),
        *("bin_size", "first", "last", "interval", "regular", "bootstrap_error", "replicas", "replica_probability"),
        *("systematic", "total_error"),
    }
    assert set(document["verdicts"][0]) == {"name", "status", "sentence", "advice", "setting"}


def test_infinite_exponential_stays_finite(tmp_path):
    run = make_run(tmp_path / "run", n=150)
    lines = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    lines[0]["dH"] = -5000.0
    write_lines(run / "journal.jsonl", lines)
    assert np.isfinite(analyze_run(run).exp_minus_dH.mean)


@pytest.mark.filterwarnings("error")
def test_chain_of_wild_steps_alone(tmp_path):
    """The start of a hot lattice: what is said of exp(-dH) cannot be right, but it is finite."""
    run = make_run(tmp_path / "run", n=6)
    lines = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    for line, dh in zip(lines, (-1300.0, -711.2, -480.0, -250.0, -123.6, -68.8), strict=True):
        line["dH"] = dh
    write_lines(run / "journal.jsonl", lines)
    found = analyze_run(run, thermalization=0).exp_minus_dH
    assert np.isfinite([found.mean, found.error]).all()


def test_series_file(tmp_path):
    path = tmp_path / "data.txt"
    values = np.random.default_rng(61).normal(size=500)
    path.write_text("step dH value\n" + "".join(f"{i} {0.0} {x}\n" for i, x in enumerate(values)))
    found = analyze_series(path)
    assert [item.name for item in found.observables] == ["value"]
    assert found["value"].n == 500
    assert found.exp_minus_dH.mean == 1.0
    assert {verdict.name for verdict in found.verdicts} >= {"thermalised", "statistics", "exp(-dH)"}
    assert analyze_series(path, thermalization=99)["value"].n == 400


@pytest.mark.parametrize("line", [30, 350])
@pytest.mark.parametrize("thermalization", [None, 100, 399])
def test_value_that_is_not_finite_is_named_before_anything_is_computed(tmp_path, line, thermalization):
    path = tmp_path / "data.txt"
    values = np.random.default_rng(62).normal(size=400)
    values[line - 1] = np.nan
    path.write_text("step a\n" + "".join(f"{i} {x}\n" for i, x in enumerate(values, start=1)))
    with pytest.raises(DataError, match=rf"data\.txt: a of trajectory {line} is nan"):
        analyze_series(path, thermalization=thermalization)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step a b\n1 2 3\n2 -1e200 4\n", r"a of trajectory 2 is -1e\+200, beyond 1e\+140"),
        ("step a b\n1 2 2e-200\n2 3 0\n", "no value of b reaches 1e-140"),
        ('{"a": 1' + 20 * "0" + '}\n{"a": 1' + 400 * "0" + "}\n", "a of trajectory 2 is inf"),
    ],
)
def test_numbers_without_a_variance_are_refused(tmp_path, text, said):
    """Their squares overflow or vanish: NaN, or an error of 0, would come out."""
    path = tmp_path / "data.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        analyze_series(path)


def test_components_come_in_their_order(tmp_path):
    run = make_run(tmp_path / "su2", n=30, thermalization=0)
    lists = [{"trajectory": i, "pion": [float(i % 3 + t) for t in range(12)]} for i in range(1, 31)]
    write_lines(run / "measure" / "pion.jsonl", lists)
    names = [item.name for item in analyze_run(run, 0).observables if item.name.startswith("pion")]
    assert names == [f"pion.{t}" for t in range(1, 13)]


def test_smeared_and_thin_plaquette_are_two_series(tmp_path):
    """What is measured on other links neither replaces the numbers of the journal nor hides behind them."""
    run = make_run(tmp_path / "su2", n=100, thermalization=0)
    thin = analyze_run(run, 0)["plaquette"].mean
    links = {"plaquette_links": {"network": "two-steps", "layers": []}}
    numbers = {"plaquette": 0.9, "plaquette_space": 0.8, "plaquette_time": None}
    write_lines(run / "measure" / "plaquette.jsonl", [{"trajectory": i, **numbers, **links} for i in range(1, 101)])
    found = analyze_run(run, 0)
    assert found["plaquette"].mean == thin
    assert found["plaquette_two_steps"].mean == pytest.approx(0.9)
    assert found["plaquette_space_two_steps"].mean == pytest.approx(0.8)
    assert [item.name for item in analyze_run(run, 0, ["plaquette"]).observables][:2] == [
        "plaquette", "plaquette_two_steps"
    ]  # fmt: skip
    derived = analyze_run(run, 0, derive=["r = plaquette_two_steps / plaquette"])
    assert derived["r"].mean == pytest.approx(0.9 / thin)
