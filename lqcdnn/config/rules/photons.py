"""Rules of quarks with an electric charge, which see photon fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.language.values import quoted
from lqcdnn.config.rules.everyfermion import every_fermion, reported_of_action
from lqcdnn.config.rules.quarkdefaults import at_density
from lqcdnn.config.rules.valence import quark_of, second_of
from lqcdnn.config.tables.drafts import Draft, good, part
from lqcdnn.config.tables.photons import charge_of
from lqcdnn.config.tables.representations import is_higher

CHARGED = ("condensate", "pion", "mesons", "baryons")
"""Observables of quarks with a charge."""


def charge_problems(draft: Draft) -> Iterator[Problem]:
    """Charges of valence quarks alone, on lattices and of quarks for which photon fields are drawn."""
    charged = {path: fermion for path, fermion in every_fermion(draft) if charge_of(fermion)}
    for path, fermion in charged.items():
        if not reported_of_action(draft, path, "charge", fermion["charge"]):
            yield from _of_quark(draft, path, fermion, f"found {shown(fermion['charge'])}")
    first = next((path for path in charged if path.startswith("valence.")), None)
    if first is not None and draft.get("photons") is None:
        allowed = "a table [photons], which says how photon fields are drawn"
        yield Problem("photons", f"missing, and {first} has a charge", allowed)
    photons = part(draft, "photons")
    if (good(photons.get("gauge")), good(photons.get("zero_modes"))) == ("coulomb", "QED_TL"):
        allowed = '"QED_L": in Coulomb gauge waves of no momentum in space have no propagator'
        yield Problem("photons.zero_modes", 'found "QED_TL" with gauge = "coulomb"', allowed)


def _of_quark(draft: Draft, path: str, fermion: Draft, found: str) -> Iterator[Problem]:
    """What does not go with the charge of a quark; the first of it."""
    lattice, key = part(draft, "lattice"), f"{path}.charge"
    xi = good(fermion.get("anisotropy")) or good(part(draft, "action", "gauge").get("anisotropy")) or 1.0
    if not path.startswith("valence."):
        allowed = "none in an action, where QED is quenched; [valence.NAME] may have one"
        yield Problem(key, found, allowed)
    elif good(lattice.get("time")) not in (None, "periodic"):
        yield Problem(key, f"{found} with lattice.time = {shown(lattice['time'])}", 'lattice.time = "periodic"')
    elif part(draft, "lattice", "twist"):
        yield Problem(key, f"{found} with lattice.twist", "none: twisted lattices know of no photons")
    elif xi != 1.0:
        yield Problem(key, f"{found} with anisotropy = {shown(xi)}", "none: photons are those of an isotropic lattice")
    elif is_higher(good(fermion.get("representation"))):
        yield Problem(key, f"{found} with representation = {shown(fermion['representation'])}", '"fundamental"')
    elif at_density(fermion):
        yield Problem(key, f"{found} with chemical_potential or diquark_source", "one of the two")
    elif good(fermion.get("solver")) == "multigrid":
        yield Problem(f"{path}.solver", 'found "multigrid" with charge', 'another: "cg", "mixed"')


def quarks_with_charge(path: str, kind: str, options: Draft, every: Mapping[str, Draft]) -> Iterator[Problem]:
    """Observables that are not those of quarks with charge; ``every``: quarks by name."""
    if not charge_of(quark_of(every, options)) and not charge_of(second_of(every, options)):
        return
    if kind not in CHARGED:
        allowed = f"quarks without; with a charge {quoted(CHARGED)} are measured"
        yield Problem(path, "found with quarks that have a charge", allowed)
    elif options.get("source") in ("gaussian", "wall"):
        allowed = quoted(("point", "noise_wall") if kind == "mesons" else ("point",))
        yield Problem(f"{path}.source", f'found "{options["source"]}" with quarks that have a charge', allowed)
