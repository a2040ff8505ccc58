"""What an input will do, in a few lines."""

from __future__ import annotations

import shlex

from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.values import toml_value
from lqcdnn.config.linksummary import mapped_links
from lqcdnn.config.measurement import FileMeasurement
from lqcdnn.config.rules.observables import THIN
from lqcdnn.config.rules.transformations import local_weights
from lqcdnn.config.rules.valence import FIRST, SECOND
from lqcdnn.config.tables.background import FLUX_KEYS
from lqcdnn.config.tables.bias import PLAQUETTE, BiasConfig
from lqcdnn.config.tables.fermions import ONE_FLAVOR, FermionConfig, QuarkConfig
from lqcdnn.config.tables.gauge_actions import GaugeTermConfig
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.config.tables.networks import HEX, LayerConfig, NetworkConfig, TrainConfig
from lqcdnn.config.tables.observables import ObservableConfig
from lqcdnn.config.tables.representations import is_higher
from lqcdnn.config.tables.schema import (
    ActionConfig,
    ChainConfig,
    LatticeConfig,
    LevelConfig,
    RunConfig,
    UpdateConfig,
)
from lqcdnn.config.tables.twist import twist_text


def weights_in(network: NetworkConfig, dims: int) -> int:
    """Return the number of weights: one for each loop of each layer, times d where each direction has its own.

    A layer with attention has four sets of them, one of HEX smearing one for each of its d - 1 levels, one whose links
    have weights of their own those of the network within.
    """
    return sum(_weights_of(layer, dims) * (dims if layer.sharing == "direction" else 1) for layer in network.layer)


def _weights_of(layer: LayerConfig, dims: int) -> int:
    """Return how many weights a layer has, or each direction of it."""
    if layer.channels is not None:
        return local_weights(dims, layer.channels)
    return (dims - 1 if layer.loops is None else len(layer.loops)) * (4 if layer.attention else 1)


def method(config: RunConfig) -> str:
    """Return the name of the update."""
    if config.update.evolution is not None:
        layers, by = config.update.evolution.networks, "heat bath" if config.update.kind == "heatbath" else "HMC"
        flow = "stochastic normalizing flow" if config.update.evolution.updates else "normalizing flow"
        return f"{flow if layers else 'evolutions out of equilibrium'}, {by}"
    if config.update.kind == "heatbath":
        return "heat bath"
    if config.update.kind == "slmc":
        return "SLMC: heat bath with the guide proposes, Metropolis step with the exact action"
    if config.update.transformation is not None:
        name = "HMC" if config.guide is None else "SLHMC"
        return f"field-transformed {name}: molecular dynamics of V, links U = {config.update.transformation}(V)"
    self_learning = "molecular dynamics by the guide, Metropolis step with the exact action"
    if config.update.friction is not None:
        by_guide = "" if config.guide is None else f", {self_learning}"
        return f"stochastic molecular dynamics (SMD): momenta and pseudofermions kept in part{by_guide}"
    if config.update.llr is not None:
        by_guide = "HMC" if config.guide is None else f"SLHMC, {self_learning},"
        return f"density of states (LLR): {by_guide} in windows of the mean plaquette"
    if (bias := config.update.bias) is None:
        scalar = "" if config.action.scalar is None else ", scalar field by heat bath and reflections"
        return f"{'HMC' if config.guide is None else f'SLHMC: {self_learning}'}{scalar}"
    name = "multicanonical" if bias.variable == PLAQUETTE else "metadynamics"
    name = f"{'parallel tempered ' * bias.tempered}{name}"
    if config.guide is None:
        return f"{name}: HMC with a bias potential"
    return f"{name}: SLHMC with a bias potential, {self_learning}"


