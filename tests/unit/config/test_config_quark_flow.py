"""Options of the gradient flow of quarks: quarks whose flow there is, flow times that end."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text, observable
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError

TEXT = PURE_GAUGE_2D + '[valence.light]\nkind = "wilson"\nmass = 0.1\n[observables.flowed_quarks]\n'
SU2 = TEXT.replace("U(1)", "SU(2)")
PATH = "observables.flowed_quarks"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (TEXT.replace('"wilson"', '"staggered"'), PATH, "found with staggered fermions"),
        (TEXT.replace('"wilson"', '"overlap"'), PATH, "found with overlap"),
        (SU2.replace("mass", 'representation = "adjoint"\nmass'), PATH, "found with adjoint quarks"),
        (TEXT + "theta = [0.5, 0.0]\n", f"{PATH}.theta", "the flow knows of none"),
        (TEXT.replace("mass = 0.1\n", "mass = 0.1\nmagnetic_flux = [1]\n").replace("magnetic", "electric"), PATH,
         "quarks in a field"),
        (TEXT + "interval = 0.3\n", f"{PATH}.interval", "a fraction of observables.flowed_quarks.time"),
        (TEXT + "interval = 0.0001\n", f"{PATH}.interval", "at most 1000"),
        (TEXT.replace("[8, 8]", "[8, 8, 8, 8]") + 'kind = "dbw2"\nstep = 0.1\n', f"{PATH}.step", 'for kind = "dbw2"'),
        (TEXT.replace('"U(1)"', '"U(1)"\ntime = "open"'), PATH, "given with lattice.time"),
        (SU2.replace("mass", "chemical_potential = 0.1\nmass"), PATH, "chemical_potential"),
    ],
)  # fmt: skip
def test_refused_with_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message} {problem.allowed}"


def test_defaults():
    config = load_text(TEXT)
    found = config.observables["flowed_quarks"]
    assert (found.kind, found.step, found.time, found.interval, found.vectors) == ("wilson", 0.02, 1.0, 0.1, 4)
    assert load_text(resolved_toml(config)) == config
    options = {"fermion": "light", "theta": [0.1, 0.0]}
    with pytest.raises(InvalidInputError, match="the flow knows of none"):
        observable("flowed_quarks", options, 2, {"light": config.valence["light"]})
