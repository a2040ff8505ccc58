"""Other physics, seeds or weights in the same directory are refused by name; --fork goes on with them elsewhere."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.storage import checkpoint, weights
from tests.cli.runs import content
from tests.faults.harness import Server, place, same_content, sound, tree
from tests.faults.inputs import QUENCHED, TRAINED


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = place(tmp_path_factory.mktemp("whole"), TRAINED)
    assert server.run(folder, "generate", "in.toml").status == 0
    return folder


CHANGES = {
    "action.gauge.beta=2.3": ("action.gauge.beta", "2.2", "2.3"),
    "run.seed=12": ("run.seed", "11", "12"),
    "lattice.shape=[4, 4]": ("lattice.shape", "[4, 4, 4, 4]", "[4, 4]"),
    "action.fermion.1.mass=0.6": ("action.fermion.1.mass", "0.5", "0.6"),
    "guide.fermion.1.mass=0.8": ("guide.fermion.1.mass", "0.7", "0.8"),
    "update.steps=4": ("update.steps", "3", "4"),
    "run.initial='cold'": ("run.initial", '"hot"', '"cold"'),
    "train.rate=2e-5": ("train.rate", "1e-05", "2e-05"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_key_is_refused(server: Server, whole: Path, change: str) -> None:
    before = tree(whole)
    refused = server.run(whole, "generate", "in.toml", "--set", change)
    assert refused.status == 2
    key, old, new = CHANGES[change]
    assert f"{key}: {old} in the run, {new} now" in refused.err
    assert tree(whole) == before


def test_changed_weights_are_refused(server: Server, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "run/train/weights.h5", tmp_path / "w.h5")
    use = ("generate", "in.toml", "--set", "run.name=b", "--set", "network.net.weights=w.h5", "--set")
    assert server.run(tmp_path, *use, "run.trajectories=2").status == 0
    found = weights.load(tmp_path / "w.h5")
    weights.save(tmp_path / "w.h5", weights.Weights(found.theta + 0.1, *(getattr(found, name) for name in (
        "definition", "physics", "physics_digest", "training"))))  # fmt: skip
    before = content(tmp_path / "b")
    refused = server.run(tmp_path, *use, "run.trajectories=3")
    assert refused.status == 2
    assert "network.net.weights" in refused.err
    assert refused.err.count("...") >= 2  # the old and the new digest
    assert content(tmp_path / "b") == before


def test_fork_goes_on_elsewhere_and_records_its_parent(server: Server, tmp_path: Path) -> None:
    folder = place(tmp_path, QUENCHED)
    assert server.run(folder, "generate", "in.toml").status == 0
    parent = tree(folder / "run")
    change = ("--set", "action.gauge.beta=3.0")
    forked = server.run(folder, "generate", "in.toml", "--fork", "new", *change)
    assert forked.status == 0, forked.err
    assert tree(folder / "run") == parent
    manifest = json.loads((folder / "new/manifest.json").read_text())
    assert manifest["parent"]["directory"] == str((folder / "run").resolve())
    assert manifest["parent"]["trajectory"] == 5
    assert manifest["physics"]["action.gauge.beta"] == 3.0
    sound(folder / "new")
    # continued by its own name, to the same bytes
    expected = content(folder / "new")
    shutil.rmtree(folder / "new")
    short = ("--set", "run.trajectories=1")
    assert server.run(folder, "generate", "in.toml", "--fork", "new", *change, *short).status == 0
    assert server.run(folder, "generate", "in.toml", "--set", 'run.name="new"', *change).status == 0
    same_content(folder / "new", expected)
    # measured afterwards to the same numbers
    series = folder / "new/measure/plaquette.jsonl"
    before = series.read_bytes()
    series.unlink()
    assert server.run(folder, "measure", "in.toml", "--set", 'run.name="new"', *change).status == 0
    assert json.loads(series.read_bytes().splitlines()[0])["plaquette"] in [
        json.loads(line)["plaquette"] for line in before.splitlines()
    ]


def test_a_fork_with_the_same_physics_draws_other_numbers(server: Server, tmp_path: Path) -> None:
    """The parent's links were made with the random numbers of its seed."""
    folder = place(tmp_path, QUENCHED)
    assert server.run(folder, "generate", "in.toml").status == 0
    assert server.run(folder, "generate", "in.toml", "--fork", "new", "--fork-at", "3").status == 0
    old, new = ([json.loads(x) for x in (folder / name / "journal.jsonl").read_bytes().splitlines()]
                for name in ("run", "new"))  # fmt: skip
    assert not {record["H"] for record in old} & {record["H"] for record in new}
    assert json.loads((folder / "new/manifest.json").read_text())["parent"]["trajectory"] == 3


