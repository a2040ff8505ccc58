"""Files of other programs are read and written again: the same bytes, but for what is said here; and refusals."""

import os
import re
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import storage_samples as samples
from storage_samples import DATA, random_links

from lqcdnn.errors import DataError, InputError
from lqcdnn.storage import hdf5
from lqcdnn.storage.formats import FORMATS, format_for, read_configuration, write_configuration
from lqcdnn.storage.formats.verify import plaquette

SU3 = random_links((2, 4, 2, 6), 3)
SU2 = random_links((4, 2, 4, 2), 2)
SU4 = random_links((2, 2, 3, 2), 4)
U1 = random_links((3, 2, 4, 2), 1)
PLANE = random_links((4, 6), 2)
WRITTEN = [format for format in FORMATS.values() if format.write is not None]


def rewritten(tmp_path, name, format):
    """Bytes of a file in tests/data, and of the same configuration as this program writes it."""
    found = read_configuration(DATA / name)
    path = tmp_path / "again"
    write_configuration(path, found.links, found.group, found.attributes, format, found.real)
    again = read_configuration(path)
    np.testing.assert_array_equal(again.links, found.links)
    assert (again.group, again.shape, again.real) == (found.group, found.shape, found.real)
    assert again.checksum == found.checksum
    assert again.attributes == found.attributes
    return (DATA / name).read_bytes(), path.read_bytes()


@pytest.mark.parametrize(
    ("name", "format"), [("pg_b5.7_4444.milc", "milc"), ("oqcd_ym_b6.0_8x444n1", "openqcd")]
)
def test_the_same_bytes(tmp_path, name, format):
    theirs, ours = rewritten(tmp_path, name, format)
    assert ours == theirs


def test_the_same_content_of_our_own_format(tmp_path):
    """HDF5 lays the same content out differently from version to version."""
    rewritten(tmp_path, "native_v1.h5", "native")
    assert hdf5.unpack(DATA / "native_v1.h5")[1] == hdf5.unpack(tmp_path / "again")[1]


def test_a_plaquette_that_is_given_is_compared_on_reading(tmp_path):
    links = read_configuration(DATA / "native_v1.h5").links
    mean, path = plaquette(links).mean, tmp_path / "u.h5"
    write_configuration(path, links, "SU(2)", plaquette=mean + 1e-13)
    assert read_configuration(path).claimed["plaquette"] == mean + 1e-13
    write_configuration(path, links, "SU(2)", plaquette=mean + 1e-11)
    with pytest.raises(DataError, match="plaquette"):
        read_configuration(path)


def test_hirep_differs_in_the_last_digits_of_the_plaquette_only(tmp_path):
    """HiRep sums in another order: 1.3e-15 here. It accepts 1e-12 on reading."""
    theirs, ours = rewritten(tmp_path, "hirep_su2_b2.3_4444", "hirep")
    assert ours[:20] == theirs[:20]
    assert ours[28:] == theirs[28:]
    (mine,), (stored,) = struct.unpack(">d", ours[20:28]), struct.unpack(">d", theirs[20:28])
    assert abs(mine - stored) < 3e-15


def test_nersc_has_the_same_links_and_checksum(tmp_path):
    """MILC measured the header's averages before it rounded the links to float32; lines of its own are not kept."""
    theirs, ours = rewritten(tmp_path, "pg_b5.7_4444.nersc", "nersc-two-row")
    (old, links), (new, rewritten_links) = (file.split(b"END_HEADER\n", 1) for file in (theirs, ours))
    assert rewritten_links == links
    pattern = re.compile(rb"^([A-Z_0-9]+) = (.*)$", re.MULTILINE)
    old_keys, new_keys = ({key.decode(): value for key, value in pattern.findall(text)} for text in (old, new))
    for key in ("DATATYPE", "DIMENSION_1", "DIMENSION_4", "CHECKSUM", "ENSEMBLE_ID", "SEQUENCE_NUMBER"):
        assert new_keys[key] == old_keys[key]
    for key in ("PLAQUETTE", "LINK_TRACE"):
        assert len(new_keys[key]) == len(old_keys[key])
        assert float(new_keys[key]) == pytest.approx(float(old_keys[key]), abs=2e-9)
    assert set(new_keys) - set(old_keys) == {"HDR_VERSION", "FLOATING_POINT", *(f"BOUNDARY_{i}" for i in (1, 2, 3, 4))}
    assert new_keys["FLOATING_POINT"] == b"IEEE32BIG"


@pytest.mark.parametrize("format", ["ildg", "scidac"])
def test_lime_records_are_the_same_but_for_the_title(tmp_path, format):
    theirs, ours = rewritten(tmp_path, f"pg_b5.7_4444.{format}", format)
    assert len(ours) == len(theirs)
    for (flags, name, data), (other_flags, other_name, other) in zip(records(theirs), records(ours), strict=True):
        assert (other_flags, other_name) == (flags, name)
        if name == "scidac-file-xml":
            assert b"<title>" in other
        else:  # the free text of MILC ends with a space, which is lost
            assert other.replace(b" </info>", b"</info>") == data.replace(b" </info>", b"</info>")


