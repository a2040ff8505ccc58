"""Quarks at finite density: the keys chemical_potential and diquark_source, what they go with and what not."""

import pytest
from config_samples import problems_of
from input_head import head

from lqcdnn.config import load_text, observable, physics_keys
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.fermions import ValenceConfig
from lqcdnn.report.references.citations import used_by

TEXT = head([4, 4, 4, 4], "SU(2)", 1.5) + """\
[[action.fermion]]
kind = "staggered"
flavors = 8
mass = 0.1
chemical_potential = 0.3
diquark_source = 0.02
[update]
kind = "hmc"
length = 1.0
steps = 10
[valence.plain]
kind = "staggered"
mass = 0.1
[valence.dense]
kind = "wilson"
kappa = 0.15
chemical_potential = -0.2
[observables.condensate]
[observables.quark_number]
[observables.pion]
fermion = "plain"
"""
FERMION = "chemical_potential = 0.3\ndiquark_source = 0.02\n"
NUMBER = "[observables.quark_number]\n"
GUIDE = "[guide]\n[[guide.fermion]]\n"
WILSON = TEXT.replace('kind = "staggered"\nflavors = 8\nmass = 0.1\n' + FERMION,
                      'kind = "wilson"\nflavors = 2\nkappa = 0.15\nchemical_potential = 0.3\n')  # fmt: skip
POWER = TEXT.replace("flavors = 8", "flavors = 4\nspectrum = [0.0004, 20]")


def test_what_is_there():
    config = load_text(TEXT)
    (fermion,) = config.action.fermion
    assert (fermion.chemical_potential, fermion.diquark_source, fermion.rational) == (0.3, 0.02, False)
    assert load_text(resolved_toml(config)) == config
    assert "boundary +++- mu 0.3 diquark source 0.02" in str(summary(config))
    assert physics_keys(config)["action.fermion.1.chemical_potential"] == 0.3
    assert {"HasenfratzKarsch1983", "HandsEtAl1999", "KogutToublanSinclair2002"} <= set(used_by(config))
    guided = load_text(TEXT.replace("[update]", GUIDE + "mass = 0.2\n[update]"))
    assert guided.guide.fermion[0].chemical_potential == 0.3
    (power,) = load_text(POWER).action.fermion
    assert (power.rational, power.pseudofermions) == (True, 1)
    (many,) = load_text(POWER.replace("flavors = 4", "flavors = 12")).action.fermion
    assert (many.rational, many.pseudofermions) == (True, 2)
    (clover,) = load_text(WILSON).action.fermion
    assert (clover.mu, clover.rational) == (0.3, False)
    assert "HandsKimSkullerud2006" in used_by(load_text(WILSON))


def test_inputs_without_are_what_they_were():
    plain = TEXT.replace(FERMION, "").replace("chemical_potential = -0.2\n", "").replace(NUMBER, "")
    assert "diquark" not in resolved_toml(load_text(plain))
    assert "HandsEtAl1999" not in used_by(load_text(plain))
    zeros = TEXT.replace("= 0.3", "= 0.0").replace("= 0.02", "= 0.0").replace(NUMBER, "")
    (zero,) = load_text(zeros).action.fermion
    assert not zero.at_density


def test_large_lattices_are_solved_in_mixed_precision():
    large = TEXT.replace("[4, 4, 4, 4]", "[16, 16, 16, 64]").replace("[observables.condensate]", "").replace(NUMBER, "")
    assert load_text(large).action.fermion[0].solver == "mixed"
    plain = large.replace(FERMION, "").replace("chemical_potential = -0.2\n", "")
    assert load_text(plain).action.fermion[0].solver == "half"


