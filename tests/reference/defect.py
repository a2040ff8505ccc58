"""A gauge action with weakened links, loop by loop."""

import numpy as np
from reference.matrices import dagger


def links_through(shape, normal, side):
    """Whether each link [x, y, ...] of direction ``normal`` crosses the defect."""
    crosses = np.zeros(shape, dtype=bool)
    for x in np.ndindex(*shape):
        inside = all(x[mu] < side for mu in range(len(shape)) if mu != normal)
        crosses[x] = inside and x[normal] == shape[normal] - 1
    return crosses


def action(U, beta, c1, coupling, normal, side):
    """beta (c0 plaquettes + c1 rectangles), each loop times ``coupling`` to the power of its links in the defect."""
    d, shape, n = len(U), U.shape[1:-2], U.shape[-1]
    weight = np.ones((d, *shape))
    weight[normal][links_through(shape, normal, side)] = coupling

    def ahead(field, mu, steps=1):
        return np.roll(field, -steps, axis=mu)

    def loops(mu, nu, long):
        A, a = U[mu], weight[mu]
        if long == 2:
            A, a = A @ ahead(A, mu), a * ahead(a, mu)
        W = A @ ahead(U[nu], mu, long) @ dagger(ahead(A, nu)) @ dagger(U[nu])
        factor = a * ahead(weight[nu], mu, long) * ahead(a, nu) * weight[nu]
        return np.sum(factor * (1.0 - np.trace(W, axis1=-2, axis2=-1).real / n))

    pairs = [(mu, nu) for mu in range(d) for nu in range(d) if mu != nu]
    total = (1.0 - 8.0 * c1) * sum(loops(mu, nu, 1) for mu, nu in pairs if mu < nu)
    return beta * (total + (c1 * sum(loops(mu, nu, 2) for mu, nu in pairs) if c1 else 0.0))


def two_dimensional_u1(shape, beta, coupling, normal, side, modes=40):
    """Mean plaquettes [x, y] of U(1) on a torus, these weakened: Z = sum_n prod_p I_n(beta_p)."""
    crosses = links_through(shape, normal, side)
    along = 1 - normal
    betas = beta * coupling ** (crosses.astype(int) + np.roll(crosses, -1, axis=along))
    angles = 2.0 * np.pi * (np.arange(4096) + 0.5) / 4096
    weight = np.exp(betas.ravel()[:, None] * (np.cos(angles) - 1.0))  # [plaquette, angle]
    n = np.arange(-modes, modes + 1)
    wave = np.cos(n[:, None] * angles)  # [n, angle]
    bessel = weight @ wave.T
    with_cosine = (weight * np.cos(angles)) @ wave.T
    ratio = bessel / bessel[:, [modes]]
    others = np.array([np.prod(np.delete(ratio, p, axis=0), axis=0) for p in range(len(ratio))])  # I_n(0) = 0 too
    means = (others * with_cosine).sum(axis=1) / bessel[:, modes] / np.prod(ratio, axis=0).sum()
    return means.reshape(shape)
