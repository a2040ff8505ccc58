"""Observables in Landau and Coulomb gauge in the input file: defaults, papers, what is refused."""

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml
from lqcdnn.report.references.citations import used_by

BOX = changed(changed(PURE_GAUGE_2D, "shape = [8, 8]", "shape = [6, 6, 6, 8]"), '"U(1)"', '"SU(3)"')
TABLES = """
[observables.gauge_fixing]
[observables.gluon_propagator]
momenta = "cylinder"
copies = 3
[observables.coulomb_gluon_propagator]
gauge = "coulomb"
"""


def test_defaults():
    config = load_text(BOX + TABLES)
    assert load_text(resolved_toml(config)) == config
    one = config.observables["gauge_fixing"]
    assert (one.gauge, one.tolerance, one.steps, one.omega, one.copies) == ("landau", 1e-12, 10000, 1.8, 1)
    near, axes = (config.observables[name] for name in ("gluon_propagator", "coulomb_gluon_propagator"))
    assert (near.momenta, near.width, near.momentum) == ("cylinder", 1.0, 0.0)
    assert (axes.momenta, axes.width, axes.gauge) == ("axes", None, "coulomb")


def test_papers():
    used = set(used_by(load_text(BOX + TABLES)))
    assert {"MandulaOgilvie1987", "MandulaOgilvie1990", "Giusti2001", "Gribov1978", "Leinweber1999"} <= used
    alone = set(used_by(load_text(BOX + "[observables.gauge_fixing]\n")))
    assert "MandulaOgilvie1990" in alone
    assert not {"MandulaOgilvie1987", "Gribov1978", "Leinweber1999"} & alone
    assert "Giusti2001" not in used_by(load_text(BOX))
    quark = '[valence.light]\nkind = "wilson"\nmass = 0.1\n[observables.mesons]\n'
    wall = load_text(BOX + quark + 'source = "wall"\n')
    assert load_text(resolved_toml(wall)) == wall
    assert wall.observables["mesons"].gauge_omega == 1.8
    assert "MandulaOgilvie1990" in used_by(wall)
    assert "MandulaOgilvie1990" not in used_by(load_text(BOX + quark))


@pytest.mark.parametrize(
    ("text", "table", "path", "words"),
    [
        (PURE_GAUGE_2D, 'gluon_propagator]\ngauge = "coulomb"', ".gauge", 'found "coulomb"'),
        (BOX, 'a_gluon_propagator]\ngauge = "axial"', ".gauge", 'found "axial"'),
        (BOX, "gauge_fixing]\nomega = 2", ".omega", "found 2"),
        (BOX, "gauge_fixing]\ntolerance = 0.1", ".tolerance", "found 0.1"),
        (BOX, "ghost_propagator]\nmomenta = [[0, 0, 1]]", ".momenta", "found [0, 0, 1]"),
        (BOX, 'x_ghost_propagator]\ngauge = "coulomb"\nmomenta = [[0, 6, 0]]', ".momenta", "found [0, 6, 0]"),
        (BOX, "ghost_propagator]\nresidual = 0.5", ".residual", "found 0.5"),
        (BOX, "gluon_propagator]\nwidth = 2.0", ".width", 'belongs to momenta = "cylinder"'),
        (changed(BOX, '"SU(3)"', '"SU(3)"\ntime = "open"'), "gauge_fixing]", "", 'lattice.time = "open"'),
        (changed(BOX, '"SU(3)"', '"SU(3)"\ntwist = {xy = 1}'), "gluon_propagator]", "", "with [lattice.twist]"),
    ],
)
def test_refusals(text, table, path, words):
    (problem,) = problems_of(f"{text}\n[observables.{table}\n")
    assert problem.path == f"observables.{table.partition(']')[0]}{path}"
    assert words in problem.message
