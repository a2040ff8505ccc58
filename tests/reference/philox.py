"""Philox4x32-10 in plain integers (Salmon, Moraes, Dror, Shaw, SC11), and the numbers made from it."""

import math

import numpy as np

MASK = 0xFFFFFFFF


def philox4x32(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def uniforms(site, count, trajectory, purpose, seed):
    """(53 high bits + 1/2) / 2^53 of each pair of words; rounding to 1 is left out, it happens once in 2^53."""
    found = []
    for draw in range((count + 1) // 2):
        a, b, c, d = philox4x32((site, draw, trajectory, purpose), (seed & MASK, seed >> 32))
        found += [(((a << 32 | b) >> 11) + 0.5) / 2**53, (((c << 32 | d) >> 11) + 0.5) / 2**53]
    return np.array(found[:count])


def normals(site, count, trajectory, purpose, seed):
    """Box-Muller."""
    u = uniforms(site, count + count % 2, trajectory, purpose, seed)
    found = []
    for x, y in zip(u[::2], u[1::2], strict=True):
        r = math.sqrt(-2.0 * math.log(x))
        found += [r * math.cos(2 * math.pi * y), r * math.sin(2 * math.pi * y)]
    return np.array(found[:count])


def numbered(shape, make, count):
    """[x, ..., count] with the numbers of each site, sites numbered with x fastest."""
    out = np.empty((*shape, count))
    for site in np.ndindex(*shape):
        number = sum(int(x) * math.prod(shape[:k]) for k, x in enumerate(site))
        out[site] = make(number, count)
    return out
