"""Rational fermions as a user runs them: resume, threads, guides, spectrum, several tables, other kinds."""

import json
from pathlib import Path

import pytest

from lqcdnn.config import load_text
from lqcdnn.errors import InputError
from lqcdnn.jobs.build import build
from tests.cli.runs import GUIDED, SMALL, content, generated, lqcdnn, options, process

RATIONAL = SMALL.replace("flavors = 4", "flavors = 1")
TWO_PLUS_ONE = RATIONAL.replace("flavors = 1", "flavors = 2").replace(
    "[update]", '[[action.fermion]]\nkind = "staggered"\nflavors = 1\nmass = 0.7\n[update]'
)
WILSON = SMALL.replace('kind = "staggered"', 'kind = "wilson"').replace("flavors = 4", "flavors = 1").split(
    "[observables.condensate]"
)[0].replace("mass = 0.5", "mass = 0.5\nspectrum = [0.02, 4.0]")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An uninterrupted self-learning run of one flavour, trained first."""
    folder = tmp_path_factory.mktemp("reference")
    generated(folder, GUIDED.replace("flavors = 4", "flavors = 1"))
    return content(folder / "small")


def test_guided_run_is_trained_and_accepts(reference: dict[str, bytes]) -> None:
    journal = [json.loads(line) for line in reference["journal.jsonl"].splitlines()]
    assert len(journal) == 14
    assert any(record["accepted"] for record in journal)
    assert all(record["residual"] < 1e-9 for record in journal)
    history = [json.loads(line) for line in reference["train/history.jsonl"].splitlines()]
    assert history[-1]["weights"] != [[0.0] * 3] * 2


@pytest.mark.slow
def test_threads_give_the_same_bytes(reference: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED.replace("flavors = 4", "flavors = 1"))
    assert process(tmp_path, "generate", "in.toml", "--threads", "2").returncode == 0
    assert content(tmp_path / "small") == reference


def test_stopped_and_resumed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, stops in (("whole", ()), ("parts", (3, 7))):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "in.toml").write_text(TWO_PLUS_ONE)
        for stop in stops:
            assert lqcdnn(folder, "generate", "in.toml", "--set", f"run.trajectories={stop}").returncode == 0
        done = lqcdnn(folder, "generate", "in.toml")
        assert done.returncode == 0, done.stderr
    assert content(tmp_path / "parts/small") == content(tmp_path / "whole/small")


def test_an_approximation_that_does_not_exist_names_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validation stops one pole short of what is known only when the approximation is computed."""
    monkeypatch.setattr("lqcdnn.dirac.rational.MOST_POLES", 4)
    with pytest.raises(InputError, match=r"action\.fermion\.1\.mass: .* takes more than 4 poles"):
        build(load_text(RATIONAL, overrides=["observables={}"]))


def test_spectrum_out_of_range_exits_5(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(RATIONAL)
    failed = lqcdnn(tmp_path, "generate", "in.toml", "--set", "action.fermion.1.spectrum=[0.25, 2.0]")
    assert failed.returncode == 5
    assert "action.fermion.1: eigenvalues from" in failed.stderr
    assert "action.fermion.1.spectrum" in failed.stderr
    assert "Traceback" not in failed.stderr
    wide = lqcdnn(tmp_path, "generate", "in.toml", "--set", "action.fermion.1.spectrum=[0.2, 17.0]",
                  "--set", "run.name=wide", "--set", "run.trajectories=2")
    assert wide.returncode == 0, wide.stderr


def test_unconverged_solver_exits_5(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(RATIONAL)
    failed = lqcdnn(tmp_path, "generate", "in.toml", "--set", "action.fermion.1.max_iterations=3")
    assert failed.returncode == 5
    assert "staggered multi-shift CG: no convergence" in failed.stderr


@pytest.mark.slow
def test_one_wilson_flavour_runs(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(WILSON)
    done = lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=3", "--set", "update.steps=16")
    assert done.returncode == 0, done.stderr
    journal = [json.loads(line) for line in (tmp_path / "small/journal.jsonl").read_text().splitlines()]
    assert all(abs(record["dH"]) < 1.0 for record in journal)
    narrow = lqcdnn(tmp_path, "generate", "in.toml", "--set", "action.fermion.1.spectrum=[0.9, 4.0]",
                    "--set", "run.name=narrow")
    assert narrow.returncode == 5
    assert "action.fermion.1.spectrum" in narrow.stderr


def test_mixed_precision_runs_the_same_chain_within_the_tolerance(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(SMALL)
    energies, shape = [], "lattice.shape=[4,4,4,4]"  # also in single precision its blocks are whole neighbours
    for solver in ("cg", "mixed"):
        change = options(f'action.fermion.1.solver="{solver}"', f"run.name={solver}", shape, "run.trajectories=3")
        done = lqcdnn(tmp_path, "generate", "in.toml", *change)
        assert done.returncode == 0, done.stderr
        journal = (tmp_path / solver / "journal.jsonl").read_text().splitlines()
        energies.append([json.loads(line)["dH"] for line in journal])
    assert energies[1] == pytest.approx(energies[0], abs=1e-6)
    assert energies[1] != energies[0]
