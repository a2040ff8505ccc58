"""Valence quarks, the quark of an observable, several tables of an observable."""

import pytest
from config_samples import PURE_GAUGE_2D, VALENCE, changed, problems_of

from lqcdnn.config import from_tree, load_text, observable, physics_keys
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.observables import OBSERVABLES, observable_kind, prefix_of
from lqcdnn.config.tree import as_tree
from lqcdnn.report.references.citations import used_by

QUENCHED = PURE_GAUGE_2D + '[valence.light]\nkind = "wilson"\nmass = 0.1\n'
OBS = "[observables."
UP = '[valence.up]\nkind = "staggered"\nmass = 0.09\n[valence.light]'
WEIGHTS = '[observables.reweighting]\nfermion = "light"\nmethod = "exact"\n'
WEIGHED = VALENCE.replace("[valence.light]", UP) + '[observables.up_reweighting]\nfermion = "up"\n'
MULTIGRID = 'solver = "multigrid"\n'
HEAVY = '[valence.heavy]\nkind = "staggered"\nmass = 1.0\n'


def test_options_are_those_of_the_quark_that_is_named():
    config = load_text(VALENCE)
    light, walls = config.valence["light"], config.valence["walls"]
    assert (light.mass, light.csw, light.flavors, light.boundary) == (0.5 / 0.12 - 4, 0.0, 1, (1, 1, 1, -1))
    assert (light.solver, walls.solver, walls.b5, walls.c5, walls.csw) == ("cg", "mixed", 1.0, 0.0, None)
    found = config.observables
    assert (found["condensate"].fermion, found["condensate"].mass) == ("1", 0.1)
    assert (found["strange_condensate"].fermion, found["strange_condensate"].mass) == ("2", 0.5)
    assert (found["mesons"].mass, found["mesons"].boundary) == (light.mass, (1, 1, 1, -1))
    assert (found["walls_pion"].mass, found["walls_pion"].boundary) == (0.1, (1, 1, 1, 1))
    assert (found["reweighting"].mass, found["reweighting"].flavors) == (0.5, 1)


def test_the_chain_does_not_depend_on_what_is_measured():
    without = VALENCE[: VALENCE.index("[valence.light]")]
    assert physics_keys(load_text(VALENCE)) == physics_keys(load_text(without))


def test_the_only_valence_quark_is_the_default_without_fermions_in_the_action():
    assert load_text(QUENCHED + "[observables.mesons]\n").observables["mesons"].fermion == "light"
    reweighting = load_text(QUENCHED + '[observables.reweighting]\nmasses = [0.1]\nmethod = "exact"\n')
    options = reweighting.observables["reweighting"]
    assert (options.fermion, options.mass, options.flavors) == (None, None, None)  # a staggered field
    assert any("fermion names one" in remark for remark in remarks(reweighting))


def test_weights_of_a_valence_quark_bring_it_into_the_action():
    """Where it is named: they lead from no such quark to its mass."""
    quark = '[observables.reweighting]\nfermion = "light"\n'
    options = load_text(QUENCHED + quark + 'method = "exact"\n').observables["reweighting"]
    assert (options.mass, options.masses, options.flavors, options.boundary) == (None, (0.1,), 1, (1, -1))
    more = 'method = "exact"\nmasses = [0.3, 0.2]\nflavors = 2\nboundary = [1, 1]\n'
    options = load_text(QUENCHED + quark + more).observables["reweighting"]
    assert (options.mass, options.masses, options.flavors, options.boundary) == (None, (0.3, 0.2), 2, (1, 1))
    text = resolved_toml(load_text(QUENCHED + quark + more))
    assert load_text(text) == load_text(QUENCHED + quark + more)
    split = VALENCE.replace('[valence.light]', UP)
    weights = '[observables.up_reweighting]\nfermion = "up"\nmass = 0.1\n'
    options = load_text(split + weights).observables["up_reweighting"]  # one of two flavours gets another mass
    assert (options.mass, options.masses, options.flavors, options.method) == (0.1, (0.09,), 1, "noise")


KAON = VALENCE.replace('"light"\n', '"light"\nantiquark = "strange"\n')
STRANGE = '[valence.strange]\nkind = "wilson"\nmass = 0.7\n'