@pytest.mark.parametrize(
    ("text", "old", "new", "path", "words"),
    [
        (TEXT, '"SU(2)"', '"SU(3)"', "action.fermion.1.chemical_potential", "sign problem"),
        (TEXT, '"SU(2)"', '"U(1)"', "action.fermion.1.chemical_potential", "sign problem"),
        (TEXT, "chemical_potential = 0.3\n", "improvement = 'hisq'\n", "action.fermion.1.improvement", '"none"'),
        (TEXT, 'kind = "staggered"\nflavors = 8\nmass = 0.1\n',
         'kind = "domain_wall"\nflavors = 2\nmass = 0.1\nM5 = 1.0\nL5 = 4\n', "action.fermion.1.diquark_source",
         "belongs to kind"),
        (TEXT, FERMION, 'solver = "half"\n' + FERMION, "action.fermion.1.solver", '"cg" or "mixed"'),
        (TEXT, FERMION, "hasenbusch = [0.4]\n" + FERMION, "action.fermion.1.hasenbusch", "wilson"),
        (TEXT, "flavors = 8", "flavors = 4", "action.fermion.1.spectrum", "[0.0004, 17.1"),
        (TEXT, "flavors = 8\nmass = 0.1\n" + FERMION, "flavors = 4\nmass = 0.1\nchemical_potential = 0.3\n",
         "action.fermion.1.spectrum", "no lower bound is known"),
        (TEXT, "flavors = 8", "flavors = 4\nrational = false", "action.fermion.1.flavors", "8 staggered"),
        (TEXT, "chemical_potential = 0.3", "chemical_potential = 30.0", "action.fermion.1.chemical_potential", "<= 10"),
        (TEXT, "diquark_source = 0.02", "diquark_source = -1.0", "action.fermion.1.diquark_source", ">= 0"),
        (TEXT, "[update]", GUIDE + "chemical_potential = 0.2\n[update]", "guide.fermion.1.chemical_potential",
         "0.3 as in action.fermion.1"),
        (TEXT, "[update]", GUIDE + "diquark_source = 0\n[update]", "guide.fermion.1.diquark_source", "0.02 as in"),
        (TEXT, 'fermion = "plain"', "", "observables.pion", "condensate"),
        (TEXT, 'fermion = "plain"', 'fermion = "dense"', "observables.pion", "condensate"),
        (TEXT, "[observables.pion]", "[observables.mesons]\nantiquark = '1'", "observables.mesons", "a quark without"),
        (TEXT, "[observables.pion]", "[observables.eigenvalues]\nfermion = 'dense'\n[observables.pion]",
         "observables.eigenvalues", "a quark without"),
        (TEXT, "[observables.pion]", "[observables.reweighting]\nfermion = '1'\nmasses = [0.2]\n[observables.pion]",
         "observables.reweighting", "a quark without"),
        (TEXT, NUMBER, "[observables.plain_quark_number]\nfermion = 'plain'\n", "observables.plain_quark_number",
         "chemical_potential"),
        (TEXT, "chemical_potential = -0.2", 'chemical_potential = -0.2\nsolver = "multigrid"', "valence.dense.solver",
         '"bicgstab"'),
        (WILSON, "flavors = 2", "flavors = 3\nspectrum = [0.01, 20]", "action.fermion.1.flavors", "an even number"),
        (WILSON, "chemical_potential = 0.3\n", FERMION, "action.fermion.1.diquark_source", "staggered"),
    ],
)  # fmt: skip
def test_what_is_refused(text, old, new, path, words):
    assert old in text
    found = problems_of(text.replace(old, new, 1))
    assert [problem.path for problem in found][:1] == [path]
    assert words in found[0].allowed + found[0].message


def test_one_message_for_another_group():
    """And one for the guide and its action together."""
    found = problems_of(TEXT.replace("[update]", GUIDE + "mass = 0.2\n[update]"), ('lattice.group="SU(3)"',))
    assert [problem.path for problem in found] == [
        "action.fermion.1.chemical_potential", "valence.dense.chemical_potential",
    ]  # fmt: skip


def test_exact_traces_are_over_all_sites():
    found = problems_of(TEXT, ("lattice.shape=[8, 8, 8, 8]", 'observables.condensate.method="noise"'))
    assert [(one.path, "8192 solves" in one.allowed) for one in found] == [("observables.quark_number.method", True)]


def test_files_are_measured_by_the_same_rules():
    quark = ValenceConfig(kind="staggered", mass=0.1, boundary=(1, -1), solver="cg", chemical_potential=0.3)
    assert observable("condensate", {"fermion": "light"}, 2, {"light": quark}).mass == 0.1
    with pytest.raises(InvalidInputError, match="chemical_potential or diquark_source"):
        observable("pion", {"fermion": "light"}, 2, {"light": quark})
