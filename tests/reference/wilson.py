"""Wilson and clover operators as dense matrices over (site in lattice order, colour, spin) (physics.md 3.2)."""

from itertools import combinations, product

import numpy as np
from reference.loops import transport
from reference.matrices import dagger

SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def gammas(d):
    """gamma_1 ... gamma_d: sigma_1, sigma_2 in d = 2; the chiral basis with gamma_t = [[0, 1], [1, 0]] in d = 4."""
    if d == 2:
        return SIGMA[:2]
    space = [np.kron(SIGMA[1], sigma) for sigma in SIGMA]  # [[0, -i sigma], [i sigma, 0]]
    return np.array([*space, np.kron(SIGMA[0], np.eye(2))])


def gamma5(d):
    """gamma_1 gamma_2 gamma_3 gamma_4, or -i gamma_1 gamma_2."""
    g = gammas(d)
    return -1j * g[0] @ g[1] if d == 2 else g[0] @ g[1] @ g[2] @ g[3]


def sites(shape):
    return list(product(*(range(n) for n in shape)))


def hopping_matrix(U, boundary, r=1.0):
    """H: sum over directions of the hop from n + mu with r - gamma_mu and the hop back with r + gamma_mu."""
    return hopping_matrices(U[..., None, :, :], boundary, r)[0]


def hopping_matrices(U, boundary, r=1.0):
    """H of many configurations [mu, x, ..., configuration, i, j]: [configuration, row, column]."""
    d, count, n = len(U), *U.shape[-3:-1]
    shape, g, S = U.shape[1:-3], gammas(d), d
    number = {x: k for k, x in enumerate(sites(shape))}
    H = np.zeros((count, len(number), n, S, len(number), n, S), dtype=complex)
    for x, k in number.items():
        for mu in range(d):
            ahead = number[(*x[:mu], (x[mu] + 1) % shape[mu], *x[mu + 1 :])]
            link = U[(mu, *x)] * (boundary[mu] if x[mu] == shape[mu] - 1 else 1)
            H[:, k, :, :, ahead] += np.einsum("cij,ab->ciajb", link, r * np.eye(S) - g[mu])
            H[:, ahead, :, :, k] += np.einsum("cij,ab->ciajb", dagger(link), r * np.eye(S) + g[mu])
    return H.reshape(count, len(number) * n * S, -1)


def field_strength(U, mu, nu):
    """F_{mu nu} = (Q - Q^dag) / 8 with the leaves Q."""
    Q = leaves(U, mu, nu)
    return (Q - dagger(Q)) / 8.0


def leaves(U, mu, nu):
    """The sum of the four leaves, spelled out."""
    a, b = mu + 1, nu + 1
    paths = ((a, b, -a, -b), (b, -a, -b, a), (-a, -b, a, b), (-b, a, b, -a))
    return sum(transport(U, path) for path in paths)


def clover_matrix(U, strength):
    """1 + strength i sum_(mu<nu) sigma_{mu nu} F_{mu nu}, sigma_{mu nu} = (i/2) [gamma_mu, gamma_nu]."""
    return clover_matrices(U[..., None, :, :], strength)[0]


def clover_matrices(U, strength):
    """The clover term of many configurations [mu, x, ..., configuration, i, j]."""
    d, count, n = len(U), *U.shape[-3:-1]
    g, V = gammas(d), int(np.prod(U.shape[1:-3]))
    A = np.zeros((count, V, n, d, V, n, d), dtype=complex)
    for k in range(V):
        A[:, k, :, :, k] = np.einsum("ij,ab->iajb", np.eye(n), np.eye(d))
    for mu, nu in combinations(range(d), 2) if strength else ():
        sigma = 0.5j * (g[mu] @ g[nu] - g[nu] @ g[mu])
        for k, F in enumerate(field_strength(U, mu, nu).reshape(V, count, n, n)):
            A[:, k, :, :, k] += 1j * strength * np.einsum("cij,ab->ciajb", F, sigma)
    return A.reshape(count, V * n * d, -1)


def exponential_clover(U, strength):
    """exp of what :func:`clover_matrix` adds to 1, by eigenvectors."""
    A = clover_matrix(U, strength)
    values, vectors = np.linalg.eigh(A - np.eye(len(A)))
    return (vectors * np.exp(values)) @ dagger(vectors)


def matrix(U, kappa, boundary, csw=0.0, r=1.0, twisted_mass=0.0, term=clover_matrix):
    """M = A - kappa H + 2 kappa i mu gamma_5; ``term``: :func:`clover_matrix` or :func:`exponential_clover`."""
    turned = np.kron(np.eye(U[0, ..., 0].size), gamma5(len(U)))
    return term(U, kappa * csw) - kappa * hopping_matrix(U, boundary, r) + 2j * kappa * twisted_mass * turned


def log_determinants(U, kappa, boundary, csw=0.0, r=1.0, twisted_mass=0.0):
    """log |det M| of many configurations [mu, x, ..., configuration, i, j], a few hundred at a time to save memory."""
    rows = int(np.prod(U.shape[1:-3])) * U.shape[-1]
    logs, turned = [], 2j * kappa * twisted_mass * np.kron(np.eye(rows), gamma5(len(U)))
    for u in np.array_split(U, max(1, U.shape[-3] // 500), axis=-3):
        M = clover_matrices(u, kappa * csw) - kappa * hopping_matrices(u, boundary, r) + turned
        logs.append(np.linalg.slogdet(M)[1])
    return np.concatenate(logs)


def even_mask(shape, n):
    """Which rows belong to even sites."""
    return np.repeat([sum(x) % 2 == 0 for x in sites(shape)], n * len(shape))


def schur(M, even):
    """(Mhat on even sites, the block of the odd sites)."""
    odd = M[~even][:, ~even]
    return M[even][:, even] - M[even][:, ~even] @ np.linalg.solve(odd, M[~even][:, even]), odd


def action(U, phi, kappa, boundary, csw=0.0, r=1.0, twisted_mass=0.0, term=clover_matrix):
    """phi^dag (Mhat^dag Mhat)^{-1} phi - 2 log |det A_o| for phi [x, ..., n, S]; ``term`` as of :func:`matrix`."""
    even = even_mask(U.shape[1:-2], U.shape[-1])
    Mhat, odd = schur(matrix(U, kappa, boundary, csw, r, twisted_mass, term), even)
    x = np.linalg.solve(dagger(Mhat), phi.reshape(-1)[even])
    return float(np.vdot(x, x).real - 2.0 * np.linalg.slogdet(odd)[1])


def spinor(rng, shape, n):
    """Random spinor [x, ..., n, S]."""
    size = (*shape, n, len(shape))
    return (rng.normal(size=size) + 1j * rng.normal(size=size)) / np.sqrt(2.0)
