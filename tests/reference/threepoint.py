"""Three-point functions as derivatives of correlators made with a current in the Dirac operator.

D - epsilon J has the propagator S + epsilon S J S + ..., so that a correlator with it in place of S grows by epsilon
times its three-point function.
"""

import numpy as np
from reference import wilson


def local(shape, n, gamma, t, momentum=()):
    """Gamma on a time slice, times exp(i q x) in units of 2 pi / L: matrix over (site, colour, spin)."""
    sites = np.array(wilson.sites(shape))
    q = np.array([2 * np.pi * k / L for k, L in zip(momentum, shape, strict=False)])
    weights = (sites[:, -1] == t) * np.exp(1j * sites[:, : len(q)] @ q)
    return np.kron(np.diag(np.repeat(weights, n)), gamma)


def turned(U, t, alpha):
    """Links in time from t to t + 1 times exp(i alpha): D with them is D + i alpha V + O(alpha^2)."""
    V = U.astype(complex)
    V[-1][(slice(None),) * (U.ndim - 4) + (t,)] *= np.exp(1j * alpha)
    return V


def pion(S, other, shape, n, momentum=None):
    """sum over space of <P(x, t) P(0)^dag>, P = qbar_1 gamma_5 q_2, from both S_2(x; 0) and S_1(0; x): [t].

    Its real part; with a momentum in units of 2 pi / L the complex sum with exp(-i p x).
    """
    d, V, g5 = len(shape), int(np.prod(shape)), wilson.gamma5(len(shape))
    S, other = (one.reshape(V, n, d, V, n, d) for one in (S, other))
    there, back = S[:, :, :, 0], other[0].transpose(2, 0, 1, 3, 4)  # [x, i, a, j, b], [x, j, b, i, a]
    bar = wilson.gammas(d)[-1] @ g5.conj().T @ wilson.gammas(d)[-1]
    C = -np.einsum("ca,xiajb,bd,xjdic->x", g5, there, bar, back, optimize=True)
    sites = np.array(wilson.sites(shape))
    if momentum is None:
        return np.bincount(sites[:, -1], C.real, shape[-1])
    C = C * wave(shape, momentum)
    return np.bincount(sites[:, -1], C.real, shape[-1]) + 1j * np.bincount(sites[:, -1], C.imag, shape[-1])


def wave(shape, momentum):
    """exp(-i p x) on all sites."""
    p = [2 * np.pi * k / L for k, L in zip(momentum, shape, strict=False)]
    return np.exp(-1j * np.array(wilson.sites(shape))[:, : len(p)] @ np.array(p))


def derivative(function, step=1e-4):
    """d/d epsilon at 0, of fourth order."""
    f = {k: function(k * step) for k in (-2, -1, 1, 2)}
    return (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * step)
