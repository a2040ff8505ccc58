"""Three-point functions: what a group, a lattice and a quark have, papers."""

import pytest
from config_samples import PURE_GAUGE_2D, VALENCE, problems_of

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.report.references.citations import used_by

LIGHT = '[valence.light]\nkind = "wilson"\nmass = 0.1\n'
FLAT = PURE_GAUGE_2D + LIGHT + "[observables.meson_currents]\n"
MESON = FLAT + "separations = [3]\n"
SU3 = PURE_GAUGE_2D.replace("[8, 8]", "[4, 4, 4, 8]").replace("U(1)", "SU(3)")
BARYON = SU3 + LIGHT + "[observables.baryon_currents]\nseparations = [3, 4]\n"
SMEARED = 'source = "gaussian"\nsmearing_width = 1.0\n'
SPIN = 'currents = ["axial"]\n'
CONSERVED = 'currents = ["conserved_time"]\n'
WALLS = MESON.replace('"wilson"', '"domain_wall"\nM5 = 0.9\nL5 = 4')
OVERLAP = MESON.replace('"wilson"', '"overlap"')
LINE = 'currents = ["vector_line"]\n'
AXIAL_LINE = 'currents = ["axial_line"]\nline_length = 2\n'
STRETCHED = 'kind = "wilson"\nanisotropy = 2.0'
HEAVY = '[valence.heavy]\nkind = "wilson"\nmass = 0.5\n'


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (FLAT, ".separations", "missing a list of 1 or more different entries"),
        (FLAT + "separations = [0]\n", ".separations", "found [0]"),
        (FLAT + "separations = [3, 8]\n", ".separations", "found 8 1 to 7, below the extent of time"),
        (MESON + SPIN, ".currents", 'found ["axial"]'),
        (MESON.replace('"wilson"', '"staggered"'), "", "found with staggered fermions a wilson, domain_wall"),
        (OVERLAP + CONSERVED, ".currents", 'found "conserved_time" with overlap fermions "scalar", "vector_time"'),
        (MESON + "momenta = [[5]]\n", ".momenta", "found [5] 1 numbers for each, from 0 to at most [4]"),
        (MESON + "momenta = [[1]]\n" + SMEARED, ".sink", 'found "point" "gaussian" with momenta'),
        (MESON + "theta = [0.3, 0]\n", ".theta", "found [0.3, 0.0] quarks without phases at the boundary"),
        (MESON + "theta = [0, 0.3]\n", ".theta", "found [0.0, 0.3] quarks without phases at the boundary"),
        (MESON + 'fermion = "light"\nantiquark = "heavy"\n' + HEAVY + "theta = [0.3, 0]\n", ".antiquark", "found [0.3"),
        (MESON + 'source = "noise_wall"\n', ".source", 'found "noise_wall"'),
        (MESON + "sources = 100\n", ".sources", "found 100 at most 64"),
        (MESON.replace("mass = 0.1", "mass = 0.1\ntwisted_mass = 0.1"), "", "found a fermion with twisted_mass"),
        (MESON.replace("[8, 8]", '[8, 8]\ntime = "open"'), "", 'given with lattice.time = "open"'),
        (MESON.replace("meson", "baryon"), "", 'found with U(1) group = "SU(3)"'),
        (BARYON.replace("SU(3)", "SU(2)"), "", 'found with SU(2) group = "SU(3)"'),
        (BARYON.replace('"wilson"', '"overlap"'), "", "found with overlap fermions"),
        (BARYON + SPIN + "momenta = [[1, 0, 0]]\n", ".momenta", 'found with "axial" no such key, or one of'),
        (BARYON + "boundary = [-1, 1, 1, -1]\n", ".boundary", "found [-1, 1, 1, -1] 1 in space"),
        (BARYON + SMEARED + "smearing_steps = 0\nape_steps = 2\nhyp_steps = 1\n", ".hyp_steps", "one of the two"),
        (MESON + "sink_momenta = [[5]]\n", ".sink_momenta", "found [5] 1 numbers for each, from 0 to at most [4]"),
        (MESON + LINE, ".line_length", 'missing beside "vector_line"'),
        (MESON + LINE + "line_length = 5\n", ".line_length", "found 5 at most half the extent, 4"),
        (MESON + LINE + 'line_length = 3\nline_axis = "y"\n', ".line_axis", 'found "y" "x"'),
        (MESON + "line_length = 3\n", ".line_length", 'without one of the currents "vector_line", "axial_line"'),
        (MESON + LINE + "line_length = 3\nmomenta = [[1]]\n", ".momenta", 'found with "vector_line" no such key'),
        (BARYON + AXIAL_LINE + 'polarization = ["x"]\n', ".polarization", 'found ["x"] with "axial_line" along z'),
        (BARYON + AXIAL_LINE + 'line_axis = "x"\n', ".polarization", 'found ["z"] with "axial_line" along x ["x"]'),
        (
            MESON.replace('kind = "wilson"', STRETCHED) + 'currents = ["momentum_fraction"]\n',
            ".currents",
            'found "momentum_fraction" with weights of the hops quarks whose hops count the same',
        ),
        (BARYON + 'polarization = ["t"]\n', ".polarization", 'found ["t"]'),
        (BARYON + 'combinations = ["strange"]\n', ".combinations", 'found ["strange"]'),
        (BARYON.replace("0.1", '0.1\nrepresentation = "symmetric"'), "", "symmetric quarks fundamental quarks"),
    ],
)
def test_refused_with_one_message(text, key, words):
    (problem,) = problems_of(text)
    assert problem.path.endswith(f"_currents{key}")
    assert words in f"{problem.message} {problem.allowed}"


