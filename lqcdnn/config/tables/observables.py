"""What can be measured, as tables of the input file: one class per observable, ``[observables.NAME]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Either, Integer, ListOf, Number, Text
from lqcdnn.config.tables.cubic import CHANNELS
from lqcdnn.config.tables.flows import FlowOptions
from lqcdnn.config.tables.loops import SHAPES, STEPS
from lqcdnn.config.tables.measured import (
    MASS,
    FromSources,
    Measured,
    OfQuark,
    OfSpectrum,
    boundary_key,
    common_noise_key,
    fermion_key,
    loose_tolerance_key,
    theta_key,
)

ALONG_FLOW = (
    "plaquette", "rectangle", "polyakov", "wilson_loop", "histogram", "topological_charge", "polyakov_correlator",
    "charge_correlator", "plaquette_correlator",
)  # fmt: skip
"""Observables of the gauge field that can be measured at every flow time."""


LARGEST_EXACT_TRACE = 4096
"""Condensate with method = "exact": most rows of the matrix, V N / 2 for staggered fermions (256 MiB, about a minute);
with spin most solves, V N S; so for the quark number, staggered with V N / 2 solves."""
LARGEST_SPECTRUM = 384
"""Spectral density with method = "exact": most rows of the matrix whose eigenvalues are all computed."""
LARGEST_DETERMINANT = 4096
"""Reweighting with method = "exact": most rows of the matrix on the even sites."""


_DISTANCE = Number(minimum=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaquetteConfig(Measured):
    """``[observables.plaquette]``: mean Re tr P / N, also of space and time planes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RectangleConfig(Measured):
    """``[observables.rectangle]``: mean Re tr R / N of 1x2 loops, also of space and time planes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolyakovConfig(Measured):
    """``[observables.polyakov]``: winding loops in every direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolyakovCorrelatorConfig(Measured):
    """``[observables.polyakov_correlator]``: correlator of the loops around time, against their distance in space."""

    directions: str = key(Text(("axes", "all")), "distances along the axes of space, or in all directions", "axes")
    distance: float = key(_DISTANCE, "largest distance; 0: half the smallest extent of space", 0.0)


MULTILEVEL = "polyakov_multilevel"
"""The observable that is an average over other links than those of the configuration."""

