"""Keys of improved staggered fermions: what goes together, what a guide inherits, what stays as it was."""

import pytest
from input_head import head

from lqcdnn.config import load_text, resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.config.tree import physics_keys

INPUT = head([4, 4, 4, 4], "SU(3)", 6.0) + """\
[[action.fermion]]
kind = "{kind}"
flavors = 2
mass = 0.1
{keys}
[update]
length = 1.0
steps = 4
"""


def text(keys="", kind="staggered", more=""):
    return INPUT.format(kind=kind, keys=keys) + more


def problems(*args, **options):
    with pytest.raises(InvalidInputError) as caught:
        load_text(text(*args, **options))
    return str(caught.value)


def test_keys():
    (fermion,) = load_text(text('improvement = "hisq"')).action.fermion
    assert (fermion.improvement, fermion.naik_epsilon, fermion.u0) == ("hisq", 0.0, None)
    assert fermion.improved(4) == improvement_of("hisq", 4)
    (fermion,) = load_text(text('improvement = "asqtad"\nu0 = 0.87')).action.fermion
    assert fermion.improved(4) == improvement_of("asqtad", 4, u0=0.87)
    (fermion,) = load_text(text('improvement = "none"')).action.fermion
    assert fermion.improved(4) is None


def test_inputs_without_the_key_are_what_they_were():
    """No key of theirs is new: digests of chains and trained weights stay."""
    config = load_text(text())
    assert "improvement" not in resolved_toml(config)
    assert not any("improvement" in key or "naik" in key or "u0" in key for key in physics_keys(config))


@pytest.mark.parametrize(
    ("keys", "kind", "expected"),
    [
        ('improvement = "hisk"', "staggered", 'action.fermion.1.improvement: found "hisk"'),
        ('improvement = "hisq"', "wilson", 'improvement: belongs to kind = "staggered", which is not chosen here'),
        ("naik_epsilon = 0.1", "staggered", 'naik_epsilon: belongs to improvement = "hisq"'),
        ("naik_epsilon = 0.1", "wilson", 'naik_epsilon: belongs to improvement = "hisq"'),
        ('improvement = "naik"\nu0 = 0.9', "staggered", 'u0: belongs to improvement = "asqtad"'),
        ('improvement = "asqtad"', "staggered", "action.fermion.1.u0: missing"),
        ('improvement = "asqtad"\nu0 = 0.0', "staggered", "action.fermion.1.u0: found 0"),
        ('improvement = "hisq"\nnaik_epsilon = 2.0', "staggered", "action.fermion.1.naik_epsilon: found 2"),
    ],
)
def test_refused(keys, kind, expected):
    assert expected in problems(keys, kind)


def test_extents_of_two_are_refused_once():
    with pytest.raises(InvalidInputError) as caught:
        load_text(text('improvement = "hisq"').replace("[4, 4, 4, 4]", "[4, 4, 2, 4]"))
    assert 'lattice.shape: found [4, 4, 2, 4]; allowed: even extents of at least 4 with improvement = "hisq"' in str(
        caught.value
    )
    assert str(caught.value).count("lattice.shape") == 1


GUIDE = """
[[guide.fermion]]
mass = 0.2
{keys}
"""


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("", ("hisq", 0.1, None)),
        ('improvement = "none"', ("none", None, None)),
        ('improvement = "asqtad"\nu0 = 0.9', ("asqtad", None, 0.9)),
        ("naik_epsilon = 0.0", ("hisq", 0.0, None)),
    ],
)
def test_guides(keys, expected):
    """A guide has the improvement of the action or one of its own, with coefficients of its own."""
    config = load_text(text('improvement = "hisq"\nnaik_epsilon = 0.1', more=GUIDE.format(keys=keys)))
    (fermion,) = config.guide.fermion
    assert (fermion.improvement, fermion.naik_epsilon, fermion.u0) == expected