def test_a_fork_killed_in_every_call_ends_with_the_same_bytes(server: Server, tmp_path: Path) -> None:
    folder = place(tmp_path, QUENCHED)
    assert server.run(folder, "generate", "in.toml").status == 0
    fork = ("generate", "in.toml", "--fork", "new", "--set", "action.gauge.beta=3.0")
    assert server.run(folder, *fork).status == 0
    expected = content(folder / "new")
    for nth in range(1, 46, 2):
        shutil.rmtree(folder / "new")
        code = f"from tests.faults.calls import kill; kill({nth}, 'half')"
        assert server.run(folder, *fork, code=code).status == -9
        again = server.run(folder, *fork)
        assert again.status == 0, again.err
        same_content(folder / "new", expected)


def test_a_fork_cut_short_does_not_begin_from_elsewhere(server: Server, tmp_path: Path) -> None:
    folder = place(tmp_path, QUENCHED)
    assert server.run(folder, "generate", "in.toml").status == 0
    assert server.run(folder, "generate", "in.toml", "--fork", "new").status == 0
    for name in ("checkpoint/a.h5", "checkpoint/b.h5", "journal.jsonl", "timing.jsonl"):  # what it has not made yet
        (folder / "new" / name).unlink()
    refused = server.run(folder, "generate", "in.toml", "--set", "run.name=new")
    assert refused.status == 3
    assert "the same command with --fork takes it again" in refused.err


def test_a_fork_that_lost_its_checkpoints_does_not_begin_again(server: Server, tmp_path: Path) -> None:
    """Neither with the state that its parent has now, nor with another one; saved configurations bring it back."""
    folder = place(tmp_path, QUENCHED)
    own = ("generate", "in.toml", "--set", "run.name=new")
    fork = ("generate", "in.toml", "--fork", "new")
    assert server.run(folder, "generate", "in.toml").status == 0
    assert server.run(folder, *fork).status == 0
    expected, manifest = content(folder / "new"), json.loads((folder / "new/manifest.json").read_text())
    assert server.run(folder, "generate", "in.toml", "--set", "run.trajectories=6").status == 0
    for path in (folder / "new/checkpoint").iterdir():
        path.unlink()
    for options, status, words in [
        (fork, 3, "holds no checkpoint any more"),
        (own, 3, "holds no checkpoint any more"),
        ((*fork, "--fork-at", "3"), 2, "new is a fork of trajectory 5 of"),
    ]:
        refused = server.run(folder, *options)
        assert refused.status == status, refused.err
        assert words in refused.err
        same_content(folder / "new", expected)
    assert server.run(folder, "verify", "new").status == 3
    repaired = server.run(folder, *fork, "--repair")
    assert repaired.status == 0, repaired.err
    same_content(folder / "new", expected)
    assert json.loads((folder / "new/manifest.json").read_text())["parent"] == manifest["parent"]


def test_forks_that_are_refused(server: Server, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    place(tmp_path / "full", "", "mine.txt")
    before = tree(tmp_path)
    for arguments, words in [
        (("--fork", "run"), "into itself"),
        (("--fork", "full"), "not empty"),
        (("--fork", "new", "--set", "lattice.shape=[4, 4]"), "lattice.shape"),
        (("--fork", "new", "--set", "run.name='absent'"), "absent"),
        (("--fork", "new", "--fork-at", "77"), "no configuration of trajectory 77"),
        (("--fork-at", "4"), "--fork NEWDIR"),
    ]:
        refused = server.run(tmp_path, "generate", "in.toml", *arguments)
        assert refused.status == 2, refused.err
        assert words in refused.err, refused.err
        assert tree(tmp_path) == before


def test_verify_finds_what_does_not_fit_together(server: Server, whole: Path, tmp_path: Path) -> None:
    """Sound files in the wrong place: another configuration, an older checkpoint's journal, other weights."""
    from lqcdnn.jobs.verify import verify

    def swapped(run: Path) -> None:
        a, b = run / "configs/cfg_00000002.h5", run / "configs/cfg_00000004.h5"
        first, second = a.read_bytes(), b.read_bytes()
        a.write_bytes(second)
        b.write_bytes(first)

    def shortened(run: Path) -> None:
        journal = run / "journal.jsonl"
        journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))

    def other_links(run: Path) -> None:
        found = checkpoint.load_latest(run / "checkpoint")
        assert found is not None
        attributes = {name: value for name, value in found[1].items() if name != "serial"}
        checkpoint.save(run / "checkpoint", {"links": np.conj(found[0]["links"][::-1, ::-1])}, attributes)

    def other_weights(run: Path) -> None:
        found = weights.load(run / "train/weights.h5")
        found.theta[0] += 0.1
        weights.save(run / "train/weights.h5", found)

    for number, (change, words) in enumerate([
        (swapped, "holds trajectory 4"), (shortened, "the journal ends with 4"), (other_links, "plaquette"),
        (other_weights, "not the weights of"),
    ]):  # fmt: skip
        run = tmp_path / str(number) / "run"
        shutil.copytree(whole / "run", run)
        change(run)
        before = tree(run)
        found = verify(run)
        assert not found.sound
        assert words in found.text()
        assert server.run(run.parent, "verify", "run").status == 3
        assert tree(run) == before
