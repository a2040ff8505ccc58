"""Terms of any loops in a gauge action: against walks, numerical derivatives, and actions they repeat."""

from itertools import combinations

import numpy as np
import pytest
from builders import Place, hamiltonian, transformation
from derivative import assert_gradient
from reference import loops as reference
from reference.matrices import trace

from lqcdnn.actions.base import gradient
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice

SQUARE = (1, 1, 2, 2, -1, -1, -2, -2)
TWICE = (1, 2, -1, -2) * 2
BENT = (1, 1, 1, 2, -1, -1, 2, -1, -2, -2)
"""Cannot be turned into itself walked backwards: its mirror images are other loops."""
NAMES = ("plaquette", "rectangle", "chair", "polyakov_time", "polyakov_space", "polyakov_x", "polyakov_t")

places = pytest.mark.parametrize(
    "place",
    [
        ("SU(2)", (4, 4, 4)),
        *(
            pytest.param(place, marks=pytest.mark.slow)
            for place in (("U(1)", (4, 8)), ("SU(2)", (3, 2, 8)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4)))
        ),
    ],
    ids=str,
)


def action(p, *terms, beta=0.0):
    return GaugeAction(p.lattice, p.n, beta, terms=terms)


def existing(p):
    found = [name for name in NAMES if (name != "chair" or p.d > 2) and (name != "polyakov_x" or p.d > 2)]
    return [*found, SQUARE, TWICE, BENT, *([(1, 2, 3, -1, -2, -3)] if p.d > 2 else [])]


def walked(U, path):
    """Sum of Re tr over the sites, and the number of sites."""
    return trace(reference.transport(U, path)).real.sum(), np.prod(U.shape[1:-2])


def planar(path, d):
    """Images of a path in a plane under the turns and mirrors of every plane."""
    for a, b in [(mu + 1, nu + 1) for mu, nu in reference.planes(d)]:
        for x, y in ((a, b), (b, -a), (-a, -b), (-b, a), (a, -b), (-b, -a), (-a, b), (b, a)):
            steps = {1: x, 2: y, -1: -x, -2: -y}
            yield tuple(steps[step] for step in path)


def expected_sum(U, loops):
    """sum over loops of (1 - Re tr W/N), from the loops of the reference."""
    n, d, shape = U.shape[-1], len(U), U.shape[1:-2]
    if loops in ("plaquette", "rectangle", "chair"):
        found = [walked(U, path) for path in reference.closed_loops(loops, d)]
    elif isinstance(loops, str):
        which = {"time": [d - 1], "space": range(d - 1), "x": [0], "t": [d - 1]}[loops.removeprefix("polyakov_")]
        found = [(reference.polyakov(U, mu).real, np.prod(shape) / shape[mu]) for mu in which]
    elif loops == BENT:
        found = [walked(U, path) for path in planar(loops, d)]
    elif loops in (SQUARE, TWICE):  # eight images are four corners of two orientations
        found = [tuple(x / 8 for x in walked(U, path)) for path in planar(loops, d)]
    else:  # around the two corners of a cube at the ends of one of its four diagonals
        corners = [(a, s * b, t * c) for a, b, c in combinations(range(1, d + 1), 3) for s in (1, -1) for t in (1, -1)]
        found = [walked(U, (*steps, *(-step for step in steps))) for steps in corners]
    return sum(count - total / n for total, count in found)


@places
def test_values_are_those_of_the_loops_one_by_one(place):
    p = Place(*place)
    z = p.lattice.to_user(p.U)
    for loops in existing(p):
        expected = expected_sum(z, loops)
        assert action(p, (loops, 0.7)).value(p.U) == pytest.approx(0.7 * expected, rel=1e-12), loops
        assert abs(action(p, (loops, 0.7)).value(gauge.cold(p.lattice, p.group))) < 1e-9


