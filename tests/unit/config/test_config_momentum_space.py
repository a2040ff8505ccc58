"""Quark propagators and vertices in the input file: defaults, papers, what is refused."""

import math

import pytest
from config_samples import VALENCE, changed, problems_of
from input_head import head

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.rules.momentumspace import mode_pairs, modes
from lqcdnn.report.references.citations import used_by

QUENCHED = head([4, 4, 4, 8], "SU(3)", 6.0, trajectories=2)
LIGHT = '[valence.light]\nkind = "wilson"\nmass = 0.1\n'
BOX = QUENCHED + LIGHT
VERTICES, PROPAGATOR = "[observables.quark_vertices]\n", "[observables.quark_propagator]\n"
SYMMETRIC = VERTICES + 'kinematics = "symmetric"\n'
PERIODIC = "boundary = [1, 1, 1, 1]\n"
ADJOINT = LIGHT + 'representation = "adjoint"\n'
STRAIGHT = f"theta = [{2 * math.pi}, 0.0, 0.0, {48**0.5 * math.pi}]\npairs = [[[0, 0, 0, 0], [-2, 0, 0, 0]]]\n"
NAMED = VERTICES + 'fermion = "light"\n'
SEA = '[[action.fermion]]\nkind = "wilson"\nflavors = 2\nmass = 0.1\n'


def test_defaults():
    config = load_text(BOX + PROPAGATOR + VERTICES)
    assert load_text(resolved_toml(config)) == config
    one, both = (config.observables[name] for name in ("quark_propagator", "quark_vertices"))
    assert (one.mass, one.boundary, one.momenta, one.tolerance) == (0.1, (1, 1, 1, -1), None, 1e-10)
    assert (one.gauge_tolerance, one.gauge_steps, one.gauge_omega, one.gauge_copies) == (1e-12, 10000, 1.8, 1)
    assert (both.kinematics, both.momenta, both.pairs) == ("exceptional", None, None)
    symmetric = load_text(BOX + SYMMETRIC + PERIODIC + "pairs = [[[1, 1, 0, 0], [0, 1, 1, 0]]]\n")
    assert load_text(resolved_toml(symmetric)) == symmetric
    assert symmetric.observables["quark_vertices"].pairs == (((1, 1, 0, 0), (0, 1, 1, 0)),)


def test_usual_momenta():
    """Along the diagonal up to a right angle for each step, and at 60 degrees in the first three directions."""
    assert modes(None, (8, 8, 8, 16)) == ((1, 1, 1, 2), (2, 2, 2, 4))
    assert modes(None, (2, 4)) == ((1, 2),)
    assert mode_pairs(None, (8, 8, 8, 6)) == (((1, 1, 0, 0), (0, 1, 1, 0)), ((2, 2, 0, 0), (0, 2, 2, 0)))
    assert mode_pairs(None, (8, 8)) == mode_pairs(None, (8, 4, 8, 8)) == ()


