"""Twisted boundary conditions in the input: what is kept, what is refused, what is said of them."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed, problems_of
from input_head import head

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.lattice.twist import twist_of
from lqcdnn.report.references.citations import used_by

TWISTED = head(
    [4, 4, 4, 4], "SU(3)", 5.7, lattice="twist = {xy = 1, zt = -1}\n", name="twisted", trajectories=10
) + """\
[observables.flow]
"""


def paths(text):
    return [problem.path for problem in problems_of(text)]


def test_what_is_kept_and_said():
    config = load_text(TWISTED)
    assert config.lattice.twisted_planes == ((0, 1, 1), (2, 3, 2))
    assert twist_of(config.lattice).n == 3
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["lattice.twist.zt"] == -1
    assert "lattice.twist.xz" not in physics_keys(config)
    assert summary(config)["lattice"].endswith("twist xy = 1, zt = 2")
    assert {"tHooft1979", "GarciaPerez2015"} <= set(used_by(config))
    plain = load_text(changed(TWISTED, "twist = {xy = 1, zt = -1}\n", ""))
    assert twist_of(plain.lattice) is None
    assert not any("twist" in key for key in physics_keys(plain))
    assert "twist" not in resolved_toml(plain).replace("twisted", "")
    assert "tHooft1979" not in used_by(plain)
    assert twist_of(load_text(changed(TWISTED, "{xy = 1, zt = -1}", "{xy = 0}")).lattice) is None


def test_planes_of_two_dimensions():
    text = changed(PURE_GAUGE_2D, 'group = "U(1)"', 'group = "SU(2)"\ntwist = {xt = 1}')
    assert load_text(text).lattice.twisted_planes == ((0, 1, 1),)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("zt = -1", "zt = 3", "lattice.twist.zt"),
        ("zt = -1", "zt = 9", "lattice.twist.zt"),
        ("zt = -1", "tz = 1", "lattice.twist.tz"),
        ("zt = -1", "zt = 0.5", "lattice.twist.zt"),
        ("shape = [4, 4, 4, 4]", "shape = [4, 4, 4]", "lattice.twist.zt"),
        ("SU(3)", "U(1)", "lattice.twist"),
        ('name = "twisted"', 'name = "twisted"\ninitial = "instanton"', "run.initial"),
        ("[observables.flow]", "[observables.pion]\nmass = 0.1", "observables.pion"),
        ("[observables.flow]", "[observables.my_glueballs]", "observables.my_glueballs"),
        ("[observables.flow]", "[observables.polyakov_correlator]", "observables.polyakov_correlator"),
        ("[observables.flow]", '[observables.wilson_loop]\nsmearing = "ape"', "observables.wilson_loop.smearing"),
        ("[observables.flow]", '[observables.flow]\nalong = ["polyakov_correlator"]', "observables.flow.along"),
        ("[observables.flow]", "[smearing.fat]", "smearing"),
        ("[observables.flow]", '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = 0.1', "action.fermion"),
        ("[observables.flow]", '[valence.light]\nkind = "staggered"\nmass = 0.1', "valence.light"),
        ("[observables.flow]", "[update.tempering]\ncouplings = [1.0, 0.0]\nside = 2", "update.tempering"),
        ("[observables.flow]", '[[network.net.layer]]\nloops = ["plaquette"]', "network"),
    ],
)
def test_what_is_refused(old, new, key):
    assert paths(changed(TWISTED, old, new)) == [key]


def test_a_twist_beside_fermions_and_networks_is_refused_once():
    text = changed(SLHMC, 'group = "SU(2)"', 'group = "SU(2)"\ntwist = {xy = 1}')
    assert sorted(paths(text)) == ["action.fermion", "network"]
