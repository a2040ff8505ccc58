"""Rules between keys."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.remarks import remarks

SECOND_FERMION = '[[action.fermion]]\nkind = "staggered"\nflavors = 8\nmass = 0.5\n'
LOOPS = 'loops = ["plaquette", "polyakov_time"]'

# (line to replace, replacement, dotted key, part of message or of what is allowed)
BROKEN = [
    ("shape = [4, 4, 4, 4]", "shape = [4, 4, 3, 4]", "lattice.shape", "even extents only with staggered"),
    ("mass = 0.3", "mass = 0.3\nboundary = [1, 1, -1]", "action.fermion.1.boundary", "found 3 entries"),
    ("mass = 0.4", "mass = 0.4\nboundary = [1, 1, 1, 1]", "guide.fermion.1.boundary", "[1, 1, 1, -1] as in action"),
    ("shape = [4, 4, 4, 4]", "shape = [8, 8, 8, 12]", "observables.condensate.method", "a matrix of 6144 rows"),
    ("every = 10", "boundary = [1, -1]", "observables.condensate.boundary", "4 entries"),
    ("flavors = 4", "flavors = 2\nrational = false", "action.fermion.1.flavors", "4 or 8 staggered flavours in d = 4"),
    ("flavors = 4", "flavors = 9\npseudofermions = 2", "action.fermion.1.pseudofermions", "at least 3"),
    ("flavors = 4", "flavors = 2\nspectrum = [6.0, 1.0]", "action.fermion.1.spectrum", "lower bound first"),
    ("flavors = 4", 'flavors = 2\nsolver = "half"', "action.fermion.1.solver", '"half" with rational = true'),
    ("flavors = 4", 'flavors = 4\nimprovement = "naik"\nsolver = "half"', "action.fermion.1.solver", "of the group"),
    ("flavors = 4", "flavors = 2\nstart_vectors = 3", "action.fermion.1.start_vectors", "found 3 with rational"),
    ("flavors = 4", 'flavors = 2\nsolver = "bicgstab"', "action.fermion.1.solver", '"cg" or "mixed"'),
    ("flavors = 4", 'flavors = 4\nsolver = "bicgstab"', "action.fermion.1.solver", '"bicgstab" with staggered'),
    ("flavors = 4", 'flavors = 4\nsolver = "multigrid"', "action.fermion.1.solver", '"multigrid" is for valence'),
    ("mass = 0.4", 'mass = 0.4\nsolver = "multigrid"', "guide.fermion.1.solver", '"multigrid" is for valence'),
    ("mass = 0.4", 'mass = 0.4\nsolver = "bicgstab"', "guide.fermion.1.solver", '"bicgstab" with staggered'),
    ("flavors = 4", "flavors = 4\nmd_error = 1e-6", "action.fermion.1.md_error", "belongs to rational = true"),
    ("mass = 0.4", "mass = 0.4\nrational = true", "guide.fermion.1.rational", "false as in action.fermion.1"),
    ("mass = 0.4", "mass = 0.4\nflavors = 8", "guide.fermion.1.flavors", "4 as in action.fermion.1"),
    ("[[guide.fermion]]", SECOND_FERMION + "[[guide.fermion]]", "guide.fermion", "2, one for each [[action.fermion]]"),
    ('links = "net"', 'links = "nett"', "guide.fermion.1.links", 'no network "nett"'),
    ("[[network", "[[guide.fermion]]\nmass = 0.6\n[[network", "guide.fermion", "1, one for each [[action.fermion]]"),
    ("mass = 0.4", "mass = 0.4\nkind = 'wilson'", "guide.fermion.1.kind", '"staggered" as in action.fermion.1'),
    (LOOPS, 'loops = ["plaquette", "polyakov_time", "polyakov_t"]', "network.net.layer.1.loops", "same loop"),
    (LOOPS, 'loops = ["polyakov_space", "polyakov_y"]', "network.net.layer.1.loops", '"polyakov_space" contains'),
    (LOOPS, LOOPS + "\ninitial = [0.1]", "network.net.layer.1.initial", "2 numbers, one for each loop"),
    (LOOPS, LOOPS + "\nattention = 0", "network.net.layer.1.attention", "1 to 64"),
    (LOOPS, LOOPS + "\nattention = 4", "network.net.layer.1.attention", "1 to 3, less than the smallest extent"),
    (LOOPS, LOOPS + "\nattention = 3\ninitial = [0.1]", "network.net.layer.1.initial", "or 8: query, key, value"),
    (LOOPS, 'kind = "hex"\ninitial = [0.1, 0.1]', "network.net.layer.1.initial", "3 numbers, one for each level"),
    (LOOPS, LOOPS + '\nkind = "hex"', "network.net.layer.1.loops", 'kind = "loops"'),
    (LOOPS, 'kind = "hex"\nattention = 1', "network.net.layer.1.attention", 'kind = "loops"'),
    (LOOPS, "", "network.net.layer.1.loops", "missing"),
    (LOOPS, 'kind = "hyp"', "network.net.layer.1.kind", '"loops", "hex"'),
    ("mass = 0.3", "mass = 0.3\ncoefficient = 1.1", "action.fermion.1.coefficient", "of a [[guide.fermion]]"),
    ("mass = 0.4", "mass = 0.4\ncoefficient = 0", "guide.fermion.1.coefficient", "a number > 0"),
    ("rate = 1e-7", "rate = 1e-7\nnetwork = 'nat'", "train.network", 'no network "nat"'),
    ("rate = 1e-7", "rate = 1e-7\nbatch = 101", "train.batch", "at most train.trajectories = 100"),
    ("steps = 12", "steps = 12\naccept_first = 1", "update.accept_first", "found 1; 0 to run.thermalization = 0"),
    ("[train]", "[analyze]\nobservables = ['polyakov']\n[train]", "analyze.observables", '"polyakov" is not measured'),
    ("[train]", "[analyze]\nderive = ['q = open(x)']\n[train]", "analyze.derive", "there is no function 'open'"),
    ("[train]", "[analyze]\nderive = ['q = V', 'q = N']\n[train]", "analyze.derive", "'q' is defined twice"),
    ("[train]", "[analyze]\nfit = ['m = cosh(pion)']\n[train]", "analyze.fit", "cosh(SERIES, FIRST, LAST"),
    ("[train]", "[analyze]\nfit = ['cosh']\n[train]", "analyze.fit", "NAME = KIND(SERIES, NUMBERS)"),
    (
        "steps = 12",
        "[[update.level]]\nterms = ['fermion']\nsteps = 3",
        "update.level",
        'no level has "gauge"',
    ),
    (
        "steps = 12",
        "[[update.level]]\nterms = ['gauge', 'fermion', 'fermion.2']\nsteps = 3",
        "update.level.1.terms",
        'no action term "fermion.2"',
    ),
    (
        "steps = 12",
        "[[update.level]]\nterms = ['gauge', 'fermion']\nsteps = 3\n[[update.level]]\nterms = ['gauge']\nsteps = 2",
        "update.level.2.terms",
        "already on another level",
    ),
    (
        "steps = 12",
        "[[update.level]]\nterms = ['gauge', 'fermion', 'fermion.1']\nsteps = 3",
        "update.level.1.terms",
        "already on another level",
    ),
    (
        "steps = 12",
        "steps = 12\n[[update.level]]\nterms = ['gauge', 'fermion']\nsteps = 3",
        "update.steps",
        "given together with [[update.level]]",
    ),
]


@pytest.mark.parametrize(("old", "new", "path", "part"), BROKEN, ids=lambda item: str(item)[:30])
def test_one_broken_rule_is_one_problem(old, new, path, part):
    found = problems_of(changed(SLHMC, old, new))
    assert [problem.path for problem in found] == [path]
    assert part in f"{found[0].message}; {found[0].allowed}"


def test_what_is_accepted_whatever_dh_is_belongs_to_the_thermalization():
    text = changed(changed(SLHMC, "trajectories = 50", "trajectories = 50\nthermalization = 20"),
                   "steps = 12", "steps = 12\naccept_first = 20")
    assert load_text(text).update.accept_first == 20
    assert any(remark.startswith("update.accept_first: takes all") for remark in remarks(load_text(text)))
    some = load_text(changed(text, "accept_first = 20", "accept_first = 19"))
    assert not any("accept_first" in remark for remark in remarks(some))
    assert load_text(PURE_GAUGE_2D).update.accept_first == 0
    online = problems_of(changed(text, "[train]", "[train]\nthermalization = 19"))
    assert [(p.path, p.message) for p in online] == [("update.accept_first", "found 20")]
    assert online[0].allowed.startswith("0 to train.thermalization = 19")
    offline = changed(text, "[train]", "[train]\nmode = 'offline'\nconfigs = ['a/*.h5']")
    assert load_text(offline).update.accept_first == 20
    for bad in ("-1", "1.5", "true"):
        (wrong,) = problems_of(changed(text, "accept_first = 20", f"accept_first = {bad}"))
        assert (wrong.path, wrong.allowed) == ("update.accept_first", "an integer >= 0")
    (tuned,) = problems_of(changed(text, "steps = 12", "tune = true\nsteps = 12"))
    assert tuned.path == "update.tune"
    assert "update.accept_first = 20 takes all of the thermalization" in tuned.message


def test_more_sites_than_tables_can_number():
    found = problems_of(changed(SLHMC, "shape = [4, 4, 4, 4]", "shape = [512, 512, 512, 18]"))
    assert found[0].path == "lattice.shape"
    assert found[0].allowed == "at most 2147483648 sites"


@pytest.mark.parametrize("name", ["thin", "a b", "ä", ""])
def test_names_of_networks(name):
    text = PURE_GAUGE_2D + f'[[network."{name}".layer]]\nloops = ["plaquette"]\n'
    assert [problem.path for problem in problems_of(text)] == [f"network.{name}"]


def test_a_wrong_boundary_is_reported_where_it_stands_only():
    text = changed(SLHMC, "mass = 0.3", "mass = 0.3\nboundary = [1, -1]")
    assert [problem.path for problem in problems_of(text)] == ["action.fermion.1.boundary"]


def test_missing_network_is_suggested():
    text = changed(SLHMC, "[[network.net.layer]]", "[[network.other.layer]]")
    found = {problem.path: problem for problem in problems_of(text)}
    assert found["guide.fermion.1.links"].suggestion == "to add [network.net]"
    assert list(found) == ["guide.fermion.1.links"]


def test_training_needs_a_network_that_the_guide_sees():
    text = changed(SLHMC, 'links = "net"', "")
    assert [problem.path for problem in problems_of(text)] == ["train.network"]
    text = changed(SLHMC, "mass = 0.3", 'mass = 0.3\nlinks = "net"')
    found = problems_of(text)
    assert [problem.path for problem in found] == ["train.network"]
    assert "part of the exact action" in found[0].message
    assert [p.path for p in problems_of(PURE_GAUGE_2D + "[train]\nrate = 1\ntrajectories = 1\n")] == ["train.network"]


def test_training_of_one_of_two_networks_must_name_it():
    two = changed(SLHMC, LOOPS, LOOPS + "\n[[network.b.layer]]\nloops = ['chair']")
    assert [(p.path, p.message) for p in problems_of(two)] == [("train.network", "missing")]
    config = load_text(changed(two, "rate = 1e-7", "rate = 1e-7\nnetwork = 'net'"))
    assert config.train is not None
    assert config.train.network == "net"


@pytest.mark.parametrize(
    ("dims", "loop", "allowed"),
    [
        (2, "polyakov_x", True),
        (2, "polyakov_t", True),
        (2, "polyakov_y", False),
        (2, "polyakov_z", False),
        (2, "chair", False),
        (2, "rectangle", True),
        (3, "polyakov_y", True),
        (3, "polyakov_z", False),
        (3, "chair", True),
        (4, "polyakov_z", True),
        (4, "polyakov_space", True),
    ],
)
def test_loops_that_exist(dims, loop, allowed):
    text = PURE_GAUGE_2D.replace("[8, 8]", str([8] * dims))
    text += f'[[network.n.layer]]\nloops = ["{loop}"]\n'
    if allowed:
        load_text(text)
    else:
        assert [problem.path for problem in problems_of(text)] == ["network.n.layer.1.loops"]


@pytest.mark.parametrize(("dims", "flavors"), [(2, (2, 4)), (3, (2, 4)), (4, (4, 8))])
def test_staggered_flavours(dims, flavors):
    for number in range(1, 10):
        text = PURE_GAUGE_2D.replace("[8, 8]", str([8] * dims))
        text += f"[[action.fermion]]\nkind = 'staggered'\nmass = 1\nflavors = {number}\n"
        fermion = load_text(text).action.fermion[0]
        assert fermion.boundary == (*(1,) * (dims - 1), -1)
        assert fermion.rational == (number not in flavors)
        assert fermion.pseudofermions == (-(-number // flavors[0]) if fermion.rational else None)
        if fermion.rational:
            assert [p.path for p in problems_of(text + "rational = false\n")] == ["action.fermion.1.flavors"]
        forced = load_text(text + "rational = true\npseudofermions = 5\n").action.fermion[0]
        assert (forced.pseudofermions, forced.action_error, forced.md_error) == (5, 1e-14, 1e-8)


def test_rational_needs_a_spectrum_above_zero():
    text = PURE_GAUGE_2D + "[[action.fermion]]\nkind = 'staggered'\nmass = 0.0\nflavors = 1\n"
    assert [problem.path for problem in problems_of(text)] == ["action.fermion.1.mass"]
    assert load_text(text + "spectrum = [1e-4, 5]\n").action.fermion[0].spectrum == (1e-4, 5.0)


@pytest.mark.parametrize("fields", ["", "pseudofermions = 64\n"])
def test_flavours_that_the_largest_number_of_fields_can_share(fields):
    text = f"{PURE_GAUGE_2D}[[action.fermion]]\nkind = 'staggered'\nmass = 1\n{fields}flavors = "
    assert load_text(f"{text}127\n").action.fermion[0].pseudofermions == 64
    for flavors in (129, 10**9, 10**400):
        (found,) = problems_of(f"{text}{flavors}\n[guide]\n")
        assert found.path == "action.fermion.1.flavors"
        assert found.allowed == "at most 128, in 64 fields"


FRACTION = "[[action.fermion]]\nkind = 'staggered'\nflavors = 1\n"


@pytest.mark.parametrize(
    ("keys", "key", "range_"),
    [
        ("mass = 1e-10", "mass", "[1e-20, 4]"),
        ("mass = 1e-200", "mass", "[0, 4]"),
        ("mass = 0.1\nspectrum = [1e-200, 1e200]", "spectrum", "[1e-200, 1e+200]"),
        ("mass = 0.1\nspectrum = [1e-25, 5.0]\naction_error = 1e-12", "spectrum", "[1e-25, 5]"),
    ],
)
def test_approximations_of_too_many_poles_are_refused(keys, key, range_):
    (found,) = problems_of(f"{PURE_GAUGE_2D}{FRACTION}{keys}\n")
    assert found.path == f"action.fermion.1.{key}"
    assert found.message.endswith(f": more than 60 poles on {range_}")
    (found,) = problems_of(f"{PURE_GAUGE_2D}{FRACTION}{keys}\n[guide]\n")
    assert found.path == f"action.fermion.1.{key}"


@pytest.mark.parametrize(
    ("keys", "key", "allowed"),
    [
        ("mass = 1e9", "mass", "at most 2e+07 with rational = true, or spectrum given"),
        ("mass = 1\nspectrum = [1, 1.000000000000002]", "spectrum", "an upper bound above 1 + 1e-14 times the lower"),
    ],
)
def test_spectra_too_narrow_for_double_precision_are_refused(keys, key, allowed):
    for guide in ("", "[guide]\n"):
        (found,) = problems_of(f"{PURE_GAUGE_2D}{FRACTION}{keys}\n{guide}")
        assert (found.path, found.allowed) == (f"action.fermion.1.{key}", allowed)
    assert load_text(f"{PURE_GAUGE_2D}{FRACTION}mass = 1e7\n").action.fermion[0].mass == 1e7
    assert load_text(f"{PURE_GAUGE_2D}{FRACTION}mass = 1e9\nspectrum = [9e17, 1.1e18]\n")


def test_keys_of_other_variants_are_refused_without_rational():
    for key in ("pseudofermions = 1", "action_error = 1e-12", "spectrum = [0.1, 5]"):
        found = problems_of(changed(SLHMC, "flavors = 4", f"flavors = 4\n{key}"))
        assert [problem.path for problem in found] == [f"action.fermion.1.{key.split()[0]}"]


@pytest.mark.parametrize(
    ("group", "allowed"), [("U(1)", False), ("SU(2)", True), ("SU(3)", False), ("SU(4)", True), ("SU(7)", False)]
)
def test_twisted_start_needs_minus_one_in_the_centre_of_su_n(group, allowed):
    text = changed(PURE_GAUGE_2D, 'group = "U(1)"', f'group = "{group}"')
    text = text.replace("trajectories = 10", 'trajectories = 10\ninitial = "twisted"')
    if allowed:
        load_text(text)
    else:
        assert [problem.path for problem in problems_of(text)] == ["run.initial"]


@pytest.mark.parametrize(
    ("options", "key", "part"),
    [
        ("time = 1e308", "time", "at most 10000000 times step = 0.02"),
        ("step = 1e-300", "time", "at most 10000000 times step = 1e-300"),
        ("interval = 1e-310", "interval", "at most 100000 of them"),
        ("interval = 0.3", "interval", "a fraction of observables.flow.time"),
        ("kind = 'dbw2'\nstep = 0.025", "step", "at most 0.02445 for kind = \"dbw2\" in d = 2, or integrator"),
    ],
)
def test_flows_end_at_a_time_that_is_measured(options, key, part):
    (found,) = problems_of(PURE_GAUGE_2D + f"[observables.flow]\n{options}\n")
    assert found.path == f"observables.flow.{key}"
    assert part in found.allowed


def test_named_flows_end():
    (found,) = problems_of(PURE_GAUGE_2D + "[flow.long]\ntime = 1e308\n")
    assert (found.path, found.message) == ("flow.long.time", "found 1e308")


def test_named_flows_are_stable():
    flow = "[flow.smooth]\ntime = 1.0\nkind = 'dbw2'\n"
    (found,) = problems_of(PURE_GAUGE_2D + flow + "step = 0.03\n")
    assert (found.path, found.message) == ("flow.smooth.step", "found 0.03")
    load_text(PURE_GAUGE_2D + flow + "step = 0.03\nintegrator = 'adaptive'\n")
    load_text(PURE_GAUGE_2D + flow)


WILSON_2D = PURE_GAUGE_2D + "[[action.fermion]]\nkind = 'wilson'\nflavors = 2\nmass = 0.1\n"
WALLS_2D = WILSON_2D.replace("'wilson'", "'domain_wall'\nM5 = 0.9\nL5 = 8")
SPECTRUM = "[observables.spectral_density]\nmethod = 'exact'\n"
WEIGHTS = "[observables.reweighting]\nmasses = [0.2]\nmethod = 'exact'\n"


@pytest.mark.parametrize(
    ("text", "table", "shape", "larger", "rows"),
    [
        (PURE_GAUGE_2D, SPECTRUM, [16, 48], [16, 50], 400),
        (WILSON_2D, SPECTRUM, [12, 16], [14, 16], 448),
        (PURE_GAUGE_2D, WEIGHTS, [64, 128], [64, 130], 4160),
        (WILSON_2D, WEIGHTS, [64, 64], [64, 66], 4224),
        (WALLS_2D, WEIGHTS, [16, 32], [16, 34], 4352),
    ],
)
def test_exact_methods_are_for_small_matrices(text, table, shape, larger, rows):
    text = changed(text, "[8, 8]", str(shape)) + table
    load_text(text)
    (found,) = problems_of(changed(text, str(shape), str(larger)))
    assert found.path == f"{table[1:].partition(']')[0]}.method"
    assert f"a matrix of {rows} rows" in found.allowed


@pytest.mark.parametrize(("text", "every"), [(PURE_GAUGE_2D, 2), (WILSON_2D, 8), (WALLS_2D, 64)])
def test_no_more_eigenvalues_than_there_are(text, every):
    text = changed(text, "[8, 8]", "[2, 2]") + "[observables.eigenvalues]\nnumber = "
    load_text(f"{text}{every}\n")
    (found,) = problems_of(f"{text}{every + 1}\n")
    assert (found.path, found.allowed) == ("observables.eigenvalues.number", f"at most {every}, all of this operator")


@pytest.mark.parametrize("maximum", ["1e200", "1e-300", "0"])
def test_bins_of_a_spectral_density_whose_squares_are_no_doubles(maximum):
    (found,) = problems_of(f"{PURE_GAUGE_2D}{SPECTRUM}maximum = {maximum}\n")
    assert (found.path, found.allowed) == ("observables.spectral_density.maximum", "a number >= 1e-10 and <= 1e+10")


def test_no_spectral_density_of_domain_walls():
    (found,) = problems_of(WALLS_2D + "[observables.spectral_density]\n")
    assert found.path == "observables.spectral_density"


def test_odd_extents_are_fine_without_fermions():
    assert load_text(changed(PURE_GAUGE_2D, "[8, 8]", "[5, 3]")).lattice.shape == (5, 3)


def test_condensate_without_fermions_needs_a_mass():
    text = PURE_GAUGE_2D + "[observables.condensate]\n"
    assert [(p.path, p.message) for p in problems_of(text)] == [("observables.condensate.mass", "missing")]
    assert load_text(text + "mass = 0.1\n").observables["condensate"].boundary == (1, -1)


def test_levels_are_written_out():
    text = changed(SLHMC, '[[guide.fermion]]\nmass = 0.4\nlinks = "net"', SECOND_FERMION)
    text = changed(text, "[train]\ntrajectories = 100\nrate = 1e-7\n", "")
    levels = "[[update.level]]\nterms = ['fermion']\nsteps = 3\n[[update.level]]\nterms = ['gauge']\nsteps = 2\n"
    config = load_text(changed(text, "steps = 12\n", levels + "integrator = 'omelyan'\n"))
    assert [level.terms for level in config.levels] == [("fermion.1", "fermion.2"), ("gauge",)]
    assert config.levels[0].lambda_ is None
    assert config.levels[1].lambda_ == pytest.approx(0.19318, abs=1e-5)
    assert (config.update.steps, config.update.integrator, config.update.lambda_) == (None, None, None)
    assert config.terms == ("gauge", "fermion.1", "fermion.2")


def test_a_network_may_be_part_of_the_exact_action():
    text = changed(SLHMC, "[train]\ntrajectories = 100\nrate = 1e-7\n", "")
    text = changed(text, "mass = 0.3", 'mass = 0.3\nlinks = "net"')
    assert load_text(text).action.fermion[0].links == "net"


def test_one_wilson_flavour_needs_a_spectrum():
    text = PURE_GAUGE_2D + "[[action.fermion]]\nkind = 'wilson'\nmass = 0.1\nflavors = 1\n"
    found = problems_of(text)
    assert [problem.path for problem in found] == ["action.fermion.1.spectrum"]
    fermion = load_text(text + "spectrum = [1e-3, 10]\n").action.fermion[0]
    assert (fermion.rational, fermion.pseudofermions, fermion.spectrum) == (True, 1, (1e-3, 10.0))
