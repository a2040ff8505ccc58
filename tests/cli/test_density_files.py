"""``lqcdnn convert --density``: files of every kind hold the field; what is refused."""

import json
import sys
import xml.etree.ElementTree as ET

import h5py
import numpy as np
import pytest
from reference import samples

from lqcdnn.jobs.densities import DENSITIES, density
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.report.fieldpicture import farthest
from lqcdnn.storage.formats import read_configuration, write_configuration
from lqcdnn.storage.hdf5 import unpack
from tests.cli.test_convert import ILDG, refused, run


def written(path, group="SU(2)", shape=(2, 4, 2, 4), attributes=None):
    n = 1 if group == "U(1)" else int(group[3])
    write_configuration(path, samples.links(np.random.default_rng(1), shape, n), group, attributes or {})
    return path


@pytest.fixture
def cfg(tmp_path):
    return written(tmp_path / "cfg.h5", attributes={"trajectory": 7})


def parsed(path):
    """Extents and arrays of a .vti file, by its own words."""
    head, _, rest = path.read_bytes().partition(b'<AppendedData encoding="raw">')
    data = rest[rest.index(b"_") + 1 :]
    tree = ET.fromstring(head + b"</VTKFile>")
    assert (tree.get("byte_order"), tree.get("header_type")) == ("LittleEndian", "UInt64")
    image = tree.find("ImageData")
    ends = np.array(image.get("WholeExtent").split(), int).reshape(3, 2)
    shape, found = ends[:, 1] + 1, {}
    for array in image.find("Piece/PointData"):
        place, kind = int(array.get("offset")), {"Float32": "<f4", "Float64": "<f8"}[array.get("type")]
        size = int.from_bytes(data[place : place + 8], "little")
        numbers = np.frombuffer(data[place + 8 : place + 8 + size], kind)
        found[array.get("Name")] = numbers.reshape(shape[::-1]).T
    assert data[place + 8 + size :] == b"\n  </AppendedData>\n</VTKFile>\n"
    return tuple(shape), found


@pytest.mark.parametrize("precision", ["f4", "f8"])
def test_every_kind_of_file_holds_the_field(cfg, tmp_path, capsys, precision):
    q = density(read_configuration(cfg).links, "topological_charge").astype(precision)
    for ending in ("npy", "h5", "vti"):
        options = ("--density", "topological_charge", "--precision", precision, "--json")
        assert run(cfg, tmp_path / f"q.{ending}", *options) == 0
        done = json.loads(capsys.readouterr().out)
        assert (done["target_shape"], done["precision"]) == ([2, 4, 2, 4], precision)
        assert done["sum"] == pytest.approx(float(q.astype("f8").sum()), abs=1e-6)
    stored = np.load(tmp_path / "q.npy")
    assert stored.dtype == np.dtype(precision)
    np.testing.assert_array_equal(stored, q)
    arrays, attributes = unpack(tmp_path / "q.h5")
    np.testing.assert_array_equal(arrays["density"], q)
    told = {key: attributes[key] for key in ("name", "group", "shape", "flow_time", "source", "sum", "trajectory")}
    assert told == {
        "name": "topological_charge", "group": "SU(2)", "shape": [2, 4, 2, 4], "flow_time": 0.0, "source": str(cfg),
        "sum": done["sum"], "trajectory": 7,
    }  # fmt: skip
    assert attributes["normalisation"] == "the sum is topological_charge"
    shape, fields = parsed(tmp_path / "q.vti")
    assert shape == (2, 4, 2)
    assert list(fields) == [f"topological_charge_t{t:03d}" for t in range(4)]
    np.testing.assert_array_equal(np.stack(list(fields.values()), axis=-1), q)
    assert fields["topological_charge_t000"].dtype == np.dtype(precision)


@pytest.mark.parametrize(
    ("group", "shape", "name", "extents"),
    [
        ("U(1)", (4, 8), "topological_charge", (4, 8, 1)),
        ("U(1)", (4, 8), "polyakov", (4, 1, 1)),
        ("SU(2)", (2, 4, 2, 4), "polyakov", (2, 4, 2)),
    ],
)
def test_fewer_directions_are_one_array(group, shape, name, extents, tmp_path):
    source = written(tmp_path / "cfg.h5", group, shape)
    assert run(source, tmp_path / "field.vti", "--density", name) == 0
    found, fields = parsed(tmp_path / "field.vti")
    assert found == extents
    values = density(read_configuration(source).links, name)
    np.testing.assert_array_equal(fields[name], values.reshape(extents))


