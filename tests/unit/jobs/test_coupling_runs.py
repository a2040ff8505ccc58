"""Runs that train couplings: interrupted and resumed, in the chain that follows, shown, refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from input_head import head

import lqcdnn
from lqcdnn.cli.main import main
from lqcdnn.errors import InputError
from lqcdnn.jobs.inspect import describe
from lqcdnn.jobs.train import TrainResult
from lqcdnn.storage import weights

INPUT = head([4, 2, 2, 4], "SU(2)", 2.0, name="one", trajectories=6, save_every=3, seed=5) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[[guide.gauge.term]]
loops = "polyakov_time"
coefficient = 0.0
[[guide.fermion]]
mass = 0.6
links = "net"
[[network.net.layer]]
loops = ["plaquette"]
[train]
network = "net"
couplings = ["constant", "beta", "term.1", "fermion.1"]
trajectories = 8
batch = 2
checkpoint_every = 3
optimizer = "least_squares"
rate = 1e-2
"""
BY_FORCES = INPUT.replace('"constant", ', "") + 'loss = "force"\n'
WITHOUT_NETWORK = INPUT.replace('links = "net"\n[[network.net.layer]]\nloops = ["plaquette"]\n', "").replace(
    'network = "net"\n', ""
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", [INPUT, BY_FORCES, WITHOUT_NETWORK], ids=["network", "forces", "alone"])
def test_a_run_and_one_in_pieces(folder, text, capsys):
    (folder / "in.toml").write_text(text)
    result = lqcdnn.generate(lqcdnn.load("in.toml"))
    lqcdnn.train(lqcdnn.load("in.toml", ["run.name=two", "train.trajectories=5"]))
    lqcdnn.generate(lqcdnn.load("in.toml", ["run.name=two", "run.trajectories=2"]))
    lqcdnn.generate(lqcdnn.load("in.toml", ["run.name=two"]))
    for name in ("train/history.jsonl", "journal.jsonl"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    found = [weights.load(f"{name}/train/weights.h5") for name in ("one", "two")]
    assert found[0].theta.tobytes() == found[1].theta.tobytes()
    names = ("constant", "beta", "term.1", "fermion.1")
    assert found[0].couplings == (names[1:] if text is BY_FORCES else names)
    assert found[0].layers.size == (text is not WITHOUT_NETWORK)
    last = json.loads((folder / "one/train/history.jsonl").read_text().splitlines()[-1])
    assert last["couplings"] == found[0].coupling_values == describe("one/train/weights.h5")["couplings"]
    assert last["couplings"]["beta"] != 2.0
    assert ("weights" in last) == (text is not WITHOUT_NETWORK)
    assert result.trajectories == 6
    with pytest.raises(InputError, match="chain has begun with weights of 8 training samples"):
        lqcdnn.generate(lqcdnn.load("in.toml", ["train.trajectories=10"]))
    assert main(["verify", "one"]) == 0
    capsys.readouterr()
    assert main(["train", "in.toml"]) == 0
    settings = [line for line in capsys.readouterr().out.splitlines() if "--set guide.gauge.beta=" in line]
    for name in ("gauge.term.1", "fermion.1"):
        value = last["couplings"][name.removeprefix("gauge.")]
        assert f"--set guide.{name}.coefficient={value!r}" in settings[0]


@pytest.mark.parametrize(
    ("couplings", "elsewhere"),
    [({"constant": 2.0}, None), ({"constant": 2.0, "beta": 2.1}, "--set guide.gauge.beta=2.1"), ({}, None)],
)
def test_what_moves_links_is_for_other_inputs_too(couplings, elsewhere):
    theta = np.array(list(couplings.values()))
    result = TrainResult(Path("weights.h5"), theta, 1, 1, 1, 1, None, [], 1.0, 0.5, couplings)
    assert result.facts().get("elsewhere") == elsewhere


def test_the_chain_is_driven_by_what_was_trained(folder):
    """The same couplings written into the input make the same trajectories."""
    (folder / "in.toml").write_text(WITHOUT_NETWORK)
    lqcdnn.generate(lqcdnn.load("in.toml"))
    found = weights.load("one/train/weights.h5").coupling_values
    start = WITHOUT_NETWORK.partition("[train]")[0].replace('name = "one"', 'name = "two"')
    (folder / "two.toml").write_text(start)
    couplings = [f"guide.gauge.beta={found['beta']!r}", f"guide.gauge.term.1.coefficient={found['term.1']!r}"]
    couplings += [f"guide.fermion.1.coefficient={found['fermion.1']!r}"]
    simulation, state = lqcdnn.prepare(lqcdnn.load("two.toml", couplings))
    trained, _state = lqcdnn.prepare(lqcdnn.load("in.toml"))
    trained.couplings.theta = weights.load("one/train/weights.h5").theta
    for _ in range(2):
        (state, info), (_other, other) = (one.update().step(state) for one in (simulation, trained))
        assert info == other
