"""Rules about quarks in momentum space: momenta, kinematics, and what Landau gauge and the symmetries used know of.

A quark with psi(x + L_mu e_mu) = b_mu exp(i theta_mu) psi(x) has p_mu = (2 pi k_mu + theta_mu + beta_mu) / L_mu,
beta_mu = pi where b_mu = -1, else 0.  The mean propagator and the mean vertices are taken to have the form that charge
conjugation and reflections of every direction give them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.quarkdefaults import at_density
from lqcdnn.config.rules.representations import representation_of
from lqcdnn.config.rules.twist import is_twisted
from lqcdnn.config.rules.valence import kind_of, quark_of, quarks
from lqcdnn.config.tables.anisotropy import has_weights, is_anisotropic
from lqcdnn.config.tables.background import has_phases
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.momentumspace import IN_MOMENTUM_SPACE
from lqcdnn.config.tables.representations import is_higher

Mode = tuple[int, ...]

SMALLEST = 1e-9
"""Below it |sin p| counts as 0, and p^2 of two momenta as the same."""


def momentum(
    mode: Sequence[int], shape: Sequence[int], boundary: Sequence[int], theta: Sequence[float] | None
) -> tuple[float, ...]:
    """p_mu of the integers k_mu."""
    angles = theta or (0.0,) * len(shape)
    return tuple(
        (2.0 * math.pi * k + angle + (math.pi if sign < 0 else 0.0)) / extent
        for k, extent, sign, angle in zip(mode, shape, boundary, angles, strict=True)
    )


def modes(given: Sequence[Mode] | None, shape: Sequence[int]) -> tuple[Mode, ...]:
    """Return the k of the momenta given, or those along the diagonal up to p_mu = pi/2, one at least."""
    if given is not None:
        return tuple(map(tuple, given))
    least = min(shape)
    return tuple(tuple(round(n * extent / least) for extent in shape) for n in range(1, max(1, least // 4) + 1))


def mode_pairs(given: Sequence[Sequence[Mode]] | None, shape: Sequence[int]) -> tuple[tuple[Mode, Mode], ...]:
    """Return the pairs of k given, or (n, n, 0, 0) and (0, n, n, 0) with an equal extent of the first three directions.

    None of the latter where extents differ, or below three directions.
    """
    if given is not None:
        return tuple((tuple(one), tuple(other)) for one, other in given)
    if len(shape) < 3 or len(set(shape[:3])) > 1:
        return ()
    rest = (0,) * (len(shape) - 3)
    return tuple(((n, n, 0, *rest), (0, n, n, *rest)) for n in range(1, max(1, shape[0] // 4) + 1))


def kind_problems(path: str, quark: Draft | None) -> Iterator[Problem]:
    """Fundamental quarks with spin, whose hops are the same in all directions; None: staggered."""
    kind = kind_of(quark)
    if kind == "staggered":
        yield Problem(path, "found with staggered fermions", "a wilson, domain_wall or overlap quark")
    elif is_higher(representation_of(quark)):
        yield Problem(path, f"found with {representation_of(quark)} quarks", "fundamental quarks")
    elif quark is not None and has_weights(quark):
        allowed = "a quark whose hops count the same in all directions"
        yield Problem(path, "found with a quark with anisotropy, nu or csw_time", allowed)


def momentum_problems(path: str, options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Momenta of the lattice with a sin p_mu other than 0, and pairs that are symmetric.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    shape
        Extents, time last.
    """
    boundary, theta = good(options.get("boundary")), good(options.get("theta"))
    if boundary is None or len(boundary) != len(shape) or (theta and len(theta) != len(shape)):
        return  # reported elsewhere
    if good(options.get("kinematics")) == "symmetric":
        yield from _pairs(path, good(options.get("pairs")), shape, boundary, theta)
        return
    for mode in modes(good(options.get("momenta")), shape):
        yield from _mode(f"{path}.momenta", mode, shape, boundary, theta)


def _mode(
    key: str, mode: Mode, shape: Sequence[int], boundary: Sequence[int], theta: Sequence[float] | None
) -> Iterator[Problem]:
    if len(mode) != len(shape):
        yield Problem(key, f"found {shown(list(mode))}", f"{len(shape)} numbers for each, one a direction")
    elif all(abs(math.sin(p)) < SMALLEST for p in momentum(mode, shape, boundary, theta)):
        yield Problem(key, f"found {shown(list(mode))}", "momenta with a sin p_mu other than 0")


def _pairs(
    path: str,
    given: Sequence[Sequence[Mode]] | None,
    shape: Sequence[int],
    boundary: Sequence[int],
    theta: Sequence[float] | None,
) -> Iterator[Problem]:
    """p1^2 = p2^2 = (p1 - p2)^2 of every pair."""
    key, wanted = f"{path}.pairs", mode_pairs(given, shape)
    if not wanted:
        yield Problem(key, f"missing, and there are no usual ones on {shown(list(shape))}", "pairs of k")
    for pair in wanted:
        problems = [problem for mode in pair for problem in _mode(key, mode, shape, boundary, theta)]
        if problems:
            yield from problems
            return
        one, other = (momentum(mode, shape, boundary, theta) for mode in pair)
        transferred = [p - q for p, q in zip(one, other, strict=True)]
        squares = [sum(p * p for p in v) for v in (one, other, transferred)]
        if max(squares) - min(squares) > SMALLEST * max(squares):
            sizes = ", ".join(f"{square:.6g}" for square in squares)
            found = f"found {shown([list(mode) for mode in pair])}" if given is not None else "missing"
            allowed = "pairs with p1^2 = p2^2 = (p1 - p2)^2; of integers k with boundary = [1, ...] and without theta"
            yield Problem(key, f"{found}: p1^2, p2^2, (p1 - p2)^2 are {sizes}", allowed)
            return
        if all(abs(math.sin(q)) < SMALLEST for q in transferred):
            found = f"found {shown([list(mode) for mode in pair])}"
            yield Problem(key, found, "pairs with a sin (p1 - p2)_mu that is not 0")
            return


def momentum_space(draft: Draft) -> Iterator[Problem]:
    """Quarks, momenta, and an ensemble with the symmetries that are made use of."""
    every, shape = quarks(draft), good(part(draft, "lattice").get("shape"))
    for path, _, options in observed(draft, *IN_MOMENTUM_SPACE) if not is_twisted(draft) else ():
        problems = list(_ensemble(draft, path)) or list(kind_problems(path, quark_of(every, options)))
        if shape and not problems:
            problems = list(momentum_problems(path, options, shape))
        yield from problems


def _ensemble(draft: Draft, path: str) -> Iterator[Problem]:
    """Equal directions; no preferred sign of the charge or of quarks over antiquarks."""
    sea = tables(draft, "action", "fermion")
    if is_anisotropic(part(draft, "action", "gauge")):
        yield Problem(path, "given on an anisotropic lattice", "action.gauge.anisotropy = 1")
    elif good(part(draft, "action").get("theta")) is not None:
        yield Problem(path, "given with [action.theta], which is odd under reflections", "an action without")
    elif any(has_phases(fermion) or at_density(fermion) for fermion in sea):
        found = "given with action.fermion with theta, in a field or at finite density: quarks are not as antiquarks"
        yield Problem(path, found, "an action without; phases of valence quarks")


MOMENTUM_SPACE_RULES = (momentum_space,)
