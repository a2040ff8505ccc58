"""Correlators of gluonic quantities in the input file: defaults, tables with a prefix, what is refused."""

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml
from lqcdnn.report.citations import used_by

PLANE = changed(PURE_GAUGE_2D, "shape = [8, 8]", "shape = [6, 8]")
BOX = changed(changed(PLANE, "[6, 8]", "[6, 4, 4, 8]"), '"U(1)"', '"SU(3)"')
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
[analyze]
fit = ["F = free_energy(polyakov_correlator)", "G = connected(plaquette_correlator)"]
"""


def test_defaults():
    config = load_text(BOX + TABLES)
    assert load_text(resolved_toml(config)) == config
    found = config.observables
    assert (found["polyakov_correlator"].directions, found["polyakov_correlator"].distance) == ("axes", 0.0)
    assert (found["charge_correlator"].separation, found["charge_correlator"].distance) == ("time", None)
    assert (found["far_charge_correlator"].definition, found["far_charge_correlator"].distance) == ("clover", 0.0)
    assert (found["plaquette_correlator"].steps, found["plaquette_correlator"].alpha) == (10, 0.5)
    plane = load_text(PLANE + "[observables.charge_correlator]\n").observables["charge_correlator"]
    assert plane.definition == "geometric"


def test_papers():
    assert {"McLerranSvetitsky1981", "Alexandrou2020", "DiVecchia1981", "BergBilloire1983", "Albanese1987"} <= set(
        used_by(load_text(BOX + TABLES))
    )
    start = changed(BOX, "trajectories = 10", 'trajectories = 10\ninitial = "instanton"')
    assert {"Belavin1975", "tHooft1976"} <= set(used_by(load_text(start)))


@pytest.mark.parametrize(
    ("text", "table", "path", "words"),
    [
        (BOX, "x_polyakov_correlator]\ndistance = 2.5", ".distance", "found 2.5"),
        (BOX, 'polyakov_correlator]\ndirections = "all"\ndistance = 5', ".distance", "found 5"),
        (BOX, 'polyakov_correlator]\ndirections = "diagonal"', ".directions", "found"),
        (BOX, "charge_correlator]\ndistance = 1", ".distance", 'belongs to separation = "distance"'),
        (BOX, 'far_charge_correlator]\nseparation = "distance"\ndistance = 7', ".distance", "found 7"),
        (BOX, 'charge_correlator]\ndefinition = "geometric"', ".definition", '"geometric" in d = 4'),
        (changed(BOX, "[6, 4, 4, 8]", "[6, 4, 8]"), "x_charge_correlator]", "", "no topological charge in d = 3"),
        (PLANE, "plaquette_correlator]", "", "no plaquettes of space in d = 2"),
        (BOX, "plaquette_correlator]\nsteps = 2", ".steps", 'belongs to smearing = "ape"'),
    ],
)
def test_refused(text, table, path, words):
    (problem,) = problems_of(f"{text}[observables.{table}\n")
    assert problem.path == f"observables.{table.partition(']')[0]}{path}"
    assert words in problem.message
