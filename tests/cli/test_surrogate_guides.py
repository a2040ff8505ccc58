"""Networks in the guide: molecular dynamics of a network that is the action, what goes on, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from cli.runs import lqcdnn
from input_head import head

from lqcdnn.config.export import resolved_toml
from lqcdnn.config.load import load
from lqcdnn.network.lcnn import Definition
from lqcdnn.storage import surrogates

INPUT = head([4, 8], "U(1)", 2.0, name="run", trajectories=4, seed=3, initial="hot") + """\
[update]
length = 1.0
steps = 4
integrator = "leapfrog"
"""
GUIDE = """
[guide.gauge]
beta = 1.5
[guide.surrogate]
weights = "net.surrogate.h5"
coefficient = -0.5
"""
FERMION = """
[[action.fermion]]
kind = "staggered"
flavors = 2
mass = 0.5
"""


def network(folder: Path) -> None:
    """A file of a network whose value is the sum of Re P over all plaquettes."""
    definition = Definition(2, 1, (), total=True, classes=((0, 1),))
    theta = np.zeros(definition.size)
    theta[definition.constant + 1] = 1.0
    found = surrogates.Surrogate(
        theta=theta,
        definition=definition.to_dict(),
        group="U(1)",
        target="plaquette",
        seen=(surrogates.Seen("0" * 16, np.arange(1, 4)),),
        settings={},
        facts={},
        losses=np.zeros(1),
    )
    surrogates.save(folder / "net.surrogate.h5", found)


@pytest.fixture
def folder(tmp_path) -> Path:
    network(tmp_path)
    (tmp_path / "in.toml").write_text(INPUT + GUIDE)
    (tmp_path / "plain.toml").write_text(INPUT.replace('"run"', '"plain"'))
    return tmp_path


def journal(folder: Path, name: str) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / name / "journal.jsonl").read_text().splitlines()]


def test_a_network_that_is_the_rest_of_the_action_drives_as_the_action_does(folder):
    """beta = 1.5 and -0.5 times the sum of plaquettes are beta = 2."""
    for name in ("in.toml", "plain.toml"):
        done = lqcdnn(folder, "generate", name)
        assert done.returncode == 0, done.stderr
    runs = zip(journal(folder, "run"), journal(folder, "plain"), strict=True)
    pairs = [(one["dH"], other["dH"]) for one, other in runs]
    assert len(pairs) == 4
    assert max(abs(other) for _, other in pairs) > 1e-2
    for one, other in pairs:
        assert one == pytest.approx(other, abs=1e-10)


def test_a_chain_goes_on_with_the_weights_it_began_with(folder):
    assert lqcdnn(folder, "generate", "in.toml", "--set", "run.trajectories=2").returncode == 0
    assert lqcdnn(folder, "generate", "in.toml").returncode == 0
    whole = lqcdnn(folder, "generate", "in.toml", "--set", "run.name=whole")
    assert whole.returncode == 0, whole.stderr
    last = [one["dH"] for one in journal(folder, "run")]
    assert last == [one["dH"] for one in journal(folder, "whole")]
    found = surrogates.load(folder / "net.surrogate.h5")
    found.theta[:] += 1.0
    surrogates.save(folder / "net.surrogate.h5", found)
    refused = lqcdnn(folder, "generate", "in.toml", "--set", "run.trajectories=6")
    assert refused.returncode == 2
    assert "guide.surrogate.weights: the weights have changed since this run began" in refused.stderr


def test_a_guide_may_have_a_network_in_place_of_fermions(folder):
    text = INPUT + FERMION + GUIDE.replace("[guide.gauge]", "[guide]\nfermion = []\n[guide.gauge]")
    (folder / "quark.toml").write_text(text)
    config = load(folder / "quark.toml")
    assert config.levels[0].terms == ("gauge", "surrogate")
    (folder / "again.toml").write_text(resolved_toml(config))
    assert load(folder / "again.toml").guide == config.guide
    assert "2012.12901" in lqcdnn(folder, "cite", "quark.toml").stdout
    refused = lqcdnn(folder, "validate", "quark.toml", "--set", "update.transformation=net")
    assert "guide.surrogate: given with update.transformation; allowed: one of the two" in refused.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INPUT + FERMION + "[guide]\nfermion = []\n", "guide.fermion: found 0 tables; allowed: 1, one for each"),
        (INPUT + '[action.surrogate]\nweights = "net.surrogate.h5"\n', "action.surrogate"),
        (INPUT + GUIDE.replace("net.sur", "other.sur"), "guide.surrogate.weights: there is no file other.surrogate.h5"),
        (INPUT.replace("[4, 8]", "[4, 4, 4]") + GUIDE, "net.surrogate.h5 is for U(1) in d = 2; allowed: weights for"),
        (
            (INPUT + GUIDE).replace('steps = 4\nintegrator = "leapfrog"', "")
            + '[[update.level]]\nterms = ["gauge"]\nsteps = 4\n',
            'update.level: no level has "surrogate"',
        ),
        (INPUT + GUIDE + "[train]\nmode = 'online'\ntrajectories = 3\nrate = 1e-3\ncouplings = ['beta']\n", "[train]"),
    ],
)
def test_what_does_not_go_together_is_refused(folder, text, message):
    (folder / "bad.toml").write_text(text)
    refused = lqcdnn(folder, "generate", "bad.toml")
    assert refused.returncode == 2, refused.stderr
    assert message in refused.stderr.replace("\n", " ")
