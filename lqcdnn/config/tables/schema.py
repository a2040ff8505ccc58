"""The input file as frozen dataclasses: one class per table, one field per key.

A field's type, range, default and documentation stand in its declaration and nowhere else (see ``keys``). Instances
made by ``lqcdnn.config.load`` are complete: every default is filled in. A field that belongs to another variant of
its table (``c1`` of a Wilson action, say) is None.
"""

# ruff: noqa: RUF009 (key, table, ... return dataclasses.field)
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key, table, table_list, table_map, table_menu
from lqcdnn.config.language.values import COUNT, Boolean, Integer, ListOf, Number, Text
from lqcdnn.config.tables.bias import BiasConfig
from lqcdnn.config.tables.custom import CustomTermConfig
from lqcdnn.config.tables.deformations import DeformationConfig
from lqcdnn.config.tables.evolution import EvolutionConfig
from lqcdnn.config.tables.fermions import FermionConfig, ValenceConfig
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.config.tables.gauge_actions import GaugeConfig
from lqcdnn.config.tables.llr import LLRConfig
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.config.tables.networks import COUNT_FROM_0, SEED, NetworkConfig, TrainConfig
from lqcdnn.config.tables.observables import OBSERVABLES, PREFIX, ObservableConfig, observable_kind
from lqcdnn.config.tables.photons import PhotonsConfig
from lqcdnn.config.tables.projections import ProjectionConfig
from lqcdnn.config.tables.scalar import ScalarConfig
from lqcdnn.config.tables.schroedinger import SchroedingerConfig
from lqcdnn.config.tables.smearings import SmearingConfig
from lqcdnn.config.tables.starts import STARTS, instanton_charge, instanton_position, instanton_radius, refinement
from lqcdnn.config.tables.surrogates import GuideSurrogateConfig, SurrogateConfig
from lqcdnn.config.tables.tempering import TemperingConfig
from lqcdnn.config.tables.theta import ThetaConfig
from lqcdnn.config.tables.twist import TwistConfig, twisted_planes

GROUPS = ("U(1)", *(f"SU({n})" for n in range(2, 9)))
INTEGRATORS = ("leapfrog", "leapfrog_pqp", "omelyan", "omelyan4", "force_gradient")
OMELYAN_LAMBDA = 0.1931833275037836
"""Minimum of the error norm of the second-order minimum-norm scheme, Omelyan et al. (2003)."""

_PATH = r"[^\x00-\x1f]*[./][^\x00-\x1f]*"
_DIRECTORY = r"(?!/|~|-)(?!(?:.*/)?\.\.?(?:/|$))(?!.*//)[^\x00-\x1f\\]*[^\x00-\x1f\\/]"


MEASUREMENT = ("lattice", "valence", "photons", "network", "flow", "smearing", "projection", "observables")
"""Tables that measuring configuration files can do with."""
MOST_SITES = 2**31
"""Tables of neighbours hold 32-bit numbers: a higher one would be taken for another site."""


def colors_of(group: str) -> int:
    """Size N of the matrices of a group, such as "SU(3)"; 1 for U(1)."""
    return int(group.partition("(")[2].rstrip(")"))