def summary(config: RunConfig) -> dict[str, str]:
    """Return what will be run, as ``{heading: line}`` in the order to print."""
    lattice, run = config.lattice, config.run
    lines = {
        "method": method(config),
        "lattice": f"{_extents(lattice.shape)}, {lattice.group}, {lattice.volume} sites{_boundaries(lattice)}",
        "action": _action(config.action),
    }
    if config.guide:
        lines["guide"] = _action(config.guide)
        if (learned := config.guide.surrogate) is not None:
            lines["guide"] += f"; {learned.coefficient:g} times the network of {learned.weights}"
    lines |= _valence(config)
    for name, network in config.network.items():
        lines[f"network {name}"] = _network(network, lattice.dims)
    lines |= mapped_links(config)
    lines |= {"integrator": _integrator(config)} if config.levels else {"sweep": _sweep(config.update)}
    if (tempering := config.update.tempering) is not None:
        lines["tempering"] = (
            f"{len(tempering.couplings)} replicas, links through a defect of side {tempering.side} across "
            f"{tempering.normal} weakened down to {tempering.couplings[-1]:g}"
        )
    if config.update.evolution is not None:
        lines["evolution"] = _evolution(config)
    if config.update.bias is not None:
        lines["bias"] = _bias(config.update.bias)
    if (llr := config.update.llr) is not None:
        lines["windows"] = (
            f"{llr.windows} of width {llr.width:.4g} from {llr.range[0]:g} to {llr.range[1]:g}; slopes changed every "
            f"{counted(llr.every, 'trajectory')}, {llr.newton} times by Newton-Raphson, {llr.robbins_monro} by "
            "Robbins-Monro"
        )
    if config.train:
        lines["training"] = _training(config.train, "" if config.update.kind == "slmc" else "HMC ")
    for name, one in config.surrogate.items():
        layers = ", ".join(map(str, one.channels)) or "none"
        of_runs = f" of {', '.join(one.runs)}" if one.runs else ""
        kind = f"symmetry {one.symmetry}{', odd' if one.parity == 'odd' else ''}{', planar' if one.planar else ''}"
        lines[f"surrogate {name}"] = (
            f"{one.target} from {one.configs} configurations{of_runs}, channels {layers}, {kind}"
        )
    for name, contour in config.deformation.items():
        size = f"up to {contour.space}" + (f" x {contour.time}" if contour.time else "")
        lines[f"deformation {name}"] = f"{contour.target} {size} from {contour.configs} configurations"
    stored = run.trajectories // run.save_every
    lines["trajectories"] = (
        f"{run.thermalization} + {run.trajectories}, start {_start_of(run)}, {counted(stored, 'configuration')} stored"
    )
    if config.update.accept_first:
        lines["acceptance"] = f"the first {counted(config.update.accept_first, 'trajectory')} accepted whatever dH is"
    if config.observables:
        where = f", from trajectory {run.unmeasured + 1} on" if run.unmeasured else ""
        lines["observables"] = ", ".join(_observable(name, obs) for name, obs in config.observables.items()) + where
    return {**lines, "directory": f"{run.name}/"}


def measurement_summary(found: FileMeasurement, path: str) -> dict[str, str]:
    """Return the same of an input, in file ``path``, that only measures."""
    given = found.lattice
    lines = {
        "use": f"measures only, without a run: lqcdnn measure --configs FILE... {shlex.quote(path)}",
        "lattice": f"{_extents(given.shape)}, {given.group}{_boundaries(given)}" if given else "that of each file",
    }
    lines |= _valence(found)
    for name, network in found.network.items():
        lines[f"network {name}"] = _network(network, given.dims if given else None)
    lines |= mapped_links(found)
    lines["observables"] = ", ".join(_observable(name, obs, period=False) for name, obs in found.observables.items())
    return {heading: line for heading, line in lines.items() if line}


def _extents(shape: tuple[int, ...]) -> str:
    return " x ".join(str(extent) for extent in shape)


def _boundaries(lattice: LatticeConfig) -> str:
    planes = twist_text(lattice.twisted_planes, direction_names(lattice.dims))
    words = [f"twist {planes}"] if planes else []
    if lattice.time == "open":
        words.append("open in time")
    if lattice.schroedinger is not None:
        words.append(f"Schroedinger functional, fields {lattice.schroedinger.fields}")
    return "".join(f", {word}" for word in words)


def _start_of(run: ChainConfig) -> str:
    if run.refine is not None:
        return f"{run.initial}, refined by {'x'.join(map(str, run.refine))}"
    if run.instanton_position is None:
        return run.initial
    centre = ", ".join(f"{x:g}" for x in run.instanton_position)
    return f"instanton of charge {run.instanton_charge}, radius {run.instanton_radius:g}, centre ({centre})"


