"""Derived quantities: any expression of mean values, with its exact derivatives.

Inside ``mean(...)`` an expression is evaluated on every configuration; outside it is an expression of mean values. A
name of a series outside ``mean`` stands for its mean value. The susceptibility of the plaquette is
``chi = V * (mean(plaquette**2) - plaquette**2)``.
"""

from __future__ import annotations

import ast
import copy
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lqcdnn.analyze.data.series import IntArray, Series, aligned, listing
from lqcdnn.analyze.requests import read_requests
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.analyze.statistics.gamma import LARGEST, FloatArray
from lqcdnn.config.language.expressions import FUNCTIONS, Definition, dotted_name, names_in, parse_definition
from lqcdnn.config.language.values import nearest
from lqcdnn.errors import DataError, InputError

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_ARRAY_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    name: getattr(np, {"acosh": "arccosh"}.get(name, name)) for name in FUNCTIONS
}


class Expression:
    """A definition bound to the constants of a run.

    Parameters
    ----------
    definition
        From `lqcdnn.config.language.expressions.parse_definition`.
    constants
        Values of V, L, T, ... as far as they are known.

    Attributes
    ----------
    primaries
        The averages it is made of, each an expression per configuration; their means are the variables.
    """

    def __init__(self, definition: Definition, constants: Mapping[str, float]) -> None:
        self.definition = definition
        self.constants = dict(constants)
        found = {ast.dump(node): node for node in _averages(definition.tree, self.constants)}
        number = {key: i for i, key in enumerate(found)}
        nodes = [node for node in ast.walk(definition.tree) if isinstance(node, ast.expr)]
        self._number = {id(node): number[key] for node in nodes if (key := ast.dump(node)) in number}
        self.primaries = tuple(found.values())
        if all(name in self.constants for node in self.primaries for name in names_in(node)):
            raise InputError(f"{definition.text!r} contains no series")

    @property
    def name(self) -> str:
        """Name of the quantity."""
        return self.definition.name

    def at(self, **constants: float) -> Expression:
        """The same with other values of constants that it has."""
        other = copy.copy(self)
        other.constants = self.constants | constants
        return other

    def averages(self, constant: str) -> bool:
        """Whether a constant stands inside of an average, as in ``mean(exp(-beta * plaquette))``."""
        return any(constant in names_in(node) for node in self.primaries)

    def table(self, series: Mapping[str, Series], without: Collection[str] = ()) -> tuple[IntArray, FloatArray]:
        """Trajectories on which all series were measured, shape (n,), and the primaries there, shape (n, k).

        Parameters
        ----------
        series
            Of one chain, by name.
        without
            Names of primaries that are no series and have no column.

        Raises
        ------
        InputError
            A series that does not exist, or no common trajectories.
        DataError
            A value that is not finite.
        """
        primaries = [node for node in self.primaries if dotted_name(node) not in without]
        names = {name for node in primaries for name in names_in(node)} - self.constants.keys()
        used = {name: self._find(name, series) for name in sorted(names)}
        common, columns_used = aligned(list(used.values()))
        if not len(common):
            raise InputError(f"{self.definition.text!r}: its series have no trajectories in common")
        values = dict(zip(used, columns_used.T, strict=True))
        with np.errstate(all="ignore"):
            columns = [np.broadcast_to(self._on_configurations(node, values), common.shape) for node in primaries]
        table = np.stack(columns, axis=1).astype(np.float64)
        with_variance = np.abs(table) <= LARGEST
        if not np.all(with_variance):
            row, column = np.argwhere(~with_variance)[0]
            what, value = ast.unparse(primaries[column]), table[row, column]
            how = f"beyond {LARGEST:g}" if np.isfinite(value) else "not finite"
            raise DataError(f"{self.name}: {what} is {how} on trajectory {common[row]}")
        return common, table

    def __call__(self, means: FloatArray) -> Dual:
        """Value and gradient at given mean values of the primaries.

        Raises
        ------
        InputError
            The expression has no value there (logarithm of a negative number, division by zero).
        """
        unit = np.eye(len(self.primaries))
        flat = np.zeros(len(self.primaries))

        def leaf(node: ast.expr) -> Dual | None:
            """A mean value or constant; None for an operation."""
            number = self._number.get(id(node))
            if number is not None:
                return Dual(float(means[number]), unit[number])
            constant = self._constant(node)
            return None if constant is None else Dual(constant, flat)

        try:
            result: Dual = walk(self.definition.tree, leaf, lambda name, x: x.apply(name))
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise InputError(f"{self.definition.text!r} has no value: {error}") from error
        if not (np.isfinite(result.value) and np.all(np.isfinite(result.gradient))):
            raise InputError(f"{self.definition.text!r} has no finite value")
        if max(abs(result.value), float(np.abs(result.gradient).max(initial=0.0))) > LARGEST:
            raise InputError(f"{self.definition.text!r} is beyond {LARGEST:g}, or its derivatives are")
        return result

    def _on_configurations(self, node: ast.expr, values: Mapping[str, FloatArray]) -> Any:
        inner = node.args[0] if isinstance(node, ast.Call) else node

        def leaf(part: ast.expr) -> Any:
            constant = self._constant(part)
            return values.get(dotted_name(part) or "") if constant is None else np.float64(constant)

        return walk(inner, leaf, lambda name, x: _ARRAY_FUNCTIONS[name](x))

    def _constant(self, node: ast.expr) -> float | None:
        if isinstance(node, ast.Constant):
            return float(node.value)  # type: ignore[arg-type]
        return self.constants.get(node.id) if isinstance(node, ast.Name) else None

    def _find(self, name: str, series: Mapping[str, Series]) -> Series:
        if name in series:
            return series[name]
        stem = name.removesuffix(".abs")
        if stem != name and f"{stem}.re" in series:
            return modulus(stem, series)
        entries = [entry for entry in series if entry.startswith(f"{name}.") and entry[-1].isdigit()]
        word = nearest(name, series)
        if entries:
            hint = f"it is a list: {listing(entries)}"
        else:
            hint = f"did you mean {word}?" if word else f"series of this run: {listing(series) or 'none'}"
        raise InputError(f"{self.definition.text!r}: no series {name!r}", hint=hint)


