"""A layer with attention, path by path (Nagai, Ohno, Tomiya, arXiv:2501.16955)."""

import numpy as np
from reference.layer import exponents, forward
from reference.loops import perpendicular, transport
from reference.matrices import dagger, exponential, ta, trace


def extended_staples(U, mu, reach):
    """[(side, s), path n -> n + mu that goes s links to a side first]."""
    sides = perpendicular(len(U), mu + 1)
    lengths = range(1, reach + 1)
    return [((t, s), transport(U, (*(t,) * s, mu + 1, *(-t,) * s))) for t in sides for s in lengths]


def attention(U, query, key, reach):
    """[mu] of {(side, s): a [x, ...]}."""
    n, found = U.shape[-1], []
    for mu in range(len(U)):
        of_key, of_links = extended_staples(key, mu, reach), extended_staples(U, mu, reach)
        found.append({})
        for (which, V), (_same, W) in zip(of_key, of_links, strict=True):
            difference = trace(query[mu] @ dagger(V)).real - trace(U[mu] @ dagger(W)).real
            found[mu][which] = np.tan(np.pi / (4 * (n + 0.01)) * difference)
    return found


def attention_layer(U, sets, reach):
    """U'; sets: four {class: [rho_mu]} for query, key, value, output."""
    query, key, value = (forward(U, weights) for weights in sets[:3])
    a = attention(U, query, key, reach)
    C = np.zeros_like(U)
    for mu in range(len(U)):
        for which, V in extended_staples(value, mu, reach):
            C[mu] += a[mu][which][..., None, None] * V
    attended = exponential(ta(C @ dagger(value))) @ U
    return exponential(exponents(attended, sets[3])) @ U
