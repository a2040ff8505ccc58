"""A scalar field beside the links, slow and by the formulas (physics.md 30), and what is known of it exactly."""

import numpy as np

GAMMA = {2: 1.0, 4: 1.0, 6: 2.0}
"""Gamma(D/2)."""


def hops(z, phi):
    """phi(n)^dag U_mu(n) phi(n + mu), [mu, x, y, ...]; phi [x, y, ..., N, 1]."""
    there = [z[mu] @ np.roll(phi, -1, axis=mu) for mu in range(len(z))]
    return np.array([(phi.conj() * other).sum(axis=(-1, -2)) for other in there])


def action(z, phi, kappa, quartic):
    """S."""
    length = (np.abs(phi) ** 2).sum(axis=(-1, -2))
    return (length + quartic * (length - 1.0) ** 2).sum() - 2.0 * kappa * hops(z, phi).real.sum()


def multiplicity(dimension, order):
    """Of spherical harmonics on the sphere in D dimensions."""
    if dimension == 2:
        return 1 if order == 0 else 2
    if dimension == 4:
        return (order + 1) ** 2
    return (order + 1) * (order + 2) ** 2 * (order + 3) // 12


def bessel_i(orders, x):
    """I_n(x), [n, ...], of an array [..., 1]: see ``reference.exact``."""
    t = np.linspace(0.0, np.pi, 201)
    weight = np.exp(x * np.cos(t)) / 200.0
    weight[..., [0, -1]] *= 0.5
    return np.moveaxis(weight @ np.cos(np.outer(t, orders)), -1, 0)


class Ring:
    """A ring of L >= 3 sites with links 1, by the transfer matrix: e^{2 kappa r r' cos} by spherical harmonics, the
    lengths r on Gauss-Legendre points.
    """

    def __init__(self, n, sites, quartic, orders=20, longest=3.5, points=40):
        self.dimension, self.sites, self.orders = 2 * n, sites, orders
        x, w = np.polynomial.legendre.leggauss(points)
        self.r, w = 0.5 * longest * (x + 1.0), 0.5 * longest * w
        square = self.r**2
        self.weight = w * self.r ** (2 * n - 1) * np.exp(-square - quartic * (square - 1.0) ** 2)

    def moments(self, kappa, step=1e-3):
        """<|phi|^2> and <Re phi^dag phi'>."""
        log = [self._sums(kappa + k * step)[0] for k in (1, -1, 2, -2)]
        slope = (4.0 * (log[0] - log[1]) / 2.0 - (log[2] - log[3]) / 4.0) / (3.0 * step)
        return self._sums(kappa)[1], slope / (2.0 * self.sites)

    def _sums(self, kappa):
        """ln Z and <r^2>."""
        half, root = self.dimension // 2 - 1, np.sqrt(self.weight)
        alpha = 2.0 * kappa * np.outer(self.r, self.r)
        bessel = bessel_i(np.arange(self.orders) + half, alpha[..., None])
        total = squares = 0.0
        for order in range(self.orders):
            transfer = root[:, None] * GAMMA[self.dimension] * (2.0 / alpha) ** half * bessel[order] * root
            power = np.linalg.matrix_power(transfer, self.sites)
            total += multiplicity(self.dimension, order) * np.trace(power)
            squares += multiplicity(self.dimension, order) * (self.r**2 * np.diag(power)).sum()
        return np.log(total), squares / total


def free_length(shape, kappa):
    """<|phi|^2>/N with lambda = 0 and links 1: the mean of 1 / (1 - 2 kappa sum_mu cos p_mu) over the momenta."""
    cosines = np.meshgrid(*(np.cos(2.0 * np.pi * np.arange(n) / n) for n in shape), indexing="ij")
    return float(np.mean(1.0 / (1.0 - 2.0 * kappa * sum(cosines))))
