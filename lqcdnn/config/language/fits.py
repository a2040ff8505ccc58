"""Requests for fits, ``NAME = KIND(SERIES, NUMBERS)``: their syntax."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import product

from lqcdnn.config.language.formulas import UNCORRELATED, Formula, jointly, parse_formula, split_words, trailing
from lqcdnn.config.language.scales import Coupling, Spacing, coupling_words, scale_words, spacing_words

#: Numbers that each kind takes, the optional ones in brackets; docs/fits.md says what they do.
KINDS: dict[str, tuple[str, ...]] = {
    "connected": (),
    "effective": (),
    "cosh": ("FIRST", "LAST", "[STATES]"),
    "cosh_constant": ("FIRST", "LAST", "[STATES]"),
    "effective_exponential": (),
    "exponential": ("FIRST", "LAST", "[STATES]"),
    "effective_oscillating": (),
    "oscillating": ("FIRST", "LAST", "[STATES]", "[PARTNERS]"),
    "gevp": ("T0", "[STATES]", "[T1]"),
    "gevp_cosh": ("T0", "FIRST", "LAST", "[STATE]", "[T1]"),
    "pcac": ("PSEUDOSCALAR", "FIRST", "LAST", "[CA]"),
    "effective_pcac": ("PSEUDOSCALAR", "[CA]"),
    "decay_constant": ("PSEUDOSCALAR", "FIRST", "LAST", "[CA]"),
    "twisted_decay_constant": ("MU", "FIRST", "LAST"),
    "ratio": (),
    "plateau": ("FIRST", "LAST"),
    "summation": ("[SKIP]",),
    "two_state": ("[SKIP]",),
    "reduced_distribution": ("FIRST", "LAST"),
    "bag": ("FIRST", "LAST"),
    "effective_bag": (),
    "scattering": ("MASS", "[LEVEL]", "[L]", "[D]"),
    "lattice_scattering": ("MASS", "[LEVEL]", "[L]", "[D]"),
    "moving_scattering": ("MASS", "P", "[LEVEL]", "[L]", "[D]"),
    "lattice_moving_scattering": ("MASS", "P", "[LEVEL]", "[L]", "[D]"),
    "creutz": (),
    "potential": ("T", "FIRST", "LAST"),
    "polyakov_potential": ("T", "FIRST", "LAST"),
    "free_energy": (),
    "t0": ("FIRST", "STEP"),
    "w0": ("FIRST", "STEP"),
    "control": ("SURROGATE",),
    "gain": ("DEFORMED",),
    "anisotropy": ("LOOPS_WITH_TIME",),
    "flow_anisotropy": ("PART_OF_TIME",),
    "effective_entropy": ("LAMBDA", "[LOOPS]", "[SCALE]"),
    "entropy": ("LAMBDA", "FIRST", "LAST", "[LOOPS]", "[SCALE]"),
    "quark_field": (),
    "quark_mass": (),
    "rimom": (),
    "rismom": (),
    "msbar": ("SPACING", "LAMBDA", "FLAVORS", "[MU]", "[FROM]", "[TO]", "[LOOPS]"),
    "msbar_gamma": ("SPACING", "LAMBDA", "FLAVORS", "[MU]", "[FROM]", "[TO]", "[LOOPS]"),
    "vacuum_polarization": ("Q2",),
    "time_moments": (),
    "muon_anomaly": ("SCALE", "CHARGE", "[T0]", "[T1]", "[DELTA]"),
    "susceptibilities": (),
    "mixed_susceptibilities": ("OTHER",),
    "taylor_coefficients": ("FLAVORS",),
    "ringed_condensate": (),
    "spectral_density": ("SIGMA", "FROM", "TO", "STEP", "[FIRST]", "[LAST]", "[E0]"),
    "formula": ("FORMULA", "[FROM]", "[TO]"),
}
AVERAGED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "cosh", "cosh_constant", "exponential", "oscillating", "gevp_cosh", "pcac", "decay_constant",
            "twisted_decay_constant", "plateau", "bag", "potential", "polyakov_potential",
        ),
        ("FIRST", "LAST", "[STATES]", "[PARTNERS]"),
    ),
    "two_state": ("[SKIP]",),
}  # fmt: skip
"""Numbers of a kind that may be ranges FROM:TO, over which fits are averaged: they say which of the same points a fit
takes, and how many states.
"""
MOST_MODELS = 300
"""Fits that one average may be made of."""
FORMULA, LAW = "formula", "law"
"""The kinds of which the user writes the function, of a vector of series and over the points of a scan."""
SCATTERING_KINDS = ("scattering", "lattice_scattering", "moving_scattering", "lattice_moving_scattering")
"""Kinds of two numbers that fits before have found: an energy and a mass, which may be given as a number."""
OF_VECTORS = ("vacuum_polarization", "time_moments", "muon_anomaly")
"""Kinds whose series is a correlator of vector currents, or ``tail(SERIES, FIT, LAST)``: beyond LAST a fit before, one
exponential of an energy, or ``cut``.
"""
OF_SCALE = "muon_anomaly"
"""The kind whose second word is a lattice spacing, such as 0.09fm, a length over a number of a fit before, such as
0.17fm/w.w0, or the mass of the muon in lattice units.
"""
OF_PHYSICAL_SCALE = ("msbar", "msbar_gamma")
"""Kinds whose second and third word are a lattice spacing and what fixes the coupling."""
OF_TWO = (
    "control", "gain", "anisotropy", "flow_anisotropy", "pcac", "effective_pcac", "decay_constant", *SCATTERING_KINDS,
    OF_SCALE, "mixed_susceptibilities",
)  # fmt: skip
"""Kinds whose second word is a series as well, or a number of a fit."""
OF_CORRELATORS = (
    "connected", "effective", "cosh", "cosh_constant", "effective_exponential", "exponential",
    "effective_oscillating", "oscillating", "spectral_density", FORMULA,
)  # fmt: skip
"""Kinds whose series may be a sum ``singlet(CONNECTED, DISCONNECTED, FLAVORS)``, of a series or a fit, and a series."""
OF_MATRICES = ("gevp", "gevp_cosh")
"""Kinds whose series is a matrix of correlators, or ``shifted(KEY)``, its second differences in time."""
OF_TENSOR = ("effective_entropy", "entropy")
"""Kinds whose series is a component of the energy-momentum tensor along the gradient flow."""
SINGLET = "singlet"
SHIFTED = "shifted"
TAIL = "tail"
CUT = "cut"
#: Fits over the points of a scan, and the numbers that each takes after SERIES and X; a range of X may stand last.
SCAN_KINDS: dict[str, tuple[str, ...]] = {
    "tau_power": (),
    "tau_exponential": (),
    "finite_size": ("EXPONENT",),
    "zero": (),
    "peak": (),
    "trace_anomaly": ("LAMBDA",),
    "pressure": (),
    "interaction_measure": (),
    LAW: (),
}

_REQUEST = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*([A-Za-z]\w*)\s*\((.*)\)\s*", re.DOTALL)
_SUM = re.compile(rf"{SINGLET}\s*\(([^()]*)\)")
_DIFFERENCES = re.compile(rf"{SHIFTED}\s*\(([^()]*)\)")
_SERIES = re.compile(r"[A-Za-z_][\w.]*")
_TAILED = re.compile(rf"{TAIL}\s*\(([^()]*)\)")
_RANGE = re.compile(r"\s*[^\s,(:]+\s*:\s*[^\s,):]+")


@dataclass(frozen=True)
class Request:
    """A checked request: name of the result, text as written, what to do with which series, numbers of the kind."""

    name: str
    text: str
    kind: str
    series: str
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class FitRequest(Request):
    """A fit to a vector of series, of one of `KINDS`; not correlated if ``uncorrelated`` stands last.

    ``second`` is the second series of a kind of `OF_TWO`; of a correlator the part that is added to it, times
    ``flavors``: the disconnected part of a flavour singlet. ``shifted``: second differences in place of a matrix.
    ``tail``: what a correlator is beyond ``last``; empty: what was measured. ``ends``: where the range of each number
    ends that begins with it, of an average over fits; empty for one fit. ``formula``: of the kind of that name, whose
    numbers are FROM and TO; ``others``: further quantities that are fitted with it, with the same parameters.
    ``scales``: of kinds of `OF_PHYSICAL_SCALE`.
    """

    correlated: bool
    second: str = ""
    flavors: float = 0.0
    shifted: bool = False
    tail: str = ""
    last: float = 0.0
    ends: tuple[float, ...] = ()
    formula: Formula | None = None
    others: tuple[FitRequest, ...] = ()
    scales: tuple[Spacing, Coupling] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Names of all numbers that the kind takes."""
        first = 2 if self.kind in OF_PHYSICAL_SCALE else self.kind in OF_TWO
        return tuple(word.strip("[]") for word in KINDS[self.kind][first:])

    @property
    def given(self) -> dict[str, float]:
        """Numbers by their names; those that were left out are missing."""
        return dict(zip(self.words, self.numbers, strict=False))

    @property
    def models(self) -> list[FitRequest]:
        """The fits of an average, each as a request of its own; of one fit itself."""
        if not self.ends:
            return [self]
        steps = [range(int(a), int(b) + 1) if b > a else (a,) for a, b in zip(self.numbers, self.ends, strict=True)]
        every = [tuple(map(float, numbers)) for numbers in product(*steps)]
        return [replace(self, text=self._text(numbers), numbers=numbers, ends=()) for numbers in every]

    def _text(self, numbers: tuple[float, ...]) -> str:
        """The request with one number in place of each range."""
        chosen = iter([number for number, a, b in zip(numbers, self.numbers, self.ends, strict=True) if b > a])
        return _RANGE.sub(lambda _: f" {next(chosen):g}", self.text)


