"""Quarks with a twisted mass: the keys twisted_mass and hasenbusch_twisted_mass, what they go with and what not."""

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
kind = "wilson"
flavors = 2
kappa = 0.15
twisted_mass = 0.1
[update]
kind = "hmc"
length = 1.0
steps = 10
[valence.plain]
kind = "wilson"
kappa = 0.15
[valence.heavy]
kind = "wilson"
kappa = 0.15
csw = 1.2
twisted_mass = -0.4
[observables.condensate]
[observables.pion]
[observables.mesons]
antiquark = "heavy"
[observables.reweighting]
masses = [0.1]
[observables.eigenvalues]
fermion = "plain"
"""
TWISTED = "twisted_mass = 0.1\n"
LARGER = "hasenbusch_twisted_mass = [0.3, 1.0]\n"
GUIDE = "[guide]\n[[guide.fermion]]\n"
LAST = "[observables.eigenvalues]\nfermion = \"plain\"\n"


def test_what_is_there():
    config = load_text(TEXT)
    (fermion,) = config.action.fermion
    assert (fermion.twisted_mass, fermion.pieces, fermion.rational) == (0.1, 1, False)
    assert load_text(resolved_toml(config)) == config
    assert "kappa 0.15 twisted mass 0.1" in str(summary(config))
    assert physics_keys(config)["action.fermion.1.twisted_mass"] == 0.1
    assert {"FrezzottiEtAl2001", "FrezzottiRossi2004"} <= set(used_by(config))
    (four,) = load_text(TEXT.replace("flavors = 2", "flavors = 4\nspectrum = [0.01, 30]")).action.fermion
    assert (four.rational, four.pseudofermions) == (True, 2)


def test_a_guide_has_that_of_the_action_or_its_own():
    for keys, value in (("", 0.1), ("twisted_mass = 0.15\n", 0.15)):
        config = load_text(TEXT.replace("[update]", f"{GUIDE}{keys}[update]"))
        assert config.guide.fermion[0].twisted_mass == value
    split = TEXT.replace(TWISTED, TWISTED + LARGER).replace("[update]", f"{GUIDE}hasenbusch = [1.0, 2.0]\n[update]")
    guided = load_text(split)
    assert [side.fermion[0].pieces for side in (guided.action, guided.guide)] == [3, 3]
    assert guided.guide.fermion[0].hasenbusch_twisted_mass is None
    assert guided.levels[0].terms == ("gauge", "fermion.1.1", "fermion.1.2", "fermion.1.3")
    assert "HasenbuschJansen2003" in used_by(guided)


def test_fits_of_ward_identities_are_cited():
    fits = ["f = twisted_decay_constant(pion, 0.1, 1, 2)", "m = pcac(meson_axial, meson_pseudoscalar, 2, 3)"]
    longer = TEXT.replace("[4, 4, 4, 4]", "[4, 4, 4, 8]")
    asked = set(used_by(load_text(f"{longer}[analyze]\nfit = {fits}\n")))
    assert {"LuscherEtAl1996", "FrezzottiSintWeisz2001"} <= asked
    assert not {"LuscherEtAl1996", "FrezzottiSintWeisz2001"} & set(used_by(load_text(TEXT)))


def test_inputs_without_are_what_they_were():
    plain = TEXT.replace(TWISTED, "").replace("twisted_mass = -0.4\n", "")
    assert "twisted" not in resolved_toml(load_text(plain))
    assert "FrezzottiEtAl2001" not in used_by(load_text(plain))


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('kind = "wilson"\nflavors = 2\nkappa = 0.15\n', 'kind = "staggered"\nflavors = 4\nmass = 0.1\n',
         "action.fermion.1.twisted_mass", 'kind = "wilson"'),
        ("flavors = 2", "flavors = 1\nspectrum = [0.01, 30]", "action.fermion.1.flavors", "an even number"),
        (TWISTED, TWISTED + "chemical_potential = 0.2\n", "observables.pion", "a quark without"),
        (TWISTED, "twisted_mass = 1e11\n", "action.fermion.1.twisted_mass", "1e+10"),
        ("twisted_mass = -0.4", 'twisted_mass = -0.4\nsolver = "multigrid"', "valence.heavy.solver", '"mixed"'),
        (TWISTED, TWISTED + "hasenbusch_twisted_mass = [0.1]\n", "action.fermion.1.hasenbusch_twisted_mass",
         "above the size of twisted_mass"),
        (TWISTED, "hasenbusch_twisted_mass = [0.3, 0.2]\n", "action.fermion.1.hasenbusch_twisted_mass", "rising order"),
        (TWISTED, "hasenbusch_twisted_mass = [1e11]\n", "action.fermion.1.hasenbusch_twisted_mass", "up to 1e+10"),
        (TWISTED, TWISTED + LARGER + "hasenbusch = [1.0]\n", "action.fermion.1.hasenbusch_twisted_mass", "one of the"),
        (TWISTED, TWISTED + LARGER + "rational = true\nspectrum = [0.01, 30]\n",
         "action.fermion.1.hasenbusch_twisted_mass", "one of the two"),
        (TWISTED, TWISTED + LARGER + 'determinant = "exact"\n', "action.fermion.1.hasenbusch_twisted_mass",
         "one of the two"),
        ("[update]", GUIDE + LARGER + "[update]", "guide.fermion.1.hasenbusch", "0 as in the action"),
        (LAST, "[observables.eigenvalues]\n", "observables.eigenvalues", "a quark without"),
        (LAST, "[observables.spectral_density]\n", "observables.spectral_density", "a quark without"),
        (LAST, "[valence.w]\nkind = 'domain_wall'\nmass = 0.1\nM5 = 1.5\nL5 = 4\n[observables.b_mesons]\n"
         "fermion = 'w'\nantiquark = 'heavy'\n[observables.b_eigenvalues]\n", "observables.b_eigenvalues", "without"),
        (LAST, "[observables.heavy_reweighting]\nfermion = 'heavy'\nmethod = 'exact'\nflavors = 3\n",
         "observables.heavy_reweighting.flavors", "an even number"),
        (LAST, "[observables.heavy_reweighting]\nfermion = 'heavy'\nmass = -0.5\nflavors = 2\n",
         "observables.heavy_reweighting.mass", "with this operator"),
    ],
)  # fmt: skip
def test_what_is_refused(old, new, path, words):
    assert old in TEXT
    found = problems_of(TEXT.replace(old, new, 1))
    assert path in [problem.path for problem in found], found
    (problem,) = [problem for problem in found if problem.path == path]
    assert words in problem.allowed + problem.message


@pytest.mark.parametrize(("name", "group"), [("quark_number", "SU(3)"), ("baryons", "SU(3)")])
def test_other_observables(name, group):
    text = TEXT.replace("SU(2)", group).replace(LAST, f"[observables.{name}]\n")
    assert [(one.path, "a quark without" in one.allowed) for one in problems_of(text)] == [
        (f"observables.{name}", True)
    ]


def test_chemical_potential():
    text = TEXT.replace(TWISTED, TWISTED + "chemical_potential = 0.2\n")
    found = {one.path: one.allowed for one in problems_of(text)}
    assert found["action.fermion.1.twisted_mass"] == "one of the two"


def test_files_are_measured_by_the_same_rules():
    quark = ValenceConfig(kind="wilson", mass=0.1, boundary=(1, -1), solver="cg", twisted_mass=0.3)
    assert observable("condensate", {"fermion": "light"}, 2, {"light": quark}).mass == 0.1
    with pytest.raises(InvalidInputError, match="twisted_mass"):
        observable("eigenvalues", {"fermion": "light"}, 2, {"light": quark})
