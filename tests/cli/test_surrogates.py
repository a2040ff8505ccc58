"""Surrogates by commands: a network learns from a run, is measured on all of it, and corrects a mean value."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from cli.runs import lqcdnn
from input_head import head

import lqcdnn as lqcdnn_package
from lqcdnn.storage import surrogates

INPUT = head([4, 8], "U(1)", 2.0, name="run", trajectories=40, thermalization=10, seed=3, save_every=1) + """\
[update]
kind = "heatbath"
[observables.wilson_loop]
space = 2
time = 2
[surrogate.w]
target = "wilson_loop[1][2]"
configs = 32
channels = [1]
steps = 5
[surrogate.slow]
target = "wilson_loop[2][2]"
configs = 20
channels = []
polyakov = "time"
optimizer = "adam"
rate = 1e-2
batch = 5
steps = 4
"""
MEASURE = ("--observables", "surrogate", "--set", "observables.surrogate.weights=run/train/w.surrogate.h5")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A run of which the first part taught two networks, and in the rest of which one loop in five was measured."""
    folder = tmp_path_factory.mktemp("surrogates")
    (folder / "in.toml").write_text(INPUT)
    assert lqcdnn(folder, "generate", "in.toml").returncode == 0
    done = lqcdnn(folder, "train", "in.toml", "--json")
    assert done.returncode == 0, done.stderr
    (folder / "trained.json").write_text(done.stdout)
    changes = ("--set", "run.trajectories=80", "--set", "observables.wilson_loop.every=5")
    assert lqcdnn(folder, "generate", "in.toml", *changes).returncode == 0
    assert lqcdnn(folder, "measure", "in.toml", *changes, *MEASURE).returncode == 0
    return folder


def measured(folder: Path, name: str, run: str = "run"):
    """Records of a series by trajectory."""
    lines = (folder / run / f"measure/{name}.jsonl").read_text().splitlines()
    return {record["trajectory"]: record for record in map(json.loads, lines)}


