"""The Schroedinger functional in the input: what is kept, what is refused, what is said of it."""

from __future__ import annotations

from math import pi

import pytest
from config_samples import SLHMC, changed, problems_of
from input_head import head

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.lattice.opentime import lattice_from
from lqcdnn.report.references.citations import used_by

FIXED = head(
    [4, 4, 4, 5], "SU(3)", 7.0, lattice='time = "schroedinger"\nschroedinger = {fields = "A"}\n', name="fixed",
    trajectories=10
) + """\
[observables.schroedinger]
"""
FERMION = '[[action.fermion]]\nkind = "{}"\nflavors = {}\nmass = 0.1\n'
FIELDS = 'schroedinger = {fields = "A"}'


def paths(text):
    return [problem.path for problem in problems_of(text)]


def test_what_is_kept_and_said():
    config = load_text(changed(FIXED, "beta = 7.0", 'beta = 7.0\nct = "two_loop"'))
    assert load_text(resolved_toml(config)) == config
    keys = physics_keys(config)
    assert (keys["lattice.time"], keys["lattice.schroedinger.fields"]) == ("schroedinger", "A")
    assert keys["action.gauge.ct"] == "two_loop"
    assert config.observables["schroedinger"].beta == 7.0
    assert config.observables["schroedinger"].ct == "two_loop"
    assert "Schroedinger functional, fields A" in summary(config)["lattice"]
    assert "c_t two_loop" in summary(config)["action"]
    assert {"LuscherNarayananWeiszWolff1992", "LuscherSommerWeiszWolff1994"} <= set(used_by(config))
    assert "BodeWolffWeisz1999" in used_by(config)
    assert lattice_from(config.lattice).fixed.lower == (-pi / 3, 0.0, pi / 3)


@pytest.mark.parametrize(
    "new",
    [
        "[observables.flow]\nslices = true\nmargin = 1",
        '[observables.wilson_loop]\ntime = 4\n[observables.rectangle]\n[update]\nkind = "heatbath"',
        '[observables.polyakov]\n[observables.topological_charge]\n[guide.gauge]\nbeta = 6.9\nct = 0.9',
        '[flow.smooth]\ntime = 1.0\n[observables.energy]\nlinks = "smooth"\nmargin = 2',
    ],
)
def test_what_goes_together(new):
    load_text(changed(FIXED, "[observables.schroedinger]", new))


@pytest.mark.parametrize(
    ("fields", "lower", "upper"),
    [
        ('{fields = "zero"}', (0.0,) * 3, (0.0,) * 3),
        ('{fields = "A", eta = 0.1, nu = 0.5}', (0.1 - pi / 3, 0.0, pi / 3 - 0.1), None),
        ('{fields = "angles", lower = [0.1, 0.2, -0.3], upper = [1, 0, -1]}', (0.1, 0.2, -0.3), (1.0, 0.0, -1.0)),
    ],
)
def test_boundary_fields(fields, lower, upper):
    text = changed(changed(FIXED, FIELDS, f"schroedinger = {fields}"), "[observables.schroedinger]", "")
    found = lattice_from(load_text(text).lattice).fixed
    assert found.lower == pytest.approx(lower, abs=1e-15)
    assert upper is None or found.upper == upper


