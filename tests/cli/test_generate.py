"""generate and train as a user runs them: resume, signals, threads, refusals."""

import dataclasses
import json
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.config import chain_digest
from lqcdnn.jobs import generate, session
from lqcdnn.storage import hdf5, weights
from lqcdnn.storage.checkpoint import StorageWarning, paths
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.lock import RunLock
from tests.cli.runs import (
    GAUGE,
    GUIDED,
    SMALL,
    assert_kills_do_not_matter,
    command,
    content,
    environment,
    generated,
    lines_written,
    lqcdnn,
    options,
    process,
)
from tests.faults.harness import tree


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An uninterrupted run with training."""
    return content(generated(tmp_path_factory.mktemp("reference"), GUIDED) / "small")


def test_run_directory_holds_what_was_asked(reference: dict[str, bytes]) -> None:
    journal = [json.loads(line) for line in reference["journal.jsonl"].splitlines()]
    assert [r["trajectory"] for r in journal] == list(range(1, 15))
    assert sorted(name for name in reference if name.startswith("configs")) == [
        f"configs/cfg_{n:08d}.h5" for n in (4, 6, 8, 10, 12, 14)
    ]
    condensate = [json.loads(line)["trajectory"] for line in reference["measure/condensate.jsonl"].splitlines()]
    assert condensate == [4, 8, 12]
    history = [json.loads(line) for line in reference["train/history.jsonl"].splitlines()]
    assert len(history) == 10
    assert history[-1]["weights"] != [[0.0] * 3] * 2


@pytest.mark.slow
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_the_same_bytes(threads: int, reference: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert process(tmp_path, "generate", "in.toml", "--threads", str(threads)).returncode == 0
    assert content(tmp_path / "small") == reference


def test_killed_and_resumed_gives_the_same_bytes(reference: dict[str, bytes], tmp_path: Path) -> None:
    # in the training, and in the chain; a fault of each call: tests/faults/test_kills.py
    assert_kills_do_not_matter(tmp_path, GUIDED, 12, reference)


SLOW = [pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGINT, signal.SIGUSR1)]


@pytest.mark.parametrize("number", [signal.SIGTERM, *SLOW])
def test_signal_stops_resumable(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL.replace("trajectories = 12", "trajectories = 100000"))
    running = subprocess.Popen(command("generate", "in.toml"), cwd=tmp_path, env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while lines_written(tmp_path / "small") < 5:
        time.sleep(0.01)
    running.send_signal(number)
    _out, err = running.communicate(timeout=60)
    assert running.returncode == 75, err
    assert "checkpoint written" in err
    assert json.loads((tmp_path / "small/status.json").read_text())["state"] == "stopped"
    done = lines_written(tmp_path / "small")
    resumed = lqcdnn(tmp_path, "generate", "in.toml", "--set", f"run.trajectories={done}")
    assert resumed.returncode == 0, resumed.stderr


def test_time_budget_stops_resumable(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL.replace("trajectories = 12", "trajectories = 100000"))
    assert lqcdnn(tmp_path, "generate", "in.toml", "--max-time", "1").returncode == 75


def test_tuned_steps_are_frozen_and_found_again_after_a_kill(tmp_path: Path) -> None:
    tuned = SMALL.replace("thermalization = 2", "thermalization = 30").replace("steps = 4", "steps = 2\ntune = true")
    generated(tmp_path, tuned.replace("beta = 2.2", "beta = 6.0"))
    whole = content(tmp_path / "small")
    steps = [json.loads(line)["steps"] for line in whole["journal.jsonl"].splitlines()]
    assert len(set(steps[:30])) > 1
    assert len(set(steps[30:])) == 1
    (tmp_path / "small").rename(tmp_path / "whole")
    running = subprocess.Popen(command("generate", "in.toml", "--set", "run.trajectories=0"), cwd=tmp_path,
                               env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while running.poll() is None and lines_written(tmp_path / "small") < 10:
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert lqcdnn(tmp_path, "generate", "in.toml").returncode == 0
    assert content(tmp_path / "small") == whole


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_checkpoints_by_time_change_no_result(
    seconds: float, reference: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "CHECKPOINT_SECONDS", seconds)
    generated(tmp_path, re.sub("checkpoint_every = .*\n", "", GUIDED))
    assert content(tmp_path / "small") == reference
    written = max(hdf5.peek(path)["serial"] for path in paths(tmp_path / "small" / "checkpoint") if path.exists()) + 1
    assert written == (14 if seconds == 0.0 else 1)


def test_extending_a_run_continues_it(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=5").returncode == 0
    assert lqcdnn(tmp_path, "generate", "in.toml").returncode == 0
    whole = tmp_path / "whole"
    whole.mkdir()
    generated(whole, SMALL)
    assert content(tmp_path / "small") == content(whole / "small")


def status_of(run: Path) -> dict[str, object]:
    """What does not depend on the clock in status.json."""
    found = json.loads((run / "status.json").read_text())
    return {key: found.get(key) for key in ("state", "phase", "trajectory", "total", "acceptance")}


def test_a_command_without_anything_to_do_keeps_the_status(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert lqcdnn(tmp_path, "train", "in.toml").returncode == 0
    trained = {"state": "trained", "phase": "training", "trajectory": 12, "total": 12, "acceptance": None}
    for _ in range(2):
        assert status_of(tmp_path / "small") == trained
        assert lqcdnn(tmp_path, "train", "in.toml").returncode == 0
    part = ("generate", "in.toml", "--set", "run.trajectories=3")
    assert lqcdnn(tmp_path, *part).returncode == 0
    done = status_of(tmp_path / "small")
    assert done | {"acceptance": 0} == {
        "state": "done", "phase": "generate", "trajectory": 5, "total": 5, "acceptance": 0
    }  # fmt: skip
    assert isinstance(done["acceptance"], float)
    assert json.loads((tmp_path / "small/status.json").read_text())["seconds_per_trajectory"] > 0
    assert lqcdnn(tmp_path, *part).returncode == 0
    assert status_of(tmp_path / "small") == done
    assert json.loads((tmp_path / "small/status.json").read_text())["seconds_per_trajectory"] > 0
    assert lqcdnn(tmp_path, "train", "in.toml").returncode == 0  # 9 trajectories are left
    assert status_of(tmp_path / "small") == done | {"state": "trained", "total": 14}
    assert lqcdnn(tmp_path, "train", "in.toml", "--set", "run.trajectories=3").returncode == 0
    assert status_of(tmp_path / "small") == done


def test_a_training_that_was_complete_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert lqcdnn(tmp_path, "train", "in.toml").returncode == 0
    done = lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=1")
    assert re.search(r"^training +complete already \(12 steps, 10 samples\)$", done.stdout, re.MULTILINE)


def test_an_input_that_only_trains_is_done_after_it(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert lqcdnn(tmp_path, "train", "in.toml", "--set", "run.trajectories=0").returncode == 0
    assert status_of(tmp_path / "small")["state"] == "done"
    assert json.loads((tmp_path / "small/status.json").read_text())["eta_seconds"] == 0.0


@pytest.mark.parametrize(
    ("change", "named"),
    [("action.gauge.beta=2.3", "action.gauge.beta"), ("run.seed=8", "run.seed"), ("update.steps=5", "update.steps")],
)
def test_other_physics_in_the_same_directory_is_refused(change: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=3").returncode == 0
    before = content(tmp_path / "small")
    refused = lqcdnn(tmp_path, "generate", "in.toml", "--set", change)
    assert refused.returncode == 2
    assert named in refused.stderr
    assert "Traceback" not in refused.stderr
    assert content(tmp_path / "small") == before


def test_a_start_that_failed_can_be_mended(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=2").returncode == 0
    stored = "small/configs/cfg_00000004.h5"
    for start, shape, words in (
        ("nofile.h5", "[4,2,2,4]", "run.initial: nofile.h5: no such file"),
        (stored, "[2,2,2,2]", f"run.initial: {stored} holds SU(2) on 4x2x2x4; allowed: SU(2) on 2x2x2x2"),
        (stored, "[4,2,2,4]", ""),
    ):
        keys = ("run.name=next", f"run.initial={start}", f"lattice.shape={shape}", "run.trajectories=1")
        done = lqcdnn(tmp_path, "generate", "in.toml", *(word for key in keys for word in ("--set", key)))
        assert done.returncode == (2 if words else 0), done.stderr
        assert words in done.stderr
        assert (tmp_path / "next").exists() is not bool(words)


def test_a_refused_input_is_not_noted_in_the_run(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL.replace("[observables.plaquette]", "[observables.flow]\ntime = 0.1"))
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=2").returncode == 0
    before = {p: p.read_bytes() for p in (tmp_path / "small").rglob("*") if p.is_file()}
    refused = lqcdnn(tmp_path, "generate", "in.toml", "--set", "observables.flow.time=0.2")
    assert refused.returncode == 2
    assert "flow.jsonl was measured with flow_options.time = 0.1, now asked for 0.2" in refused.stderr
    assert {p: p.read_bytes() for p in (tmp_path / "small").rglob("*") if p.is_file()} == before


def test_a_run_begun_before_a_key_existed_goes_on(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=3").returncode == 0
    manifest = json.loads((tmp_path / "small/manifest.json").read_text())
    del manifest["physics"]["update.tune"], manifest["sha256"]
    (tmp_path / "small/manifest.json").write_text(json.dumps(manifest))
    assert lqcdnn(tmp_path, "generate", "in.toml").returncode == 0
    tuned = lqcdnn(tmp_path, "generate", "in.toml", "--set", "update.tune=true")
    assert tuned.returncode == 2
    assert "update.tune" in tuned.stderr


def test_an_input_may_say_what_is_so_anyhow(tmp_path: Path) -> None:
    """Also in the manifests of versions that kept it; what the configurations say of the chain stays."""
    said = options("action.gauge.anisotropy=1.0", "lattice.twist.xy=0")
    generated(tmp_path, GAUGE)
    digest = read_configuration(tmp_path / "small/configs/cfg_00000004.h5").attributes["digest"]
    path = tmp_path / "small/manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["sha256"]
    manifest["physics"]["action.gauge.ct"] = "tree"
    path.write_text(json.dumps(manifest))
    for more, code in (([], 0), (options("action.gauge.anisotropy=1.1"), 2)):
        assert lqcdnn(tmp_path, "generate", "in.toml", *options("run.trajectories=14"), *said, *more).returncode == code
        done = lqcdnn(tmp_path, "measure", "in.toml", *said, *more)
        assert done.returncode == code, done.stderr
    last = read_configuration(tmp_path / "small/configs/cfg_00000016.h5").attributes["digest"]
    assert last == chain_digest(manifest["physics"]) != digest
    assert lqcdnn(tmp_path, "verify", "small").returncode == 0


def test_other_weights_in_the_same_directory_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert lqcdnn(tmp_path, "train", "in.toml").returncode == 0
    assert lqcdnn(tmp_path, "train", "in.toml", "--set", "run.name=b", "--set", "run.seed=9").returncode == 0
    chain = ("generate", "in.toml", "--set", "run.name=c")
    first = f"network.net.weights={tmp_path}/w.h5"
    (tmp_path / "w.h5").write_bytes((tmp_path / "small/train/weights.h5").read_bytes())
    assert lqcdnn(tmp_path, *chain, "--set", first, "--set", "run.trajectories=3").returncode == 0
    (tmp_path / "w.h5").write_bytes((tmp_path / "b/train/weights.h5").read_bytes())
    before = tree(tmp_path / "c")
    refused = lqcdnn(tmp_path, *chain, "--set", first)
    assert refused.returncode == 2
    assert "network.net.weights" in refused.stderr
    assert tree(tmp_path / "c") == before


def test_training_on_under_a_chain_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=3").returncode == 0
    before, everything = content(tmp_path / "small"), tree(tmp_path / "small")
    for command_ in ("generate", "train"):
        refused = lqcdnn(tmp_path, command_, "in.toml", "--set", "train.trajectories=12")
        assert refused.returncode == 2
        assert "its chain has begun with weights of 10 training samples" in refused.stderr
        assert tree(tmp_path / "small") == everything  # status, input and manifest too
    for part in (tmp_path / "small/train/checkpoint").iterdir():
        part.unlink()  # training that repeats what it did goes on, and says so
    assert "no checkpoint; the training would begin again" in lqcdnn(tmp_path, "verify", "small").stdout
    with pytest.warns(StorageWarning, match="the training begins again, and makes the 10 samples of its history anew"):
        assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=3").returncode == 0
    assert content(tmp_path / "small") == before


def test_repair_keeps_to_the_weights_of_the_chain(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    for name, seed in (("a", 3), ("b", 9)):
        options = ("--set", f"run.name={name}", "--set", f"run.seed={seed}")
        assert lqcdnn(tmp_path, "train", "in.toml", *options).returncode == 0
    chain = ("generate", "in.toml", "--set", "run.name=c", "--set", "run.save_every=1", "--set", "run.trajectories=3")
    chain = (*chain, "--set", f"network.net.weights={tmp_path}/w.h5")
    (tmp_path / "w.h5").write_bytes((tmp_path / "a/train/weights.h5").read_bytes())
    assert lqcdnn(tmp_path, *chain).returncode == 0
    for path in (tmp_path / "c/checkpoint").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    (tmp_path / "w.h5").write_bytes((tmp_path / "b/train/weights.h5").read_bytes())
    with pytest.warns(StorageWarning):
        refused = lqcdnn(tmp_path, *chain, "--repair")
    assert refused.returncode == 2
    assert "network.net.weights: the weights have changed" in refused.stderr


def test_weights_of_another_definition_are_refused_and_of_other_physics_warned(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert lqcdnn(tmp_path, "train", "in.toml").returncode == 0
    use = ("generate", "in.toml", "--set", "run.name=c", "--set", "network.net.weights=small/train/weights.h5")
    other = lqcdnn(tmp_path, *use, "--set", 'network.net.layer.2.loops=["plaquette"]')
    assert other.returncode == 2
    assert "network.net.weights: small/train/weights.h5 is of another network: loops of layer 2: [" in other.stderr
    assert 'in the file, ["plaquette"] here' in other.stderr
    missing = lqcdnn(tmp_path, *use, "--set", "network.net.weights=none.h5")
    assert missing.returncode == 2
    assert "network.net.weights: there is no file none.h5" in missing.stderr
    assert not (tmp_path / "c").exists()
    warned = lqcdnn(tmp_path, *use, "--set", "action.gauge.beta=2.5", "--set", "run.trajectories=2")
    assert warned.returncode == 0
    assert "OTHER PHYSICS" in warned.stderr.partition("traj 1/")[0]  # before it is too late
    assert "action.gauge.beta" in warned.stderr


def test_unconverged_solver_exits_5_with_checkpoint_intact(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=4").returncode == 0
    before = content(tmp_path / "small")
    failed = lqcdnn(tmp_path, "generate", "in.toml", "--set", "action.fermion.1.max_iterations=3")
    assert failed.returncode == 5
    assert "no convergence" in failed.stderr
    assert content(tmp_path / "small") == before
    assert lqcdnn(tmp_path, "generate", "in.toml").returncode == 0


def test_weights_that_are_not_numbers_exit_5_and_write_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert lqcdnn(tmp_path, "train", "in.toml").returncode == 0
    found = weights.load(tmp_path / "small/train/weights.h5")
    weights.save(tmp_path / "nan.h5", dataclasses.replace(found, theta=np.full_like(found.theta, np.nan)))
    use = ("generate", "in.toml", "--set", "run.name=c", "--set", "network.net.weights=nan.h5")
    failed = lqcdnn(tmp_path, *use)
    assert failed.returncode == 5, failed.stderr
    assert "Traceback" not in failed.stderr
    assert content(tmp_path / "c") == {}
    assert json.loads((tmp_path / "c/status.json").read_text())["state"] == "failed"


def test_links_that_left_the_group_exit_5_and_are_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "unitarity_violation", lambda *_: 1e-3)
    (tmp_path / "in.toml").write_text(SMALL)
    done = lqcdnn(tmp_path, "generate", "in.toml")
    assert (done.returncode, "links have left SU(2)" in done.stderr) == (5, True)
    assert not list((tmp_path / "small" / "configs").glob("*.h5"))
    assert not list((tmp_path / "small" / "checkpoint").glob("*.h5"))


def test_who_finds_the_directory_locked_is_told_who_holds_it(tmp_path: Path) -> None:
    """By a process, here this one; by others: tests/unit/storage/test_lock.py, tests/faults/test_two_processes.py."""
    (tmp_path / "in.toml").write_text(SMALL)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=1").returncode == 0
    with RunLock(tmp_path / "small/run.lock"):
        before = tree(tmp_path / "small")
        second = lqcdnn(tmp_path, "generate", "in.toml")
        assert tree(tmp_path / "small") == before
    assert second.returncode == 6
    assert f"process {os.getpid()} on" in second.stderr


def test_a_training_that_failed_is_said_before_its_weights_are_used(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED.replace("trajectories = 10", "trajectories = 25").replace("1e-5", "2e-2"))
    done = lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=2")
    assert done.returncode == 0, done.stderr
    assert "WARNING: training: loss " in done.stderr.partition("traj 1/")[0]
    assert "train.rate" in done.stderr


def test_training_needs_its_table(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    refused = lqcdnn(tmp_path, "train", "in.toml")
    assert refused.returncode == 2
    assert "in.toml: train: missing; allowed: a table [train]" in refused.stderr
    assert not (tmp_path / "small").exists()


def test_wrong_gradient_stops_training(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    loose = ("--set", "guide.fermion.1.tolerance=1e-3", "--set", "guide.fermion.1.md_tolerance=1e-3")
    refused = lqcdnn(tmp_path, "train", "in.toml", *loose)
    assert refused.returncode == 5
    assert "finite difference" in refused.stderr
    assert not (tmp_path / "small/train/weights.h5").exists()


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    done = lqcdnn(tmp_path, "generate", "in.toml", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["method"] == "SLHMC"
    assert found["seconds"] > 0
    assert [p.name for p in tmp_path.iterdir()] == ["in.toml"]


def test_offline_training_and_adam(tmp_path: Path) -> None:
    generated(tmp_path, SMALL)
    offline = GUIDED.split("[train]")[0].replace('name = "small"', 'name = "net"') + """
