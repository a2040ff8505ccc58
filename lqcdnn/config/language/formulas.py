"""Fits of formulas that the user writes: their words, checked without evaluating anything.

``NAME = formula(SERIES, FORMULA, FROM, TO, ...)`` of a run, with a semicolon between those of quantities that share
parameters, ``NAME = law(SERIES, X, FORMULA, FROM, TO, ...)`` over the points of a scan. A formula is written in the
language of derived quantities; names in it that are neither variables nor constants are its parameters.
``m = 0.5`` after it is a start value, ``m = 0.5(2)`` a prior.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lqcdnn.config.language.expressions import CONSTANTS, FUNCTIONS, names_in, parse_definition
from lqcdnn.config.language.scales import with_error

#: Stand for the variables in their order.
PLACES = ("x", "y", "z")
UNCORRELATED = "uncorrelated"

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_CLOSING = {"(": ")", "[": "]"}


@dataclass(frozen=True)
class Formula:
    """A checked formula.

    Attributes
    ----------
    text
        As written.
    variables
        Names of the variables; of a run that is x alone.
    parameters
        Names in it that are neither variables nor constants, in the order in which they stand.
    starts, priors
        First values that were given, and Gaussian priors as value and error; by name of the parameter.
    tree
        The expression.
    """

    text: str
    variables: tuple[str, ...]
    parameters: tuple[str, ...]
    starts: tuple[tuple[str, float], ...]
    priors: tuple[tuple[str, float, float], ...]
    tree: ast.expr = field(repr=False, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """All names in it, in full."""
        return frozenset(names_in(self.tree))


def split_words(text: str, separator: str = ",") -> list[str]:
    """Words between commas, or other letters, outside of parentheses and brackets.

    Raises
    ------
    ValueError
        Parentheses that do not close.
    """
    words, open_, start = [], [], 0
    for i, letter in enumerate(text):
        if letter in _CLOSING:
            open_.append(_CLOSING[letter])
        elif letter in _CLOSING.values():
            if not open_ or open_.pop() != letter:
                raise ValueError("its parentheses do not match")
        elif letter == separator and not open_:
            words.append(text[start:i].strip())
            start = i + 1
    if open_:
        raise ValueError("its parentheses do not match")
    return [*words, text[start:].strip()]


def trailing(words: Sequence[str]) -> tuple[list[str], list[str], tuple[float, ...], bool]:
    """Sort the words of a request after the series.

    Returns
    -------
    tuple
        Words before the numbers (the formula is the last of them), those with "=", the numbers, and whether
        ``uncorrelated`` is among them.

    Raises
    ------
    ValueError
        One number, more than two, FIRST:LAST, or a range that is empty.
    """
    given = [word for word in words if "=" in word]
    plain = [word for word in words if "=" not in word and word != UNCORRELATED]
    if ranged := next((word for word in plain if ":" in word), None):
        raise ValueError(f"{ranged}: FROM and TO of a formula are numbers, there are no averages over ranges of them")
    numbers: list[float] = []
    while plain and (value := _number(plain[-1])) is not None:
        numbers.insert(0, value)
        plain.pop()
    if len(numbers) not in (0, 2):
        raise ValueError("after the formula stand no numbers, or two, FROM and TO")
    if numbers and not numbers[0] < numbers[1]:
        raise ValueError(f"the range from {numbers[0]:g} to {numbers[1]:g} is empty")
    return plain, given, tuple(numbers), UNCORRELATED in words


def parse_formula(text: str, variables: Sequence[str]) -> Formula:
    """Read a formula; its parameters have no start values and priors yet (:func:`jointly`).

    Parameters
    ----------
    text
        The formula.
    variables
        Names of its variables, for which `PLACES` stand in their order, too.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    tree = parse_definition(f"formula = {text}").tree
    if any(isinstance(node, ast.Call) and ast.unparse(node.func) == "mean" for node in ast.walk(tree)):
        raise ValueError("mean(...) has no meaning in a formula")
    known = {*variables, *PLACES[: len(variables)], *CONSTANTS}
    parameters = tuple(dict.fromkeys(name for name in names_in(tree) if name not in known))
    shown = ", ".join(variables)
    for name in parameters:
        if not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"{name} is no variable of the formula ({shown}), and no name of a parameter")
    if not parameters:
        raise ValueError(f"{text!r} has no parameters: all its names are variables or constants")
    return Formula(text, tuple(variables), parameters, (), (), tree)


def jointly(formulas: Sequence[Formula], given: Sequence[str]) -> list[Formula]:
    """Formulas that share their parameters, each with all of these, and with start values and priors.

    Parameters
    ----------
    formulas
        Each with its own parameters.
    given
        ``m = 0.5`` and ``m = 0.5(2)``.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    parameters = tuple(dict.fromkeys(name for formula in formulas for name in formula.parameters))
    starts: list[tuple[str, float]] = []
    priors: list[tuple[str, float, float]] = []
    for word in given:
        name, _, right = (part.strip() for part in word.partition("="))
        if name in (*CONSTANTS, *FUNCTIONS) or name not in parameters:
            raise ValueError(f"{word!r}: {name} is no parameter of the formula, whose are {', '.join(parameters)}")
        if name in (*(other for other, _ in starts), *(other for other, *_ in priors)):
            raise ValueError(f"{name} is given twice")
        value = _number(right)
        if value is not None:
            starts.append((name, value))
        else:
            priors.append((name, *_prior(word, right)))
    return [
        replace(formula, parameters=parameters, starts=tuple(starts), priors=tuple(priors)) for formula in formulas
    ]


def _prior(word: str, text: str) -> tuple[float, float]:
    """Value and error of a number such as 0.5(2), 12.3(1.4) or 1.2(3)e-3."""
    found = with_error(text)
    if found is None:
        raise ValueError(f"{word!r}: write a start value, m = 0.5, or a prior, m = 0.5(2)")
    return found


def _number(word: str) -> float | None:
    """A finite number, else None."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
