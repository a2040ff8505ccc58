"""Every variant of every format, written by the slow writers of storage_samples, comes back exactly."""

import numpy as np
import pytest
import storage_samples as samples
from storage_samples import random_links

from lqcdnn.errors import DataError, InputError
from lqcdnn.storage.formats import read_configuration, write_configuration
from lqcdnn.storage.formats.verify import link_trace, plaquette, unitarity

SU3 = random_links((2, 4, 2, 6), 3)
SU2 = random_links((4, 2, 3, 5), 2)
U1 = random_links((3, 2, 4, 2), 1)
EXACT = {
    "nersc f8": (samples.nersc(SU3), SU3, "nersc"),
    "nersc f8 little": (samples.nersc(SU3, "<f8", "IEEE64LITTLE"), SU3, "nersc"),
    "nersc order by checksum": (samples.nersc(SU3, "<f8", "IEEE64"), SU3, "nersc"),
    "nersc two rows": (samples.nersc(SU3, rows=2), SU3, "nersc"),
    "nersc SU(2)": (samples.nersc(SU2), SU2, "nersc"),
    "ildg SU(3)": (samples.ildg(SU3), SU3, "ildg"),
    "ildg 1.0 SU(2)": (samples.ildg(SU2, version="1.0"), SU2, "ildg"),
    "ildg U(1)": (samples.ildg(U1, version="1.1"), U1, "ildg"),
    "scidac": (samples.scidac(SU3), SU3, "scidac"),
    "scidac 2-d": (samples.scidac(random_links((4, 6), 2)), random_links((4, 6), 2), "scidac"),
    "openqcd": (samples.openqcd(SU3), SU3, "openqcd"),
    "hirep SU(3)": (samples.hirep(SU3), SU3, "hirep"),
    "hirep SU(2)": (samples.hirep(SU2, quaternions=True), SU2, "hirep"),
    "hirep SU(2) matrices": (samples.hirep(SU2), SU2, "hirep"),
    "bridge SU(3)": (samples.bridge(SU3), SU3, "bridge"),
    "npy": (samples.npy(SU2), SU2, "npy"),
    "npy Fortran order": (samples.npy(np.asfortranarray(SU2)), SU2, "npy"),
    "npz": (samples.npz(U1), U1, "npz"),
    "npz compressed": (samples.npz(SU3, compressed=True, beta=5.7), SU3, "npz"),
}
SINGLE = {
    "milc big": (samples.milc(SU3), SU3, "milc"),
    "milc little": (samples.milc(SU3, "<"), SU3, "milc"),
    "nersc f4": (samples.nersc(SU3, ">f4", None), SU3, "nersc"),
    "nersc f4 little": (samples.nersc(SU3, "<f4", "IEEE32"), SU3, "nersc"),
    "ildg 32": (samples.ildg(SU2, bits=32), SU2, "ildg"),
    "scidac F": (samples.scidac(SU3, "F"), SU3, "scidac"),
    "npy complex64": (samples.npy(U1.astype(np.complex64)), U1, "npy"),
}


@pytest.mark.parametrize("name", [*EXACT, *SINGLE])
def test_encoded_links_come_back(tmp_path, name):
    data, links, format = {**EXACT, **SINGLE}[name]
    path = tmp_path / "file"
    path.write_bytes(data)
    configuration = read_configuration(path, links.shape[1:-2] if format == "bridge" else None)
    assert configuration.format == format
    assert configuration.shape == links.shape[1:-2]
    assert configuration.real == ("f4" if name in SINGLE else "f8")
    expected = links.astype(np.complex64).astype(np.complex128) if name in SINGLE else links
    if "quaternions" in name or "two rows" in name:
        np.testing.assert_allclose(configuration.links, expected, rtol=0, atol=4e-15)
    else:
        np.testing.assert_allclose(configuration.links, expected, rtol=0, atol=1e-15 if "SU(2)" in name else 0)
    assert configuration.plaquette == pytest.approx(samples.slow_plaquette(expected), abs=1e-14)


@pytest.mark.parametrize("links", [SU3, SU2, U1, random_links((3, 5), 2), random_links((2, 3, 4), 4)])
def test_plaquette_link_trace_and_unitarity(links):
    assert plaquette(links).mean == pytest.approx(samples.slow_plaquette(links), abs=1e-14)
    assert link_trace(links) == pytest.approx(samples.slow_link_trace(links), abs=1e-15)
    assert unitarity(links) < 1e-13
    assert unitarity(1.5 * links) > 1
    if links.shape[-1] > 1:
        assert unitarity(1j ** (1 / 7) * links) > 0.1


def test_plaquettes_in_space_and_time():
    values = plaquette(SU2)
    assert values.mean == pytest.approx((values.space + values.time) / 2)
    plane = plaquette(random_links((4, 4), 2))
    assert np.isnan(plane.space)
    assert plane.time == plane.mean


