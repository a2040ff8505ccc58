"""Options of mesons and baryons: smeared sources."""

import pytest
from config_samples import PURE_GAUGE_2D, VALENCE, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import summary
from lqcdnn.config.tree import as_tree
from lqcdnn.report.references.citations import used_by

MESONS = PURE_GAUGE_2D + '[valence.light]\nkind = "wilson"\nmass = 0.1\n[observables.mesons]\nsource = "gaussian"\n'
MESONS_4D = MESONS.replace("[8, 8]", "[4, 4, 4, 4]")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (MESONS + "smearing_steps = 4\n", "smearing_steps", "found 4 0, or at least (d - 1) smearing_width^2/2 = 4.5"),
        (MESONS + "ape_steps = 2\n", "ape_steps", "found 2 0 in d = 2"),
        (MESONS + "hyp_steps = 2\n", "hyp_steps", "found 2 no such key in d = 2"),
        (MESONS_4D + "ape_steps = 2\nhyp_steps = 1\n", "hyp_steps", "found 1 together with ape_steps = 2 one"),
        (MESONS.replace('"wilson"', '"staggered"'), "source", 'found "gaussian" with staggered fermions "point"'),
        (MESONS.replace('"gaussian"', '"point"\nsink = "gaussian"'), "sink", 'belongs to source = "gaussian"'),
        (MESONS + "smearing_widht = 4\n", "smearing_widht", "unknown key"),
        (MESONS + "momenta = [[1], [5]]\n", "momenta", "found [5] 1 numbers for each, from 0 to at most [4]"),
        (MESONS + "momenta = [[1, 0]]\n", "momenta", "found [1, 0] 1 numbers"),
        (MESONS + "momenta = [[-1]]\n", "momenta", "found [[-1]] a list of 1 or more different entries, each a list"),
        (MESONS + "momenta = [1]\n", "momenta", "found [1] a list"),
        (MESONS.replace("gaussian", "noise_wall") + "momenta = [[1]]\n", "momenta", "noise_wall"),
    ],
)
def test_refused_with_one_message(text, key, words):
    (problem,) = problems_of(text)
    assert problem.path == f"observables.mesons.{key}"
    assert words in f"{problem.message} {problem.allowed}"


def test_momenta_are_lists_of_lists():
    config = load_text(MESONS + "momenta = [[1], [2]]\n")
    assert config.observables["mesons"].momenta == ((1,), (2,))
    assert load_text(resolved_toml(config)) == config
    assert as_tree(config)["observables"]["mesons"]["momenta"] == [[1], [2]]


def test_keys_of_a_smeared_source_belong_to_it():
    config = load_text(MESONS)
    found = config.observables["mesons"]
    values = (found.smearing_width, found.smearing_steps, found.sink, found.ape_steps, found.ape_alpha)
    assert values == (3.0, 30, "point", 0, 0.5)
    assert load_text(resolved_toml(config)) == config
    point = as_tree(load_text(MESONS.replace('source = "gaussian"\n', "")).observables["mesons"])
    assert not {"smearing_width", "smearing_steps", "sink", "ape_steps", "ape_alpha"} & set(point)


def test_no_key_for_hyp_smearing_but_where_it_is_done():
    """Options of series measured without it stay what they were."""
    assert "hyp_steps" not in as_tree(load_text(MESONS))["observables"]["mesons"]
    config = load_text(MESONS_4D + "hyp_steps = 2\n")
    assert load_text(resolved_toml(config)) == config
    assert "HasenfratzKnechtli2001" in used_by(config)
    assert "HasenfratzKnechtli2001" not in used_by(load_text(MESONS_4D))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PURE_GAUGE_2D + "[observables.baryons]\nmass = 0.1\n", "found with U(1) group = "),
        (VALENCE + "[observables.baryons]\n", "found with staggered fermions a wilson or domain_wall fermion"),
        (VALENCE.replace("SU(3)", "SU(2)") + '[observables.baryons]\nfermion = "light"\n', "found with SU(2)"),
    ],
)
def test_no_baryons(text, words):
    (problem,) = problems_of(text)
    assert problem.path == "observables.baryons"
    assert words in f"{problem.message} {problem.allowed}"


BARYONS = VALENCE + '[observables.baryons]\nfermion = "light"\nstrange = "strange"\n'
STRANGE = '[valence.strange]\nkind = "wilson"\nmass = 0.7\n'