def records(file):
    position = 0
    while position < len(file):
        magic, version, flags, length, name = struct.unpack(">IHHQ128s", file[position : position + 144])
        assert (magic, version) == (0x456789AB, 1)
        yield flags, name.rstrip(b"\0").decode(), file[position + 144 : position + 144 + length]
        position += 144 + (length + 7) // 8 * 8


@pytest.mark.parametrize(
    ("format", "real", "links", "expected", "header"),
    [
        ("milc", "f4", SU3, samples.milc(SU3, "<"), 0),
        ("openqcd", "f8", SU3, samples.openqcd(SU3), 24),
        ("hirep", "f8", SU4, samples.hirep(SU4), 28),
        ("bridge", "f8", SU3, re.sub(rb"e-0", b"e-", samples.bridge(SU3)), 0),
        ("npy", "f8", PLANE, samples.npy(PLANE), 0),
        ("nersc", "f8", SU3, b"".join(samples.site_major(SU3, ">f8")), None),
        ("nersc", "f4", SU4, b"".join(samples.site_major(SU4, ">f4")), None),
        ("nersc-two-row", "f8", SU3, b"".join(samples.site_major(SU3, ">f8", rows=2)), None),
    ],
)
def test_bytes_as_slow_writers_make_them(tmp_path, format, real, links, expected, header):
    path = tmp_path / "u"
    stamp = {"time_stamp": "Sun Nov 22 05:46:06 2026"}
    write_configuration(path, links, f"SU({links.shape[-1]})", stamp, format, real)
    data = path.read_bytes()
    if header is None:
        assert data.endswith(b"END_HEADER\n" + expected)
    else:
        assert data[header:] == expected[header:]


@pytest.mark.parametrize("real", ["f8", "f4"])
@pytest.mark.parametrize(("format", "links"), [("ildg", SU3), ("ildg", U1), ("scidac", SU2), ("scidac", PLANE)])
def test_lime_files_as_slow_writers_make_them(tmp_path, format, links, real):
    path = tmp_path / "u"
    colors = links.shape[-1]
    write_configuration(path, links, f"SU({colors})" if colors > 1 else "U(1)", {"lfn": "lfn://a"}, format, real)
    found = {name: data for _, name, data in records(path.read_bytes())}
    sites = samples.site_major(links, f">{real}")
    assert found["scidac-checksum"].endswith(samples.scidac_checksum(sites).encode() + b"\0")
    assert found[f"{format}-binary-data"] == b"".join(sites)
    letter = "D" if real == "f8" else "F"
    assert f"<datatype>USQCD_{letter}{colors}_ColorMatrix</datatype>".encode() in found["scidac-private-record-xml"]
    if format == "ildg":
        field = f"su{colors}gauge" if colors > 1 else "u1gauge"
        assert f"<field>{field}</field><precision>{8 * int(real[1])}</precision>".encode() in found["ildg-format"]
        assert found["ildg-data-lfn"] == b"lfn://a\0"


def fitting(format):
    """A configuration for each group and dimension of the samples that a format holds."""
    for links in (SU3, SU2, SU4, U1, PLANE, random_links((2, 3, 4), 3)):
        group = f"SU({links.shape[-1]})" if links.shape[-1] > 1 else "U(1)"
        held = group in format.groups and links.shape[0] in format.dims
        if held and not (format.even and any(n % 2 for n in links.shape[1:-2])):
            yield links, group


CASES = [
    (format.name, real, links, group) for format in WRITTEN for real in format.reals for links, group in fitting(format)
]


