"""One family of errors: each kind carries the exit code of the command that meets it."""

from __future__ import annotations


class LqcdnnError(Exception):
    """Base of every error a user can cause or meet.

    Parameters
    ----------
    message
        One sentence that names the file, the key or the quantity at fault.
    hint
        What to do about it; printed on a line of its own.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(LqcdnnError):
    """The input file, an option, or a combination of them is not allowed."""

    exit_code = 2


class DataError(LqcdnnError):
    """A file that was read is damaged or is not what it claims to be."""

    exit_code = 3


class DiskError(LqcdnnError):
    """A file could not be written or read: disk full, permission, missing folder."""

    exit_code = 4


class MemoryLack(LqcdnnError):  # noqa: N818 (MemoryError is Python's)
    """There is not as much memory as the work needs."""

    exit_code = 4


class NumericalError(LqcdnnError):
    """NaN, a solver that did not converge, or a spectrum outside its bounds."""

    exit_code = 5


class LockError(LqcdnnError):
    """Another process is at work in the same run directory."""

    exit_code = 6


class StoppedEarly(LqcdnnError):  # noqa: N818 (an orderly end, not a failure)
    """The run stopped before its end (signal or time budget) and can be resumed."""

    exit_code = 75
