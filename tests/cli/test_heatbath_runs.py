"""Runs with update.kind = "heatbath" as a user makes them: same bytes whatever happens, measured, analysed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import assert_kills_do_not_matter, assert_resumes_in_pieces, content, lqcdnn, process, records

INPUT = head(
    [4, 4, 8], "SU(2)", 2.2, kind="symanzik", name="small", trajectories=40, thermalization=4, seed=7,
    save_every=10, checkpoint_every=3, initial="hot"
) + """\
[update]
kind = "heatbath"
overrelaxation = 2
[observables.plaquette]
[observables.polyakov]
every = 2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    folder = tmp_path_factory.mktemp("heatbath")
    (folder / "in.toml").write_text(INPUT)
    done = lqcdnn(folder, "generate", "in.toml")
    assert done.returncode == 0, done.stderr
    assert "acceptance" not in done.stdout
    return folder


def test_journal_and_status(folder: Path) -> None:
    found = records(folder / "small")
    assert [r["trajectory"] for r in found] == list(range(1, 45))
    assert all(list(r) == ["trajectory", "plaquette", "action", "check"] for r in found)
    assert [p.name for p in sorted((folder / "small/configs").iterdir())] == [
        f"cfg_{n:08d}.h5" for n in (14, 24, 34, 44)
    ]
    status = lqcdnn(folder, "status", "small", "--json")
    assert json.loads(status.stdout)["acceptance"] is None
    assert lqcdnn(folder, "status", "small").returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_the_same_bytes(threads: int, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT)
    assert process(tmp_path, "generate", "in.toml", "--threads", str(threads)).returncode == 0
    assert content(tmp_path / "small") == content(folder / "small")


@pytest.mark.slow
@pytest.mark.parametrize("group", ["U(1)", "SU(3)"])
def test_threads_give_the_same_bytes_in_other_groups(group: str, tmp_path: Path) -> None:
    found = []
    for threads in (1, 2, 3):
        (tmp_path / "in.toml").write_text(INPUT.replace("SU(2)", group).replace("symanzik", "wilson"))
        options = ("--threads", str(threads), "--set", f"run.name=t{threads}", "--set", "run.trajectories=6")
        done = process(tmp_path, "generate", "in.toml", *options)
        assert done.returncode == 0, done.stderr
        found.append(content(tmp_path / f"t{threads}"))
    assert found[0] == found[1] == found[2]


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 10, 25, 40)


@pytest.mark.slow
def test_killed_and_resumed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    assert_kills_do_not_matter(tmp_path, INPUT, 22, content(folder / "small"))


def test_analyze_without_metropolis(folder: Path) -> None:
    done = lqcdnn(folder, "analyze", "small", "--json")
    found = json.loads(done.stdout)
    names = [series["name"] for series in found["observables"]]
    assert {"plaquette", "polyakov.re", "action"} <= set(names)
    assert found["acceptance"] is None
    assert not {"acceptance", "exp(-dH)"} & {verdict["name"] for verdict in found["verdicts"]}
    assert lqcdnn(folder, "analyze", "small", "--html").returncode == done.returncode


def test_analyze_sees_an_unfinished_run(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT)
    assert lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=10").returncode == 0
    resolved = tmp_path / "small/resolved.toml"
    resolved.write_text(resolved.read_text().replace("trajectories = 10", "trajectories = 40"))
    found = json.loads(lqcdnn(tmp_path, "analyze", "small", "--json").stdout)
    assert "14 of 44 trajectories done" in [v["sentence"] for v in found["verdicts"] if v["name"] == "complete"]


@pytest.mark.parametrize("change", ["update.algorithm=creutz", "update.overrelaxation=3"])
def test_another_update_in_the_same_directory_is_refused(change: str, folder: Path) -> None:
    before = content(folder / "small")
    refused = lqcdnn(folder, "generate", "in.toml", "--set", change)
    assert refused.returncode == 2
    assert change.partition("=")[0] in refused.stderr
    assert content(folder / "small") == before


def test_dry_run_and_measure(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["method"] == "heat bath"
    assert lqcdnn(folder, "measure", "in.toml").returncode == 0