@pytest.fixture
def copy(trained, tmp_path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def test_a_network_of_one_layer_learns_the_rectangle(trained):
    found = json.loads((trained / "trained.json").read_text())["surrogates"]
    assert found["w"]["target"] == "wilson_loop[1][2]"
    assert found["w"]["trained"]["configs"] == 32
    assert found["w"]["others"]["configs"] == 8
    assert found["w"]["others"]["correlation"] > 0.99
    assert found["w"]["others"]["rms"] < 0.1 * found["w"]["others"]["deviation"]
    assert found["slow"]["steps"] == found["slow"]["done_now"] == 4


def test_what_is_measured_is_what_was_learned(trained):
    loops, values = measured(trained, "wilson_loop"), measured(trained, "surrogate")
    both = [k for k in sorted(loops.keys() & values) if k > 50]
    pairs = np.array([(values[k]["surrogate"], loops[k]["wilson_loop"][0][1]) for k in both])
    assert len(pairs) == 8
    assert np.corrcoef(pairs.T)[0, 1] > 0.99


def test_a_mean_value_is_corrected_without_what_was_trained_on(trained):
    done = lqcdnn(trained, "analyze", "run", "--json", "--fit", "W = control(wilson_loop.1.2, surrogate)")
    found = json.loads(done.stdout)
    corrected = {one["name"]: one for one in found["fits"][0]["parameters"]}
    assert corrected["W.control"]["first"] > 42
    assert corrected["W.direct"]["n"] == 8 + 8
    assert corrected["W.control"]["naive_error"] < 0.8 * corrected["W.direct"]["naive_error"]
    loops, values = measured(trained, "wilson_loop"), measured(trained, "surrogate")
    fresh = [values[k]["surrogate"] for k in values if k > 42]
    differences = [loops[k]["wilson_loop"][0][1] - values[k]["surrogate"] for k in loops.keys() & values if k > 42]
    assert corrected["W.shift"]["mean"] == pytest.approx(np.mean(fresh) + np.mean(differences), rel=1e-12)
    alone = next(one for one in found["observables"] if one["name"] == "surrogate")
    assert alone["n"] == 48
    assert any("32 values up to trajectory 42 are left out" in text for text in found["warnings"])


def test_commands_know_the_file(trained):
    shown = json.loads(lqcdnn(trained, "show", "run/train/w.surrogate.h5", "--json").stdout)
    assert (shown["kind"], shown["target"], shown["network"]["channels"]) == ("surrogate", "wilson_loop[1][2]", [1])
    assert shown["trained_on"] == list(range(11, 43))
    checks = {one["kind"]: one for one in json.loads(lqcdnn(trained, "verify", "run", "--json").stdout)["checks"]}
    assert checks["training"]["files"] == 2
    assert not checks["training"]["faults"]
    assert "Favoni" in lqcdnn(trained, "cite", "in.toml").stdout
    corrected = 'analyze.fit=["W = control(wilson_loop.1.2, surrogate)"]'
    assert "1807.05971" in lqcdnn(trained, "cite", "in.toml", "--set", corrected).stdout


def test_training_goes_on_where_it_was(trained, copy):
    """Stopped after fewer steps and gone on with: the same weights; complete, nothing is done."""
    for name in ("w", "slow"):
        (copy / f"run/train/{name}.surrogate.h5").unlink()
    fewer = ("--set", "surrogate.w.steps=2", "--set", "surrogate.slow.steps=1")
    assert lqcdnn(copy, "train", "in.toml", *fewer).returncode == 0
    for expected in ("6 steps in", "no step left to do"):
        done = lqcdnn(copy, "train", "in.toml")
        assert done.stdout.startswith(f"run: {expected}"), done.stdout + done.stderr
    for name in ("w", "slow"):
        one, other = (surrogates.load(folder / f"run/train/{name}.surrogate.h5") for folder in (trained, copy))
        np.testing.assert_array_equal(one.theta, other.theta)
        np.testing.assert_array_equal(one.losses, other.losses)
        np.testing.assert_array_equal(one.seen[0].trained, np.arange(11, 43 if name == "w" else 31))


def test_weights_are_used_on_larger_lattices_of_the_same_kind(trained):
    larger = INPUT.replace("[4, 8]", "[8, 8]").replace('"run"', '"larger"').split("[surrogate.w]")[0]
    larger = larger.replace("trajectories = 40", "trajectories = 3")
    larger += '[observables.big_surrogate]\nweights = "run/train/w.surrogate.h5"\n'
    (trained / "larger.toml").write_text(larger)
    done = lqcdnn(trained, "generate", "larger.toml")
    assert done.returncode == 0, done.stderr
    loops, values = measured(trained, "wilson_loop", "larger"), measured(trained, "big_surrogate", "larger")
    assert len(values) > 2
    for k, found in values.items():
        assert found["big_surrogate"] == pytest.approx(loops[k]["wilson_loop"][0][1], abs=0.02)
    other = lqcdnn(trained, "generate", "larger.toml", "--set", "lattice.shape=[4,4,4]", "--set", "run.name=other")
    assert other.returncode == 2
    assert "run/train/w.surrogate.h5 is for U(1) in d = 2; allowed: weights for U(1) in d = 3" in other.stderr


def test_python_trains_what_the_command_does(trained, monkeypatch):
    monkeypatch.chdir(trained)
    found = lqcdnn_package.train(lqcdnn_package.load("in.toml"))
    assert (found.done_now, list(found.learned)) == (0, ["w", "slow"])
    path = found.learned["w"].path
    links = lqcdnn_package.read_configuration("run/configs/cfg_00000080.h5")
    value = lqcdnn_package.measure_configuration(links, ["surrogate"], {"surrogate": {"weights": str(path)}})
    assert value["surrogate"] == measured(trained, "surrogate")[80]["surrogate"]


def test_several_runs_teach_together(trained, copy):
    """The first configurations of each, whatever their lattices; what they have seen is left out of each."""
    other = ("--set", "run.name=other", "--set", "lattice.shape=[8,8]", "--set", "action.gauge.beta=2.5")
    few = ("--set", "run.trajectories=25", "--set", "run.thermalization=5")
    assert lqcdnn(copy, "generate", "in.toml", *other, *few).returncode == 0
    text = INPUT.split("[surrogate.slow]")[0].replace("configs = 32", 'configs = 40\nruns = ["run", "other"]')
    (copy / "both.toml").write_text(text.replace("surrogate.w", "surrogate.both").replace("steps = 5", "steps = 3"))
    done = lqcdnn(copy, "train", "both.toml", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["surrogates"]["both"]
    assert found["trained"]["configs"] == 40
    assert found["trained"]["correlation"] > 0.99
    file = surrogates.load(copy / "run/train/both.surrogate.h5")
    assert [one.trained.tolist() for one in file.seen] == [list(range(11, 31)), list(range(6, 26))]
    assert file.seen[0].run != file.seen[1].run
    shown = json.loads(lqcdnn(copy, "show", "run/train/both.surrogate.h5", "--json").stdout)
    assert list(shown["trained_on"].values()) == [list(range(11, 31)), list(range(6, 26))]
    weights = ("--observables", "surrogate", "--set", "observables.surrogate.weights=run/train/both.surrogate.h5")
    assert lqcdnn(copy, "measure", "in.toml", *other, *few, *weights).returncode == 0
    warnings = json.loads(lqcdnn(copy, "analyze", "other", "--json").stdout)["warnings"]
    assert any("20 values up to trajectory 25 are left out" in text for text in warnings)
    for change, message in (
        ('runs=["run"]', "both.surrogate.h5 was trained on other configurations"),
        ('runs=["nowhere"]', "nowhere"),
        ('runs=["run", "run"]', "surrogate.both.runs: found"),
    ):
        refused = lqcdnn(copy, "train", "both.toml", "--set", f"surrogate.both.{change}")
        assert (refused.returncode, message in refused.stderr.replace("\n", " ")) == (2, True), refused.stderr


@pytest.mark.parametrize(
    ("change", "kind"),
    [("lattice.shape=[4,4,4]", "U(1) in d = 3"), ("lattice.time=open", 'U(1) in d = 2 with time = "open"')],
)
def test_runs_of_another_kind_do_not_teach(trained, copy, change, kind):
    (copy / "other.toml").write_text((copy / "in.toml").read_text().partition("[surrogate.w]")[0])
    other = ("--set", "run.name=other", "--set", change, "--set", "run.trajectories=0")
    made = lqcdnn(copy, "generate", "other.toml", *other, "--set", "run.thermalization=0")
    assert made.returncode == 0, made.stderr
    refused = lqcdnn(copy, "train", "in.toml", "--set", 'surrogate.w.runs=["other"]')
    allowed = "runs of U(1) in d = 2 without a twist and with periodic time"
    assert refused.returncode == 2
    assert f'surrogate.w.runs: found "other", a run of {kind}; allowed: {allowed}' in refused.stderr.replace("\n", " ")


def test_corrected_mean_values_stand_in_expressions(trained):
    """A mean value, and a function of it and of another series, with all correlations."""
    fit = ("--fit", "W = control(wilson_loop.1.2, surrogate)")
    derive = ("--derive", "same = W.control", "--derive", "ratio = log(W.shift / wilson_loop[1][2])")
    found = json.loads(lqcdnn(trained, "analyze", "run", "--json", *fit, *derive).stdout)
    fits = {one["name"]: one for one in found["fits"][0]["parameters"]}
    derived = {one["name"]: one for one in found["derived"]}
    for key in ("mean", "error", "tau_int", "n", "jackknife_error"):
        assert derived["same"][key] == pytest.approx(fits["W.control"][key], rel=1e-9)
    ratio = fits["W.shift"]["mean"] / fits["W.direct"]["mean"]
    assert derived["ratio"]["mean"] == pytest.approx(np.log(ratio), rel=1e-9)
    assert 0.0 < derived["ratio"]["error"] < fits["W.direct"]["error"] / fits["W.direct"]["mean"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["surrogate.w.target=condensate"], 'surrogate.w.target: no series "condensate" in run; allowed: '),
        (["surrogate.w.symmetry=none", "surrogate.w.planar=true"], "surrogate.w.planar: belongs to symmetry = "),
        (["surrogate.w.symmetry=all"], "was trained with other settings: surrogate.w.symmetry"),
        (["surrogate.w.configs=500"], "found 500; allowed: at most 46, two less than the 48 saved"),
        (["surrogate.w.reach=2"], "was trained with other settings: surrogate.w.reach"),
        (["run.name=nothing"], "there is no run directory nothing"),
        (["action.gauge.beta=3.0"], "made with other physics: action.gauge.beta: 2.0 in the run, 3.0 in the input"),
        (["surrogate.slow.batch=21"], "surrogate.slow.batch: found 21; allowed: at most surrogate.slow.configs = 20"),
        (["surrogate.w.rate=0.1"], "surrogate.w.rate: belongs to"),
        (["surrogate.w.channels=[0]"], "surrogate.w.channels: found [0]"),
        (["train.trajectories=5", "train.rate=1e-3"], "surrogate: given with [train]; allowed: one of the two"),
    ],
)
def test_what_cannot_be_trained_is_refused(trained, changes, message):
    done = lqcdnn(trained, "train", "in.toml", *(word for change in changes for word in ("--set", change)))
    assert done.returncode == 2
    assert message in done.stderr.replace("\n", " ")


def test_files_that_are_none_are_refused(copy):
    (copy / "run/measure/surrogate.jsonl").unlink()
    weights = copy / "run/train/w.surrogate.h5"
    for damage, message, code in (
        (lambda: weights.write_bytes(weights.read_bytes()[:-200]), "w.surrogate.h5", 3),
        (lambda: shutil.copy(copy / "run/configs/cfg_00000011.h5", weights), "is not a file of a surrogate", 3),
        (weights.unlink, "observables.surrogate.weights: there is no file run/train/w.surrogate.h5", 2),
    ):
        damage()
        done = lqcdnn(copy, "measure", "in.toml", *MEASURE)
        assert done.returncode == code
        assert message in done.stderr
