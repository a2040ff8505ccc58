"""Kernels of covariant layers: staples, exponents, rotation, pullback, weight derivatives, against numpy."""

import numpy as np
import pytest
from kernel_cases import COVERING, EVEN_SHAPES, FAST_LAYERS, ODD_SHAPE, fast_ones, settings
from reference import layer as reference
from reference.loops import staples
from reference.matrices import dagger, exponential, ta

from lqcdnn.kernels import layer as kernels
from lqcdnn.kernels import paths
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.loops import loop_exists
from lqcdnn.lattice.programs import staple_program
from lqcdnn.network import terms
from lqcdnn.network.terms import Terms

CLASSES = ("plaquette", "rectangle", "chair", "polyakov_time", "polyakov_space")


def weighted(s, scale):
    """Loop classes with a random weight for each direction, as a dictionary and as the kernels' table."""
    names = [name for name in CLASSES if loop_exists(name, s.lattice.d)]
    table = s.rng.normal(size=(len(names), s.lattice.d)) * scale
    return dict(zip(names, table, strict=True)), table


def all_terms(s, weights, table):
    """Terms with their weights."""
    found = Terms(s.lattice, tuple(weights))
    found.use(table)
    return found


def by_direction(weights, s):
    return weights.reshape(-1, *(1,) * (s.U.ndim - 1))


every_case = fast_ones([case for case in FAST_LAYERS if case.n == 2])
"""All loop classes at once, chairs, too, which take longest to compile: see ``special_cases``."""


@every_case
def test_forward(case):
    for s in settings(case):
        weights, table = weighted(s, 0.1)
        found = all_terms(s, weights, table)
        C, Z, out = s.zeros_like_links(), s.zeros_like_links(), s.zeros_like_links()
        C["c"] = np.nan  # whatever it holds
        far, weight = found.add_staples(C, s.blocks)
        kernels.rotate_by_staples(out, out, out, 0.0, 1.0, C, far, s.blocks, s.nbr, weight)
        case.assert_close(s.user(out), reference.forward(s.U, weights), 30)
        expected = sum(by_direction(rho, s) * staples(s.U, name) for name, rho in weights.items())
        case.assert_close(s.user(C), expected, 3)
        (X, x), q = s.store_links(s.algebra()[1]), reference.exponents(s.U, weights)
        far, weight = found.add_staples(Z, s.blocks)
        kernels.rotate_by_staples(out, Z, X, 0.1, -0.3, Z, far, s.blocks, s.nbr, weight)
        z = 0.1 * x - 0.3 * q
        case.assert_close(s.user(Z), z, 3)
        case.assert_close(s.user(out), exponential(z) @ s.U, 30)


@every_case
def test_pullback(case):
    for s in settings(case, (EVEN_SHAPES[0], EVEN_SHAPES[2], ODD_SHAPE)):
        weights, table = weighted(s, 0.1)
        found = all_terms(s, weights, table)
        (C, c), (Sigma_out, sigma_out) = s.store_links(0.2 * s.matrices()[1]), s.matrices()
        Sigma, V, scaled = s.zeros_like_links(), s.zeros_like_links(), s.zeros_like_links()
        kernels.pullback_exponential(Sigma, V, scaled, found.scale, Sigma_out, C, s.blocks)
        rotated, lam = reference.exponential_pullback(ta(c @ dagger(s.U)), s.U, sigma_out)
        case.assert_close(s.user(Sigma), rotated - dagger(c) @ lam, 30)
        case.assert_close(s.user(V), -lam @ s.U, 30)
        case.assert_close(s.user(scaled), -by_direction(found.scale, s) * (lam @ s.U), 30)
        # the reference differentiates C U^dag whole, the terms C alone
        lam, before = -s.user(V) @ dagger(s.U), s.user(Sigma)
        own = sum(by_direction(rho, s) * staples(s.U, name) for name, rho in weights.items())
        found.add_derivatives(Sigma, V, scaled, s.blocks)
        expected = before + reference.loop_pullback(s.U, lam, weights) + dagger(own) @ lam
        case.assert_close(s.user(Sigma), expected, 10)


