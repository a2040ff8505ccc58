import json
import os
import subprocess
import sys

import pytest

from lqcdnn.errors import DataError, InputError, LockError
from lqcdnn.storage.rundir import RunDir

PHYSICS = {"lattice": {"shape": (4, 4)}, "action": {"fermion": [{"mass": 0.3}, {"mass": 1.0}]}, "seed": 11}
LAYOUT = [
    "analyze",
    "checkpoint",
    "configs",
    "input.toml",
    "manifest.json",
    "measure",
    "resolved.toml",
    "run.lock",
    "train",
]


def start(path, text="input", physics=PHYSICS, **manifest):
    return RunDir.create_or_open(path, text, text + " resolved", physics, {"host": "here", **manifest})


def tree(path):
    return {str(entry.relative_to(path)): entry.read_bytes() for entry in path.rglob("*") if entry.is_file()}


def test_layout_and_manifest_of_a_new_run(tmp_path):
    with start(tmp_path / "deep" / "run", seed=11) as run:
        assert sorted(os.listdir(run.path)) == LAYOUT
        assert run.input_path.read_text() == "input"
        assert run.resolved_path.read_text() == "input resolved"
        manifest = json.loads((run.path / "manifest.json").read_text())
        assert manifest["physics"]["lattice"] == {"shape": [4, 4]}
        (session,) = manifest["sessions"]
        assert session["host"] == "here"
        assert session["seed"] == 11
        assert session["stop"] is session["exit_reason"] is None
        run.finish("done")
        run.write_status({"state": "done", "trajectory": 5})
    session = RunDir.open(run.path).manifest["sessions"][0]
    assert session["exit_reason"] == "done"
    assert session["stop"] >= session["start"]
    assert json.loads(run.status_path.read_text()) == {"state": "done", "trajectory": 5}


def test_paths(tmp_path):
    with start(tmp_path / "run") as run:
        assert run.config_path(100) == tmp_path / "run" / "configs" / "cfg_00000100.h5"
        assert run.measure_path("plaquette") == tmp_path / "run" / "measure" / "plaquette.jsonl"
        assert run.journal_path == tmp_path / "run" / "journal.jsonl"
        assert run.checkpoint_dir.is_dir()
        assert run.train_dir.is_dir()
        assert (run.path / "analyze").is_dir()
        assert run.lock_path.is_file()
        for trajectory in (20, 3, 123456789):
            run.config_path(trajectory).touch()
        (run.configs_dir / "cfg_00000004.h5.bak").touch()
        expected = [(n, run.config_path(n)) for n in (3, 20, 123456789)]
        assert run.configurations() == expected


def test_same_physics_continue_and_sessions_accumulate(tmp_path):
    start(tmp_path / "run").close()
    with start(tmp_path / "run", command="second") as run:
        assert [session.get("command") for session in run.manifest["sessions"]] == [None, "second"]
        assert run.physics == json.loads(json.dumps(PHYSICS))
        assert sorted(os.listdir(run.path)) == LAYOUT


def test_another_input_of_the_same_physics_keeps_the_earlier_one(tmp_path):
    for text in ("one", "two", "three"):
        start(tmp_path / "run", text).close()
    texts = {name: data for name, data in tree(tmp_path / "run").items() if name.startswith("input")}
    assert texts == {"input.toml": b"three", "input.1.toml": b"one", "input.2.toml": b"two"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 12}, "seed: 11 in the run, 12 now"),
        ({"lattice": {"shape": [4, 6]}}, r"lattice.shape: \[4, 4\] in the run, \[4, 6\] now"),
        (
            {"action": {"fermion": [{"mass": 0.3}, {"mass": 0.9}]}},
            r"action.fermion\[2\].mass: 1.0 in the run, 0.9 now",
        ),
        ({"action": {"fermion": [{"mass": 0.3}]}}, r"action.fermion\[2\].mass: 1.0 in the run, \(absent\) now"),
        ({"guide": {"beta": 2.0}}, r"guide.beta: \(absent\) in the run, 2.0 now"),
    ],
)
def test_other_physics_are_refused_by_name(tmp_path, change, message):
    with start(tmp_path / "run") as run:
        run.journal_path.write_text("{}\n")
    before = tree(tmp_path / "run")
    with pytest.raises(InputError, match=message):
        start(tmp_path / "run", physics={**PHYSICS, **change})
    assert tree(tmp_path / "run") == before
    start(tmp_path / "run").close()  # the lock was given back


@pytest.mark.parametrize(
    "left", ["checkpoint/a.h5", "train/checkpoint/b.h5", "journal.jsonl", "measure/plaquette.jsonl"]
)
def test_a_start_that_did_nothing_binds_nobody(tmp_path, left):
    other = {**PHYSICS, "seed": 12}
    with start(tmp_path / "run") as run:
        run.journal_path.touch()
        run.finish("no such file")
    with start(tmp_path / "run", physics=other) as run:
        assert run.physics["seed"] == 12
        assert [session["exit_reason"] for session in run.manifest["sessions"]] == ["no such file", None]
    assert RunDir.open(tmp_path / "run").physics["seed"] == 12
    (tmp_path / "run" / left).parent.mkdir(exist_ok=True)
    (tmp_path / "run" / left).write_text("something")
    with pytest.raises(InputError, match="seed: 12 in the run, 11 now"):
        start(tmp_path / "run")


