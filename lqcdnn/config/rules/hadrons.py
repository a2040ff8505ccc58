"""Rules about mesons, also of a static quark, and baryons: dimensions, groups and quarks that have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.valence import kind_of, quark_of, quarks
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part

SMEARED = ("mesons", "baryons", "static_light")
"""Hadrons with a source that may be smeared."""


def mesons(draft: Draft) -> Iterator[Problem]:
    """Spin and taste of local staggered bilinears are those of d = 2 and 4; quarks with spin exist there only."""
    every = quarks(draft)
    for path, _, options in observed(draft, "mesons"):
        fermion = quark_of(every, options)
        if dims_of(draft) == 3 and (fermion is None or fermion.get("kind") == "staggered"):
            allowed = "d = 2 or 4; observables.pion is the Goldstone pion in any d"
            yield Problem(path, "found with staggered fermions in d = 3", allowed)


def baryons(draft: Draft) -> Iterator[Problem]:
    """See :func:`baryon_problems`, as far as lattice, group and quark are known."""
    every, lattice = quarks(draft), part(draft, "lattice")
    for path, _, options in observed(draft, "baryons"):
        fermion = quark_of(every, options)
        kind = kind_of(fermion)
        if dims_of(draft) == 3 and kind != "staggered":
            continue  # the quark itself is refused
        yield from baryon_problems(path, good(lattice.get("shape")), good(lattice.get("group")), kind)


def baryon_problems(path: str, shape: Sequence[int] | None, group: str | None, kind: str | None) -> Iterator[Problem]:
    """Three quarks with spin components whose three colours make a singlet; None is what is not known."""
    if group not in (None, "SU(3)"):
        yield Problem(path, f"found with {group}", 'group = "SU(3)": baryons of three quarks')
    elif shape is not None and len(shape) != 4:
        yield Problem(path, f"found in d = {len(shape)}", f"d = 4, not shape {shown(list(shape))}")
    elif kind == "staggered":
        yield Problem(path, "found with staggered fermions", "a wilson or domain_wall fermion or valence quark")


def static(draft: Draft) -> Iterator[Problem]:
    """See :func:`static_problems`, as far as lattice and quark are known."""
    every = quarks(draft)
    for path, _, options in observed(draft, "static_light"):
        fermion = quark_of(every, options)
        kind = kind_of(fermion)
        yield from static_problems(path, good(options.get("static_links")), dims_of(draft), kind)


def static_problems(path: str, links: str | None, dims: int | None, kind: str | None) -> Iterator[Problem]:
    """A light quark with spin components, whose dimensions have the static links; None is what is not known."""
    if kind == "staggered":
        yield Problem(path, "found with staggered fermions", "a wilson or domain_wall fermion or valence quark")
    elif dims not in (None, 4) and links in ("hyp1", "hyp2"):
        yield Problem(f"{path}.static_links", f'found "{links}" in d = {dims}', '"thin" or "ape"')


def sources(draft: Draft) -> Iterator[Problem]:
    """See :func:`source_problems`, where the number of dimensions is known."""
    every, dims = quarks(draft), dims_of(draft)
    for path, kind, options in observed(draft, *SMEARED):
        if dims:
            yield from source_problems(path, kind, options, quark_of(every, options), dims)


def source_problems(path: str, kind: str, options: Draft, fermion: Draft | None, dims: int) -> Iterator[Problem]:
    """Smeared sources are those of quarks with spin; every wave shrinks in a step of smearing.

    Parameters
    ----------
    path, kind, options
        Dotted key of the table, the observable, the table itself, complete.
    fermion
        Its quark, or None: staggered.
    dims
        Number of dimensions.
    """
    source = options.get("source")
    if source not in ("gaussian", "wall"):
        return
    if fermion is None or fermion.get("kind") == "staggered":
        if kind == "mesons":  # others are refused for staggered fermions with any source
            allowed = '"point" or "noise_wall"'
            yield Problem(f"{path}.source", f'found "{source}" with staggered fermions', allowed)
        return
    if source == "wall":
        return
    width, steps = good(options.get("smearing_width")), good(options.get("smearing_steps"))
    if width is not None and steps and steps < (least := 0.5 * (dims - 1) * width * width):
        allowed = f"0, or at least (d - 1) smearing_width^2/2 = {least:g}: with fewer the shortest waves grow"
        yield Problem(f"{path}.smearing_steps", f"found {steps}", allowed)
    yield from smeared_link_problems(path, options, dims)


def smeared_link_problems(path: str, options: Draft, dims: int) -> Iterator[Problem]:
    """Smearing of the links that quarks are smeared with: one of two, in planes of space."""
    ape, hyp = good(options.get("ape_steps")), good(options.get("hyp_steps"))
    for name, count, none in (("ape_steps", ape, "0"), ("hyp_steps", hyp, "no such key")):
        if dims == 2 and count:
            allowed = f"{none} in d = 2, where space links have no staples in space"
            yield Problem(f"{path}.{name}", f"found {count}", allowed)
    if dims > 2 and ape and hyp:
        yield Problem(f"{path}.hyp_steps", f"found {hyp} together with ape_steps = {ape}", "one of the two")


def momenta(draft: Draft) -> Iterator[Problem]:
    """See :func:`momentum_problems`."""
    shape = good(part(draft, "lattice").get("shape"))
    for path, _, options in observed(draft, "mesons"):
        yield from momentum_problems(path, options, shape)


def momentum_problems(
    path: str, options: Draft, shape: Sequence[int] | None, name: str = "momenta"
) -> Iterator[Problem]:
    """Momenta of the lattice under a key, for sources of all of them; None is a shape that is not known."""
    found = good(options.get(name))
    if not found:
        return
    source = options.get("source")
    if source in ("noise_wall", "wall"):
        yield Problem(f"{path}.{name}", f'found with source = "{source}"', '"point" or "gaussian"')
        return
    for momentum in found if shape is not None else ():
        space = shape[:-1] if shape is not None else ()
        if len(momentum) != len(space) or any(2 * k > n for k, n in zip(momentum, space, strict=False)):
            largest = [n // 2 for n in space]
            allowed = f"{len(space)} numbers for each, from 0 to at most {shown(largest)}"
            yield Problem(f"{path}.{name}", f"found {shown(list(momentum))}", allowed)
            return


def phases(draft: Draft) -> Iterator[Problem]:
    """See :func:`phase_problems`."""
    for path, kind, options in observed(draft, *SMEARED):
        yield from phase_problems(path, kind, options)


def phase_problems(path: str, kind: str, options: Draft) -> Iterator[Problem]:
    """Phases of quarks at the boundary whose hadrons these observables are the correlators of.

    Two quarks whose angles in space differ are mesons of the momentum (theta_2 - theta_1) / L.

    Parameters
    ----------
    path, kind, options
        Dotted key of the table, the observable, the table itself, complete.
    """
    theta = good(options.get("theta")) or ()
    if kind in ("baryons", "static_light"):
        if any(theta):
            yield Problem(f"{path}.theta", f"found {shown(list(theta))}", "quarks without phases at the boundary")
        return
    other = good(options.get("antiquark_theta")) or theta
    both = [angles or (0.0,) * max(len(theta), len(other)) for angles in (theta, other)]
    if both[0][-1:] != both[1][-1:]:
        allowed = "the same angle in time for both quarks: correlators are not symmetric in time else"
        yield Problem(f"{path}.antiquark_theta", f"found {shown(list(both[1]))} beside {shown(list(both[0]))}", allowed)
    if not any((*both[0][:-1], *both[1][:-1])):
        return
    if good(options.get("momenta")):
        allowed = "no such key with angles in space, which give the meson its momentum"
        yield Problem(f"{path}.momenta", "found with quarks with phases", allowed)
    source = options.get("source")
    if source in ("gaussian", "wall"):
        allowed = '"point" or "noise_wall" with angles in space'
        yield Problem(f"{path}.source", f'found "{source}" with quarks with phases', allowed)


HADRON_RULES = (mesons, baryons, static, sources, momenta, phases)
