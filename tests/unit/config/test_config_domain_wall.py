"""Domain wall fermions in the input file: defaults, rules, guides, what is built."""

import pytest

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.domainwall import DomainWallAction
from lqcdnn.config import load_text
from lqcdnn.errors import InputError
from lqcdnn.jobs.build import build

TEXT = """
[lattice]
shape = [2, 4]
group = "SU(2)"
[run]
name = "x"
trajectories = 1
[action.gauge]
beta = 1.0
[[action.fermion]]
kind = "domain_wall"
flavors = 2
mass = 0.1
M5 = 0.9
L5 = 4
"""
GUIDE = """
[[guide.fermion]]
mass = 0.2
links = "net"
[[network.net.layer]]
loops = ["plaquette"]
initial = 0.05
"""


def test_defaults_are_shamir():
    fermion = load_text(TEXT).action.fermion[0]
    assert (fermion.M5, fermion.L5, fermion.b5, fermion.c5, fermion.rational) == (0.9, 4, 1.0, 0.0, False)
    assert fermion.boundary == (1, -1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("flavors = 2", "flavors = 1", "2 domain_wall flavours"),
        ("flavors = 2", "flavors = 2\nrational = true", "2 domain_wall flavours"),
        ("M5 = 0.9", "M5 = 2.0", "action.fermion.1.M5"),
        ("M5 = 0.9", "", "action.fermion.1.M5"),
        ("L5 = 4", "L5 = 0", "action.fermion.1.L5"),
        ("mass = 0.1", "mass = -0.1", "action.fermion.1.mass"),
        ("shape = [2, 4]", "shape = [2, 3]", "even extents only with domain_wall"),
        ("shape = [2, 4]", "shape = [2, 2, 4]", "d = 2 or d = 4 with domain_wall"),
        ('kind = "domain_wall"', 'kind = "wilson"', "belongs to"),
        ("L5 = 4", "L5 = 4\nkappa = 0.1", "belongs to"),
    ],
)
def test_rules(old, new, message):
    with pytest.raises(InputError, match=message):
        load_text(TEXT.replace(old, new))


def test_guide_inherits_and_keeps_the_fifth_dimension():
    guide = load_text(TEXT + GUIDE).guide.fermion[0]
    assert (guide.mass, guide.M5, guide.L5, guide.links) == (0.2, 0.9, 4, "net")
    with pytest.raises(InputError, match=r"guide\.fermion\.1\.L5"):
        load_text(TEXT + GUIDE.replace("mass = 0.2", "mass = 0.2\nL5 = 6"))


def test_simulation():
    sim = build(load_text(TEXT + GUIDE))
    exact, guide = sim.exact.terms[1], sim.guide.terms[1]
    assert isinstance(exact, DomainWallAction)
    assert isinstance(guide, Composed)
    assert guide.action.field is exact.field
    assert exact.field.phi.shape == (4, sim.lattice.blocks)
    assert (exact.operator.mass, exact.heavy.mass, guide.action.operator.mass) == (0.1, 1.0, 0.2)


def test_mass_preconditioning():
    sim = build(load_text(TEXT.replace("L5 = 4", "L5 = 4\nhasenbusch = [0.3, 0.6]")))
    pieces = [(t.name, t.operator.mass, t.heavy.mass) for t in sim.exact.terms[1:]]
    assert pieces == [("fermion.1.1", 0.1, 0.3), ("fermion.1.2", 0.3, 0.6), ("fermion.1.3", 0.6, 1.0)]
