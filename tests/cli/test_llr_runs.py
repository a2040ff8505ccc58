"""Runs in windows of the plaquette as a user makes them: resumed, verified, analysed at several couplings, refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from input_head import head
from reference.exact import u1_plaquette

from lqcdnn.storage.journal import Journal
from tests.cli.runs import assert_resumes_in_pieces, content, generated, lqcdnn, options, process, records

INPUT = head(
    [4, 8], "U(1)", 1.0, name="small", trajectories=70, thermalization=60, seed=7, save_every=40, checkpoint_every=17
) + """\
[update]
steps = 4
length = 1.5
integrator = "omelyan"
[update.llr]
range = [0.0, 0.82]
windows = 6
width = 0.14
every = 5
newton = 6
robbins_monro = 6
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("windows"), INPUT)


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    """Within an interval of the slopes, too."""
    assert_resumes_in_pieces(folder, 33, 70)


def test_slopes_change_in_the_thermalization(folder: Path) -> None:
    slopes = [tuple(line["window_slopes"]) for line in records(folder / "small")]
    assert len(set(slopes)) == 13
    assert len(set(slopes[60:])) == 1
    assert all(a > b for a, b in zip(slopes[-1], slopes[-1][1:], strict=False))  # ln rho is concave
    first = records(folder / "small")[-1]
    assert first["window_variables"][0] == pytest.approx(first["plaquette"], abs=1e-14)


def test_verify_finds_the_slopes_again(folder: Path, tmp_path: Path) -> None:
    done = lqcdnn(folder, "verify", "small")
    assert done.returncode == 0, done.stdout
    shutil.copytree(folder / "small", tmp_path / "small")
    journal = tmp_path / "small" / "journal.jsonl"
    lines = Journal(journal).records().records
    journal.unlink()
    with Journal(journal) as copy:
        for record in lines:
            moved = [x + 1e-9 * (record["trajectory"] == 12) for x in record["window_variables"]]
            copy.append({**record, "window_variables": moved})
    done = lqcdnn(tmp_path, "verify", "small")
    assert done.returncode == 3
    assert "line 16: the plaquettes before it lead to other slopes" in done.stdout


def test_analysis_at_several_couplings(folder: Path) -> None:
    """Of two runs with slopes of their own, against exact plaquettes."""
    done = lqcdnn(folder, "generate", "in.toml", *options("run.name=second", "run.seed=8"))
    assert done.returncode == 0, done.stderr
    for beta in (1.05, 1.2):
        done = lqcdnn(folder, "analyze", "small", "second", "--reweight", f"beta={beta}", "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)[-1]
        derived = {one["name"]: one for one in found["derived"]}
        one = derived["plaquette"]
        assert abs(one["mean"] - u1_plaquette(beta, 32)) < 4.0 * one["error"] + 2e-3
        assert one["error"] < 0.02
        assert derived["ln_z"]["mean"] * (beta - 1.0) < 0.0
        assert found["reweighted"] == [f"beta = {beta:g}"]
        assert "windows" in {verdict["name"] for verdict in found["verdicts"]}
    assert {"slope", "ln_rho"} <= {fit["name"] for fit in found["fits"]}
    assert not any(one["name"].startswith("plaquette") for one in found["observables"])


@pytest.mark.parametrize(
    ("targets", "said"),
    [(("beta=4.0",), "lies beyond the windows"), (("mass=0.1",), "allowed: beta=VALUE")],
)
def test_where_it_does_not_lead(folder: Path, targets: tuple[str, ...], said: str) -> None:
    done = lqcdnn(folder, "analyze", "small", *(word for target in targets for word in ("--reweight", target)))
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.slow
def test_two_processes_make_the_same(folder: Path) -> None:
    done = process(folder, "generate", "in.toml", "--threads", "2", *options("run.name=threads"))
    assert done.returncode == 0, done.stderr
    assert content(folder / "threads") == content(folder / "small")
