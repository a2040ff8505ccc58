"""Kernels of covariant layers: exponents, rotation, pullback, weight derivatives, against numpy."""

import numpy as np
from kernel_cases import EVEN_SHAPES, ODD_SHAPE, every_case, settings
from reference import layer as reference

from lqcdnn.kernels import layer as kernels
from lqcdnn.lattice.loops import loop_exists
from lqcdnn.lattice.programs import pullback_program, staple_program

CLASSES = ("plaquette", "rectangle", "chair", "polyakov_time", "polyakov_space")


def weighted(s, scale):
    """Loop classes with a random weight for each direction, as a dictionary and as the kernels' table."""
    names = [name for name in CLASSES if loop_exists(name, s.lattice.d)]
    table = s.rng.normal(size=(len(names), s.lattice.d)) * scale
    return dict(zip(names, table, strict=True)), table


@every_case
def test_forward(case):
    for s in settings(case):
        weights, table = weighted(s, 0.1)
        program = staple_program(list(weights), s.lattice.shape)
        Q, out = s.zeros_like_links(), s.zeros_like_links()
        kernels.layer_exponents(Q, s.blocks, s.nbr, program.program, program.start, table)
        case.assert_close(s.user(Q), reference.exponents(s.U, weights), 3)
        kernels.rotate_links(out, Q, s.blocks)
        case.assert_close(s.user(out), reference.forward(s.U, weights), 30)


@every_case
def test_pullback(case):
    for s in settings(case, (EVEN_SHAPES[0], EVEN_SHAPES[2], ODD_SHAPE)):
        weights, table = weighted(s, 0.1)
        (Q, q), (Sigma_out, sigma_out) = s.algebra(), s.matrices()
        Sigma, Lambda = s.zeros_like_links(), s.zeros_like_links()
        kernels.pullback_exponential(Sigma, Lambda, Sigma_out, Q, s.blocks)
        sigma, lam = reference.exponential_pullback(q, s.U, sigma_out)
        case.assert_close(s.user(Sigma), sigma, 30)
        case.assert_close(s.user(Lambda), lam, 30)
        program = pullback_program(list(weights), s.lattice.shape)
        sigma, lam = s.user(Sigma), s.user(Lambda)
        kernels.pullback_loops(Sigma, Lambda, s.blocks, s.nbr, program.program, program.start, table)
        case.assert_close(s.user(Sigma), sigma + reference.loop_pullback(s.U, lam, weights), 10)


@every_case
def test_weight_derivatives(case):
    for s in settings(case):
        weights, table = weighted(s, 0.1)
        Lambda, lam = s.algebra()
        program = staple_program(list(weights), s.lattice.shape)
        part = np.empty((s.lattice.blocks, *table.shape))
        kernels.weight_derivatives(part, Lambda, s.blocks, s.nbr, program.program, program.start)
        case.assert_close(part.sum(axis=0), reference.weight_derivatives(s.U, lam, list(weights)), 10)
