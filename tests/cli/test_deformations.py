"""Contours by commands: learned on the first part of a run, measured on all of it, analysed on what is left."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cli.runs import lqcdnn, process
from reference.exact import u1_wilson_loop

from lqcdnn.storage import deformations

INPUT = """
[lattice]
shape = [4, 8]
group = "U(1)"
[run]
name = "run"
trajectories = 60
thermalization = 10
seed = 3
save_every = 1
[action.gauge]
beta = 2.0
[update]
kind = "heatbath"
overrelaxation = 2
[observables.wilson_loop]
space = 2
time = 2
[observables.polyakov_correlator]
[deformation.loops]
space = 2
time = 2
configs = 12
gap = 3
steps = 4
[deformation.pairs]
target = "polyakov_correlator"
space = 2
configs = 12
steps = 4
"""
LOOPS = "observables.deformed_wilson_loop.deformation=run/train/loops.deformation.h5"
PAIRS = "observables.deformed_polyakov_correlator.deformation=run/train/pairs.deformation.h5"
MEASURE = ("--observables", "deformed_wilson_loop,deformed_polyakov_correlator", "--set", LOOPS, "--set", PAIRS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A run whose first configurations taught the contours of loops and of pairs, both measured on all of it."""
    folder = tmp_path_factory.mktemp("deformations")
    (folder / "in.toml").write_text(INPUT)
    for command in (("generate",), ("train",), ("measure", *MEASURE)):
        done = lqcdnn(folder, command[0], "in.toml", *command[1:])
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copy(trained, tmp_path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def records(folder: Path, name: str):
    lines = (folder / f"run/measure/{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_means_are_exact_and_errors_small(trained):
    fit = "G = gain(wilson_loop.2.2, deformed_wilson_loop.2.2)"
    done = lqcdnn(trained, "analyze", "run", "--json", "--fit", fit)
    found = json.loads(done.stdout)
    series = {one["name"]: one for one in found["observables"]}
    for r, t in ((1, 1), (1, 2), (2, 2)):
        loop = series[f"deformed_wilson_loop.{r}.{t}"]
        assert loop["first"] == 11 + 15  # 12 trained on, a gap of 3
        assert loop["n"] == 60 - 15
        assert abs(loop["mean"] - u1_wilson_loop(2.0, 32, r * t)) < 4.0 * loop["error"]
    numbers = {one["name"]: one for one in found["fits"][0]["parameters"]}
    assert abs(numbers["G.difference"]["mean"]) < 4.0 * numbers["G.difference"]["error"]
    assert numbers["G.gain"]["mean"] > 3.0
    assert numbers["G.variances"]["mean"] > 3.0
    pair, plain = series["deformed_polyakov_correlator.3"], series["polyakov_correlator.3"]
    assert pair["error"] < 0.5 * plain["error"]
    assert abs(pair["mean"] - plain["mean"]) < 4.0 * plain["error"]
    assert any("15 values up to trajectory 25 are left out" in text for text in found["warnings"])


def test_shifts_of_zero_are_the_plain_loops_bit_for_bit(copy):
    for name, kind in (("loops", "wilson_loop"), ("pairs", "polyakov_correlator")):
        found = deformations.load(copy / f"run/train/{name}.deformation.h5")
        found.shifts[...] = 0.0
        deformations.save(copy / "zero.h5", found)
        key = f"observables.zero_{kind}.deformation={copy}/zero.h5"
        assert lqcdnn(copy, "measure", "in.toml", "--observables", f"zero_{kind}", "--set", key).returncode == 0
        plain = {one["trajectory"]: one[kind] for one in records(copy, kind)}
        shifted = {one["trajectory"]: one[f"zero_{kind}"] for one in records(copy, f"zero_{kind}")}
        assert len(shifted) == 60
        if kind == "wilson_loop":
            assert all(shifted[k] == plain[k] for k in shifted)
        else:  # products of neighbours in place of a Fourier transform
            for k in shifted:
                np.testing.assert_allclose(shifted[k], plain[k], atol=1e-14)


def test_stopped_and_resumed_it_learns_the_same_bits(copy):
    paths = [copy / f"run/train/{name}.deformation.h5" for name in ("loops", "pairs")]
    whole = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    stopped = lqcdnn(copy, "train", "in.toml", "--max-time", "0.05")
    assert stopped.returncode == 75, stopped.stderr
    assert "the same command goes on" in stopped.stderr
    again = lqcdnn(copy, "train", "in.toml")
    assert again.returncode == 0
    assert [path.read_bytes() for path in paths] == whole


def test_shifts_of_a_part_of_the_loops_are_refused(copy):
    path = copy / "run/train/loops.deformation.h5"
    found = deformations.load(path)
    deformations.save(path, replace(found, loops=found.loops[:3], shifts=found.shifts[:3]))
    asked = ("--observables", "again_wilson_loop", "--set", LOOPS.replace("deformed", "again"))
    done = lqcdnn(copy, "measure", "in.toml", *asked)
    assert done.returncode == 2
    assert "a part of its loops" in done.stderr


@pytest.mark.slow
def test_threads_give_the_same_bits(copy):
    names = ("measure/deformed_wilson_loop.jsonl", "measure/deformed_polyakov_correlator.jsonl")
    paths = [copy / "run" / name for name in (*names, "train/loops.deformation.h5", "train/pairs.deformation.h5")]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    for asked in (("train", "in.toml"), ("measure", "in.toml", *MEASURE)):
        done = process(copy, *asked, "--threads", "2", threads=2)
        assert done.returncode == 0, done.stderr
    assert [path.read_bytes() for path in paths] == before


def test_commands_know_the_file(trained):
    shown = json.loads(lqcdnn(trained, "show", "run/train/loops.deformation.h5", "--json").stdout)
    assert (shown["kind"], shown["target"], shown["trained_on"]) == ("deformation", "wilson_loop", [11, 25])
    assert [one["loop"] for one in shown["loops"]] == [[0, r, t] for r in (1, 2) for t in (1, 2)]
    checks = {one["kind"]: one for one in json.loads(lqcdnn(trained, "verify", "run", "--json").stdout)["checks"]}
    assert checks["training"]["files"] == 2
    assert not checks["training"]["faults"]
    assert "2003.05914" in lqcdnn(trained, "cite", "in.toml").stdout


def test_weights_for_another_beta_leave_deformed_loops_out(trained):
    done = lqcdnn(trained, "analyze", "run", "--reweight", "beta=2.02", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert any("deformed_wilson_loop: left out" in text for text in found["warnings"])
    assert not any(one["name"].startswith("deformed") and one.get("reweighted") for one in found["observables"])


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (("--set", "action.gauge.beta=2.5", "--set", LOOPS), "is for beta = 2"),
        (("--set", LOOPS, "--set", "observables.deformed_wilson_loop.space=3"), "at most"),
        (("--set", LOOPS.replace("loops.d", "pairs.d")), "is for polyakov_correlator"),
        (("--set", LOOPS.replace("loops.d", "none.d")), "there is no file"),
    ],
)
def test_shifts_for_something_else_are_refused(trained, change, part):
    file = next((trained / "run/configs").glob("*.h5"))
    asked = ("--configs", str(file), "--observables", "deformed_wilson_loop", *change)
    done = lqcdnn(trained, "measure", "in.toml", *asked)
    assert done.returncode == 2, done.stdout
    assert part in done.stderr
