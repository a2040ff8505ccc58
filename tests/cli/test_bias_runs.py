"""Runs with a bias potential as a user makes them: resumed bit for bit, verified, analysed, static from a file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from input_head import head

from lqcdnn.storage import hdf5
from lqcdnn.storage.checkpoint import StorageWarning
from lqcdnn.storage.journal import Journal
from tests.cli.runs import assert_resumes_in_pieces, content, generated, lqcdnn, options, process, records

INPUT = head(
    [4, 8], "U(1)", 2.0, name="small", trajectories=60, thermalization=30, seed=7, save_every=20, checkpoint_every=11
) + """\
[update]
steps = 5
[update.bias]
build = 25
range = 1.2
bins = 24
height = 0.2
factor = 0.8
[observables.topological_charge]
every = 2
"""
STATIC = ("update.bias.build=0", 'update.bias.file="small/bias.h5"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("bias"), INPUT)


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 0, 20, 60)
    numbers = [hdf5.unpack(folder / name / "bias.h5")[0]["numbers"] for name in ("small", "pieces")]
    assert np.array_equal(*numbers)
    assert numbers[0].sum() > 1.0


def test_stopped_while_it_builds(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", "--max-time", "0.001", *options("run.name=stopped"))
    assert done.returncode == 75
    assert 0 < len(records(folder / "stopped")) < 25
    assert lqcdnn(folder, "verify", "stopped").returncode == 0
    assert lqcdnn(folder, "generate", "in.toml", *options("run.name=stopped")).returncode == 0
    assert content(folder / "stopped") == content(folder / "small")


FOUR = head([2, 4, 2, 4], "SU(2)", 2.2, name="small", trajectories=8, thermalization=6, seed=7, save_every=4) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[guide.gauge]
beta = 2.18
[[guide.fermion]]
mass = 0.52
[[update.level]]
terms = ["fermion", "bias"]
steps = 8
integrator = "omelyan"
[[update.level]]
terms = ["gauge"]
steps = 2
[update.bias]
build = 6
range = 0.3
bins = 24
height = 0.5
"""


@pytest.mark.slow
def test_self_learning_hmc_with_fermions(tmp_path: Path) -> None:
    """With smearing and time scales; the same bits in pieces and for two threads."""
    generated(tmp_path, FOUR)
    lines = records(tmp_path / "small")
    assert all(abs(line["dH"]) < 3.0 for line in lines)
    assert len({line["bias"] for line in lines}) > 6
    assert_resumes_in_pieces(tmp_path, 1, 8)
    done = process(tmp_path, "generate", "in.toml", *options("run.name=threads"), threads=2)
    assert done.returncode == 0, done.stderr
    assert content(tmp_path / "threads") == content(tmp_path / "small")
    assert lqcdnn(tmp_path, "verify", "threads").returncode == 0


def test_verify_builds_the_potential_again(folder: Path) -> None:
    assert lqcdnn(folder, "verify", "small").returncode == 0
    shutil.copytree(folder / "small", folder / "wrong")
    path, lines = folder / "wrong" / "journal.jsonl", records(folder / "wrong")
    lines[12]["collective_variable"] += 1e-9
    path.unlink()
    for line in lines:
        Journal(path).append({key: value for key, value in line.items() if key != "check"})
    done = lqcdnn(folder, "verify", "wrong")
    assert done.returncode == 3
    assert "line 13: bias is" in done.stdout


def test_verify_finds_another_potential(folder: Path) -> None:
    shutil.copytree(folder / "small", folder / "swapped")
    arrays, attributes = hdf5.unpack(folder / "small" / "bias.h5")
    arrays["numbers"] = arrays["numbers"] + 1e-12
    attributes = {key: value for key, value in attributes.items() if key != "sha256"}
    (folder / "swapped" / "bias.h5").write_bytes(hdf5.pack(arrays, attributes))
    done = lqcdnn(folder, "verify", "swapped")
    assert done.returncode == 3
    assert "swapped/bias.h5: the potential is not the one that 25 trajectories of the journal build" in done.stdout


def test_analysed_with_the_weights_of_the_journal(folder: Path) -> None:
    done = lqcdnn(folder, "analyze", "small", "--json", "--thermalization", "10")
    found = json.loads(done.stdout)
    lines = [line for line in records(folder / "small") if line["trajectory"] > 25]  # those before have no weight
    weights = np.exp([line["bias"] for line in lines])
    (item,) = [one for one in found["observables"] if one["name"] == "plaquette"]
    assert item["mean"] == pytest.approx(np.average([line["plaquette"] for line in lines], weights=weights), rel=1e-12)
    assert item["n"] == len(lines) == 65
    (ess,) = [one for one in found["derived"] if one["name"] == "ess"]
    assert ess["mean"] == pytest.approx(weights.mean() ** 2 / (weights**2).mean(), rel=1e-12)
    assert not any(one["name"] == "bias" for one in found["observables"])
    (verdict,) = [one for one in found["verdicts"] if one["name"] == "bias"]
    assert "effective sample size" in verdict["sentence"]
    assert "reweighted to weights exp(+bias)" in lqcdnn(folder, "analyze", "small").stdout
    both = lqcdnn(folder, "analyze", "small", "--reweight", "beta=2.02", "--json")
    (other,) = [one for one in json.loads(both.stdout)["observables"] if one["name"] == "plaquette"]
    kept = [line for line in records(folder / "small") if line["trajectory"] > 30]
    plaquettes = np.array([line["plaquette"] for line in kept])
    log_weights = np.array([line["bias"] for line in kept]) + 0.02 * 32 * plaquettes
    assert other["mean"] == pytest.approx(np.average(plaquettes, weights=np.exp(log_weights)), rel=1e-10)


