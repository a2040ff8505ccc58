"""Parallel tempering in the input: what is filled in, what is refused, what is said of it."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

TEMPERED = PURE_GAUGE_2D + """\
[update.tempering]
couplings = [1.0, 0.5, 0.0]
side = 2
"""


def test_what_is_filled_in_and_said():
    config = load_text(TEMPERED)
    assert config.update.tempering.normal == "x"
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["update.tempering.couplings"] == [1.0, 0.5, 0.0]
    assert "3 replicas" in summary(config)["tempering"]
    assert {"Hasenbusch2017", "Bonanno2020"} <= set(used_by(config))
    plain = load_text(PURE_GAUGE_2D)
    assert not any("tempering" in key for key in physics_keys(plain))
    assert "Hasenbusch2017" not in used_by(plain)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[1.0, 0.5, 0.0]", "[0.9, 0.5, 0.0]", "update.tempering.couplings"),
        ("[1.0, 0.5, 0.0]", "[1.0, 0.5, 0.5]", "update.tempering.couplings"),
        ("[1.0, 0.5, 0.0]", "[1.0]", "update.tempering.couplings"),
        ("[1.0, 0.5, 0.0]", "[1.0, -0.5]", "update.tempering.couplings"),
        ("side = 2", "side = 200", "update.tempering.side"),
        ("side = 2", 'side = 2\nnormal = "z"', "update.tempering.normal"),
        ("side = 2", "sides = 2", "update.tempering.sides"),
    ],
)
def test_what_is_refused(old, new, key):
    assert key in [problem.path for problem in problems_of(changed(TEMPERED, old, new))]


def test_steps_are_not_tuned():
    text = changed(TEMPERED, "[update.tempering]", "[update]\ntune = true\n[update.tempering]")
    assert "update.tune" in [problem.path for problem in problems_of(text)]