def test_the_antiquark_of_mesons_has_its_own_mass():
    config = load_text(KAON + STRANGE)
    found = config.observables["mesons"]
    assert (found.antiquark, found.antiquark_mass, found.boundary) == ("strange", 0.7, (1, 1, 1, -1))
    assert load_text(resolved_toml(config)) == config
    assert "mesons (every 1, fermion light, antiquark strange)" in summary(config)["observables"]
    assert not any("strange" in remark for remark in remarks(config))
    other = load_text(KAON.replace('"strange"\n', '"walls"\nboundary = [1, 1, 1, -1]\nantiquark_mass = 0.3\n'))
    assert (other.observables["mesons"].antiquark_mass, other.observables["mesons"].boundary[3]) == (0.3, -1)
    alone = load_text(VALENCE.replace('"light"\n', '"light"\nantiquark_mass = 0.3\n')).observables["mesons"]
    assert (alone.antiquark, alone.antiquark_mass) == (None, 0.3)
    plain = load_text(VALENCE).observables["mesons"]
    assert not {"antiquark", "antiquark_mass"} & set(as_tree(plain))  # complete inputs are what they were


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (KAON, "mesons.antiquark", 'no fermion "strange" "1", "2", "light", "walls"'),
        (KAON.replace('"strange"', '"2"'), "mesons.antiquark", 'found "2", staggered, beside wilson fermions two stag'),
        (KAON.replace('"strange"', '"walls"'), "mesons.boundary", "different ones, [1, 1, 1, -1] and [1, 1, 1, 1] the"),
        (KAON.replace('"strange"', "3"), "mesons.antiquark", "found 3 the name of a [valence.NAME] table"),
        (KAON.replace('"strange"', '"light"\nantiquark_mass = -4.5'), "mesons.antiquark_mass", "wilson fermions a num"),
        (KAON.replace("antiquark", "antiquak") + STRANGE, "mesons.antiquak", "unknown key"),
    ],
)
def test_antiquarks_refused_with_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == f"observables.{path}"
    assert words in f"{problem.message} {problem.allowed} {problem.suggestion}"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (QUENCHED + HEAVY + OBS + "pion]\n", "pion.fermion", 'there are 2 valence quarks "light", "heavy"'),
        (changed(VALENCE, '"light"', '"ligth"'), "mesons.fermion", '"1", "2", "light", "walls" "light"'),
        (changed(VALENCE, '"light"', '"3"'), "mesons.fermion", 'no fermion "3" "1", "2", "light", "walls"'),
        (changed(VALENCE, '"light"', "2"), "mesons.fermion", "found 2 the name of a [valence.NAME] table"),
        (VALENCE.replace('"2"\nmasses', '"light"\nmasses'), "reweighting.method", 'without a mass to start from'),
        (VALENCE.replace('"2"\nmasses', '"3"\nmasses'), "reweighting.fermion", '"1", "2", "light", "walls"'),
        (QUENCHED + WEIGHTS + "mass = 0.5\n", "reweighting.mass", "found 0.5 that of a fermion of the action with"),
        (QUENCHED + WEIGHTS + "masses = [-3]\n", "reweighting.masses", "with wilson fermions a number > -2"),
        (QUENCHED + WEIGHTS + "flavors = 129\n", "reweighting.flavors", "at most 128"),
        (QUENCHED + WEIGHTS.replace("light", "heavy"), "reweighting.fermion", 'no fermion "heavy" "light"'),
        (WEIGHED + "mass = 0.2\n", "up_reweighting.mass", "found 0.2"),
        (WEIGHED + "mass = 0.1\nflavors = 3\n", "up_reweighting.mass", "as many flavours"),
        (WEIGHED + "mass = 0.1\nboundary = [1, 1, 1, 1]\n", "up_reweighting.mass", "made without it"),
        (QUENCHED + OBS + "pion]\nmass = -2.5\n", "pion.mass", "with wilson fermions a number > -2"),
        (VALENCE + OBS + 'x_spectral_density]\nfermion = "walls"\n', "x_spectral_density", "domain_wall"),
        (QUENCHED + OBS + "a_wilson_loop]\nspace = 9\n", "a_wilson_loop.space", "at most 8"),
        (QUENCHED + OBS + "a_eigenvalues]\nnumber = 500\n", "a_eigenvalues.number", "at most 128"),
        (QUENCHED + OBS + "a_flow]\ninterval = 0.3\n", "a_flow.interval", "a fraction"),
        (QUENCHED + OBS + 'a_topological_charge]\ndefinition = "5li"\n', "a_topological_charge.definition", "geom"),
        (QUENCHED + OBS + "flow_plaquette]\n", "flow_plaquette", "after PREFIX_"),
        (QUENCHED + OBS + "strange]\n", "strange", "unknown key"),
    ],
)
def test_observables_refused_with_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == f"observables.{path}"
    assert words in f"{problem.message} {problem.allowed} {problem.suggestion}"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (QUENCHED.replace("light", "7"), "valence.7", "no number"),
        (QUENCHED + "csv = 1.0\n", "valence.light.csv", '"csw"'),
        (QUENCHED + "hasenbusch = [0.5]\n", "valence.light.hasenbusch", "unknown key"),
        (QUENCHED + "kappa = 0.2\n", "valence.light.kappa", "mass or kappa"),
        (QUENCHED + "boundary = [1, 1, 1, -1]\n", "valence.light.boundary", "2 entries"),
        (QUENCHED.replace("[8, 8]", "[4, 4, 4]"), "lattice.shape", "d = 2 or d = 4 with wilson"),
        (QUENCHED.replace("[8, 8]", "[7, 8]"), "lattice.shape", "even extents only with wilson"),
        (QUENCHED + HEAVY + 'solver = "bicgstab"\n', "valence.heavy.solver", "with staggered fermions"),
        (QUENCHED + HEAVY + MULTIGRID, "valence.heavy.solver", '"multigrid" with staggered fermions "cg", "mixed"'),
        (QUENCHED.replace("[8, 8]", "[2, 8]") + MULTIGRID, "valence.light.solver", "on [2, 8] extents of 4 and more"),
        (QUENCHED.replace("[8, 8]", "[6, 6]") + MULTIGRID, "valence.light.solver", "near 8: aggregates of 3x3"),
        (VALENCE.replace('"strange_condensate"]', '"a_condensate"]'), "analyze.observables", "is not measured"),
    ],
)
def test_refused_with_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message} {problem.allowed} {problem.suggestion}"