COMPLETE = [MESON + CONSERVED + "momenta = [[1]]\n", WALLS + CONSERVED, BARYON + 'currents = ["tensor"]\n',
            BARYON + AXIAL_LINE + "sink_momenta = [[0, 0, 1]]\n"]  # fmt: skip


@pytest.mark.parametrize("text", COMPLETE)
def test_complete_inputs_are_read_again(text):
    config = load_text(text)
    assert load_text(resolved_toml(config)) == config


def test_options_outside_an_input():
    quark = load_text(MESON).valence["light"]
    assert observable("meson_currents", {"separations": [5]}, 2, {"1": quark}).separations == (5,)
    with pytest.raises(InvalidInputError, match="found with staggered fermions"):
        observable("meson_currents", {"separations": [5], "mass": 0.1}, 2)
    with pytest.raises(InvalidInputError, match="quarks without phases"):
        observable("baryon_currents", {"separations": [5], "theta": [0.0, 0.0, 0.0, 0.5]}, 4, {"1": quark})


def test_quarks_of_no_action_are_refused_in_three_dimensions():
    text = VALENCE.partition("[valence")[0].replace("[4, 4, 4, 4]", "[4, 4, 4]")
    assert problems_of(text + "[observables.meson_currents]\nmass = 0.1\nseparations = [1]\n")


def test_papers():
    every = 'currents = ["conserved_time"]\n[analyze]\nfit = ["x = summation(meson_current_conserved_time)"]\n'
    found = set(used_by(load_text(MESON.replace("[3]", "[3, 4]") + every)))
    assert {"MartinelliSachrajda1989", "KarstenSmit1981", "Maiani1987", "Capitani2012"} <= found
    found = set(used_by(load_text(BARYON + SMEARED)))
    assert {"MartinelliSachrajda1989", "GattringerLang2010", "Guesken1990"} <= found
    assert not {"KarstenSmit1981", "Maiani1987", "Capitani2012"} & found
    lines = 'currents = ["vector_line", "momentum_fraction"]\nline_length = 2\nsink_momenta = [[0, 0, 1]]\n'
    fit = '[analyze]\nfit = ["x = reduced_distribution(baryon_current_isovector_vector_line_s3_sink0_0_1, 1, 2)"]\n'
    assert {"Goeckeler1996", "Ji2013", "Radyushkin2017", "Orginos2017"} <= set(used_by(load_text(BARYON + lines + fit)))
