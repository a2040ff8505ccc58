"""Windows of the plaquette in the input: what is filled in, what is refused, what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

TABLE = """\
[update.llr]
range = [0.2, 0.8]
windows = 7
every = 5
newton = 4
robbins_monro = 6
"""
TEMPERING = "[update.tempering]\ncouplings = [1.0, 0.0]\nside = 2\n"
WINDOWS = changed(PURE_GAUGE_2D, "[run]\n", "[run]\nthermalization = 50\n") + TABLE


def test_what_is_filled_in_and_said():
    config = load_text(WINDOWS)
    llr = config.update.llr
    assert llr.width == pytest.approx(0.1)
    assert llr.centres == pytest.approx([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    assert llr.built == 50
    assert config.levels[0].terms == ("gauge", "bias")
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["update.llr.windows"] == 7
    said = summary(config)
    assert said["method"].startswith("density of states (LLR): HMC")
    assert "7 of width 0.1 from 0.2 to 0.8" in said["windows"]
    assert "LangfeldLuciniRago2012" in used_by(config)
    assert "LangfeldLuciniRago2012" not in used_by(load_text(PURE_GAUGE_2D))


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ("robbins_monro = 6", "robbins_monro = 7", "update.llr.every", "up to run.thermalization = 50"),
        ("[0.2, 0.8]", "[0.8, 0.2]", "update.llr.range", "-1 < lowest < highest < 1"),
        ("[0.2, 0.8]", "[0.2, 1.0]", "update.llr.range", "-1 < lowest < highest < 1"),
        ("windows = 7", "windows = 3", "update.llr.windows", "4 to"),
        ("windows = 7", "windows = 7\nwidth = 0.0", "update.llr.width", "> 0"),
        ("windows = 7", "windows = 7\nwidth = 9e-4", "update.llr.width", "0.001 to 0.6, 1/100"),
        ("windows = 7", "windows = 7\nwidth = 0.61", "update.llr.width", "0.001 to 0.6, 1/100"),
        ("[update.llr]", "[update]\ntune = true\n[update.llr]", "update.tune", "false"),
        ("[update.llr]", '[update]\nkind = "heatbath"\n[update.llr]', "update.llr", 'kind = "hmc"'),
        ("[update.llr]", "[update]\nfriction = 0.3\n[update.llr]", "update.llr", "one of the two"),
        (
            "[update.llr]",
            '[update.bias]\nvariable = "plaquette"\nbuild = 5\nrange = [0.1, 0.9]\nbins = 9\n[update.llr]',
            "update.bias",
            "one of the two",
        ),
        ("[update.llr]", f"{TEMPERING}[update.llr]", "update.tempering", "one of the two"),
        ("[update.llr]", "[observables.polyakov]\n[update.llr]", "observables.polyakov", "no such table"),
        ("[lattice]\n", '[lattice]\ntime = "open"\n', "update.llr", "one of the two"),
        ("beta = 2.0", "beta = 2.0\nanisotropy = 2.0", "update.llr", "one of the two"),
    ],
)
def test_what_is_refused(old, new, key, allowed):
    (problem,) = problems_of(changed(WINDOWS, old, new))
    assert problem.path == key
    assert allowed in problem.allowed


@pytest.mark.parametrize("n", [3, 4, 5])
def test_windows_lie_where_the_group_has_plaquettes(n):
    """Down to the least trace, which steepest descent finds among diagonal matrices."""
    angles = np.random.default_rng(n).uniform(-np.pi, np.pi, (40, n - 1))
    for _ in range(400):
        angles += 0.2 * (np.sin(angles) + np.sin(angles.sum(axis=1, keepdims=True)))
    least = float((np.cos(angles).sum(axis=1) + np.cos(angles.sum(axis=1))).min()) / n
    group = changed(WINDOWS, '"U(1)"', f'"SU({n})"')
    below, above = (changed(group, "[0.2, 0.8]", f"[{least + shift}, 0.8]") for shift in (-1e-6, 1e-6))
    assert [problem.path for problem in problems_of(below)] == ["update.llr.range"]
    assert load_text(above).update.llr.range[0] == pytest.approx(least, abs=2e-6)


def test_the_least_trace_of_su3_is_no_centre_of_a_window():
    """Cosines of pi/3 in floating point are a little above 1/2."""
    group = changed(WINDOWS, '"U(1)"', '"SU(3)"')
    (problem,) = problems_of(changed(group, "[0.2, 0.8]", "[-0.5, 0.8]"))
    assert "-0.5 < lowest" in problem.allowed
