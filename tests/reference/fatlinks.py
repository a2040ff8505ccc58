"""Fat and long links path by path with rolled arrays, and the operator made of them (hep-lat/0610092, hep-lat/9903032).

Coefficients of d = 4 are those that the papers print; in fewer dimensions Fat7 is the product of
(1 + (T_nu + T_-nu - 2)/4), which a path with k of the directions gets from its orders: 2^-(d - 1 + k) / k!.
"""

from itertools import permutations, product
from math import factorial

import numpy as np
from reference.matrices import dagger
from reference.staggered import eta, sites

FAT7 = {4: (1 / 8, 1 / 16, 1 / 64, 1 / 384)}
"""One link, paths of three, five and seven."""


def fat7(d):
    return FAT7.get(d) or tuple(0.5 ** (d - 1 + k) / factorial(k) for k in range(d))


def along(U, path):
    """The product of links along a path of steps +-1, ..., +-d from every site."""
    place, X = [0] * len(U), np.broadcast_to(np.eye(U.shape[-1], dtype=complex), U.shape[1:])

    def there(z):
        for mu, steps in enumerate(place):
            z = np.roll(z, -steps, mu)
        return z

    for step in path:
        mu = abs(step) - 1
        if step > 0:
            X = X @ there(U[mu])
            place[mu] += 1
        else:
            place[mu] -= 1
            X = X @ dagger(there(U[mu]))
    return X


def fattened(U, coefficients, lepage=0.0):
    """sum over k of coefficients[k] times all paths with k orthogonal directions, plus lepage times Lepage's."""
    d, out = len(U), []
    for mu in range(1, d + 1):
        others, total = [nu for nu in range(1, d + 1) if nu != mu], coefficients[0] * U[mu - 1]
        for k in range(1, d):
            for order, signs in product(permutations(others, k), product((1, -1), repeat=k)):
                steps = [sign * nu for sign, nu in zip(signs, order, strict=True)]
                total = total + coefficients[k] * along(U, [*steps, mu, *(-x for x in reversed(steps))])
        for x in (sign * nu for nu in others for sign in (1, -1)):
            total = total + lepage * along(U, [x, x, mu, -x, -x])
        out.append(total)
    return np.array(out)


def unitary(V):
    """V (V^dag V)^(-1/2) by singular values."""
    u, _, v = np.linalg.svd(V)
    return u @ v


def long_links(U, factor):
    return np.array([factor * along(U, [mu] * 3) for mu in range(1, len(U) + 1)])


def hisq(U, epsilon=0.0):
    """(fat links, long links)."""
    d = len(U)
    W, c = unitary(fattened(U, fat7(d))), fat7(d)
    one = c[0] + 2 * (d - 1) / 8 + (1 + epsilon) / 8
    return fattened(W, (one, *c[1:]), -1 / 8), long_links(W, -(1 + epsilon) / 24)


def asqtad(U, u0):
    d, c = len(U), fat7(len(U))
    one = c[0] + 2 * (d - 1) / 16 + 1 / 8
    fat = fattened(U, (one, *(x / u0 ** (2 * k) for k, x in enumerate(c) if k)), -1 / 16 / u0**4)
    return fat, long_links(U, -1 / 24 / u0**2)


def naik(U):
    return 9 / 8 * U, long_links(U, -1 / 24)


def dense_hop(fat, long, boundary):
    """D of links to neighbours and of three steps, as a matrix over (site in lattice order, colour)."""
    shape, n = fat.shape[1:-2], fat.shape[-1]
    number = {site: k for k, site in enumerate(sites(shape))}
    D = np.zeros((len(number), n, len(number), n), dtype=complex)
    for site, k in number.items():
        for mu, length in enumerate(shape):
            for links, steps in ((fat, 1), (long, 3)):
                end = site[mu] + steps
                j = number[(*site[:mu], end % length, *site[mu + 1 :])]
                hop = 0.5 * eta(site, mu) * boundary[mu] ** (end // length) * links[(mu, *site)]
                D[k, :, j] += hop
                D[j, :, k] -= dagger(hop)
    return D.reshape(len(number) * n, -1)
