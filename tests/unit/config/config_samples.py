"""Inputs for the tests of the config room."""

from __future__ import annotations

import re

from input_head import head

from lqcdnn.config import load_text
from lqcdnn.config.language.problems import InvalidInputError, Problem

SLHMC = """\
[lattice]
shape = [4, 4, 4, 4]
group = "SU(2)"

[run]
name = "slhmc"
trajectories = 50
initial = "twisted"

[action.gauge]
beta = 2.7

[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3

[[guide.fermion]]
mass = 0.4
links = "net"

[[network.net.layer]]
loops = ["plaquette", "polyakov_time"]

[update]
steps = 12

[train]
trajectories = 100
rate = 1e-7

[observables.plaquette]

[observables.condensate]
every = 10
"""

PURE_GAUGE_2D = head([8, 8], "U(1)", 2.0, name="u1", trajectories=10)

VALENCE = head([4, 4, 4, 4], "SU(3)", 5.5, name="valence", trajectories=10) + """\
[[action.fermion]]
kind = "staggered"
flavors = 2
mass = 0.1
[[action.fermion]]
kind = "staggered"
flavors = 1
mass = 0.5
[valence.light]
kind = "wilson"
kappa = 0.12
[valence.walls]
kind = "domain_wall"
flavors = 2
mass = 0.05
M5 = 1.8
L5 = 4
boundary = [1, 1, 1, 1]
[observables.condensate]
[observables.strange_condensate]
fermion = "2"
[observables.mesons]
fermion = "light"
[observables.walls_pion]
fermion = "walls"
mass = 0.1
[observables.reweighting]
fermion = "2"
masses = [0.45]
[analyze]
observables = ["condensate", "strange_condensate"]
"""


def changed(text: str, old: str, new: str) -> str:
    """Replace one line that must be there."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def problems_of(text: str, overrides: tuple[str, ...] = ()) -> list[Problem]:
    """Return the problems of an input that must have some."""
    try:
        load_text(text, "input.toml", overrides)
    except InvalidInputError as error:
        return list(error.problems)
    raise AssertionError("no problem was found")


def line_of(text: str, pattern: str) -> int:
    """Return the line (from 1) of the first match."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found, pattern
    return text[: found.start()].count("\n") + 1


def assert_refused(text, old, new, path, words):
    """``new`` in the place of ``old`` is refused, first of all at ``path`` with ``words``."""
    assert old in text
    found = problems_of(text.replace(old, new))
    assert [problem.path for problem in found][:1] == [path]
    assert words in found[0].allowed + found[0].message
