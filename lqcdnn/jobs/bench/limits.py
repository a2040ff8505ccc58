"""The machine's own limits, measured by kernels in the style of all others (``kernels.limits``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lqcdnn.jobs.bench.sampling import Call, interleaved
from lqcdnn.kernels import limits as kernels
from lqcdnn.kernels.compile import VECTOR_BYTES
from lqcdnn.kernels.simd import field_dtype
from lqcdnn.kernels.staggered import hopping
from lqcdnn.lattice.blocks import aligned_zeros
from lqcdnn.lattice.geometry import Blocks, lattice

PARTS = 8
FMA_ROUNDS = 50_000
SIZES = {"16 kB": 16e3, "256 kB": 256e3, "4 MB": 4e6, "64 MB": 64e6}


def buffer(size: float) -> Blocks:
    """Numbers in about ``size`` bytes, in blocks of 12 vectors (as many sums as hide the latency of an addition)."""
    dtype = field_dtype(3, 2, VECTOR_BYTES // 8, "f8")
    out = aligned_zeros((max(1, round(size / dtype.itemsize / PARTS)) * PARTS,), dtype)
    out["c"] = 0.5
    return out


class Reading:
    """Reads ``size`` bytes again and again from where they stay: the cache that holds them, or memory."""

    def __init__(self, store: Blocks, size: float) -> None:
        blocks = max(1, round(size / store.itemsize / PARTS)) * PARTS
        if blocks > len(store):
            raise ValueError(f"{size:.0f} bytes to read, but the buffer has {store.nbytes}")
        self.x, self.part = store[:blocks], np.empty(PARTS)
        self.bytes = self.x.nbytes

    def __call__(self) -> None:
        """Read all of it once."""
        kernels.read(self.part, self.x)


class Arithmetic:
    """Independent fused multiply-adds in registers."""

    def __init__(self, real: str) -> None:
        lanes = VECTOR_BYTES // np.dtype(real).itemsize
        self.x, self.part = aligned_zeros((1,), field_dtype(5, 1, lanes, real)), np.empty(1)
        self.x["c"] = 1.0
        self.flops = 2 * 10 * lanes * FMA_ROUNDS

    def __call__(self) -> None:
        """Do ``flops`` operations."""
        kernels.multiply_add(self.part, self.x, FMA_ROUNDS)


@dataclass(frozen=True)
class Limits:
    """GB/s by size of the data read, GB/s of a triad out of memory, GFlop/s by precision, microseconds of a call."""

    read: dict[str, float]
    triad: float
    arithmetic: dict[str, float]
    call: float


def measure_limits(rounds: int) -> Limits:
    """Medians over ``rounds``."""
    store = buffer(max(SIZES.values()))
    third = len(store) // 3
    streams = [store[k * third : (k + 1) * third] for k in range(3)]
    readers = [Reading(store, size) for size in SIZES.values()]
    arithmetic = {real: Arithmetic(real) for real in ("f8", "f4")}
    calls: list[Call] = [*readers, lambda: kernels.triad(*streams, 0.5), *arithmetic.values(), empty_call()]
    t = np.median(interleaved(calls, rounds), axis=0)
    return Limits(
        {name: r.bytes / s / 1e9 for name, r, s in zip(SIZES, readers, t, strict=False)},
        3 * streams[0].nbytes / t[len(SIZES)] / 1e9,
        {real: a.flops / s / 1e9 for (real, a), s in zip(arithmetic.items(), t[-3:-1], strict=True)},
        1e6 * float(t[-1]),
    )


def empty_call() -> Call:
    """A kernel called from Python with the arguments of a hop, on no block at all."""
    grid = lattice((4, 4, 4, 4))
    psi, W, nbr = grid.zeros(3, 1), grid.packed_links(3), grid.neighbours
    return lambda: hopping(psi, W, psi, nbr, 0, 0)