[train]
mode = "offline"
configs = ["small/configs/*.h5"]
trajectories = 8
optimizer = "adam"
rate = 1e-3
batch = 3
"""
    (tmp_path / "off.toml").write_text(offline)
    (tmp_path / "plain.toml").write_text(offline)
    changes = ("--set", "run.name=other", "--set", 'train.configs=["small/*/*4.h5"]')
    said = lqcdnn(tmp_path, "train", "plain.toml", *changes)
    assert f"  lqcdnn generate plain.toml {shlex.join(changes)}\n" in said.stdout
    done = lqcdnn(tmp_path, "train", "off.toml", "--json")
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout)
    assert (counted["steps"], counted["samples"]) == (8, 24)
    options = ("--dry-run", "--json", "--set", "action.gauge.beta=3.0", "--set", "run.name=dry")
    weights = ("--set", "network.net.weights=net/train/weights.h5")
    warned = lqcdnn(tmp_path, "generate", "off.toml", *options, *weights)
    assert "action.gauge.beta: trained for 2.2, now 3.0" in warned.stderr
    assert json.loads(warned.stdout)["warnings"][0] in warned.stderr
    no_files = lqcdnn(tmp_path, "generate", "off.toml", *options, "--set", 'train.configs=["none/*.h5"]')
    assert (no_files.returncode, no_files.stdout) == (2, "")
    assert "train.configs: no file matches none/*.h5" in no_files.stderr


def test_what_cannot_be_measured_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED + '[observables.spectral_density]\nmethod = "exact"\n')
    big = ("--set", "lattice.shape=[4,4,4,8]", "--set", "observables.condensate.method=noise")
    refused = lqcdnn(tmp_path, "generate", "in.toml", *big)
    assert refused.returncode == 2
    assert "at most 384 are allowed" in refused.stderr
    assert not (tmp_path / "small").exists()
