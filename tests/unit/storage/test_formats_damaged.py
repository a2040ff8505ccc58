"""Truncated, flipped, contradictory and hostile files end in DataError, quickly and without reading elsewhere."""

import contextlib
import io
import resource
import struct
import sys
import zipfile

import h5py
import numpy as np
import pytest
import storage_samples as samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import DATA, FOREIGN, random_links

from lqcdnn.errors import DataError
from lqcdnn.storage.formats import FORMATS, read_configuration, write_configuration

SU2 = random_links((2, 2, 2, 4), 2)
SU3 = random_links((2, 2, 2, 4), 3)
SYMMETRIC = random_links((2, 2, 2, 2), 2)


def native(tmp_path_factory):
    path = tmp_path_factory.mktemp("native") / "u.h5"
    write_configuration(path, SU2, "SU(2)", {"trajectory": 3})
    return path.read_bytes()


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """One file of every format."""
    return {
        **{name: (DATA / name).read_bytes() for name in FOREIGN},
        "native": native(tmp_path_factory),
        "npy": samples.npy(SU2),
        "npz": samples.npz(SU2),
        "bridge": samples.bridge(random_links((2, 2, 2, 2), 2)),
    }


def refused(tmp_path, data, message=None, **arguments):
    path = tmp_path / "damaged"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        read_configuration(path, **arguments)
    assert str(path) in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("name", [*FOREIGN, "native", "npy", "npz", "bridge"])
def test_truncated_files(tmp_path, whole, name):
    data = whole[name]
    rng = np.random.default_rng(7)
    lengths = {
        0,
        1,
        4,
        8,
        28,
        100,
        144,
        len(data) // 2,
        len(data) - 8,
        len(data) - 1,
        *rng.integers(len(data), size=20),
    }
    for length in lengths:
        if name.endswith(("ildg", "scidac", "bridge")) and length > len(data) - 8:
            continue  # padding of the last record; digits of the last number
        path = tmp_path / "cut"
        path.write_bytes(data[:length])
        try:
            configuration = read_configuration(path)
        except DataError:
            continue
        # The only thing that can be cut off a LIME file without damage are records after the links.
        assert any("checksum" in warning for warning in configuration.warnings)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("pg_b5.7_4444.milc", 96),
        ("pg_b5.7_4444.nersc", 1000),
        ("pg_b5.7_4444.scidac", 1600),
        ("pg_b5.7_4444.ildg", 2300),
        ("native", None),
    ],
)
def test_every_flipped_bit_of_the_links_is_found(tmp_path, whole, name, payload):
    data = whole[name]
    if payload is None:
        with h5py.File(io.BytesIO(data)) as file:
            payload = file["links"].id.get_chunk_info(0).byte_offset
            end = payload + SU2.nbytes
    else:
        end = len(data) - 400 if name.endswith(("scidac", "ildg")) else len(data)
    rng = np.random.default_rng(11)
    for position in rng.integers(payload, end, size=30):
        flipped = bytearray(data)
        flipped[position] ^= 1 << int(rng.integers(8))
        refused(tmp_path, bytes(flipped))


