"""A file in memory for the HDF5 library to write into.

Filling fresh pages costs as much as the rest of building a file, so they are numpy's, which asks the system for large
ones; ``io.BytesIO`` and the library's own memory driver do not.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray


class MemoryFile(io.RawIOBase):
    """Reads and writes an array that grows.

    Parameters
    ----------
    size
        Bytes to expect; more are no error, but cost a copy.
    """

    def __init__(self, size: int) -> None:
        self._data: NDArray[np.uint8] = np.empty(size + (1 << 16), np.uint8)
        self._end = self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def writable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def content(self) -> memoryview:
        """All bytes, not copied."""
        return self._data[: self._end].data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte, counted from the beginning, from here or from the end."""
        self._position = offset + (0, self._position, self._end)[whence]
        return self._position

    def tell(self) -> int:
        """The next byte read or written."""
        return self._position

    def truncate(self, size: int | None = None) -> int:
        """Cut or lengthen by zeros."""
        size = self._position if size is None else size
        if size > self._data.size:
            larger = np.empty(2 * size, np.uint8)
            larger[: self._end] = self._data[: self._end]
            self._data = larger
        self._data[self._end : size] = 0
        self._end = size
        return size

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        """Write at the position; what lies between it and the old end is zero."""
        stop = self._position + len(data)
        if self._position > self._end or stop > self._data.size:
            self.truncate(max(stop, self._end))
        self._data[self._position : stop] = np.frombuffer(data, np.uint8)
        self._position, self._end = stop, max(stop, self._end)
        return len(data)

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        """Read at the position as much as there is."""
        count = max(0, min(len(target), self._end - self._position))
        np.frombuffer(target, np.uint8)[:count] = self._data[self._position : self._position + count]
        self._position += count
        return count