def _action(action: ActionConfig) -> str:
    gauge = action.gauge
    first = f"{gauge.kind} beta {gauge.beta:g}" + (f" c1 {gauge.c1:g}" if gauge.c1 is not None else "")
    first += "" if gauge.ct is None else f" c_t {gauge.ct}"
    first += "" if gauge.anisotropy is None else f" anisotropy {gauge.anisotropy:g}"
    first += "" if gauge.us is None else f" u_s {gauge.us:g} u_t {gauge.ut:g}"
    parts = [" + ".join([first, *(f"{_loops(term)} {term.coefficient:g}" for term in gauge.term)])]
    if (theta := action.theta) is not None:
        smeared = f" of {counted(theta.smearing, 'step')} of stout smearing" if theta.smearing else ""
        parts.append(f"topological term, theta_L = {theta.imaginary:g}{smeared}")
    if (scalar := action.scalar) is not None:
        parts.append(f"scalar field, kappa {scalar.kappa:g} lambda {scalar.lambda_:g}")
    for fermion in action.fermion:
        links = "" if fermion.links == "thin" else f" on network {fermion.links}"
        fields = f" ({fermion.pseudofermions} rational)" if fermion.rational else ""
        fields = " (exact determinant)" if fermion.determinant == "exact" else fields
        fields = " (exact one-flavour action)" if fermion.determinant == ONE_FLAVOR else fields
        factor = "" if fermion.coefficient is None else f", coefficient {fermion.coefficient:g}"
        parts.append(_quark(fermion, fields) + links + factor)
    if (custom := action.custom) is not None and custom.coefficient != 0.0:
        numbers = "".join(f" {number:g}" for number in custom.parameters)
        parts.append(f"{custom.coefficient:g} times the term of {custom.file}{numbers and f', parameters{numbers}'}")
    return "; ".join(parts)


def _loops(term: GaugeTermConfig) -> str:
    return term.loops if isinstance(term.loops, str) else str(list(term.loops))


def _quark(fermion: QuarkConfig, fields: str = "") -> str:
    mass = f"mass {fermion.mass:g}" if fermion.kappa is None else f"kappa {fermion.kappa:g}"
    other_r = f" r {fermion.r:g}" if fermion.r not in (None, 1.0) else ""
    clover = f" csw {fermion.csw:g}" if fermion.csw else ""
    clover += " exponential" if fermion.exponential_clover else ""
    clover += f" twisted mass {fermion.twisted_mass:g}" if fermion.twisted_mass else ""
    if isinstance(fermion, FermionConfig) and fermion.mass_splitting:
        clover += f" mass splitting {fermion.mass_splitting:g}"
    clover += "" if fermion.csw_time is None else f" csw_time {fermion.csw_time:g}"
    clover += "" if fermion.ct_tilde is None else f" ct_tilde {fermion.ct_tilde:g}"
    clover += "" if fermion.anisotropy is None else f" anisotropy {fermion.anisotropy:g}"
    clover += "" if fermion.nu is None else f" nu {fermion.nu:g}"
    walls = "" if fermion.L5 is None else f" M5 {fermion.M5:g} L5 {fermion.L5} b5 {fermion.b5:g} c5 {fermion.c5:g}"
    walls += "" if fermion.rho is None else f" rho {fermion.rho:g}"
    improved = "" if fermion.improvement in (None, "none") else f" {fermion.improvement}"
    improved += f" naik_epsilon {fermion.naik_epsilon:g}" if fermion.naik_epsilon else ""
    improved += f" u0 {fermion.u0:g}" if fermion.u0 else ""
    improved += "" if not is_higher(fermion.representation) else f" {fermion.representation}"
    signs = "".join("+" if sign > 0 else "-" for sign in fermion.boundary or ())  # none: of an unknown lattice
    boundary = f" boundary {signs}" if signs else ""
    theta = fermion.theta or ()
    boundary += f" theta {', '.join(f'{angle:g}' for angle in theta)}" if any(theta) else ""
    for key in FLUX_KEYS:
        flux = getattr(fermion, key) or ()
        boundary += f" {key.replace('_', ' ')} {', '.join(map(str, flux))}" if any(flux) else ""
    boundary += f" charge {fermion.charge:g}" if fermion.charge else ""
    boundary += f" mu {fermion.mu:g}" if fermion.mu else ""
    boundary += f" diquark source {fermion.diquark_source:g}" if fermion.diquark_source else ""
    return f"{fermion.kind}{improved} Nf {fermion.flavors}{fields} {mass}{other_r}{clover}{walls}{boundary}"


def _valence(config: RunConfig | FileMeasurement) -> dict[str, str]:
    """Valence quarks, and the photons that those with a charge see."""
    lines = {f"valence {name}": _quark(valence) for name, valence in config.valence.items()}
    if (p := config.photons) is not None:
        fields = f"{counted(p.fields, 'field')} for a configuration" + (", each with e and -e" if p.both_signs else "")
        lines["photons"] = f"alpha {p.alpha:g}, {p.gauge.capitalize()} gauge, {p.zero_modes}, {fields}"
    return lines