def test_configurations_know_their_weight(folder: Path) -> None:
    for number in (50, 70, 90):
        found = lqcdnn(folder, "show", f"small/configs/cfg_{number:08}.h5", "--json")
        line = records(folder / "small")[number - 1]
        assert json.loads(found.stdout)["attributes"]["log_weight"] == line["bias"]
    measured = lqcdnn(folder, "measure", "--configs", "small/configs/cfg_00000090.h5")
    assert f"its weight in mean values is exp({line['bias']})" in measured.stdout  # no weights are taken here


def test_of_a_frozen_charge_it_is_not_said_to_take_a_bias_potential(folder: Path) -> None:
    cold = ("run.name=cold", "action.gauge.beta=200.0", "update.steps=40", "update.bias.height=1e-9")
    assert lqcdnn(folder, "generate", "in.toml", *options(*cold)).returncode == 0
    found = json.loads(lqcdnn(folder, "analyze", "cold", "--thermalization", "30", "--json").stdout)
    (verdict,) = [one for one in found["verdicts"] if one["name"] == "topology"]
    assert verdict["status"] == "warn"
    assert verdict["advice"].endswith("build the potential for longer or with a larger update.bias.factor, run longer, "
                                      "or at smaller beta")


def test_analysed_while_it_builds(folder: Path) -> None:
    """A run that was stopped then: nothing to average, and no error."""
    stopped = lqcdnn(folder, "generate", "in.toml", "--max-time", "0.001", *options("run.name=building"))
    assert stopped.returncode == 75
    done = lqcdnn(folder, "analyze", "building", "--json")
    assert done.returncode == 0, done.stderr
    (verdict,) = [one for one in json.loads(done.stdout)["verdicts"] if one["name"] == "bias"]
    assert (verdict["status"], "still being built" in verdict["sentence"]) == ("fail", True)


def test_static_from_a_file(folder: Path) -> None:
    static = options("run.name=static", "run.thermalization=2", *STATIC)
    done = lqcdnn(folder, "generate", "in.toml", *static)
    assert done.returncode == 0, done.stderr
    assert not (folder / "static" / "bias.h5").exists()
    assert lqcdnn(folder, "verify", "static").returncode == 0
    assert json.loads(lqcdnn(folder, "analyze", "static", "--json").stdout)["derived"][0]["name"] == "ess"
    kept = (folder / "small" / "bias.h5").read_bytes()
    arrays, attributes = hdf5.unpack(folder / "small" / "bias.h5")
    attributes = {key: value for key, value in attributes.items() if key != "sha256"}
    (folder / "small" / "bias.h5").write_bytes(hdf5.pack({"numbers": 2.0 * arrays["numbers"]}, attributes))
    more = lqcdnn(folder, "generate", "in.toml", *static, "--set", "run.trajectories=70")
    again = lqcdnn(folder, "verify", "static")
    (folder / "small" / "bias.h5").write_bytes(kept)
    assert more.returncode == 2
    assert "update.bias.file: the potential has changed since this run began" in more.stderr
    assert again.returncode == 3
    assert "line 1: bias is" in again.stdout


def test_built_further_from_a_file(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", *options("run.name=further", STATIC[1]))
    assert done.returncode == 0, done.stderr
    before, after = (hdf5.unpack(folder / name / "bias.h5")[0]["numbers"] for name in ("small", "further"))
    assert (after >= before).all()
    assert after.sum() > before.sum() + 1.0
    assert lqcdnn(folder, "verify", "further").returncode == 0


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ('update.bias.file="nothing.h5"', 2, "update.bias.file: there is no file nothing.h5"),
        ('update.bias.file="in.toml"', 3, "update.bias.file: "),
        ("update.bias.bins=26", 2, "update.bias.bins = 24 in the file, 26 here"),
        ("update.bias.smearing=1", 2, "update.bias.smearing = 0 in the file, 1 here"),
        ("lattice.shape=[8, 4]", 2, "lattice.shape = [4, 8] in the file, [8, 4] here"),
    ],
)
def test_files_that_do_not_do(folder: Path, change: str, code: int, said: str) -> None:
    done = lqcdnn(folder, "generate", "in.toml", *options("run.name=refused", *STATIC, change))
    assert done.returncode == code
    assert said in done.stderr
    assert not (folder / "refused").exists()


