"""The Schroedinger functional, loop by loop on links [mu, x, ..., t, n, n] by numpy, and what is exact about it."""

from math import pi

import numpy as np
from reference.exact import bessel_i
from reference.loops import planes, transport
from reference.matrices import dagger, exponential, ta
from reference.opentime import by_slice, existing, oblong, traces

ANGLES = {
    # U(1): any; one that depends on eta, and one of which d phi / d eta is the same
    1: ((0.4,), (2.0,), (1.0,), (-0.5,)),
    2: ((-pi / 4, pi / 4), (-3 * pi / 4, 3 * pi / 4), (-1.0, 1.0), (1.0, -1.0)),
    3: ((-pi / 3, 0.0, pi / 3), (-pi, pi / 3, 2 * pi / 3), (1.0, -0.5, -0.5), (-1.0, 0.5, 0.5)),
}
"""phi, phi' and their derivatives by eta of the running coupling, hep-lat/9207010 and hep-lat/9309005."""


def fixed(z, lower, upper):
    """Links with those of space exp(i diag(phi) / L) in the first slice, exp(i diag(phi') / L) in the last."""
    z = z.copy()
    for mu in range(len(z) - 1):
        for slice_, angles in ((0, lower), (-1, upper)):
            z[mu][..., slice_, :, :] = np.diag(np.exp(1j * np.array(angles) / z.shape[1 + mu]))
    return z


def wall(path, shape):
    """Whether a loop with time from each site has a link of space in the first or the last slice."""
    d, last = len(shape), shape[-1] - 1
    t, touched = np.indices(shape)[-1], np.zeros(shape, dtype=bool)
    for step in path:
        if abs(step) == d:
            t = t + (1 if step > 0 else -1)
        else:
            touched |= (t % (last + 1) == 0) | (t % (last + 1) == last)
    return touched & existing(path, shape) if d in map(abs, path) else np.zeros(shape, dtype=bool)


def action(z, beta, ct=1.0):
    """beta sum (1 - Re tr P / N) of the plaquettes that exist, c_t times those of time that touch a fixed link."""
    total = 0.0
    for mu, nu in planes(len(z)):
        path = oblong(mu, nu, 1, 1)
        values, there = traces(z, path)
        weight = np.where(wall(path, z.shape[1:-2]), ct, 1.0) * there
        total += (weight * (1.0 - values)).sum()
    return beta * total


def classical(beta, n, shape, lower, upper):
    """The action of the classical field, whose plaquettes with time are exp(i diag(phi' - phi) / (L_k T))."""
    T, sites = shape[-1] - 1, np.prod(shape[:-1])
    sines = [np.sin((b - a) / (2.0 * L * T)) ** 2 for L in shape[:-1] for a, b in zip(lower, upper, strict=True)]
    return 2.0 * beta / n * T * sites * sum(sines)


def velocity(z):
    """TA of the staples times U^dag, 0 on links that are fixed or missing."""
    d, shape = len(z), z.shape[1:-2]
    out = np.zeros_like(z)
    for mu in range(d):
        for nu in range(d):
            for sign in (1, -1) if nu != mu else ():
                path = (sign * (nu + 1), mu + 1, -sign * (nu + 1))
                there = existing(path, shape) & existing((mu + 1,), shape)
                out[mu] += there[..., None, None] * (transport(z, path) @ dagger(z[mu]))
        if mu < d - 1:
            out[mu][..., [0, -1], :, :] = 0.0
    return ta(out)


def euler(z, step, count):
    """Links after so many Euler steps of the flow."""
    for _ in range(count):
        z = exponential(step * velocity(z)) @ z
    return z


def plaquette_slices(z):
    """E of plaquettes at each time between the fixed slices: 2 Re tr (1 - P), half of those with time to each side."""
    d, n = len(z), z.shape[-1]
    space, found = np.prod(z.shape[1:-3]), 0.0
    for mu, nu in planes(d):
        missing = by_slice(n * (1.0 - traces(z, oblong(mu, nu, 1, 1))[0]))
        found = found + (0.5 * (missing[1:-1] + missing[:-2]) if nu == d - 1 else missing[1:-1])
    return (2.0 if n > 1 else 1.0) * found / space


def plane_derivative(n, beta, ct, shape, lower, upper, lower_slope, upper_slope):
    """Exact <dS/deta> of U(1) and SU(2) in two dimensions.

    Z = sum_r c_r(beta)^(L (T - 2)) c_r(beta c_t)^(2 L) chi_r(W) chi_r(W')^*, W and W' the holonomies of the fixed
    links, c_r the coefficients of the characters of one plaquette without the dimensions of r.
    """
    L, T = shape[0], shape[1] - 1
    r = np.arange(-25, 26) if n == 1 else np.arange(1, 26)
    bulk, ends = (np.log(np.maximum(bessel_i(r, b), 1e-16)) for b in (beta, beta * ct))  # below it is rounding
    log = L * (T - 2) * bulk + 2 * L * ends
    weight = np.exp(log - log.max())

    def character(angles):
        a = angles[-1]
        return np.exp(1j * r * a) if n == 1 else np.sin(r * a) / np.sin(a)

    def log_Z(eta):
        a, b = (np.array(p) + eta * np.array(s) for p, s in ((lower, lower_slope), (upper, upper_slope)))
        return np.log((weight * (character(a) * character(b).conj())).sum().real)

    h = 1e-3
    return -(4.0 * (log_Z(h) - log_Z(-h)) / (2 * h) - (log_Z(2 * h) - log_Z(-2 * h)) / (4 * h)) / 3.0