def parse_fit(text: str) -> FitRequest:
    """Read a request.

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    name, kind, (series, *rest) = split_request(text)
    if kind in SCAN_KINDS:
        raise ValueError(f"{kind} is a fit over the points of a scan: lqcdnn analyze SCAN --fit, or DIR DIR ...")
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}; there are {', '.join(KINDS)}")
    if kind == FORMULA:
        return _formula_fit(name, text.strip(), split_body(text)[2])
    series, disconnected, flavors = _singlet(kind, series)
    series, shifted = _shifted(kind, series)
    series, tail, last = _tailed(kind, series)
    check_series(series)
    correlated = not (rest and rest[-1] == UNCORRELATED)
    words = rest if correlated else rest[:-1]
    wanted = KINDS[kind]
    needed = sum(not word.startswith("[") for word in wanted)
    if not needed <= len(words) <= len(wanted):
        raise ValueError(f"{kind} is written as {kind}({', '.join(('SERIES', *wanted))})")
    second = disconnected
    if kind in OF_TWO:
        second, *words = words
        wanted = wanted[1:]
        _check_second(kind, second)
    scales = None
    if kind in OF_PHYSICAL_SCALE:
        scales, words, wanted = (spacing_words(words[0]), coupling_words(words[1])), words[2:], wanted[2:]
    numbers, ends = _ranges(kind, wanted, words)
    return FitRequest(
        name, text.strip(), kind, series, numbers, correlated, second, flavors, shifted, tail, last, ends, scales=scales
    )  # fmt: skip


def _formula_fit(name: str, text: str, body: str) -> FitRequest:
    """A fit of formulas, one for each quantity; start values, priors and `UNCORRELATED` are of all together."""
    found: list[FitRequest] = []
    given: list[str] = []
    correlated = True
    for part in split_words(body, ";"):
        series, *rest = split_words(part)
        series, disconnected, flavors = _singlet(FORMULA, series)
        check_series(series)
        words, more, bounds, free = trailing(rest)
        if len(words) != 1:
            one = "SERIES, FORMULA, FROM, TO"
            raise ValueError(f"{FORMULA} is written as {FORMULA}(SERIES, FORMULA) or {FORMULA}({one}), of several "
                             f"quantities {FORMULA}({one}; {one})")  # fmt: skip
        formula = parse_formula(words[0], ["x"])
        found.append(FitRequest(name, text, FORMULA, series, bounds, True, disconnected, flavors, formula=formula))
        given += more
        correlated = correlated and not free
    formulas = jointly([one.formula for one in found if one.formula is not None], given)
    first, *others = (
        replace(one, formula=formula, correlated=correlated) for one, formula in zip(found, formulas, strict=True)
    )
    return replace(first, others=tuple(others))


def _ranges(kind: str, wanted: tuple[str, ...], words: list[str]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Numbers of a kind, and where the range ends that each begins; no ends if none of them is a range."""
    parts = [[part.strip() for part in word.split(":")] for word in words]
    ranged = [(name, word) for name, word, part in zip(wanted, words, parts, strict=False) if len(part) > 1]
    if ill := next((word for word, part in zip(words, parts, strict=True) if len(part) > 1 and "" in part), None):
        raise ValueError(f"{ill}: a range is written FROM:TO, whole numbers that rise")
    numbers = [tuple(map(number, part)) for part in parts]
    allowed = AVERAGED.get(kind, ())
    for name, word in ranged:
        what = name.strip("[]")
        if name not in allowed:
            names = ", ".join(one.strip("[]") for one in wanted if one in allowed)
            raise ValueError(f"{what} = {word} of {kind}: ranges are for {names or 'numbers of other kinds'}")
        first, last = numbers[words.index(word)][0], numbers[words.index(word)][-1]
        if word.count(":") != 1 or not first < last or first != int(first) or last != int(last):
            raise ValueError(f"{what} = {word}: a range is written FROM:TO, whole numbers that rise")
    if not ranged:
        return tuple(one[0] for one in numbers), ()
    if (count := math.prod(int(one[-1] - one[0]) + 1 for one in numbers)) > MOST_MODELS:
        raise ValueError(f"an average of {count} fits; allowed: up to {MOST_MODELS}")
    return tuple(one[0] for one in numbers), tuple(one[-1] for one in numbers)


