"""Correlators of gluonic quantities in the input file: defaults, tables with a prefix, what is refused."""

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml
from lqcdnn.report.references.citations import used_by

PLANE = changed(PURE_GAUGE_2D, "shape = [8, 8]", "shape = [6, 8]")
BOX = changed(changed(PLANE, "[6, 8]", "[6, 6, 6, 8]"), '"U(1)"', '"SU(3)"')
TABLES = """
[observables.polyakov_correlator]
[observables.all_polyakov_correlator]
directions = "all"
distance = 4.1
[observables.charge_correlator]
definition = "improved"
[observables.far_charge_correlator]
separation = "distance"
[observables.plaquette_correlator]
smearing = "ape"
[observables.glueballs]
channels = ["A1++", "T2++", "A1-+"]
loops = ["plaquette", [1, 2, 3, -1, -2, -3], [1, 1, 2, 3, -1, -2, -1, -3]]
[analyze]
fit = ["E = gevp(glueball_a1pp, 1)", "F = free_energy(polyakov_correlator)", "G = connected(plaquette_correlator)"]
"""


def test_defaults():
    config = load_text(BOX + TABLES)
    assert load_text(resolved_toml(config)) == config
    found = config.observables
    assert (found["polyakov_correlator"].directions, found["polyakov_correlator"].distance) == ("axes", 0.0)
    assert (found["charge_correlator"].separation, found["charge_correlator"].distance) == ("time", None)
    assert (found["far_charge_correlator"].definition, found["far_charge_correlator"].distance) == ("clover", 0.0)
    assert (found["plaquette_correlator"].steps, found["plaquette_correlator"].alpha) == (10, 0.5)
    glueballs = found["glueballs"]
    assert (glueballs.loops[2], glueballs.steps, glueballs.alpha) == ((1, 1, 2, 3, -1, -2, -1, -3), (2, 6), 0.3)
    cube = load_text(changed(BOX, "[6, 6, 6, 8]", "[6, 6, 8]") + "[observables.glueballs]\n").observables["glueballs"]
    assert (cube.channels, cube.loops) == (("A1+", "B1+"), ("plaquette", "rectangle"))
    usual = load_text(BOX + "[observables.glueballs]\n").observables["glueballs"]
    assert (usual.channels, usual.loops) == (("A1++", "E++", "T2++"), ("plaquette", "rectangle", "chair"))
    plane = load_text(PLANE + "[observables.charge_correlator]\n").observables["charge_correlator"]
    assert plane.definition == "geometric"


def test_papers():
    used = set(used_by(load_text(BOX + TABLES)))
    assert {"McLerranSvetitsky1981", "Alexandrou2020", "DiVecchia1981"} <= used
    assert {"BergBilloire1983", "Albanese1987", "Michael1983"} <= used
    fit = BOX + '[observables.glueballs]\n[analyze]\nfit = ["E = gevp_cosh(glueball_a1pp, 0, 1, 2)"]\n'
    assert {"LuscherWolff1990", "Blossier2009"} <= set(used_by(load_text(fit)))
    assert "Blossier2009" not in used_by(load_text(PLANE))
    start = changed(BOX, "trajectories = 10", 'trajectories = 10\ninitial = "instanton"')
    assert {"Belavin1975", "tHooft1976"} <= set(used_by(load_text(start)))


