"""Rectangles from shared products: sums, staples and their derivative, against walks with np.roll."""

from kernel_cases import EVEN_SHAPES, ODD_SHAPE, every_case_of_layers, settings
from reference import loops as reference
from reference.matrices import dagger, trace

from lqcdnn.fields import rectangles
from lqcdnn.kernels.links import ordered_sum

STEP, CENTRAL = 1 / 4, (3 / 2, -3 / 5, 1 / 10)
"""Of (f(k h) - f(-k h)) / 2 k h, k = 1, 2, 3: f'(0) of any polynomial of degree 6 and any h."""


def weighted(s):
    """A weight for each direction, and the same to multiply fields of links with."""
    weight = s.rng.normal(size=s.lattice.d)
    return weight, weight.reshape(-1, *(1,) * (s.U.ndim - 1))


@every_case_of_layers
def test_sums(case):
    for s in settings(case):
        part, d = rectangles.rectangle_sums(s.lattice, s.blocks), s.lattice.d
        expected = [0.0, 0.0]
        for path in reference.closed_loops("rectangle", d):
            expected[d in map(abs, path)] += trace(reference.transport(s.U, path)).real.sum()
        case.assert_close([ordered_sum(part[:, 0]), ordered_sum(part[:, 1])], expected, 10)


@every_case_of_layers
def test_staples_and_gradient(case):
    for s in settings(case):
        weight, by_direction = weighted(s)
        C, c = s.matrices()
        expected = by_direction * reference.staples(s.U, "rectangle")
        rectangles.add_staples(C, s.lattice, s.blocks, weight)
        case.assert_close(s.user(C), c + expected, 3)
        C, c = s.matrices()
        rectangles.add_staples(C, s.lattice, s.blocks, weight, conjugate=True)
        case.assert_close(s.user(C), c + dagger(expected), 3)
        rectangles.add_staples(C, s.lattice, s.blocks, weight, conjugate=True, fresh=True)
        case.assert_close(s.user(C), dagger(expected), 3)


@every_case_of_layers
def test_derivative_of_staples(case):
    for s in settings(case, (EVEN_SHAPES[0], EVEN_SHAPES[2], ODD_SHAPE)):
        weight, by_direction = weighted(s)
        (Sigma, sigma), (V, v) = s.matrices(), s.matrices()
        rectangles.add_derivatives(Sigma, s.lattice, V, s.blocks, weight)
        at = {k: reference.staples(s.U + k * STEP * by_direction * v, "rectangle") for k in (-3, -2, -1, 1, 2, 3)}
        derivative = sum(c * (at[k] - at[-k]) / (2 * k * STEP) for k, c in enumerate(CENTRAL, 1))
        case.assert_close(s.user(Sigma), sigma + dagger(derivative), 10)
