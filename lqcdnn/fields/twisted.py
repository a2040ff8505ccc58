"""What a twist of the boundary conditions changes in sums of loops and in staples: only at the corners.

An ordinary kernel sums over all loops W as if there were no twist; here (z^k - 1) W is added for those with a factor
z^k (physics.md 12).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.loops import Path
from lqcdnn.kernels import defect as kernels
from lqcdnn.kernels.paths import path_traces
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.programs import loop_program
from lqcdnn.lattice.twistedloops import Corners, TwistedLoops, twisted_leaves


def changes(loops: TwistedLoops, U: Blocks) -> NDArray[np.float64]:
    """sum over the loops W of Re tr (z^k - 1) W, for each class of ``loops``."""
    sites, program, places = loops.loops
    lattice = loops.defect.lattice
    out: Any = aligned_zeros((len(sites.vectors),), field_dtype(1, 1, lattice.width, lattice.real))
    weight = loops.weights_of_loops()
    kernels.traces(out, U, lattice.neighbours, sites.vectors, sites.part, program.program, weight, program.start)
    values = out["c"][:, 0, 0, 0, :].ravel()
    found: list[list[float]] = [[] for _ in loops.classes]
    for (k, _), where in zip(loops.terms, places, strict=True):
        found[k] += values[where].tolist()
    return np.array([math.fsum(terms) for terms in found])


def add_staples(C: Blocks, loops: TwistedLoops, U: Blocks, weight: NDArray[np.float64]) -> None:
    """C_mu(n) += sum of weight (z^k - 1) times the staples of each class, with these weights [class]."""
    kernels.add_staples(C, U, *_arguments(loops, weight))


def add_gradient(Sigma: Blocks, loops: TwistedLoops, U: Blocks, weight: NDArray[np.float64]) -> None:
    """Sigma_mu(n) += what :func:`add_staples` adds to C, conjugated."""
    kernels.add_gradients(Sigma, U, *_arguments(loops, weight))


def _arguments(loops: TwistedLoops, weight: NDArray[np.float64]) -> tuple[Any, ...]:
    where = loops.defect.lattice.neighbours, loops.sites.vectors, loops.direction, loops.sites.part
    return (*where, loops.program.program, loops.weights(weight), loops.program.start)


def twist_field_strength(
    F: Blocks, lattice: Lattice, U: Blocks, sides: tuple[int, int], corners: int, weight: float
) -> None:
    """F_p = (Q - Q^dag)/8, Q = weight times the leaves with their centre elements, where any has one other than 1."""
    assert lattice.twist is not None
    found = twisted_leaves(lattice, sides, corners)
    phases = lattice.twist.phases
    phases[0] = weight  # no leaf is multiplied by z^0
    where = lattice.neighbours, found.sites.vectors, found.plane, found.sites.part
    kernels.put_field_strengths(F, U, *where, found.program.program, phases, found.program.start)


def twist_plaquettes(lattice: Lattice, traces: Blocks) -> None:
    """Multiply tr P of each plane, P_{mu nu} with mu > nu, by its element of the centre; [plane, block], in place."""
    if lattice.twist is None:
        return
    order = [(nu, mu) for mu in range(1, lattice.d) for nu in range(mu)]  # that of kernels.loops.plaquette_traces
    for plane, (mu, nu) in enumerate(order):
        k = Corners(lattice).crossings(oblong(mu, nu, 1, 1))
        turn(traces[plane], lattice.twist.phases[-k % lattice.twist.n])  # z_{nu mu} = z_{mu nu}^*


def turn(field: Blocks, phases: NDArray[np.float64]) -> None:
    """Multiply complex numbers [block] by others, [site in block order, (re, im)], in place."""
    c = field["c"][:, 0, 0]  # [block, (re, im), lane]
    cosine, sine = (phases[:, part].reshape(len(c), -1) for part in (0, 1))
    re, im = c[:, 0].copy(), c[:, 1].copy()
    c[:, 0] = cosine * re - sine * im
    c[:, 1] = cosine * im + sine * re


def loop_sums(lattice: Lattice, U: Blocks, paths: Sequence[Path]) -> list[float]:
    """sum over sites of Re tr W of each closed path, with its elements of the centre; added in block order."""
    assert lattice.twist is not None
    program = loop_program(paths)
    traces = lattice.zeros(1, 1, (len(paths),))
    path_traces(traces, U, lattice.neighbours, program.program, program.start, np.ones((1, 1)))
    for field, path in zip(traces, paths, strict=True):
        turn(field, lattice.twist.phases[Corners(lattice).crossings(path)])
    real = traces["c"][:, :, 0, 0, 0, :].reshape(len(paths), -1)
    return [float(x) for x in real.cumsum(axis=1)[:, -1]]


def oblong(mu: int, nu: int, r: int, t: int) -> Path:
    """The loop of r links in direction mu and t in direction nu."""
    return (mu + 1,) * r + (nu + 1,) * t + (-mu - 1,) * r + (-nu - 1,) * t
