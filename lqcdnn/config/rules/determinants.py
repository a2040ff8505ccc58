"""Rules of fermions whose determinant itself is in the action: operators that have one, small matrices, a sign."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.everyfermion import every_fermion, of_another_kind, reported_of_action
from lqcdnn.config.rules.quarkdefaults import at_density
from lqcdnn.config.rules.representations import colors_of_quark, is_real_quark
from lqcdnn.config.tables.background import has_phases
from lqcdnn.config.tables.drafts import Draft, good, part, tables
from lqcdnn.config.tables.fermions import LARGEST_MATRIX

KINDS = ("staggered", "wilson", "overlap")
_WITH = 'with determinant = "exact"'
OF_PSEUDOFERMIONS = {
    "hasenbusch": (None, ()),
    "hasenbusch_twisted_mass": (None, ()),
    "rational": (None, False),
    "start_vectors": (None, 0),
}
"""Keys of a fermion that mean nothing without pseudofermions, and their values where they are not given."""


def is_exact(fermion: Draft) -> bool:
    """Whether the determinant of a fermion of the action or of the guide is computed."""
    return bool(good(fermion.get("determinant")) == "exact")


def all_exact(draft: Draft) -> bool:
    """Whether the action has fermions, and none of them pseudofermions."""
    fermions = tables(draft, "action", "fermion")
    return bool(fermions) and all(is_exact(fermion) for fermion in fermions)


def determinant_problems(draft: Draft) -> Iterator[Problem]:
    """What an exact determinant cannot be put together with."""
    for path, fermion in every_fermion(draft):
        if path.startswith("valence") or of_another_kind(draft, path):
            continue
        if good(fermion.get("kind")) == "overlap":
            yield from _overlap(draft, path, fermion)
        if is_exact(fermion):
            yield from _operator(draft, path, fermion)
            yield from _size(draft, path, fermion)
            yield from _sign(draft, path, fermion)


def _overlap(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """Overlap quarks have a determinant and no force."""
    if not is_exact(fermion) and not reported_of_action(draft, path, "kind", fermion.get("kind")):
        found = f"found {shown(good(fermion.get('determinant')))} with overlap fermions"
        yield Problem(f"{path}.determinant", found, '"exact"')
    elif path.startswith("guide"):
        yield Problem(f"{path}.kind", 'found "overlap"', "fermion = [] in [guide]: overlap fermions have no force")
    elif good(draft.get("guide")) is None and draft.get("guide") is None:
        allowed = "a table [guide] with fermion = []: overlap fermions have no force"
        yield Problem("guide", "missing with overlap fermions in the action", allowed)
    elif part(draft, "update").get("kind") != "slmc" and _along_hmc(part(draft, "train")):
        found = 'found "online", which is along HMC with the exact action, with overlap fermions'
        yield Problem("train.mode", found, '"offline", or update.kind = "slmc": overlap fermions have no force')


def _along_hmc(train: Draft) -> bool:
    """Whether a training makes configurations by HMC with the exact action."""
    return good(train.get("mode")) == "online" and train.get("base_beta") is None


def _operator(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """Staggered, Wilson and overlap quarks without density; nothing of pseudofermions beside."""
    kind = good(fermion.get("kind"))
    if kind not in (*KINDS, None) and not reported_of_action(draft, path, "kind", fermion.get("kind")):
        allowed = "staggered, wilson or overlap fermions"
        yield Problem(f"{path}.determinant", f'found "exact" with {kind} fermions', allowed)
    for name in ("chemical_potential", "diquark_source"):
        value = good(fermion.get(name))
        if value and not reported_of_action(draft, path, name, fermion.get(name)):
            yield Problem(f"{path}.{name}", f"found {shown(value)} {_WITH}", "none, or pseudofermions")
    for name, absent in OF_PSEUDOFERMIONS.items():
        value = good(fermion.get(name))
        if value not in absent and not reported_of_action(draft, path, name, fermion.get(name)):
            found = list(value) if isinstance(value, tuple) else value
            yield Problem(f"{path}.{name}", f"found {shown(found)} {_WITH}", "one of the two")


def _size(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """A matrix that can be factorised in every step."""
    lattice, kind = part(draft, "lattice"), good(fermion.get("kind"))
    shape, group = good(lattice.get("shape")), good(lattice.get("group"))
    key = fermion.get("determinant")
    if not shape or not group or kind not in KINDS or at_density(fermion):
        return
    spins = 1 if kind == "staggered" else len(shape)  # 2 in two dimensions, 4 in four
    sites = math.prod(shape) // 2  # half of them, or one chirality of overlap quarks on all
    rows = sites * colors_of_quark(fermion, group) * spins
    if rows > LARGEST_MATRIX and not reported_of_action(draft, path, "determinant", key):
        extents = "x".join(map(str, shape))
        found = f'found "exact" for {kind} fermions of {group} on {extents}: matrices of {rows} rows'
        allowed = f'at most {LARGEST_MATRIX} rows, or "pseudofermions"'
        yield Problem(f"{path}.determinant", found, allowed)


def _sign(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """An odd number of Wilson flavours where det (D + m) > 0: no real eigenvalue of D is negative without clover term.

    The hermitian part of D is positive, the complex eigenvalues come in pairs; on real links so do all others.
    There the Pfaffian, half a flavour, has this sign.
    """
    group = good(part(draft, "lattice").get("group"))
    flavors, mass = good(fermion.get("flavors")), good(fermion.get("mass"))
    real = group and is_real_quark(fermion, group) and not has_phases(fermion)
    if good(fermion.get("kind")) != "wilson" or not flavors or flavors % (1 if real else 2) == 0 or mass is None:
        return
    clover = good(fermion.get("csw")) or good(fermion.get("csw_time"))
    if (mass <= 0.0 or clover) and not reported_of_action(draft, path, "flavors", flavors):
        what = "an integer" if real else "an even number"
        allowed = f"{what}, or mass above 0 without csw: else the weight of one more may be negative"
        yield Problem(f"{path}.flavors", f"found {flavors} {_WITH}", allowed)
