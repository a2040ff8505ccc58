"""Domain wall fermions in the input file: defaults, rules, guides, what is built."""

import pytest
from input_head import head

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.domainwall import DomainWallAction
from lqcdnn.actions.rational_ratio import RationalRatioAction
from lqcdnn.config import load_text
from lqcdnn.config.rules.walls import spectrum_bounds
from lqcdnn.errors import InputError
from lqcdnn.jobs.build import build
from lqcdnn.report.references.citations import used_by

TEXT = head([2, 4], "SU(2)", 1.0) + """\
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
        ("flavors = 2", "flavors = 1\nrational = false", "2 domain_wall flavours in d = 2, or rational = true"),
        ("flavors = 2", "flavors = 5\npseudofermions = 2", r"pseudofermions: found 2; allowed: at least 3"),
        ("flavors = 2", "flavors = 1\nhasenbusch = [0.3]", "hasenbusch: found with rational = true"),
        ("flavors = 2", "flavors = 1\nstart_vectors = 3", "shifted systems of a rational approximation"),
        ("flavors = 2", "flavors = 1\nsolver = \"bicgstab\"", '"cg" or "mixed"'),
        ("flavors = 2", "flavors = 1\nspectrum = [3.0, 1.0]", "the lower bound first"),
        ("flavors = 2", "flavors = 1\nspectrum = [1.0, 1.000000000000001]", "upper bound above 1"),
        ("flavors = 2", "flavors = 1\nspectrum = [1e-30, 1.0]", r"spectrum: found \[1e-30, 1.0\]: more than 60 poles"),
        ("flavors = 2\nmass = 0.1", "flavors = 1\nmass = 0.0", "a mass above 0 with rational = true"),
        ("flavors = 2\nmass = 0.1", "flavors = 1\nmass = 1e-9", "mass: found 1e-9: more than 60 poles"),
        ("flavors = 2\nmass = 0.1", "flavors = 1\nmass = 2.5", "mass: found 2.5; allowed: below 2.1 with rational"),
        ("L5 = 4", "L5 = 5\nrational = true", "L5: found 5 with rational = true; allowed: an even number"),
        ("L5 = 4", "L5 = 4\nrational = true\nc5 = 3.0", r"c5: found 3.0 with rational = true; allowed: below 2\.81"),
        ("L5 = 4", "L5 = 60\nc5 = 1e6", r"c5: found 1000000.0 with L5 = 60; allowed: at most 3\.222.*: rounding"),
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


ONE = TEXT.replace("flavors = 2", "flavors = 1")


def test_one_flavour_is_rational_over_pauli_villars():
    text = ONE + GUIDE + "[[action.fermion]]\nkind = \"domain_wall\"\nflavors = 3\nmass = 0.4\nM5 = 0.9\nL5 = 4\n"
    sim = build(load_text(text + "[[guide.fermion]]\n"))
    one, three = sim.exact.terms[1:]
    assert isinstance(one, RationalRatioAction)
    assert (one.powers.metropolis.power, one.heavy_powers.metropolis.power, len(one.fields)) == (-0.5, 0.25, 1)
    assert (three.powers.metropolis.power, three.heavy_powers.metropolis.power, len(three.fields)) == (-0.75, 0.375, 2)
    assert (one.operator.operator.mass, one.heavy.operator.mass, three.name) == (0.1, 1.0, "fermion.2")
    assert one.powers.bounds == spectrum_bounds(2, 0.1, 0.9, 4, 1.0, 0.0)
    assert one.heavy_powers.bounds == spectrum_bounds(2, 1.0, 0.9, 4, 1.0, 0.0)
    guide = sim.guide.terms[1].action
    assert guide.fields == one.fields
    assert (guide.operator.operator.mass, guide.powers.bounds) == (0.2, spectrum_bounds(2, 0.2, 0.9, 4, 1.0, 0.0))


def test_spectrum_of_one_flavour_may_be_given():
    given = ONE.replace("L5 = 4", "L5 = 4\nspectrum = [0.001, 30.0]")
    (term,) = build(load_text(given)).exact.terms[1:]
    assert (term.powers.bounds, term.heavy_powers.bounds) == ((0.001, 30.0), spectrum_bounds(2, 1.0, 0.9, 4, 1.0, 0.0))
    heavy = given.replace("mass = 0.1", "mass = 2.5")
    assert load_text(heavy).action.fermion[0].spectrum == (0.001, 30.0)


def test_papers_of_one_flavour():
    powers = {"ClarkKennedy2007", "Jegerlehner1996", "AlltonEtAl2007"}
    assert powers <= set(used_by(load_text(ONE)))
    assert not powers & set(used_by(load_text(TEXT)))


def test_guides_of_one_flavour():
    guide = load_text(ONE + GUIDE.replace("mass = 0.2", "mass = 0.2\nb5 = 1.5\nc5 = 0.5")).guide.fermion[0]
    assert (guide.b5, guide.rational, guide.flavors) == (1.5, True, 1)
    for change, message in (("flavors = 2", "flavors"), ("rational = false", "rational"), ("c5 = 3.0", "c5")):
        with pytest.raises(InputError, match=rf"guide\.fermion\.1\.{message}"):
            load_text(ONE + GUIDE.replace("mass = 0.2", f"mass = 0.2\n{change}"))


def test_what_is_wrong_with_the_action_is_not_said_again_of_the_guide():
    with pytest.raises(InputError, match=r"action\.fermion\.1\.L5") as caught:
        load_text(ONE.replace("L5 = 4", "L5 = 3") + GUIDE)
    assert "guide" not in caught.value.message


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
