"""--set key=value."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.overrides import option_of, override
from lqcdnn.errors import InputError


def _set(*options, text=SLHMC):
    return load_text(text, "input.toml", options)


@pytest.mark.parametrize(
    ("option", "read", "value"),
    [
        ("update.steps=20", lambda c: c.update.steps, 20),
        (" update . steps = 20 ", lambda c: c.update.steps, 20),
        ('"update"."steps"=20', lambda c: c.update.steps, 20),
        ("action.gauge.beta=3", lambda c: c.action.gauge.beta, 3.0),
        ("action.fermion.1.mass=0.2", lambda c: c.action.fermion[0].mass, 0.2),
        ("lattice.shape=[8, 8, 8, 4]", lambda c: c.lattice.shape, (8, 8, 8, 4)),
        ("lattice.shape.4=8", lambda c: c.lattice.shape, (4, 4, 4, 8)),
        ("run.initial=hot", lambda c: c.run.initial, "hot"),
        ('run.initial="hot"', lambda c: c.run.initial, "hot"),
        ("run.initial=old/cfg_00000100.h5", lambda c: c.run.initial, "old/cfg_00000100.h5"),
        ("run.name=scan_5.7", lambda c: c.run.name, "scan_5.7"),
        ("run.name=2026", lambda c: c.run.name, "2026"),
        ("run.name=a=b", lambda c: c.run.name, "a=b"),
        ("run.name=true", lambda c: c.run.name, "true"),
        ("run.name=2026-11-22", lambda c: c.run.name, "2026-11-22"),
        ("network.net.layer.1.initial=random", lambda c: c.network["net"].layer[0].initial, "random"),
        ("network.net.layer.1.initial=[0.1, 0]", lambda c: c.network["net"].layer[0].initial, (0.1, 0.0)),
        ('network.net.layer.2.loops=["chair"]', lambda c: len(c.network["net"].layer), 2),
        ("observables.polyakov.every=5", lambda c: c.observables["polyakov"].every, 5),
        ("analyze.thermalization=7", lambda c: c.analyze.thermalization, 7),
        ("guide.gauge={beta = 2.6}", lambda c: c.guide.gauge.beta, 2.6),
        ('guide.fermion=[{mass = 0.6, links = "net"}]', lambda c: c.guide.fermion[0].mass, 0.6),
    ],
)
def test_values(option, read, value):
    assert read(_set(option)) == value


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        *((name, True) for name in ("new", "a b", "beta=2 # x", "2.5", "true", "größe")),
        *((name, False) for name in ("", " a", "'quoted'", "[1, 2]", "{a = 1}")),
    ],
)
def test_a_text_is_read_as_it_was_written(name, bare):
    """What the lines `next:` print comes back; quotation marks only where they are needed."""
    tree, options = {}, {}
    override(tree, option_of("run.name", name), options)
    assert tree == {"run": {"name": name}}
    assert (option_of("run.name", name) == f"run.name={name}") is bare


def test_later_options_win_and_tables_are_made():
    config = _set("action.gauge.beta=1", "action.gauge.beta=1.5", text=PURE_GAUGE_2D)
    assert config.action.gauge.beta == 1.5
    config = _set(
        "action.fermion.1.kind=staggered",
        "action.fermion.1.flavors=2",
        "action.fermion.1.mass=0.1",
        text=PURE_GAUGE_2D,
    )
    assert config.action.fermion[0].mass == 0.1
    config = _set("update.level.1.terms=['gauge']", "update.level.1.steps=4", text=PURE_GAUGE_2D)
    assert config.levels[0].steps == 4


@pytest.mark.parametrize(
    ("option", "part"),
    [
        ("update.steps", "write --set key=value"),
        ("=3", "write --set key=value"),
        ("a b=3", "write --set key=value"),
        ("a\nb=3", "write --set key=value"),
        ("a." * 2000 + "a=3", "write --set key=value"),
        ("update.steps=", "not TOML"),
        ("update.steps=.5", "not TOML"),
        ("lattice.shape=4, 4", "not TOML"),
        ('run.name="a', "not TOML"),
        ("update.steps=1\nx = 2", "one value at a time"),
        ("update.steps=" + "[" * 100000, "not TOML"),
        ("run.trajectories.x=3", "below a key that holds a value"),
        ("run.trajectories.x.y=3", "below a key that holds a value"),
        ("action.fermion.3.mass=1", "allowed: 1 to 2"),
        ("action.fermion.0.mass=1", "allowed: 1 to 2"),
        ("action.fermion.one.mass=1", "allowed: 1 to 2"),
        ("lattice.shape.9=1", "allowed: 1 to 5"),
    ],
)
def test_options_that_cannot_be_applied(option, part):
    with pytest.raises(InputError) as error:
        _set(option)
    assert part in error.value.message


@pytest.mark.parametrize(
    ("option", "path", "part"),
    [
        ("update.stepz=20", "update.stepz", 'did you mean "steps"'),
        ("update.steps=0", "update.steps", "an integer >= 1"),
        ("run.initial=hott", "run.initial", 'did you mean "hot"'),
        ("update.steps=twenty", "update.steps", 'found "twenty"; allowed: an integer >= 1'),
        ("update.tune=yes", "update.tune", 'found "yes"; allowed: true or false'),
        ("update.stepz=twenty", "update.stepz", 'did you mean "steps"'),
        ("guide={fermion = [{mass = -1}]}", "guide.fermion.1.mass", "a number >= 0"),
        ("gide.gauge.beta=1", "gide", 'did you mean "guide"'),
        ("observables.condensat.mass=1", "observables.condensat", 'did you mean "condensate"'),
        ("valence.light.mass=1", "valence.light.kind", "missing"),
    ],
)
def test_problems_name_the_option_instead_of_a_line(option, path, part):
    with pytest.raises(InputError) as error:
        _set(option)
    assert f"\n  --set {option}: {path}: " in error.value.message
    assert part in error.value.message
    assert path in [problem.path for problem in problems_of(SLHMC, (option,))]


def test_a_list_of_bare_words_is_shown_with_its_quotation_marks():
    with pytest.raises(InputError, match="not TOML") as error:
        _set("network.net.layer.2.loops=[plaquette,chair]")
    assert error.value.hint is not None
    assert """--set 'network.net.layer.2.loops=["plaquette", "chair"]'""" in error.value.hint


def test_numbers_in_a_row_are_shown_as_a_list():
    with pytest.raises(InputError, match="not TOML") as error:
        load_text(SLHMC, "input.toml", "lattice.shape=4, 4,4,8")  # one option is no list of letters
    assert error.value.hint == "a list has brackets: --set lattice.shape=[4,4,4,8]"
