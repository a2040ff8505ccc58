"""``--grid key=a,b,c``: the points of a scan, each a complete input file of its own."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from lqcdnn.config.check import from_tree
from lqcdnn.config.language.parse import parse
from lqcdnn.config.language.problems import InvalidInputError, Problem, Source
from lqcdnn.config.language.values import toml_value
from lqcdnn.config.overrides import key_parts, override
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.config.toml import write_toml
from lqcdnn.config.tree import as_tree, flatten
from lqcdnn.errors import InputError

MAX_POINTS = 10_000
"""Most points of a scan."""
_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*:\s*({_NUMBER})\s*:\s*({_NUMBER})\s*")
_LIKE_A_RANGE = re.compile(r"[-+.\deE]+(:[-+.\deE]*)+")
_PLAIN = re.compile(r"[A-Za-z0-9._+-]*")
_LONGEST_NAME = 160


@dataclass(frozen=True)
class Point:
    """One point of a scan.

    Attributes
    ----------
    name
        Name of its run directory: readable, safe in file names and shells, a function of the values alone.
    values
        Value of each key of the grid, as the checked input has it.
    config
        Complete input.
    tree
        The keys of the user's file, with those of the options.
    """

    name: str
    values: dict[str, Any]
    config: RunConfig
    tree: dict[str, Any] = field(repr=False)

    def placed(self, directory: str, seed: int) -> Point:
        """The point with ``run.name`` below the directory of a scan, and its own seed derived from that of the scan."""
        own = self.config.run.seed if "run.seed" in self.values else point_seed(seed, self.values)
        run = replace(self.config.run, name=f"{directory}/{self.name}", seed=own)
        tree = {**self.tree, "run": {**self.tree["run"], "name": run.name, "seed": own}}
        return replace(self, config=replace(self.config, run=run), tree=tree)

    @property
    def text(self) -> str:
        """The point as an input file."""
        lines = [f"{key} = {toml_value(value)}" for key, value in self.values.items()]
        return write_toml(self.tree, ["Point of a scan:", *lines])


def read_axis(option: str) -> tuple[str, tuple[str, ...]]:
    """Key and values, as ``--set`` would take them, of one ``--grid`` option.

    Parameters
    ----------
    option
        ``"update.steps=5,10,20"``, ``"lattice.shape=[4,4],[8,8]"``, or ``"action.gauge.beta=2.2:2.6:0.1"``: from, to
        (included), step.

    Raises
    ------
    InputError
        No "=", no value, a value given twice, or a range that does not end.
    """
    key, equals, text = (part.strip() for part in option.partition("="))
    parts = key_parts(key) if equals and text else None
    if parts is None or any("." in part for part in parts):
        raise InputError(f"--grid {option}: write --grid key=a,b,c, for example --grid action.gauge.beta=2.2,2.3,2.4")
    key = ".".join(parts)  # as messages, names of runs and files of points have it
    if key == "run.name":
        raise InputError(f"--grid {option}: the scan names its runs itself", hint="--name NAME names the scan")
    return key, axis_values(text, f"--grid {option}")


def axis_values(text: str, option: str) -> tuple[str, ...]:
    """Values separated by commas, ranges written out.

    Parameters
    ----------
    text
        ``"2.2,2.3"`` or ``"2.2:2.6:0.1"``.
    option
        What messages call it.

    Raises
    ------
    InputError
        No value, a value given twice, or a range that does not end.
    """
    values: list[str] = []
    for piece in _split(text, option):
        if _LIKE_A_RANGE.fullmatch(piece) and not _RANGE.fullmatch(piece):
            hint = "FROM:TO:STEP, for example 2.2:2.6:0.1, not .1"
            raise InputError(f"{option}: {piece} is no range", hint)
        values += _range(piece, option) if _RANGE.fullmatch(piece) else [piece]
    if len(set(values)) < len(values):
        raise InputError(f"{option}: a value is given twice")
    return tuple(values)


def expand(text: str, name: str, overrides: Sequence[str], grid: Sequence[str]) -> tuple[Point, ...]:
    """All points of a grid, checked; the first option varies slowest.

    Parameters
    ----------
    text, name
        The input file and what messages call it.
    overrides
        ``--set`` options for all points.
    grid
        ``--grid`` options; several make their cartesian product.

    Raises
    ------
    InputError
        Of an option or of the input of a point, a fit or definition that no point can have; two points alike; too many
        points.
    """
    axes = dict(_axes(grid))
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MAX_POINTS:
        raise InputError(f"the grid has {count} points; allowed: {MAX_POINTS}")
    base = parse(text, name)
    options: dict[str, str] = {}
    for option in overrides:
        override(base, option, options)
    short = short_names(tuple(axes))
    points = []
    impossible: dict[str, InvalidInputError] = {}
    for texts in itertools.product(*axes.values()):
        chosen = [f"{key}={value}" for key, value in zip(axes, texts, strict=True)]
        points.append(_point(copy.deepcopy(base), Source(name, text, dict(options)), chosen, short, impossible))
    for request, error in impossible.items():
        if not any(request in (*point.config.analyze.fit, *point.config.analyze.derive) for point in points):
            raise error
    for point, count in Counter(point.name for point in points).items():
        if count > 1:
            raise InputError(f"the grid has the point {point} twice")
    return tuple(points)


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """For each dotted key its shortest ending that no other key of the grid has."""
    short = {}
    for key in keys:
        parts = key.split(".")
        endings = [".".join(parts[i:]) for i in range(len(parts) - 1, -1, -1)]
        others = [f".{other}" for other in keys if other != key]
        short[key] = next((end for end in endings if not any(o.endswith(f".{end}") for o in others)), key)
    return short


def point_name(values: Mapping[str, Any], short: Mapping[str, str]) -> str:
    """``beta=2.2,mass=0.3``; whatever has other signs than letters, digits and ._+- gets a digest appended."""
    parts, exact = [], True
    for key, value in values.items():
        shown = "x".join(map(_value_text, value)) if isinstance(value, list | tuple) else _value_text(value)
        exact = exact and _PLAIN.fullmatch(shown) is not None
        parts.append(f"{re.sub(r'[^A-Za-z0-9._-]', '_', short[key])}={re.sub(r'[^A-Za-z0-9._+-]', '_', shown)}")
    name = ",".join(parts)
    if exact and len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{hashlib.sha256(_canonical(values)).hexdigest()[:8]}"


def point_seed(seed: int, values: Mapping[str, Any]) -> int:
    """Seed of a point (63 bits): a function of the seed of the scan and of the point's values, not of the grid."""
    return int.from_bytes(hashlib.sha256(str(seed).encode() + _canonical(values)).digest()[:8], "big") >> 1


