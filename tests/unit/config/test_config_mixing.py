"""Four-quark operators between mesons: what a group, a lattice and quarks have."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.report.references.citations import used_by

LIGHT = '[valence.light]\nkind = "wilson"\nmass = 0.1\n'
HEAVY = '[valence.heavy]\nkind = "wilson"\nmass = 0.5\n'
BOX = PURE_GAUGE_2D.replace("[8, 8]", "[4, 4, 4, 8]").replace("U(1)", "SU(2)")
BARE = BOX + LIGHT + "[observables.meson_mixing]\n"
TABLE = BARE + "separations = [4, 6]\n"
FIT = '[analyze]\nfit = ["b = {}"]\n'


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (BARE, ".separations", "missing a list of 1 or more different entries"),
        (BARE + "separations = [1]\n", ".separations", "found [1]"),
        (BARE + "separations = [8]\n", ".separations", "found 8 1 to 7, below the extent of time"),
        (TABLE.replace('"wilson"', '"staggered"'), "", "found with staggered fermions a wilson, domain_wall"),
        (TABLE.replace("[4, 4, 4, 8]", "[8, 8]"), "", "found in d = 2 d = 4: in d = 2 VV + AA is 0"),
        (TABLE + "theta = [0.3, 0, 0, 0]\n", ".theta", "found [0.3, 0.0, 0.0, 0.0] quarks without phases"),
        (TABLE.replace("mass = 0.1", "mass = 0.1\ntwisted_mass = 0.1"), "", "found a fermion with twisted_mass"),
        (TABLE.replace("mass = 0.1", "mass = 0.1\nchemical_potential = 0.1"), "", "found a fermion with chemical_pot"),
        (TABLE.replace("mass = 0.1", "mass = 0.1\nmagnetic_flux = [1, 0, 0]"), "", "found with quarks in a field"),
        (TABLE.replace("mass = 0.1", 'mass = 0.1\nrepresentation = "adjoint"'), "", "adjoint quarks fundamental"),
        (TABLE.replace("mass = 0.1", "mass = 0.1\nanisotropy = 2.0"), "", "found with quarks whose hops have weights"),
        (TABLE.replace("[4, 4, 4, 8]", '[4, 4, 4, 8]\ntime = "open"'), "", 'given with lattice.time = "open"'),
        (TABLE + 'source = "point"\n', ".source", 'found "point" "noise_wall", "wall"'),
        (TABLE + 'source = "wall"\nvectors = 2\n', ".vectors", 'belongs to source = "noise_wall"'),
        (TABLE + 'antiquark = "strange"\n', ".antiquark", 'no fermion "strange"'),
        (TABLE + FIT.format("bag(meson_mixing_o1_s8, 2, 4)"), None, "no meson_mixing_o1_s8; there are meson_mixing_o1"),
        (TABLE + FIT.format("bag(meson_mixing_o1_s6, 2, 6)"), None, "FIRST and LAST must lie within 1 to 5"),
        (TABLE + FIT.format("bag(meson_mixing_o3_s6, 2, 4)"), None, "o3 has no bag parameter with SU(2)"),
        (TABLE + FIT.format("effective_bag(meson_mixing_pseudoscalar)"), None, "is no four-quark operator"),
    ],
)
def test_refused_with_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == ("analyze.fit" if path is None else f"observables.meson_mixing{path}")
    assert words in f"{problem.message} {problem.allowed}"


@pytest.mark.parametrize("options", ['antiquark = "heavy"\nvectors = 2\n', 'source = "wall"\ngauge_omega = 1.7\n'])
def test_complete_inputs_are_read_again(options):
    config = load_text(TABLE + 'fermion = "light"\n' + options + HEAVY)
    assert load_text(resolved_toml(config)) == config
    assert {"Allton1999", "Boyle2012"} <= set(used_by(config))


def test_options_outside_an_input():
    quark = load_text(TABLE).valence["light"]
    assert observable("meson_mixing", {"separations": [5]}, 4, {"1": quark}).noise == "z2"
    with pytest.raises(InvalidInputError, match="in d = 2 VV"):
        observable("meson_mixing", {"separations": [5]}, 2, {"1": quark})
    with pytest.raises(InvalidInputError, match="found with staggered fermions"):
        observable("meson_mixing", {"separations": [5], "mass": 0.1}, 4)
