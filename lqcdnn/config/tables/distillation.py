"""``[observables.distillation]``: quarks smeared by the lowest eigenvectors of the Laplacian of each time slice."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Integer, ListOf, Number, Text
from lqcdnn.config.tables.measured import OfQuark
from lqcdnn.config.tables.quarkobservables import LOOP_CHANNELS

_SIGNED = ListOf(Integer(-4096, 4096), 1, 3)
_MOMENTA = ListOf(ListOf(Integer(0, 4096), 1, 3), 1, distinct=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillationConfig(OfQuark):
    """``[observables.distillation]``: matrices of correlators of mesons and of two pions, from distilled quarks."""

    eigenvectors: int = key(COUNT, "lowest eigenvectors of the Laplacian of space in each time slice", 8)
    sizes: tuple[int, ...] | None = key(
        ListOf(COUNT, 1, distinct=True),
        "numbers of eigenvectors, each makes an operator of each channel; absent: eigenvectors",
        None,
    )
    channels: tuple[str, ...] = key(
        ListOf(Text(LOOP_CHANNELS), 0, distinct=True), "matrices Gamma, as those of mesons", ("pseudoscalar",)
    )
    momenta: tuple[tuple[int, ...], ...] | None = key(
        _MOMENTA, "further momenta of these, in units of 2 pi/L, averaged over directions", None
    )
    two_pions: tuple[tuple[int, ...], ...] | None = key(
        _MOMENTA, "momenta p of the operators pi(p) pi(-p), in units of 2 pi/L; absent: none", None
    )
    moving_pions: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] | None = key(
        ListOf(ListOf(_SIGNED, 2, 2), 1, distinct=True),
        "momenta [p1, p2] of the operators pi(p1) pi(p2) of isospin 2 in a moving frame, a matrix of each p1 + p2",
        None,
    )
    isospins: tuple[int, ...] | None = key(
        ListOf(Integer(0, 2), 1, distinct=True),
        "of the two pions: 2, without annihilation; 1 and 0, with the mesons of these channels; absent: 2",
        None,
    )
    source_times: int | None = key(
        COUNT, "times of the source, equally far from each other, a divisor of Lt; absent: all", None
    )
    ape_steps: int = key(Integer(0, 1000), "steps of APE smearing of the space links in the Laplacian", 0)
    ape_alpha: float = key(Number(above=0.0, maximum=1.0), "weight of the staples in these", 0.5)
    hyp_steps: int | None = key(Integer(1, 1000), "steps of HYP smearing in place of these", None)
    eigenvector_tolerance: float = key(TOLERANCE, "residual of every eigenvector, in units of 4 (d - 1)", 1e-10)
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)