@pytest.mark.parametrize(
    ("text", "table", "path", "words"),
    [
        (BOX, "x_polyakov_correlator]\ndistance = 3.5", ".distance", "found 3.5"),
        (BOX, 'polyakov_correlator]\ndirections = "all"\ndistance = 6', ".distance", "found 6"),
        (BOX, 'polyakov_correlator]\ndirections = "diagonal"', ".directions", "found"),
        (BOX, "charge_correlator]\ndistance = 1", ".distance", 'belongs to separation = "distance"'),
        (BOX, 'far_charge_correlator]\nseparation = "distance"\ndistance = 8', ".distance", "found 8"),
        (BOX, 'charge_correlator]\ndefinition = "geometric"', ".definition", '"geometric" in d = 4'),
        (changed(BOX, "[6, 6, 6, 8]", "[6, 4, 8]"), "x_charge_correlator]", "", "no topological charge in d = 3"),
        (PLANE, "glueballs]", "", "no loops of space in d = 2"),
        (BOX, 'x_glueballs]\nchannels = ["A1+"]', ".channels", '"A1+" in d = 4'),
        (BOX, "glueballs]\nloops = [[1, 2, -1]]", ".loops", "found [[1, 2, -1]]"),
        (BOX, "glueballs]\nloops = [[1, 2, 4, -1, -2, -4]]", ".loops", "axes are 1, 2, 4"),
        (changed(BOX, "[6, 6, 6, 8]", "[6, 4, 6, 8]"), "glueballs]", "", "on the lattice [6, 4, 6, 8]"),
        (PLANE, "plaquette_correlator]", "", "no plaquettes of space in d = 2"),
        (BOX, "plaquette_correlator]\nsteps = 2", ".steps", 'belongs to smearing = "ape"'),
        (changed(PLANE, "U(1)", "SU(2)"), 'x_flow]\nalong = ["topological_charge"]', ".along", "for SU(2) in d = 2"),
        (changed(BOX, "6, 6, 6, 8", "6, 4, 8"), 'flow]\nalong = ["polyakov", "charge_correlator"]', ".along", "d = 3"),
        (PLANE, 'flow]\nalong = ["topological_charge", "plaquette_correlator"]', ".along", '"plaquette_correlator"'),
        (PLANE, 'flow]\nalong = ["monopoles"]', ".along", "in d = 2, which has no cubes"),
        (BOX, 'flow]\nalong = ["monopoles"]', ".along", "with SU(3), whose links are not diagonal"),
    ],
)
def test_refused(text, table, path, words):
    (problem,) = problems_of(f"{text}[observables.{table}\n")
    assert problem.path == f"observables.{table.partition(']')[0]}{path}"
    assert words in problem.message


CUBE = changed(changed(PLANE, "[6, 8]", "[6, 6, 8]"), '"U(1)"', '"SU(2)"')


def test_multilevel():
    config = load_text(CUBE + "[observables.polyakov_multilevel]\n")
    assert load_text(resolved_toml(config)) == config
    found = config.observables["polyakov_multilevel"]
    assert (found.beta, found.slab, found.updates, found.overrelaxation, found.distance) == (2.0, 2, 100, 1, 0)
    assert {"LuscherWeisz2001", "McLerranSvetitsky1981"} <= set(used_by(config))
    nested = load_text(CUBE + "[observables.x_polyakov_multilevel]\nslab = [4, 2]\nupdates = [3, 10]\n")
    assert load_text(resolved_toml(nested)) == nested
    assert nested.observables["x_polyakov_multilevel"].updates == (3, 10)


FERMION = '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = 0.1\n'


@pytest.mark.parametrize(
    ("text", "table", "path", "words"),
    [
        (CUBE, "slab = 3", ".slab", "divisors of 8, the extent of time"),
        (CUBE, "slab = [2, 4]\nupdates = [1, 1]", ".slab", "each one that divides the one before"),
        (CUBE, "slab = [4, 2]", ".updates", "2 numbers, one for each thickness"),
        (CUBE, "slab = 0", ".slab", "an integer from 1"),
        (CUBE, "distance = 4", ".distance", "at most 3, half the smallest extent of space"),
        (CUBE, "beta = 2.5", ".beta", "2.0, the action.gauge.beta of the links"),
        (changed(CUBE, "beta = 2.0", 'beta = 2.0\nkind = "iwasaki"'), "", "", "rectangles reach across slabs"),
        (
            changed(CUBE, "beta = 2.0", 'beta = 2.0\nterm = [{loops = "chair", coefficient = 0.1}]'),
            "",
            "",
            "loops may reach across slabs",
        ),
        (CUBE + FERMION, "", "", "which couple all slabs"),
        (f"{CUBE}[flow.smooth]\ntime = 1.0\n", 'links = "smooth"', ".links", "not distributed by the action"),
    ],
)
def test_multilevel_refused(text, table, path, words):
    (problem,) = problems_of(f"{text}[observables.a_polyakov_multilevel]\n{table}\n")
    assert problem.path == f"observables.a_polyakov_multilevel{path}"
    assert words in str(problem)