def test_what_the_file_is_said_to_be(folder: Path) -> None:
    done = lqcdnn(folder, "show", "small/bias.h5", "--json")
    found = json.loads(done.stdout)
    assert found["kind"] == "bias potential"
    assert found["variable"]["update.bias.range"] == 1.2
    assert found["built"]["built"] == 25
    assert len(found["numbers"]) == 25
    assert found["picture"].strip()


def without_potential(run: Path) -> None:
    for path in (run / "checkpoint").glob("*.h5"):
        arrays, attributes = hdf5.unpack(path)
        del arrays["potential"]
        path.write_bytes(hdf5.pack(arrays, {key: value for key, value in attributes.items() if key != "sha256"}))


def test_a_checkpoint_without_the_potential_takes_that_of_the_journal(folder: Path) -> None:
    shutil.copytree(folder / "small", folder / "torn")
    without_potential(folder / "torn")
    for name in ("torn", "small"):
        done = lqcdnn(folder, "generate", "in.toml", *options(f"run.name={name}", "run.trajectories=64"))
        assert done.returncode == 0, done.stderr
    assert content(folder / "torn") == content(folder / "small")


def test_a_journal_of_another_chain_has_none(folder: Path) -> None:
    shutil.copytree(folder / "small", folder / "foreign")
    without_potential(folder / "foreign")
    path, lines = folder / "foreign" / "journal.jsonl", records(folder / "foreign")
    path.unlink()
    for line in lines:
        Journal(path).append({key: value for key, value in line.items() if key not in ("check", "bias")})
    done = lqcdnn(folder, "generate", "in.toml", *options("run.name=foreign", "run.trajectories=70"))
    assert done.returncode == 3
    assert "holds no potential, not one of 25 numbers" in done.stderr


def test_repaired_from_a_configuration(folder: Path) -> None:
    """Both checkpoints are damaged: the chain goes back to a saved configuration and makes the same again."""
    shutil.copytree(folder / "small", folder / "damaged")
    for path in (folder / "damaged" / "checkpoint").glob("*.h5"):
        path.write_bytes(b"damaged")
    with pytest.warns(StorageWarning) as told:
        done = lqcdnn(folder, "generate", "in.toml", "--repair", *options("run.name=damaged", "run.trajectories=64"))
    assert done.returncode == 0, done.stderr
    assert any("goes back to trajectory 90" in str(warning.message) for warning in told)
    lqcdnn(folder, "generate", "in.toml", *options("run.trajectories=64"))
    assert content(folder / "damaged") == content(folder / "small")


@pytest.mark.slow
def test_curves_of_scans_are_refused(folder: Path) -> None:
    small = options("run.trajectories=40", "run.thermalization=20", "update.bias.build=20")
    grid = ("--grid", "action.gauge.beta=2,2.1", "--name", "scan", "--jobs", "1")
    assert process(folder, "scan", "in.toml", *grid, *small).returncode == 0
    done = lqcdnn(folder, "analyze", "scan", "--reweight", "beta=2:2.1:0.05")
    assert done.returncode == 2
    assert "a bias potential gives weights, which curves in beta do not know of" in done.stderr


def test_a_fork_begins_with_the_links_and_its_own_potential(folder: Path) -> None:
    changes = options("run.name=small", "run.trajectories=3", "run.thermalization=0", *STATIC)
    done = lqcdnn(folder, "generate", "in.toml", "--fork", "forked", *changes)
    assert done.returncode == 0, done.stderr
    assert len(records(folder / "forked")) == 3
    assert lqcdnn(folder, "verify", "forked").returncode == 0


@pytest.fixture(scope="module")
def tempered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run of two chains."""
    text = INPUT.replace("factor = 0.8", "factor = 0.8\ntempered = true")
    return generated(tmp_path_factory.mktemp("tempered"), text)


def test_two_chains_resume_in_pieces(tempered: Path) -> None:
    assert_resumes_in_pieces(tempered, 0, 20, 60)


def test_two_chains_are_verified_and_analysed_without_weights(tempered: Path) -> None:
    lines = records(tempered / "small")
    assert {line["swapped"][0] for line in lines} == {True, False}
    assert lqcdnn(tempered, "verify", "small").returncode == 0
    found = json.loads(lqcdnn(tempered, "analyze", "small", "--json", "--thermalization", "40").stdout)
    names = {item["name"]: item for item in found["observables"]}
    assert names["plaquette"]["mean"] == pytest.approx(np.mean([line["plaquette"] for line in lines[40:]]), rel=1e-12)
    assert not any(name.startswith(("bias", "swapped", "walkers")) for name in names)
    assert [one["name"] for one in found["derived"]] == []
    assert {"tempering"} == {one["name"] for one in found["verdicts"]} & {"tempering", "bias"}
    shutil.copytree(tempered / "small", tempered / "wrong")
    (tempered / "wrong" / "journal.jsonl").unlink()
    lines[12]["biased_variable"] += 1e-9
    for line in lines:
        entry = {key: value for key, value in line.items() if key != "check"}
        Journal(tempered / "wrong" / "journal.jsonl").append(entry)
    done = lqcdnn(tempered, "verify", "wrong")
    assert done.returncode == 3
    assert "line 13: bias is" in done.stdout
