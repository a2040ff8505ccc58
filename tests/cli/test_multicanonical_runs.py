"""Runs with a bias potential of the plaquette as a user makes them: resumed, verified, reweighted, from files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from input_head import head

from tests.cli.runs import assert_resumes_in_pieces, content, generated, lqcdnn, options, process, records

INPUT = head(
    [4, 8], "U(1)", 1.0, name="small", trajectories=60, thermalization=30, seed=7, save_every=20, checkpoint_every=11
) + """\
[update]
steps = 4
[update.bias]
variable = "plaquette"
build = 25
range = [0.15, 0.8]
bins = 13
height = 0.2
"""
STATIC = ("update.bias.build=0", 'update.bias.file="small/bias.h5"')
OF_CHARGE = ('update.bias.variable="topological_charge"', "update.bias.range=1.2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("multicanonical"), INPUT)


def test_the_variable_is_the_plaquette(folder: Path) -> None:
    lines = records(folder / "small")
    assert all(line["collective_variable"] == pytest.approx(line["plaquette"], abs=1e-14) for line in lines)
    assert len({line["bias"] for line in lines}) > 30


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 0, 20, 60)


@pytest.mark.slow
def test_two_threads_make_the_same(folder: Path) -> None:
    done = process(folder, "generate", "in.toml", *options("run.name=threads"), threads=2)
    assert done.returncode == 0, done.stderr
    assert content(folder / "threads") == content(folder / "small")


def test_weights_lead_to_other_couplings(folder: Path) -> None:
    """Weights exp(V + (beta' - beta) * plaquettes * P), and passages in the verdict."""
    assert lqcdnn(folder, "verify", "small").returncode == 0
    done = lqcdnn(folder, "analyze", "small", "--reweight", "beta=1.1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    kept = [line for line in records(folder / "small") if line["trajectory"] > 30]
    plaquettes = np.array([line["plaquette"] for line in kept])
    log_weights = np.array([line["bias"] for line in kept]) + 0.1 * 32 * plaquettes
    (one,) = [one for one in found["observables"] if one["name"] == "plaquette"]
    assert one["mean"] == pytest.approx(np.average(plaquettes, weights=np.exp(log_weights)), rel=1e-10)
    (verdict,) = [one for one in found["verdicts"] if one["name"] == "bias"]
    ends = [-1 if p < 0.3125 else 1 for p in plaquettes if not 0.3125 <= p <= 0.6375]
    assert f"{np.count_nonzero(np.diff(ends))} passage" in verdict["sentence"]


def test_what_is_said_of_it(folder: Path) -> None:
    found = json.loads(lqcdnn(folder, "show", "small/bias.h5", "--json").stdout)
    assert found["variable"]["update.bias.variable"] == "plaquette"
    assert found["variable"]["update.bias.range"] == [0.15, 0.8]
    assert "S + V(P)" in found["conventions"]
    said = " ".join(lqcdnn(folder, "validate", "in.toml").stdout.split())
    assert "multicanonical: HMC with a bias potential" in said
    assert "13 bins from 0.15 to 0.8" in said


def test_static_from_a_file(folder: Path) -> None:
    static = options("run.name=static", "run.thermalization=2", *STATIC)
    done = lqcdnn(folder, "generate", "in.toml", *static, "--set", "action.gauge.beta=1.05")  # beta is free
    assert done.returncode == 0, done.stderr
    assert lqcdnn(folder, "verify", "static").returncode == 0


def test_a_second_chain_swaps_with_it(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", *options("run.name=two", "update.bias.tempered=true"))
    assert done.returncode == 0, done.stderr
    assert {line["swapped"][0] for line in records(folder / "two")} == {True, False}
    assert lqcdnn(folder, "verify", "two").returncode == 0


def test_files_of_the_other_variable_are_refused(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", *options("run.name=charge", *OF_CHARGE))
    assert done.returncode == 0, done.stderr
    of_charge = options("run.name=refused", STATIC[0], 'update.bias.file="charge/bias.h5"')
    of_plaquette = options("run.name=refused", *STATIC, *OF_CHARGE)
    for changes in (of_charge, of_plaquette):
        done = lqcdnn(folder, "generate", "in.toml", *changes)
        assert done.returncode == 2
        assert "is of another collective variable: update.bias." in done.stderr
    assert not (folder / "refused").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update.bias.range=0.5", "update.bias.range"),
        ("update.bias.smearing=1", "update.bias.smearing"),
        ('lattice.time="open"', "update.bias"),
        ('update.bias.variable="action"', "update.bias.variable"),
    ],
)
def test_what_is_refused(folder: Path, change: str, said: str) -> None:
    done = lqcdnn(folder, "generate", "in.toml", *options("run.name=refused", change))
    assert done.returncode == 2
    assert said in done.stderr
    assert not (folder / "refused").exists()
