"""A scan of two-dimensional U(1) as one ensemble: plaquette and specific heat between its points are exact."""

import json

import numpy as np
import pytest
from input_head import head
from reference.exact import u1_plaquette

from lqcdnn.cli.main import main

SHAPE = (8, 8)
INPUT = head([8, 8], "U(1)", 2.0, name="scan", trajectories=4000, thermalization=100, seed=5, initial="hot") + """\
[update]
kind = "heatbath"
algorithm = "best_fisher"
overrelaxation = 2
[observables.plaquette]
every = 1
"""


@pytest.mark.slow
def test_between_the_points(tmp_path, monkeypatch, capsys):
    """The specific heat per site is beta^2 d<P>/dbeta, from the character expansion of the finite torus."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.toml").write_text(INPUT)
    assert main(["scan", "in.toml", "--grid", "action.gauge.beta=1.6,2.1,2.7"]) == 0
    capsys.readouterr()
    heat = "C = beta**2 * V * (mean(plaquette**2) - plaquette**2)"
    assert main(["analyze", "scan", "--reweight", "beta=1.7:2.6:0.1", "--derive", heat, "--json"]) == 0
    (curves,) = json.loads(capsys.readouterr().out)["curves"]
    volume, step = SHAPE[0] * SHAPE[1], 1e-4
    pulls = []
    for name in ("plaquette", "C"):
        for beta, value, error in zip(curves["x"], *curves["curves"][name].values(), strict=True):
            exact = u1_plaquette(beta, volume)
            if name == "C":
                rise = u1_plaquette(beta + step, volume) - u1_plaquette(beta - step, volume)
                exact = beta**2 * rise / (2.0 * step)
            pulls.append((value - exact) / error)
            assert 0.0 < error < 0.05 * exact
    assert np.max(np.abs(pulls)) < 4.0
