"""Rules of quarks in higher representations of the gauge group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.valence import quark_of, quarks, second_of
from lqcdnn.config.tables.background import has_phases
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.observables import FERMIONIC
from lqcdnn.config.tables.representations import FUNDAMENTAL, components, existing, exists, is_higher, is_real
from lqcdnn.config.tables.schema import colors_of

_OF_FUNDAMENTAL = {
    "improvement": "none",
    "chemical_potential": 0.0,
    "diquark_source": 0.0,
}
"""Keys of fundamental quarks alone, and their values that are nothing."""

_SMEARED_LINKS = ("ape_steps", "hyp_steps")
"""Keys of mesons: smearing that ends with a projection onto SU(N)."""

_MESONS = ("mesons", "meson_currents")
_NOT_HIGHER = ("baryons", "baryon_currents", "static_light", "meson_mixing")


def representation_of(quark: Draft | None) -> str:
    """That of a quark, None being a staggered field; the fundamental one where it was refused."""
    return (good(quark.get("representation")) if quark else None) or FUNDAMENTAL


def colors_of_quark(quark: Draft, group: str) -> int:
    """Colour components of a quark; those of a fundamental one where there is no such quark."""
    n, name = colors_of(group), representation_of(quark)
    return components(name, n) if exists(name, n) else n


def is_real_quark(quark: Draft | None, group: str) -> bool:
    """Whether the links that a quark sees are real in some basis."""
    return is_real(representation_of(quark), colors_of(group))


def representation_problems(draft: Draft) -> Iterator[Problem]:
    """Representations that the group has, for operators of links of the group, and a guide in that of the action."""
    group = good(part(draft, "lattice").get("group"))
    for path, quark in every_fermion(draft):
        name = representation_of(quark)
        if is_higher(name) and not reported_of_action(draft, path, "representation", quark.get("representation")):
            yield from _of_quark(path, quark, name, group)
    pairs = zip(tables(draft, "guide", "fermion"), tables(draft, "action", "fermion"), strict=False)
    for i, (mine, wanted) in enumerate((representation_of(a), representation_of(b)) for a, b in pairs):
        if mine != wanted:
            allowed = f"{shown(wanted)} as in action.fermion.{i + 1}, or left out"
            yield Problem(f"guide.fermion.{i + 1}.representation", f"found {shown(mine)}", allowed)
    every = quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC):
        yield from represented_problems(path, kind, options, every)
        if kind == "quark_number" and group and _without_number(options, quark_of(every, options), group):
            allowed = "quarks with theta: else it is 0 on links that are real in some basis"
            yield Problem(path, f"found with {representation_of(quark_of(every, options))} quarks of {group}", allowed)


def majorana_problems(draft: Draft) -> Iterator[Problem]:
    """Half an odd number of flavours: the Pfaffian of quarks with spin on links that are real in some basis."""
    group = good(part(draft, "lattice").get("group"))
    for path, quark in every_fermion(draft):
        flavors = good(quark.get("flavors"))
        if not flavors or flavors % 1 == 0 or reported_of_action(draft, path, "flavors", quark.get("flavors")):
            continue
        allowed = "an integer; half an odd one is of wilson and overlap quarks on real links (adjoint), without phases"
        real = (group is None or is_real_quark(quark, group)) and not has_phases(quark)
        if not real or good(quark.get("kind")) not in ("wilson", "overlap", None):
            yield Problem(f"{path}.flavors", f"found {flavors:g}", allowed)


def _of_quark(path: str, quark: Draft, name: str, group: str | None) -> Iterator[Problem]:
    if group is not None and not exists(name, colors_of(group)):
        yield Problem(f"{path}.representation", f"found {shown(name)} with {group}", quoted(existing(colors_of(group))))
    for key, nothing in _OF_FUNDAMENTAL.items():
        value = good(quark.get(key))
        if value not in (None, nothing):
            yield Problem(f"{path}.{key}", f"found {shown(value)} with {name} quarks", "none, or fundamental quarks")


def _without_number(options: Draft, quark: Draft | None, group: str) -> bool:
    """Whether the quark number is 0 by symmetry: on real links, without phases."""
    return is_real_quark(quark, group) and not any(good(options.get("theta")) or ())


def represented_problems(path: str, kind: str, options: Draft, every: Mapping[str, Draft]) -> Iterator[Problem]:
    """Observables that are not those of quarks in higher representations; ``every``: quarks by name."""
    quark, antiquark = quark_of(every, options), second_of(every, options)
    name, other = representation_of(quark), representation_of(antiquark)
    if kind in _MESONS and name != other:
        found = f"found {other} quarks beside {name} ones"
        yield Problem(f"{path}.antiquark", found, "two quarks of one representation: else there is no singlet")
    elif kind in _NOT_HIGHER and (higher := next(filter(is_higher, (name, other)), None)):
        yield Problem(path, f"found with {higher} quarks", "fundamental quarks")
    elif is_higher(name) and kind in (*_MESONS, "distillation"):
        if good(options.get("source")) == "wall":
            allowed = '"point", "gaussian" or "noise_wall"'
            yield Problem(f"{path}.source", f'found "wall" with {name} quarks', allowed)
        for key in _SMEARED_LINKS:
            if value := good(options.get(key)):
                allowed = "none, or links = a network or a smearing: only links of the group are smeared"
                yield Problem(f"{path}.{key}", f"found {shown(value)} with {name} quarks", allowed)