@pytest.mark.parametrize("real", ["f8", "f4"])
@pytest.mark.parametrize("links", [SU3, U1, random_links((3, 5), 2), random_links((2, 3, 4), 4)])
def test_native_round_trip(tmp_path, links, real):
    group = "U(1)" if links.shape[-1] == 1 else f"SU({links.shape[-1]})"
    attributes = {"trajectory": 120, "boundary": [1, -1], "config_digest": "ab12", "beta": 2.7}
    for name in ("first.h5", "second.h5"):
        write_configuration(tmp_path / name, links, group, attributes, real=real)
    assert (tmp_path / "first.h5").read_bytes() == (tmp_path / "second.h5").read_bytes()
    configuration = read_configuration(tmp_path / "first.h5", links.shape[1:-2], group)
    expected = links if real == "f8" else links.astype(np.complex64)
    np.testing.assert_array_equal(configuration.links, expected)
    assert configuration.format == "native"
    assert configuration.attributes == attributes
    assert bool(configuration.warnings) == (real == "f4")


def test_first_schema_is_read():
    configuration = read_configuration(samples.DATA / "native_v1.h5")
    np.testing.assert_array_equal(configuration.links, np.asarray(QUATERNION_FIELD))
    assert configuration.attributes == {"trajectory": 7, "boundary": [1, -1]}


def test_npy_round_trip(tmp_path):
    write_configuration(tmp_path / "u.npy", SU2, "SU(2)", {"trajectory": 1}, format="npy")
    configuration = read_configuration(tmp_path / "u.npy", group="SU(2)")
    np.testing.assert_array_equal(configuration.links, SU2)
    np.testing.assert_array_equal(np.load(tmp_path / "u.npy"), SU2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group": "SU(3)"}, "no finite"),
        ({"group": "SO(3)"}, "unknown gauge group"),
        ({"format": "ildg-bare"}, "not written"),
        ({"format": "xml"}, "unknown format"),
        ({"real": "f2"}, "f2"),
        ({"attributes": {"plaquette": 1.0}}, "written by the format itself"),
        ({"attributes": {"sha256": "x"}}, "written by the format itself"),
        ({"attributes": {"table": {"a": 1}}}, "attribute 'table'"),
        ({"links": SU2 * np.nan}, "no finite"),
        ({"links": SU2[:3]}, "user layout"),
    ],
)
def test_writing_refuses_nonsense(tmp_path, change, message):
    arguments = {"links": SU2, "group": "SU(2)", "attributes": {}, **change}
    with pytest.raises(InputError, match=message):
        write_configuration(tmp_path / "u.h5", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_bare_ildg_takes_lattice_from_the_caller(tmp_path):
    path = tmp_path / "bare.ildg"
    path.write_bytes(samples.bare(SU2))
    with pytest.raises(DataError, match="no lattices"):
        read_configuration(path)
    configuration = read_configuration(path, (4, 2, 3, 5))
    np.testing.assert_array_equal(configuration.links, SU2)
    assert configuration.group == "SU(2)"
    with pytest.raises(DataError, match=r"are not the links of SU\(3\) on 4x2x3x5"):
        read_configuration(path, (4, 2, 3, 5), "SU(3)")


def test_bare_ildg_single_precision_is_told_from_double(tmp_path):
    links = random_links((2, 2, 2, 2), 4)
    path = tmp_path / "bare.ildg"
    for kind, tolerance in ((">f4", 1e-6), (">f8", 0)):
        path.write_bytes(samples.bare(links, kind))
        configuration = read_configuration(path)
        assert (configuration.shape, configuration.group) == ((2, 2, 2, 2), "SU(4)")
        np.testing.assert_allclose(configuration.links, links, rtol=0, atol=tolerance)


def test_caller_expectations_are_checked(tmp_path):
    path = tmp_path / "u.h5"
    write_configuration(path, SU2, "SU(2)", {})
    with pytest.raises(DataError, match="shape is"):
        read_configuration(path, shape=(4, 4, 4, 4))
    with pytest.raises(DataError, match="group is"):
        read_configuration(path, group="SU(3)")
    with pytest.raises(InputError, match="unknown gauge group"):
        read_configuration(path, group="E8")
    with pytest.raises(InputError, match="unknown format"):
        read_configuration(path, format="szin")
    with pytest.raises(InputError, match="no such file"):
        read_configuration(tmp_path / "absent.h5")
    with pytest.raises(DataError):
        read_configuration(path, format="milc")


QUATERNION_FIELD = [
    [
        [[[complex(a, d), complex(c, b)], [complex(-c, b), complex(a, -d)]] for a, b, c, d in row]
        for row in [[(0.6, 0.8 * s, 0.0, 0.0), (0.0, 0.6, 0.8 * s, 0.0), (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, s, 0.0)]] * 2
    ]
    for s in (1, -1)
]
