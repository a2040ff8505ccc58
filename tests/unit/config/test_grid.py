"""Grids: values, ranges, names, seeds; each point is an input file that says the same as its parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lqcdnn.config import digest, load_text
from lqcdnn.config.grid import expand, point_name, read_axis, short_names
from lqcdnn.errors import InputError

ROOT = Path(__file__).parents[3]
TEXT = """
[lattice]
shape = [4, 4]
group = "U(1)"
[run]
name = "u1"
trajectories = 10
seed = 5
[action.gauge]
kind = "wilson"
"""


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("a.b=2.2,2.3", ("2.2", "2.3")),
        ("a.b = 1 , 2", ("1", "2")),
        ("a=0.1:0.5:0.1", ("0.1", "0.2", "0.3", "0.4", "0.5")),
        ("a=5:1:-2", ("5", "3", "1")),
        ("a=1,2:4:1", ("1", "2", "3", "4")),
        ("a=[4,4],[8,8]", ("[4,4]", "[8,8]")),
        ('a="x,y",z', ('"x,y"', "z")),
        ("a=SU(2),SU(3)", ("SU(2)", "SU(3)")),
        ("a=1e-3:3e-3:1e-3", ("0.001", "0.002", "0.003")),
    ],
)
def test_values(option: str, values: tuple[str, ...]) -> None:
    assert read_axis(option)[1] == values


@pytest.mark.parametrize(
    "option",
    [
        *("", "a", "a=", "=1", "a=1,,2", "a=1,1", "a=1:2:0", "a=1:2:-1", "a=0:1e9:1"),
        *("run.name=x,y", '"run".name=x,y', '"a.b"=1,2'),
    ],
)
def test_bad_options(option: str) -> None:
    with pytest.raises(InputError):
        read_axis(option)


@pytest.mark.parametrize("option", ["a.b=1:2", "a.b=1:2:", "a.b=1,2:3", "a.b=1:2:3:4"])
def test_half_a_range(option: str) -> None:
    with pytest.raises(InputError, match=r"is no range") as error:
        read_axis(option)
    assert "FROM:TO:STEP" in str(error.value.hint)


def test_product_names_and_seeds() -> None:
    grid = ["action.gauge.beta=1,2.5", "lattice.shape=[4,4],[6,6]"]
    points = [point.placed("u1", 5) for point in expand(TEXT, "f", (), grid)]
    assert [point.name for point in points] == [
        "beta=1,shape=4x4", "beta=1,shape=6x6", "beta=2.5,shape=4x4", "beta=2.5,shape=6x6"
    ]  # fmt: skip
    assert points[3].config.action.gauge.beta == 2.5
    assert points[3].config.run.name == "u1/beta=2.5,shape=6x6"
    seeds = [point.config.run.seed for point in points]
    assert len(set(seeds)) == 4
    more = [point.placed("u1", 5) for point in expand(TEXT, "f", (), ["action.gauge.beta=3,2.5", grid[1]])]
    assert {p.name: p.config.run.seed for p in more}["beta=2.5,shape=6x6"] == seeds[3]
    assert points[0].placed("u1", 6).config.run.seed != seeds[0]


def test_a_grid_of_seeds_is_taken_as_it_is() -> None:
    points = expand(TEXT, "f", ["action.gauge.beta=2.0"], ["run.seed=1:3:1"])
    assert [point.placed("u1", 5).config.run.seed for point in points] == [1, 2, 3]


@pytest.mark.parametrize("option", ['"action".gauge.beta=1,2', "action.gauge .beta=1,2", "action . 'gauge'.beta=1,2"])
def test_keys_are_read_as_toml_reads_them(option: str) -> None:
    points = expand(TEXT, "f", (), [option])
    assert [point.name for point in points] == ["beta=1", "beta=2"]
    assert [point.config.action.gauge.beta for point in points] == [1.0, 2.0]
    with pytest.raises(InputError, match="given twice"):
        expand(TEXT, "f", (), [option, "action.gauge.beta=3"])


def test_short_names_tell_keys_apart() -> None:
    keys = ("action.fermion.1.mass", "guide.fermion.1.mass", "update.steps")
    assert short_names(keys) == {
        keys[0]: "action.fermion.1.mass", keys[1]: "guide.fermion.1.mass", keys[2]: "steps"
    }  # fmt: skip


def test_names_are_safe_and_unique() -> None:
    short = {"run.initial": "initial"}
    names = [point_name({"run.initial": text}, short) for text in ("a/b", "a b", "a_b", "$(x)", "x" * 300, "x" * 301)]
    assert len(set(names)) == len(names)
    assert all(len(name) < 200 and not set(name) & set("/ $'\"()\\") for name in names)
    assert point_name({"g": "SU(2)"}, {"g": "group"}) == "group=SU2"


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (["action.gauge.beta=1,-1,x"], "beta"),
        (["action.gauge.beta=2,2.0"], "twice"),
        (["action.gauge.beta=1", "action.gauge.beta=2"], "twice"),
        (["action.gauge.bta=1,2"], "bta"),
        (["lattice.group=SU(2),SU(99)"], "SU"),
        (["action.gauge.beta=1:100:0.1", "update.steps=1:100:1"], "points"),
        ([], "grid"),
    ],
)
def test_bad_grids(grid: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        expand(TEXT, "f", ["action.gauge.beta=2.0"], grid)


FITS = '''[observables.plaquette_correlator]
[analyze]
fit = ["m = cosh(plaquette_correlator, 1, 4)", "e = effective(plaquette_correlator)", "s = scattering(m, m, 0, 4, 4)"]
derive = ["r = m.mass + e[1]"]
'''


def test_each_point_has_the_fits_that_its_lattice_has() -> None:
    short, long = expand(TEXT + FITS, "f", ["action.gauge.beta=2.0"], ["lattice.shape=[4,4,6],[4,4,8]"])
    assert [text[0] for text in long.config.analyze.fit] == ["m", "e", "s"]
    assert [text[0] for text in short.config.analyze.fit] == ["e"]  # m, and what goes on from it, need eight times
    assert load_text(short.placed("u1", 1).text).analyze.fit == short.config.analyze.fit


@pytest.mark.parametrize(
    ("shapes", "more", "words"),
    [
        ("[4,4,6],[4,4,4]", "", "FIRST and LAST must be whole numbers from 0 to 3"),
        ("[4,4,6],[4,4,8]", 'thermalisation = "some"\n', "analyze.thermalisation"),
        ("[4,4],[4,4,8]", "", "no plaquettes of space in d = 2"),
    ],
)
def test_a_fit_of_no_point_and_other_problems_are_refused(shapes: str, more: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        expand(TEXT + FITS + more, "f", ["action.gauge.beta=2.0"], [f"lattice.shape={shapes}"])


def test_the_text_of_a_point_is_the_point() -> None:
    for path in sorted((ROOT / "inputs").glob("*.toml")):
        for point in expand(path.read_text(), path.name, (), ["action.gauge.beta=1.5,2.5"]):
            placed = point.placed("scan", 1)
            assert digest(load_text(placed.text)) == digest(placed.config), path.name
