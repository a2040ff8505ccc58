"""Plaquettes and Polyakov loops against numbers of other programs, numpy, and configurations known by heart."""

import math
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.config import observable
from lqcdnn.config.tables.observables import OBSERVABLES as OPTIONS
from lqcdnn.fields.gauge import cold, hot, twisted
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.registry import OBSERVABLES
from lqcdnn.measure.runner import Measurements
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.formats.verify import plaquette

DATA = Path(__file__).parents[2] / "data"
STREAM = Stream(1, 1)


def measure(name, lattice, U, of):
    found = Measurements(lattice, of, {name: observable(name, {}, lattice.d)}).measure(U, STREAM)
    return found[name]


def load(name):
    found = read_configuration(DATA / name)
    lattice = Lattice(found.shape)
    return lattice, lattice.from_links(found.links), group(found.group)


def test_every_observable_of_the_schema_is_registered():
    assert set(OBSERVABLES) == set(OPTIONS)


# traces (tr, not tr/N) of space and time planes, Polyakov trace: numpy calculations made with the files
@pytest.mark.parametrize(
    ("name", "space", "time", "loop"),
    [
        (
            "pg_b5.7_4444.milc",
            1.6918475556718169,
            1.673092224677136,
            -0.43724394604724576 - 0.4508053964678617j,
        ),
        (
            "oqcd_ym_b6.0_8x444n1",
            1.7968398652806326,
            1.7797584633081105,
            -0.06220496795859448 + 0.051700266748924084j,
        ),
    ],
)
def test_su3_files_of_other_programs(name, space, time, loop):
    lattice, U, of = load(name)
    found = measure("plaquette", lattice, U, of)
    assert 3 * found["plaquette_space"] == pytest.approx(space, rel=1e-13)
    assert 3 * found["plaquette_time"] == pytest.approx(time, rel=1e-13)
    assert 3 * found["plaquette"] == pytest.approx((space + time) / 2, rel=1e-13)
    trace = complex(*measure("polyakov", lattice, U, of)["polyakov_trace"])
    assert trace == pytest.approx(loop, rel=3e-9)


def test_su2_file_of_hirep():
    lattice, U, of = load("hirep_su2_b2.3_4444")
    assert measure("plaquette", lattice, U, of)["plaquette"] == pytest.approx(0.6236577935511581, rel=1e-13)
    assert measure("polyakov", lattice, U, of)["polyakov"][0] == pytest.approx(-0.0015094156261980102, rel=1e-12)


def test_su2_file_of_latticeqcd_jl():
    lattice, U, of = load("su2_4x4x4x4_b2.7_nf4_m0.3.ildg")
    assert measure("plaquette", lattice, U, of)["plaquette"] == pytest.approx(0.7215494631758573, rel=1e-13)
    found = measure("polyakov", lattice, U, of)
    assert found["polyakov_trace"][0] == pytest.approx(0.5888052178532521, rel=1e-13)
    assert found["polyakov"][0] == pytest.approx(0.5888052178532521 / 2, rel=1e-13)
    assert found["polyakov_directions"][3] == found["polyakov_trace"]
    # the volume average of each winding loop, with numpy
    links = lattice.to_user(U)
    for mu in range(4):
        X = links[mu].take(0, mu)
        for n in range(1, 4):
            X = X @ links[mu].take(n, mu)
        expected = np.trace(X, axis1=-2, axis2=-1).mean()
        assert complex(*found["polyakov_directions"][mu]) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_cold_and_twisted():
    lattice, su2 = Lattice((4, 2, 2)), group("SU(2)")
    assert measure("plaquette", lattice, cold(lattice, su2), su2)["plaquette"] == 1.0
    found = measure("polyakov", lattice, twisted(lattice, su2), su2)
    assert found["polyakov_directions"] == [[-2.0, 0.0], [-2.0, 0.0], [2.0, 0.0]]
    assert found["polyakov"] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("shape", "n"), [((4, 6), 1), ((3, 2, 4), 2), pytest.param((2, 4, 2, 4), 4, marks=pytest.mark.slow)]
)
def test_plaquette_agrees_with_numpy(shape, n):
    lattice = Lattice(shape)
    U = hot(lattice, Group(n), 11)
    found, expected = measure("plaquette", lattice, U, Group(n)), plaquette(lattice.to_user(U))
    assert found["plaquette"] == pytest.approx(expected.mean, rel=1e-12)
    assert found["plaquette_time"] == pytest.approx(expected.time, rel=1e-12)
    if len(shape) == 2:
        assert found["plaquette_space"] is None
        assert math.isnan(expected.space)
    else:
        assert found["plaquette_space"] == pytest.approx(expected.space, rel=1e-12)


def test_due():
    lattice, su2 = Lattice((4, 4)), group("SU(2)")
    options = {"plaquette": observable("plaquette", {}, 2), "polyakov": observable("polyakov", {"every": 5}, 2)}
    which = Measurements(lattice, su2, options)
    assert which.due(10) == ["plaquette", "polyakov"]
    assert which.due(11) == ["plaquette"]
    assert list(which.measure(cold(lattice, su2), STREAM, ["polyakov"])) == ["polyakov"]
