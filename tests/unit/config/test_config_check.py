"""Types, ranges, unknown and missing keys: what is reported, where, and that it is all reported at once."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed, line_of, problems_of

from lqcdnn.config import from_tree, load_text, observable
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.config.tables.quarkobservables import CondensateConfig
from lqcdnn.errors import InputError

# (line to replace, replacement, dotted key, part of the message)
WRONG = [
    ("shape = [4, 4, 4, 4]", "shape = [4, 1, 4, 4]", "lattice.shape", "found [4, 1, 4, 4]"),
    ("shape = [4, 4, 4, 4]", "shape = [4, 4, true, 4]", "lattice.shape", "found [4, 4, true, 4]"),
    ("shape = [4, 4, 4, 4]", "shape = 4", "lattice.shape", "found 4"),
    ("shape = [4, 4, 4, 4]", "", "lattice.shape", "missing"),
    ('group = "SU(2)"', 'group = "SU2"', "lattice.group", 'did you mean "SU(2)"'),
    ('group = "SU(2)"', 'group = "SU(9)"', "lattice.group", "did you mean"),
    ('group = "SU(2)"', 'group = "SU(2)"\nprecision = "single"', "lattice.precision", 'allowed: "double"'),
    ('name = "slhmc"', 'name = "../slhmc"', "run.name", "below the current directory"),
    ('name = "slhmc"', 'name = "/tmp/slhmc"', "run.name", "below the current directory"),
    ('name = "slhmc"', 'name = ""', "run.name", "below the current directory"),
    ('name = "slhmc"', 'name = "a/../b"', "run.name", "below the current directory"),
    ('name = "slhmc"', 'name = "."', "run.name", "below the current directory"),
    ('name = "slhmc"', "name = 'a\\b'", "run.name", "below the current directory"),
    ('name = "slhmc"', 'name = "runs/"', "run.name", "below the current directory"),
    ('name = "slhmc"', 'name = "-o"', "run.name", "below the current directory"),
    ('name = "slhmc"', 'name = "a\\nb"', "run.name", "below the current directory"),
    ("trajectories = 50", "trajectories = -1", "run.trajectories", "an integer >= 0"),
    ("trajectories = 50", "trajectories = 50.0", "run.trajectories", "found 50.0"),
    ("trajectories = 50", "trajectories = true", "run.trajectories", "found true"),
    ("trajectories = 50", "trajectory = 50", "run.trajectory", 'did you mean "trajectories"'),
    ("trajectories = 50", "trajectories = 50\nsave_evry = 2", "run.save_evry", 'did you mean "save_every"'),
    ("trajectories = 50", "trajectories = 50\nseed = -1", "run.seed", "an integer"),
    ("trajectories = 50", "trajectories = 50\nthermalisation = 3", "run.thermalisation", '"thermalization"'),
    ("trajectories = 50", "trajectories = 50\nbeta = 3", "run.beta", "did you mean action.gauge.beta"),
    ('initial = "twisted"', 'initial = "twistd"', "run.initial", 'did you mean "twisted"'),
    ("beta = 2.7", "beta = nan", "action.gauge.beta", "found nan"),
    ("beta = 2.7", "beta = inf", "action.gauge.beta", "found inf"),
    ("beta = 2.7", "beta = '2.7'", "action.gauge.beta", 'found "2.7"'),
    ("beta = 2.7", "beta = true", "action.gauge.beta", "found true"),
    ("beta = 2.7", "beta = -1", "action.gauge.beta", "a number >= 0"),
    ("beta = 2.7", '"β" = 2.7', "action.gauge.β", 'did you mean "beta"'),
    ("beta = 2.7", 'beta = 2.7\nkind = "wilsn"', "action.gauge.kind", 'did you mean "wilson"'),
    ("beta = 2.7", "beta = 2.7\nc1 = 0.1", "action.gauge.c1", 'belongs to kind = "rectangle"'),
    ("beta = 2.7", 'beta = 2.7\nkind = "rectangle"', "action.gauge.c1", "missing"),
    ('kind = "staggered"', 'kind = "twisted"', "action.fermion.1.kind", 'allowed: "staggered"'),
    ('kind = "staggered"', 'kind = "clover"', "action.fermion.1.kind", 'did you mean "wilson" with csw?'),
    ("beta = 2.7", 'beta = 2.7\nkind = "Luscher-Weisz"', "action.gauge.kind", 'did you mean "symanzik"?'),
    ('initial = "twisted"', 'initial = "random"', "run.initial", 'did you mean "hot"'),
    ("flavors = 4", "Nf = 4", "action.fermion.1.Nf", 'did you mean "flavors"'),
    ("[train]", "[train]\nsteps = 9", "train.steps", 'did you mean "trajectories"'),
    ("mass = 0.3", "mass = -0.3", "action.fermion.1.mass", "a number >= 0"),
    ("mass = 0.3", "mass = 1e200", "action.fermion.1.mass", "at most 1e+10"),
    ("trajectories = 50", f"trajectories = {10**20}", "run.trajectories", "integer >= 0, at most 922337203685477580"),
    ("mass = 0.3", "mass = 0.3\ntolerance = 1e-20", "action.fermion.1.tolerance", "1e-15"),
    ("mass = 0.3", "mass = 0.3\nboundary = [1, 1, 1, 0]", "action.fermion.1.boundary", "each 1 or -1"),
    ("mass = 0.3", "mass = 0.3\nboundary = [1.0, 1, 1, 1]", "action.fermion.1.boundary", "each 1 or -1"),
    ("[[network.net.layer]]", "[[network.net.layr]]", "network.net.layr", 'did you mean "layer"'),
    ('loops = ["plaquette", "polyakov_time"]', 'loops = ["plaquete"]', "network.net.layer.1.loops", '"plaquette"?'),
    ('loops = ["plaquette", "polyakov_time"]', "loops = []", "network.net.layer.1.loops", "1 or more"),
    (
        'loops = ["plaquette", "polyakov_time"]',
        'loops = ["plaquette", "plaquette"]',
        "network.net.layer.1.loops",
        "different",
    ),
    (
        'loops = ["plaquette", "polyakov_time"]',
        'loops = ["plaquette", "polyakov_time"]\nwidth = 0.1',
        "network.net.layer.1.width",
        'belongs to initial = "random"',
    ),
    (
        'loops = ["plaquette", "polyakov_time"]',
        'loops = ["plaquette", "polyakov_time"]\ninitial = "rand"',
        "network.net.layer.1.initial",
        'did you mean "random"',
    ),
    ("steps = 12", "steps = 0", "update.steps", "an integer >= 1"),
    ("steps = 12", 'kind = "heatbat"', "update.kind", 'did you mean "heatbath"'),
    ("steps = 12", "length = 0", "update.length", "a number > 0"),
    ("steps = 12", "lambda = 0.2", "update.lambda", 'belongs to integrator = "omelyan"'),
    ("steps = 12", 'integrator = "omelian"', "update.integrator", 'did you mean "omelyan"'),
    ("rate = 1e-7", "rate = 0", "train.rate", "a number > 0"),
    ("rate = 1e-7", "", "train.rate", "missing"),
    ("rate = 1e-7", "rate = 1e-7\nbeta1 = 0.9", "train.beta1", 'belongs to optimizer = "adam"'),
    ("rate = 1e-7", 'rate = 1e-7\noptimizer = "adan"', "train.optimizer", 'did you mean "adam"'),
    ("rate = 1e-7", 'rate = 1e-7\nmode = "offline"', "train.configs", "missing"),
    ("rate = 1e-7", 'rate = 1e-7\nconfigs = ["a.h5"]', "train.configs", 'belongs to mode = "offline"'),
    ("[observables.plaquette]", "[observables.plaquete]", "observables.plaquete", 'did you mean "plaquette"'),
    ("every = 10", "evry = 10", "observables.condensate.evry", 'did you mean "every"'),
    ("every = 10", "vectors = 10", "observables.condensate.vectors", 'belongs to method = "noise"'),
    ("[train]", "[trian]", "trian", 'did you mean "train"'),
    ("[update]\nsteps = 12", "update = 12", "network.net.layer.1.update", "unknown key"),
]


@pytest.mark.parametrize(("old", "new", "path", "part"), WRONG, ids=lambda item: str(item)[:30])
def test_one_wrong_thing_is_one_problem(old, new, path, part):
    text = changed(SLHMC, old, new)
    found = problems_of(text)
    assert [problem.path for problem in found] == [path]
    with pytest.raises(InvalidInputError) as error:
        load_text(text, "input.toml")
    message = error.value.message
    assert part in message
    assert error.value.exit_code == 2
    assert message.startswith("input.toml has 1 problem:\n  input.toml:")


def test_the_line_of_each_problem():
    text = changed(SLHMC, "mass = 0.3", "mass = -0.3")
    text = changed(text, "steps = 12", "steps = 0")
    text = changed(text, "trajectories = 100", "trajectories = []")
    text = changed(text, 'group = "SU(2)"', "")
    with pytest.raises(InvalidInputError) as error:
        load_text(text, "my.toml")
    assert error.value.message.splitlines() == [
        "my.toml has 4 problems:",
        "  my.toml:1: lattice.group: missing; allowed: " + ", ".join(f'"{g}"' for g in _groups()),
        f"  my.toml:{line_of(text, 'mass = -0.3')}: action.fermion.1.mass: found -0.3; allowed: a number >= 0",
        f"  my.toml:{line_of(text, 'steps = 0')}: update.steps: found 0; allowed: an integer >= 1",
        f"  my.toml:{line_of(text, 'trajectories = .]')}: train.trajectories: found []; allowed: an integer >= 1",
    ]


def _groups():
    return ["U(1)", *(f"SU({n})" for n in range(2, 9))]


def test_an_empty_file_names_every_required_table():
    assert [(problem.path, problem.message) for problem in problems_of("")] == [
        ("lattice", "missing"),
        ("run", "missing"),
        ("action", "missing"),
    ]


@pytest.mark.parametrize("value", ["3", "'x'", "[1]", "[[]]", "true", "1979-05-27"])
@pytest.mark.parametrize("table", ["lattice", "action", "guide", "network", "train", "observables"])
def test_a_value_in_place_of_a_table(table, value):
    found = problems_of(f"{table} = {value}\n")
    assert any(problem.path == table and "table" in problem.allowed for problem in found)


@pytest.mark.parametrize("value", ["3", "{}", "[1]", "'x'"])
def test_a_value_in_place_of_an_array_of_tables(value):
    found = problems_of(changed(SLHMC, "[[action.fermion]]\nkind", f"fermion = {value}\n[other]\nkind"))
    assert any(problem.path.startswith("action.gauge.fermion") for problem in found)
    found = problems_of(f"action = {{gauge = {{beta = 1}}, fermion = {value}}}\n")
    assert any(problem.path.startswith("action.fermion") for problem in found)


def test_a_network_needs_a_layer():
    text = changed(SLHMC, '[[network.net.layer]]\nloops = ["plaquette", "polyakov_time"]', "[network.net]")
    assert [(p.path, p.message) for p in problems_of(text)] == [("network.net.layer", "missing")]
    text = changed(SLHMC, '[[network.net.layer]]\nloops = ["plaquette", "polyakov_time"]', "[network.net]\nlayer = []")
    assert [p.path for p in problems_of(text)] == ["network.net.layer"]


def test_defaults_are_filled_in():
    config = load_text(SLHMC)
    assert config.lattice.precision == "double"
    assert (config.lattice.dims, config.lattice.colors, config.lattice.volume) == (4, 2, 256)
    assert config.run.seed is None
    assert (config.run.save_every, config.run.checkpoint_every, config.run.thermalization) == (10, None, 0)
    assert config.total_trajectories == 50
    fermion = config.action.fermion[0]
    assert fermion.boundary == (1, 1, 1, -1)
    assert (fermion.links, fermion.tolerance, fermion.md_tolerance) == ("thin", 1e-10, 1e-10)
    assert config.guide is not None
    assert config.guide.gauge == config.action.gauge
    guide = config.guide.fermion[0]
    assert (guide.kind, guide.flavors, guide.mass, guide.links) == ("staggered", 4, 0.4, "net")
    layer = config.network["net"].layer[0]
    assert (layer.sharing, layer.initial, layer.width, layer.seed) == ("shared", 0.0, None, None)
    assert config.train is not None
    assert (config.train.network, config.train.mode, config.train.thermalization) == ("net", "online", 0)
    assert (config.train.optimizer, config.train.beta1, config.train.configs) == ("sgd", None, None)
    assert config.observables["plaquette"] == PlaquetteConfig(every=1)
    assert config.observables["condensate"] == CondensateConfig(
        every=10, fermion="1", mass=0.3, boundary=(1, 1, 1, -1)
    )
    assert config.analyze.observables == ("plaquette", "condensate")
    assert config.analyze.thermalization is None
    assert config.driving is config.guide


def test_defaults_of_a_pure_gauge_run():
    config = load_text(PURE_GAUGE_2D)
    assert config.guide is None
    assert config.driving is config.action
    assert config.train is None
    assert config.network == {}
    assert config.observables == {}
    assert config.analyze.observables == ()
    assert (config.update.steps, config.update.integrator, config.update.lambda_) == (10, "leapfrog", None)
    assert config.levels[0].terms == ("gauge",)
    assert config.lattice.colors == 1


def test_conditional_defaults():
    text = changed(SLHMC, "rate = 1e-7", 'rate = 1e-3\noptimizer = "adam"')
    text = changed(text, "steps = 12", 'integrator = "omelyan"')
    text = changed(text, "every = 10", 'method = "noise"')
    text = changed(text, 'loops = ["plaquette", "polyakov_time"]', 'loops = ["chair"]\ninitial = "random"')
    config = load_text(text)
    assert config.train is not None
    assert (config.train.beta1, config.train.beta2, config.train.epsilon) == (0.9, 0.999, 1e-8)
    assert config.update.lambda_ == pytest.approx(0.1931833275037836, abs=0)
    condensate = config.observables["condensate"]
    assert (condensate.noise, condensate.vectors) == ("z2", 10)
    assert (config.network["net"].layer[0].width, config.network["net"].layer[0].seed) == (1e-3, 1)


@pytest.mark.parametrize(
    ("shape", "extra", "solver"),
    [
        ("[4, 4, 4, 4]", "", "cg"),
        ("[8, 8, 8, 4]", "", "mixed"),
        ("[8, 8, 8, 8]", '\nsolver = "cg"', "cg"),
        ("[4, 4, 4, 4]", "\nrational = true", "cg"),
        ("[8, 8, 8, 8]", "\nrational = true", "mixed"),
        ("[4, 4, 4, 4]", '\nsolver = "half"', "half"),
        ("[16, 16, 16, 8]", "", "mixed"),
        ("[16, 16, 16, 16]", "", "half"),
        ("[16, 16, 16, 48]", '\nimprovement = "hisq"', "mixed"),
        ("[16, 16, 16, 48]", '\nsolver = "mixed"', "mixed"),
        ("[16, 16, 16, 48]", "\nrational = true", "mixed"),
    ],
)
def test_the_solver_follows_from_the_size_of_vectors(shape, extra, solver):
    text = changed(SLHMC, "shape = [4, 4, 4, 4]", f"shape = {shape}")
    text = changed(text, "every = 10\n", 'every = 10\nmethod = "noise"\n')
    config = load_text(changed(text, "mass = 0.3", f"mass = 0.3{extra}"), "x")
    assert [fermion.solver for fermion in (config.action.fermion[0], config.driving.fermion[0])] == [solver] * 2


def test_the_guide_takes_what_it_lacks_from_the_action():
    text = changed(SLHMC, "beta = 2.7", 'beta = 2.7\nkind = "rectangle"\nc1 = -0.1')
    config = load_text(changed(text, "[[guide.fermion]]", "[guide.gauge]\nbeta = 2.5\n[[guide.fermion]]"))
    assert config.guide is not None
    assert (config.guide.gauge.kind, config.guide.gauge.beta, config.guide.gauge.c1) == ("rectangle", 2.5, -0.1)
    config = load_text(changed(text, "[[guide.fermion]]", "[guide.gauge]\nkind = 'wilson'\n[[guide.fermion]]"))
    assert config.guide is not None
    assert (config.guide.gauge.kind, config.guide.gauge.beta, config.guide.gauge.c1) == ("wilson", 2.7, None)
    config = load_text(PURE_GAUGE_2D + "[guide]\n")
    assert (config.guide.gauge, config.guide.fermion) == (config.action.gauge, config.action.fermion)


def test_what_action_lacks_is_not_reported_again_for_the_guide():
    text = changed(SLHMC, "mass = 0.3", "").replace("mass = 0.4\n", "")
    assert [problem.path for problem in problems_of(text)] == ["action.fermion.1.mass"]
    text = changed(SLHMC, "[action.gauge]\nbeta = 2.7\n", "")
    assert [problem.path for problem in problems_of(text)] == ["action.gauge"]


def test_from_tree_does_not_change_its_argument():
    import copy

    import tomli

    tree = tomli.loads(SLHMC)
    before = copy.deepcopy(tree)
    assert from_tree(tree) == load_text(SLHMC)
    assert tree == before


def test_configuration_is_frozen():
    config = load_text(SLHMC)
    with pytest.raises(AttributeError):
        config.run.trajectories = 3  # type: ignore[misc]


def test_options_of_a_single_observable():
    fermion = load_text(SLHMC).action.fermion[0]
    assert observable("plaquette", {}, 3) == PlaquetteConfig(every=1)
    assert observable("condensate", {}, 4, {"1": fermion}).mass == 0.3
    assert observable("condensate", {"mass": 1}, 2).boundary == (1, -1)
    with pytest.raises(InputError, match=r"observables\.condensate\.mass: missing"):
        observable("condensate", {}, 4)
    with pytest.raises(InputError, match="4 entries"):
        observable("condensate", {"mass": 1, "boundary": [1, 1]}, 4)
    with pytest.raises(InputError, match='did you mean "condensate"'):
        observable("condensat", {}, 4)
    with pytest.raises(InputError, match='did you mean "method"'):
        observable("condensate", {"mass": 1, "metod": "noise"}, 4)
