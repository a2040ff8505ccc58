import errno
import os

import numpy as np
import pytest

from lqcdnn.errors import DataError, DiskError
from lqcdnn.storage import checkpoint

ARRAYS = {"links": np.random.default_rng(3).normal(size=(2, 4, 3)), "momenta": np.arange(5) * 1j}


def save(directory, trajectory):
    return checkpoint.save(directory, ARRAYS, {"trajectory": trajectory, "seed": 11, "boundary": [1, -1]})


def damage(path):
    data = bytearray(path.read_bytes())
    position = data.index(ARRAYS["links"].tobytes())
    data[position + 20] ^= 1
    path.write_bytes(data)


def test_no_checkpoint(tmp_path):
    assert checkpoint.load_latest(tmp_path) is None
    assert checkpoint.load_latest(tmp_path / "absent") is None


def test_the_pair_rolls_and_the_newest_is_loaded(tmp_path):
    written = []
    for trajectory in range(5):
        written.append(save(tmp_path / "checkpoint", trajectory).name)
        arrays, attributes = checkpoint.load_latest(tmp_path / "checkpoint")
        assert attributes == {"trajectory": trajectory, "seed": 11, "boundary": [1, -1], "serial": trajectory}
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(arrays[name], array)
    assert written == ["a.h5", "b.h5", "a.h5", "b.h5", "a.h5"]
    assert sorted(os.listdir(tmp_path / "checkpoint")) == ["a.h5", "b.h5"]


def test_damaged_newest_falls_back_with_a_warning(tmp_path):
    save(tmp_path, 10)
    newest = save(tmp_path, 20)
    damage(newest)
    with pytest.warns(checkpoint.StorageWarning, match=r"b\.h5.*the other checkpoint is used"):
        _, attributes = checkpoint.load_latest(tmp_path)
    assert attributes["trajectory"] == 10
    # The next saves never leave the directory without a good file, and order themselves after the damaged one.
    save(tmp_path, 11)
    with pytest.warns(checkpoint.StorageWarning):
        assert checkpoint.load_latest(tmp_path)[1]["trajectory"] == 11
    save(tmp_path, 12)
    assert checkpoint.load_latest(tmp_path)[1]["trajectory"] == 12


def test_unreadable_file_is_replaced_first(tmp_path):
    save(tmp_path, 10)
    (tmp_path / "b.h5").write_bytes(b"\x89HDF\r\n\x1a\n rest lost")
    assert save(tmp_path, 20).name == "b.h5"
    assert checkpoint.load_latest(tmp_path)[1]["trajectory"] == 20


def test_both_damaged(tmp_path):
    damage(save(tmp_path, 10))
    damage(save(tmp_path, 20))
    with pytest.raises(DataError, match=r"a\.h5.*b\.h5"):
        checkpoint.load_latest(tmp_path)


def test_truncated_at_any_length(tmp_path):
    save(tmp_path, 10)
    data = save(tmp_path, 20).read_bytes()
    for length in [0, 4, 8, 50, 500, *range(1000, len(data), 331), len(data) - 1]:
        (tmp_path / "b.h5").write_bytes(data[:length])
        with pytest.warns(checkpoint.StorageWarning):
            assert checkpoint.load_latest(tmp_path)[1]["trajectory"] == 10


def test_full_disk_keeps_both(tmp_path, monkeypatch):
    save(tmp_path, 10)
    save(tmp_path, 20)
    before = {name: (tmp_path / name).read_bytes() for name in ("a.h5", "b.h5")}

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskError, match="No space left"):
        save(tmp_path, 30)
    monkeypatch.undo()
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_same_state_same_bytes(tmp_path):
    assert save(tmp_path / "one", 7).read_bytes() == save(tmp_path / "two", 7).read_bytes()
