"""Read an input file: bytes to RunConfig, with ``--set`` overrides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lqcdnn.config.check import from_tree
from lqcdnn.config.overrides import override
from lqcdnn.config.parse import MAX_BYTES, parse
from lqcdnn.config.problems import Source
from lqcdnn.config.schema import RunConfig
from lqcdnn.errors import DiskError, InputError


def load(path: str | Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Read and check an input file.

    Parameters
    ----------
    path
        TOML file.
    overrides
        ``"key=value"`` strings, applied in order before the check.

    Returns
    -------
    RunConfig
        Complete: every default is filled in, except a seed that is not given.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or has problems (all of them are named).
    DiskError
        The file exists and cannot be read.
    """
    return load_text(read_text(path), str(path), overrides)


def load_text(text: str, name: str = "input.toml", overrides: Sequence[str] = ()) -> RunConfig:
    """Check the text of an input file; ``name`` is what messages call it. See ``load``."""
    tree = parse(text, name)
    options: dict[str, str] = {}
    for option in overrides:
        override(tree, option, options)
    return from_tree(tree, Source(name, text, options))


def read_text(path: str | Path) -> str:
    """Read a small UTF-8 file; see ``load`` for the errors."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"no input file {path}", "lqcdnn init writes one") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a directory, not an input file") from None
    except (OSError, ValueError) as error:
        raise DiskError(f"cannot read {path}: {error}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES} bytes: not an input file")
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: not UTF-8 text") from None
