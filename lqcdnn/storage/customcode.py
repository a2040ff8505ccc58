"""Functions of the user's own Python files."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from lqcdnn.errors import InputError, LqcdnnError


class CustomCode:
    """A Python file, executed once.

    Its folder is where it may import other files of its own from, after all that is installed.

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
        folder = str(Path(self._file).parent)
        if folder not in sys.path:
            sys.path.append(folder)
        self._module = self._executed()

    def _executed(self) -> ModuleType:
        name = f"lqcdnn_custom_{self.digest[:16]}"
        found = importlib.util.spec_from_file_location(name, self._file)
        assert found is not None
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        sys.modules[name] = module  # dataclasses and pickle look it up there
        self._told("when imported", found.loader.exec_module, module)
        return module

    def function(self, name: str) -> Callable[..., Any]:
        """A function of the file, which ends in one message where it fails.

        Raises
        ------
        InputError
            If there is none; by the function itself, for whatever it raises.
        """
        found = getattr(self._module, name, None)
        if not callable(found):
            raise InputError(f"{self.key}: {self.path} has no function {name}; allowed: a file that defines it")
        return lambda *arguments: self._told(f"in {name}", found, *arguments)

    def _told(self, where: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """What a call returns; its failure in one message with the last line of the file that it came through."""
        try:
            return call(*arguments)
        except (LqcdnnError, MemoryError):
            raise
        except SyntaxError as error:
            raise InputError(f"{self.key}: {self.path}, line {error.lineno}: {error.msg}") from error
        except Exception as error:
            own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self._file]
            line = f", line {own[-1].lineno}" if own else ""
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(f"{self.key}: {self.path}{line}, {where}: {said}") from error