@pytest.mark.parametrize("name", ["oqcd_ym_b6.0_8x444n1", "hirep_su2_b2.3_4444", "su2_4x4x4x4_b2.7_nf4_m0.3.ildg"])
def test_flipped_leading_bits_are_found_without_checksum(tmp_path, whole, name):
    """Without a checksum only what changes the physics is seen: here the top mantissa bits and the exponent."""
    data = whole[name]
    big = name != "oqcd_ym_b6.0_8x444n1"
    start = {"oq": 24, "hi": 28, "su": 144}[name[:2]]
    rng = np.random.default_rng(13)
    for number in rng.integers((len(data) - start) // 8, size=20):
        flipped = bytearray(data)
        flipped[start + 8 * number + (1 if big else 6)] ^= 0x40
        refused(tmp_path, bytes(flipped))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no known configuration format"),
        (b"hello", "no known configuration format"),
        (samples.nersc(SU3, CHECKSUM="12345678"), "header: CHECKSUM is 12345678 in the file, but [0-9a-f]{8} by"),
        (samples.nersc(SU3, PLAQUETTE="0.5"), "header: plaquette is 0.5 in the file, but .* by its links"),
        (samples.nersc(SU3, LINK_TRACE="0.5"), "link_trace is 0.5"),
        (samples.nersc(SU3, PLAQUETTE="nan"), "plaquette"),
        (samples.nersc(SU3, DIMENSION_1="-2"), "extents"),
        (samples.nersc(SU3, DIMENSION_1="1000000000"), "bytes are not"),
        (samples.nersc(SU3, DIMENSION_1="9" * 5000), "could not be decoded"),
        (samples.nersc(SU3, DIMENSION_1=None), "no key DIMENSION_1"),
        (samples.nersc(SU3, DATATYPE="4D_SU3_PROPAGATOR"), "DATATYPE"),
        (samples.nersc(SU3, FLOATING_POINT="IEEE32BIG"), "FLOATING_POINT"),
        (b"BEGIN_HEADER\n" + b"A = 1\n" * 20000, "no END_HEADER"),
        (samples.scidac(SU3, plaquette=0.25), "scidac-record-xml: plaquette is 0.25"),
        (samples.scidac(SU3, volfmt=1), "join them"),
        (samples.openqcd(SU3)[:16] + struct.pack("<d", 0.5) + samples.openqcd(SU3)[24:], "header: plaquette"),
        (samples.hirep(SU2)[:20] + struct.pack(">d", 0.5) + samples.hirep(SU2)[28:], "header: plaquette"),
        (samples.hirep(1.1 * SU2), "unitarity"),
        (samples.npy(np.full_like(SU2, np.nan)), "unitarity"),
        (samples.npy(SU2 * 1e300), "unitarity"),
        (samples.npy(SU2.real), "type float64"),
        (samples.npy(SU2[:, :, :, :, 0]), "shape"),
        (samples.npy(np.array([None, {}])), "type object"),
        (samples.bridge(SU2), "1024 lines fit no lattices"),
        (samples.bridge(SYMMETRIC).replace(b"-", b"\n", 1), "known configuration format"),
        (samples.bridge(SYMMETRIC)[:9000] + b"nan" + samples.bridge(SYMMETRIC)[9000:], "line [0-9]+ is .*nan"),
        (b"0.5\n" * 2000 + b"x" * 500000, "longer than"),
        (b"1e999\n" * 512, "line 1 is not finite"),
        (b"1_0\n" * 512, "no known"),
        (b"1.0\n" * 512, "fit 2 lattices, but the links are in the group on none"),
        (b"1.0\n" * 18 * 4 * 81, "unitarity"),
        (b"1.0\n" * 300000, "fit no lattices"),
    ],
)
def test_contradictions_are_named(tmp_path, data, message):
    refused(tmp_path, data, message)


def test_what_a_file_does_not_say_is_asked_for_by_the_option(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(samples.bridge(SU2))
    with pytest.raises(DataError) as caught:
        read_configuration(path)
    assert '--shape 4,4,4,8 --group "SU(3)"' in caught.value.hint


def test_another_lattice_than_the_one_asked_for_is_named(tmp_path):
    message = r"1024 lines are not the links of SU\(2\) on 4x2x2x4, which was asked for"
    refused(tmp_path, samples.bridge(SU2), message, shape=(4, 2, 2, 4), group="SU(2)")


def lime_with(xml, binary=b"", name="ildg-format"):
    return samples.lime((name, xml), ("ildg-binary-data", binary))


BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'">]><a>&c;&c;</a>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><ildgFormat><field>&e;</field></ildgFormat>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (struct.pack(">IHHQ128s", 0x456789AB, 1, 0, 2**63, b"ildg-binary-data"), "declares 9223372036854775808 bytes"),
        (struct.pack(">IHHQ128s", 0x456789AB, 1, 0, 2**64 - 8, b"ildg-binary-data"), "declares"),
        (struct.pack(">IHHQ128s", 0x456789AB, 1, 0, 0, b"empty") * 1200, "more than 1000 records"),
        (lime_with(BOMB), "document type"),
        (lime_with(EXTERNAL), "document type"),
        (lime_with(b"<a>" * 10000), "damaged XML"),
        (lime_with(b" " * (2 << 20)), "a text of"),
        (lime_with(samples.ildg_format((2, 2, 2, 10**9), "su2gauge", 64).encode()), "takes"),
        (lime_with(samples.ildg_format((2, 2, 2, 10**30), "su2gauge", 64).encode()), "make no lattice"),
        (lime_with(samples.ildg_format((2, 2, 2, -4), "su2gauge", 64).encode()), "make no lattice"),
        (lime_with(samples.ildg_format((2, 2, 2, 0), "su2gauge", 64).encode()), "make no lattice"),
        (lime_with(samples.ildg_format((2, 2, 2, 2), "su12gauge", 64).encode()), "no gauge field"),
        (lime_with(samples.ildg_format((2, 2, 2, 2), "su9gauge", 64).encode()), "9 colours"),
        (lime_with(samples.ildg_format((2, 2, 2, 2), "su2gauge", 16).encode()), "neither 32 nor 64"),
        (lime_with(b"<ildgFormat></ildgFormat>"), "no element <version>"),
        (struct.pack("<4id", 2, 2, 2, 4096, 0.5), "asks for"),
        (struct.pack(">5id", 2, 4096, 4096, 4096, 4096, 0.5), "make no lattice"),
        (struct.pack("<iiiii64siII", 20103, -1, 4, 4, 4, b"", 0, 0, 0), "make no lattice"),
        (struct.pack("<iiiii64siII", 20103, 4, 4, 4, 2**31 - 1, b"", 0, 0, 0), "asks for"),
        (struct.pack("<iiiii64siII", 20103, 4, 4, 4, 4, b"", 7, 0, 0), "order 7"),
        (b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"-" * 8999 + b"1", "could not be decoded"),
        (b"\x93NUMPY\x07\x00" + bytes(50), "version"),
    ],
)
def test_hostile_headers(tmp_path, data, message):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(tmp_path, data, message)
    unit = 1 if sys.platform == "darwin" else 1024
    assert unit * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 200 * 2**20


