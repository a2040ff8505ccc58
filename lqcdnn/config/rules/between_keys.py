"""Rules between keys: each one a function from the completed draft to the problems it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import prod

from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.analysis import written
from lqcdnn.config.rules.anisotropy import ANISOTROPY_RULES
from lqcdnn.config.rules.averaging import AVERAGING_RULES
from lqcdnn.config.rules.bias import BIAS_RULES
from lqcdnn.config.rules.confinement import confinement
from lqcdnn.config.rules.correlators import correlators
from lqcdnn.config.rules.currents import CURRENT_RULES
from lqcdnn.config.rules.custom import CUSTOM_RULES
from lqcdnn.config.rules.deformations import deformations
from lqcdnn.config.rules.distillation import DISTILLATION_RULES
from lqcdnn.config.rules.energymomentum import energy_momentum, tensor_fits
from lqcdnn.config.rules.everyfermion import heavier
from lqcdnn.config.rules.evolution import EVOLUTION_RULES
from lqcdnn.config.rules.fermions import FERMION_RULES
from lqcdnn.config.rules.gauge import GAUGE_RULES
from lqcdnn.config.rules.gaugefixing import gauges
from lqcdnn.config.rules.hadrons import HADRON_RULES
from lqcdnn.config.rules.llr import LLR_RULES
from lqcdnn.config.rules.mixing import MIXING_RULES
from lqcdnn.config.rules.momentumspace import MOMENTUM_SPACE_RULES
from lqcdnn.config.rules.multilevel import multilevel
from lqcdnn.config.rules.networks import NETWORK_RULES, TRAINING_RULES
from lqcdnn.config.rules.observables import OBSERVABLE_RULES, at_table
from lqcdnn.config.rules.opentime import OPEN_RULES
from lqcdnn.config.rules.quarkflow import FLOW_RULES
from lqcdnn.config.rules.quarkfluctuations import FLUCTUATION_RULES
from lqcdnn.config.rules.quarkloops import LOOP_RULES
from lqcdnn.config.rules.reweighting import reweighting
from lqcdnn.config.rules.scalar import SCALAR_RULES
from lqcdnn.config.rules.schroedinger import SCHROEDINGER_RULES
from lqcdnn.config.rules.smd import SMD_RULES
from lqcdnn.config.rules.tempering import TEMPERING_RULES
from lqcdnn.config.rules.theta import THETA_RULES
from lqcdnn.config.rules.topology import charge_problem
from lqcdnn.config.rules.transformations import TRANSFORMATION_RULES
from lqcdnn.config.rules.twist import TWIST_RULES
from lqcdnn.config.rules.vectorcorrelator import VECTOR_RULES
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part, tables
from lqcdnn.config.tables.projections import PROJECTION_RULES
from lqcdnn.config.tables.schema import GROUPS, MOST_SITES, expand_terms
from lqcdnn.config.tables.smearings import SMEARING_RULES
from lqcdnn.config.tables.starts import START_RULES
from lqcdnn.config.tables.surrogates import SURROGATE_RULES

Rule = Callable[[Draft], Iterator[Problem]]


def found(draft: Draft, read: Sequence[Problem]) -> list[list[Problem]]:
    """Return what each rule finds; what is not measured only where no table of observables has a wrong name."""
    misnamed = any(one.path.startswith("observables.") and one.message == "unknown key" for one in read)
    return [list(rule(draft)) for rule in RULES if not (misnamed and rule in (_analyzed, written))]


def _sites(draft: Draft) -> Iterator[Problem]:
    """No more sites than tables of 32-bit numbers can hold."""
    shape = good(part(draft, "lattice").get("shape"))
    sites = prod(shape or ())
    if sites > MOST_SITES:
        yield Problem("lattice.shape", f"found {shown(list(shape))}, {sites} sites", f"at most {MOST_SITES} sites")


def _topological_charge(draft: Draft) -> Iterator[Problem]:
    """A charge that exists for the group in so many dimensions, by a definition for them."""
    dims, (group, time) = dims_of(draft), (good(part(draft, "lattice").get(key)) for key in ("group", "time"))
    for path, kind, options in observed(draft, "topological_charge"):
        definition = good(options.get("definition"))
        found = charge_problem(dims, group, definition, time) if dims and group and definition else None
        if found is not None:
            yield from at_table(path, kind, [found])


def _tuning(draft: Draft) -> Iterator[Problem]:
    """Tuning happens by Metropolis tests during thermalization and nowhere else."""
    update, until = part(draft, "update"), good(part(draft, "run").get("thermalization"))
    if not good(update.get("tune")) or until is None:
        return
    forced = good(update.get("accept_first")) or 0
    if until == 0:
        yield Problem("update.tune", "found true without thermalization", "true with run.thermalization of 50 or more")
    elif forced == until:
        found = f"found true, but update.accept_first = {forced} takes all of the thermalization"
        yield Problem("update.tune", found, f"true with run.thermalization of {forced + 50} or more")


def _accept_first(draft: Draft) -> Iterator[Problem]:
    """A trajectory accepted without a test belongs to no ensemble and is no sample to train on."""
    first, train = good(part(draft, "update").get("accept_first")) or 0, part(draft, "train")
    limits = {"run.thermalization": good(part(draft, "run").get("thermalization"))}
    if good(train.get("mode")) == "online":
        limits["train.thermalization"] = good(train.get("thermalization"))
    for name, limit in limits.items():
        if limit is not None and first > limit:
            allowed = f"0 to {name} = {limit}: what is accepted whatever dH is belongs to the thermalization"
            yield Problem("update.accept_first", f"found {first}", allowed)
            return


def _heatbath(draft: Draft) -> Iterator[Problem]:
    """Single links are drawn from a pure gauge action; what loops it may have, see ``rules/gauge.py``."""
    update, group = part(draft, "update"), good(part(draft, "lattice").get("group"))
    if update.get("kind") == "slmc":
        yield from _slmc(draft)
    elif update.get("kind") != "heatbath":
        return
    elif tables(draft, "action", "fermion"):
        yield Problem("update.kind", 'found "heatbath" with fermions in the action', '"hmc" or "slmc"')
    for name in ("guide", "train") if update.get("kind") == "heatbath" else ():
        if good(draft.get(name)) is not None:
            yield Problem(name, 'given with update.kind = "heatbath", which has no molecular dynamics', "no such table")
    known = ("best_fisher",) if group == "U(1)" else ("kennedy_pendleton", "creutz")
    algorithm = good(update.get("algorithm"))
    if group and algorithm and algorithm not in known:
        yield Problem("update.algorithm", f'found "{algorithm}" with {group}', quoted(known))


def _slmc(draft: Draft) -> Iterator[Problem]:
    """A heat bath proposes with the gauge action of a guide, which is all of it."""
    found = 'given with update.kind = "slmc"'
    if draft.get("guide") is None:
        allowed = "a table [guide.gauge], with fermion = [] in [guide]"
        yield Problem("guide", 'missing with update.kind = "slmc"', allowed)
    elif tables(draft, "guide", "fermion"):
        allowed = "fermion = [] in [guide]: the heat bath knows gauge actions only"
        yield Problem("guide.fermion", f"{found}: {counted(len(tables(draft, 'guide', 'fermion')), 'table')}", allowed)
    if part(draft, "guide", "surrogate"):
        yield Problem("guide.surrogate", found, "no such table: the heat bath knows gauge actions only")
    for name in ("tempering", "evolution"):
        if good(part(draft, "update").get(name)) is not None:
            yield Problem(f"update.{name}", found, '"hmc" or "heatbath"')


def _levels(draft: Draft) -> Iterator[Problem]:
    """Every action term is integrated on exactly one level."""
    levels = tables(draft, "update", "level")
    surrogate = ("surrogate",) if part(draft, "guide", "surrogate") else ()
    custom = ("custom",) if part(draft, "guide", "custom") or part(draft, "action", "custom") else ()
    own = draft.get("guide") is not None and (surrogate or custom) and not tables(draft, "guide", "fermion")
    side = "guide" if own else "action"
    pieces = [1 + len(heavier(fermion)) for fermion in tables(draft, side, "fermion")]
    jacobian = () if part(draft, "update").get("transformation") is None else ("jacobian",)
    biased = any(part(draft, "update").get(name) is not None for name in ("bias", "llr"))
    bias = ("bias",) if biased else ()
    theta = () if part(draft, "action").get("theta") is None else ("theta",)
    scalar = () if part(draft, "action").get("scalar") is None else ("scalar",)
    fermions = expand_terms(("fermion",), pieces)
    every = ("gauge", *fermions, *theta, *scalar, *surrogate, *custom, *bias, *jacobian)
    seen: Counter[str] = Counter()
    whole = bool(levels)
    for i, level in enumerate(levels):
        terms = good(level.get("terms"))
        whole = whole and terms is not None
        for term in expand_terms(terms or (), pieces):
            seen[term] += 1
            if term not in every:
                yield Problem(f"update.level.{i + 1}.terms", f'no action term "{term}"', quoted(every))
            elif seen[term] == 2:
                yield Problem(f"update.level.{i + 1}.terms", f'"{term}" is already on another level', "each term once")
    absent = [term for term in every if not seen[term]]
    if whole and absent:
        yield Problem("update.level", f"no level has {quoted(absent)}", "each term once")


def _twisted(draft: Draft) -> Iterator[Problem]:
    """-1 belongs to the centre of SU(N) for even N only."""
    group = good(part(draft, "lattice").get("group"))
    if part(draft, "run").get("initial") == "twisted" and group and (GROUPS.index(group) + 1) % 2:
        yield Problem("run.initial", f'found "twisted" with {group}', '"cold" or "hot": twisted needs SU(N), N even')


def _analyzed(draft: Draft) -> Iterator[Problem]:
    known = tuple(part(draft, "observables"))
    for name in good(part(draft, "analyze").get("observables")) or ():
        if name not in known:
            allowed = quoted(known) if known else "none without [observables]"
            yield Problem("analyze.observables", f'"{name}" is not measured', allowed, f"to add [observables.{name}]")


RULES: tuple[Rule, ...] = (
    _sites,
    *TWIST_RULES,
    *OPEN_RULES,
    *SCHROEDINGER_RULES,
    *GAUGE_RULES,
    *ANISOTROPY_RULES,
    *FERMION_RULES,
    *HADRON_RULES,
    *CURRENT_RULES,
    *MIXING_RULES,
    *LOOP_RULES,
    *FLUCTUATION_RULES,
    *FLOW_RULES,
    *DISTILLATION_RULES,
    *VECTOR_RULES,
    *MOMENTUM_SPACE_RULES,
    *AVERAGING_RULES,
    _topological_charge,
    *NETWORK_RULES,
    _levels,
    _tuning,
    _accept_first,
    _heatbath,
    _twisted,
    *START_RULES,
    *TRAINING_RULES,
    *TRANSFORMATION_RULES,
    *TEMPERING_RULES,
    *EVOLUTION_RULES,
    *BIAS_RULES,
    *LLR_RULES,
    *THETA_RULES,
    *SCALAR_RULES,
    *SMD_RULES,
    _analyzed,
    *OBSERVABLE_RULES,
    *SMEARING_RULES,
    *PROJECTION_RULES,
    *SURROGATE_RULES,
    *CUSTOM_RULES,
    correlators,
    energy_momentum,
    tensor_fits,
    multilevel,
    deformations,
    gauges,
    confinement,
    reweighting,
    written,
)
