"""Keys that observables have in common: all of them, and those of a Dirac operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import BOUNDARY, COUNT, THETA, Boolean, Integer, Number, Text


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Keys of every observable."""

    every: int = key(COUNT, "measure every n trajectories", 1)
    links: str = key(
        Text(pattern=r"[A-Za-z0-9_-]+", meaning='"thin" or the name of a network, flow, smearing or projection'),
        "the links that are measured: those of the configuration, or others made of them",
        "thin",
    )


def fermion_key(derived: str, doc: str = "quark that is measured") -> Any:
    """The quark of an observable."""
    number = 'the number of a fermion of the action in the input ("1", "2", ...)'
    meaning = f"the name of a [valence.NAME] table, or {number}"
    return key(Text(pattern=r"[A-Za-z0-9_-]+", meaning=meaning), doc, None, derived=derived)


MASS = "bare mass in lattice units; wilson: above -d, overlap: above 0, others: not below 0"


def boundary_key() -> Any:
    """Its boundary signs."""
    derived = "that of the fermion, else 1 in space, -1 in time"
    return key(BOUNDARY, "boundary sign of each direction", derived=derived)


def theta_key(derived: str) -> Any:
    """Its phases at the boundary."""
    return key(THETA, "angles of phases at the boundary, in radians", None, derived=derived)


def common_noise_key(variant: tuple[str, str]) -> Any:
    """Whether a second table has the noise of the first."""
    doc = "of a table with a prefix: the random sources of the table without, in place of its own"
    return key(Boolean(), doc, None, when=variant)  # no default but None: complete inputs stay what they were


@dataclass(frozen=True, kw_only=True)
class OfQuark(Measured):
    """Keys of the observables of a Dirac operator."""

    fermion: str | None = fermion_key(
        "the first fermion of the action, else the only valence quark, else a staggered field"
    )
    mass: float = key(Number(), MASS, derived="that of the fermion")
    boundary: tuple[int, ...] = boundary_key()
    theta: tuple[float, ...] | None = theta_key("that of the fermion, else none")


def loose_tolerance_key(doc: str, when: tuple[str, str] | None = None) -> Any:
    """Residual of the solves that are corrected by a few exact ones."""
    return key(Number(minimum=1e-15, maximum=0.1), doc, None, when=when)  # None: complete inputs stay what they were


@dataclass(frozen=True, kw_only=True)
class FromSources(OfQuark):
    """Keys of the observables with a source at one place, or at several on each configuration."""

    sources: int | None = key(
        COUNT, "positions of the source, spread over the lattice from a random one on; absent: the origin", None
    )
    exact_sources: int | None = key(
        COUNT, "how many of them are solved for exactly as well; 1 with loose_tolerance", None
    )
    loose_tolerance: float | None = loose_tolerance_key("solver residual of all sources; absent: all are exact")


@dataclass(frozen=True, kw_only=True)
class OfSpectrum(OfQuark):
    """Keys of the observables of the eigenvalues of a Dirac operator."""

    mass: float = key(Number(), MASS, 0.0, derived="that of the fermion, else 0")


@dataclass(frozen=True, kw_only=True)
class OfSlices(Measured):
    """Keys of the observables that are sums over time slices."""

    slices: bool | None = key(Boolean(), "also a list with the number of each time slice", None)
    margin: int | None = key(
        Integer(0, 2048), 'time slices that are left out at either end; lattice.time = "open" has ends', None
    )  # no default but None, of both: complete inputs stay what they were