def _network(network: NetworkConfig, dims: int | None) -> str:
    count = weights_in(network, dims) if dims else 0
    layers, weights = len(network.layer), f", {counted(count, 'weight')}" if dims else ""
    start = f"read from {network.weights}" if network.weights else f"start {_start(network.layer[0])}"
    special = {
        "with attention": sum(layer.attention is not None for layer in network.layer),
        "with local weights": sum(layer.channels is not None for layer in network.layer),
        "of HEX smearing": sum(layer.kind == HEX for layer in network.layer),
    }
    found = ", ".join(f"{name if layers == 1 else f'{count} {name}'}" for name, count in special.items() if count)
    weights = f" ({found}){weights}" if found else weights
    return f"{counted(layers, 'masked layer' if network.masked else 'layer')}{weights}, {start}"


def _start(layer: LayerConfig) -> str:
    if isinstance(layer.initial, str):
        return f"random in +-{layer.width:g}"
    if isinstance(layer.initial, tuple):
        return ", ".join(f"{number:g}" for number in layer.initial)
    return f"{layer.initial:g}"


def _integrator(config: RunConfig) -> str:
    outer = [_level(level) for level in config.levels]
    friction = "" if config.update.friction is None else f", friction {config.update.friction:g}"
    return f"length {config.update.length or 1.0:g}{friction}: " + ", inside each: ".join(outer)


def _sweep(update: UpdateConfig) -> str:
    count = update.overrelaxation or 0
    whole = f"heat bath ({update.algorithm}), then {counted(count, 'overrelaxation sweep')}"
    return whole if update.sweeps is None else f"{whole}; {counted(update.sweeps, 'time')} for a proposal"


def _evolution(config: RunConfig) -> str:
    options, target = config.update.evolution, config.action.gauge.beta
    assert options is not None
    way = f"from beta {options.start_beta:g} to {target:g}" if options.start_beta is not None else ""
    if (defect := options.defect) is not None:
        way = f"of links through a defect of side {defect.side} across {defect.normal} from {defect.coupling:g} to 1"
    word = "sweep" if config.update.kind == "heatbath" else "trajectory"
    updates = f"{counted(options.updates, word)} in each" if options.updates else "no updates"
    flow = f", layers of network {', '.join(options.networks)}" if options.networks else ""
    return f"{way} in {counted(options.steps, 'step')}, {updates}{flow}; one every {counted(options.between, word)}"


def _bias(options: BiasConfig) -> str:
    seen = f"{counted(options.smearing, 'step')} of stout smearing" if options.smearing else "the links themselves"
    lowest, highest = options.interval
    of = (f"the charge of {seen}", f"up to |Q| = {highest:g}")
    if options.variable == PLAQUETTE:
        of = ("the mean plaquette", f"from {lowest:g} to {highest:g}")
    where = "" if options.file is None else f"from {options.file}"
    grown = f"built in {counted(options.build, 'trajectory')} by {options.height:g} each" if options.build else "static"
    grown += f", times {options.factor:g}" * (options.factor != 1.0)
    grown += ", in a second chain that swaps links with the first" * options.tempered
    return f"of {of[0]}, {', '.join(filter(None, (where, grown)))}; {options.bins} bins {of[1]}"


def _level(level: LevelConfig) -> str:
    return f"{counted(level.steps, 'step')} {level.integrator} ({', '.join(level.terms)})"


def _observable(name: str, options: ObservableConfig, period: bool = True) -> str:
    word = getattr(options, "fermion", None)
    every = f"every {options.every}" if period else ""
    links = "" if options.links == THIN else f"on {options.links}"
    fermion = "" if word in (None, FIRST) else f"fermion {word}"
    others = [f"{called} {word}" for key, called in SECOND.items() if (word := getattr(options, key, None))]
    about = ", ".join(filter(None, (" ".join(filter(None, (every, links))), fermion, *others)))
    return f"{name} ({about})" if about else name


def _training(train: TrainConfig, chain: str) -> str:
    rule = f"{train.optimizer} rate {toml_value(train.rate)} batch {train.batch}"
    if train.loss == "force":
        rule = f"forces by {rule}"
    parts = [f"network {train.network}"] if train.network else []
    what = " and ".join([*parts, f"couplings {', '.join(train.couplings)}"] if train.couplings else parts)
    if train.base_beta is not None:
        what += f" {'towards' if train.samples == 'chain' else 'from'} beta {train.base_beta:g}"
    if train.mode == "offline":
        return f"{what} on {', '.join(train.configs or ())}, {counted(train.trajectories, 'step')}, {rule}"
    return f"{what} along {train.thermalization} + {train.trajectories} {chain}trajectories, {rule}"
