"""One gauge-covariant layer U' = exp(Q) U, Q = TA(Omega), Omega = C U^dag, and its pullback (physics.md 4).

C is a weighted sum of staple paths given as a program (see ``paths``); Q of every link is kept for the pullback.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.exponential import expm, expm_pair
from lqcdnn.kernels.paths import BACKWARD, END, FORWARD, insertion_sum, path_sum
from lqcdnn.kernels.simd import at, dag, hop, one, put, redot, sites, ta


@kernel
def layer_exponents(Q, U, nbr, program, start, weight):
    """Q_mu(n) = TA(C_mu(n) U_mu(n)^dag)."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            C = path_sum(U, nbr, program, weight, start[mu], start[mu + 1], s)
            put(Q, (mu, s), ta(C @ dag(at(U, mu, s))))


@kernel
def rotate_links(out, Q, U):
    """out = exp(Q) U."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            put(out, (mu, s), expm(at(Q, mu, s)) @ at(U, mu, s))


@kernel
def pullback_exponential(Sigma, Lambda, Sigma_out, Q, U):
    """Lambda = TA(L(Q, U Sigma')), Sigma = Sigma' e^Q: the part of the derivative that holds Q fixed."""
    for s in prange(U.shape[1]):
        for mu in range(U.shape[0]):
            G = at(Sigma_out, mu, s)
            E, L = expm_pair(at(Q, mu, s), at(U, mu, s) @ G)
            put(Lambda, (mu, s), ta(L))
            put(Sigma, (mu, s), G @ E)


@kernel
def pullback_loops(Sigma, Lambda, U, nbr, program, start, weight):
    """Sigma_nu(n) += derivative of sum Re tr(Lambda Omega) with respect to U_nu(n), every loop through it."""
    for s in prange(U.shape[1]):
        for nu in range(U.shape[0]):
            D = insertion_sum(U, Lambda, nbr, program, weight, nu, start[nu], start[nu + 1], s)
            put(Sigma, (nu, s), at(Sigma, nu, s) + D)


@kernel
def weight_derivatives(part, Lambda, U, nbr, program, start):
    """part[s, term, direction] = sum over a block of Re tr(Lambda O) = dS / d weight[term, direction]."""
    d = U.shape[0]
    for s in prange(U.shape[1]):
        for term in range(part.shape[1]):
            for k in range(part.shape[2]):
                part[s, term, k] = 0.0
        for mu in range(d):
            B = dag(at(Lambda, mu, s)) @ at(U, mu, s)  # Re tr(Lambda C U^dag) = Re tr(B^dag C)
            X, x = one(U), sites(nbr, s)
            for i in range(start[mu], start[mu + 1]):
                op, rho = program[i, 0], program[i, 1]
                if op == END:
                    part[s, program[i, 2], program[i, 3]] += redot(B, X)
                    X, x = one(U), sites(nbr, s)
                elif op == FORWARD:
                    X = X @ at(U, rho, x)
                    x = hop(nbr, rho, x)
                elif op == BACKWARD:
                    x = hop(nbr, d + rho, x)
                    X = X @ dag(at(U, rho, x))
