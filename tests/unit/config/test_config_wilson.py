"""Wilson fermions in the input file: mass or kappa, csw, what is inherited and what is refused."""

import pytest
from input_head import head

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.language.synonyms import meant_value
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.fermions import FERMION_KINDS
from lqcdnn.config.tables.momentumspace import IN_MOMENTUM_SPACE
from lqcdnn.config.tables.observables import FERMIONIC
from lqcdnn.config.tree import chain_digest, physics_digest, physics_keys
from lqcdnn.measure.quarks.propagators import described
from lqcdnn.report.references.citations import used_by

INPUT = head([4, 4, 4, 4], "SU(3)", 5.7) + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
kappa = 0.141139
csw = 1.5
"""
GUIDE = "[[guide.fermion]]\n"


def problems_of(text):
    with pytest.raises(InvalidInputError) as caught:
        load_text(text)
    return [(p.path, f"{p.message}; {p.allowed}") for p in caught.value.problems]


def test_kappa_and_mass_are_the_same_thing():
    by_kappa = load_text(INPUT).action.fermion[0]
    assert by_kappa.mass == 0.5 / 0.141139 - 4
    assert (by_kappa.kappa, by_kappa.csw, by_kappa.rational) == (0.141139, 1.5, False)
    by_mass = load_text(INPUT.replace("kappa = 0.141139", "mass = -0.4")).action.fermion[0]
    assert (by_mass.mass, by_mass.kappa) == (-0.4, None)


def test_no_clover_term_unless_asked_for():
    assert load_text(INPUT.replace("csw = 1.5", "")).action.fermion[0].csw == 0.0


OTHER_R = INPUT.replace("csw", "r = 0.5\ncsw")


def test_wilson_parameter():
    """kappa = 1 / (2 (m + d r)); 1 changes nothing, digests included."""
    plain, other = load_text(INPUT), load_text(OTHER_R)
    assert (plain.action.fermion[0].r, other.action.fermion[0].r) == (1.0, 0.5)
    assert other.action.fermion[0].mass == 0.5 / 0.141139 - 2
    assert "r 0.5" in summary(other)["action"]
    assert "r 1" not in summary(plain)["action"]
    by_mass = OTHER_R.replace("kappa = 0.141139", "mass = -1.9")
    assert load_text(by_mass).action.fermion[0].mass == -1.9
    assert load_text(INPUT + GUIDE + "r = 2").guide.fermion[0].mass == 0.5 / 0.141139 - 8
    for text in (OTHER_R, by_mass, OTHER_R + GUIDE + "r = 1", INPUT + GUIDE + "r = 2"):
        config = load_text(text, overrides=["run.seed=1"])
        assert load_text(resolved_toml(config)) == config
    written = load_text(INPUT.replace("csw", "r = 1\ncsw"))
    assert written == plain
    # of this input before there was the key
    assert chain_digest(physics_keys(plain)) == "b5486d34e147e3a97dc9d58220bb00663b36936b5883082ff7d3e30badda1797"
    assert physics_digest(plain) == "324d2bc6d20b543553d10524a651fcfe68ad966a67a58394af8dc4af0355ef65"
    assert chain_digest(physics_keys(other)) != chain_digest(physics_keys(plain))
    assert physics_digest(other) != physics_digest(plain)


EXPONENTIAL = INPUT + 'clover = "exponential"\n'


def test_exponential_clover_term():
    """It is another chain; a guide has it, too, unless it says otherwise; absent it is linear, digests included."""
    plain, config = load_text(INPUT), load_text(EXPONENTIAL, overrides=["run.seed=1"])
    assert (plain.action.fermion[0].clover, plain.action.fermion[0].exponential_clover) == (None, False)
    assert config.action.fermion[0].exponential_clover
    assert load_text(resolved_toml(config)) == config
    assert "csw 1.5 exponential" in summary(config)["action"]
    assert "exponential" not in summary(plain)["action"]
    assert chain_digest(physics_keys(config)) != chain_digest(physics_keys(plain))
    assert meant_value("stabilised_wilson", FERMION_KINDS) == '"wilson" with csw and clover = "exponential"'
    assert "Francis2020" in used_by(config)
    assert "Francis2020" not in used_by(plain)
    for change, found in (("", True), ('clover = "linear"', False)):
        assert load_text(EXPONENTIAL + GUIDE + change).guide.fermion[0].exponential_clover is found
    assert "exponential" not in summary(load_text(EXPONENTIAL + GUIDE + "csw = 0.0"))["guide"]


def test_observables_record_the_form_of_the_clover_term():
    assert described("1", load_text(EXPONENTIAL).action.fermion[0])["clover"] == "exponential"
    assert "clover" not in described("1", load_text(INPUT + 'clover = "linear"\n').action.fermion[0])


def test_weights_begin_at_a_fermion_with_the_same_clover_term():
    light = INPUT.replace("kappa = 0.141139", "mass = 0.4")
    quark = '[valence.other]\nkind = "wilson"\nmass = 0.4\ncsw = 1.5\nflavors = 2\n'
    table = '[observables.reweighting]\nfermion = "other"\nmass = 0.4\nflavors = 2\nmasses = [0.5]\n'
    for term in ("", 'clover = "linear"\n'):
        load_text(light + quark + term + table)
    found = problems_of(light + quark + 'clover = "exponential"\n' + table)
    assert [path for path, _ in found] == ["observables.reweighting.mass"]


@pytest.mark.parametrize("change", ["", "kappa = 0.13", "mass = 0.2", "csw = 0.5"])
def test_guide(change):
    config = load_text(INPUT + GUIDE + change)
    guide = config.guide.fermion[0]
    name, _, value = change.partition(" = ")
    assert guide.kappa == (None if name == "mass" else float(value) if name == "kappa" else 0.141139)
    assert guide.mass == (float(value) if name == "mass" else 0.5 / guide.kappa - 4)
    assert guide.csw == (float(value) if name == "csw" else 1.5)


@pytest.mark.parametrize("text", [INPUT, INPUT + GUIDE + "mass = 0.3", INPUT.replace("kappa = 0.141139", "mass = 1")])
def test_the_complete_input_is_the_same_input(text):
    config = load_text(text, overrides=["run.seed=1"])
    assert load_text(resolved_toml(config)) == config


@pytest.mark.parametrize(
    ("old", "new", "path", "said"),
    [
        ("kappa = 0.141139", "", "action.fermion.1.mass", "missing"),
        ("kappa = 0.141139", "kappa = 0.12\nmass = 0.3", "action.fermion.1.kappa", "which is mass 0.166667; "
         "mass or kappa, one of the two; mass = 0.3 is kappa = 0.11627907"),
        ("kappa = 0.141139", "kappa = -0.12", "action.fermion.1.kappa", "a number > 0"),
        ("csw = 1.5", "r = 0", "action.fermion.1.r", "a number > 0"),
        ("kappa = 0.141139", "mass = -3\nr = 0.5", "action.fermion.1.mass", "a number > -2"),
        ("kappa = 0.141139", "kappa = 0.12\nmass = 0.3\nr = 2", "action.fermion.1.kappa", "mass or kappa, one"),
        ("kappa = 0.141139", "kappa = 1e-20", "action.fermion.1.kappa", "which is mass 5e19; a finite mass"),
        ("kappa = 0.141139", "mass = -4.0", "action.fermion.1.mass", "a number > -4"),
        ("[4, 4, 4, 4]", "[4, 4, 4, 3]", "lattice.shape", "even extents only with wilson fermions"),
        ("[4, 4, 4, 4]", "[4, 4, 4]", "lattice.shape", "d = 2 or d = 4 with wilson fermions"),
        ('kind = "wilson"\nflavors', 'kind = "staggered"\nflavors', "action.fermion.1.kappa", 'kind = "wilson"'),
        ("csw = 1.5", 'clover = "exponential"', "action.fermion.1.clover", "without csw; csw beside it"),
        ("csw = 1.5", 'csw = 1.5\nclover = "exp"', "action.fermion.1.clover", '"linear", "exponential"'),
    ],
)
def test_what_makes_no_sense_is_refused(old, new, path, said):
    found = problems_of(INPUT.replace(old, new))
    assert any(where == path and said in text for where, text in found), found


def test_another_kind_with_kappa_does_not_lack_a_mass():
    (found,) = problems_of(INPUT.replace('kind = "wilson"', 'kind = "clover"'))
    assert found[0] == "action.fermion.1.kind"


@pytest.mark.parametrize(("kappa", "mass"), [("1e-310", "inf"), ("1e308", "-4.0")])
def test_kappa_without_a_mass_is_refused(kappa, mass):
    text = INPUT.replace("0.141139", kappa) + GUIDE + "[observables.pion]\n"
    (found,) = problems_of(text)
    assert found[0] == "action.fermion.1.kappa"
    assert f", which is mass {mass}; a finite mass" in found[1]


THREE_POINT, FIXED = ("meson_currents", "meson_mixing", "baryon_currents"), "schroedinger_correlators"
"""With keys of their own; and between fixed links alone."""


@pytest.mark.parametrize("name", [name for name in FERMIONIC if name not in ("reweighting", FIXED)])
def test_masses_of_observables_have_the_range_of_the_operator(name):
    needed = {"separations": [2]} if name in THREE_POINT else {}
    table = f"[observables.{name}]\n" + "".join(f"{key} = {value}\n" for key, value in needed.items())
    light = INPUT.replace("kappa = 0.141139", "mass = -0.5")
    config = load_text(light + table, overrides=["run.seed=1"])
    assert config.observables[name].mass == -0.5
    assert load_text(resolved_toml(config)) == config
    fermion = config.action.fermion[0]
    assert observable(name, {"mass": -0.6} | needed, 4, {"1": fermion}).mass == -0.6
    for mass in (-4.0, -5.0):
        key = f"observables.{name}.mass"
        said = f"found {mass} with wilson fermions; a number > -4"
        assert problems_of(f"{light}{table}mass = {mass}\n") == [(key, said)]
        with pytest.raises(InvalidInputError, match="a number > -4"):
            observable(name, {"mass": mass} | needed, 4, {"1": fermion})


NOT_STAGGERED = (
    "reweighting", "baryons", "flowed_quarks", "static_light", "distillation", FIXED, *THREE_POINT, *IN_MOMENTUM_SPACE
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in FERMIONIC if name not in NOT_STAGGERED])
def test_masses_of_staggered_observables_are_not_negative(name):
    quenched = INPUT.partition("[[action.fermion]]")[0]
    (found,) = problems_of(f"{quenched}[observables.{name}]\nmass = -0.1\n")
    assert found == (f"observables.{name}.mass", "found -0.1 with staggered fermions; a number >= 0")


def test_a_wrong_mass_is_reported_where_it_stands_only():
    found = problems_of(INPUT.replace("kappa = 0.141139", "mass = -4.0") + "[observables.pion]\n")
    assert [path for path, _ in found] == ["action.fermion.1.mass"]