@pytest.mark.parametrize(
    ("new", "key"),
    [
        ("[observables.flow]\nmargin = 3", "observables.flow.margin"),
        ('[observables.flow]\nkind = "zeuthen"', "observables.flow.kind"),
        ('[flow.smooth]\ntime = 1.0\nkind = "zeuthen"', "flow.smooth.kind"),
        ('[observables.flow]\nalong = ["charge_correlator"]', "observables.flow.along"),
        ("[observables.wilson_loop]\ntime = 5", "observables.wilson_loop.time"),
        ('[observables.wilson_loop]\nsmearing = "ape"', "observables.wilson_loop.smearing"),
        ("[observables.polyakov_correlator]", "observables.polyakov_correlator"),
        ("[observables.charge_correlator]", "observables.charge_correlator"),
        ("[observables.histogram]", "observables.histogram"),
        ("[smearing.fat]", "smearing"),
        ("[update.tempering]\ncouplings = [1.0, 0.0]\nside = 2", "update.tempering"),
        ("[update.evolution]\nsteps = 2\nbetween = 2\nstart_beta = 5.0", "update.evolution"),
        ('[[action.gauge.term]]\nloops = "chair"\ncoefficient = 0.1', "action.gauge.term"),
        ('[guide.surrogate]\nweights = "psi.h5"', "guide.surrogate"),
        ("[observables.schroedinger]\nbeta = 6.0", "observables.schroedinger.beta"),
        ("[observables.schroedinger]\nct = 0.9", "observables.schroedinger.ct"),
        ('[flow.low]\ntime = 1.0\n[observables.my_schroedinger]\nlinks = "low"', "observables.my_schroedinger.links"),
    ],
)
def test_what_is_refused(new, key):
    assert paths(changed(FIXED, "[observables.schroedinger]", new)) == [key]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (FIELDS, "", "lattice.schroedinger"),
        ("[4, 4, 4, 5]", "[4, 4, 4, 2]", "lattice.shape"),
        (FIELDS, 'schroedinger = {fields = "B"}', "lattice.schroedinger.fields"),
        (FIELDS, 'schroedinger = {fields = "A", lower = [0, 0, 0]}', "lattice.schroedinger.lower"),
        (FIELDS, 'schroedinger = {fields = "A", eta = 11}', "lattice.schroedinger.eta"),
        (FIELDS, 'schroedinger = {fields = "zero"}', "observables.schroedinger"),
        ("beta = 7.0", 'beta = 7.0\nkind = "iwasaki"', "action.gauge.kind"),
        ("beta = 7.0", "beta = 7.0\nct = -1", "action.gauge.ct"),
        ("beta = 7.0", 'beta = 0.5\nct = "one_loop"', "action.gauge.ct"),
        ('name = "fixed"', 'name = "fixed"\ninitial = "instanton"', "run.initial"),
    ],
)
def test_tables_and_keys_that_are_refused(old, new, key):
    found = paths(changed(FIXED, old, new))
    assert found[:1] == [key]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("angles", "key"),
    [
        ("lower = [0.1, -0.1], upper = [0, 0, 0]", "lattice.schroedinger.lower"),
        ("lower = [0, 0, 0], upper = [0.1, 0, 0]", "lattice.schroedinger.upper"),
        ("lower = [0, 0, 0]", "lattice.schroedinger.upper"),
        ("lower = [0, 0, 0], upper = [0, 0, 0], upper_slope = [1, 0, 0]", "lattice.schroedinger.upper_slope"),
    ],
)
def test_angles_that_are_refused(angles, key):
    text = changed(FIXED, FIELDS, f'schroedinger = {{fields = "angles", {angles}}}')
    assert paths(changed(text, "[observables.schroedinger]", "")) == [key]


def test_other_groups_and_lattices():
    four = changed(FIXED, "SU(3)", "SU(4)")
    assert paths(four) == ["lattice.schroedinger.fields"]
    named = changed(changed(four, FIELDS, 'schroedinger = {fields = "zero"}'), "[observables.schroedinger]", "")
    load_text(named)
    assert paths(changed(named, "beta = 7.0", 'beta = 7.0\nct = "one_loop"')) == ["action.gauge.ct"]
    two = changed(changed(FIXED, "SU(3)", "SU(2)"), '"A"', '"A", nu = 0.1')
    assert paths(two) == ["lattice.schroedinger.nu"]
    torus = changed(changed(FIXED, 'time = "schroedinger"\n', ""), FIELDS, "")
    assert paths(torus) == ["observables.schroedinger"]
    open_time = changed(changed(FIXED, '"schroedinger"', '"open"'), "[observables.schroedinger]", "")
    assert paths(open_time) == ["lattice.schroedinger"]
    plain = changed(changed(torus, "[observables.schroedinger]", ""), "beta = 7.0", "beta = 7.0\nct = 0.9")
    assert paths(plain) == ["action.gauge.ct"]


def test_a_twist_is_refused():
    text = changed(FIXED, "[observables.schroedinger]", "")
    assert paths(changed(text, FIELDS, FIELDS + "\ntwist = {xy = 1}")) == ["lattice.twist"]


QUARK = FERMION.format("wilson", 2) + "csw = 1.5\nct_tilde = 0.98\ntheta = [0.5, 0.5, 0.5, 0]\n"
PLAIN = changed(FIXED, "[observables.schroedinger]", QUARK)


