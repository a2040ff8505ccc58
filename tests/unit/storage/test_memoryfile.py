"""A file in memory: what any file does."""

import io

import h5py
import numpy as np

from lqcdnn.storage.memoryfile import MemoryFile


def test_random_operations_agree_with_a_file_of_the_standard_library():
    rng = np.random.default_rng(3)
    ours, theirs = MemoryFile(0), io.BytesIO()
    for step in range(300):
        place = int(rng.integers(0, 200_000))
        assert ours.seek(place) == theirs.seek(place)
        if step % 10 == 9:
            assert ours.truncate(place) == place
            theirs.truncate(place)  # cuts, but does not lengthen
            theirs.seek(0, io.SEEK_END)
            theirs.write(b"\0" * (place - theirs.tell()))
        elif step % 3:
            data = rng.bytes(int(rng.integers(0, 5000)))
            assert ours.write(data) == theirs.write(data)
        else:
            assert ours.read(4000) == theirs.read(4000)
        assert bytes(ours.content()) == theirs.getvalue()
    assert ours.seek(0, io.SEEK_END) == len(theirs.getvalue())


def test_hdf5_reads_back_what_it_wrote():
    image, values = MemoryFile(0), np.arange(100_000.0)
    with h5py.File(image, "w") as file:
        file.create_dataset("x", data=values, chunks=(1000,), fletcher32=True)
        np.testing.assert_array_equal(file["x"][()], values)
    with h5py.File(image, "r") as file:
        np.testing.assert_array_equal(file["x"][()], values)
