"""Representations of the cubic group: their matrices, their content of loops, the operators made with them."""

from itertools import product

import numpy as np
import pytest

from lqcdnn.config.tables.cubic import CHANNELS, copies, dimension, elements, key_of, orbit, representation, turn
from lqcdnn.config.tables.loops import SHAPES
from lqcdnn.lattice.glueballs import loops_of, operators_of

TWIST = (1, 2, 3, -1, -2, -3)
HAND = (1, 1, 2, 3, -1, -2, -1, -3)  # eight links without a symmetry of its own


def after(one, other):
    """The element that does ``other``, then ``one``."""
    return turn(one, other)


@pytest.mark.parametrize("axes", [2, 3])
def test_irreducible_representations(axes):
    """Homomorphisms into orthogonal matrices whose characters are orthonormal, of dimensions whose squares add up."""
    group, irreps = elements(axes), {}
    for channel in CHANNELS[axes].values():
        irreps[channel.irrep, channel.parity] = [np.array(representation(channel, g)) for g in group]
    for matrices in irreps.values():
        known = dict(zip(group, matrices, strict=True))
        for one, other in product(group[::5], group):
            np.testing.assert_allclose(known[after(one, other)], known[one] @ known[other], atol=1e-14)
    characters = np.array([[np.trace(M) for M in matrices] for matrices in irreps.values()])
    np.testing.assert_allclose(characters @ characters.T, len(group) * np.eye(len(irreps)), atol=1e-12)
    assert sum(len(matrices[0]) ** 2 for matrices in irreps.values()) == len(group)


def test_parity():
    """Space reflected in a point: + 1 or - 1 times the unit matrix in three dimensions, where it is no rotation."""
    for channel in CHANNELS[3].values():
        found = np.array(representation(channel, (-1, -2, -3)))
        np.testing.assert_allclose(found, channel.parity * np.eye(len(found)), atol=1e-15)


def test_names():
    assert (len(CHANNELS[3]), len(CHANNELS[2])) == (20, 10)
    assert [key_of(name) for name in ("A1++", "T1+-", "B2-")] == ["a1pp", "t1pm", "b2m"]
    assert [name for one in CHANNELS.values() for name, channel in one.items() if channel.vacuum] == ["A1+", "A1++"]


@pytest.mark.parametrize(
    ("path", "axes", "expected"),
    [
        # plaquettes and double plaquettes: Berg, Billoire, Nucl. Phys. B 221 (1983) 109
        (SHAPES["plaquette"], 3, "A1++ E++ T1+-"),
        (SHAPES["rectangle"], 3, "A1++ A2++ E++ E++ T1+- T2+-"),
        (TWIST, 3, "A1++ T2++ T1+- A2+-"),
        (SHAPES["plaquette"], 2, "A1+ A2-"),
        (SHAPES["rectangle"], 2, "A1+ B1+ A2- B2-"),
    ],
)
def test_content_of_loops(path, axes, expected):
    found = [name for name, channel in CHANNELS[axes].items() for _ in range(copies(channel, path, axes))]
    assert sorted(found) == sorted(expected.split())


@pytest.mark.parametrize(
    ("path", "axes"), [(SHAPES["rectangle"], 2), *((path, 3) for path in (*SHAPES.values(), TWIST, HAND))]
)
def test_operators_are_a_basis_of_the_loops(path, axes):
    """As many as loops, for C = + and for C = -; orthogonal, with the norm of a mean."""
    loops = loops_of(path, axes)
    assert len(orbit(path, axes)) == 2 * len(loops)
    for c in (1, -1):
        every = [
            operators_of(channel, path, axes).reshape(-1, len(loops))
            for channel in CHANNELS[axes].values()
            if channel.conjugation == c
        ]
        basis = np.concatenate(every)
        assert len(basis) == len(loops)
        np.testing.assert_allclose(len(loops) * basis @ basis.T, np.eye(len(loops)), atol=1e-12)
    scalar = next(channel for channel in CHANNELS[axes].values() if channel.vacuum)
    np.testing.assert_allclose(operators_of(scalar, path, axes), 1.0 / len(loops), rtol=1e-12)


def test_dimensions():
    sizes = {name: dimension(channel, 3) for name, channel in CHANNELS[3].items() if name.endswith("++")}
    assert sizes == {"A1++": 1, "A2++": 1, "E++": 2, "T1++": 3, "T2++": 3}