@places
def test_gradient_and_invariance(place):
    p = Place(*place)
    every = action(p, *((loops, 0.1 * (k + 1)) for k, loops in enumerate(existing(p))), beta=0.6)
    assert_gradient(every, p.U)
    for loops in existing(p):
        assert_gradient(action(p, (loops, 0.4)), p.U)
    _G, transform = transformation(p)
    assert every.value(transform(p.U)) == pytest.approx(every.value(p.U), rel=1e-12)


@pytest.mark.parametrize(
    ("terms", "beta", "c1"),
    [
        ([("plaquette", 0.9)], 2.2, 0.0),
        ([("plaquette", 1.3 * (1 - 8 * -0.1) - 1.3), ("rectangle", 1.3 * -0.1)], 1.3, -0.1),
        ([((1, 2, -1, -2), 0.9)], 2.2, 0.0),
        ([((2, 1, 1, -2, -1, -1), 1.3 * -0.1), ((1, -2, -1, 2), 1.3 * 0.8)], 1.3, -0.1),
    ],
)
def test_terms_of_plaquettes_and_rectangles_are_the_action_of_kind_and_beta(terms, beta, c1):
    p = Place("SU(2)", (4, 4, 4))
    found, expected = action(p, *terms, beta=1.3), p.gauge(beta, c1)
    assert found.value(p.U) == pytest.approx(expected.value(p.U), rel=1e-13)
    np.testing.assert_allclose(gradient(found, p.U)["c"], gradient(expected, p.U)["c"], rtol=0, atol=1e-13)


def test_a_path_is_the_class_of_its_shape():
    p = Place("SU(2)", (4, 4, 4))
    found, named = action(p, ((-1, 2, 1, -3, -2, 3), 0.7)), action(p, ("chair", 0.7))
    assert found.value(p.U) == pytest.approx(named.value(p.U), rel=1e-13)
    np.testing.assert_allclose(gradient(found, p.U)["c"], gradient(named, p.U)["c"], rtol=0, atol=1e-13)


@pytest.mark.parametrize("c1", [0.0, -0.1])
def test_kicks_are_those_of_the_gradient(c1):
    """Alone and beside another action, which makes its gradient first."""
    p = Place("SU(2)", (4, 4, 4))
    one = GaugeAction(p.lattice, p.n, 2.0, c1, [("chair", 0.3), ("polyakov_time", 0.5)])
    for terms in ([one], [one, p.composed(p.gauge(), p.network(1, ("plaquette",)))]):
        H = hamiltonian(p, *terms)
        H.terms[-1].name = "other" if len(terms) > 1 else "gauge"
        names = tuple(term.name for term in terms)
        P = gaussian_momenta(p.lattice, p.group, Stream(1, 1))
        before, force = P["c"].copy(), H.force(p.U, names)
        H.kick(P, p.U, names, 0.3)
        np.testing.assert_allclose(P["c"], before + 0.3 * force["c"], rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("loops", "message"),
    [
        ("hexagon", "do not exist in d = 2"),
        ("chair", "do not exist in d = 2"),
        ("polyakov_y", "do not exist in d = 2"),
        ((1, 2, 3, -1, -2, -3), "do not exist in d = 2"),
        ((1, 2, -1, 2), "does not end where it starts"),
        ((1, -1, 2, -2), "goes 1 and straight back -1"),
        ((2, 1, -2, -1, 1, -1), "straight back"),
        ((-2, 1, 2, -1, -2, 1, 2, -1, 2, -2), "goes 2 and straight back -2"),
        ((1, 3, -1, -3), "axes are 1, 3"),
        ((), "no step"),
    ],
)
def test_what_is_no_class_of_loops_is_refused(loops, message):
    with pytest.raises(InputError, match=message):
        GaugeAction(Lattice((4, 4)), 1, 1.0, terms=[(loops, 1.0)])


def test_a_winding_loop_of_one_link_is_refused():
    with pytest.raises(InputError, match="extents of at least 2"):
        GaugeAction(Lattice((1, 4)), 1, 1.0, terms=[("polyakov_time", 1.0)])
