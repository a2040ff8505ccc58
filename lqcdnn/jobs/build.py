"""From a RunConfig to the objects of a simulation."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from lqcdnn.actions.base import Action
from lqcdnn.actions.composed import Composed
from lqcdnn.actions.defect import WeakenedGaugeAction
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.pseudofermion import PseudofermionField
from lqcdnn.actions.scaled import ScaledAction
from lqcdnn.actions.theta import ThetaTerm
from lqcdnn.actions.transformed import TransformedHamiltonian
from lqcdnn.config import RunConfig
from lqcdnn.config.tables.evolution import EvolutionConfig
from lqcdnn.config.tables.gauge_actions import GaugeConfig
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.config.tables.schema import ActionConfig
from lqcdnn.config.tables.schroedinger import ct_of
from lqcdnn.config.tables.tempering import TemperingConfig
from lqcdnn.config.tables.theta import ThetaConfig
from lqcdnn.dirac.fatlinks import FatLinks
from lqcdnn.dirac.representation import colour_space, representation_links
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import InputError
from lqcdnn.fields.charge import FieldTheoreticCharge
from lqcdnn.fields.group import Group, group
from lqcdnn.integrators import SCHEMES, Integrator, Level, Scheme, omelyan
from lqcdnn.jobs.bias import Bias, build_bias
from lqcdnn.jobs.llr import Windows, build_windows
from lqcdnn.jobs.preconditioning import build_term_fields, build_terms
from lqcdnn.jobs.terms import build_custom, build_scalar, build_surrogate
from lqcdnn.lattice.defect import Defect, DefectLoops
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.opentime import lattice_from
from lqcdnn.network.base import LinkMap, Network
from lqcdnn.network.build import build_network, stout_smearing
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.update.evolution import Evolution, interpolated, linear
from lqcdnn.update.fitted import Couplings
from lqcdnn.update.heatbath import HeatBath
from lqcdnn.update.hmc import HMC, TransformedHMC
from lqcdnn.update.llr import LLR
from lqcdnn.update.scalar import ScalarHMC, ScalarSweeps
from lqcdnn.update.slmc import SelfLearning
from lqcdnn.update.smd import SMD
from lqcdnn.update.swapped import SwappedHMC
from lqcdnn.update.tempering import Tempering


@dataclass
class Simulation:
    """Lattice, group, networks, both Hamiltonians, the update, and the couplings to train of one input file.

    With a field transformation U = F(V), ``exact`` and ``guide`` are those of U, and ``fitted`` is what a training of
    F compares: the base action of V and S[F(V)] - log |det dF/dV|; ``fitted_along_chain``: where the V are those of
    the update.
    """

    lattice: Lattice
    group: Group
    networks: dict[str, Network]
    exact: Hamiltonian
    guide: Hamiltonian
    integrator: Integrator | None
    logs: list[SolverLog]
    heat_bath: HeatBath | None = None
    accept_first: int = 0
    self_learning: SelfLearning | None = None
    couplings: Couplings | None = None
    transformation: FieldTransformation | None = None
    tempering: TemperingConfig | None = None
    evolution: EvolutionConfig | None = None
    bias: Bias | None = None
    windows: Windows | None = None
    fitted: tuple[Hamiltonian, Hamiltonian] | None = None
    fitted_along_chain: bool = False
    friction: float | None = None
    pseudofermions: tuple[PseudofermionField, ...] = ()
    scalar: ScalarSweeps | None = None

    @property
    def further(self) -> int:
        """How many fields of links a state has besides its own: replicas, windows, a start chain, one with a bias."""
        if self.tempering is not None:
            return len(self.tempering.couplings) - 1
        if self.windows is not None:
            return len(self.windows.terms) - 1
        return int(self.evolution is not None or (self.bias is not None and self.bias.options.tempered))

    def update(self) -> HMC | HeatBath | SelfLearning | Tempering | Evolution | SwappedHMC | LLR:
        """HMC, self-learning HMC, heat bath or self-learning Monte Carlo, with parallel tempering, or in evolutions."""
        if self.evolution is not None:
            return self._evolved(self.evolution)
        if self.tempering is not None:
            return self._tempered(self.tempering)
        biased = self.bias or self.windows
        if biased is not None:
            return biased.update(self.exact, self._integrator(), self.guide, self.logs, self.accept_first)
        return self.heat_bath or self.self_learning or self._hmc(self.guide)

    def prior(self) -> HMC | SelfLearning:
        """HMC with the exact action alone: what trains the networks; self-learning Monte Carlo trains its own guide.

        A field transformation is trained along HMC with its base action, or of the update.

        Raises
        ------
        InputError
            If the input asks for a heat bath.
        """
        if self.fitted is None:
            return self.self_learning or self._hmc(self.exact)
        if self.fitted_along_chain:
            return self._hmc(self.guide)
        base, integrator = self.fitted[0], self._integrator()
        plain = Integrator(tuple(_of_gauge(level) for level in integrator.levels), integrator.length)
        return HMC(base, plain, accept_first=self.accept_first)

    @property
    def compared(self) -> tuple[Hamiltonian, Hamiltonian]:
        """The exact Hamiltonian and the one that training fits to it."""
        return self.fitted or (self.exact, self.guide)

    def _tempered(self, options: TemperingConfig) -> Tempering:
        """The update of each replica; all share everything but the links through the defect."""
        normal = direction_names(self.lattice.d).index(options.normal)
        defect = Defect(self.lattice, normal, options.side)
        loops = DefectLoops(defect, gauge_action(self.exact).classes)
        driving = loops
        if self.guide is not self.exact:
            driving = DefectLoops(defect, gauge_action(self.guide).classes)
        updates: list[HMC | HeatBath] = []
        actions = [WeakenedGaugeAction(gauge_action(self.exact), loops, c) for c in options.couplings]
        for action in actions:
            if self.heat_bath is not None:
                updates.append(HeatBath(action, self.group, self.heat_bath.algorithm, self.heat_bath.overrelaxation))
                continue
            exact = self.exact.with_term(action)
            guide = exact
            if self.guide is not self.exact:
                weak = WeakenedGaugeAction(gauge_action(self.guide), driving, action.coupling)
                guide = self.guide.with_term(weak)
            updates.append(HMC(exact, self._integrator(), guide, self.logs, self.accept_first))
        return Tempering(updates, actions)

    def _evolved(self, options: EvolutionConfig) -> Evolution:
        """Evolutions of an action of their own, which changes; everything else is shared."""
        own = copy.copy(gauge_action(self.exact))
        target, start = own.beta, options.start_beta
        action: GaugeAction | WeakenedGaugeAction = own
        if options.defect is not None:
            normal = direction_names(self.lattice.d).index(options.defect.normal)
            loops = DefectLoops(Defect(self.lattice, normal, options.defect.side), own.classes)
            target, start = 1.0, options.defect.coupling
            action = WeakenedGaugeAction(own, loops, start)
        assert start is not None
        couplings = linear(start, target, options.steps)
        update: HMC | HeatBath
        if self.heat_bath is not None:
            update = HeatBath(action, self.group, self.heat_bath.algorithm, self.heat_bath.overrelaxation)
        else:
            update = HMC(self.exact.with_term(action), self._integrator(), logs=self.logs)
        networks = [self.networks[name] for name in options.networks]
        masked = [network for network in networks if isinstance(network, FieldTransformation)]
        layers = interpolated(masked, options.steps)
        return Evolution(update, action, couplings, options.between, options.updates, layers)

    def _hmc(self, guide: Hamiltonian) -> HMC:
        integrator = self._integrator()
        if self.friction is not None:
            both = (self.exact, integrator, guide, self.logs, self.accept_first)
            return SMD(self.friction, self.pseudofermions, *both)
        if self.scalar is not None:
            return ScalarHMC(self.scalar, self.exact, integrator, guide, self.logs, self.accept_first)
        if self.transformation is None:
            return HMC(self.exact, integrator, guide, self.logs, self.accept_first)
        exact = TransformedHamiltonian(self.exact, self.transformation)
        driving = exact if guide is self.exact else TransformedHamiltonian(guide, self.transformation)
        return TransformedHMC(self.transformation, exact, integrator, driving, self.logs, self.accept_first)

    def _integrator(self) -> Integrator:
        if self.integrator is None:
            raise InputError('update.kind = "heatbath" has no molecular dynamics', hint='use update.kind = "hmc"')
        return self.integrator


def build(config: RunConfig) -> Simulation:
    """All objects of a simulation; networks have their initial weights."""
    grid, gauge_group = lattice_from(config.lattice), group(config.lattice.group)
    networks: dict[str, Network] = {name: build_network(grid, net) for name, net in config.network.items()}
    logs: list[SolverLog] = []
    colours = [colour_space(gauge_group, fermion.representation) for fermion in config.action.fermion]
    fields = [build_term_fields(fermion, grid, colours[i], i) for i, fermion in enumerate(config.action.fermion)]
    exact = build_hamiltonian(config.action, grid, gauge_group, fields, networks, logs)
    guide, scalar = exact, build_scalar(config.action.scalar, grid, gauge_group)
    if scalar is not None:
        exact = guide = Hamiltonian(grid, gauge_group, [*exact.terms, scalar.action])
    if config.guide is not None:
        guide = build_hamiltonian(config.guide, grid, gauge_group, fields, networks, logs, "guide")
        if config.guide.surrogate is not None:
            learned = build_surrogate(config.guide.surrogate, grid, gauge_group)
            guide = Hamiltonian(grid, gauge_group, [*guide.terms, learned])
        if scalar is not None:
            guide = Hamiltonian(grid, gauge_group, [*guide.terms, scalar.action])
    bias, windows = build_bias(config, exact), build_windows(config, exact)
    added = bias or windows
    if added is not None:
        with_bias = added.added(exact)
        exact, guide = with_bias, with_bias if guide is exact else added.added(guide)
    integrator, heat_bath = build_integrator(config), build_heat_bath(config, grid, gauge_group)
    accept_first = config.update.accept_first or 0
    simulation = Simulation(grid, gauge_group, networks, exact, guide, integrator, logs, heat_bath, accept_first)
    simulation.tempering, simulation.evolution = config.update.tempering, config.update.evolution
    if config.update.kind == "slmc" and config.update.algorithm is not None:
        sweeps, options = config.update.sweeps or 1, (config.update.algorithm, config.update.overrelaxation or 0)
        proposing = HeatBath(gauge_action(guide), gauge_group, *options)
        simulation.self_learning = SelfLearning(exact, proposing, sweeps, logs, accept_first)
    simulation.bias, simulation.windows = bias, windows
    simulation.friction, simulation.scalar = config.update.friction, scalar
    drawn = [of for fermion, of in zip(config.action.fermion, fields, strict=True) if fermion.determinant != "exact"]
    simulation.pseudofermions = tuple(chain.from_iterable(drawn))
    add_transformation(config, simulation)
    named = config.train.couplings if config.train else None
    if named and simulation.compared[0] is not simulation.compared[1]:
        simulation.couplings = Couplings(simulation.compared[1], named)
    return simulation


def add_transformation(config: RunConfig, simulation: Simulation) -> None:
    """The field transformation of the update, and what its training compares."""
    network = simulation.networks.get(config.update.transformation or "")
    if not isinstance(network, FieldTransformation):
        return
    simulation.transformation = network
    if config.train is None or config.train.base_beta is None:
        return
    grid, of, gauge_table = simulation.lattice, simulation.group, config.action.gauge
    base = Hamiltonian(grid, of, [build_gauge(replace(gauge_table, beta=config.train.base_beta), grid, of)])
    target = Hamiltonian(grid, of, [build_gauge(gauge_table, grid, of)])
    simulation.fitted = base, TransformedHamiltonian(target, network)
    simulation.fitted_along_chain = config.train.samples == "chain"


def gauge_action(hamiltonian: Hamiltonian) -> GaugeAction:
    """The gauge action among the terms of a Hamiltonian."""
    return next(term for term in hamiltonian.terms if isinstance(term, GaugeAction))


def _of_gauge(level: Level) -> Level:
    """A level of the integrator for the base action of a training, which has no other term."""
    return replace(level, terms=tuple(name for name in level.terms if name == "gauge"))


def build_heat_bath(config: RunConfig, grid: Lattice, gauge_group: Group) -> HeatBath | None:
    """The heat bath update, or None for HMC."""
    update = config.update
    if update.kind != "heatbath" or update.algorithm is None:
        return None
    action = build_gauge(config.action.gauge, grid, gauge_group)
    return HeatBath(action, gauge_group, update.algorithm, update.overrelaxation or 0)


def build_hamiltonian(
    action: ActionConfig,
    grid: Lattice,
    gauge_group: Group,
    fields: Sequence[Sequence[PseudofermionField]],
    networks: Mapping[str, Network],
    logs: list[SolverLog],
    table: str = "action",
) -> Hamiltonian:
    """One Hamiltonian, ``table`` of the input; ``fields`` are shared between the exact one and the guide."""
    terms: list[Action] = [build_gauge(action.gauge, grid, gauge_group)]
    if action.theta is not None:
        terms.append(build_theta(action.theta, grid, gauge_group))
    for i, fermion in enumerate(action.fermion):
        improvement = fermion.improved(grid.d)
        made: LinkMap | None = representation_links(grid, gauge_group, fermion.representation)
        made = made if improvement is None else FatLinks(grid, improvement)  # all terms of a fermion share it
        colours = colour_space(gauge_group, fermion.representation)
        for term in build_terms(fermion, grid, colours, fields[i], f"{table}.fermion.{i + 1}"):
            logs += term.logs
            of_links: Action = term if made is None else Composed(term, made)
            whole: Action = of_links if fermion.coefficient is None else ScaledAction(of_links, fermion.coefficient)
            terms.append(whole if fermion.links == "thin" else Composed(whole, networks[fermion.links]))
    if action.custom is not None:
        terms.append(build_custom(action.custom, grid, table))
    return Hamiltonian(grid, gauge_group, terms)


def build_gauge(config: GaugeConfig, grid: Lattice, gauge_group: Group) -> GaugeAction:
    """The gauge action."""
    terms = [(term.loops, term.coefficient) for term in config.term]
    ct = ct_of(config.ct, gauge_group.name, config.beta, gauge_group.n)
    return GaugeAction(grid, gauge_group.n, config.beta, config.weights, terms, ct)


def build_theta(config: ThetaConfig, grid: Lattice, gauge_group: Group) -> Action:
    """The topological term."""
    term = ThetaTerm(FieldTheoreticCharge(grid, gauge_group.n), config.imaginary)
    return Composed(term, stout_smearing(grid, config.smearing, config.rho)) if config.smearing else term


def build_scheme(name: str, lambda_: float | None) -> Scheme:
    """A scheme by name; omelyan with its lambda."""
    return omelyan(lambda_) if name == "omelyan" and lambda_ is not None else SCHEMES[name]


def build_integrator(config: RunConfig) -> Integrator | None:
    """The nested integrator of the input; None for a heat bath."""
    if config.update.length is None:
        return None
    levels = tuple(
        Level(build_scheme(level.integrator, level.lambda_), level.steps, level.terms) for level in config.levels
    )
    return Integrator(levels, config.update.length)
