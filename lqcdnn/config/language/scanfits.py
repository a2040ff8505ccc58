"""Requests for fits over the points of a scan, ``NAME = KIND(SERIES, X, NUMBERS)``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lqcdnn.config.language.fits import LAW, SCAN_KINDS, Request, check_series, number, split_body
from lqcdnn.config.language.formulas import (
    PLACES,
    UNCORRELATED,
    Formula,
    jointly,
    parse_formula,
    split_words,
    trailing,
)

_TAU = re.compile(r"tau\s*\(([^()]*)\)")


@dataclass(frozen=True)
class ScanFitRequest(Request):
    """A fit over the points of a scan, of one of `SCAN_KINDS`.

    The autocorrelation time (``tau_...``) or the mean value of the series against ``x``: a key of the grid, or another
    series or derived quantity of the points. Only points with ``low <= x <= high`` count. ``formula``: of the kind
    `LAW`, of which ``x`` is the first variable; with ``of_tau`` it is one of the autocorrelation time. ``others``:
    laws of further quantities that are fitted with it, with the same parameters.
    """

    x: str
    low: float = -math.inf
    high: float = math.inf
    formula: Formula | None = None
    of_tau: bool = False
    others: tuple[ScanFitRequest, ...] = ()

    @property
    def quantity(self) -> str:
        """What is fitted, as it is written."""
        return f"tau({self.series})" if self.of_tau else self.series

    @property
    def law(self) -> Formula:
        """The formula of the kind `LAW`."""
        assert self.formula is not None
        return self.formula

    def holds(self, x: float) -> bool:
        """Whether a place lies in the range, with room for its last digit."""
        room = 1e-12 * abs(x)
        return self.low - room <= x <= self.high + room


def parse_scan_fit(text: str) -> ScanFitRequest:
    """Read a request of a kind of `SCAN_KINDS`.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    name, kind, body = split_body(text)
    if kind == LAW:
        return _laws(name, text.strip(), body)
    words = split_words(body)
    wanted = ("SERIES", "X", *SCAN_KINDS[kind])
    count = len(wanted)
    if len(words) not in (count, count + 2):
        short = ", ".join(wanted)
        raise ValueError(f"{kind} is written as {kind}({short}) or, for a range of X, {kind}({short}, FROM, TO)")
    for word in words[:2]:
        check_series(word)
    found = ScanFitRequest(name, text.strip(), kind, words[0], tuple(map(number, words[2:count])), words[1])
    if len(words) == count:
        return found
    low, high = map(number, words[count:])
    if not low < high:
        raise ValueError(f"the range of {found.x} from {low:g} to {high:g} is empty")
    return replace(found, low=low, high=high)


def _laws(name: str, text: str, body: str) -> ScanFitRequest:
    """A request of the kind `LAW`: one law, or several of the same parameters; what is given is of all of them."""
    found: list[ScanFitRequest] = []
    given: list[str] = []
    for part in split_words(body, ";"):
        law, more = _law(name, text, split_words(part))
        found.append(law)
        given += more
    formulas = jointly([one.formula for one in found if one.formula is not None], given)
    first, *others = (replace(one, formula=formula) for one, formula in zip(found, formulas, strict=True))
    return replace(first, others=tuple(others))


def _law(name: str, text: str, words: Sequence[str]) -> tuple[ScanFitRequest, list[str]]:
    """One law, and start values and priors that stand behind it."""
    series, *rest = words
    middle, given, bounds, free = trailing(rest)
    if len(middle) < 2:
        one = "SERIES, X, FORMULA"
        raise ValueError(f"{LAW} is written as {LAW}({one}), also {LAW}(SERIES, X, Y, FORMULA, FROM, TO), of several "
                         f"quantities {LAW}({one}; {one})")  # fmt: skip
    if free:
        raise ValueError(f"the points of a scan are independent: {UNCORRELATED} has no meaning here")
    *variables, body = middle
    of_tau = _TAU.fullmatch(series)
    series = of_tau[1].strip() if of_tau else series
    for word in (series, *variables):
        check_series(word)
    if len(set(variables)) < len(variables) or len(variables) > len(PLACES):
        raise ValueError(f"the variables are {len(PLACES)} at most, all different")
    low, high = bounds or (-math.inf, math.inf)
    formula = parse_formula(body, variables)
    law = ScanFitRequest(name, text, LAW, series, (), variables[0], low, high, formula, of_tau is not None)
    return law, given
