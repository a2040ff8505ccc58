"""What the links are that observables see under a name, for people: flows, smearings and projections."""

from __future__ import annotations

from lqcdnn.config.language.counts import counted
from lqcdnn.config.measurement import FileMeasurement
from lqcdnn.config.tables.flows import FlowConfig
from lqcdnn.config.tables.projections import ProjectionConfig
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.config.tables.smearings import SmearingConfig

PROJECTED = {
    "abelian": "diagonal links in maximally abelian gauge",
    "center": "the centre of links in direct maximal centre gauge",
    "vortex_removed": "links divided by their centre in direct maximal centre gauge",
}


def mapped_links(config: RunConfig | FileMeasurement) -> dict[str, str]:
    """Return a line for each map of links but networks, as ``{"flow NAME": line}``."""
    lines = {f"flow {name}": _flow(flow) for name, flow in config.flow.items()}
    lines |= {f"smearing {name}": _smearing(smearing) for name, smearing in config.smearing.items()}
    return lines | {f"projection {name}": _projection(one) for name, one in config.projection.items()}


def _flow(flow: FlowConfig) -> str:
    xi = "" if flow.anisotropy is None else f", anisotropy {flow.anisotropy:g}"
    return f"links at t = {flow.time:g} of the {flow.kind} flow, {flow.integrator} in steps of {flow.step:g}{xi}"


def _smearing(smearing: SmearingConfig) -> str:
    where = "" if smearing.directions == "all" else f" of {smearing.directions}"
    weights = f", weights {', '.join(f'{alpha:g}' for alpha in smearing.alphas)}" if smearing.alphas else ""
    return f"{counted(smearing.steps, 'step')} of {smearing.kind} smearing{where}{weights}"


def _projection(projection: ProjectionConfig) -> str:
    return f"{PROJECTED[projection.kind]}, {counted(projection.copies, 'start')}, theta {projection.tolerance:g}"