def test_zip_bomb(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("links.npy", bytes(100 << 20))
    refused(tmp_path, buffer.getvalue(), "suspiciously")


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (lambda file: file.update({"links": h5py.ExternalLink("/etc/hostname", "/x")}), "is a link"),
        (lambda file: file.update({"links": h5py.SoftLink("/other")}), "is a link"),
        (lambda file: file.create_group("links"), "not a plain dataset"),
        # h5py 3.10 makes an empty ordinary dataset of a virtual layout without sources
        (lambda file: file.create_virtual_dataset("links", h5py.VirtualLayout((2, 2), "f8")), "not a plain|more than"),
        (lambda file: file.create_dataset("links", (2,), "f8", external=[("/etc/hostname", 0, 16)]), "not a plain"),
        (lambda file: file.create_dataset("links", data=["a"], dtype=h5py.string_dtype()), "type object"),
        (lambda file: file.create_dataset("links", (10**6, 10**6), "f8", chunks=(100, 100)), "more than the file"),
        (lambda file: file.create_dataset("links", data=np.zeros(10**6), compression="gzip"), "not a plain dataset"),
        (lambda file: file.attrs.update(x=h5py.Empty("f8")), "sha256|could not"),
        (lambda file: file.attrs.update(x=np.zeros(3, "i4,f8")), "neither a number"),
        (lambda file: [file.create_dataset(str(i), data=1.0) for i in range(1001)], "more than 1000"),
        (lambda file: file.attrs.update(content="something"), "sha256"),
    ],
)
def test_hostile_hdf5(tmp_path, fill, message):
    with h5py.File(tmp_path / "hostile.h5", "w") as file:
        fill(file)
    refused(tmp_path, (tmp_path / "hostile.h5").read_bytes(), message)


def test_tampered_attribute(tmp_path):
    path = tmp_path / "u.h5"
    write_configuration(path, SU2, "SU(2)", {"trajectory": 3})
    with h5py.File(path, "r+") as file:
        file.attrs["trajectory"] = 4
    with pytest.raises(DataError, match="attribute sha256"):
        read_configuration(path)


def test_other_hdf5_file_of_ours_is_no_configuration(tmp_path):
    from lqcdnn.storage import hdf5

    refused(tmp_path, hdf5.pack({"links": np.zeros(4)}, {"serial": 3}), "no gauge configuration")


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_files_only_raise_our_errors(tmp_path, whole, data):
    """A few bytes overwritten, inserted or cut anywhere, preferably in the headers."""
    name = data.draw(st.sampled_from(sorted(whole)))
    content = bytearray(whole[name])
    for _ in range(data.draw(st.integers(1, 4))):
        reach = data.draw(st.sampled_from([200, 2400, len(content) - 1]))
        start = data.draw(st.integers(0, min(reach, len(content) - 1)))
        piece = data.draw(st.binary(min_size=0, max_size=8))
        stop = start + data.draw(st.sampled_from([0, len(piece), 64]))
        content[start:stop] = piece
    survives(tmp_path, bytes(content), None)


@given(head=st.sampled_from([b"", b"BEGIN_HEADER\n", bytes.fromhex("456789ab"), b"\x93NUMPY\x01\x00", b"PK\x03\x04",
                             b"0.5\n-1e-5\n"]),
       tail=st.binary(max_size=400), format=st.sampled_from(sorted(FORMATS)))  # fmt: skip
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_only_raise_our_errors(tmp_path, head, tail, format):
    survives(tmp_path, head + tail, format)


def survives(tmp_path, content, format):
    path = tmp_path / "fuzz"
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        read_configuration(path, format=format)
