"""Options of fluctuations of the quark number: quarks that have them, mu = 0, vectors enough for products."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError

QUARK = '[valence.light]\nkind = "{}"\nmass = 0.1\n'
TEXT = PURE_GAUGE_2D + QUARK.format("wilson") + "[observables.quark_fluctuations]\n"
SEA = '[[action.fermion]]\nkind = "staggered"\nflavors = 2\nmass = 0.1\n{}[valence'
SU2 = TEXT.replace("U(1)", "SU(2)").replace('"wilson"', '"staggered"')
LONG = '"staggered"\nimprovement = "hisq"'


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (TEXT + "order = 6\n", "observables.quark_fluctuations.order", "found 6 2 or 4"),
        (TEXT + "vectors = 3\n", "observables.quark_fluctuations.vectors", "found 3 at least order = 4"),
        (TEXT.replace('"wilson"', '"domain_wall"\nM5 = 1.5\nL5 = 4'), "observables.quark_fluctuations",
         "found with domain_wall"),
        (TEXT.replace('"wilson"', '"overlap"'), "observables.quark_fluctuations", "found with overlap"),
        (TEXT + "theta = [0.0, 0.5]\n", "observables.quark_fluctuations.theta", "those at mu = 0"),
        (TEXT.replace("[valence", SEA.format("theta = [0.0, 0.5]\n")) + 'fermion = "light"\n',
         "observables.quark_fluctuations", "without angles in time"),
        (TEXT.replace("[8, 8]", "[32, 32]") + 'method = "exact"\n', "observables.quark_fluctuations.method",
         "8192 solves, at most 4096"),
        (TEXT + 'method = "exact"\nvectors = 4\n', "observables.quark_fluctuations.vectors", "belongs to method"),
        (TEXT.replace('"U(1)"', '"U(1)"\ntime = "open"'), "observables.quark_fluctuations", "given with lattice.time"),
        (SU2.replace("mass = 0.1\n", "mass = 0.1\nchemical_potential = 0.2\n"), "observables.quark_fluctuations",
         "with chemical_potential"),
        (TEXT.replace("mass = 0.1\n", "mass = 0.1\nmagnetic_flux = [1]\n").replace("[8, 8]", "[8, 8, 8]")
         .replace('"wilson"', '"staggered"'), "observables.quark_fluctuations", "found with quarks in a field"),
    ],
)  # fmt: skip
def test_refused_with_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message} {problem.allowed}"


def test_defaults():
    config = load_text(SU2.replace('"staggered"', LONG))
    found = config.observables["quark_fluctuations"]
    assert (found.order, found.method, found.noise, found.vectors) == (4, "noise", "z4", 20)
    assert load_text(resolved_toml(config)) == config
    assert load_text(TEXT + "order = 2\nvectors = 2\n").observables["quark_fluctuations"].vectors == 2


def test_refused_outside_an_input_too():
    quarks = {"light": load_text(TEXT).valence["light"]}
    for options, words in (({"vectors": 3}, "at least order"), ({"theta": [0.0, 1.0]}, "mu = 0")):
        with pytest.raises(InvalidInputError, match=words):
            observable("quark_fluctuations", {"fermion": "light", **options}, 2, quarks)
