"""Momenta of hadrons: weights of the sites of a time slice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.hadrons import momentum_problems
from lqcdnn.config.rules.symmetries import Momentum, exchanges
from lqcdnn.config.tables.currents import CurrentsConfig
from lqcdnn.config.tables.quarkobservables import MesonsConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.registry import refuse


def check_momenta(options: MesonsConfig, lattice: Lattice) -> None:
    """Refuse momenta that the lattice does not have.

    Raises
    ------
    InputError
        If so.
    """
    refuse(momentum_problems("observables.mesons", as_tree(options), lattice.shape))


def projectors(options: MesonsConfig | CurrentsConfig, lattice: Lattice) -> dict[str, NDArray[np.float64] | None]:
    """Weights of the sites of space by the end of the keys of a momentum; None for zero momentum, without an end."""
    space, signs = lattice.shape[:-1], options.boundary[:-1]
    return {"": None} | {momentum_key(k): momentum_weights(space, signs, k) for k in options.momenta or ()}


def momentum_key(momentum: Sequence[int]) -> str:
    """What stands behind the name of a correlator with this momentum: ``_p1_0_0``."""
    return "_p" + "_".join(map(str, momentum))


def sink_waves(options: CurrentsConfig, lattice: Lattice) -> list[tuple[list[str], NDArray[np.complex128] | None]]:
    """Ends of keys, ``_sink1_0_0``, and exp(-i p x), [x, ...], of the momenta at source and sink; None at rest.

    At rest the end is empty, and ``_sink0_0_0`` besides where this momentum is named: it needs nothing of its own.
    """
    named = {"_sink" + "_".join(map(str, k)): k for k in options.sink_momenta or ()}
    at_rest = ["", *(end for end, k in named.items() if not any(k))]
    return [(at_rest, None), *(([end], plane_wave(lattice.shape[:-1], k)) for end, k in named.items() if any(k))]


def plane_wave(extents: Sequence[int], momentum: Sequence[int]) -> NDArray[np.complex128]:
    """exp(-i p x), [x, ...], p_i = 2 pi k_i / L_i."""
    whole = np.ones((), dtype=np.complex128)
    for k, n in zip(momentum, extents, strict=True):
        angles = 2.0 * np.pi * k * np.arange(n) / n
        whole = np.multiply.outer(whole, np.cos(angles) - 1j * np.sin(angles))
    return whole


def exchanged(
    extents: Sequence[int], boundary: Sequence[int], momentum: Sequence[int]
) -> list[Momentum]:
    """What exchanges of directions with equal extents and boundary signs make of a momentum, in order."""
    return sorted({tuple(momentum[i] for i in order) for order in exchanges(extents, boundary)})


def orbit(extents: Sequence[int], boundary: Sequence[int], momentum: Sequence[int]) -> list[Momentum]:
    """All momenta that the symmetries of space make of one, of p and -p the first; k_i from 0 to L_i - 1."""
    found: list[Momentum] = []
    for one in exchanged(extents, boundary, momentum):
        for signs in product((1, -1), repeat=len(one)):
            p = tuple(s * k % n for s, k, n in zip(signs, one, extents, strict=True))
            if p not in found and opposite(p, extents) not in found:
                found.append(p)
    return found


def opposite(momentum: Momentum, extents: Sequence[int]) -> Momentum:
    """-p, k_i from 0 to L_i - 1."""
    return tuple(-k % n for k, n in zip(momentum, extents, strict=True))


def momentum_weights(
    extents: Sequence[int], boundary: Sequence[int], momentum: Sequence[int]
) -> NDArray[np.float64]:
    """Mean of exp(-i p x) over all p that the symmetries of space make of 2 pi k_i / L_i, [x, ...]: a real number.

    These are all signs of the components, and exchanges of directions with equal extents.

    Parameters
    ----------
    extents, boundary
        L_i, and boundary signs of the quarks: directions are exchanged where both agree.
    momentum
        k_i.
    """
    known = exchanged(extents, boundary, momentum)
    total = np.zeros(tuple(extents))
    for one in known:
        waves = [np.cos(2.0 * np.pi * k * np.arange(n) / n) for k, n in zip(one, extents, strict=True)]
        whole = np.ones(())
        for wave in waves:
            whole = np.multiply.outer(whole, wave)
        total += whole
    return total / len(known)