_THICKNESS, _UPDATES = Integer(1, 4096), Integer(0, 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolyakovMultilevelConfig(Measured):
    """``[observables.polyakov_multilevel]``: that correlator by averages over slabs of time slices, hep-lat/0108014."""

    beta: float = key(
        Number(minimum=0.0), "beta of Wilson's action that the configurations have", derived="action.gauge.beta"
    )
    slab: int | tuple[int, ...] = key(
        Either((_THICKNESS, ListOf(_THICKNESS))),
        "time slices of a slab; a list: of a slab, of the slabs in it, ...",
        2,
    )
    updates: int | tuple[int, ...] = key(
        Either((_UPDATES, ListOf(_UPDATES))), "updates of the links inside a slab; a list: by thickness", 100
    )
    overrelaxation: int = key(Integer(0, 1000), "overrelaxation sweeps in an update, after one of heat bath", 1)
    distance: int = key(Integer(0, 4096), "largest distance along an axis; 0: half the smallest extent of space", 0)


def _smearing() -> Any:
    return key(Text(("none", "ape")), "smearing of the space links", "none")


def _smearing_steps() -> Any:
    return key(COUNT, "smearing steps", 10, when=("smearing", "ape"))


def _smearing_alpha() -> Any:
    return key(Number(above=0.0, maximum=1.0), "weight of the staples", 0.5, when=("smearing", "ape"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WilsonLoopConfig(Measured):
    """``[observables.wilson_loop]``: R x T loops in planes of time and one space direction."""

    space: int = key(Integer(0, 4096), "largest R; 0: half the smallest extent of space", 0)
    time: int = key(Integer(0, 4096), "largest T; 0: half the extent of time", 0)
    smearing: str = _smearing()
    steps: int | None = _smearing_steps()
    alpha: float | None = _smearing_alpha()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaquetteCorrelatorConfig(Measured):
    """``[observables.plaquette_correlator]``: correlator in time of the plaquettes of space (scalar glueball)."""

    smearing: str = _smearing()
    steps: int | None = _smearing_steps()
    alpha: float | None = _smearing_alpha()


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueballsConfig(Measured):
    """``[observables.glueballs]``: matrices of correlators of loops of space by their quantum numbers."""

    channels: tuple[str, ...] = key(
        ListOf(Text((*CHANNELS[3], *CHANNELS[2])), distinct=True),
        "representation of the cubic group, parity (d = 4 alone) and C",
        derived='["A1++", "E++", "T2++"] in d = 4, ["A1+", "B1+"] in d = 3',
    )
    loops: tuple[str | tuple[int, ...], ...] = key(
        ListOf(Either((Text(tuple(SHAPES)), STEPS)), distinct=True),
        "loops of the operators: names, or steps of closed paths along axes 1, 2, ... of space",
        derived='["plaquette", "rectangle", "chair"] in d = 4, ["plaquette", "rectangle"] in d = 3',
    )
    steps: tuple[int, ...] = key(
        ListOf(Integer(0, 10000), distinct=True), "numbers of APE smearing steps: each makes a set of operators", (2, 6)
    )
    alpha: float = key(Number(above=0.0, maximum=1.0), "weight of the staples in a smearing step", 0.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyConfig(Measured):
    """``[observables.energy]``: energy density E, from the clover and from plaquettes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowObservableConfig(FlowOptions, Measured):
    """``[observables.flow]``: energy density t^2 E, and other observables, along the gradient flow."""

    time: float = key(Number(minimum=0.0), "last flow time in lattice units", 1.0)
    interval: float = key(Number(above=0.0), "measure at all multiples of this flow time", 0.1)
    along: tuple[str, ...] = key(
        ListOf(Text(ALONG_FLOW), 0, distinct=True), "further observables at each flow time, with default options", ()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramConfig(Measured):
    """``[observables.histogram]``: distribution of Re tr P / N over sites and planes."""

    bins: int = key(Integer(1, 10000), "equal bins from -1 to 1", 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class CondensateConfig(OfQuark):
    """``[observables.condensate]``: (1/V) d ln Z / dm, for staggered fermions (Nf/4) Tr (D + m)^-1 / V."""

    method: str = key(Text(("exact", "noise")), "trace over all sites and colours, or noise vectors", "exact")
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z2", when=("method", "noise"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 10, when=("method", "noise"))
    dilution: tuple[str, ...] | None = key(
        ListOf(Text(("even_odd", "colour", "spin")), 0, distinct=True),
        "split every noise vector by parity, colour, spin: one solve for each part",
        (),
        when=("method", "noise"),
    )
    common_noise: bool | None = common_noise_key(("method", "noise"))
    exact_vectors: int | None = key(
        COUNT, "how many of them are solved for exactly as well; 2 with loose_tolerance", None, when=("method", "noise")
    )
    loose_tolerance: float | None = loose_tolerance_key(
        "solver residual of all vectors; absent: all are exact", ("method", "noise")
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarkNumberConfig(CondensateConfig):
    """``[observables.quark_number]``: (1/V) d ln Z / dmu at imaginary mu = i theta_t / L_t: its imaginary part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PionConfig(FromSources):
    """``[observables.pion]``: pion correlator from the origin; for domain wall fermions also the residual mass."""

    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


def _definition() -> Any:
    return key(
        Text(("geometric", "clover", "plaquette", "improved", "5li")),
        "d = 2: geometric, an integer; d = 4: loops that make the field strength",
        derived="geometric in d = 2, else clover",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologicalChargeConfig(Measured):
    """``[observables.topological_charge]``: topological charge Q and Q^2/V, in d = 4, and in d = 2 for U(1)."""

    definition: str = _definition()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCorrelatorConfig(Measured):
    """``[observables.charge_correlator]``: correlator of the density of the topological charge."""

    definition: str = _definition()
    separation: str = key(
        Text(("time", "distance")), "of time slices, or of pairs of sites against their distance", "time"
    )
    distance: float | None = key(
        _DISTANCE, "largest distance; 0: half the smallest extent", 0.0, when=("separation", "distance")
    )


GAUSSIAN = ("source", "gaussian")
"""What the keys of a smeared source belong to."""


@dataclass(frozen=True, kw_only=True)
class SmearedSource(FromSources):
    """Keys of the observables with sources that can be smeared."""

    source: str = key(Text(("point", "gaussian")), "the origin, or smeared around it", "point")
    smearing_width: float | None = key(
        Number(minimum=0.0), "w of exp(-r^2/w^2), in lattice units", 3.0, when=GAUSSIAN
    )
    smearing_steps: int | None = key(
        Integer(0, 100000), "steps of Gaussian smearing; at least (d - 1) w^2/2, 0: none", 30, when=GAUSSIAN
    )
    sink: str | None = key(Text(("point", "gaussian")), "smeared like the source, or not", "point", when=GAUSSIAN)
    ape_steps: int | None = key(
        Integer(0, 1000), "steps of APE smearing of the space links that quarks are smeared with", 0, when=GAUSSIAN
    )
    ape_alpha: float | None = key(
        Number(above=0.0, maximum=1.0), "weight of the staples in these", 0.5, when=GAUSSIAN
    )
    hyp_steps: int | None = key(Integer(1, 1000), "steps of HYP smearing in place of these", None, when=GAUSSIAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class MesonsConfig(SmearedSource):
    """``[observables.mesons]``: correlators of quark bilinears, in d = 2 and 4; for staggered fermions local ones."""

    antiquark: str | None = fermion_key("that of fermion", "the other quark of the mesons")
    antiquark_mass: float | None = key(Number(), MASS, None, derived="that of the antiquark, else mass")
    antiquark_theta: tuple[float, ...] | None = theta_key("that of the antiquark, else theta")
    source: str = key(
        Text(("point", "noise_wall", "gaussian")),
        "the origin, random numbers on all sites with t = 0, or smeared around the origin",
        "point",
    )
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z4", when=("source", "noise_wall"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 1, when=("source", "noise_wall"))
    common_noise: bool | None = common_noise_key(("source", "noise_wall"))
    momenta: tuple[tuple[int, ...], ...] | None = key(
        ListOf(ListOf(Integer(0, 4096), 1, 3), 1, distinct=True),
        "further momenta, in units of 2 pi/L, averaged over directions; not from noise",
        None,
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaryonsConfig(SmearedSource):
    """``[observables.baryons]``: correlators of nucleon and Delta from the origin, for SU(3) in d = 4, with spin."""

    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class EigenvaluesConfig(OfSpectrum):
    """``[observables.eigenvalues]``: lowest eigenvalues of the Dirac operator (its hermitian form, with spin)."""

    number: int = key(Integer(1, 1000), "how many eigenvalues", 8)
    tolerance: float = key(TOLERANCE, "residual of every eigenvector, in units of the norm of the matrix", 1e-8)
    max_iterations: int = key(COUNT, "polynomials applied after which the run stops with an error", 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReweightingConfig(Measured):
    """``[observables.reweighting]``: logarithms of weights that lead to other masses of a fermion, or to one more."""

    fermion: str | None = fermion_key("the first fermion of the action, else a staggered field")
    masses: tuple[float, ...] = key(
        ListOf(Number(), 1),
        "masses to reweight to, each from the one before",
        derived="required; of a valence quark its mass",
    )
    mass: float | None = key(
        Number(),
        "mass the configurations were made with; absent: made without this fermion",
        None,
        derived="that of a fermion of the action",
    )
    flavors: int | None = key(
        Integer(1),
        "number of flavours",
        None,
        derived="those of the fermion, else those of one staggered field",
    )
    boundary: tuple[int, ...] = boundary_key()
    method: str = key(Text(("exact", "noise")), "determinants of dense matrices, or noise vectors", "noise")
    steps: int | None = key(
        Integer(1, 1000), "equal steps in the mass from one of the masses to the next", 4, when=("method", "noise")
    )
    vectors: int | None = key(COUNT, "noise vectors for each step", 10, when=("method", "noise"))
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralDensityConfig(OfSpectrum):
    """``[observables.spectral_density]``: mode number and spectral density of staggered and Wilson operators."""

    bins: int = key(Integer(1, 1000), "equal bins from 0 to maximum", 20)
    maximum: float | None = key(
        Number(minimum=1e-10, maximum=1e10), "upper end of the last bin; absent: a bound no eigenvalue exceeds", None
    )
    method: str = key(Text(("exact", "noise")), "all eigenvalues, or Chebyshev moments from noise vectors", "noise")
    degree: int | None = key(
        Integer(2, 100000), "degree of the Chebyshev polynomials: resolution", 200, when=("method", "noise")
    )
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z2", when=("method", "noise"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 10, when=("method", "noise"))
    common_noise: bool | None = common_noise_key(("method", "noise"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateObservableConfig(Measured):
    """``[observables.surrogate]``: what a network trained by a table [surrogate.NAME] says of a configuration."""

    weights: str = key(
        Text(pattern=r"[^\x00-\x1f]+", meaning="the path of a file that lqcdnn train wrote"), "weights of the network"
    )


FERMIONIC = (
    "condensate", "quark_number", "pion", "mesons", "baryons", "eigenvalues", "reweighting", "spectral_density",
)  # fmt: skip
"""Observables of a Dirac operator: each has a mass and a boundary."""

PREFIX = r"[A-Za-z][A-Za-z0-9_]*"
"""What may stand before an observable in the name of a table, with an underscore between: a name in expressions."""

ObservableConfig = Measured
"""The options of any observable."""

OBSERVABLES: dict[str, type[Any]] = {
    "plaquette": PlaquetteConfig,
    "rectangle": RectangleConfig,
    "polyakov": PolyakovConfig,
    "wilson_loop": WilsonLoopConfig,
    "energy": EnergyConfig,
    "flow": FlowObservableConfig,
    "histogram": HistogramConfig,
    "condensate": CondensateConfig,
    "pion": PionConfig,
    "topological_charge": TopologicalChargeConfig,
    "mesons": MesonsConfig,
    "eigenvalues": EigenvaluesConfig,
    "reweighting": ReweightingConfig,
    "spectral_density": SpectralDensityConfig,
    "polyakov_correlator": PolyakovCorrelatorConfig,
    "charge_correlator": ChargeCorrelatorConfig,
    "plaquette_correlator": PlaquetteCorrelatorConfig,
    "glueballs": GlueballsConfig,
    "baryons": BaryonsConfig,
    "quark_number": QuarkNumberConfig,
    "polyakov_multilevel": PolyakovMultilevelConfig,
    "surrogate": SurrogateObservableConfig,
}


def observable_kind(name: str) -> str | None:
    """Return what a table ``[observables.NAME]`` measures: NAME itself, or the end of PREFIX_OBSERVABLE.

    None for any other name. A prefix with the name of an observable in it is refused, so that no two tables write
    numbers of the same name; "journal" is the prefix of the plaquette of the journal.
    """
    if name in OBSERVABLES:
        return name
    for kind in OBSERVABLES:
        prefix = name.removesuffix(f"_{kind}")
        if prefix != name and re.fullmatch(PREFIX, prefix):
            return None if any(f"_{word}_" in f"_{prefix}_" for word in (*OBSERVABLES, "journal")) else kind
    return None


def prefix_of(name: str) -> str:
    """Return the prefix of a table of observables with its underscore; empty where it is called as the observable."""
    return name.removesuffix(observable_kind(name) or "")


def table_of(name: str) -> type[Any]:
    """Return the class of the options of a table by its name, which :func:`observable_kind` must know."""
    return OBSERVABLES[observable_kind(name) or name]
