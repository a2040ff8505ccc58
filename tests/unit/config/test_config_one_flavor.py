"""determinant = "one_flavor" in the input file: rules, guides, what is built, papers."""

import pytest
from input_head import head

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.domainwall import DomainWallAction
from lqcdnn.actions.oneflavor import OneFlavorAction
from lqcdnn.config import load_text
from lqcdnn.config.summary import summary
from lqcdnn.dirac.mixed import MixedPrecision
from lqcdnn.errors import InputError
from lqcdnn.jobs.build import build
from lqcdnn.jobs.tune.actions import can_be_split
from lqcdnn.report.references.citations import used_by

TEXT = head([2, 4], "SU(2)", 1.0) + """\
[[action.fermion]]
kind = "domain_wall"
flavors = 1
mass = 0.1
M5 = 0.9
L5 = 4
determinant = "one_flavor"
"""
GUIDE = """
[[guide.fermion]]
mass = 0.2
L5 = 2
links = "net"
[[network.net.layer]]
loops = ["plaquette"]
initial = 0.05
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("flavors = 1", "flavors = 2", "flavors: found 2 with determinant = \"one_flavor\"; allowed: 1: each further"),
        ("L5 = 4", "L5 = 5", "L5: found 5 with determinant = \"one_flavor\"; allowed: an even number"),
        ("mass = 0.1", "mass = 0.0", "mass: found 0.0 .*; allowed: a mass above 0"),
        ("mass = 0.1", "mass = -0.1", "mass: found -0.1; allowed: a number >= 0"),
        ("mass = 0.1", "mass = 100.0", "mass: found 100.0 with .*; allowed: at most 10: errors of solves"),
        ("mass = 0.1", "mass = 1e11", "mass: found 100000000000.0; allowed: at most 1e"),
        ("L5 = 4", "L5 = 16\nc5 = 10.0", r"c5: found 10\.0 with L5 = 16; allowed: at most 4\.829"),
        ("L5 = 4", "L5 = 4\nrational = true", "rational: found true .*; allowed: one of the two"),
        ("L5 = 4", "L5 = 4\nhasenbusch = [0.3]", r"hasenbusch: found \[0.3\] .*; allowed: one of the two: the ratio"),
        ("flavors = 1", "flavors = 0.5", "flavors: found 0.5; allowed: an integer"),
        ("L5 = 4", "L5 = 4\nspectrum = [0.1, 9.0]", "belongs to rational = true"),
        ("L5 = 4", "L5 = 4\nchemical_potential = 0.1", "allowed: staggered or wilson fermions"),
        ("L5 = 4", 'L5 = 4\nsolver = "multigrid"', '"cg" or "mixed"'),
        ("shape = [2, 4]", 'shape = [2, 4]\ntime = "open"', 'found "domain_wall" with lattice.time = "open"'),
        (
            'kind = "domain_wall"\nflavors = 1\nmass = 0.1\nM5 = 0.9\nL5 = 4',
            'kind = "overlap"\nflavors = 1\nmass = 0.1',
            'determinant: found "one_flavor" with overlap fermions; allowed: "exact"',
        ),
        ("L5 = 4", "L5 = 4\npseudofermions = 2", "belongs to rational = true"),
        ("L5 = 4", "L5 = 4\nsolver = \"bicgstab\"", '"cg" or "mixed"'),
        ("one_flavor", "eofa", 'did you mean "one_flavor"'),
        (
            'kind = "domain_wall"\nflavors = 1\nmass = 0.1\nM5 = 0.9\nL5 = 4',
            'kind = "wilson"\nflavors = 1\nmass = 0.1',
            'kind: found "wilson" with determinant = "one_flavor"; allowed: "domain_wall"',
        ),
    ],
)
def test_rules(old, new, message):
    with pytest.raises(InputError, match=message) as caught:
        load_text(TEXT.replace(old, new))
    assert "has 1 problem:" in caught.value.message


def test_what_is_built():
    config = load_text(TEXT.replace("L5 = 4", "L5 = 4\nsolver = \"mixed\"\nstart_vectors = 3") + GUIDE)
    assert (config.action.fermion[0].rational, config.guide.fermion[0].determinant) == (False, "one_flavor")
    sim = build(config)
    exact, guide = sim.exact.terms[1], sim.guide.terms[1]
    assert isinstance(exact, OneFlavorAction)
    assert isinstance(guide, Composed)
    assert guide.action.field is exact.field
    assert exact.field.phi.shape == (sim.lattice.blocks,)
    assert [operator.masses for operator in exact.operators] == [(0.1, 0.1), (0.1, 1.0), (1.0, 1.0)]
    assert all(isinstance(operator.solver, MixedPrecision) for operator in exact.operators)
    assert exact.history.count == 3
    assert (guide.action.operator.mass, guide.action.operator.fifth.L5) == (0.2, 2)


def test_guides_follow_the_action():
    """Each deviation is reported once, and only of the guide."""
    for change, message in (
        ('L5 = 4\ndeterminant = "pseudofermions"', 'determinant: found "pseudofermions"; allowed: "one_flavor" as'),
        ("L5 = 3", "L5: found 3 with determinant"),
        ("L5 = 2\nflavors = 2", "flavors: found 2; allowed: 1 as"),
        ("L5 = 2\nrational = true", "rational: found true; allowed: false as"),
        ("L5 = 2\nhasenbusch = [0.4]", "hasenbusch: another number of masses; allowed: 0 as"),
        ("L5 = 2\ntheta = [0.1, 0.2]", "theta: found"),
    ):
        with pytest.raises(InputError, match=rf"guide\.fermion\.1\.{message}") as caught:
            load_text(TEXT + GUIDE.replace("L5 = 2", change))
        assert "has 1 problem:" in caught.value.message, change
        assert " action.fermion" not in caught.value.message.replace("as in action.fermion", "")
    rational = TEXT.replace('determinant = "one_flavor"\n', "")
    with pytest.raises(InputError, match=r"guide\.fermion\.1\.determinant: found \"one_flavor\"") as caught:
        load_text(rational + GUIDE.replace("L5 = 2", 'determinant = "one_flavor"'))
    assert "has 1 problem:" in caught.value.message


def test_a_guide_of_another_kind_is_said_once():
    """Neither what it has from the action, nor what its own kind would need beside, is wrong by itself."""
    for kind in ("wilson", "staggered", "overlap"):
        with pytest.raises(InputError, match=rf'guide\.fermion\.1\.kind: found "{kind}"; allowed: "domain_wall" as'):
            load_text(TEXT + GUIDE.replace("L5 = 2", f'kind = "{kind}"'))
        with pytest.raises(InputError) as caught:
            load_text(TEXT + GUIDE.replace("L5 = 2", f'kind = "{kind}"'))
        assert "has 1 problem:" in caught.value.message, kind


def test_several_flavours_are_several_tables():
    """A pair and two single flavours: each has a field of its own, that of the pair on the walls."""
    pair = TEXT.split("[[action.fermion]]")[1].replace("flavors = 1", "flavors = 2").split("determinant")[0]
    one = TEXT.split("[[action.fermion]]")[1]
    sim = build(load_text(TEXT + "[[action.fermion]]" + one.replace("0.1", "0.3") + "[[action.fermion]]" + pair))
    first, second, both = sim.exact.terms[1:]
    assert isinstance(first, OneFlavorAction)
    assert isinstance(second, OneFlavorAction)
    assert isinstance(both, DomainWallAction)
    assert [term.operator.mass for term in (first, second, both)] == [0.1, 0.3, 0.1]
    assert (first.field.index, second.field.index) == (0, 1)
    assert [field.phi.ndim for field in sim.pseudofermions] == [1, 1, 2]


def test_what_is_said_of_it():
    config = load_text(TEXT)
    assert "domain_wall Nf 1 (exact one-flavour action) mass 0.1" in summary(config)["action"]
    assert {"ChenChiu2014", "JungEtAl2018", "Shamir1993"} <= set(used_by(config))
    assert not {"ClarkKennedy2007", "Jegerlehner1996", "AlltonEtAl2007"} & set(used_by(config))
    assert can_be_split(config) == []
