"""Open boundary conditions in time, loop by loop and slice by slice, on links [mu, x, ..., t, n, n] by numpy."""

import numpy as np
from reference.energy import field_strength
from reference.loops import planes, transport
from reference.matrices import dagger, exponential, ta, trace


def existing(path, shape):
    """Whether a path from each site [x, ..., t] passes no link from the last time slice to the first."""
    d, T = len(shape), shape[-1]
    t, there = np.indices(shape)[-1], np.ones(shape, dtype=bool)
    for step in path:
        if abs(step) == d:
            low = t if step > 0 else t - 1
            there &= (low >= 0) & (low < T - 1)
            t = t + (1 if step > 0 else -1)
    return there


def ends(shape):
    """Whether a site is in the first or last slice."""
    return np.isin(np.indices(shape)[-1], (0, shape[-1] - 1))


def oblong(mu, nu, r, t):
    """The loop of r links of direction mu and t of direction nu."""
    return (mu + 1,) * r + (nu + 1,) * t + (-mu - 1,) * r + (-nu - 1,) * t


def traces(U, path):
    """(Re tr W / N, whether it exists) of the loop from each site."""
    return trace(transport(U, path)).real / U.shape[-1], existing(path, U.shape[1:-2])


def mean(U, paths):
    """Mean of Re tr W / N over the loops that exist."""
    found = [values[there] for values, there in (traces(U, path) for path in paths)]
    return np.concatenate(found).mean()


def action(U, beta, c1=0.0):
    """beta (c0 plaquettes + c1 rectangles) of the loops that exist; those inside the first or last slice count half."""
    d, shape = len(U), U.shape[1:-2]
    loops = [(1.0 - 8.0 * c1, oblong(mu, nu, 1, 1)) for mu, nu in planes(d)]
    if c1:
        loops += [(c1, oblong(mu, nu, 2, 1)) for mu in range(d) for nu in range(d) if mu != nu]
    total = 0.0
    for factor, path in loops:
        values, weight = traces(U, path)
        if d not in map(abs, path):
            weight = np.where(ends(shape), 0.5, 1.0)
        total += factor * (weight * (1.0 - values)).sum()
    return beta * total


def by_slice(density):
    """Sum over space, [t]."""
    return density.reshape(-1, density.shape[-1]).sum(axis=0)


def plaquette_slices(U):
    """E of plaquettes at each time: 2 Re tr (1 - P) per site, those with time half to each of their slices."""
    d, n, T = len(U), U.shape[-1], U.shape[-3]
    space = np.prod(U.shape[1:-3])
    found = np.zeros(T)
    for mu, nu in planes(d):
        values, there = traces(U, oblong(mu, nu, 1, 1))
        of_slices = by_slice(np.where(there, n * (1.0 - values), 0.0))
        if nu == d - 1:
            found[:-1] += 0.5 * of_slices[:-1]
            found[1:] += 0.5 * of_slices[:-1]
        else:
            found += of_slices
    return (2.0 if n > 1 else 1.0) * found / space


def strengths(U):
    """F [x, ..., t] of each plane, that with time 0 in the first and last slice."""
    d, found = len(U), {}
    for mu, nu in planes(d):
        F = field_strength(U, mu, nu)
        found[mu, nu] = np.where(ends(U.shape[1:-2])[..., None, None], 0.0, F) if nu == d - 1 else F
    return found


def clover_slices(U):
    """E of the clover at each time."""
    density = sum(-trace(F @ F).real for F in strengths(U).values())
    return (1.0 if U.shape[-1] > 1 else 0.5) * by_slice(density) / np.prod(U.shape[1:-3])


def charge_slices(U):
    """Q of each time slice from the clover, d = 4."""
    F = strengths(U)
    density = trace(F[0, 1] @ F[2, 3] - F[0, 2] @ F[1, 3] + F[0, 3] @ F[1, 2]).real
    return -by_slice(density) / (4.0 * np.pi**2)


def velocity(U, c1=0.0):
    """TA of the staples times U^dag: minus the gradient of the action, on space links at the ends twice."""
    d, shape = len(U), U.shape[1:-2]
    out = np.zeros_like(U)
    for mu in range(d):
        for nu in range(d):
            if nu == mu:
                continue
            for sign in (1, -1):
                paths = [(1.0 - 8.0 * c1, (sign * (nu + 1), mu + 1, -sign * (nu + 1)))]
                a, b = mu + 1, sign * (nu + 1)
                paths += [(c1, p) for p in ((b, b, a, -b, -b), (b, a, a, -b, -a), (-a, b, a, a, -b)) if c1]
                for factor, path in paths:
                    weight = factor * (existing(path, shape) & existing((mu + 1,), shape))
                    if mu < d - 1:
                        weight = weight * np.where(ends(shape) & (nu == d - 1), 2.0, 1.0)
                    out[mu] += weight[..., None, None] * (transport(U, path) @ dagger(U[mu]))
    return ta(out)


def euler(U, step, count, c1=0.0):
    """Links after so many Euler steps of the flow."""
    for _ in range(count):
        U = exponential(step * velocity(U, c1)) @ U
    return U
