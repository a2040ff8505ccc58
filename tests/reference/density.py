"""A real chemical potential in dense Dirac matrices, and quarks without links (Hasenfratz and Karsch, PLB 125, 308)."""

import numpy as np


def weighed(M, shape, mu):
    """M over (site in lattice order, ...) with exp(mu) in hops forward in time, exp(-mu) backward."""
    times, count = shape[-1], np.prod(shape)
    assert times > 2  # else both lead to the same site
    t = np.arange(count) % times  # time is last in lattice order
    step = (t[None] - t[:, None]) % times
    factor = np.where(step == 1, np.exp(mu), np.where(step == times - 1, np.exp(-mu), 1.0))
    return M * np.kron(factor, np.ones(np.array(M.shape[-2:]) // count))


def free_determinant(shape, mass, mu, n):
    """ln det (m + D(mu)) of free staggered quarks, antiperiodic in time alone, as a sum over momenta."""
    total = np.full(shape, mass**2, dtype=complex)
    for k, length in enumerate(shape):
        last = k == len(shape) - 1
        p = 2 * np.pi * (np.arange(length) + 0.5 * last) / length - 1j * mu * last
        total = total + np.sin(p).reshape([-1 if k == j else 1 for j in range(len(shape))]) ** 2
    return 0.5 * n * np.log(total).sum().real