@pytest.mark.parametrize(("format", "real", "links", "group"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_round_trip(tmp_path, format, real, links, group):
    attributes = {"trajectory": 12, "note": 'a <b> & "c" \x01'}
    for name in ("first", "second"):
        write_configuration(tmp_path / name, links, group, attributes, format, real)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    shape = links.shape[1:-2]
    found = read_configuration(tmp_path / "first", *((shape, group) if format == "bridge" else ()))
    assert (found.format, found.group, found.shape) == (format.removesuffix("-two-row"), group, shape)
    assert found.real == real
    expected = links if real == "f8" else links.astype(np.complex64)
    exact = format != "nersc-two-row" and not (format == "hirep" and group == "SU(2)")
    np.testing.assert_allclose(found.links, expected, rtol=0, atol=0 if exact else 4e-15 if real == "f8" else 1e-6)
    if format in ("native", "ildg", "scidac", "nersc", "nersc-two-row", "openqcd", "hirep"):
        assert found.claimed["plaquette"] == pytest.approx(found.plaquette, abs=1e-7 if real == "f4" else 1e-14)


@pytest.mark.parametrize(
    ("format", "links", "real", "message"),
    [
        ("milc", SU3, "f8", r"format milc cannot hold SU\(3\) on 2x4x2x6 in f8"),
        ("milc", SU2, "f4", r"cannot hold SU\(2\)"),
        ("openqcd", SU3, "f4", "in f4"),
        ("openqcd", random_links((2, 3, 2, 2), 3), "f8", "2x3x2x2"),
        ("hirep", U1, "f8", r"U\(1\)"),
        ("nersc", PLANE, "f8", "4x6"),
        ("nersc", U1, "f8", r"U\(1\)"),
        ("nersc-two-row", SU4, "f8", r"SU\(4\)"),
        ("ildg", PLANE, "f8", "4x6"),
        ("bridge", SU3, "f4", "f4"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, format, links, real, message):
    group = f"SU({links.shape[-1]})" if links.shape[-1] > 1 else "U(1)"
    with pytest.raises(InputError, match=message) as caught:
        write_configuration(tmp_path / "u", links, group, {}, format, real)
    assert caught.value.hint is not None
    assert f"{format} holds " in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_endings_are_unique_and_choose_the_format():
    endings = [ending for format in WRITTEN for ending in format.endings]
    assert len(endings) == len(set(endings))
    for format in WRITTEN:
        for ending in format.endings:
            assert format_for(f"run.5/cfg{ending.upper()}") is format
    assert format_for("cfg.h5", "milc").name == "milc"
    for name in ("cfg", "cfg.lime", "ildg", "cfg.h5.bak"):
        with pytest.raises(InputError, match="does not say"):
            format_for(name)


def test_numbers_are_printed_as_julia_prints_them(tmp_path):
    """Shortest digits; below 1e-4 with an exponent that has no leading zero and a mantissa that has a point."""
    links = np.zeros((4, 1, 1, 1, 1, 2, 2), np.complex128)
    links[..., 0, 0] = links[..., 1, 1] = 1.0
    links[0, 0, 0, 0, 0] = [[1.0, complex(1e-5, -2.5e-17)], [complex(-0.0001, 0.1 + 0.2), -0.0]]
    write_configuration(tmp_path / "u.txt", links, "SU(2)", {}, "bridge")
    lines = (tmp_path / "u.txt").read_text().splitlines()
    assert lines[:8] == ["1.0", "0.0", "1.0e-5", "-2.5e-17", "-0.0001", "0.30000000000000004", "-0.0", "0.0"]


def test_text_takes_lattice_from_the_caller_or_its_length(tmp_path):
    path = tmp_path / "u.txt"
    write_configuration(path, SU2, "SU(2)", {}, "bridge")
    found = read_configuration(path, (4, 2, 4, 2))
    np.testing.assert_array_equal(found.links, SU2)
    assert (found.group, found.format) == ("SU(2)", "bridge")
    assert any("no description and no checksum" in text for text in found.warnings)
    cube = random_links((2, 2, 2, 2), 4)  # as many numbers as U(1) on 4^4
    write_configuration(path, cube, "SU(4)", {}, "bridge")
    found = read_configuration(path)
    assert (found.shape, found.group) == ((2, 2, 2, 2), "SU(4)")
    np.testing.assert_array_equal(found.links, cube)
    path.write_bytes(path.read_bytes().replace(b"\n", b" \r\n")[:-3])
    np.testing.assert_array_equal(read_configuration(path).links, cube)


def test_byte_sums_are_those_of_the_whole_file(tmp_path):
    """The checksum of the zip member and the checksum of a long MILC file, in pieces."""
    write_configuration(tmp_path / "u.npz", SU2, "SU(2)", {}, "npz")
    assert np.array_equal(np.load(tmp_path / "u.npz")["links"], SU2)
    data = (tmp_path / "u.npz").read_bytes()
    assert zlib.crc32(samples.npy(SU2)).to_bytes(4, "little") in data
    from lqcdnn.storage.formats.milc import checksum

    words = np.random.default_rng(3).integers(1 << 32, size=300_007, dtype=np.uint32)
    for modulus in (29, 31):
        slow = 0
        for n, word in enumerate(words.tolist()):
            slow ^= samples.rotate(word, n % modulus)
        assert checksum(words.astype("<u4").tobytes(), "<", modulus) == slow


@pytest.fixture(scope="module")
def large():
    return {group: random_links((8, 8, 8, 8), colors) for group, colors in (("SU(2)", 2), ("SU(3)", 3))}


def half_of(links):
    """Those of the first four time slices."""
    return np.ascontiguousarray(links[:, :, :, :, :4])


@pytest.mark.parametrize("format", [format.name for format in WRITTEN])
def test_memory(tmp_path, format, large):
    """At most three times the file or the links, whichever is larger, beside the links that are written."""
    group = "SU(2)" if "SU(2)" in FORMATS[format].groups else "SU(3)"
    links = large[group] if format == "bridge" else half_of(large[group])  # a file of bridge says no extents
    path = tmp_path / "u"
    real = FORMATS[format].reals[0]

    def peak(function):
        tracemalloc.start()
        try:
            function()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    writing = peak(lambda: write_configuration(path, links, group, {}, format, real))
    allowed = 3 * max(links.nbytes, os.path.getsize(path))
    assert writing < allowed
    assert peak(lambda: read_configuration(path)) < allowed
