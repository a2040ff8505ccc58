"""Rules of distilled quarks."""

import pytest
from input_head import head

from lqcdnn.config import load_text, observable
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.tables.fermions import FermionConfig

HEAD = head("{shape}", "{group}", 1.0, lattice="{time}\n") + """\
[valence.light]
kind = "{kind}"
{quark}
[observables.distillation]
{options}
"""


def loaded(options="", shape="[4, 8]", group="U(1)", kind="wilson", quark="mass = 0.1", time=""):
    return load_text(HEAD.format(shape=shape, group=group, kind=kind, quark=quark, options=options, time=time))


def test_defaults():
    found = loaded(shape="[8, 8]").observables["distillation"]
    assert (found.eigenvectors, found.sizes, found.channels) == (8, None, ("pseudoscalar",))
    assert (found.source_times, found.two_pions, found.boundary) == (None, None, (1, -1))


@pytest.mark.parametrize(("given", "key", "words"), [
    ({"options": "eigenvectors = 5"}, "eigenvectors", "at most 4, sites of space times colours"),
    ({"options": "eigenvectors = 4\nsizes = [2, 5]"}, "sizes", "at most eigenvectors = 4 each"),
    ({"options": "eigenvectors = 4\nsource_times = 3"}, "source_times", "a divisor of 8, the extent of time"),
    ({"options": "eigenvectors = 4\ntwo_pions = [[3]]"}, "two_pions", "from 0 to at most [2]"),
    ({"options": "eigenvectors = 4\nmomenta = [[0, 1]]"}, "momenta", "1 numbers for each"),
    ({"options": "eigenvectors = 4\nape_steps = 1"}, "ape_steps", "0 in d = 2"),
    ({"options": "eigenvectors = 4\nchannels = []"}, "channels", "two_pions or moving_pions"),
    ({"options": "eigenvectors = 4\nisospins = [1]"}, "isospins", "together with two_pions"),
    ({"options": "eigenvectors = 4\ntwo_pions = [[1]]\nisospins = [3]"}, "isospins", "from 0 to 2"),
    ({"options": "eigenvectors = 4\ntwo_pions = [[0], [2]]\nisospins = [1, 2]"}, "isospins", "between 0 and L/2"),
    ({"options": "eigenvectors = 4\ntwo_pions = [[1, 0, 0]]\nisospins = [1]", "shape": "[4, 4, 6, 8]"}, "isospins",
     "the same extent"),
    ({"options": "eigenvectors = 4\ntwo_pions = [[1]]\nisospins = [0]\nsource_times = 4"}, "source_times",
     "all 8 times with isospins 0 and 1"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[1], [-1]]]"}, "moving_pions", "pairs at rest are two_pions"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[1], [2]]]"}, "moving_pions", "from 0 to at most [2]"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[0], [-1]]]"}, "moving_pions", "sums p1 + p2 from 0"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[-2], [3]]]"}, "moving_pions", "up to [2], of either sign"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[0], [1]], [[1], [0]]]"}, "moving_pions",
     "each pair of pions once"),
    ({"options": "moving_pions = [[[0, 1, 0], [1, -1, 0]], [[1, 0, -1], [0, 0, 1]]]", "shape": "[4, 4, 4, 8]"},
     "moving_pions", "found [[1, 0, -1], [0, 0, 1]]"),
    ({"options": "two_pions = [[0, 1, 0], [0, 0, 1]]", "shape": "[4, 4, 4, 8]"}, "two_pions",
     "found [0, 0, 1]"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[0, 0], [1, 0]]]"}, "moving_pions", "1 numbers for each momentum"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[0], [1], [2]]]"}, "moving_pions", "a list of 2 entries"),
    ({"options": "eigenvectors = 4\nmoving_pions = [[[0], [1]]]\nisospins = [1]"}, "isospins", "with two_pions"),
    ({"options": "eigenvectors = 4\ntheta = [0.1, 0.0]"}, "theta", "quarks without phases in space"),
    ({"options": "eigenvectors = 3", "group": "SU(2)"}, "eigenvectors", "even numbers"),
    ({"options": "eigenvectors = 4\nsizes = [4, 1]", "group": "SU(2)"}, "sizes", "even numbers"),
    ({"options": "eigenvectors = 4", "kind": "staggered"}, "", "a wilson, domain_wall or overlap fermion"),
    ({"options": "eigenvectors = 4", "time": 'time = "open"'}, "", 'with lattice.time = "open"'),
    ({"options": "eigenvectors = 4", "quark": "mass = 0.1\ntwisted_mass = 0.2"}, "", "a quark without"),
    ({"options": "eigenvectors = 4", "quark": "mass = 0.1\nchemical_potential = 0.2", "group": "SU(2)"}, "",
     "a quark without"),
    ({"options": "ape_steps = 2", "shape": "[4, 4, 4, 4]", "group": "SU(2)",
      "quark": 'mass = 0.1\nrepresentation = "adjoint"'}, "ape_steps", "only links of the group are smeared"),
])  # fmt: skip
def test_refused(given, key, words):
    with pytest.raises(InvalidInputError) as caught:
        loaded(**given)
    path = f"observables.distillation.{key}".rstrip(".")
    (message,) = [problem for problem in caught.value.problems if problem.path == path]
    assert words in str(message)