def modulus(stem: str, series: Mapping[str, Series]) -> Series:
    """|z| on every configuration of a complex observable; an imaginary part that was left out is zero."""
    real = series[f"{stem}.re"]
    imaginary = series.get(f"{stem}.im")
    values = np.abs(real.values) if imaginary is None else np.hypot(real.values, imaginary.values)
    return Series(f"{stem}.abs", real.source, real.trajectories, values)


def expressions(texts: Sequence[str], constants: Mapping[str, float]) -> list[Expression]:
    """Read definitions.

    Raises
    ------
    InputError
        A definition that is no expression, or two of one name.
    """
    return [Expression(definition, constants) for definition in read_requests(texts, parse_definition)]


def walk(node: ast.expr, leaf: Callable[[ast.expr], Any], call: Callable[[str, Any], Any]) -> Any:
    """Value of a checked tree; `leaf` gives the value of a node it knows, else None."""
    value = leaf(node)
    if value is not None:
        return value
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](walk(node.left, leaf, call), walk(node.right, leaf, call))
    if isinstance(node, ast.UnaryOp):
        operand = walk(node.operand, leaf, call)
        return -operand if isinstance(node.op, ast.USub) else operand
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    return call(node.func.id, walk(node.args[0], leaf, call))


def _averages(node: ast.expr, constants: Mapping[str, float]) -> Iterator[ast.expr]:
    """The parts that are averages over configurations: mean(...) and names of series outside of it."""
    name = dotted_name(node)
    if name is not None:
        if name not in constants:
            yield node
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "mean":
            yield node
        else:
            yield from _averages(node.args[0], constants)
    elif isinstance(node, ast.BinOp):
        yield from _averages(node.left, constants)
        yield from _averages(node.right, constants)
    elif isinstance(node, ast.UnaryOp):
        yield from _averages(node.operand, constants)
