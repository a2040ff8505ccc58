"""The Schwinger model by exact sampling of the pure gauge theory and reweighting with exact determinants."""

import numpy as np
from reference.wilson import hopping_matrices


def plaquette_angles(rng, beta, shape, count):
    """Independent plaquette angles [configuration, x, t] with weight exp(beta sum cos), their sum 0 mod 2 pi.

    All but one are drawn freely; the last is what closes the sum, accepted with exp(beta (cos - 1)).
    """
    volume, kept, total = int(np.prod(shape)), [], 0
    while total < count:
        free = rng.vonmises(0.0, beta, size=(count, volume - 1))
        last = np.mod(np.pi - free.sum(axis=1), 2.0 * np.pi) - np.pi
        accepted = rng.uniform(size=count) < np.exp(beta * (np.cos(last) - 1.0))
        kept.append(np.concatenate([free, last[:, None]], axis=1)[accepted])
        total += len(kept[-1])
    return np.concatenate(kept)[:count].reshape(count, *shape)


def links(rng, theta):
    """Link angles [mu, configuration, x, t] of given plaquettes, random holonomies; U_t = 1 but in the last row."""
    count, Lx, Lt = theta.shape
    a, b = np.zeros((2, count, Lx, Lt))
    a[:, -1, 0], b[:, 0, -1] = rng.uniform(-np.pi, np.pi, (2, count))
    for t in range(Lt - 1):
        a[:, :, t + 1] = a[:, :, t] - theta[:, :, t]
    for x in range(Lx - 1):
        b[:, x + 1, -1] = b[:, x, -1] + theta[:, x, -1] - a[:, x, -1] + a[:, x, 0]
    return np.array([a, b])


def observables(beta, kappa, boundary, shape, count, rng):
    """Log weights det(M)^2 and [configuration, (plaquette, (2/V) Tr (D + m)^-1, Q^2)]; M = 1 - kappa H."""
    theta = plaquette_angles(rng, beta, shape, count)
    U = np.exp(1j * np.moveaxis(links(rng, theta), 1, -1))[..., None, None]
    M = np.eye(2 * np.prod(shape)) - kappa * hopping_matrices(U, boundary)
    _sign, log_determinant = np.linalg.slogdet(M)
    trace = np.trace(np.linalg.inv(M), axis1=1, axis2=2).real * 2.0 * kappa
    charge = np.rint(theta.sum(axis=(1, 2)) / (2.0 * np.pi))
    values = [np.cos(theta).mean(axis=(1, 2)), 2.0 * trace / np.prod(shape), charge**2]
    return 2.0 * log_determinant, np.array(values).T


def overlap_observables(beta, mass, boundary, shape, count, rng):
    """Log weights det D(m) of one overlap quark, rho = 1, and [configuration, (plaquette, Q = 0, |Q| = 1, Q^2)]."""
    theta = plaquette_angles(rng, beta, shape, count)
    U = np.exp(1j * np.moveaxis(links(rng, theta), 1, -1))[..., None, None]
    rows = 2 * int(np.prod(shape))
    D_W = np.eye(rows) - 0.5 * hopping_matrices(U, boundary)  # mass -1
    chirality = np.tile([1.0, -1.0], rows // 2)
    values, vectors = np.linalg.eigh(chirality[:, None] * D_W)
    sign = (vectors * np.sign(values)[:, None, :]) @ vectors.conj().swapaxes(-1, -2)
    D = np.eye(rows) + chirality[:, None] * sign
    phase, log_determinant = np.linalg.slogdet((1.0 - 0.5 * mass) * D + mass * np.eye(rows))
    assert (phase.real > 0.999).all()
    charge = np.rint(theta.sum(axis=(1, 2)) / (2.0 * np.pi))
    found = [np.cos(theta).mean(axis=(1, 2)), charge == 0, abs(charge) == 1, charge**2]
    return log_determinant, np.array(found, dtype=float).T


def averages(beta, kappa, boundary, shape, count, seed, piece=500, bins=50, observables=observables):
    """Reweighted averages of :func:`observables`, their jackknife errors, the effective number of configurations.

    With :func:`overlap_observables` ``kappa`` is the mass.
    """
    rng = np.random.default_rng(seed)
    parts = [observables(beta, kappa, boundary, shape, piece, rng) for _ in range(count // piece)]
    logs, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    weight = np.exp(logs - logs.max())
    kept = np.arange(len(logs)) * bins // len(logs) != np.arange(bins)[:, None]
    resampled = (kept * weight) @ values / (kept @ weight)[:, None]
    mean = weight @ values / weight.sum()
    error = np.sqrt((bins - 1) * ((resampled - mean) ** 2).mean(axis=0))
    return mean, error, weight.sum() ** 2 / (weight**2).sum()
