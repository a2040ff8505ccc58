"""Functions of the user's own Python files."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from lqcdnn.errors import InputError, LqcdnnError, MemoryLack
from lqcdnn.workers import threads_noticed

_running: list[str] = []
"""Files whose functions are at work now."""
_imported: dict[str, dict[str, ModuleType]] = {}
"""By folder the modules that its files have imported from there: another folder may have others of the same names."""


def _plain_signals() -> None:
    """In a process that such a function begins: stop requests are of this one; a pool ends its workers by a signal."""
    if _running:
        for number in (signal.SIGTERM, signal.SIGINT):
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)


os.register_at_fork(after_in_child=_plain_signals)


@contextmanager
def _importing(folder: str) -> Iterator[None]:
    """With a folder as the last place to import from, and with what its files have imported from there before."""
    own = _imported.setdefault(folder, {})
    others = {name: sys.modules[name] for name in own if name in sys.modules}
    there = set(sys.modules).difference(own)
    sys.modules.update(own)
    if added := folder not in sys.path:
        sys.path.append(folder)
    try:
        yield
    finally:
        if added and folder in sys.path:
            sys.path.remove(folder)
        new = [name for name in list(sys.modules) if name not in there]
        found = {name for name in new if "." not in name and _lies_in(folder, sys.modules[name])}
        own.update((name, sys.modules.pop(name)) for name in new if name.partition(".")[0] in found)
        sys.modules.update(others)


def _lies_in(folder: str, module: ModuleType) -> bool:
    spec = getattr(module, "__spec__", None)
    places = [] if spec is None else spec.submodule_search_locations or [spec.origin]
    return any(place is not None and str(Path(place).parent) == folder for place in places)


class _AsItIs(SourceFileLoader):
    """Without what Python keeps compiled: it would be that of the same second before, were it as long."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        """There are none: nothing compiled is looked for, or left behind."""
        raise OSError


class CustomCode:
    """A Python file, executed once.

    Its folder is where it may import other files of its own from, after all that is installed; what they are called is
    no matter of files in other folders.  What it prints goes to standard error: standard output is of commands alone,
    JSON among it.

    Parameters
    ----------
    path
        The file.
    key
        The key of the input that names it, for messages.

    Attributes
    ----------
    digest
        sha256 of the file; of what it imports nothing is known.

    Raises
    ------
    InputError
        No such file, or one that cannot be executed.
    """

    def __init__(self, path: str, key: str) -> None:
        self.path, self.key = path, key
        try:
            self.digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"{key}: cannot read {path} ({reason}); allowed: a Python file") from error
        self._file = str(Path(path).resolve())
        name = f"lqcdnn_custom_{self.digest[:16]}"
        found = importlib.util.spec_from_file_location(name, self._file, loader=_AsItIs(name, self._file))
        assert found is not None
        assert found.loader is not None
        self._module = importlib.util.module_from_spec(found)
        self._told("when imported", found.loader.exec_module, self._module)

    def function(self, name: str) -> Callable[..., Any]:
        """A function of the file, which ends in one message where it fails.

        Raises
        ------
        InputError
            If there is none; by the function itself, for whatever it raises, ``SystemExit`` too.
        MemoryLack
            By the function, for want of memory.
        """
        found = getattr(self._module, name, None)
        if not callable(found):
            raise InputError(f"{self.key}: {self.path} has no function {name}; allowed: a file that defines it")
        return lambda *arguments: self._told(f"in {name}", found, *arguments)

    def _told(self, where: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """What a call returns; its failure in one message with the last line of the file that it came through."""
        _running.append(self.path)
        sys.modules[self._module.__name__] = self._module  # pickle looks there, and several tables may name one file
        try:
            with redirect_stdout(sys.stderr), threads_noticed(), _importing(str(Path(self._file).parent)):
                return call(*arguments)
        except LqcdnnError:
            raise
        except (Exception, SystemExit) as error:
            if isinstance(error, SyntaxError) and error.filename == self._file:
                raise InputError(f"{self.key}: {self.path}, line {error.lineno}: {error.msg}") from error
            own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self._file]
            line = f", line {own[-1].lineno}" if own else ""
            said = f"{type(error).__name__}: {error}".splitlines()[0].removesuffix(": ")
            kind = MemoryLack if isinstance(error, MemoryError) else InputError
            raise kind(f"{self.key}: {self.path}{line}, {where}: {said}") from error
        finally:
            _running.pop()
