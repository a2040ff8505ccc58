"""Small files as they were before a session changed them, to be put back when it has to leave no trace."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lqcdnn.errors import DiskError
from lqcdnn.storage import atomic


@dataclass(frozen=True)
class Snapshot:
    """The content of each file, None for one that was not there; those that could not be read are left out."""

    contents: dict[Path, bytes | None]

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Self:
        """Read the files as they are now."""
        contents: dict[Path, bytes | None] = {}
        for path in paths:
            with suppress(OSError):
                contents[path] = path.read_bytes() if path.is_file() else None
        return cls(contents)

    def holds(self, path: Path) -> bool:
        """Whether the file was there."""
        return self.contents.get(path) is not None

    def restore(self) -> None:
        """Put the files back, in the order of the snapshot, and remove those that were not there.

        Raises
        ------
        DiskError
            If that cannot be done; the rest stays as it is.
        """
        for path, content in self.contents.items():
            if content is not None:
                atomic.write_bytes(path, content)
                continue
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise DiskError(f"{path}: could not be removed: {error.strerror}") from error
