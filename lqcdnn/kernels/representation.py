"""Links in higher representations of SU(N), R(U), and the derivative by U (arXiv:0805.2058, section 2).

adjoint         R_ab = 2 tr(T^a U T^b U^dag), real and orthogonal, of dimension N^2 - 1;
two indices     R = U x U on the states (e_i e_j +- e_j e_i) / sqrt(2), of dimension N (N +- 1) / 2.

R is a polynomial in the entries of U and U^*, and the derivative is that of the polynomial: Re tr(Sigma dU) =
Re tr(Sigma' dR) for any dU of the links.
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import kernel
from lqcdnn.kernels.simd import at, put, stream
from lqcdnn.kernels.simd.representation import adjoint, adjoint_back, two_index, two_index_back


@kernel
def adjoint_links(R, U):
    """R_mu = the adjoint matrix of U_mu."""
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            stream(R, (mu, s), adjoint(R, at(U, mu, s)))


@kernel
def add_adjoint_derivative(Sigma, of_R, U):
    """Sigma_mu <- Sigma_mu + the derivative by U_mu from that by its adjoint matrix."""
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            put(Sigma, (mu, s), at(Sigma, mu, s) + adjoint_back(U, at(of_R, mu, s), at(U, mu, s)))


@kernel
def two_index_links(R, U):
    """R_mu = U_mu in the representation of two indices that has the dimension of R."""
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            stream(R, (mu, s), two_index(R, at(U, mu, s)))


@kernel
def add_two_index_derivative(Sigma, of_R, U):
    """Sigma_mu <- Sigma_mu + the derivative by U_mu from that by its matrix of two indices."""
    for mu in range(U.shape[0]):
        for s in prange(U.shape[1]):
            put(Sigma, (mu, s), at(Sigma, mu, s) + two_index_back(U, at(of_R, mu, s), at(U, mu, s)))
