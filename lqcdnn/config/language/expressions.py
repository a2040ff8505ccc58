"""Definitions of derived quantities, ``NAME = EXPRESSION``: their syntax, checked without evaluating anything.

The text is parsed by Python's parser into a syntax tree of which only arithmetic is let through: numbers, names,
``+ - * / **``, parentheses, and calls of `FUNCTIONS` and ``mean``. What the names mean is decided by
`lqcdnn.analyze.expression`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Functions of one argument.
FUNCTIONS = ("exp", "log", "sqrt", "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "acosh")
#: Names that are facts of the run: sites, extents in space and time, dimensions, colours, coupling.
CONSTANTS = ("V", "L", "T", "D", "N", "beta", "pi")
#: Longer definitions are refused: the parser's depth is bounded by it.
MAXIMUM_LENGTH = 1000

_NAME = re.compile(r"[A-Za-z_][\w.]*")
_ENTRY = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\.(\d+(?:\.\d+)*)")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


@dataclass(frozen=True)
class Definition:
    """A checked definition.

    Attributes
    ----------
    name, text
        Name of the quantity, and the whole definition as written.
    tree
        The expression.
    """

    name: str
    text: str
    tree: ast.expr = field(repr=False, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """All names in it, of series and constants, each in full: ``pion.3`` for ``pion[3]``."""
        return frozenset(names_in(self.tree))


def parse_definition(text: str) -> Definition:
    """Read ``NAME = EXPRESSION``.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    name, equals, right = text.partition("=")
    name = name.strip()
    if not equals or not right.strip():
        raise ValueError("write it as NAME = EXPRESSION")
    if not _NAME.fullmatch(name) or name in (*CONSTANTS, *FUNCTIONS, "mean"):
        raise ValueError(f"{name!r} cannot be the name of a quantity")
    if len(text) > MAXIMUM_LENGTH:
        raise ValueError(f"longer than {MAXIMUM_LENGTH} characters")
    try:
        tree = ast.parse(right.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        entry = _ENTRY.search(right)
        hint = f": write {entry[1]}[{entry[2].replace('.', '][')}] for {entry[0]}" if entry else ""
        raise ValueError(f"{right.strip()!r} is not an expression{hint}") from error
    _check(tree, inside_mean=False)
    return Definition(name, text.strip(), tree)


def dotted_name(node: ast.expr) -> str | None:
    """Name of a series: ``polyakov.re``, and ``pion[3]`` as ``pion.3``; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted_name(node.value)
        return before and f"{before}.{node.attr}"
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
        before = dotted_name(node.value)
        return before and f"{before}.{node.slice.value}"
    return None


def names_in(node: ast.expr) -> Iterator[str]:
    """Names of series and constants in an expression, each in full."""
    name = dotted_name(node)
    if name is not None:
        yield name
        return
    for child in node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from names_in(child)


def _check(node: ast.expr, inside_mean: bool) -> None:
    """Let arithmetic through and nothing else."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS):
        _check(node.left, inside_mean)
        _check(node.right, inside_mean)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        _check(node.operand, inside_mean)
    elif isinstance(node, ast.Call):
        _check_call(node, inside_mean)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return
    elif (name := dotted_name(node)) is None:
        allowed = "numbers, names, + - * / **, parentheses, mean(...) and " + ", ".join(FUNCTIONS)
        raise ValueError(f"{ast.unparse(node)!r} is not allowed; allowed are {allowed}")
    elif name in FUNCTIONS or name == "mean":
        raise ValueError(f"{name} needs an argument")


def _check_call(node: ast.Call, inside_mean: bool) -> None:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS and name != "mean":
        raise ValueError(f"there is no function {ast.unparse(node.func)!r}; there are mean, {', '.join(FUNCTIONS)}")
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        raise ValueError(f"{name} takes one argument")
    if name == "mean" and inside_mean:
        raise ValueError("mean(...) cannot stand inside mean(...)")
    _check(node.args[0], inside_mean or name == "mean")
