"""Terms of the action and observables in a Python file of the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import ListOf, Number, Text
from lqcdnn.config.tables.measured import Measured


def _file(doc: str) -> Any:
    return key(Text(pattern=r"[^\x00-\x1f]+\.py", meaning="the path of a Python file"), doc)


def _parameters() -> Any:
    return key(ListOf(Number(), 0), "numbers that follow the links among the arguments of its functions", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomTermConfig:
    """``[action.custom]``, ``[guide.custom]``: S += coefficient times what a Python file of your own computes."""

    file: str = _file("Python file with the functions value(links) and gradient(links)")
    coefficient: float = key(Number(), "factor of both; 0: no such term", 1.0)
    parameters: tuple[float, ...] = _parameters()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomObservableConfig(Measured):
    """``[observables.custom]``: numbers of the links that a Python file of your own computes."""

    file: str = _file("Python file with the function")
    function: str = key(
        Text(pattern=r"[A-Za-z_][A-Za-z0-9_]*", meaning="the name of a function"),
        "its function of the links: a number, a list of numbers, or a dictionary of them by name",
        "measure",
    )
    parameters: tuple[float, ...] = _parameters()
