"""Truncated files and flipped bits of every kind: what was meant comes back, or exit code 3."""

import json
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lqcdnn.cli.main import main
from lqcdnn.errors import DataError
from lqcdnn.jobs.inspect import describe
from lqcdnn.jobs.verify import verify
from lqcdnn.storage import hdf5, weights
from lqcdnn.storage.formats import Configuration, read_configuration
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir
from tests.cli.runs import content
from tests.faults import samples
from tests.faults.harness import Server, place, same_content
from tests.faults.inputs import TRAINED

FLIPS = 500
LENGTHS = 50
UNSEEN = {True: 0.0, False: 1e-5}
"""Change of a link that may go unnoticed, in files with and without a checksum."""


@pytest.fixture(scope="module")
def configurations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return samples.configurations(tmp_path_factory.mktemp("configurations"))


def kinds() -> list[str]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return list(samples.configurations(Path(folder)))


def proves_its_links(found: Configuration) -> bool:
    return not any("checksum" in text.lower() for text in found.warnings)


def read(path: Path, data: bytes, kind: str) -> Configuration | None:
    """The configuration, or None when it is refused; one format does not say which lattice it holds."""
    path.write_bytes(data)
    asked: dict[str, Any] = {"shape": (4, 4, 4, 4), "group": "SU(3)"} if kind == "written bridge" else {}
    try:
        return read_configuration(path, **asked)
    except DataError:
        return None


@pytest.mark.parametrize("kind", kinds())
def test_flipped_bits_of_configurations(tmp_path: Path, configurations: dict[str, bytes], kind: str) -> None:
    """With a checksum every change of a link is found; without one, those that the group or the plaquette show."""
    data, path, rng = configurations[kind], tmp_path / "file", random.Random(kind)
    whole = read(path, data, kind)
    assert whole is not None
    limit = UNSEEN[proves_its_links(whole)]
    refused = 0
    for _ in range(FLIPS):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        found = read(path, bytes(flipped), kind)
        if found is None:
            refused += 1
        else:
            assert found.links.shape == whole.links.shape
            assert np.abs(found.links - whole.links).max() <= limit
    assert refused > 0.3 * FLIPS


