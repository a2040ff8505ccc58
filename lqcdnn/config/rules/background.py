"""Rules of quarks in a uniform electromagnetic field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lqcdnn.config.language.counts import counted
from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.photons import quarks_with_charge
from lqcdnn.config.rules.valence import is_of_action, quark_of, quarks, second_of
from lqcdnn.config.tables.background import FLUX_KEYS, components_of_field, given_flux, has_flux, has_phases
from lqcdnn.config.tables.drafts import Draft, good, observed, part, tables
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.config.tables.observables import FERMIONIC

_DENSITY = ("chemical_potential", "diquark_source")

MEASURED = (
    "condensate", "quark_number", "quark_loops", "pion", "mesons", "eigenvalues", "spectral_density", "reweighting",
)  # fmt: skip
"""Observables of quarks in a field; the others have sources, links or a gauge that know of none, or hadrons of quarks
with one charge.
"""


def field_problems(draft: Draft) -> Iterator[Problem]:
    """Fields that the lattice has, a real determinant, a guide in the field of the action, observables in a field."""
    shape = good(part(draft, "lattice").get("shape"))
    for path, fermion in every_fermion(draft):
        for key in FLUX_KEYS:
            flux = fermion.get(key)
            if good(flux) is not None and shape and not reported_of_action(draft, path, key, flux):
                yield from _components(f"{path}.{key}", key, good(flux), shape)
        yield from _beside_density(draft, path, fermion)
    pairs = zip(tables(draft, "guide", "fermion"), tables(draft, "action", "fermion"), strict=False)
    for i, (ours, theirs) in enumerate(pairs):
        for key in FLUX_KEYS:
            if given_flux(ours, key) != given_flux(theirs, key):
                mine, wanted = (list(good(table.get(key)) or ()) for table in (ours, theirs))
                allowed = f"{shown(wanted) if wanted else 'none'} as in action.fermion.{i + 1}, or left out"
                yield Problem(f"guide.fermion.{i + 1}.{key}", f"found {shown(mine)}", allowed)
    every = quarks(draft)
    for path, kind, options in observed(draft, *FERMIONIC):
        yield from quarks_in_field(path, kind, options, every)


def _components(key: str, name: str, flux: Sequence[int], shape: Sequence[int]) -> Iterator[Problem]:
    """An entry for each component; more than half the plaquettes of a plane is less of the other sign."""
    planes, names = components_of_field(name, len(shape)), direction_names(len(shape))
    if len(flux) != len(planes):
        in_words = ", ".join(names[mu] + names[nu] for mu, nu in planes)
        allowed = f"{counted(len(planes), 'entry')}, of the planes {in_words}" if planes else "none in d = 2"
        yield Problem(key, f"found {counted(len(flux), 'entry')}", allowed)
        return
    for quanta, (mu, nu) in zip(flux, planes, strict=True):
        if 2 * abs(quanta) > shape[mu] * shape[nu]:
            most = shape[mu] * shape[nu] // 2
            allowed = f"-{most} to {most} in the plane {names[mu]}{names[nu]}: more is the same as less"
            yield Problem(key, f"found {quanta}", allowed)


def _beside_density(draft: Draft, path: str, fermion: Draft) -> Iterator[Problem]:
    """SU(2) quarks with a chemical potential have a real determinant where their links are real in some basis."""
    density = next((key for key in _DENSITY if good(fermion.get(key))), None)
    if density is None:
        return
    for key in ("theta", *FLUX_KEYS):
        value = good(fermion.get(key))
        if any(value or ()) and not reported_of_action(draft, path, key, fermion.get(key)):
            allowed = "one of the two: with both the determinant is complex"
            yield Problem(f"{path}.{key}", f"found {shown(list(value))} with {density}", allowed)


def quarks_in_field(path: str, kind: str, options: Draft, every: Mapping[str, Draft]) -> Iterator[Problem]:
    """Observables that are not those of quarks in a field, uniform or of photons; ``every``: quarks by name."""
    if kind not in FERMIONIC:
        return
    yield from quarks_with_charge(path, kind, options, every)
    quark, antiquark = quark_of(every, options), second_of(every, options)
    if kind not in MEASURED and (has_flux(quark) or has_flux(antiquark)):
        allowed = f"quarks without; in a field {quoted(MEASURED)} are measured"
        yield Problem(path, "found with quarks in a field", allowed)
    elif kind in ("mesons", "pion") and (has_flux(quark) or has_flux(antiquark)):
        yield from _of_mesons(path, options, quark, antiquark)
        sea = [table for name, table in every.items() if is_of_action(name)]
        if good(options.get("sources")) is not None and any(map(has_flux, sea)):
            allowed = "none, for a source at the origin: loops around the lattice tell places in the field of the sea"
            yield Problem(f"{path}.sources", f"found {options['sources']} with quarks in a field", allowed)
    theta = {"theta": options.get("theta")}
    beside = quark and any(good(quark.get(key)) for key in _DENSITY) and has_phases(theta)
    if beside and not has_phases(quark or {}):
        found = f"found {shown(list(good(options.get('theta')) or ()))} with chemical_potential or diquark_source"
        yield Problem(f"{path}.theta", found, "one of the two")


def _of_mesons(path: str, options: Draft, quark: Draft | None, antiquark: Draft | None) -> Iterator[Problem]:
    """Sources without links or a gauge of their own, which know of no field; charged mesons have no momentum, and no
    energy in an electric field.
    """
    source = options.get("source")
    if source in ("gaussian", "wall"):
        yield Problem(f"{path}.source", f'found "{source}" with quarks in a field', '"point" or "noise_wall"')
    if given_flux(quark, "electric_flux") != given_flux(antiquark, "electric_flux"):
        allowed = "two quarks with the same electric_flux: a charged meson has no energy there"
        yield Problem(f"{path}.antiquark", "found with different electric_flux", allowed)
        return
    charged = any(given_flux(quark, key) != given_flux(antiquark, key) for key in FLUX_KEYS)
    if charged and good(options.get("momenta")):
        allowed = "no such key: a charged meson in a field has no momentum"
        yield Problem(f"{path}.momenta", "found with two quarks in different fields", allowed)


def channels_with_mean(quark: Draft | None, wanted: Sequence[str]) -> tuple[str, str] | None:
    """A channel of quark loops that has a mean value in the field of a quark, and what is allowed; None: none has.

    The field of a magnet turns into its opposite under charge conjugation, and under rotations: loops that are no
    scalars under both have none.
    """
    allowed = ("scalar",) if given_flux(quark, "electric_flux") else ("scalar", "pseudoscalar")
    others = [name for name in wanted if name not in allowed]
    return (others[0], quoted(allowed)) if has_flux(quark) and others else None


def loops_in_field(path: str, options: Mapping[str, Any], quark: Draft | None) -> Iterator[Problem]:
    """See :func:`channels_with_mean`."""
    found = channels_with_mean(quark, good(options.get("channels")) or ())
    if found:
        yield Problem(f"{path}.channels", f'found "{found[0]}" with quarks in a field', found[1])

