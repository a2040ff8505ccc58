"""Exact plaquettes of two-dimensional gauge theory on a torus, by character expansion (physics.md 8.2)."""

import numpy as np


def bessel_i(orders, x):
    """I_n(x) = (1/pi) int_0^pi e^{x cos t} cos(n t) dt; the trapezoidal rule converges exponentially."""
    t = np.linspace(0.0, np.pi, 401)
    weight = np.full(t.size, 1.0 / 400)
    weight[[0, -1]] *= 0.5
    return np.array([np.sum(weight * np.exp(x * np.cos(t)) * np.cos(n * t)) for n in orders])


def torus_plaquette(coefficient, derivative, volume):
    """<P> = (1/V) d ln Z / d beta with Z = sum_r coefficient_r^V."""
    ratio = coefficient / coefficient.max()
    return float(np.sum(ratio ** (volume - 1) * derivative) / np.sum(ratio**volume) / coefficient.max())


def u1_plaquette(beta, volume):
    """<cos theta_P>: coefficients I_q(beta), every integer q."""
    q = np.arange(-20, 21)
    return torus_plaquette(bessel_i(q, beta), 0.5 * (bessel_i(q - 1, beta) + bessel_i(q + 1, beta)), volume)


def su2_plaquette(beta, volume):
    """<tr P / 2>: e^{(beta/2) tr P} = sum_{n>0} n (2 I_n / beta) chi_n, hence coefficients 2 I_n(beta) / beta."""
    n = np.arange(1, 25)
    i = bessel_i(n, beta)
    derivative = 0.5 * (bessel_i(n - 1, beta) + bessel_i(n + 1, beta))
    return torus_plaquette(2.0 * i / beta, 2.0 * (derivative - i / beta) / beta, volume)