def _axes(grid: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    axes = [read_axis(option) for option in grid]
    keys = [key for key, _ in axes]
    for key in keys:
        if any(other == key or other.startswith(f"{key}.") for other in keys if other is not key):
            raise InputError(f"--grid {key}: given twice, or together with a key below it", hint="one --grid a key")
    if not axes:
        raise InputError("a scan needs a grid", hint="--grid action.gauge.beta=2.2,2.3,2.4")
    return axes


def _point(
    tree: dict[str, Any],
    source: Source,
    chosen: Sequence[str],
    short: Mapping[str, str],
    impossible: dict[str, InvalidInputError],
) -> Point:
    """Check one point; `tree` becomes its own, without fits and definitions that `impossible` gets."""
    options = dict(source.options)
    for option in chosen:
        override(tree, option, options, "--grid")
    config = _checked(tree, Source(source.name, source.text, options), impossible)
    flat = flatten(as_tree(config))
    values = {key: flat.get(key, _lookup(tree, key)) for key in (option.partition("=")[0] for option in chosen)}
    return Point(point_name(values, short), values, config, tree)


def _checked(tree: dict[str, Any], source: Source, impossible: dict[str, InvalidInputError]) -> RunConfig:
    """As `from_tree`, but a fit or definition that cannot be done here leaves the tree: another point may have it."""
    while True:
        try:
            return from_tree(tree, source)
        except InvalidInputError as error:
            named = [_request(tree, problem) for problem in error.problems]
            found = [one for one in named if one is not None]
            if len(found) < len(named):
                raise
            for texts, text in found:
                texts[:] = [one for one in texts if one != text]
                impossible.setdefault(text, error)


def _request(tree: Mapping[str, Any], problem: Problem) -> tuple[list[str], str] | None:
    """The fit or definition that a problem is about, and the list that has it; None if it is about something else."""
    for key in ("fit", "derive"):
        if problem.path == f"analyze.{key}" and isinstance(texts := tree["analyze"].get(key), list):
            return next(((texts, text) for text in texts if problem.message.startswith(f"{text!r}: ")), None)
    return None


def _lookup(tree: Any, key: str) -> Any:
    """Value at a dotted key of a parsed file."""
    for part in key.split("."):
        tree = tree[int(part) - 1] if isinstance(tree, list) else tree[part]
    return tree


def _value_text(value: Any) -> str:
    """A value as part of a file name."""
    if isinstance(value, str):
        return value.replace("(", "").replace(")", "")
    text = toml_value(value)
    return text.removesuffix(".0") if isinstance(value, float) else text


def _canonical(values: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(values), sort_keys=True, separators=(",", ":")).encode()


def _split(text: str, option: str) -> list[str]:
    """Parts between commas that stand outside brackets and quotation marks."""
    parts, depth, quote, start = [], 0, "", 0
    for i, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{(":
            depth += 1
        elif letter in "]})":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    parts.append(text[start:].strip())
    if not all(parts):
        raise InputError(f"{option}: an empty value")
    return parts


def _range(text: str, option: str) -> list[str]:
    """Values from, from + step, ... up to and including the end, exact in decimal numbers."""
    match = _RANGE.fullmatch(text)
    assert match is not None
    first, last, step = (Decimal(number) for number in match.groups())
    if step == 0 or (last - first) / step < 0:
        raise InputError(f"{option}: the range {text} does not lead from {first} to {last}")
    count = int((last - first) / step) + 1
    if count > MAX_POINTS:
        raise InputError(f"{option}: {count} values; allowed: {MAX_POINTS}")
    return [format(first + i * step, "f") for i in range(count)]
