import errno
import fcntl
import json
import math
import os
import stat

import h5py
import numpy as np
import pytest

from lqcdnn.errors import DataError, DiskError, InputError, NumericalError
from lqcdnn.storage import atomic, hdf5


def names(directory):
    return sorted(os.listdir(directory))


def test_content_is_replaced_and_nothing_else_left(tmp_path):
    path = tmp_path / "with space é.txt"
    for text in ("first\n", "", "third"):
        atomic.write_text(path, text)
        assert path.read_text("utf-8") == text
    atomic.write_json(path, {"b": 1, "a": [0.1, None]})
    assert json.loads(path.read_text()) == {"b": 1, "a": [0.1, None]}
    assert path.read_text().startswith('{\n  "b"')
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_failing_call_keeps_the_old_file(tmp_path, monkeypatch, call):
    path = tmp_path / "data"
    atomic.write_bytes(path, b"old")

    def fail(*arguments, **named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(DiskError, match=r"data: could not write 9 bytes: No space left") as caught:
        atomic.write_bytes(path, b"something")
    monkeypatch.undo()
    assert caught.value.exit_code == 4
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["data"]


def test_the_nth_failure_leaves_old_or_new(tmp_path, monkeypatch):
    """Whichever of all system calls fails, the path holds one whole content and no temporary is left."""
    path = tmp_path / "data"
    outcomes = []
    for nth in range(1, 20):
        atomic.write_bytes(path, b"old")
        count = 0

        def counted(function, nth=nth):
            def call(*arguments, **named):
                nonlocal count
                count += 1
                if count == nth:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                return function(*arguments, **named)

            return call

        for name in ("open", "write", "fsync", "replace"):
            monkeypatch.setattr(os, name, counted(getattr(os, name)))
        try:
            atomic.write_bytes(path, b"new content")
            outcomes.append("done")
        except DiskError:
            outcomes.append("failed")
        monkeypatch.undo()
        assert path.read_bytes() in (b"old", b"new content")
        assert names(tmp_path) == ["data"]
    assert outcomes[0] == "failed"
    assert outcomes[-1] == "done"


def test_short_writes_are_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    atomic.write_bytes(tmp_path / "data", bytes(range(100)))
    assert (tmp_path / "data").read_bytes() == bytes(range(100))


def test_file_system_without_directory_sync(tmp_path, monkeypatch):
    fsync = os.fsync

    def refuse_directories(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not here")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_directories)
    atomic.write_bytes(tmp_path / "data", b"x")


@pytest.fixture
def drive(monkeypatch):
    """macOS, whose fsync stops short of the drive: descriptors of what the drive was told to keep."""
    told = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command: told.append((descriptor, command)))
    return told


def test_drive_is_told_to_keep_file_and_name(tmp_path, drive):
    atomic.write_bytes(tmp_path / "data", b"x")
    assert [command for _, command in drive] == [51, 51]


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.EINVAL, errno.EIO])
def test_drive_that_cannot_be_told(tmp_path, drive, monkeypatch, number):
    def refuse(descriptor, command):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    if number == errno.EIO:
        with pytest.raises(DiskError, match="could not write 1 bytes"):
            atomic.write_bytes(tmp_path / "data", b"x")
        assert names(tmp_path) == []
    else:
        atomic.write_bytes(tmp_path / "data", b"x")


def test_missing_directory_is_named(tmp_path):
    with pytest.raises(DiskError, match="absent/data: could not write 1 bytes: No such file"):
        atomic.write_bytes(tmp_path / "absent" / "data", b"x")


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    with pytest.raises(NumericalError):
        atomic.write_json(tmp_path / "data", {"x": math.nan})
    assert names(tmp_path) == []


def test_leftover_temporaries_are_recognised(tmp_path):
    for name in (".data.123.tmp", ".hidden", "data.tmp", "data"):
        (tmp_path / name).touch()
    atomic.remove_temporaries(tmp_path)
    assert names(tmp_path) == [".hidden", "data", "data.tmp"]


ARRAYS = {
    "links": np.random.default_rng(1).normal(size=(3, 4, 2)),
    "complex": np.exp(1j * np.arange(5)),
    "single": np.arange(6, dtype="f4").reshape(2, 3),
    "scalar": np.array(2.5),
    "empty": np.zeros((0, 3)),
    "integers": np.arange(4, dtype=np.int32)[::-1],
}
ATTRIBUTES = {"serial": 3, "seed": 2**64 - 1, "x": 0.1, "name": "pión", "list": [1, 2], "texts": ["a", "b"], "none": []}


def test_packed_content_comes_back_and_bytes_repeat(tmp_path):
    image = hdf5.pack(ARRAYS, ATTRIBUTES)
    assert image == hdf5.pack(dict(reversed(ARRAYS.items())), dict(reversed(ATTRIBUTES.items())))
    (tmp_path / "x.h5").write_bytes(image)
    arrays, attributes = hdf5.unpack(tmp_path / "x.h5")
    assert attributes == ATTRIBUTES
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
    assert hdf5.peek(tmp_path / "x.h5")["serial"] == 3


def test_large_arrays_are_chunked_below_1_mib_and_protected():
    array = np.zeros((5, 1024, 1024))  # 1 MiB is 128 of the rows

    def fill(file):
        hdf5.put_dataset(file, "x", array)
        assert file["x"].fletcher32
        assert file["x"].chunks == (1, 128, 1024)
        hdf5.put_dataset(file, "y", array[:, :1000])
        assert file["y"].chunks == (1, 125, 1024)  # not 128, which would leave a rest

    assert len(atomic.hdf5_image(fill)) > array.nbytes


def test_folders_are_made_and_listed_or_refused_by_name(tmp_path):
    atomic.make_folder(tmp_path / "a" / "b")
    atomic.make_folder(tmp_path / "a" / "b")
    (tmp_path / "a" / "file").write_text("x")
    assert [entry.name for entry in atomic.entries(tmp_path / "a")] == ["b", "file"]
    assert atomic.entries(tmp_path / "absent") == []
    with pytest.raises(DiskError, match="a/file: could not create the folder"):
        atomic.make_folder(tmp_path / "a" / "file")
    with pytest.raises(DiskError, match="a/file: could not list"):
        atomic.entries(tmp_path / "a" / "file")


@pytest.mark.parametrize(
    ("arrays", "attributes"),
    [
        ({"x": np.array(["a", None])}, {}),
        ({"a/b": np.zeros(3)}, {}),
        ({}, {"sha256": "x"}),
        ({}, {"x": None}),
        ({}, {"x": {"a": 1}}),
        ({}, {"x": [[1], [1, 2]]}),
        ({}, {"x": 10**40}),
        ({}, {"x": [0.5] * 9999}),
        ({}, {"x": "a\0b"}),
    ],
)
def test_what_cannot_be_stored_is_refused(arrays, attributes):
    with pytest.raises(InputError):
        hdf5.pack(arrays, attributes)


def test_reading_something_else(tmp_path):
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    with pytest.raises(DataError, match="not an HDF5 file"):
        hdf5.unpack(tmp_path / "x.h5")
    with h5py.File(tmp_path / "y.h5", "w") as file:
        file["x"] = 1.0
    with pytest.raises(DataError, match="sha256 is None"):
        hdf5.unpack(tmp_path / "y.h5")