def test_pairs_that_only_look_alike():
    """Directions of other extents or boundary signs, other sums."""
    given = {"shape": "[4, 4, 6, 8]"}
    assert loaded("two_pions = [[0, 1, 0], [0, 0, 1]]", **given)
    assert loaded("two_pions = [[1, 0, 0], [0, 1, 0]]\nboundary = [1, -1, 1, -1]", **given)
    assert loaded("moving_pions = [[[0, 1, 0], [1, -1, 0]], [[0, 0, 1], [1, 0, -1]]]", **given)
    assert loaded("moving_pions = [[[0, 0, 0], [1, 0, 0]], [[1, 1, 0], [0, -1, 0]]]", **given)


ADJOINT = 'mass = 0.1\nrepresentation = "adjoint"'


@pytest.mark.parametrize(("options", "group", "shape", "signs", "allowed"), [
    ("eigenvectors = 3\nsizes = [3, 1]", "SU(2)", "[4, 8]", "", ""),
    ("eigenvectors = 12", "SU(2)", "[4, 8]", "", ""),
    ("eigenvectors = 4", "SU(2)", "[4, 8]", "", "odd numbers: on SU(2) adjoint links in d = 2"),
    ("eigenvectors = 3\nsizes = [3, 2]", "SU(2)", "[4, 8]", "", "odd numbers"),
    ("eigenvectors = 4", "SU(2)", "[4, 8]", "boundary = [-1, 1]", ""),
    ("eigenvectors = 3", "SU(2)", "[4, 8]", "boundary = [-1, 1]", "even numbers"),
    ("eigenvectors = 4", "SU(3)", "[4, 8]", "", "32, all of them"),
    ("eigenvectors = 4", "SU(2)", "[4, 4, 4, 4]", "", ""),
])  # fmt: skip
def test_waves_of_adjoint_quarks_on_a_circle_come_in_pairs(options, group, shape, signs, allowed):
    """Constant waves have no partner; with several of these the order of larger multiples depends on the links."""
    given = {"options": options, "group": group, "shape": shape, "quark": f"{ADJOINT}\n{signs}"}
    if not allowed:
        assert loaded(**given)
        return
    with pytest.raises(InvalidInputError) as caught:
        loaded(**given)
    (message,) = caught.value.problems
    assert allowed in str(message)


def test_a_momentum_that_is_not_of_the_lattice_is_one_message():
    with pytest.raises(InvalidInputError) as caught:
        loaded("eigenvectors = 4\ntwo_pions = [[3]]\nisospins = [1]")
    (message,) = caught.value.problems
    assert message.path == "observables.distillation.two_pions"


def test_of_files():
    """The lattice is not known yet; the quark and the number of dimensions are."""
    quark = FermionConfig(kind="wilson", flavors=2, mass=0.1, boundary=(1, -1), rational=False)
    assert observable("distillation", {"eigenvectors": 400}, 2, {"1": quark}).eigenvectors == 400
    with pytest.raises(InvalidInputError, match="hyp_steps: found 1; allowed: no such key in d = 2"):
        observable("distillation", {"hyp_steps": 1}, 2, {"1": quark})
    with pytest.raises(InvalidInputError, match="found with staggered fermions"):
        observable("distillation", {}, 2)
