"""A gauge-covariant layer and its pullback, loop by loop and link by link (physics.md 4)."""

import numpy as np
from reference.loops import moved, path_links, staple_paths, staples
from reference.matrices import dagger, exponential, exponential_derivative, ta, trace


def exponents(U, weights):
    """Q = TA(sum rho C U^dag); weights: {class: [rho_mu]}."""
    C = sum(np.reshape(rho, (-1,) + (1,) * (U.ndim - 1)) * staples(U, name) for name, rho in weights.items())
    return ta(C @ dagger(U))


def forward(U, weights):
    return exponential(exponents(U, weights)) @ U


def stout(U, rho):
    """Morningstar and Peardon, hep-lat/0311018, eqs. (1)-(3), rho the same everywhere."""
    omega = rho * staples(U, "plaquette") @ dagger(U)
    n = U.shape[-1]
    Q = 0.5j * (dagger(omega) - omega)
    Q = Q - trace(Q)[..., None, None] / n * np.eye(n) * (n > 1)
    return exponential(1j * Q) @ U


def exponential_pullback(Q, U, Sigma):
    """(Sigma' e^Q, Lambda): the part with Q fixed, and TA of the integral over s."""
    return Sigma @ exponential(Q), ta(exponential_derivative(Q, U @ Sigma))


def loop_pullback(U, Lambda, weights):
    """Derivative of sum Re tr(Lambda Omega) with respect to every link, by the product rule."""
    shape, Sigma = U.shape[1:-2], np.zeros_like(U)
    for name, rho in weights.items():
        for mu in range(len(U)):
            for path in staple_paths(name, mu, shape):
                factors = path_links(U, (*path, -(mu + 1)))
                for k, (_link, offset, nu, daggered) in enumerate(factors):
                    D = rho[mu] * Lambda[mu]
                    for factor, *_rest in factors[:k]:
                        D = D @ factor
                    after = np.eye(U.shape[-1])
                    for factor, *_rest in factors[k + 1 :]:
                        after = after @ factor
                    D = after @ D  # Re tr(Lambda A X B) = Re tr((B Lambda A) X) for the factor X
                    Sigma[nu] += moved(dagger(D) if daggered else D, [-x for x in offset])
    return Sigma


def weight_derivatives(U, Lambda, names):
    """[class, mu]: sum over sites of Re tr(Lambda C U^dag)."""
    return np.array(
        [
            [trace(Lambda[mu] @ C[mu] @ dagger(U[mu])).real.sum() for mu in range(len(U))]
            for C in (staples(U, s) for s in names)
        ]
    )
