"""Which table ``[observables.NAME]`` writes a series, by the beginning of its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lqcdnn.config.tables.observables import OBSERVABLES, observable_kind

_BEGINNINGS: dict[str, tuple[str, ...]] = {
    "baryon_currents": ("baryon_current_",),
    "baryons": ("baryon_",),
    "condensate": ("condensate", "diquark_condensate"),
    "distillation": ("distilled_", "laplacian_eigenvalues", "distillation"),
    "eigenvalues": ("eigenvalues", "index"),
    "glueballs": ("glueball_",),
    "gluon_propagator": ("gluon_",),
    "ghost_propagator": ("ghost_",),
    "meson_currents": ("meson_current_",),
    "meson_mixing": ("meson_mixing_",),
    "mesons": ("meson_",),
    "pion": ("pion", "midpoint", "residual_mass"),
    "quark_loops": ("quark_loop_", "disconnected_", "quark_loops"),
    "quark_vertices": ("quark_vertex", "quark_vertices"),
    "higgs": ("higgs_length", "higgs_quartic", "higgs_hopping", "higgs_link"),
    "higgs_correlator": ("higgs_scalar", "higgs_vector"),
    "schroedinger_correlators": tuple(f"schroedinger_{name}" for name in ("fA", "fP", "fV", "f1", "kV", "kT")),
    "spectral_density": ("spectral_density", "mode_number"),
    "topological_charge": ("topological_charge", "topological_susceptibility"),
}
"""Of observables whose numbers are not all called as they are."""
JOURNAL = (
    "dH", "accepted", "acceptance_probability", "cg_iterations", "action", "work", "start_action", "start_accepted",
    "steps_accepted", "others_accepted", "collective_variable", "swapped", "walkers", "steps",
)  # fmt: skip
"""What the run itself writes, beside `plaquette` and `polyakov`, as far as it has mean values."""
TIMES = {
    "pion": ("pion", "midpoint"), "mesons": ("meson_",), "baryons": ("baryon_",), "static_light": ("static_light_",),
    "vector_correlator": ("vector_correlator_",), "plaquette_correlator": ("plaquette_correlator",),
    "glueballs": ("glueball_",), "higgs_correlator": ("higgs_scalar", "higgs_vector"),
    "quark_loops": ("disconnected_",), "distillation": ("distilled_",), "meson_currents": ("meson_current_",),
    "baryon_currents": ("baryon_current_",), "meson_mixing": ("meson_mixing_",),
}  # fmt: skip
"""Lists with a number for each time of the lattice, as far as they are written in a table of their own."""


def beginnings(kind: str) -> tuple[str, ...]:
    """How names of the numbers of an observable begin."""
    return _BEGINNINGS.get(kind, (kind,))


def starts(name: str, beginning: str) -> bool:
    """Whether a name is a beginning, or goes on with another word or a number."""
    if beginning.endswith("_"):
        return name.startswith(beginning)
    return name == beginning or name.startswith((f"{beginning}_", f"{beginning}."))


def writers(series: str) -> set[str]:
    """Names of the tables that would write a series: those with the longest beginning of its name."""
    found = [(len(beginning), name) for beginning, name in _tables(series) if observable_kind(name)]
    longest = max((length for length, _ in found), default=0)
    return {name for length, name in found if length == longest}


def writer(series: str, names: Iterable[str]) -> str | None:
    """The table of these that writes a series."""
    possible = writers(series)
    return next((name for name in names if name in possible), None)


def is_of_journal(series: str) -> bool:
    """Whether the run itself writes a series."""
    possible = writers(series)
    if possible:
        return not possible.isdisjoint(("plaquette", "polyakov"))
    return any(starts(series, name) for name in JOURNAL)


def _tables(series: str) -> Iterator[tuple[str, str]]:
    """Beginnings of observables in a series, and the tables that have them with the prefix before."""
    for kind in OBSERVABLES:
        for beginning in {kind, *beginnings(kind)}:  # solver iterations are called as the table
            at = series.find(beginning)
            if at >= 0 and (at == 0 or series[at - 1] == "_") and starts(series[at:], beginning):
                yield beginning, series[:at] + kind