@every_case
def test_weight_derivatives(case):
    for s in settings(case):
        weights, table = weighted(s, 0.1)
        _blocks, lam = s.algebra()
        V, C = s.store_links(-lam @ s.U)[0], s.zeros_like_links()
        part = np.full((s.lattice.blocks, *table.shape), np.nan)
        for k, name in enumerate(weights):
            one = all_terms(s, (name,), np.ones((1, s.lattice.d)))
            far, weight = one.add_staples(C, s.blocks)
            kernels.contract_staples(part, k, V, C, far, s.nbr, weight)
        case.assert_close(part.sum(axis=0), reference.weight_derivatives(s.U, lam, list(weights)), 10)


ONE_WEIGHT, EACH_DIRECTION = True, False
SPECIAL = (
    (("plaquette",), EACH_DIRECTION),
    (("polyakov_time",), EACH_DIRECTION),
    (("polyakov_space",), EACH_DIRECTION),
    (("rectangle",), EACH_DIRECTION),
    (("chair",), EACH_DIRECTION),
    (("rectangle", "chair"), ONE_WEIGHT),
    (("chair", "plaquette", "rectangle"), ONE_WEIGHT),
    (("chair", "plaquette", "rectangle"), EACH_DIRECTION),
)


def special_cases():
    """Each special kernel in the fast cases, and in slow ones for each group and each width once: two share a pair.

    Chairs, which take longest to compile, are those of SU(2) in the fast ones.
    """
    for k, (names, shared) in enumerate(SPECIAL):
        slow = [case for j, case in enumerate(COVERING) if j % 4 == (0, 2, 1, 3)[j // 4] ^ k % 4]
        fast = [case for case in FAST_LAYERS if case.n == 2 or "chair" not in names]
        for case, mark in [*((case, ()) for case in fast), *((case, pytest.mark.slow) for case in slow)]:
            yield pytest.param(case, names, shared, id=f"{case}-{'+'.join(names)}{'-same' * shared}", marks=mark)


@pytest.mark.parametrize(("case", "names", "shared"), list(special_cases()))
def test_special_kernels_make_what_path_programs_make(case, names, shared):
    shapes = (*EVEN_SHAPES, ODD_SHAPE, (3, 4, 2, 4))
    for s in settings(case, [shape for shape in shapes if all(loop_exists(name, len(shape)) for name in names)]):
        program, table = staple_program(names, s.lattice.shape), s.rng.normal(size=(len(names), s.lattice.d))
        if shared:
            table[:] = table[:, :1]
        found = all_terms(s, names, table)
        assert not found.others.start[-1]
        V = s.matrices()[0]
        C, D, C2, derivative, scaled, unused = (s.zeros_like_links() for _ in range(6))
        paths.add_path_sums(C, s.blocks, s.nbr, program.program, program.start, table)
        paths.add_path_derivatives(D, V, s.blocks, s.nbr, program.program, program.start, table)
        C2["c"] = np.nan  # whatever it holds
        far, weight = found.add_staples(C2, s.blocks)
        if weight.size:  # something was left to other sites
            kernels.rotate_by_staples(unused, unused, unused, 0.0, 1.0, C2, far, s.blocks, s.nbr, weight)
        case.assert_close(s.user(C2), s.user(C), 3)
        scaled["c"] = V["c"] * found.scale.reshape(-1, *(1,) * (V["c"].ndim - 1))
        found.add_derivatives(derivative, V, scaled, s.blocks)
        case.assert_close(s.user(derivative), s.user(D), 10)


def test_lines_longer_than_their_rooms_are_path_programs(monkeypatch):
    lattice, names, table = Lattice((4, 8)), ("polyakov_time", "polyakov_space"), np.arange(4.0).reshape(2, 2)
    assert not Terms(lattice, names).others.start[-1]
    monkeypatch.setattr(terms, "LONGEST", 7)
    found = Terms(lattice, names)
    found.use(table)
    assert found.others.start[-1]
    assert not found.lines[1][0].any()
    np.testing.assert_array_equal(found.rest, table)