def test_papers():
    every = {"Martinelli1995", "Goeckeler1999", "Sturm2009", "MandulaOgilvie1990", "Gribov1978"}
    assert every & set(used_by(load_text(BOX + PROPAGATOR))) == every - {"Sturm2009", "Gribov1978"}
    assert every <= set(used_by(load_text(BOX + SYMMETRIC + PERIODIC + "gauge_copies = 2\n")))
    assert not every & set(used_by(load_text(BOX)))
    fit = '[analyze]\nfit = ["Z = msbar(quark_vertex_scalar, 2.1GeV, 0.24GeV, 0)"]\n'
    factors, symmetric = {"ChetyrkinRetey2000", "Gracey2003"}, {"AlmeidaSturm2010", "GorbahnJaeger2010"}
    assert (factors | symmetric) & set(used_by(load_text(BOX + VERTICES + fit))) == factors
    assert factors | symmetric <= set(used_by(load_text(BOX + SYMMETRIC + PERIODIC + fit)))


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (QUENCHED + VERTICES + "mass = 0.1\n", "", "staggered"),
        (VALENCE.replace("[observables", "[nothing").partition("[nothing")[0] + PROPAGATOR, "", "staggered"),
        (QUENCHED + ADJOINT + VERTICES, "", "adjoint quarks"),
        (BOX + "anisotropy = 2.0\n" + VERTICES, "", "anisotropy"),
        (changed(BOX, '"SU(3)"', '"SU(3)"\ntime = "open"') + VERTICES, "", 'lattice.time = "open"'),
        (changed(QUENCHED, '"SU(3)"', '"SU(3)"\ntwist = {xy = 1}') + ADJOINT + VERTICES, "", "[lattice.twist]"),
        (changed(BOX, "beta = 6.0", "beta = 6.0\nanisotropy = 2.0") + VERTICES, "", "anisotrop"),
        (BOX + "[action.theta]\nimaginary = 1.0\n" + VERTICES, "", "reflections"),
        (QUENCHED + SEA + "theta = [0.0, 0.0, 0.0, 0.5]\n" + VERTICES, "", "quarks are not as antiquarks"),
        (changed(QUENCHED, "SU(3)", "SU(2)") + SEA + "chemical_potential = 0.1\n" + LIGHT + NAMED, "", "as antiquarks"),
        (QUENCHED + SEA + "magnetic_flux = [0, 0, 1]\n" + LIGHT + NAMED, "", "in a field"),
        (QUENCHED + LIGHT + "magnetic_flux = [0, 0, 1]\n" + VERTICES, "", "found with quarks in a field"),
        (QUENCHED + LIGHT + "twisted_mass = 0.1\n" + VERTICES, "", "twisted_mass"),
        (BOX + VERTICES + "momenta = [[1, 0, 0]]\n", "momenta", "4 numbers"),
        (BOX + VERTICES + PERIODIC + "momenta = [[2, 0, 0, 4]]\n", "momenta", "sin p_mu"),
        (BOX + SYMMETRIC, "pairs", "missing: p1^2, p2^2, (p1 - p2)^2 are"),
        (BOX + SYMMETRIC + PERIODIC + "pairs = [[[1, 0, 0, 0], [0, 1, 0, 0]]]\n", "pairs", "found [[1, 0, 0, 0]"),
        (BOX + SYMMETRIC + PERIODIC + STRAIGHT, "pairs", "pairs with a sin (p1"),
        (BOX + VERTICES + "pairs = [[[1, 0, 0, 0], [0, 1, 0, 0]]]\n", "pairs", 'belongs to kinematics = "symmetric"'),
        (changed(BOX, "[4, 4,", "[4, 6,") + SYMMETRIC + PERIODIC, "pairs", "no usual ones"),
        (BOX + VERTICES + "gauge_omega = 2.5\n", "gauge_omega", "found 2.5"),
    ],
)
def test_refusals(text, key, words):
    (problem,) = problems_of(text)
    table = "quark_propagator" if PROPAGATOR in text else "quark_vertices"
    assert problem.path == f"observables.{table}" + (f".{key}" if key else "")
    assert words in f"{problem.message} {problem.allowed}"


def test_refused_outside_an_input_too():
    quarks = {"light": load_text(QUENCHED + ADJOINT).valence["light"]}
    with pytest.raises(InvalidInputError, match="adjoint"):
        observable("quark_vertices", {"fermion": "light"}, 4, quarks)


def test_phases_of_valence_quarks_move_the_momenta():
    """At rest all sin p_mu are 0, with angles at the boundary they are not."""
    at_rest = BOX + PROPAGATOR + PERIODIC + "momenta = [[0, 0, 0, 0]]\n"
    (problem,) = problems_of(at_rest)
    assert "sin p_mu" in f"{problem.message} {problem.allowed}"
    moved = load_text(at_rest + "theta = [0.3, 0.0, 0.0, 0.1]\n").observables
    assert moved["quark_propagator"].momenta == ((0, 0, 0, 0),)
