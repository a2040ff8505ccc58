"""Loops of a twisted lattice one by one, twist eaters, and exact plaquettes of two dimensions."""

import numpy as np
from reference.exact import bessel_i, torus_plaquette
from reference.loops import transport
from reference.matrices import trace


def winding(path, mu, nu, cell):
    """How often a closed path from the origin goes around the middle of a cell (a, b) of the plane, from mu to nu.

    Counted along the ray in direction mu, where links of direction nu cross it.
    """
    here, found = {mu: 0, nu: 0}, 0
    for step in path:
        direction, sign = abs(step) - 1, 1 if step > 0 else -1
        if direction == nu and here[mu] > cell[0] and min(here[nu], here[nu] + sign) == cell[1]:
            found += sign
        if direction in here:
            here[direction] += sign
    return found


def phases(path, planes, n, shape):
    """Centre element of a loop from each site, [x, y, ...]: z_{mu nu} for each time it encircles a corner."""
    out = np.ones(shape, dtype=complex)
    reach = len(path)
    cells = [(a, b) for a in range(-reach, reach) for b in range(-reach, reach)]
    for mu, nu, k in planes:
        around = [(cell, w) for cell in cells if (w := winding(path, mu, nu, cell))]
        for x in np.ndindex(*shape):
            total = sum(
                w
                for (a, b), w in around
                if (x[mu] + a + 1) % shape[mu] == 0 and (x[nu] + b + 1) % shape[nu] == 0
            )
            out[x] *= np.exp(2j * np.pi * k * total / n)
    return out


def loop_sum(U, paths, planes):
    """Sum over sites and paths of Re z tr W."""
    n, shape = U.shape[-1], U.shape[1:-2]
    return sum((phases(path, planes, n, shape) * trace(transport(U, path))).real.sum() for path in paths)


def plaquette_paths(d):
    return [(mu + 1, nu + 1, -mu - 1, -nu - 1) for mu in range(d) for nu in range(mu + 1, d)]


def rectangle_paths(d):
    pairs = [(mu + 1, nu + 1) for mu in range(d) for nu in range(d) if mu != nu]
    return [(a, a, b, -a, -a, -b) for a, b in pairs]


def action(U, beta, c1, planes):
    """beta (c0 plaquettes + c1 rectangles)."""
    d, n, volume = len(U), U.shape[-1], np.prod(U.shape[1:-2])
    total = 0.0
    for coefficient, paths in ((1.0 - 8.0 * c1, plaquette_paths(d)), (c1, rectangle_paths(d))):
        if coefficient:
            total += coefficient * (len(paths) * volume - loop_sum(U, paths, planes) / n)
    return beta * total


def clock_and_shift(n):
    """P, Q in SU(n) with P Q = exp(-2 pi i / n) Q P."""
    root = np.exp(1j * np.pi * (n + 1) / n)  # makes the determinant 1
    clock = np.diag(np.exp(2j * np.pi * np.arange(n) / n))
    shift = np.roll(np.eye(n), 1, axis=1)
    return root * clock, root * shift


def twist_eater(n, pairs, shape):
    """Links that are 1 but for Gamma_mu on the last sites of direction mu, and the plaquettes Gamma gives there.

    ``pairs`` are (mu, nu) of disjoint planes, with Gamma_mu, Gamma_nu the clock and the shift of one factor for each:
    SU(n) of a tensor product has n = m^(number of pairs).
    """
    d, m = len(shape), round(n ** (1 / len(pairs)))
    U = np.broadcast_to(np.eye(n, dtype=complex), (d, *shape, n, n)).copy()
    for place, pair in enumerate(pairs):
        for mu, matrix in zip(pair, clock_and_shift(m), strict=True):
            gamma = np.kron(np.kron(np.eye(m**place), matrix), np.eye(m ** (len(pairs) - 1 - place)))
            where = [slice(None)] * d
            where[mu] = shape[mu] - 1
            U[(mu, *where)] = gamma
    return U


def su2_plaquette(beta, volume):
    """<tr z P / 2> in the d = 2 theory with twist: each term of Z has chi_n(-1) / n = (-1)^(n - 1)."""
    n = np.arange(1, 25)
    i = bessel_i(n, beta)
    derivative = 0.5 * (bessel_i(n - 1, beta) + bessel_i(n + 1, beta))
    return signed_plaquette((-1.0) ** (n - 1), 2.0 * i / beta, 2.0 * (derivative - i / beta) / beta, volume)


def su3_plaquette(beta, volume, k, most=7):
    """<Re tr z P / 3> with z = exp(2 pi i k / 3): chi_r(z) / d_r = z^(p - q) for the representation (p, q).

    exp((beta/3) Re tr U) = sum_r d_r c_r chi_r; by Schur functions d_r c_r is sum_m det I_{l_j - j + i + m}(x), x =
    beta/3, the determinant of 3 x 3 Bessel functions with the lengths l = (p + q, q, 0) of the Young diagram.
    """
    step, table, factors = 1e-4, [], []
    i, j = np.indices((3, 3))
    for p in range(most):
        for q in range(most - p):
            rows = np.array([p + q, q, 0])
            dimension = (p + 1) * (q + 1) * (p + q + 2) / 2
            values = []
            for x in ((beta - step) / 3.0, beta / 3.0, (beta + step) / 3.0):
                orders = range(-12, 13)
                found = [np.linalg.det(bessel_i((rows[j] - j + i + m).ravel(), x).reshape(3, 3)) for m in orders]
                values.append(sum(found) / dimension)
            table.append((values[1], (values[2] - values[0]) / (2.0 * step)))
            factors.append(np.cos(2.0 * np.pi * k * (p - q) / 3.0))
    coefficient, derivative = np.array(table).T
    return signed_plaquette(np.array(factors), coefficient, derivative, volume)


def signed_plaquette(factor, coefficient, derivative, volume):
    """(1/V) d ln Z / d beta of Z = sum_r factor_r coefficient_r^V."""
    assert torus_plaquette(coefficient, derivative, volume) > 0.0
    ratio = coefficient / coefficient.max()
    top = np.sum(factor * ratio ** (volume - 1) * derivative) / coefficient.max()
    return float(top / np.sum(factor * ratio**volume))
