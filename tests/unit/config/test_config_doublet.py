"""Twisted mass quarks of different masses: the key mass_splitting, what it goes with and what not."""

import pytest
from config_samples import problems_of
from input_head import head

from lqcdnn.config import load_text, physics_keys
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

TEXT = head([8, 8], "U(1)", 2.0) + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = -0.1
twisted_mass = 0.3
mass_splitting = -0.2
[update]
kind = "hmc"
length = 1.0
steps = 10
[valence.strange]
kind = "wilson"
mass = -0.1
twisted_mass = 0.1
[observables.pion]
fermion = "strange"
"""
SPLIT = "mass_splitting = -0.2\n"
GUIDE = "[guide]\n[[guide.fermion]]\n"
STRANGE = 'fermion = "strange"\n'
SPECTRUM = "spectrum = [0.001, 30]\n"


def test_what_is_there():
    config = load_text(TEXT)
    (fermion,) = config.action.fermion
    assert (fermion.mass_splitting, fermion.rational, fermion.pseudofermions, fermion.spectrum) == (-0.2, True, 1, None)
    assert load_text(resolved_toml(config)) == config
    assert "twisted mass 0.3 mass splitting -0.2" in " ".join(str(summary(config)).split())
    assert physics_keys(config)["action.fermion.1.mass_splitting"] == -0.2
    assert {"FrezzottiRossi2004Doublet", "ChiarappaEtAl2007"} <= set(used_by(config))
    clover = load_text(TEXT.replace(SPLIT, SPLIT + "csw = 1.0\npseudofermions = 2\n" + SPECTRUM))
    assert clover.action.fermion[0].pseudofermions == 2


def test_a_guide_has_a_splitting_of_its_own():
    config = load_text(TEXT.replace("[update]", f"{GUIDE}mass_splitting = 0.25\n[update]"))
    assert config.guide.fermion[0].mass_splitting == 0.25


def test_none_is_equal_masses():
    (fermion,) = load_text(TEXT.replace("-0.2", "0.0")).action.fermion
    assert fermion.rational is False


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('kind = "wilson"\nflavors', 'kind = "staggered"\nflavors', "action.fermion.1.twisted_mass", "mass_splitting"),
        ("flavors = 2", "flavors = 1", "action.fermion.1.flavors", "2"),
        ("flavors = 2", "flavors = 4", "action.fermion.1.flavors", "2"),
        ("twisted_mass = 0.3\n", "", "action.fermion.1.mass_splitting", "below that of twisted_mass"),
        ("0.3", "0.2", "action.fermion.1.mass_splitting", "may be negative"),
        (SPLIT, "mass_splitting = 0.2999999999\n", "action.fermion.1.mass_splitting", "60 poles"),
        (SPLIT, SPLIT + "rational = false\n", "action.fermion.1.rational", "true, or left out"),
        (SPLIT, SPLIT + 'determinant = "exact"\n', "action.fermion.1.determinant", '"pseudofermions"'),
        (SPLIT, SPLIT + "csw = 1.0\n", "action.fermion.1.spectrum", "with a clover term"),
        (SPLIT, SPLIT + "hasenbusch = [1.0]\n", "action.fermion.1.hasenbusch", "found with mass_splitting"),
        (SPLIT, SPLIT + "hasenbusch_twisted_mass = [1.0]\n", "action.fermion.1.hasenbusch_twisted_mass",
         "found [1.0] with mass_splitting"),
        (SPLIT, SPLIT + 'solver = "bicgstab"\n', "action.fermion.1.solver", '"bicgstab" with mass_splitting'),
        (SPLIT, SPLIT + "start_vectors = 4\n", "action.fermion.1.start_vectors", "4 with mass_splitting"),
        ("[update]", GUIDE + "mass_splitting = 0.0\n[update]", "guide.fermion.1.mass_splitting", "other than 0"),
        ("[update]", GUIDE + "twisted_mass = 0.1\n[update]", "guide.fermion.1.mass_splitting", "0.1"),
        ("[update]", GUIDE + "csw = 1.0\n[update]", "guide.fermion.1.spectrum", "with a clover term"),
        (STRANGE, "", "observables.pion", "a quark without, such as one of [valence]"),
        ("pion]\n" + STRANGE, "condensate]\n", "observables.condensate", "mass_splitting"),
        ("pion]\n" + STRANGE, f'mesons]\n{STRANGE}antiquark = "1"\n', "observables.mesons", "an antiquark"),
        ("pion]\n" + STRANGE, "reweighting]\nmasses = [0.2]\n", "observables.reweighting", "mass_splitting"),
        ("twisted_mass = 0.1\n", "twisted_mass = 0.1\n" + SPLIT, "valence.strange.mass_splitting", "unknown key"),
    ],
)  # fmt: skip
def test_what_is_refused(old, new, path, words):
    assert old in TEXT
    (problem,) = problems_of(TEXT.replace(old, new, 1))
    assert problem.path == path
    assert words in problem.allowed + problem.message


def test_weights_are_not_those_of_a_doublet_with_the_same_twisted_mass():
    text = TEXT.replace("twisted_mass = 0.1", "twisted_mass = 0.3").replace("pion]", "reweighting]")
    text += "flavors = 2\nmass = -0.1\nmasses = [0.2]\n"
    load_text(text.replace(SPLIT, ""))
    (problem,) = problems_of(text)
    assert problem.path == "observables.reweighting.mass"
