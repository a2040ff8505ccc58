"""What a layer with attention does beside its four layers of the usual kind, in two calls.

On small lattices a call from Python costs as much as a small kernel.  Of reach one there are calls of their own,
``attend_near`` and ``pull_attended_near``, as staples are then plaquettes that share products.

Arrays of no elements, ``no_links`` and ``no_numbers``, stand for what is not wanted.
"""

from __future__ import annotations

from lqcdnn.kernels.attention import (
    add_directed,
    derivative_of_turn,
    direct_links,
    extended_derivatives,
    extended_staples,
    pull_others,
    tangent_slopes,
    tangents,
    turn_others,
)
from lqcdnn.kernels.attention_near import (
    add_weighted_gradient,
    attended_staples,
    near_attention,
    near_pullback,
    slopes,
)
from lqcdnn.kernels.compile import device, driver
from lqcdnn.kernels.layer import pullback_exponential, rotate_by_staples
from lqcdnn.kernels.links import clear
from lqcdnn.kernels.plaquette_layer import add_far_derivatives


@driver
def attend(out, turned, C, a, b, E, work, query, key, value, U, nbr, reach, factor, no_links, no_numbers, no_weights):
    """Attention a, the sum C of a times staples of U^V, U^V turned by its exponential, and out = U^A.

    b, E and ``work``: room for numbers, for directed links and for staples.
    """
    direct_links(E, key, nbr)
    extended_staples(no_links, a, work, no_numbers, query, E, nbr, reach)
    direct_links(E, U, nbr)
    extended_staples(no_links, b, work, no_numbers, U, E, nbr, reach)
    tangents(a, a, b, factor)
    direct_links(E, value, nbr)
    clear(C)
    extended_staples(C, no_numbers, work, a, U, E, nbr, reach)
    rotate_by_staples(turned, turned, value, 0.0, 1.0, C, value[:, :-1], value, nbr, no_weights)
    turn_others(out, turned, value, U)


@device
def pull_derivatives(dX, dY, products, work, weight, factor, Y, X, E, dE, nbr, reach):
    """dX, dY += derivatives of factor sum weight Re tr(Y_mu^dag S_k(X)), see ``kernels.attention``."""
    clear(dE)
    direct_links(E, X, nbr)
    extended_derivatives(dE, dY, products, work, weight, factor, Y, E, nbr, reach)
    add_directed(dX, dE, nbr)


@driver
def pull_attended(
    total, of_query, of_key, of_value, V, into, b, E, dE, work, Sigma, turned, C, a, query, key, value, U, nbr, reach,
    factor, unit, no_links, no_numbers,
):  # fmt: skip
    """From Sigma of U^A those of query, key and value; that of U is added to ``total``.

    V, ``into``, b, E, dE and ``work``: room for links, numbers and directed links; ``unit``: d ones.
    """
    derivative_of_turn(into, value, U, Sigma)
    pullback_exponential(of_value, V, V, unit, into, C, value)
    pull_others(total, of_value, Sigma, turned, value, U)
    pull_derivatives(of_value, no_links, b, work, a, 1.0, V, value, E, dE, nbr, reach)
    tangent_slopes(b, a, factor)
    clear(of_query)
    clear(of_key)
    pull_derivatives(of_key, of_query, no_numbers, work, b, 1.0, query, key, E, dE, nbr, reach)
    pull_derivatives(total, total, no_numbers, work, b, -1.0, U, U, E, dE, nbr, reach)


@driver
def attend_near(out, turned, C, a, query, key, value, U, nbr, order, factor, no_weights):
    """As :func:`attend`, of reach one; the numbers a are those of ``kernels.attention_near``."""
    near_attention(a, query, key, U, nbr, order, factor)
    attended_staples(C, a, value, nbr, order)
    rotate_by_staples(turned, turned, value, 0.0, 1.0, C, value[:, :-1], value, nbr, no_weights)
    turn_others(out, turned, value, U)


@driver
def pull_attended_near(
    total, of_query, of_key, of_value, V, into, b, usual, far, far_query, Sigma, turned, C, a, query, key, value, U,
    nbr, order, factor, unit,
):  # fmt: skip
    """As :func:`pull_attended`, of reach one; ``far`` and ``far_query``: d (d - 1) matrices a site.

    In the order of ``Lattice.rows``."""
    derivative_of_turn(into, value, U, Sigma)
    pullback_exponential(of_value, V, V, unit, into, C, value)
    pull_others(total, of_value, Sigma, turned, value, U)
    near_pullback(of_value, far, None, None, b, a, V, value, nbr, order)
    add_far_derivatives(of_value, far, nbr)
    slopes(b, usual, a, factor)
    clear(of_query)
    clear(of_key)
    near_pullback(of_key, far, of_query, far_query, None, b, query, key, nbr, order)
    add_far_derivatives(of_key, far, nbr)
    add_far_derivatives(of_query, far_query, nbr)
    add_weighted_gradient(total, usual, U, nbr, order)
