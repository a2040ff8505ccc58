"""Headers that lie, bombs, links to other files: exit code 2 or 3, quickly, in little memory, nothing else opened."""

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from lqcdnn.storage import hdf5
from lqcdnn.storage.weights import CONVENTIONS, KIND
from tests.faults.harness import Server, place
from tests.faults.inputs import QUENCHED
from tests.faults.samples import weights_file
from tests.unit.storage import storage_samples as files

SECONDS = 2.0
KILOBYTES = 200 * 1024
AUDIT = """
import sys
def seen(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and "forbidden" in arguments[0]:
        sys.stderr.write("OPENED " + arguments[0])
sys.addaudithook(seen)
"""


BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'">]><a>&c;&c;</a>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY e SYSTEM "forbidden">]><ildgFormat><field>&e;</field></ildgFormat>'


def lime_with(xml: bytes) -> bytes:
    return files.lime(("ildg-format", xml), ("ildg-binary-data", b""))


def record(length: int, name: bytes = b"ildg-binary-data") -> bytes:
    return struct.pack(">IHHQ128s", 0x456789AB, 1, 0, length, name)


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("links.npy", bytes(300 << 20))
    return buffer.getvalue()


CONFIGURATIONS = {
    "length 2^63": lambda: record(2**63),
    "length 2^64 - 1": lambda: record(2**64 - 1),
    "10^6 records": lambda: record(0, b"empty") * 10**6,
    "10^6 nested elements": lambda: lime_with(b"<a>" * 10**6),
    "entities": lambda: lime_with(BOMB),
    "an external entity": lambda: lime_with(EXTERNAL),
    "negative extent": lambda: lime_with(files.ildg_format((2, 2, 2, -4), "su2gauge", 64).encode()),
    "huge extent": lambda: lime_with(files.ildg_format((2, 2, 2, 10**12), "su2gauge", 64).encode()),
    "nersc extent": lambda: files.nersc(files.random_links((2, 2, 2, 2), 3), DIMENSION_1="9" * 4000),
    "nersc header": lambda: b"BEGIN_HEADER\n" + b"A = 1\n" * 10**6,
    "milc extents": lambda: struct.pack("<iiiii64siII", 20103, 2**31 - 1, 2**31 - 1, 2, 2, b"", 0, 0, 0),
    "openqcd extents": lambda: struct.pack("<4id", 4096, 4096, 4096, 4096, 0.5) + bytes(1000),
    "hirep extents": lambda: struct.pack(">5id", 8, 4096, 4096, 4096, 4096, 0.5) + bytes(1000),
    "npy shape": lambda: b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<c16', 'fortran_order': False, 'shape': (4, 99999,"
    b" 99999, 99999, 9999, 2, 2), }".ljust(117) + b"\n",
    "npy of objects": lambda: files.npy(np.array([None, {}])),
    "zip bomb": bomb,
}
HDF5 = {
    "external link": lambda file: file.update({"links": h5py.ExternalLink("forbidden", "/x")}),
    "soft link": lambda file: file.update({"links": h5py.SoftLink("/other")}),
    "external storage": lambda file: file.create_dataset("links", (2,), "f8", external=[("forbidden", 0, 16)]),
    "virtual dataset": lambda file: file.create_virtual_dataset("links", virtual()),
    "object dataset": lambda file: file.create_dataset("links", data=["a"], dtype=h5py.string_dtype()),
    "reference dataset": lambda file: file.create_dataset("links", (3,), dtype=h5py.ref_dtype),
    "declared 8 TB": lambda file: file.create_dataset("links", (10**6, 10**6), "f8", chunks=(100, 100)),
    "compressed zeros": lambda file: file.create_dataset("links", data=np.zeros(10**7), compression="gzip"),
    "3000 datasets": lambda file: [file.create_dataset(str(i), data=1.0) for i in range(3000)],
    "long attribute": lambda file: file.attrs.create("x", np.zeros(8000)),
    "a loop of groups": lambda file: file.create_group("a").update({"a": file["/"]}),
}


def texts_without_end(data: bytes) -> bytes:
    """The free rest of the table of texts has size 0: a reader that steps by sizes never comes to the end."""
    heap = data.index(b"GCOL")
    place = heap + 16
    while (head := struct.unpack_from("<H6xQ", data, place))[0] != 0:
        place += 16 + (head[1] + 7) // 8 * 8
    return data[: place + 8] + bytes(8) + data[place + 16 :]


def text_of_4_gb(data: bytes) -> bytes:
    """A text that claims 4 GB, in a table behind the end of the file."""
    heap = data.index(b"GCOL")
    reference = data.index(struct.pack("<Q", heap)) - 4
    return data[:reference] + struct.pack("<IQ", 2**32 - 16, 10**6) + data[reference + 12 :]


@pytest.mark.parametrize("damage", [texts_without_end, text_of_4_gb])
def test_damaged_texts(server: Server, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "hostile.h5").write_bytes(damage(weights_file(tmp_path)))
    assert "hostile.h5" in refused(server, tmp_path, "show", "hostile.h5", codes=(3,))


def virtual() -> h5py.VirtualLayout:
    layout = h5py.VirtualLayout((2,), "f8")
    layout[:] = h5py.VirtualSource("forbidden", "x", shape=(2,))
    return layout


