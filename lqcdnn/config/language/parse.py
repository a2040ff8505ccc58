"""TOML text from anywhere to a dictionary: bounded, and with errors that say what to do."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import Any

import tomli

from lqcdnn.config.language.lines import nesting, without_strings
from lqcdnn.errors import InputError

MAX_BYTES = 1_000_000
MAX_NESTING = 32
_LONG_KEY = re.compile(r"(?<![\w.-])(?>[\w-]+[ \t]*\.[ \t]*){32}")
_OF_LATTICEQCD = re.compile(r'^[ \t]*\["Physical setting', re.MULTILINE)
_GREEK = re.compile("[\u0370-\u03ff]")


def parse(text: str, name: str) -> dict[str, Any]:
    """Parse an input file: bounded size and nesting, errors with the line and what to do.

    Raises
    ------
    InputError
        Too large or nested too deep, not TOML, or a parameter file of LatticeQCD.jl.
    """
    if len(text) <= MAX_BYTES and is_of_latticeqcd(text):
        hint = f"lqcdnn init --from {shlex.quote(name)} translates it"
        raise InputError(f"{name} is a parameter file of LatticeQCD.jl", hint)
    return parse_any(text, name)


def is_of_latticeqcd(text: str) -> bool:
    """Whether a text looks like a parameter file of LatticeQCD.jl."""
    return _OF_LATTICEQCD.search(text) is not None


def parse_any(text: str, name: str) -> dict[str, Any]:
    """Parse TOML of any program as :func:`parse` does."""
    if len(text) > MAX_BYTES:
        raise InputError(f"{name} is larger than {MAX_BYTES} characters: not an input file")
    bare = without_strings(text)
    if nesting(bare) > MAX_NESTING or _LONG_KEY.search(bare):
        raise InputError(f"{name} is nested more than {MAX_NESTING} levels deep: not an input file")
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        line = text.split("\n")[error.lineno - 1] if error.lineno <= text.count("\n") + 1 else ""
        place = f"{name}:{error.lineno}:{error.colno}"
        raise InputError(f"{place}: not valid TOML: {error.msg}", _syntax_hint(line, is_of_latticeqcd(text))) from None
    except ValueError as error:  # an integer with thousands of digits
        raise InputError(f"{name}: not valid TOML: {error}") from None


def _syntax_hint(line: str, of_latticeqcd: bool) -> str | None:
    """Guess what was meant by a line that is not TOML."""
    if _GREEK.search(key := line.partition("=")[0]):
        if of_latticeqcd:
            return f'write "{key.strip()}" with quotation marks'
        return "keys are plain ASCII words: write beta, lambda"
    if re.search(r"=\s*(True|False)\b", line):
        return "truth values are written true and false"
    if re.search(r"=\s*[\d.]+[dD][+-]?\d", line):
        return "write exponents with e: 1.0e-10"
    if re.search(r"=\s*\.\d|=\s*-?\d+\.(\D|$)", line):
        return "numbers need digits on both sides of the point: 0.5, 1.0"
    if re.search(r"=\s*[A-Za-z]", line):
        return "text values need quotation marks"
    return None


def toml_1_0_problem(text: str) -> str | None:
    """Say why an older TOML 1.0 parser (that of the Python 3.11 library) would refuse a text, or return None."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    return None
