"""One fault, one message, under the name of the table in which it is."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.rules.observables import at_table, wilson_loop_problems
from lqcdnn.errors import InputError

BOX = PURE_GAUGE_2D.replace("[8, 8]", "[4, 4, 8]").replace("U(1)", "SU(3)")
DEFORMED = '[observables.wilson_loop]\ndeformation = "x.h5"\n'
LIGHT = '[valence.light]\nkind = "wilson"\nmass = 0.1\n'


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (BOX + LIGHT + "[observables.baryons]\n", "lattice.shape", "with wilson fermions"),
        (BOX + LIGHT + '[observables.vector_correlator]\nfermion = "light"\n', "lattice.shape", "with wilson fermions"),
        (BOX + "[guide.scalar]\nkappa = 0.2\n", "guide.scalar", "without [action.scalar]"),
        (BOX + "[deformation.x]\n", "deformation.x", "given with SU(3)"),
        (BOX + "[observables.condensate]\nmass = 0.1\nvectors = 0\n", "observables.condensate.vectors", "found 0"),
        (PURE_GAUGE_2D + "[observables.my_flow]\ninterval = 0.3\n", "observables.my_flow.interval",
         "observables.my_flow.time"),
        (PURE_GAUGE_2D + DEFORMED + 'smearing = "ape"\n', "observables.wilson_loop.smearing", "with a deformation"),
        (PURE_GAUGE_2D + DEFORMED + "spatial = true\n", "observables.wilson_loop.spatial", "with a deformation"),
        (PURE_GAUGE_2D + '[update.evolution]\nstart_beta = 1.0\nsteps = 2\nbetween = 1\nnetworks = ["net", "net"]\n'
         '[[network.net.layer]]\nloops = ["plaquette"]\n', "update.evolution.networks", 'no masked network "net"'),
        (PURE_GAUGE_2D.replace("2.0", "2026-01-01"), "action.gauge.beta", "found 2026-01-01"),
    ],
)  # fmt: skip
def test_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message} {problem.allowed}"


def test_keys_are_missing_in_tables_that_may_be_there():
    """What is missing is told where nothing else is wrong with the table."""
    (problem,) = problems_of(PURE_GAUGE_2D + "[deformation.x]\nspace = 2\ntime = 2\n")
    assert (problem.path, problem.message) == ("deformation.x.configs", "missing")
    (found,) = at_table("observables.my_wilson_loop", "wilson_loop", wilson_loop_problems({"space": 9}, (4, 8)))
    assert found.path == "observables.my_wilson_loop.space"


def test_files_of_shifts_are_refused_under_the_name_of_their_table():
    from lqcdnn.measure.runner import measurements

    table = '[observables.far_wilson_loop]\ndeformation = "missing.h5"\n'
    with pytest.raises(InputError, match=r"observables\.far_wilson_loop\.deformation"):
        measurements(load_text(PURE_GAUGE_2D + table))
