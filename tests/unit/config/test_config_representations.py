"""Quarks in higher representations: the key, what goes with it, what is refused, what is said of them."""

import pytest
from config_samples import changed, problems_of
from input_head import head

from lqcdnn.config import load_text, observable, physics_keys
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.remarks import remarks
from lqcdnn.config.rules.valence import quarks_of
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

TEXT = head([4, 4, 4, 4], "SU(2)", 2.25) + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = -0.9
representation = "adjoint"
[update]
kind = "hmc"
length = 1.0
steps = 10
[valence.plain]
kind = "wilson"
mass = 0.1
[valence.stag]
kind = "staggered"
mass = 0.1
representation = "adjoint"
[observables.condensate]
method = "noise"
[observables.mesons]
"""
SU3 = changed(TEXT, 'group = "SU(2)"', 'group = "SU(3)"')
SEXTET = TEXT.replace('"adjoint"', '"symmetric"').replace("SU(2)", "SU(3)")
OTHER = changed(TEXT, 'representation = "adjoint"\n[update]', "[update]")
GUIDE = "[guide]\n[[guide.fermion]]\n"
TWIST = changed(TEXT, 'group = "SU(2)"', 'group = "SU(2)"\ntwist = {xy = 1}').replace(
    "mass = 0.1\n[valence.stag]", 'mass = 0.1\nrepresentation = "adjoint"\n[valence.stag]'
)


def test_what_is_there():
    config = load_text(TEXT)
    (fermion,) = config.action.fermion
    assert fermion.representation == "adjoint"
    assert load_text(resolved_toml(config)) == config
    assert physics_keys(config)["action.fermion.1.representation"] == "adjoint"
    assert summary(config)["action"] == "wilson beta 2.25; wilson adjoint Nf 2 mass -0.9 boundary +++-"
    assert summary(config)["valence stag"].startswith("staggered adjoint Nf 1")
    assert not any("centre sector" in text for text in remarks(config))
    assert any("centre sector" in text for text in remarks(load_text(OTHER)))
    assert "representation" not in str(physics_keys(load_text(OTHER)))
    assert load_text(TEXT.replace("[update]", GUIDE + "mass = -0.8\n[update]")).guide.fermion[0] == (
        load_text(TEXT.replace("mass = -0.9", "mass = -0.8")).action.fermion[0]
    )


@pytest.mark.parametrize("text", [TEXT, SEXTET])
def test_what_is_cited(text):
    assert "DelDebbioPatellaPica2010" in used_by(load_text(text))
    assert "DelDebbioPatellaPica2010" not in used_by(load_text(OTHER.replace('\nrepresentation = "adjoint"', "")))


def test_sizes_follow_the_representation():
    """Exact determinants of 4^4 with 3 colours are those of 1536 rows, with 8 of 4096."""
    exact = changed(TEXT, "flavors = 2", 'flavors = 2\ndeterminant = "exact"')
    assert load_text(exact).action.fermion[0].determinant == "exact"
    (problem,) = problems_of(exact.replace('"SU(2)"', '"SU(3)"'))
    assert "matrices of 4096 rows" in problem.message
    small = TEXT.replace("[4, 4, 4, 4]", "[2, 2, 2, 2]") + "[observables.eigenvalues]\nnumber = 193\n"
    (problem,) = problems_of(small)
    assert problem.allowed.startswith("at most 192")


def test_odd_flavours_of_real_links_have_a_positive_determinant():
    exact = changed(TEXT, "flavors = 2", 'flavors = 1\ndeterminant = "exact"')
    assert load_text(exact).action.fermion[0].flavors == 1
    theta = exact.replace("mass = -0.9", "mass = -0.9\ntheta = [0, 0, 0, 0.3]")
    assert [p.path for p in problems_of(theta)] == ["action.fermion.1.flavors"]


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        (TEXT.replace('"adjoint"\n[update]', '"antisymmetric"\n[update]'), "action.fermion.1.representation",
         '"fundamental", "adjoint", "symmetric"'),
        (TEXT.replace('0.1\nrepresentation = "adjoint"', '0.1\nrepresentation = "antisymmetric"'),
         "valence.stag.representation", '"fundamental", "adjoint", "symmetric"'),
        (changed(TEXT, "mass = -0.9", "mass = -0.9\nchemical_potential = 0.1").split("[observables")[0],
         "action.fermion.1.chemical_potential", "none, or fundamental quarks"),
        (TEXT.replace("0.1\nrepresentation", '0.1\nimprovement = "hisq"\nrepresentation'), "valence.stag.improvement",
         "none, or fundamental quarks"),
        (TEXT.replace("0.1\nrepresentation", "0.1\ndiquark_source = 0.1\nrepresentation"),
         "valence.stag.diquark_source", "none, or fundamental quarks"),
        (TEXT.replace("[update]", GUIDE + 'representation = "symmetric"\n[update]'), "guide.fermion.1.representation",
         '"adjoint" as in action.fermion.1'),
        (OTHER.replace("[update]", GUIDE + 'representation = "adjoint"\n[update]'), "guide.fermion.1.representation",
         '"fundamental" as in action.fermion.1'),
        (TEXT + 'antiquark = "plain"\n', "observables.mesons.antiquark", "two quarks of one representation"),
        (TEXT + 'source = "wall"\n', "observables.mesons.source", '"noise_wall"'),
        (TEXT + 'source = "gaussian"\nape_steps = 2\n', "observables.mesons.ape_steps", "none, or links = "),
        (TEXT + 'source = "gaussian"\nhyp_steps = 2\n', "observables.mesons.hyp_steps", "none, or links = "),
        (SU3 + "[observables.baryons]\n", "observables.baryons", "fundamental quarks"),
        (TEXT + "[observables.quark_number]\n", "observables.quark_number", "quarks with theta"),
        (SU3 + '[observables.quark_loops]\nchannels = ["vector"]\n', "observables.quark_loops.channels", "scalar"),
        (TWIST.replace('[valence.stag]', '[valence.other]\nkind = "staggered"\nmass = 0.1\n[valence.stag]'),
         "valence.other", 'representation = "adjoint"'),
        (TWIST.replace('representation = "adjoint"\n[update]', "[update]").split("[observables")[0], "action.fermion",
         'representation = "adjoint"'),
    ],
)  # fmt: skip
def test_what_is_refused(text, key, allowed):
    (problem,) = problems_of(text)
    assert problem.path == key
    assert allowed in problem.allowed


MAJORANA = changed(TEXT, "flavors = 2", "flavors = 0.5\nspectrum = [0.01, 10]")


def test_half_a_flavour_is_a_majorana_quark():
    (fermion,) = load_text(MAJORANA).action.fermion
    assert (fermion.flavors, fermion.rational, fermion.pseudofermions) == (0.5, True, 1)
    assert summary(load_text(MAJORANA))["action"].endswith("adjoint Nf 0.5 (1 rational) mass -0.9 boundary +++-")
    (more,) = load_text(MAJORANA.replace("0.5", "2.5")).action.fermion
    assert (more.flavors, more.pseudofermions) == (2.5, 2)
    assert "CurciVeneziano1987" in used_by(load_text(MAJORANA))
    assert "CurciVeneziano1987" not in used_by(load_text(TEXT))
    assert load_text(TEXT.replace("flavors = 2", "flavors = 2.0")) == load_text(TEXT)
    config = load_text(MAJORANA + "[observables.reweighting]\nmethod = \"exact\"\nmass = -0.9\nmasses = [-0.8]\n")
    assert config.observables["reweighting"].flavors == 0.5
    assert load_text(resolved_toml(config)) == config
    exact = changed(TEXT, "flavors = 2", 'flavors = 0.5\ndeterminant = "exact"')
    assert [p.path for p in problems_of(exact)] == ["action.fermion.1.flavors"]  # the Pfaffian may be negative
    assert load_text(exact.replace("-0.9", "0.9")).action.fermion[0].flavors == 0.5


@pytest.mark.parametrize(
    "text",
    [
        MAJORANA.replace("SU(2)", "SU(3)").replace('"adjoint"\n[update]', '"symmetric"\n[update]'),
        MAJORANA.replace('representation = "adjoint"\n[update]', "[update]"),
        MAJORANA.replace("mass = -0.9", "mass = -0.9\ntheta = [0, 0, 0, 0.1]"),
        changed(TEXT, "flavors = 2", "flavors = 0.4"),
        changed(TEXT, "flavors = 2", "flavors = 0"),
        changed(TEXT, "flavors = 2", "flavors = true"),
        changed(TEXT, "flavors = 2", "flavors = 0.5").replace('"wilson"\nfl', '"staggered"\nfl').replace("-0.9", "0.9"),
    ],
)
def test_half_a_flavour_of_other_quarks_is_refused(text):
    (problem,) = problems_of(text)
    assert problem.path == "action.fermion.1.flavors"
    assert "half an odd one" in problem.allowed


@pytest.mark.parametrize("group", ["U(1)", "SU(6)"])
def test_groups_without(group):
    assert {p.path for p in problems_of(TEXT.replace("SU(2)", group))} >= {
        "action.fermion.1.representation", "valence.stag.representation",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        SU3,
        SEXTET,
        SEXTET + '[observables.quark_loops]\nchannels = ["vector"]\n',
        SEXTET + '[observables.quark_number]\nmethod = "noise"\n',
        TWIST,
        TEXT + "[observables.quark_number]\ntheta = [0, 0, 0, 0.3]\n",
        TEXT + 'source = "gaussian"\n',
        TEXT.replace('group = "SU(2)"', 'group = "SU(2)"\ntime = "open"').split("[observables.mesons")[0],
        TEXT.replace("[update]", GUIDE + 'links = "net"\n[[network.net.layer]]\nloops = ["plaquette"]\n[update]'),
        TEXT.replace('kind = "wilson"\nflavors', 'kind = "domain_wall"\nM5 = 1.8\nL5 = 4\nflavors').replace("-0", "0"),
    ],
)
def test_what_is_allowed(text):
    assert load_text(text)


def test_observables_from_python():
    """The rules hold where an observable is made by itself."""
    config = load_text(TEXT)
    quarks = quarks_of(config.action, config.valence)
    assert observable("mesons", {}, 4, quarks).fermion == "1"
    with pytest.raises(InvalidInputError, match="one representation"):
        observable("mesons", {"antiquark": "plain"}, 4, quarks)