def _singlet(kind: str, word: str) -> tuple[str, str, float]:
    """Series of a correlator, of its disconnected part and the number of flavours; none of these of a series alone."""
    match = _SUM.fullmatch(word)
    if not match:
        return word, "", 0.0
    parts = [part.strip() for part in match[1].split(",")]
    if kind not in OF_CORRELATORS:
        raise ValueError(f"{SINGLET}(...) is a correlator; {kind} has none, but {', '.join(OF_CORRELATORS)} have")
    if len(parts) != 3:
        raise ValueError(f"a correlator of flavour singlets is written as {SINGLET}(CONNECTED, DISCONNECTED, FLAVORS)")
    for part in parts[:2]:
        check_series(part)
    flavors = number(parts[2])
    if not flavors > 0.0:
        raise ValueError(f"{parts[2]} is no number of flavours: allowed: above 0")
    return parts[0], parts[1], flavors


def _shifted(kind: str, word: str) -> tuple[str, bool]:
    """Series of a matrix, and whether its second differences are meant."""
    match = _DIFFERENCES.fullmatch(word)
    if not match:
        return word, False
    if kind not in OF_MATRICES:
        raise ValueError(f"{SHIFTED}(...) is a matrix of correlators; {' and '.join(OF_MATRICES)} take one, not {kind}")
    return match[1].strip(), True


