"""What can be measured, as tables of the input file: one class per observable, ``[observables.NAME]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Boolean, Either, Integer, ListOf, Number, Text
from lqcdnn.config.tables.confinement import CenterVorticesConfig, MonopolesConfig
from lqcdnn.config.tables.cubic import CHANNELS
from lqcdnn.config.tables.currents import BaryonCurrentsConfig, MesonCurrentsConfig, VectorCorrelatorConfig
from lqcdnn.config.tables.custom import CustomObservableConfig
from lqcdnn.config.tables.distillation import DistillationConfig
from lqcdnn.config.tables.flows import FlowOptions
from lqcdnn.config.tables.gaugefixing import GaugeFixingConfig, GhostPropagatorConfig, GluonPropagatorConfig
from lqcdnn.config.tables.loops import SHAPES, STEPS
from lqcdnn.config.tables.measured import Measured, OfSlices
from lqcdnn.config.tables.mixing import MesonMixingConfig
from lqcdnn.config.tables.momentumspace import IN_MOMENTUM_SPACE, QuarkPropagatorConfig, QuarkVerticesConfig
from lqcdnn.config.tables.quarkobservables import (
    BaryonsConfig,
    CondensateConfig,
    EigenvaluesConfig,
    FlowedQuarksConfig,
    MesonsConfig,
    PionConfig,
    QuarkFluctuationsConfig,
    QuarkLoopsConfig,
    QuarkNumberConfig,
    ReweightingConfig,
    SchroedingerCorrelatorsConfig,
    SpectralDensityConfig,
    StaticLightConfig,
)
from lqcdnn.config.tables.schroedinger import CT_NAMES

ALONG_FLOW = (
    "plaquette", "rectangle", "polyakov", "wilson_loop", "histogram", "topological_charge", "polyakov_correlator",
    "charge_correlator", "plaquette_correlator", "energy_momentum", "monopoles",
)  # fmt: skip
"""Observables of the gauge field that can be measured at every flow time."""


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


def _deformation() -> Any:
    return key(
        Text(pattern=r"[^\x00-\x1f]+", meaning="the path of a file that lqcdnn train wrote"),
        "shifts of the integration contour, learned by [deformation.NAME]: the same mean values with less noise",
        None,
    )  # no default but None: complete inputs stay what they were


@dataclass(frozen=True, slots=True, kw_only=True)
class PolyakovCorrelatorConfig(Measured):
    """``[observables.polyakov_correlator]``: correlator of the loops around time, against their distance in space."""

    directions: str = key(Text(("axes", "all")), "distances along the axes of space, or in all directions", "axes")
    distance: float = key(_DISTANCE, "largest distance; 0: half the smallest extent of space", 0.0)
    deformation: str | None = _deformation()


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
    spatial: bool | None = key(Boolean(), "also a list of the R x S loops in planes of space", None)
    smearing: str = _smearing()
    steps: int | None = _smearing_steps()
    alpha: float | None = _smearing_alpha()
    deformation: str | None = _deformation()


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
class EnergyConfig(OfSlices):
    """``[observables.energy]``: energy density E, from the clover and from plaquettes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyMomentumConfig(OfSlices):
    """``[observables.energy_momentum]``: traceless part of the energy-momentum tensor, from the clover, in d = 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowObservableConfig(FlowOptions, OfSlices):
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


def _definition() -> Any:
    return key(
        Text(("geometric", "clover", "plaquette", "improved", "5li")),
        "d = 2: geometric, an integer; d = 4: loops that make the field strength",
        derived="geometric in d = 2, else clover",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologicalChargeConfig(OfSlices):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateObservableConfig(Measured):
    """``[observables.surrogate]``: what a network trained by a table [surrogate.NAME] says of a configuration."""

    weights: str = key(
        Text(pattern=r"[^\x00-\x1f]+", meaning="the path of a file that lqcdnn train wrote"), "weights of the network"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HiggsConfig(Measured):
    """``[observables.higgs]``: length and hopping term of the scalar field, and its gauge-invariant link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HiggsCorrelatorConfig(Measured):
    """``[observables.higgs_correlator]``: correlators in time of the Higgs and the W boson, matrices of operators."""

    steps: tuple[int, ...] = key(
        ListOf(Integer(0, 1000), distinct=True), "numbers of smearing steps of the field: each makes operators", (0,)
    )
    weight: float = key(Number(above=0.0, maximum=10.0), "weight of the neighbours in space in a smearing step", 0.2)


FERMIONIC = (
    "condensate", "quark_number", "quark_fluctuations", "pion", "mesons", "baryons", "eigenvalues", "reweighting",
    "spectral_density", "flowed_quarks", "quark_loops", "meson_currents", "meson_mixing", "baryon_currents",
    "vector_correlator", "distillation", "schroedinger_correlators", "static_light", *IN_MOMENTUM_SPACE,
)  # fmt: skip
"""Observables of a Dirac operator: each has a mass and a boundary."""

@dataclass(frozen=True, slots=True, kw_only=True)
class SchroedingerObservableConfig(Measured):
    """``[observables.schroedinger]``: derivative dS/deta of the Schroedinger functional, of which the mean is k/g^2."""

    beta: float = key(
        Number(minimum=0.0), "beta of Wilson's action that the configurations have", derived="action.gauge.beta"
    )
    ct: float | str = key(
        Either((Number(above=0.0), Text(CT_NAMES))), "c_t of that action", 1.0, derived="action.gauge.ct, else 1"
    )
    quarks: tuple[str, ...] | None = key(
        ListOf(Text(pattern=r"[A-Za-z0-9_-]+", meaning="names of quarks, as fermion elsewhere"), 0, distinct=True),
        "quarks of that action, of which those with a clover term add to dS/deta; absent: all fermions of the action",
        None,
    )  # no default but None, of these: complete inputs stay what they were
    vectors: int | None = key(COUNT, "noise vectors of each quark with a clover term; absent: 10", None)
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "their kind of noise; absent: z4", None)
    tolerance: float | None = key(TOLERANCE, "residual |r|/|b| of their solves; absent: 1e-10", None)


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
    "quark_fluctuations": QuarkFluctuationsConfig,
    "flowed_quarks": FlowedQuarksConfig,
    "quark_loops": QuarkLoopsConfig,
    "meson_currents": MesonCurrentsConfig,
    "meson_mixing": MesonMixingConfig,
    "baryon_currents": BaryonCurrentsConfig,
    "quark_propagator": QuarkPropagatorConfig,
    "quark_vertices": QuarkVerticesConfig,
    "polyakov_multilevel": PolyakovMultilevelConfig,
    "schroedinger": SchroedingerObservableConfig,
    "schroedinger_correlators": SchroedingerCorrelatorsConfig,
    "surrogate": SurrogateObservableConfig,
    "gauge_fixing": GaugeFixingConfig,
    "gluon_propagator": GluonPropagatorConfig,
    "ghost_propagator": GhostPropagatorConfig,
    "energy_momentum": EnergyMomentumConfig,
    "distillation": DistillationConfig,
    "vector_correlator": VectorCorrelatorConfig,
    "higgs": HiggsConfig,
    "higgs_correlator": HiggsCorrelatorConfig,
    "static_light": StaticLightConfig,
    "monopoles": MonopolesConfig,
    "center_vortices": CenterVorticesConfig,
    "custom": CustomObservableConfig,
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