def refused(server: Server, folder: Path, *arguments: str, codes: tuple[int, ...] = (2, 3)) -> str:
    """Exit code 2 or 3 in little time and memory; a pipe that nobody writes to would hang whoever opens it."""
    os.mkfifo(folder / "forbidden")
    idle = server.run(folder, "--version")
    outcome = server.run(folder, *arguments, code=AUDIT)
    assert outcome.status in codes, outcome.err[:2000]
    assert "OPENED" not in outcome.err
    assert outcome.cpu - idle.cpu < SECONDS
    assert outcome.seconds < 20 * SECONDS  # a busy machine is no fault, a hang is
    assert outcome.peak - idle.peak < KILOBYTES
    return outcome.err


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configurations(server: Server, tmp_path: Path, name: str) -> None:
    (tmp_path / "hostile").write_bytes(CONFIGURATIONS[name]())
    assert "hostile" in refused(server, tmp_path, "show", "hostile", codes=(3,))


@pytest.mark.parametrize("name", HDF5)
def test_hdf5_files(server: Server, tmp_path: Path, name: str) -> None:
    with h5py.File(tmp_path / "hostile.h5", "w") as file:
        HDF5[name](file)
    assert "hostile.h5" in refused(server, tmp_path, "show", "hostile.h5", codes=(3,))


def nested(depth: int) -> str:
    return "x = " + "[" * depth + "]" * depth


TOML = {
    "arrays nested 10^5 deep": lambda: nested(10**5),
    "tables nested 10^5 deep": lambda: "x = " + "{a = " * 10**5 + "1" + "}" * 10**5,
    "a key of 10^5 parts": lambda: "a." * 10**5 + "b = 1",
    "a header of 10^5 parts": lambda: "[" + "a." * 10**5 + "b]",
    "100 MB": lambda: "# " + "x" * 10**8,
    "10^5 tables": lambda: QUENCHED + "[[action.fermion]]\n" * 10**5,
    "an integer of 10^5 digits": lambda: QUENCHED.replace("seed = 7", "seed = " + "7" * 10**5),
    "a string that does not end": lambda: 'x = """' + "a" * 900_000,
    "900 kB of quotes": lambda: "x = " + '"' * 900_000,
    "900 kB of backslashes": lambda: 'x = "' + "\\" * 900_000,
    "no text": lambda: "\0" * 1000,
}


@pytest.mark.parametrize("name", TOML)
@pytest.mark.parametrize("command", ["validate", "generate"])
def test_input_files(server: Server, tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / "in.toml").write_text(TOML[name]())
    assert "in.toml" in refused(server, tmp_path, command, "in.toml", codes=(2,))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forbidden", "in.toml", "stderr.txt", "stdout.txt"]


DEEP = "[" * 10**5
DAMAGED_RUNS = {
    "manifest.json": DEEP, "status.json": '{"a": ' * 10**5, "resolved.toml": nested(10**5),
    "journal.jsonl": DEEP + "\n",
    "measure/plaquette.jsonl": DEEP + "\n", "input.toml": nested(10**5),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED_RUNS)
@pytest.mark.parametrize("command", ["verify", "analyze", "status", "show"])
def test_files_of_a_run(server: Server, tmp_path: Path, name: str, command: str) -> None:
    place(tmp_path, QUENCHED)
    assert server.run(tmp_path, "generate", "in.toml").status == 0
    (tmp_path / "run" / name).write_text(DAMAGED_RUNS[name])
    refused(server, tmp_path, command, "run", codes=(0, 2, 3) if command != "verify" else (3,))


STATES = {
    "without links": ({"x": np.zeros(3)}, {"trajectory": 2}),
    "links of another shape": ({"links": np.zeros((2, 2, 2, 2, 2), complex)}, {"trajectory": 2}),
    "links of real numbers": ({"links": np.zeros((4, 4, 4, 4, 4, 2, 2))}, {"trajectory": 2}),
    "without trajectory": ({"links": np.zeros((4, 4, 4, 4, 4, 2, 2), complex)}, {}),
    "trajectory of text": ({"links": np.zeros((4, 4, 4, 4, 4, 2, 2), complex)}, {"trajectory": "x"}),
    "links of zeros": ({"links": np.zeros((4, 4, 4, 4, 4, 2, 2), complex)}, {"trajectory": 2}),
    "trajectory 2^62": ({"links": np.zeros((4, 4, 4, 4, 4, 2, 2), complex)}, {"trajectory": 2**62}),
}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("command", ["generate", "verify"])
def test_states_with_a_right_checksum(server: Server, tmp_path: Path, name: str, command: str) -> None:
    place(tmp_path, QUENCHED)
    assert server.run(tmp_path, "generate", "in.toml").status == 0
    arrays, attributes = STATES[name]
    for file in ("a.h5", "b.h5"):
        (tmp_path / "run/checkpoint" / file).write_bytes(hdf5.pack(arrays, {**attributes, "serial": 9}))
    refused(server, tmp_path, command, "run" if command == "verify" else "in.toml", codes=(3,))


WEIGHTS = {
    "without definition": {"kind": KIND, "conventions": CONVENTIONS},
    "definition of text": {"kind": KIND, "conventions": CONVENTIONS, "definition": "x", "physics": "{}",
                           "physics_digest": "", "training": "{}"},
    "deep definition": {"kind": KIND, "conventions": CONVENTIONS, "definition": DEEP[:60000], "physics": "{}",
                        "physics_digest": "", "training": "{}"},
    "definition of a number": {"kind": KIND, "conventions": CONVENTIONS, "definition": "3", "physics": "{}",
                               "physics_digest": "", "training": "{}"},
    "physics of a list": {"kind": KIND, "conventions": CONVENTIONS, "definition": json.dumps([{"loops": []}]),
                          "physics": "[]", "physics_digest": "", "training": "[]"},
}  # fmt: skip


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_with_a_right_checksum(server: Server, tmp_path: Path, name: str) -> None:
    (tmp_path / "w.h5").write_bytes(hdf5.pack({"theta": np.zeros(2)}, WEIGHTS[name]))
    refused(server, tmp_path, "show", "w.h5", codes=(3,))