@pytest.mark.parametrize("kind", kinds())
def test_truncated_configurations(
    tmp_path: Path, configurations: dict[str, bytes], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, path, rng = configurations[kind], tmp_path / "file", random.Random(kind)
    whole = read(path, data, kind)
    lengths = {0, 1, 7, len(data) - 1, *(rng.randrange(len(data)) for _ in range(LENGTHS - 4))}
    for length in lengths:
        found = read(path, data[:length], kind)
        if found is None:
            assert main(["show", str(path)]) == 3
            assert str(path) in capsys.readouterr().err
        else:  # what is missing stands behind the links: padding, or the checksum, which is missed aloud
            assert np.abs(found.links - whole.links).max() <= UNSEEN[proves_its_links(whole)]


@pytest.mark.parametrize("kind", ["checkpoint", "weights"])
def test_our_other_files(tmp_path: Path, kind: str) -> None:
    """Every flipped bit and every cut is found, or changed nothing that is read."""
    data = samples.checkpoint() if kind == "checkpoint" else samples.weights_file(tmp_path)
    path, rng = tmp_path / "file.h5", random.Random(kind)
    load: Callable[[Path], object] = hdf5.unpack if kind == "checkpoint" else weights.load
    path.write_bytes(data)
    expected = repr(load(path))
    damaged = [data[: rng.randrange(len(data))] for _ in range(LENGTHS)]
    for _ in range(FLIPS):
        flipped = bytearray(data)
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        damaged.append(bytes(flipped))
    refused = 0
    for number, version in enumerate(damaged):
        path.write_bytes(version)
        try:
            assert repr(load(path)) == expected
            assert number >= LENGTHS
        except DataError:
            refused += 1
            with pytest.raises(DataError):
                describe(path)
    assert refused > LENGTHS + 20


FILES = [
    "journal.jsonl", "measure/plaquette.jsonl", "train/history.jsonl", "manifest.json", "status.json", "resolved.toml",
    "input.toml", "configs/cfg_00000002.h5", "checkpoint/a.h5", "checkpoint/b.h5", "train/checkpoint/a.h5",
    "train/weights.h5",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = place(tmp_path_factory.mktemp("whole"), TRAINED)
    assert server.run(folder, "generate", "in.toml").status == 0
    return folder


def found_by_verify(run: Path) -> bool:
    """Whether something is said about the damage: a fault, or that lines are missing at the end."""
    try:
        found = verify(run)
    except DataError:
        return True
    return not found.sound or any("not measured" in note or "last line" in note for note in found.text().splitlines())


@pytest.mark.parametrize("name", FILES)
def test_verify_finds_truncations_and_flipped_bits(whole: Path, tmp_path: Path, name: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole / "run", run)
    path, rng = run / name, random.Random(name)
    data = path.read_bytes()
    assert not found_by_verify(run)
    for length in {0, len(data) - 1, *(rng.randrange(len(data)) for _ in range(LENGTHS - 2))}:
        path.write_bytes(data[:length])
        if not (name in ("status.json", "manifest.json") and length == len(data) - 1):  # the last newline
            assert found_by_verify(run), length
    if name.endswith(".h5") or name == "status.json":
        return  # flipped bits of the former above; the latter only tells where the run was
    for _ in range(FLIPS):
        position, bit = rng.randrange(len(data)), rng.randrange(8)
        flipped = bytearray(data)
        flipped[position] ^= 1 << bit
        path.write_bytes(flipped)
        if name == "manifest.json" and same_json(bytes(flipped), data):  # 1e-10 written as 1E-10
            continue
        assert found_in_file(run, path), (position, bit)


def same_json(one: bytes, other: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def found_in_file(run: Path, path: Path) -> bool:
    """The check of one file that verify does among others, for many damaged versions of it."""
    if path.suffix == ".jsonl":
        survey = Journal(path).survey()
        return survey.damage is not None or survey.torn > 0
    try:
        return RunDir.open(run).knows_text(path.stem) is False
    except DataError:
        return True


@pytest.mark.parametrize("name", ["journal.jsonl", "train/history.jsonl", "measure/plaquette.jsonl"])
def test_commands_refuse_a_damaged_line_and_repair_makes_the_same_bytes(
    server: Server, whole: Path, tmp_path: Path, name: str
) -> None:
    """A bit of each line in turn: exit code 3 naming file and line, then --repair."""
    expected = content(whole / "run")
    lines = (whole / "run" / name).read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        damaged = bytearray(line)
        damaged[len(line) // 2] ^= 1
        (folder / "run" / name).write_bytes(b"".join((*lines[: number - 1], damaged, *lines[number:])))
        refused = server.run(folder, "generate", "in.toml")
        assert refused.status == 3, refused.err
        assert f"run/{name}: line {number} " in refused.err
        assert "--repair" in refused.err
        repaired = server.run(folder, "generate", "in.toml", "--repair")
        if repaired.status == 3:
            assert "no sound state that old is left" in repaired.err
            assert number <= 6  # the older of the two checkpoints of the training; the journal has configurations too
            continue
        assert repaired.status == 0, repaired.err
        assert "goes back to" in repaired.err
        (kept,) = (folder / "run").rglob("*.damaged-1")
        assert damaged in kept.read_bytes()
        if name != "measure/plaquette.jsonl":
            same_content(folder / "run", expected)


@pytest.mark.parametrize("lost", [False, True])
def test_both_checkpoints_damaged_or_lost(server: Server, whole: Path, tmp_path: Path, lost: bool) -> None:
    """--repair goes back to a saved configuration, which is a whole state; nothing begins again by itself."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    for name in ("a.h5", "b.h5"):
        path = tmp_path / "run/checkpoint" / name
        if lost:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-100])
    refused = server.run(tmp_path, "generate", "in.toml")
    assert refused.status == 3
    assert "--repair" in refused.err
    repaired = server.run(tmp_path, "generate", "in.toml", "--repair")
    assert repaired.status == 0, repaired.err
    assert "cfg_00000004.h5" in repaired.err
    assert len(list((tmp_path / "run/checkpoint").glob("*.damaged-1"))) == (0 if lost else 2)
    same_content(tmp_path / "run", content(whole / "run"))


def test_nothing_begins_again_where_all_states_are_lost(server: Server, whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    for path in (*(tmp_path / "run/checkpoint").iterdir(), *(tmp_path / "run/configs").iterdir()):
        path.unlink()
    journal = (tmp_path / "run/journal.jsonl").read_bytes()
    assert server.run(tmp_path, "verify", "run").status == 3
    for options in ([], ["--repair"]):
        refused = server.run(tmp_path, "generate", "in.toml", *options)
        assert refused.status == 3
        assert "holds no checkpoint any more" in refused.err
    assert (tmp_path / "run/journal.jsonl").read_bytes() == journal


def test_one_checkpoint_damaged_is_replaced_by_the_other_with_a_warning(
    server: Server, whole: Path, tmp_path: Path
) -> None:
    for name in ("a.h5", "b.h5"):
        folder = tmp_path / name
        shutil.copytree(whole, folder)
        path = folder / "run/checkpoint" / name
        path.write_bytes(path.read_bytes()[:-100])
        done = server.run(folder, "generate", "in.toml")
        assert done.status == 0, done.err
        assert "lqcdnn: warning: " in done.err
        assert "the other checkpoint is used" in done.err
        same_content(folder / "run", content(whole / "run"))


def test_torn_last_line_is_dropped_with_one_warning(server: Server, whole: Path, tmp_path: Path) -> None:
    """The line of a trajectory after the last checkpoint, cut anywhere; all the others end in a newline."""
    folder = tmp_path
    shutil.copytree(whole, folder, dirs_exist_ok=True)
    (folder / "run/checkpoint/a.h5").unlink()
    (folder / "run/checkpoint/b.h5").unlink()
    (folder / "run/timing.jsonl").unlink()  # which says that there were checkpoints
    journal = folder / "run/journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    done = server.run(folder, "generate", "in.toml")
    assert done.status == 0, done.err
    assert done.err.count("dropped a last line") == 1
    same_content(folder / "run", content(whole / "run"))


def test_analysis_reads_past_a_torn_line(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    journal = tmp_path / "run/journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert main(["analyze", str(tmp_path / "run")]) in (0, 2, 3)


def test_damaged_times_are_refused_and_repaired(server: Server, whole: Path, tmp_path: Path) -> None:
    """timing.jsonl takes no part in the chain, but is not trusted blindly either."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "run/timing.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0].replace(b'"threads": ', b'"threads": 1'), *lines[1:]]))
    assert server.run(tmp_path, "verify", "run").status == 3
    longer = ("generate", "in.toml", "--set", "run.trajectories=20")
    refused = server.run(tmp_path, *longer)
    assert refused.status == 3, refused.err
    assert "timing.jsonl: line 1 " in refused.err
    repaired = server.run(tmp_path, *longer, "--repair")
    assert repaired.status == 0, repaired.err
    assert (tmp_path / "run/timing.jsonl.damaged-1").exists()
    assert server.run(tmp_path, "verify", "run").status == 0
