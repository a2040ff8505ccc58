"""determinant = "one_flavor" in the input file: rules, guides, what is built, papers."""

import pytest
from input_head import head

from lqcdnn.actions.composed import Composed
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
        ("L5 = 4", "L5 = 4\nrational = true", "rational: found true .*; allowed: one of the two"),
        ("L5 = 4", "L5 = 4\nhasenbusch = [0.3]", r"hasenbusch: found \[0.3\] .*; allowed: one of the two"),
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
    assert "has 1 problem:" in caught.value.message or "input" not in caught.value.message


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
    with pytest.raises(InputError, match=r"guide\.fermion\.1\.determinant"):
        load_text(TEXT + GUIDE.replace("L5 = 2", 'L5 = 4\ndeterminant = "pseudofermions"'))
    with pytest.raises(InputError, match=r"guide\.fermion\.1\.L5: found 3 with determinant") as caught:
        load_text(TEXT + GUIDE.replace("L5 = 2", "L5 = 3"))
    assert "action" not in caught.value.message


def test_what_is_said_of_it():
    config = load_text(TEXT)
    assert "domain_wall Nf 1 (exact one-flavour action) mass 0.1" in summary(config)["action"]
    assert {"ChenChiu2014", "JungEtAl2018", "Shamir1993"} <= set(used_by(config))
    assert not {"ClarkKennedy2007", "Jegerlehner1996", "AlltonEtAl2007"} & set(used_by(config))
    assert can_be_split(config) == []
