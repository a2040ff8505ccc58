"""Runs with a field transformation: trained, interrupted and resumed, with quarks and a guide, loaded, refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from input_head import head

import lqcdnn
from lqcdnn.cli.main import main
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.storage import weights

INPUT = head([4, 8], "U(1)", 2.0, name="one", trajectories=6, save_every=3, seed=5) + """\
[network.map]
masked = true
[[network.map.layer]]
loops = ["plaquette"]
[[network.map.layer]]
loops = ["plaquette"]
sharing = "direction"
[update]
transformation = "map"
steps = 4
[observables.plaquette]
[observables.v_plaquette]
links = "map"
[train]
base_beta = 1.0
trajectories = 40
thermalization = 5
batch = 2
checkpoint_every = 3
optimizer = "least_squares"
rate = 1e-2
"""
QUARKS = """
[[action.fermion]]
kind = "staggered"
flavors = 2
mass = 0.5
[[guide.fermion]]
mass = 0.6
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_and_one_in_pieces(folder, capsys):
    (folder / "in.toml").write_text(INPUT)
    result = lqcdnn.generate(lqcdnn.load("in.toml"))
    lqcdnn.train(lqcdnn.load("in.toml", ["run.name=two", "train.trajectories=10"]))
    lqcdnn.generate(lqcdnn.load("in.toml", ["run.name=two", "run.trajectories=2"]))
    lqcdnn.generate(lqcdnn.load("in.toml", ["run.name=two"]))
    for name in ("train/history.jsonl", "journal.jsonl", "measure/v_plaquette.jsonl"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    assert result.trajectories == 6
    found = weights.load("one/train/weights.h5")
    assert (found.couplings, found.layers.size) == (("constant",), 3)
    assert found.layers.sum() > 0.0  # beta grows along F, as links are smeared
    last = json.loads((folder / "one/train/history.jsonl").read_text().splitlines()[-1])
    assert last["base_beta"] == 1.0
    assert main(["verify", "one"]) == 0
    capsys.readouterr()
    assert main(["analyze", "one"]) == 0
    said = capsys.readouterr().out
    assert "S_theta - S spreads by" in said
    assert "accepted" not in said.partition("S_theta - S spreads by")[2].partition("\n")[0]


def test_training_along_the_chain_itself(folder):
    """S of the last sample is that of V = F^-1(U), U where the chain goes on; in one go and in pieces."""
    changes = ["train.samples=chain", "train.trajectories=7", "train.rate=1", "train.checkpoint_every=1"]
    (folder / "in.toml").write_text(INPUT)
    result = lqcdnn.train(config := lqcdnn.load("in.toml", changes))
    last = json.loads((folder / "one/train/history.jsonl").read_text().splitlines()[-1])
    sim = lqcdnn.prepare(config)[0]
    sim.transformation.theta = result.theta[:3]  # the seventh sample waits for an eighth
    V = sim.transformation.inverse(result.links)
    assert sim.compared[0].potential(V)["gauge"] == pytest.approx(last["S"], abs=1e-9)
    assert sim.compared[0].potential(result.links)["gauge"] < last["S"] - 1e-3  # links are the smoother ones
    lqcdnn.train(lqcdnn.load("in.toml", [*changes, "run.name=two", "train.trajectories=3"]))
    lqcdnn.generate(lqcdnn.load("in.toml", [*changes, "run.name=two"]))
    lqcdnn.generate(config)
    for name in ("train/history.jsonl", "journal.jsonl"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()


def test_links_with_weights_of_their_own(folder, capsys):
    """Trained by forces, in one go and in pieces; the weights belong to a network of so many channels."""
    changes = ["train.loss=force", "train.rate=1", "train.trajectories=4", "train.checkpoint_every=1"]
    (folder / "in.toml").write_text(INPUT.replace('["plaquette"]', '["plaquette"]\nchannels = [2]', 1))
    lqcdnn.generate(lqcdnn.load("in.toml", changes))
    lqcdnn.train(lqcdnn.load("in.toml", [*changes, "run.name=two", "train.trajectories=2"]))
    lqcdnn.generate(lqcdnn.load("in.toml", [*changes, "run.name=two", "run.trajectories=2"]))
    lqcdnn.generate(lqcdnn.load("in.toml", [*changes, "run.name=two"]))
    for name in ("train/history.jsonl", "journal.jsonl", "measure/v_plaquette.jsonl"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    assert main(["show", "one/train/weights.h5"]) == 0
    assert "local weights by channels [2]" in capsys.readouterr().out
    plain = INPUT.partition("[train]")[0].replace("masked = true", 'masked = true\nweights = "one/train/weights.h5"')
    (folder / "other.toml").write_text(plain.replace('"one"', '"three"'))
    with pytest.raises(InputError, match="channels of layer 1: \\[2\\] in the file, null here"):
        lqcdnn.generate(lqcdnn.load("other.toml"))


def test_trained_weights_serve_another_run(folder, capsys):
    """The same weights from a file make the same trajectories, on stored configurations trained ones too."""
    (folder / "in.toml").write_text(INPUT)
    lqcdnn.generate(lqcdnn.load("in.toml"))
    plain = INPUT.partition("[train]")[0].replace("masked = true", 'masked = true\nweights = "one/train/weights.h5"')
    (folder / "two.toml").write_text(plain.replace('"one"', '"two"'))
    assert not lqcdnn.generate(lqcdnn.load("two.toml")).warnings
    further = ["network.map.weights=one/train/weights.h5", "run.name=further", "train.trajectories=2"]
    capsys.readouterr()
    assert main(["train", "in.toml", "--plain", *(word for option in further for word in ("--set", option))]) == 0
    assert "generate ANOTHER.toml, with network.NAME.weights" in capsys.readouterr().out  # this one has those of one/
    offline = ["train.mode=offline", 'train.configs=["two/configs/*.h5"]', "run.name=three", "train.trajectories=5"]
    (folder / "off.toml").write_text(INPUT.replace("thermalization = 5\n", ""))
    trained = lqcdnn.train(lqcdnn.load("off.toml", offline))
    assert trained.samples == 10
    assert np.isfinite(trained.theta).all()


def test_with_quarks_and_a_guide(folder):
    (folder / "in.toml").write_text(INPUT + QUARKS)
    result = lqcdnn.generate(lqcdnn.load("in.toml", ["update.steps=8"]))
    probabilities = [record["acceptance_probability"] for record in result.records]
    assert np.mean(probabilities) > 0.5
    assert result.records[-1]["solves"] > 8


def test_the_base_has_another_beta_alone(folder):
    (folder / "in.toml").write_text(INPUT)
    simulation, _state = lqcdnn.prepare(lqcdnn.load("in.toml"))
    base, transformed = simulation.fitted
    assert (base.terms[0].beta, transformed.of.terms[0].beta) == (1.0, 2.0)
    assert simulation.prior().exact is base


def test_refused(folder):
    (folder / "in.toml").write_text(INPUT)
    lqcdnn.train(lqcdnn.load("in.toml"))
    other = INPUT.partition("[train]")[0].replace("masked = true", 'weights = "one/train/weights.h5"')
    (folder / "two.toml").write_text(other.replace('"one"', '"two"').replace('transformation = "map"', ""))
    with pytest.raises(InputError, match="of another network"):
        lqcdnn.generate(lqcdnn.load("two.toml"))
    with pytest.raises(NumericalError, match="one to one below"):
        lqcdnn.train(lqcdnn.load("in.toml", ["run.name=wild", "train.optimizer=sgd", "train.rate=1"]))
