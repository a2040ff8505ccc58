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
        (BOX + LIGHT + "[observables.baryons]\n", "lattice.shape",
         "with wilson fermions"),
        (BOX + LIGHT + '[observables.vector_correlator]\nfermion = "light"\n', "lattice.shape",
         "with wilson fermions"),
        (BOX + "[guide.scalar]\nkappa = 0.2\n", "guide.scalar", "without [action.scalar]"),
        (BOX + "[deformation.x]\n", "deformation.x", "given with SU(3)"),
        (BOX + "[observables.condensate]\nmass = 0.1\nvectors = 0\n", "observables.condensate.vectors", "found 0"),
        (PURE_GAUGE_2D + "[observables.my_flow]\ninterval = 0.3\n", "observables.my_flow.interval",
         "observables.my_flow.time"),
        (PURE_GAUGE_2D + DEFORMED + 'smearing = "ape"\n', "observables.wilson_loop.smearing", "with a deformation"),
        (PURE_GAUGE_2D + DEFORMED + "spatial = true\n", "observables.wilson_loop.spatial", "with a deformation"),
        (PURE_GAUGE_2D + '[update.evolution]\nstart_beta = 1.0\nsteps = 2\nbetween = 1\nnetworks = ["net", "net"]\n'
         '[[network.net.layer]]\nloops = ["plaquette"]\n', "update.evolution.networks", 'no masked network "net"'),
        (BOX.replace("[4, 4, 8]", "[4, 4, 4, 8]") + '[observables.static_light]\nsource = "gaussian"\n',
         "observables.static_light", "found with staggered fermions"),
        (PURE_GAUGE_2D.replace("beta = 2.0", "beta = 2.0\nanisotropy = 2.0")
         + '[update.bias]\nvariable = "plaquette"\nrange = [0.1, 0.9]\nbins = 4\nfile = "x.h5"\n',
         "update.bias.variable", '"topological_charge"'),
        (PURE_GAUGE_2D.replace("2.0", "2026-01-01"), "action.gauge.beta", "found 2026-01-01"),
        (PURE_GAUGE_2D + "[[observables.polyakov]]\n", "observables.polyakov",
         "a second one [observables.PREFIX_polyakov]"),
    ],
)  # fmt: skip
def test_one_message(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message} {problem.allowed}"


def test_unknown_observables_are_told_once_what_is_allowed():
    """Who names tables freely, with a kind as in other tables, learns how a second one is called."""
    tables = '[observables.one]\nkind = "flow"\n[observables.two]\nkind = ["flow"]\n'
    one, two = problems_of(PURE_GAUGE_2D + tables)
    assert (one.path, one.suggestion) == ("observables.one", '"one_flow"')
    assert (two.path, two.suggestion) == ("observables.two", "")
    assert one.allowed.endswith("or PREFIX_ before one of these for a second table of it")
    assert two.allowed == "as for observables.one"
    for name in ("plaquette_late", "2nd"):  # with _flow behind they would be refused again
        (problem,) = problems_of(PURE_GAUGE_2D + f'[observables.{name}]\nkind = "flow"\n')
        assert problem.suggestion == ""
        assert problem.allowed.endswith("after PREFIX_: a letter, then letters, digits, _, and no observable in it")


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


WILSON = '[[action.fermion]]\nkind = "wilson"\nflavors = 2\nmass = 0.1\n'
WALLS = WILSON.replace("wilson", "domain_wall") + "M5 = 1.8\nL5 = 8\nb5 = 1.5\nc5 = 0.5\n"
FOUR = PURE_GAUGE_2D.replace("[8, 8]", "[4, 4, 4, 4]").replace("U(1)", "SU(3)")
GUIDE = "[guide]\n[guide.gauge]\nbeta = 1.5\n"
CONDENSATE = "[observables.condensate]\n"
LOOPS = '[valence.q]\nkind = "wilson"\nmass = 0.1\n[observables.quark_loops]\nfermion = "q"\nexact_vectors = 2\n'


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        # keys of another kind, and what rules say of the table
        (FOUR + WALLS.replace("domain_wall", "staggered"), "action.fermion.1.M5", "as do L5, b5, c5"),
        (FOUR + WALLS.replace("domain_wall", "overlap"), "action.fermion.1.M5", 'belongs to kind = "domain_wall"'),
        (FOUR + '[[action.fermion]]\nkind = "staggered"\nflavors = 4\nmass = 0.1\nhasenbusch = [0.05]\n' + GUIDE,
         "action.fermion.1.hasenbusch", "masses in rising order"),
        # tables that are misspelt, missing or none
        (FOUR.replace("[action.gauge]", "[actoin.gauge]") + GUIDE.replace("beta = 1.5\n", "") + CONDENSATE, "actoin",
         "unknown key"),
        (FOUR.split("[action")[0] + GUIDE + CONDENSATE, "action", "missing"),
        ("network = 3\n" + FOUR + WILSON + 'links = "net"\n', "network", "found 3"),
        # a lattice that others do not fit
        (FOUR.replace("[4, 4, 4, 4]", "[4, 4, 4]") + WILSON + "boundary = [1, 1, 1, -1]\n[observables.pion]\n",
         "lattice.shape", "with wilson fermions"),
        (FOUR.replace("[4, 4, 4, 4]", "[4, 4, 4.5, 4]") + WILSON.replace("2", "3") + "spectrum = [0.1, 9.0]\n",
         "lattice.shape", "found [4, 4, 4.5, 4]"),
        # what does not go with one key elsewhere
        (PURE_GAUGE_2D.replace("U(1)", "SU(3)") + "[deformation.a]\nspace = 2\n[deformation.b]\nspace = 2\n",
         "deformation.a", "given with SU(3)"),
        (FOUR + "[observables.higgs]\n[observables.higgs_correlator]\n", "observables.higgs", "no scalar field"),
        # a table that is measured by nobody, named twice; a key that another key needs
        (FOUR + '[analyze]\nfit = ["a = creutz(wilson_loop)", "V = potential(wilson_loop, 1, 1, 2)"]\n', "analyze.fit",
         "'a = creutz"),
        (FOUR + LOOPS + "loose_tolerance = -1\n", "observables.quark_loops.loose_tolerance", "found -1"),
        # tables that several name and nobody wrote
        (FOUR + "".join(f'[observables.{name}]\nlinks = "sm"\n' for name in ("plaquette", "energy", "polyakov")),
         "observables.plaquette.links", '"sm", which observables.energy.links, observables.polyakov.links have too'),
        (FOUR + WILSON + '[observables.pion]\nfermion = "q"\n[observables.mesons]\nfermion = "q"\n',
         "observables.pion.fermion", 'no fermion "q", which observables.mesons.fermion has too'),
        # two rules about one key
        (FOUR.replace('"u1"', '"u1"\ninitial = "twisted"').replace('"SU(3)"', '"SU(3)"\ntime = "open"'), "run.initial",
         "twisted"),
    ],
)  # fmt: skip
def test_consequences_are_left_out(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == path
    assert words in f"{problem.message} {problem.allowed}"
