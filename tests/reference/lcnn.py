"""Gauge-equivariant convolutional networks in numpy, term by term as they are written down (arXiv:2012.12901)."""

import itertools

import numpy as np
from reference.loops import moved, plaquette, transport
from reference.matrices import dagger, trace


def ways(d, reach):
    """Straight paths from a site: none, then those ahead, then those behind, of each the short ones first."""
    sides = [*range(1, d + 1), *range(-1, -d - 1, -1)]
    return [(), *((side,) * steps for side in sides for steps in range(1, reach + 1))]


def offset(path, d):
    return [path.count(mu + 1) - path.count(-mu - 1) for mu in range(d)]


def loops_put_in(U, polyakov):
    d = len(U)
    planes = [(mu, nu) for nu in range(d) for mu in range(nu)]
    lines = [transport(U, (mu + 1,) * U.shape[1 + mu]) for mu in polyakov]
    return [*(plaquette(U, mu, nu) for mu, nu in planes), *lines]


def bilinear_layer(U, W, a, reach):
    """W'_i = sum a[i, j, m] V_j X_m."""
    unit = np.broadcast_to(np.eye(U.shape[-1], dtype=complex), U.shape[1:])
    V = [unit, *W, *map(dagger, W)]
    carried = []
    for w, path in itertools.product(W, ways(len(U), reach)):
        D = transport(U, path)
        carried.append(D @ moved(w, offset(path, len(U))) @ dagger(D))
    X = [unit, *carried, *map(dagger, carried)]
    assert a.shape[1:] == (len(V), len(X))
    nothing = np.zeros_like(unit)
    return [sum((a_i[j, m] * V[j] @ X[m] for j, m in np.argwhere(a_i)), nothing) for a_i in a]


def value(U, layers, constant, head, reach, polyakov):
    """The constant and the means of Re tr / N, Im tr / N of all channels, with the weights ``head`` [channel, part]."""
    channels = W = loops_put_in(U, polyakov)
    for a in layers:
        W = bilinear_layer(U, W, a, reach)
        channels = [*channels, *W]
    means = np.array([trace(w).mean() / U.shape[-1] for w in channels])
    parts = np.stack([means.real, means.imag], axis=1)[:, : head.shape[1]]
    return constant + (head * parts).sum()


def mirrored(U, axes):
    """Links seen in mirrors at 0 across some axes: the link from n to n + mu is that from -n to -n - mu there."""
    for axis in axes:
        rolled = [np.roll(np.flip(links, axis), 1, axis) for links in U]
        rolled[axis] = dagger(np.flip(U[axis], axis))
        U = np.array(rolled)
    return U


def exchanged(U, p):
    """Links after a permutation of the axes, mu to p[mu]."""
    back = np.argsort(p)
    return np.array([np.transpose(U[mu], (*back, len(p), len(p) + 1)) for mu in back])
