"""Phases of fermions at the boundary: the key theta of quarks and of their observables."""

import pytest
from config_samples import assert_refused, problems_of
from input_head import head

from lqcdnn.config import load_text, observable, physics_keys
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.fermions import ValenceConfig
from lqcdnn.report.references.citations import used_by

TEXT = head([4, 4, 4, 4], "SU(3)", 5.5) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.1
theta = [0, 0, 0, 0.5]
[update]
kind = "hmc"
length = 1.0
steps = 10
[valence.light]
kind = "staggered"
mass = 0.1
[valence.moving]
kind = "staggered"
mass = 0.1
theta = [0.9, 0, 0, 0]
[observables.condensate]
[observables.quark_number]
[observables.light_pion]
fermion = "light"
[observables.mesons]
fermion = "moving"
antiquark = "light"
"""
LIGHT = 'kind = "staggered"\nmass = 0.1\n[valence.moving]'
GUIDE = "[guide]\n[[guide.fermion]]\ntheta = [0, 0, 0, 0.4]\n"


def test_observables_have_the_angles_of_their_quark():
    config = load_text(TEXT)
    found = config.observables
    assert config.action.fermion[0].theta == (0.0, 0.0, 0.0, 0.5)
    assert found["condensate"].theta == found["quark_number"].theta == (0.0, 0.0, 0.0, 0.5)
    assert found["light_pion"].theta is None
    assert (found["mesons"].theta, found["mesons"].antiquark_theta) == ((0.9, 0.0, 0.0, 0.0), (0.0,) * 4)
    assert load_text(resolved_toml(config)) == config
    assert "boundary +++- theta 0, 0, 0, 0.5" in str(summary(config))
    other = load_text(TEXT + "theta = [0.1, 0, 0, 0]\nantiquark_theta = [0.2, 0, 0, 0]\n").observables["mesons"]
    assert (other.theta, other.antiquark_theta) == ((0.1, 0.0, 0.0, 0.0), (0.2, 0.0, 0.0, 0.0))


def test_the_chain_depends_on_angles_and_inputs_without_are_what_they_were():
    assert physics_keys(load_text(TEXT))["action.fermion.1.theta"] == [0.0, 0.0, 0.0, 0.5]
    plain = TEXT.replace("theta = [0, 0, 0, 0.5]\n", "").replace("theta = [0.9, 0, 0, 0]\n", "")
    assert "theta" not in resolved_toml(load_text(plain))


def test_papers():
    plain = TEXT.replace("theta = [0, 0, 0, 0.5]\n", "").replace("theta = [0.9, 0, 0, 0]\n", "")
    assert not {"RobergeWeiss1986", "SachrajdaVilladoro2005"} & set(used_by(load_text(plain)))
    assert {"HasenfratzKarsch1983", "RobergeWeiss1986", "SachrajdaVilladoro2005"} <= set(used_by(load_text(TEXT)))


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("theta = [0, 0, 0, 0.5]", "theta = [0, 0.5]", "action.fermion.1.theta", "4 entries, one for each direction"),
        ("theta = [0.9, 0, 0, 0]", "theta = [0.9, 0, 0]", "valence.moving.theta", "4 entries, one for each direction"),
        ('antiquark = "light"', "antiquark_theta = [1, 0]", "observables.mesons.antiquark_theta", "4 entries"),
        ("theta = [0.9, 0, 0, 0]", "theta = [0, 0, 0, 0.1]", "observables.mesons.antiquark_theta", "the same angle"),
        ('antiquark = "light"', "momenta = [[1, 0, 0]]", "observables.mesons.momenta", "no such key"),
        ("[update]", GUIDE + "[update]", "guide.fermion.1.theta", "0.5] as in"),
        ("theta = [0, 0, 0, 0.5]\n", GUIDE, "guide.fermion.1.theta", "none"),
        ("[observables.condensate]", "[observables.baryons]\nfermion = 'w'\n[valence.w]\nkind = 'wilson'\nmass = 1.0\n"
         "theta = [0, 0, 0, 0.1]", "observables.baryons.theta", "without phases"),
        ("[observables.mesons]", "[valence.w]\nkind = 'wilson'\nmass = 1.0\ntheta = [0.1, 0, 0, 0]\n"
         "[observables.w_mesons]\nfermion = 'w'\nsource = 'gaussian'\n[observables.mesons]",
         "observables.w_mesons.source", '"point" or "noise_wall"'),
        (LIGHT, 'kind = "domain_wall"\nmass = 0.1\nL5 = 4\nM5 = 1.0\n'
         "[observables.x_quark_number]\nfermion = 'light'\n[valence.moving]", "observables.x_quark_number",
         "staggered or wilson"),
        ("[observables.quark_number]", "[observables.quark_number]\nmethod = 'exact'\n[observables.x_quark_number]\n"
         "theta = [0.1]", "observables.x_quark_number.theta", "2"),
    ],
)  # fmt: skip
def test_what_is_refused(old, new, path, words):
    assert_refused(TEXT, old, new, path, words)


def test_links_of_two_colours_have_phases_too():
    config = load_text(TEXT, "", ('lattice.group="SU(2)"',))
    assert config.action.fermion[0].theta == (0.0, 0.0, 0.0, 0.5)
    at_density = TEXT.replace("theta = [0.9", "chemical_potential = 0.1\ntheta = [0.9")
    found = problems_of(at_density, ('lattice.group="SU(2)"',))
    assert ("valence.moving.theta", True) in {(problem.path, "complex" in problem.allowed) for problem in found}
    found = problems_of(TEXT.replace("theta = [0, 0, 0, 0.5]\n", ""), ('lattice.group="SU(2)"',))
    assert [(problem.path, "theta or" in problem.allowed) for problem in found] == [("observables.quark_number", True)]
    field = TEXT.replace("theta = [0, 0, 0, 0.5]\n", "magnetic_flux = [0, 0, 1]\n")
    assert load_text(field, "", ('lattice.group="SU(2)"',)).action.fermion[0].magnetic_flux == (0, 0, 1)


def test_the_exact_quark_number_of_a_large_lattice_is_refused():
    (found,) = problems_of(TEXT, ("lattice.shape=[8, 8, 8, 8]", 'observables.condensate.method="noise"'))
    assert (found.path, "6144 solves" in found.allowed) == ("observables.quark_number.method", True)


def test_files_are_measured_by_the_same_rules():
    quark = ValenceConfig(kind="staggered", mass=0.1, boundary=(1, -1), theta=(0.3, 0.4), solver="cg")
    found = observable("pion", {"fermion": "light"}, 2, {"light": quark})
    assert found.theta == (0.3, 0.4)
    with pytest.raises(InvalidInputError, match="theta: found 3 entries"):
        observable("pion", {"fermion": "light", "theta": [0.1, 0.2, 0.3]}, 2, {"light": quark})
    with pytest.raises(InvalidInputError, match="momenta"):
        observable("mesons", {"fermion": "light", "momenta": [[1]]}, 2, {"light": quark})
