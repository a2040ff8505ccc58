"""Plaquettes, staples per class, Polyakov loops and programs of paths against walks with np.roll."""

import numpy as np
import pytest
from kernel_cases import (
    EVEN_SHAPES,
    ODD_SHAPE,
    every_case_in_double,
    every_case_of_layers,
    settings,
)
from reference import loops as reference
from reference.matrices import dagger, trace

from lqcdnn.kernels import loops as kernels
from lqcdnn.kernels import paths
from lqcdnn.kernels.links import kick, ordered_sum
from lqcdnn.lattice.loops import loop_exists
from lqcdnn.lattice.programs import staple_program

CLASSES = ("plaquette", "rectangle", "chair", "polyakov_time", "polyakov_space", "polyakov_x", "polyakov_t")


def classes(d):
    return [name for name in CLASSES if loop_exists(name, d)]


@every_case_in_double
def test_plaquette_sums(case):
    for s in settings(case):
        part, d = np.empty((s.lattice.blocks, 2)), s.lattice.d
        kernels.plaquette_sums(part, s.blocks, s.nbr, s.lattice.planes(s.blocks))
        for k, planes in enumerate((reference.planes(d - 1), [(d - 1, nu) for nu in range(d - 1)])):
            case.assert_close(ordered_sum(part[:, k]), reference.plaquette_sum(s.U, planes), 10)


@every_case_of_layers
def test_the_order_of_blocks_changes_no_bit(case):
    for s in settings(case):
        C0, blocks = s.matrices()[0], s.lattice.blocks
        found, P0, anyhow = [], s.algebra()[0], s.rng.permutation(blocks).astype(np.uint32)
        for order in (s.lattice.rows(s.blocks), s.lattice.planes(s.blocks), anyhow):
            C, G, P, part = C0.copy(), C0.copy(), P0.copy(), np.empty((blocks, 2))
            kernels.whole_staples(C, s.blocks, s.nbr, order, np.full(s.lattice.d, 0.3), None)
            kernels.add_plaquette_gradient(G, s.blocks, s.nbr, order, 0.3, None)
            kernels.kick_by_plaquettes(P, s.blocks, G, s.nbr, order, 0.3, 0.1, None)
            kernels.plaquette_sums(part, s.blocks, s.nbr, order)
            found.append((C.tobytes(), G.tobytes(), P.tobytes(), part.tobytes()))
        assert found[0] == found[1] == found[2]


@every_case_in_double
def test_polyakov_sums(case):
    for s in settings(case):
        part = np.empty((s.lattice.blocks, 2))
        for mu, extent in enumerate(s.lattice.shape):
            kernels.polyakov_sums(part, s.blocks, s.nbr, mu, extent)
            found = ordered_sum(part[:, 0]) + 1j * ordered_sum(part[:, 1])
            case.assert_close(found / extent, reference.polyakov(s.U, mu), 10)  # each loop starts at each of its sites


@every_case_of_layers
def test_plaquette_staples_and_gradient(case):
    for s in settings(case):
        C0, c0 = s.matrices()
        expected = reference.staples(s.U, "plaquette")
        C, weight = C0.copy(), s.rng.normal(size=s.lattice.d)
        kernels.whole_staples(C, s.blocks, s.nbr, s.lattice.rows(s.blocks), weight, None)
        case.assert_close(s.user(C), weight.reshape(-1, *(1,) * (s.U.ndim - 1)) * expected)
        C = C0.copy()
        kernels.add_plaquette_gradient(C, s.blocks, s.nbr, s.lattice.rows(s.blocks), -0.3, None)
        case.assert_close(s.user(C), c0 - 0.3 * dagger(expected))


@every_case_of_layers
def test_kick_by_plaquettes_is_gradient_and_kick(case):
    """To the last bit, so that a trajectory does not depend on which of the two made its momenta."""
    for s in settings(case):
        P0, nbr, rows = s.algebra()[0], s.nbr, s.lattice.rows(s.blocks)
        for Sigma in (None, s.matrices()[0]):
            P, Q, total = P0.copy(), P0.copy(), s.zeros_like_links() if Sigma is None else Sigma.copy()
            kernels.kick_by_plaquettes(P, s.blocks, Sigma, nbr, rows, -0.3, 0.7, None)
            kernels.add_plaquette_gradient(total, s.blocks, nbr, rows, -0.3, None)
            kick(Q, s.blocks, total, 0.7)
            np.testing.assert_array_equal(P["c"], Q["c"])
            assert np.abs(P["c"] - P0["c"]).max() > 0.01


@every_case_in_double
def test_staples_of_every_class(case):
    for s in settings(case):
        names, shape = classes(s.lattice.d), s.lattice.shape
        weight = s.rng.normal(size=(len(names), s.lattice.d))
        program = staple_program(names, shape)
        expected = np.zeros_like(s.U)
        for name, rho in zip(names, weight, strict=True):
            expected += rho.reshape(-1, *(1,) * (s.U.ndim - 1)) * reference.staples(s.U, name)
        C0, c0 = s.matrices()
        C = C0.copy()
        paths.add_path_sums(C, s.blocks, s.nbr, program.program, program.start, weight)
        case.assert_close(s.user(C), c0 + expected, 3)


@pytest.mark.parametrize("shape", [*EVEN_SHAPES, ODD_SHAPE, (2, 2, 2, 4)], ids=str)
def test_every_class_sums_each_loop_through_a_link_once(shape):
    """Sum over links of Re tr(staples U^dag) counts a loop once for each of its links."""
    from reference.samples import links

    U, d = links(np.random.default_rng(2), shape, 2), len(shape)
    for name, length in (("plaquette", 4), ("rectangle", 6), ("chair", 6)):
        if not loop_exists(name, d):
            continue
        through_links = trace(reference.staples(U, name) @ dagger(U)).real.sum()
        closed = sum(trace(reference.transport(U, p)).real.sum() for p in reference.closed_loops(name, d))
        assert through_links == pytest.approx(length * closed)