def test_foreign_directories_are_not_touched(tmp_path):
    (tmp_path / "input.toml").write_text("mine")
    with pytest.raises(InputError, match=r"not empty and not a run directory \(it holds input.toml\)"):
        start(tmp_path)
    assert tree(tmp_path) == {"input.toml": b"mine"}
    (tmp_path / "manifest.json").write_text('{"name": "web page"}')
    with pytest.raises(DataError, match="not the manifest of a run"):
        start(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["input.toml", "manifest.json"]
    (tmp_path / "x" / "configs").mkdir(parents=True)
    (tmp_path / "x" / "configs" / "my.h5").touch()
    with pytest.raises(InputError, match=r"it holds configs/my\.h5"):
        start(tmp_path / "x")


def test_path_that_is_a_file(tmp_path):
    (tmp_path / "run").touch()
    for name in ("run", "run/below", "run/below/it"):
        with pytest.raises(InputError, match="run exists and is no directory"):
            start(tmp_path / name)


@pytest.mark.parametrize("left", [[], ["manifest.json"]])
def test_start_cut_short_can_be_repeated(tmp_path, left):
    """A kill during creation leaves a directory that the same command turns into a run."""
    run = start(tmp_path / "run")
    run.close()
    for name in ("input.toml", "resolved.toml", "manifest.json"):
        if name not in left:
            (run.path / name).unlink()
    (run.path / ".manifest.json.4711.tmp").write_text("half")
    (run.checkpoint_dir / ".a.h5.4711.tmp").write_text("half")
    start(tmp_path / "run").close()
    assert sorted(os.listdir(run.path)) == LAYOUT
    assert os.listdir(run.checkpoint_dir) == []


def test_locked_run_is_refused_and_untouched(tmp_path):
    with start(tmp_path / "run"):
        before = tree(tmp_path / "run")
        script = (
            "import sys\nfrom lqcdnn.errors import LockError\nfrom lqcdnn.storage.rundir import RunDir\n"
            "try: RunDir.create_or_open(sys.argv[1], 'other', 'other', {}, {})\n"
            "except LockError as error: print(error.message); sys.exit(error.exit_code)"
        )
        command = [sys.executable, "-c", script, str(tmp_path / "run")]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == LockError.exit_code
        assert f"process {os.getpid()} on" in second.stdout
        assert tree(tmp_path / "run") == before


def test_open_reads_only(tmp_path):
    start(tmp_path / "run").close()
    before = tree(tmp_path / "run")
    run = RunDir.open(tmp_path / "run")
    assert run.physics["seed"] == 11
    run.close()
    assert tree(tmp_path / "run") == before
    with pytest.raises(InputError, match="is not a run directory"):
        RunDir.open(tmp_path)
    assert not RunDir.is_run_directory(tmp_path / "absent")


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        (".", "name one of the runs in it: a, b, c, 'd e' and 1 more"),
        ("absent", "there is no such directory"),
        ("a/configs", "it belongs to the run a"),
        ("a/train/checkpoint", "it belongs to the run a"),
        ("a/manifest.json", "it belongs to the run a"),
        ("input.toml", "it is an input file; its run is the directory 'my run'"),
        ("broken.toml", "it is a file; a run is a directory"),
        ("list.toml", "it is a file; a run is a directory"),
        ("gone", "it is a link to nowhere, which is not there"),
        ("notes.txt", "it is a file"),
        ("empty", "it has no manifest.json"),
        ("empty.toml", "it has no manifest.json"),
    ],
)
def test_hint_at_the_run_that_was_meant(tmp_path, monkeypatch, named, hint):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c", "z", "d e"):
        start(tmp_path / name).close()
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.toml").mkdir()
    (tmp_path / "a" / "train" / "checkpoint").mkdir()
    for name, text in (
        ("input.toml", '[run]\nname = "my run"\n'),
        ("broken.toml", "[run"),
        ("list.toml", "run = [1]"),
        ("notes.txt", ""),
    ):
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        RunDir.require(named)
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged"),
        ("[" * 100000, "damaged"),
        ('{"format": "lqcdnn run", "schema": 99}', "schema 99"),
        ('{"format": "lqcdnn run", "schema": 1}', "no physics"),
    ],
)
def test_damaged_manifest(tmp_path, text, message):
    start(tmp_path / "run").close()
    (tmp_path / "run" / "manifest.json").write_text(text)
    for use in (lambda: RunDir.open(tmp_path / "run"), lambda: start(tmp_path / "run")):
        with pytest.raises(DataError, match=message):
            use()
