"""Rules of Wilson and clover quarks with a twisted mass, of equal and of different masses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from lqcdnn.config.language.counts import article
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action, why_rational
from lqcdnn.config.rules.poles import MOST_POLES, least_poles
from lqcdnn.config.rules.valence import both_quarks, quarks
from lqcdnn.config.tables.anisotropy import wilson_term
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, tables
from lqcdnn.config.tables.fermions import DETERMINANTS, FLAVORS_OF_SPLIT, LARGEST_MASS, kappa_of_mass
from lqcdnn.config.tables.observables import FERMIONIC

MEASURED = ("condensate", "pion", "mesons", "reweighting")
"""Observables of quarks with a twisted mass; the others rely on gamma_5-hermiticity of each flavour, or on one flavour
that is a quark by itself."""


def twisted_mass_problems(draft: Draft) -> Iterator[Problem]:
    """Doublets, operators and solvers that there are, and larger twisted masses of mass preconditioning."""
    for path, fermion in every_fermion(draft):
        if good(fermion.get("twisted_mass")):
            yield from _of_fermion(draft, path, fermion)
        if good(fermion.get("hasenbusch_twisted_mass")):
            yield from _larger(draft, path, fermion)
        if good(fermion.get("mass_splitting")):
            yield from _split(draft, path, fermion)
    for i, (ours, theirs) in enumerate(
        zip(tables(draft, "guide", "fermion"), tables(draft, "action", "fermion"), strict=False)
    ):
        mine, wanted = (good(fermion.get("mass_splitting")) or 0.0 for fermion in (ours, theirs))
        if bool(mine) != bool(wanted):
            allowed = f"{'other than 0' if wanted else '0'} as in action.fermion.{i + 1}, or left out"
            yield Problem(f"guide.fermion.{i + 1}.mass_splitting", f"found {shown(mine)}", allowed)
    every = quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC):
        yield from quarks_with_twisted_mass(path, kind, options, every)


def quarks_with_twisted_mass(path: str, kind: str, options: Draft, every: Mapping[str, Draft]) -> Iterator[Problem]:
    """Observables that are not those of quarks with a twisted mass; ``every``: quarks by name."""
    if kind not in FERMIONIC:
        return
    for key, quark in both_quarks(every, options).items():
        if not quark or not good(quark.get("twisted_mass")):
            continue
        flavors = good(options.get("flavors"))
        if good(quark.get("mass_splitting")):
            allowed = "a quark without, such as one of [valence]: flavours that mix are not measured"
            yield Problem(path, f"found {article(key)} with mass_splitting", allowed)
            return
        if kind not in MEASURED:
            allowed = f"a quark without; with a twisted mass {quoted(MEASURED)} are measured"
            yield Problem(path, f"found {article(key)} with twisted_mass", allowed)
            return
        if kind == "reweighting" and key == "fermion" and flavors and flavors % 2:  # it has no antiquark
            allowed = "an even number: doublets of quarks"
            yield Problem(f"{path}.flavors", f"found {flavors} with twisted_mass", allowed)


def _of_fermion(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    flavors, solver = good(fermion.get("flavors")), good(fermion.get("solver"))
    value, density = good(fermion.get("twisted_mass")), good(fermion.get("chemical_potential"))
    inherited = reported_of_action(draft, path, "twisted_mass", fermion.get("twisted_mass"))
    if flavors and flavors % 2 and path.startswith("action") and not good(fermion.get("mass_splitting")):
        yield Problem(f"{path}.flavors", f"found {flavors} with twisted_mass", "an even number: doublets of quarks")
    if density and not inherited:
        found = f"found {shown(value)} with chemical_potential = {shown(density)}"
        yield Problem(f"{path}.twisted_mass", found, "one of the two")
    if solver == "multigrid" and path.startswith("valence"):
        yield Problem(f"{path}.solver", 'found "multigrid" with twisted_mass', '"cg" or "mixed"')


def spectrum_bounds(m: float, e: float, hops: float, r: float) -> tuple[float, float]:
    """Bounds of the spectrum of Mhat^dag Mhat of a doublet without clover term, on any unitary links.

    Mhat^-1 is a block of M^-1, of which |m| - |e| bounds all singular values; |kappa H| <= 2 ``hops`` max(1, r), and
    those of the term of a site are (1 + m^2)^(1/2) +- |e|.

    Parameters
    ----------
    m, e
        2 kappa times mu_sigma and mu_delta.
    hops
        kappa times the sum of what the hops of each direction count.
    r
        Wilson's parameter.
    """
    whole, off, K = math.hypot(1.0, m), abs(e), 2.0 * hops * max(1.0, r)
    return (abs(m) - off) ** 2, (whole + off + K * K / (whole - off)) ** 2


def has_bounds(fermion: Draft) -> bool:
    """Say whether the spectrum of a fermion is bounded by :func:`spectrum_bounds`."""
    clover = good(fermion.get("csw")) or good(fermion.get("csw_time"))
    return bool(good(fermion.get("mass_splitting"))) and not clover


def _split(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """One doublet, of a positive determinant, by rational approximations that there are."""
    splitting, mu = good(fermion.get("mass_splitting")), good(fermion.get("twisted_mass")) or 0.0
    flavors, determinant = good(fermion.get("flavors")), good(fermion.get("determinant"))
    if not abs(mu) > abs(splitting):
        names = ("mass_splitting", "twisted_mass")
        if not all(reported_of_action(draft, path, name, fermion.get(name)) for name in names):
            allowed = f"a size below that of twisted_mass, {shown(mu)}: else the determinant may be negative"
            yield Problem(f"{path}.mass_splitting", f"found {shown(splitting)}", allowed)
        return
    if flavors and flavors != FLAVORS_OF_SPLIT:
        if path.startswith("action"):
            yield Problem(f"{path}.flavors", f"found {shown(flavors)} with mass_splitting", f"{FLAVORS_OF_SPLIT}")
        return
    if determinant not in (None, DETERMINANTS[0]):
        if not reported_of_action(draft, path, "determinant", fermion.get("determinant")):
            found = f"found {shown(determinant)} with mass_splitting"
            yield Problem(f"{path}.determinant", found, f'"{DETERMINANTS[0]}"')
    elif good(fermion.get("rational")) is False:
        if not reported_of_action(draft, path, "rational", fermion.get("rational")):
            yield Problem(f"{path}.rational", "found false with mass_splitting", "true, or left out")
    elif fermion.get("spectrum") is None and has_bounds(fermion):
        yield from _poles(draft, path, fermion)


def _poles(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """No more poles than an approximation can be computed with, on the range that is known."""
    mu, splitting = good(fermion.get("twisted_mass")), good(fermion.get("mass_splitting"))
    dims, mass, fields = dims_of(draft), good(fermion.get("mass")), good(fermion.get("pseudofermions"))
    errors = [good(fermion.get(name)) for name in ("action_error", "md_error")]
    term, r = wilson_term(fermion, dims) if dims else None, good(fermion.get("r")) or 1.0
    if not dims or mass is None or term is None or not fields or not all(errors) or mass <= -dims * term:
        return
    kappa = kappa_of_mass(mass, dims, term)
    lower, upper = spectrum_bounds(2.0 * kappa * mu, 2.0 * kappa * splitting, kappa * dims * term / r, r)
    power = 0.5 / fields
    needed = [(0.5 * power, errors[0]), *((power, error) for error in errors)]
    if any(least_poles(p, lower, upper, error) > MOST_POLES for p, error in needed):
        found = f"found {shown(splitting)}: more than {MOST_POLES} poles on [{lower:g}, {upper:g}]"
        allowed = "a smaller size, spectrum given, or larger action_error and md_error"
        yield Problem(f"{path}.mass_splitting", found, allowed)


def _larger(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """Sizes rise from that of the twisted mass; no other way of mass preconditioning, no rational power."""
    sizes = good(fermion.get("hasenbusch_twisted_mass"))
    key, found = f"{path}.hasenbusch_twisted_mass", f"found {shown(list(sizes))}"
    if reported_of_action(draft, path, "hasenbusch_twisted_mass", fermion.get("hasenbusch_twisted_mass")):
        return
    chain = (abs(good(fermion.get("twisted_mass")) or 0.0), *sizes)
    if any(small >= large for small, large in pairwise(chain)):
        yield Problem(key, found, "numbers in rising order, above the size of twisted_mass")
    elif max(sizes) > LARGEST_MASS:
        yield Problem(key, found, f"numbers up to {LARGEST_MASS:g}")
    for name in ("hasenbusch", "rational", "chemical_potential"):
        if good(fermion.get(name)):
            other = why_rational(fermion) if name == "rational" else name
            yield Problem(key, f"{found} with {other}", "one of the two")