def test_no_two_tables_can_write_numbers_of_the_same_name():
    for kind in OBSERVABLES:
        assert observable_kind(kind) == kind
        assert (observable_kind(f"a_b1_{kind}"), prefix_of(f"a_b1_{kind}")) == (kind, "a_b1_")
        for inner in (*OBSERVABLES, "journal"):
            assert observable_kind(f"a_{inner}_b_{kind}") is None
            assert observable_kind(f"{inner}_{kind}") is None
    for name in ("_condensate", "1_condensate", "a-b_condensate", "acondensate", "condensate_a", "a__", ""):
        assert observable_kind(name) is None


def test_options_outside_an_input_file():
    quarks = load_text(VALENCE).valence
    assert observable("x_pion", {"fermion": "walls"}, 4, quarks).mass == 0.05
    with pytest.raises(InvalidInputError, match=r"observables\.pion\.fermion: missing"):
        observable("pion", {}, 4, quarks)
    with pytest.raises(InvalidInputError, match=r"observables\.a_flow\.interval"):
        observable("a_flow", {"interval": 0.3}, 4)


def test_summary_and_remarks():
    config = load_text(VALENCE)
    lines = summary(config)
    assert lines["valence light"] == "wilson Nf 1 kappa 0.12 boundary +++-"
    assert "strange_condensate (every 1, fermion 2)" in lines["observables"]
    assert "condensate (every 1)" in lines["observables"]
    assert not any("valence" in remark for remark in remarks(config))
    tree = as_tree(config)
    del tree["observables"]["mesons"]
    assert "valence.light: no observable is of this quark" in remarks(from_tree(tree))


def test_papers_are_those_of_the_quarks_that_are_measured():
    assert "SheikholeslamiWohlert1985" not in used_by(load_text(QUENCHED))
    clover = used_by(load_text(QUENCHED + "csw = 1.0\n[observables.condensate]\n[observables.a_energy]\n"))
    assert {"Wilson1977", "SheikholeslamiWohlert1985", "Luscher2010"} <= set(clover)
    assert "KogutSusskind1975" not in clover
    assert "KogutSusskind1975" in used_by(load_text(PURE_GAUGE_2D + "[observables.condensate]\nmass = 0.1\n"))
    mesons = QUENCHED.replace('"wilson"', '"staggered"') + "[observables.mesons]\n"
    assert {"KogutSusskind1975", "Golterman1986", "Altmeyer1993"} <= set(used_by(load_text(mesons)))
    assert "Golterman1986" not in used_by(load_text(QUENCHED + "[observables.mesons]\n"))
