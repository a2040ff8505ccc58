"""Whether a user's own term of the action is what molecular dynamics and the Metropolis test need."""

from __future__ import annotations

import numpy as np

from lqcdnn.actions.custom import CustomAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.algebra import gaussian_momenta, inner_product
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import HOT_START, Stream
from lqcdnn.jobs.build import Simulation
from lqcdnn.kernels.links import update_links
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.pool import scratch

AWAY = 0.2
"""Molecular-dynamics time from the first links to those of the check: on unit links, many derivatives are 0."""
STEPS = (1e-2, 1e-3, 1e-4, 1e-5)
"""Times of the differences of values: functions of few digits need long ones, those with large derivatives short."""
ALLOWED = 1e-3
"""Of the derivative: how far the best of these may be off."""
INVARIANT = 1e-5
"""Of the value, or of the derivative: what a gauge transformation may change."""


def check_custom_terms(sim: Simulation, U: Blocks, seed: int) -> list[str]:
    """:func:`check_custom` of each such term of action and guide."""
    terms = [term for term in (*sim.exact.terms, *sim.guide.terms) if isinstance(term, CustomAction)]
    once = {(term.title, term.coefficient): term for term in terms}
    return [text for term in once.values() for text in check_custom(term, sim.lattice, sim.group, U, seed)]


def check_custom(term: CustomAction, lattice: Lattice, group: Group, U: Blocks, seed: int) -> list[str]:
    """Refuse a term whose derivatives are not those of its value; say what else is doubtful.

    Raises
    ------
    InputError
        A value that is not finite; values or derivatives that are others when asked twice; derivatives that are none of
        the value.
    """
    if term.coefficient == 0.0:
        return []
    stream = Stream(seed, 0).named("custom")
    P = gaussian_momenta(lattice, group, stream)
    there = _drifted(U, P, AWAY)
    value = term.value(there)
    if term.value(there) != value:
        raise InputError(f"{term.title}: value returns another number for the same links; allowed: one without chance")
    P = gaussian_momenta(lattice, group, stream.named("direction"))
    alone = Hamiltonian(lattice, group, [term])
    force = alone.force(there, [term.name])
    if alone.force(there, [term.name]).tobytes() != force.tobytes():
        raise InputError(f"{term.title}: gradient returns others for the same links; allowed: those without chance")
    expected = -inner_product(lattice, group, P, force)
    found = [_slope(term, there, P, step) for step in STEPS]
    best = min(found, key=lambda slope: abs(slope - expected))
    scale = max(abs(expected), abs(best))
    if abs(best - expected) > ALLOWED * scale and scale > 1e-9 * abs(value):
        raise InputError(
            f"{term.title}: gradient says {expected:.6g} for a derivative that differences of value put at {best:.6g}; "
            "allowed: dS/d Re U + i dS/d Im U of value",
            hint="where real numbers stand for complex ones, look for a missing conjugation or factor of 2",
        )
    turned = abs(term.value(_transformed(lattice, group, there, stream)) - value)
    if turned > INVARIANT * max(abs(value), scale):
        return [
            f"{term.title}: a gauge transformation changes its value by {turned:.3g} of {value:.6g}: no function of "
            "closed loops"
        ]
    return []


def _drifted(U: Blocks, P: Blocks, time: float) -> Blocks:
    """exp(time P) U."""
    out = scratch(U)
    update_links(out, U, P, time)
    return out


def _slope(term: CustomAction, U: Blocks, P: Blocks, step: float) -> float:
    return (term.value(_drifted(U, P, step)) - term.value(_drifted(U, P, -step))) / (2.0 * step)


def _transformed(lattice: Lattice, group: Group, U: Blocks, stream: Stream) -> Blocks:
    """G(n) U_mu(n) G(n + mu)^dag with random G."""
    G = lattice.to_user(gauge.haar(lattice, group, 1, stream, HOT_START))[0]
    links = lattice.to_user(U)
    for mu in range(lattice.d):
        links[mu] = G @ links[mu] @ np.roll(G, -1, mu).conj().swapaxes(-1, -2)
    return lattice.from_links(links)