@pytest.mark.parametrize(
    "more",
    [
        "hasenbusch = [0.4]",
        "hasenbusch_twisted_mass = [0.4]",
        'rational = true\nspectrum = [1e-3, 10.0]\nsolver = "mixed"',
        "[guide.gauge]\nbeta = 6.9\n[[guide.fermion]]\nmass = 0.2\nct_tilde = 1.0",
        '[valence.heavy]\nkind = "wilson"\nmass = 0.3',
    ],
)
def test_quarks_that_go_together(more):
    config = load_text(PLAIN + more)
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["action.fermion.1.ct_tilde"] == 0.98
    assert "ct_tilde 0.98" in summary(config)["action"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("csw = 1.5", "r = 0.5", "action.fermion.1.r"),
        ("csw = 1.5", "csw = 1.5\ncsw_time = 1.4", "action.fermion.1.csw_time"),
        ("csw = 1.5", "twisted_mass = 0.1", "action.fermion.1.twisted_mass"),
        ("csw = 1.5", "anisotropy = 2.0", "action.fermion.1.anisotropy"),
        ("csw = 1.5", "magnetic_flux = [0, 0, 1]", "action.fermion.1.magnetic_flux"),
        ("csw = 1.5", 'representation = "adjoint"', "action.fermion.1.representation"),
        ("0.5, 0]", "0.5, 0.1]", "action.fermion.1.theta"),
        ("0.5, 0]", "0.5]", "action.fermion.1.theta"),
        ("beta = 7.0", 'beta = 7.0\nct = "two_loop"', "action.gauge.ct"),
        ("[4, 4, 4, 5]", "[4, 4, 3, 6]", "lattice.shape"),
    ],
)
def test_what_quarks_may_not_have(old, new, key):
    found = paths(changed(PLAIN, old, new))
    assert key in found
    assert len(found) == 1 or key in ("action.fermion.1.magnetic_flux", "action.fermion.1.anisotropy")


def test_angles_in_time_of_correlators_are_refused():
    table = "\n[observables.schroedinger_correlators]\ntheta = [0, 0, 0, {}]\n"
    load_text(PLAIN + table.format(0))
    assert paths(PLAIN + table.format(0.1)) == ["observables.schroedinger_correlators.theta"]
    assert paths(changed(PLAIN, "0.5, 0]", "0.5, 0.1]") + table.partition("theta")[0]) == ["action.fermion.1.theta"]


@pytest.mark.parametrize(
    ("csw", "chosen", "allowed"),
    [
        *((1.5, '"1"', True), (1.5, "", False), (1.5, '"q"', False), (1.5, '"1", "q"', False)),
        *((0, "", True), (0, '"q"', False)),
    ],
)
def test_quarks_of_the_coupling_are_those_of_the_action(csw, chosen, allowed):
    """Without them, or with others, what has the mean 1/g^2 of the links would be another number."""
    valence = '[valence.q]\nkind = "wilson"\nmass = 0.3\ncsw = 1.0\n'
    text = changed(PLAIN, "csw = 1.5", f"csw = {csw}") + valence + f"[observables.schroedinger]\nquarks = [{chosen}]\n"
    if allowed:
        load_text(text)
    else:
        assert paths(text) == ["observables.schroedinger.quarks"]


@pytest.mark.parametrize("kind", ["staggered", "domain_wall", "overlap"])
def test_other_quarks_are_refused(kind):
    more = "L5 = 8\nM5 = 1.8\n" if kind == "domain_wall" else ""
    valence = f'[valence.q]\nkind = "{kind}"\nmass = 0.1\n' + more
    assert paths(changed(FIXED, "[observables.schroedinger]", valence)) == ["valence.q.kind"]
    if kind != "overlap":
        action = FERMION.format(kind, 4 if kind == "staggered" else 2) + more
        assert paths(changed(FIXED, "[observables.schroedinger]", action)) == ["action.fermion.1.kind"]


def test_ct_tilde_is_of_fixed_links():
    torus = changed(changed(PLAIN, 'time = "schroedinger"\n', ""), FIELDS, "")
    assert paths(changed(torus, "[4, 4, 4, 5]", "[4, 4, 4, 6]")) == ["action.fermion.1.ct_tilde"]


def test_networks_are_refused_once():
    text = changed(SLHMC, 'group = "SU(2)"', 'group = "SU(2)"\ntime = "schroedinger"\n' + FIELDS)
    assert "network" in paths(text)
