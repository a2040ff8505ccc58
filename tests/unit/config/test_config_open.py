"""Open time in the input: what is kept, what is refused, what is said of it."""

from __future__ import annotations

import pytest
from config_samples import SLHMC, changed, problems_of
from input_head import head

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

OPEN = head([4, 4, 4, 8], "SU(3)", 5.7, lattice='time = "open"\n', name="ended", trajectories=10) + """\
[observables.flow]
"""
FERMION = '[[action.fermion]]\nkind = "{}"\nflavors = {}\nmass = 0.1\n'


def paths(text):
    return [problem.path for problem in problems_of(text)]


def test_what_is_kept_and_said():
    config = load_text(OPEN)
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["lattice.time"] == "open"
    assert summary(config)["lattice"].endswith("open in time")
    assert {"LuscherSchaefer2011", "LuscherSchaefer2013"} <= set(used_by(config))
    plain = load_text(changed(OPEN, 'time = "open"\n', ""))
    assert plain.lattice.time == "periodic"
    assert "LuscherSchaefer2011" not in used_by(plain)
    assert "open" not in summary(plain)["lattice"]


@pytest.mark.parametrize(
    "new",
    [
        "[observables.flow]\nslices = true\nmargin = 3",
        "[observables.wilson_loop]\ntime = 7",
        '[observables.polyakov]\n[observables.rectangle]\n[update]\nkind = "heatbath"',
        FERMION.format("wilson", 2) + '[observables.condensate]\nmethod = "noise"\n[observables.eigenvalues]',
        FERMION.format("staggered", 4) + '[valence.light]\nkind = "staggered"\nmass = 0.02\n',
        '[flow.smooth]\ntime = 1.0\n[observables.energy]\nlinks = "smooth"\nmargin = 2',
    ],
)
def test_what_goes_together(new):
    load_text(changed(OPEN, "[observables.flow]", new))


def test_self_learning_goes_together():
    config = load_text(changed(SLHMC, 'group = "SU(2)"', 'group = "SU(2)"\ntime = "open"'))
    assert config.lattice.time == "open"


@pytest.mark.parametrize(
    ("new", "key"),
    [
        ("[observables.flow]\nmargin = 4", "observables.flow.margin"),
        ('[observables.flow]\nkind = "zeuthen"', "observables.flow.kind"),
        ('[observables.flow]\nalong = ["charge_correlator"]', "observables.flow.along"),
        ('[flow.smooth]\ntime = 1.0\nkind = "zeuthen"', "flow.smooth.kind"),
        ("[observables.wilson_loop]\ntime = 8", "observables.wilson_loop.time"),
        ("[observables.my_topological_charge]\ndefinition = \"5li\"", "observables.my_topological_charge.definition"),
        ("[observables.polyakov_correlator]", "observables.polyakov_correlator"),
        ("[observables.charge_correlator]", "observables.charge_correlator"),
        ("[observables.histogram]", "observables.histogram"),
        ("[observables.glueballs]", "observables.glueballs"),
        (FERMION.format("wilson", 2) + "[observables.mesons]", "observables.mesons"),
        (FERMION.format("staggered", 4) + "[observables.pion]", "observables.pion"),
        (FERMION.format("wilson", 2) + "csw = 1.0", "action.fermion.1.csw"),
        (FERMION.format("wilson", 2) + "csw = 1.0\n[[guide.fermion]]\nmass = 0.2", "action.fermion.1.csw"),
        (FERMION.format("domain_wall", 2) + "L5 = 4\nM5 = 1.8", "action.fermion.1.kind"),
        (FERMION.format("staggered", 4) + 'improvement = "hisq"', "action.fermion.1.improvement"),
        ('[valence.heavy]\nkind = "wilson"\nmass = 0.3\ncsw = 1.0', "valence.heavy.csw"),
        ("[smearing.fat]", "smearing"),
        ("[update.tempering]\ncouplings = [1.0, 0.0]\nside = 2", "update.tempering"),
        ("[update.evolution]\nsteps = 2\nbetween = 2\nstart_beta = 5.0", "update.evolution"),
        ('[[action.gauge.term]]\nloops = "chair"\ncoefficient = 0.1', "action.gauge.term"),
        (FERMION.format("staggered", 4) + '[guide.surrogate]\nweights = "psi.h5"', "guide.surrogate"),
        ('[valence.exact]\nkind = "overlap"\nmass = 0.1', "valence.exact.kind"),
    ],
)
def test_what_is_refused(new, key):
    assert paths(changed(OPEN, "[observables.flow]", new)) == [key]


def test_a_field_transformation_is_refused():
    text = changed(OPEN, "[observables.flow]", '[update]\ntransformation = "map"\n[network.map]\nmasked = true\n'
                   '[[network.map.layer]]\nloops = ["plaquette"]\ninitial = 0.0')  # fmt: skip
    assert paths(text) == ["network.map.masked"]


def test_twist_and_margin():
    assert paths(changed(OPEN, 'time = "open"', 'time = "open"\ntwist = {xy = 1}')) == ["lattice.twist"]
    assert paths(changed(OPEN, 'time = "open"', 'time = "closed"')) == ["lattice.time"]
    text = changed(changed(OPEN, 'time = "open"\n', ""), "[observables.flow]", "[observables.flow]\nmargin = 1")
    assert paths(text) == ["observables.flow.margin"]
    plane = changed(changed(OPEN, "[4, 4, 4, 8]", "[8, 8]"), "SU(3)", "U(1)")
    charge = "[observables.topological_charge]\nmargin = {}"
    load_text(changed(plane, "[observables.flow]", charge.format(3)))
    assert paths(changed(plane, "[observables.flow]", charge.format(4))) == ["observables.topological_charge.margin"]