def _tailed(kind: str, word: str) -> tuple[str, str, float]:
    """Series of a correlator, what follows it, and the last time before; none of these of a series alone."""
    match = _TAILED.fullmatch(word)
    if not match:
        return word, "", 0.0
    parts = [part.strip() for part in match[1].split(",")]
    if kind not in OF_VECTORS:
        raise ValueError(f"{TAIL}(...) is a correlator that goes on; {', '.join(OF_VECTORS)} take one, not {kind}")
    if len(parts) != 3:
        raise ValueError(f"a correlator that goes on is written as {TAIL}(SERIES, FIT, LAST)")
    if not (parts[1][:1].isalpha() or parts[1][:1] == "_"):
        if not number(parts[1]) > 0.0:
            raise ValueError(f"the energy {parts[1]} of the tail is not above 0")
    else:
        check_series(parts[1])
    return parts[0], parts[1], number(parts[2])


def is_scan_fit(text: str) -> bool:
    """Whether a request names a kind of `SCAN_KINDS`."""
    return is_fit_of(text, tuple(SCAN_KINDS))


def is_fit_of(text: str, kinds: tuple[str, ...]) -> bool:
    """Whether a request names one of some kinds."""
    match = _REQUEST.fullmatch(text)
    return match is not None and match[2] in kinds


def split_request(text: str) -> tuple[str, str, list[str]]:
    """Name, kind, and the words between the parentheses."""
    name, kind, body = split_body(text)
    return name, kind, split_words(body)


def split_body(text: str) -> tuple[str, str, str]:
    """Name, kind, and what stands between the parentheses."""
    match = _REQUEST.fullmatch(text)
    if not match:
        raise ValueError("write it as NAME = KIND(SERIES, NUMBERS)")
    return match[1], match[2], match[3]


def check_series(word: str) -> None:
    """Raise ValueError for what is no name of a series."""
    if not _SERIES.fullmatch(word):
        raise ValueError(f"{word!r} is not the name of a series")


def _check_second(kind: str, word: str) -> None:
    """Check the second word of a kind of `OF_TWO`: a name, or the mass itself."""
    if kind == OF_SCALE:
        scale_words(word)
    elif kind not in SCATTERING_KINDS or word[:1].isalpha() or word[:1] == "_":
        check_series(word)
    elif not number(word) > 0.0:
        raise ValueError(f"the mass {word} is not above 0")


def number(word: str) -> float:
    """The number that a word is; ValueError if it is none, or not finite."""
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{word!r} is not a finite number")
    return value