def test_flow_and_lattice_come_first(cfg, tmp_path, capsys):
    options = ("--flow", "0.1", "--block", "1,2,1,1")
    assert run(cfg, tmp_path / "other.h5", *options) == 0
    assert run(cfg, tmp_path / "e.h5", *options, "--density", "energy") == 0
    assert "field  energy at flow time 0.1: " in capsys.readouterr().out
    with h5py.File(tmp_path / "e.h5") as file:
        values = file["density"][()]
        assert (file.attrs["flow_time"], list(file.attrs["blocked"])) == (0.1, [1, 2, 1, 1])
    expected = density(read_configuration(tmp_path / "other.h5").links, "energy")
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-13)
    assert run(tmp_path / "other.h5", tmp_path / "again.h5", "--density", "energy") == 0
    assert "at flow time 0.1: " in capsys.readouterr().out


def test_the_value_farthest_from_the_vacuum():
    values = np.array([[[[0.5], [-2.0], [1.5]]]])
    assert farthest(values, 0.0).tolist() == [[[-2.0]]]
    assert farthest(values, -1.0).tolist() == [[[1.5]]]


@pytest.mark.parametrize(
    ("group", "shape", "name"),
    [
        ("U(1)", (4, 8), "topological_charge"),
        ("U(1)", (4, 8), "polyakov"),
        pytest.param("SU(2)", (4, 4, 4), "energy", marks=pytest.mark.slow),
        ("SU(2)", (2, 4, 2, 4), "plaquette"),
    ],
)
def test_pictures(group, shape, name, tmp_path):
    read = pytest.importorskip("matplotlib.image").imread
    source = written(tmp_path / "cfg.h5", group, shape)
    for picture in ("a.png", "b.png"):
        assert run(source, tmp_path / picture, "--density", name) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert read(tmp_path / "a.png")[..., :3].std() > 0.02


def test_a_picture_needs_matplotlib(cfg, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    error = refused(capsys, 2, cfg, tmp_path / "q.png", "--density", "energy")
    assert "a picture of a density needs matplotlib" in error
    assert "pip install 'lqcdnn[plot]'" in error


def test_single_precision_is_projected(tmp_path, capsys):
    """As measure does: the mean is that of links in the group."""
    assert run(ILDG, tmp_path / "p.npy", "--density", "plaquette") == 0
    assert "single precision" in capsys.readouterr().out
    assert run(ILDG, tmp_path / "u.h5", "--precision", "f8", "--reunitarize") == 0
    exact = read_configuration(tmp_path / "u.h5").plaquette
    assert np.load(tmp_path / "p.npy").mean() == pytest.approx(exact, abs=1e-14)


def test_nothing_is_overwritten(cfg, tmp_path, capsys):
    target = tmp_path / "q.npy"
    target.write_bytes(b"precious")
    assert f"{target} exists" in refused(capsys, 2, cfg, target, "--density", "energy")
    assert target.read_bytes() == b"precious"
    assert run(cfg, target, "--density", "energy", "--force") == 0
    assert np.load(target).shape == Lattice((2, 4, 2, 4)).shape
    capsys.readouterr()
    assert "is the file to convert" in refused(capsys, 2, cfg, cfg, "--density", "energy", "--force")


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("q.txt", (), "q.txt: the name does not say how to write a density; endings: .npy .h5 .vti .png"),
        ("q", (), "endings: .npy .h5 .vti .png"),
        ("q.npy", ("--to", "npy"), "--to with --density"),
        ("q.npy", ("--gauge", "landau"), "--gauge with --density"),
        ("q.npy", ("--reunitarize",), "--reunitarize with --density"),
        ("q.png", ("--precision", "f4"), "a picture has no --precision"),
        ("q.npy", ("--block", "3"), "factors 3; allowed"),
        ("none/q.npy", (), "no directory"),
    ],
)
def test_refusals_of_densities(cfg, tmp_path, capsys, target, options, message):
    assert message in refused(capsys, 2, cfg, tmp_path / target, "--density", "energy", *options)
    assert list(tmp_path.iterdir()) == [cfg]


@pytest.mark.parametrize(
    ("group", "shape", "attributes", "name", "message"),
    [
        ("SU(2)", (4, 4, 4), {}, "topological_charge", "no topological charge in d = 3; allowed: U(1) in d = 2"),
        ("SU(2)", (4, 4), {}, "topological_charge", "no topological charge for SU(2) in d = 2"),
        ("U(1)", (4, 8), {"time": "open"}, "energy", "time = open; densities are those of links with periodic"),
        ("U(1)", (4, 8), {}, "charge", ", ".join(map(repr, DENSITIES))),
    ],
)
def test_configurations_without_a_density(tmp_path, capsys, group, shape, attributes, name, message):
    source = written(tmp_path / "cfg.h5", group, shape, attributes)
    assert message in refused(capsys, 2, source, tmp_path / "q.npy", "--density", name)
