"""Anisotropic lattices in the input: what follows from the key, what is refused, what is said of them."""

from __future__ import annotations

import pytest
from config_samples import changed, problems_of
from input_head import head

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.check import observable
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.measurement import check_measurement
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.gauge_actions import improved_in_space, loop_weights
from lqcdnn.report.references.citations import used_by

GAUGE = head([4, 4, 4, 8], "SU(3)", 5.7, name="fine", trajectories=10) + """\
anisotropy = 3.0
"""
FLOW = GAUGE + "[observables.flow]\n[flow.smooth]\ntime = 0.5\n"
QUARKS = GAUGE + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = 0.1
csw = 1.0
csw_time = 0.7
nu = 1.2
[valence.light]
kind = "staggered"
mass = 0.05
[observables.pion]
"""
ONE, OBSERVED = 'group = "SU(3)"', "[observables.{}]\n[action.gauge]"


def paths(text):
    return [problem.path for problem in problems_of(text)]


def test_what_is_kept_and_said():
    config = load_text(GAUGE)
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["action.gauge.anisotropy"] == 3.0
    assert summary(config)["action"] == "wilson beta 5.7 anisotropy 3"
    assert config.action.gauge.weights == loop_weights(0.0, 3.0)
    assert "Klassen1998" in used_by(config)
    plain = load_text(changed(GAUGE, "anisotropy = 3.0\n", ""))
    assert plain.action.gauge.anisotropy is None
    assert "action.gauge.anisotropy" not in physics_keys(plain)
    assert plain.action.gauge.weights == loop_weights(0.0)
    assert "Klassen1998" not in used_by(plain)


def test_symanzik_action_in_space():
    text = changed(GAUGE, "beta = 5.7", 'beta = 5.7\nkind = "symanzik_space"\nus = 0.8')
    config = load_text(text + "[guide.gauge]\nkind = 'wilson'\n")
    assert config.action.gauge.weights == improved_in_space(3.0, 0.8, 1.0)
    assert summary(config)["action"].endswith("u_s 0.8 u_t 1")
    assert (config.guide.gauge.us, config.guide.gauge.weights) == (None, loop_weights(0.0, 3.0))
    assert {"MorningstarPeardon1997", "Klassen1998"} <= set(used_by(config))
    assert "EjiriEtAl2003" in used_by(load_text(changed(GAUGE, "beta = 5.7", 'beta = 5.7\nkind = "iwasaki"')))
    assert paths(changed(GAUGE, "beta = 5.7", "beta = 5.7\nut = 0.9")) == ["action.gauge.ut"]


def test_flows_and_quarks_follow_the_action():
    config = load_text(FLOW)
    assert (config.observables["flow"].anisotropy, config.flow["smooth"].anisotropy) == (3.0, 3.0)
    own = load_text(changed(FLOW, "[observables.flow]", "[observables.flow]\nanisotropy = 3.3"))
    assert own.observables["flow"].anisotropy == 3.3
    assert "BorsanyiEtAl2012" in used_by(config)
    assert load_text(changed(FLOW, "anisotropy = 3.0\n", "")).flow["smooth"].anisotropy is None
    quarks = load_text(QUARKS)
    sea, light = quarks.action.fermion[0], quarks.valence["light"]
    assert sea.hop_weights(4) == pytest.approx((0.4, 0.4, 0.4, 1.0))
    assert sea.clover_coefficients == pytest.approx((1.0 / 3.0, 0.7))
    assert light.hop_weights(4) == pytest.approx((1 / 3, 1 / 3, 1 / 3, 1.0))
    assert "csw_time 0.7 anisotropy 3 nu 1.2" in summary(quarks)["action"]
    assert "EdwardsJooLin2008" in used_by(quarks)


@pytest.mark.parametrize(
    ("text", "old", "new", "found"),
    [
        (GAUGE, "anisotropy = 3.0", "anisotropy = 0.0", ["action.gauge.anisotropy"]),
        (FLOW, "[observables.flow]", '[observables.flow]\nkind = "zeuthen"', ["observables.flow.anisotropy"]),
        (FLOW, "[observables.flow]", "[observables.flow]\nslices = true", ["observables.flow.slices"]),
        (FLOW, "time = 0.5", "time = 0.5\nstep = 0.06", ["flow.smooth.step"]),
        (FLOW, ONE, f'{ONE}\ntime = "open"', ["flow.smooth.anisotropy", "observables.flow.anisotropy"]),
        (FLOW, ONE, f"{ONE}\ntwist = {{xy = 1}}", ["flow.smooth.anisotropy", "observables.flow.anisotropy"]),
        (GAUGE, ONE, f'{ONE}\ntime = "schroedinger"\nschroedinger = {{fields = "A"}}', ["action.gauge.anisotropy"]),
        (GAUGE, "[action.gauge]", OBSERVED.format("gluon_propagator"), ["observables.gluon_propagator.gauge"]),
        (GAUGE, "[action.gauge]", OBSERVED.format("polyakov_multilevel"), ["observables.polyakov_multilevel"]),
        (GAUGE, "[action.gauge]", OBSERVED.format("condensate]\nmass = 0.1\n[analyze"), ["observables.condensate"]),
        (QUARKS, "mass = 0.1", "kappa = 0.1", ["action.fermion.1.kappa"]),
        (QUARKS, "mass = 0.1", "mass = -2.3", ["action.fermion.1.mass"]),
        (QUARKS, "mass = 0.05", 'mass = 0.05\nimprovement = "hisq"', ["valence.light.improvement"]),
        (QUARKS, "mass = 0.05", 'mass = 0.05\nsolver = "half"', ["valence.light.solver"]),
        (QUARKS, 'kind = "staggered"\nmass = 0.05', 'kind = "overlap"\nmass = 0.05', ["valence.light.kind"]),
        (QUARKS, "mass = 0.1", 'mass = 0.1\nsolver = "half"', ["action.fermion.1.solver"]),
        (QUARKS, "mass = 0.1", 'mass = 0.1\nsolver = "multigrid"', ["action.fermion.1.solver"]),
    ],
)  # fmt: skip
def test_what_is_refused(text, old, new, found):
    assert sorted(paths(changed(text, old, new))) == sorted(found)


@pytest.mark.parametrize("key", ['time = "open"', "twist = {xy = 1}"])
def test_ends_of_time_and_twists_are_kept(key):
    assert load_text(changed(GAUGE, ONE, f"{ONE}\n{key}")).action.gauge.anisotropy == 3.0


def test_clover_term_of_planes_with_time_alone():
    """c_t without c_s is a clover term: one flavour may have a negative weight, open time has no ends for it."""
    quark = changed(QUARKS, "csw = 1.0\n", "")
    assert "SheikholeslamiWohlert1985" in used_by(load_text(quark))
    one = changed(changed(quark, "flavors = 2", 'flavors = 1\ndeterminant = "exact"'), "[4, 4, 4, 8]", "[2, 2, 2, 4]")
    assert paths(one) == ["action.fermion.1.flavors"]
    assert paths(changed(quark, ONE, f'{ONE}\ntime = "open"').replace("[observables.pion]\n", "")) == [
        "action.fermion.1.csw_time"
    ]


def test_the_spectrum_of_staggered_quarks_has_the_weights_of_their_hops():
    """|D| is at most the sum of the weights: 2 with 1/3 in space, beyond 4 with nu = 12."""
    quark = changed(QUARKS, 'kind = "wilson"\nflavors = 2\nmass = 0.1\ncsw = 1.0\ncsw_time = 0.7\nnu = 1.2', "{}")
    for nu, largest in ((1, "2e+07"), (12, "1.3e+08")):
        fermion = f'kind = "staggered"\nflavors = 1\nmass = 1e9\nnu = {nu}'
        (found,) = problems_of(quark.replace("{}", fermion))
        assert (found.path, found.allowed.split(" with ")[0]) == ("action.fermion.1.mass", f"at most {largest}")


def test_loops_of_space():
    plane = {"lattice": {"shape": [4, 8], "group": "U(1)"}, "observables": {"wilson_loop": {"spatial": True}}}
    with pytest.raises(InvalidInputError, match="no plane of space"):
        check_measurement(plane)
    assert observable("wilson_loop", {"spatial": True}, 3).spatial is True


def test_large_staggered_quarks_solve_in_mixed_precision():
    text = changed(QUARKS, "[4, 4, 4, 8]", "[16, 16, 16, 16]")
    assert load_text(text).valence["light"].solver == "mixed"
    assert load_text(changed(text, "anisotropy = 3.0\n", "")).valence["light"].solver == "half"
