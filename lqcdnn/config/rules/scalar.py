"""Rules of a scalar field beside the links: where there is one, and which updates know of it."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.tables.anisotropy import is_anisotropic
from lqcdnn.config.tables.drafts import Draft, good, observed, part

_TABLE = "action.scalar"
GROUPS = ("U(1)", "SU(2)", "SU(3)")
HARDLY_ANY = 1e-12
"""Below this lambda the quartic term keeps no field from growing that grows without it."""
OF_SCALAR = ("higgs", "higgs_correlator")
"""Observables of a scalar field."""


def scalar(draft: Draft) -> Iterator[Problem]:
    """A field on a periodic lattice of even extents, whose weight can be integrated, and HMC of the links."""
    table = good(part(draft, "action").get("scalar"))
    if table is None:
        for path, _, _ in observed(draft, *OF_SCALAR):
            yield Problem(path, "there is no scalar field to measure", f"a table [{_TABLE}]")
        if part(draft, "guide").get("scalar") is not None:
            yield Problem("guide.scalar", f"given without [{_TABLE}]", "no such table")
        return
    yield from _lattice(part(draft, "lattice"))
    yield from _stable(table, good(part(draft, "lattice").get("shape")))
    yield from _update(draft)
    if part(draft, "guide").get("scalar") is not None:
        yield Problem("guide.scalar", "found a table", f"none: the guide has the term of [{_TABLE}], at the same field")
    if good(part(draft, "action").get("theta")) is not None:
        yield Problem("action.theta", f"given with [{_TABLE}]", "one of the two")


def _lattice(lattice: Draft) -> Iterator[Problem]:
    group, shape, time = (good(lattice.get(name)) for name in ("group", "shape", "time"))
    if group and group not in GROUPS:
        yield Problem("lattice.group", f"found {shown(group)} with [{_TABLE}]", '"U(1)", "SU(2)" or "SU(3)"')
    if shape and any(extent % 2 for extent in shape):
        found = f"found {shown(list(shape))} with [{_TABLE}]"
        yield Problem("lattice.shape", found, "even extents: even and odd sites of the scalar field take turns")
    if time and time != "periodic":
        yield Problem("lattice.time", f"found {shown(time)} with [{_TABLE}]", '"periodic", as the scalar field is')
    if good(lattice.get("twist")) is not None:
        yield Problem("lattice.twist", f"given with [{_TABLE}], whose field is periodic", "one of the two")


def _stable(table: Draft, shape: tuple[int, ...] | None) -> Iterator[Problem]:
    """Without a quartic term the action is bounded from below for small hopping parameters alone."""
    kappa, quartic = good(table.get("kappa")), good(table.get("lambda"))
    if shape and None not in (kappa, quartic) and quartic < HARDLY_ANY and 2 * len(shape) * abs(kappa) >= 1.0:
        found = f"found {shown(kappa)} with lambda = {shown(quartic)}, of which the integral hardly exists"
        yield Problem(f"{_TABLE}.kappa", found, f"below 1 / (2 d) = {0.5 / len(shape):g}, or a larger lambda")


def _update(draft: Draft) -> Iterator[Problem]:
    update = part(draft, "update")
    if (kind := good(update.get("kind"))) in ("heatbath", "slmc"):
        allowed = '"hmc": links are updated by molecular dynamics, the scalar field by a heat bath of its own'
        yield Problem("update.kind", f"found {shown(kind)} with [{_TABLE}]", allowed)
    for name in ("friction", "transformation", "tempering", "evolution", "bias", "llr"):
        if good(update.get(name)) is not None:
            yield Problem(f"update.{name}", f"given with [{_TABLE}]", "one of the two")
    if good(part(draft, "train").get("mode")) == "offline":
        allowed = '"online": samples belong to a scalar field, which a training on files does not read'
        yield Problem("train.mode", f'found "offline" with [{_TABLE}]', allowed)
    if part(draft, "guide", "surrogate"):
        yield Problem("guide.surrogate", f"given with [{_TABLE}]", "no such table")
    for side in ("action", "guide"):
        if is_anisotropic(part(draft, side, "gauge")):
            found = f"given with [{_TABLE}], whose hopping parameter is the same in all directions"
            yield Problem(f"{side}.gauge.anisotropy", found, "an isotropic action")


SCALAR_RULES = (scalar,)
