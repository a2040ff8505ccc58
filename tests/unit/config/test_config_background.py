"""A uniform electromagnetic field of quarks: the keys magnetic_flux and electric_flux."""

import pytest
from config_samples import assert_refused, problems_of
from input_head import head

from lqcdnn.config import load_text, observable, physics_keys
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.background import flux_of_planes
from lqcdnn.config.tables.fermions import ValenceConfig
from lqcdnn.report.references.citations import used_by

FIELD = "magnetic_flux = [0, 0, 2]\n"
TEXT = head([4, 4, 4, 4], "SU(3)", 5.5) + f"""\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.1
{FIELD}[update]
kind = "hmc"
length = 1.0
steps = 10
[valence.plain]
kind = "wilson"
mass = 0.1
[valence.down]
kind = "wilson"
mass = 0.1
magnetic_flux = [0, 0, -1]
[observables.condensate]
[observables.mesons]
fermion = "plain"
antiquark = "down"
"""
WILSON = 'kind = "wilson"\nmass = 0.1\n'


def test_planes():
    """B_x is F_yz, B_y is F_zx = -F_xz; E_k is F_kt."""
    assert flux_of_planes((1, 2, 3), (4, 5, 6), 4) == (3, -2, 4, 1, 5, 6)
    assert flux_of_planes((2,), (0, 5), 3) == (2, 0, 5)
    assert flux_of_planes(None, (7,), 2) == (7,)
    assert flux_of_planes((0, 0, 0), None, 4) is None


def test_quarks_have_fields():
    config = load_text(TEXT)
    assert config.action.fermion[0].flux(4) == (2, 0, 0, 0, 0, 0)
    assert config.valence["down"].flux(4) == (-1, 0, 0, 0, 0, 0)
    assert config.valence["plain"].flux(4) is None
    assert load_text(resolved_toml(config)) == config
    assert "boundary +++- magnetic flux 0, 0, 2" in str(summary(config))
    assert physics_keys(config)["action.fermion.1.magnetic_flux"] == [0, 0, 2]
    assert "flux" not in resolved_toml(load_text(TEXT.replace(FIELD, "").replace("magnetic_flux = [0, 0, -1]\n", "")))


def test_papers():
    plain = TEXT.replace(FIELD, "").replace("magnetic_flux = [0, 0, -1]\n", "")
    assert "DavoudiDetmold2015" not in used_by(load_text(plain))
    assert {"DavoudiDetmold2015", "DEliaMukherjeeSanfilippo2010", "BaliEtAl2012"} <= set(used_by(load_text(TEXT)))
    assert "BaliEtAl2012" not in used_by(load_text(TEXT.replace(FIELD, "")))


def test_a_guide_has_the_field_of_the_action():
    guide = "[guide]\n[[guide.fermion]]\nmass = 0.2\n{}[update]"
    assert load_text(TEXT.replace("[update]", guide.format(""))).guide.fermion[0].flux(4) == (2, 0, 0, 0, 0, 0)
    (found,) = problems_of(TEXT.replace("[update]", guide.format("magnetic_flux = [0, 0, 1]\n")))
    assert (found.path, "[0, 0, 2] as in" in found.allowed) == ("guide.fermion.1.magnetic_flux", True)
    (found,) = problems_of(TEXT.replace(FIELD, "").replace("[update]", guide.format(FIELD)))
    assert (found.path, "none" in found.allowed) == ("guide.fermion.1.magnetic_flux", True)


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        (FIELD, "magnetic_flux = [2]\n", "action.fermion.1.magnetic_flux", "3 entries, of the planes yz, zx, xy"),
        (FIELD, "magnetic_flux = [0.5]\n", "action.fermion.1.magnetic_flux", "an integer"),
        (FIELD, "magnetic_flux = [0, 0, 9]\n", "action.fermion.1.magnetic_flux", "-8 to 8 in the plane xy"),
        (FIELD, "electric_flux = [9, 0, 0]\n", "action.fermion.1.electric_flux", "-8 to 8 in the plane xt"),
        ("flavors = 4\n", "flavors = 2.5\n", "action.fermion.1.flavors", "without phases"),
        ("[observables.mesons]\n", "[observables.mesons]\nmomenta = [[1, 0, 0]]\n", "observables.mesons.momenta", "no"),
        ("[observables.mesons]\n", "[observables.mesons]\nsource = 'wall'\n", "observables.mesons.source", "noise"),
        ("magnetic_flux = [0, 0, -1]\n", "electric_flux = [0, 0, 1]\n", "observables.mesons.antiquark", "the same"),
        ("[observables.condensate]\n", "[observables.pion]\nsources = 2\n", "observables.pion.sources", "the origin"),
        ("[observables.mesons]\n", "[observables.mesons]\nsources = 4\n", "observables.mesons.sources", "the origin"),
        ("[observables.condensate]\n", "[observables.baryons]\nfermion = 'down'\n", "observables.baryons", "without;"),
        ("[observables.condensate]\n", "[observables.quark_loops]\nfermion = 'down'\nchannels = ['tensor']\n",
         "observables.quark_loops.channels", '"scalar", "pseudoscalar"'),
        ("[observables.condensate]\n", "[observables.quark_loops]\nfermion = 'plain'\nchannels = ['vector']\n",
         "observables.quark_loops.channels", '"scalar", "pseudoscalar"'),
    ],
)  # fmt: skip
def test_what_is_refused(old, new, path, words):
    assert_refused(TEXT, old, new, path, words)


def test_a_real_density_has_no_field():
    text = TEXT.replace(FIELD, FIELD + "chemical_potential = 0.1\n")
    found = problems_of(text, ('lattice.group="SU(2)"',))
    assert ("action.fermion.1.magnetic_flux", True) in {(one.path, "complex" in one.allowed) for one in found}


def test_neutral_mesons_have_momenta():
    text = TEXT.replace('fermion = "plain"', 'fermion = "down"') + "momenta = [[1, 0, 0]]\n"
    assert load_text(text).observables["mesons"].momenta == ((1, 0, 0),)


def test_sources_move_where_the_sea_has_no_field():
    text = TEXT.replace(FIELD, "") + "sources = 4\n"
    assert load_text(text).observables["mesons"].sources == 4
    neutral = TEXT + "sources = 4\n[observables.plain_pion]\nfermion = 'plain'\nsources = 2\n"
    assert {problem.path for problem in problems_of(neutral)} == {"observables.mesons.sources"}


def test_two_dimensions_have_no_magnetic_field():
    text = TEXT.replace("[4, 4, 4, 4]", "[4, 4]").replace("[0, 0, -1]", "[1]").replace(FIELD, "electric_flux = [1]\n")
    assert [(one.path, one.allowed) for one in problems_of(text)] == [("valence.down.magnetic_flux", "none in d = 2")]


def test_files_are_measured_by_the_same_rules():
    down = ValenceConfig(kind="wilson", mass=0.1, boundary=(1, 1, 1, -1), magnetic_flux=(0, 0, 1), solver="cg")
    plain = ValenceConfig(kind="wilson", mass=0.1, boundary=(1, 1, 1, -1), solver="cg")
    every = {"down": down, "plain": plain}
    assert observable("mesons", {"fermion": "down"}, 4, every).source == "point"
    for options in ({"source": "wall"}, {"antiquark": "plain", "momenta": [[1, 0, 0]]}):
        with pytest.raises(InvalidInputError, match="quarks in"):
            observable("mesons", {"fermion": "down", **options}, 4, every)
    with pytest.raises(InvalidInputError, match="in a field"):
        observable("quark_loops", {"fermion": "down", "channels": ["vector"]}, 4, every)