def _omelyan_lambda() -> Any:
    return key(
        Number(above=0.0, below=0.5),
        "parameter of the omelyan scheme",
        OMELYAN_LAMBDA,
        when=("integrator", "omelyan"),
        name="lambda",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LatticeConfig:
    """``[lattice]``: extents, gauge group, precision."""

    shape: tuple[int, ...] = key(ListOf(Integer(2, 4096), 2, 4), "extents in the order x, y, z, t: time last")
    group: str = key(Text(GROUPS), "gauge group")
    precision: str = key(Text(("double",)), "floating-point precision of links and updates", "double")
    time: str = key(
        Text(("periodic", "open", "schroedinger")),
        "boundary in time; open: no links beyond the last slice; schroedinger: fixed ends",
        "periodic",
    )
    twist: TwistConfig | None = table(
        TwistConfig, "'t Hooft's twisted boundary conditions of SU(N), such as twist = {xy = 1, zt = 1}", optional=True
    )
    schroedinger: SchroedingerConfig | None = table(
        SchroedingerConfig, 'the links that time = "schroedinger" fixes, such as schroedinger = {fields = "A"}',
        optional=True,
    )  # fmt: skip

    @property
    def dims(self) -> int:
        """Number of dimensions d."""
        return len(self.shape)

    @property
    def colors(self) -> int:
        """Size N of the link matrices; 1 for U(1)."""
        return colors_of(self.group)

    @property
    def twisted_planes(self) -> tuple[tuple[int, int, int], ...]:
        """(mu, nu, n) of the twisted planes, mu < nu, 0 < n < N."""
        if self.twist is None:
            return ()
        given = {name: getattr(self.twist, name) for name in ("xy", "xz", "xt", "yz", "yt", "zt")}
        return twisted_planes(given, direction_names(self.dims), self.colors)

    @property
    def volume(self) -> int:
        """Number of sites."""
        volume = 1
        for extent in self.shape:
            volume *= extent
        return volume


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainConfig:
    """``[run]``: the Markov chain, its directory and what is stored when."""

    name: str = key(
        Text(
            pattern=_DIRECTORY,
            meaning="a path below the current directory without '..' or '\\', '~' or '-' in front, '/' at the end",
        ),
        "run directory, created here",
    )
    trajectories: int = key(COUNT_FROM_0, "trajectories after thermalization")
    thermalization: int = key(COUNT_FROM_0, "trajectories before the first stored configuration", 0)
    measure_thermalization: bool = key(Boolean(), "measure [observables] during thermalization, too", True)
    seed: int | None = key(SEED, "seed of all random numbers; absent: drawn from the system and recorded", None)
    save_every: int = key(COUNT, "store a configuration every n trajectories", 10)
    checkpoint_every: int | None = key(COUNT, "write a checkpoint every n trajectories; absent: every 30 seconds", None)
    initial: str = key(
        Text(STARTS, _PATH, "the path of a configuration file"),
        "first configuration; twisted = cold with the last spatial links times -1",
        "cold",
    )
    instanton_charge: int | None = instanton_charge()
    instanton_radius: float | None = instanton_radius()
    instanton_position: tuple[float, ...] | None = instanton_position()
    refine: tuple[int, ...] | None = refinement()

    @property
    def unmeasured(self) -> int:
        """Number of trajectories at the start on which nothing is measured."""
        return 0 if self.measure_thermalization else self.thermalization


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionConfig:
    """``[action]`` and ``[guide]``: a gauge action and any number of fermions."""

    gauge: GaugeConfig = table(GaugeConfig, "gauge action", required=True)
    theta: ThetaConfig | None = table(ThetaConfig, "topological term at imaginary theta", optional=True)
    scalar: ScalarConfig | None = table(ScalarConfig, "scalar field in the fundamental representation", optional=True)
    fermion: tuple[FermionConfig, ...] = table_list(FermionConfig, "one table for each pseudofermion field")
    custom: CustomTermConfig | None = table(CustomTermConfig, "a term in a Python file of your own", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideConfig(ActionConfig):
    """``[guide]``: what drives molecular dynamics in place of the action."""

    surrogate: GuideSurrogateConfig | None = table(
        GuideSurrogateConfig, "a network that learned a number, as a term of the action", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelConfig:
    """``[[update.level]]``: one time scale of a nested integrator."""

    terms: tuple[str, ...] = key(
        ListOf(
            Text(
                ("gauge", "fermion", "theta", "scalar", "jacobian", "surrogate", "custom", "bias"),
                r"fermion(\.[1-9][0-9]*){1,2}",
                '"fermion.1", "fermion.2" and so on; "fermion.1.1", ... with hasenbusch',
            ),
            distinct=True,
        ),
        "action terms integrated on this level",
    )
    steps: int = key(COUNT, "steps for a trajectory (outermost level) or for a step of the level outside")
    integrator: str = key(Text(INTEGRATORS), "integration scheme", "leapfrog")
    lambda_: float | None = _omelyan_lambda()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateConfig:
    """``[update]``: kind of update and its parameters. ``steps`` and ``integrator`` are None where levels are given."""

    kind: str = key(
        Text(("hmc", "heatbath", "slmc")),
        "hmc (with a [guide]: self-learning HMC), heatbath of a pure gauge theory, slmc (a heat bath proposes)",
        "hmc",
    )
    algorithm: str | None = key(
        Text(("kennedy_pendleton", "creutz", "best_fisher")),
        "heat bath of the SU(2) subgroups of SU(N); best_fisher is that of U(1)",
        derived="kennedy_pendleton for SU(N), best_fisher for U(1)",
        when=("kind", "heatbath", "slmc"),
    )
    overrelaxation: int | None = key(
        COUNT_FROM_0, "overrelaxation sweeps after each heat bath sweep", 0, when=("kind", "heatbath", "slmc")
    )
    sweeps: int | None = key(COUNT, "heat bath sweeps of a proposal", 1, when=("kind", "slmc"))
    length: float | None = key(
        Number(above=0.0), "trajectory length in molecular-dynamics time", 1.0, when=("kind", "hmc")
    )
    friction: float | None = key(
        Number(above=0.0),
        "stochastic molecular dynamics that keeps exp(-friction length) of momenta and fields; absent: HMC, none",
        None,
        when=("kind", "hmc"),
    )
    steps: int | None = key(COUNT, "integrator steps of a trajectory", 10, when=("kind", "hmc"))
    integrator: str | None = key(Text(INTEGRATORS), "integration scheme", "leapfrog", when=("kind", "hmc"))
    lambda_: float | None = _omelyan_lambda()
    tune: bool | None = key(
        Boolean(),
        "find the steps (of the outermost level) during thermalization, then freeze them",
        False,
        when=("kind", "hmc"),
    )
    target_acceptance: float | None = key(
        Number(above=0.0, below=1.0),
        "acceptance that tune aims at",
        derived="0.8, with friction 0.99",
        when=("kind", "hmc"),
    )
    accept_first: int | None = key(
        COUNT_FROM_0,
        "first trajectories, of thermalization and of online training alike, that are accepted whatever dH is",
        0,
        when=("kind", "hmc", "slmc"),
    )
    transformation: str | None = key(
        Text(pattern=r"[A-Za-z0-9_-]+", meaning="the name of a masked network"),
        "masked network F of field-transformed HMC: molecular dynamics of V, links U = F(V)",
        None,
        when=("kind", "hmc"),
    )
    level: tuple[LevelConfig, ...] = table_list(
        LevelConfig, "nested time scales, outermost first, instead of steps, integrator and lambda"
    )
    tempering: TemperingConfig | None = table(
        TemperingConfig, "parallel tempering on boundary conditions, against topological freezing", optional=True
    )
    evolution: EvolutionConfig | None = table(
        EvolutionConfig, "evolutions out of equilibrium from another beta or from a defect, with weights", optional=True
    )
    bias: BiasConfig | None = table(
        BiasConfig, "metadynamics: a bias potential of charge or plaquette, taken out by weights", optional=True
    )
    llr: LLRConfig | None = table(
        LLRConfig, "density of states of the plaquette: replicas in windows, which swap links", optional=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeConfig:
    """``[analyze]``: which series to analyse and from where."""

    observables: tuple[str, ...] = key(
        ListOf(
            Text(tuple(OBSERVABLES), f"{PREFIX}_({'|'.join(OBSERVABLES)})", "one of these after PREFIX_"),
            0,
            distinct=True,
        ),
        "series to analyse",
        derived="all of [observables]",
    )
    thermalization: int | None = key(COUNT_FROM_0, "trajectories to leave out; absent: found automatically", None)
    derive: tuple[str, ...] = key(
        ListOf(Text(pattern=r".+=.+", meaning='"NAME = EXPRESSION" of mean values'), 0),
        "functions of mean values, each with its error",
        (),
    )
    fit: tuple[str, ...] = key(
        ListOf(Text(pattern=r".+=.+\(.+\)\s*", meaning='"NAME = KIND(SERIES, NUMBERS)"'), 0),
        "masses, potentials, free energies and flow scales from lists; docs/fits.md has the kinds",
        (),
    )


class Observing:
    """Something with tables of observables."""

    __slots__ = ()
    observables: Mapping[str, ObservableConfig]

    def observed(self, kind: str) -> tuple[Any, ...]:
        """Options of every table that measures an observable, ``[observables.KIND]`` or with a prefix."""
        return tuple(options for name, options in self.observables.items() if observable_kind(name) == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig(Observing):
    """The whole input file, complete and consistent."""

    lattice: LatticeConfig = table(LatticeConfig, "lattice and gauge group", required=True)
    run: ChainConfig = table(ChainConfig, "the Markov chain, its directory and its output", required=True)
    action: ActionConfig = table(ActionConfig, "the exact action: heat bath and Metropolis step", required=True)
    guide: GuideConfig | None = table(
        GuideConfig,
        "what drives molecular dynamics; a key left out has the value it has in [action]",
        optional=True,
    )
    valence: dict[str, ValenceConfig] = table_map(
        ValenceConfig, "quarks that are only measured, each under a name of your choice"
    )
    photons: PhotonsConfig | None = table(
        PhotonsConfig, "photon fields of each configuration, for valence quarks with a charge", optional=True
    )
    network: dict[str, NetworkConfig] = table_map(NetworkConfig, "networks, each under a name of your choice")
    flow: dict[str, FlowConfig] = table_map(FlowConfig, "gradient flows of the links, each under a name of your choice")
    smearing: dict[str, SmearingConfig] = table_map(
        SmearingConfig, "smearings of the links that are measured, each under a name of your choice"
    )
    projection: dict[str, ProjectionConfig] = table_map(
        ProjectionConfig, "projections of the links that are measured, each under a name of your choice"
    )
    update: UpdateConfig = table(UpdateConfig, "update: trajectory and integrator, or heat bath")
    train: TrainConfig | None = table(TrainConfig, "training of a network or of couplings", optional=True)
    surrogate: dict[str, SurrogateConfig] = table_map(
        SurrogateConfig, "networks that learn a measured number of this run, each under a name of your choice"
    )
    deformation: dict[str, DeformationConfig] = table_map(
        DeformationConfig, "integration contours that are learned for loops, each under a name of your choice"
    )
    observables: dict[str, ObservableConfig] = table_menu(
        OBSERVABLES, observable_kind, "what is measured on the configurations"
    )
    analyze: AnalyzeConfig = table(AnalyzeConfig, "analysis of the series")

    @property
    def total_trajectories(self) -> int:
        """Trajectories of the chain, thermalization included."""
        return self.run.thermalization + self.run.trajectories

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the action terms: "gauge", "fermion.1", ...; "fermion.1.1", ... where a fermion is split."""
        jacobian = () if self.update.transformation is None else ("jacobian",)
        surrogate = () if self.guide is None or self.guide.surrogate is None else ("surrogate",)
        custom = () if self.driving.custom is None else ("custom",)
        bias = () if self.update.bias is None and self.update.llr is None else ("bias",)
        theta = () if self.action.theta is None else ("theta",)
        scalar = () if self.action.scalar is None else ("scalar",)
        fermions = expand_terms(("fermion",), self.pieces)
        return ("gauge", *fermions, *theta, *scalar, *surrogate, *custom, *bias, *jacobian)

    @property
    def pieces(self) -> tuple[int, ...]:
        """Terms of each fermion that drives molecular dynamics: as many as of that of the action, or none at all."""
        return tuple(fermion.pieces for fermion in self.driving.fermion)

    @property
    def driving(self) -> ActionConfig:
        """The action of molecular dynamics: the guide, or the exact one."""
        return self.guide or self.action

    @property
    def levels(self) -> tuple[LevelConfig, ...]:
        """Time scales of HMC, outermost first, every term named singly; one level when none is written."""
        if self.update.kind != "hmc":
            return ()
        if not self.update.level:
            steps, integrator = self.update.steps or 1, self.update.integrator or "leapfrog"
            level = LevelConfig(terms=self.terms, steps=steps, integrator=integrator, lambda_=self.update.lambda_)
            return (level,)
        return tuple(
            LevelConfig(
                terms=expand_terms(level.terms, self.pieces),
                steps=level.steps,
                integrator=level.integrator,
                lambda_=level.lambda_,
            )
            for level in self.update.level
        )


def piece_names(name: str, count: int) -> tuple[str, ...]:
    """Names of the terms of a fermion: its own, or "fermion.1.1", "fermion.1.2", ... if there are several."""
    return tuple(f"{name}.{k + 1}" for k in range(count)) if count > 1 else (name,)


def expand_terms(terms: tuple[str, ...], pieces: Sequence[int]) -> tuple[str, ...]:
    """Write each name as the terms it stands for: "fermion" all, "fermion.1" all pieces of the first.

    Parameters
    ----------
    pieces
        Number of terms of each fermion: 1, or more with mass preconditioning.
    """
    single = {f"fermion.{i}": piece_names(f"fermion.{i}", count) for i, count in enumerate(pieces, 1)}
    every = tuple(name for names in single.values() for name in names)
    return tuple(name for term in terms for name in (every if term == "fermion" else single.get(term, (term,))))