def test_the_strange_quark_of_baryons_has_its_own_mass():
    config = load_text(BARYONS + STRANGE)
    found = config.observables["baryons"]
    assert (found.strange, found.strange_mass, found.boundary) == ("strange", 0.7, (1, 1, 1, -1))
    assert load_text(resolved_toml(config)) == config
    assert "baryons (every 1, fermion light, strange quark strange)" in summary(config)["observables"]
    assert not any("strange" in remark for remark in remarks(config))
    assert {"LeinweberWoloshynDraper1991", "LeinweberDraperWoloshyn1992"} <= set(used_by(config))
    plain = load_text(BARYONS.replace('strange = "strange"\n', ""))
    assert not {"strange", "strange_mass"} & set(as_tree(plain)["observables"]["baryons"])  # inputs are what they were
    assert "LeinweberWoloshynDraper1991" not in used_by(plain)
    other = load_text(BARYONS.replace('"strange"\n', '"walls"\nboundary = [1, 1, 1, -1]\nstrange_mass = 0.3\n'))
    assert (other.observables["baryons"].strange_mass, other.observables["baryons"].boundary[3]) == (0.3, -1)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (BARYONS, ".strange", 'no fermion "strange" "1", "2", "light", "walls"'),
        (BARYONS.replace('strange = "strange"', 'strange = "2"'), ".strange", "beside wilson fermions two with spin"),
        (BARYONS.replace('"strange"', '"walls"'), ".boundary", "different ones, [1, 1, 1, -1] and [1, 1, 1, 1] the"),
        (BARYONS.replace('"strange"\n', '"light"\nstrange_mass = -4.5\n'), ".strange_mass", "wilson fermions a num"),
        (BARYONS.replace('strange = "strange"', "strange_mass = -4.5"), ".strange_mass", "wilson fermions a number"),
        (BARYONS + STRANGE + "theta = [0, 0, 0, 0.1]\n", ".strange", "with theta = [0.0, 0.0, 0.0, 0.1] quarks w"),
        (BARYONS + STRANGE + "magnetic_flux = [1, 0, 0]\n", "", "found with quarks in a field"),
        (BARYONS + STRANGE + "twisted_mass = 0.1\n", "", "found a strange quark with twisted_mass"),
        (BARYONS + STRANGE + 'representation = "symmetric"\n', "", "found with symmetric quarks fundamental quarks"),
        (BARYONS + '[valence.strange]\nkind = "overlap"\nmass = 0.1\n', "", "found with overlap fermions"),
    ],
)
def test_strange_quarks_refused_with_one_message(text, key, words):
    (problem,) = problems_of(text)
    assert problem.path == f"observables.baryons{key}"
    assert words in f"{problem.message} {problem.allowed}"


AVERAGED = VALENCE + '[observables.pion]\nfermion = "light"\n'
NOISY = VALENCE + '[observables.noisy_condensate]\nfermion = "light"\nmethod = "noise"\n'


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (AVERAGED + "sources = 100000\n", "sources", "found 100000 at most"),
        (AVERAGED + "sources = 0\n", "sources", "found 0"),
        (AVERAGED + "loose_tolerance = 1e-4\n", "loose_tolerance", "found 0.0001 together with sources"),
        (AVERAGED + "sources = 4\nexact_sources = 2\n", "exact_sources", "found 2 no such key without loose_tolerance"),
        (AVERAGED + "sources = 4\nloose_tolerance = 1e-11\n", "loose_tolerance", "found 1e-11 at least tolerance"),
        (AVERAGED + "sources = 4\nloose_tolerance = 0.5\n", "loose_tolerance", "found 0.5"),
        (AVERAGED + "sources = 2\nloose_tolerance = 1e-3\nexact_sources = 3\n", "exact_sources", "at most sources = 2"),
        (NOISY + "vectors = 2\nloose_tolerance = 1e-3\nexact_vectors = 3\n", "exact_vectors", "at most vectors = 2"),
        (NOISY + "exact_vectors = 3\n", "exact_vectors", "no such key without loose_tolerance"),
        (NOISY.replace("noise", "exact") + "loose_tolerance = 1e-3\n", "loose_tolerance", "belongs to method"),
    ],
)
def test_loose_solves_are_refused_with_one_message(text, key, words):
    (problem,) = problems_of(text)
    assert problem.path.endswith(f".{key}")
    assert words in f"{problem.message} {problem.allowed}"


def test_exact_solves_by_default():
    config = load_text(AVERAGED + "sources = 4\nloose_tolerance = 1e-3\n")
    assert config.observables["pion"].exact_sources == 1
    assert load_text(resolved_toml(config)) == config
    assert {"BlumIzubuchiShintani2013", "BaliCollinsSchaefer2010"} <= set(used_by(config))
    assert "BaliCollinsSchaefer2010" not in used_by(load_text(AVERAGED + "sources = 4\n"))
    assert load_text(NOISY + "vectors = 5\nloose_tolerance = 1e-3\n").observables["noisy_condensate"].exact_vectors == 2
    assert not {"sources", "exact_sources", "loose_tolerance"} & set(as_tree(load_text(AVERAGED)))
