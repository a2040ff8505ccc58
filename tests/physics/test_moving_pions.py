"""Two pions in moving frames: all contractions in u and d, symmetries, and the rest frame."""

import numpy as np
import pytest
from reference import distillation, isospin, quarks
from test_distillation import MASS, links, measured
from test_isospins import reflected, transformed

LINE = [[[0], [1]], [[-1], [2]], [[1], [1]]]
"""In d = 2 on 4 sites; the last two have the total momenta 1, as the first, and 2, which is its own opposite."""
SPACE = [[[0, 0, 0], [1, 0, 0]], [[0, 1, 0], [1, -1, 0]]]


def options(size, pairs):
    return f"eigenvectors = {size}\nchannels = []\nmoving_pions = {pairs}\n"


@pytest.mark.parametrize(("kind", "name", "shape", "boundary", "size", "pairs"), [
    ("wilson", "U(1)", (4, 8), (1, -1), 3, LINE),
    pytest.param("domain_wall", "U(1)", (6, 4), (1, -1), 3, LINE, marks=pytest.mark.slow),
    pytest.param("wilson", "SU(2)", (4, 4, 4, 2), (1, 1, 1, -1), 4, SPACE, marks=pytest.mark.slow),
    pytest.param("wilson", "SU(3)", (2, 2, 4, 2), (1, 1, 1, -1), 3, SPACE, marks=pytest.mark.slow),
])  # fmt: skip
def test_all_contractions_in_u_and_d(kind, name, shape, boundary, size, pairs):
    """Pairs with one total momentum are a matrix."""
    U = links(shape, name)
    found = measured(U, name, options(size, pairs), kind=kind, boundary=boundary)
    made = distillation.Distilled(quarks.propagator(kind, U, boundary, MASS), U, boundary, size)
    C = np.array(found["distilled_two_pions" + ("_p1" if len(shape) == 2 else "_p1_0_0")])
    for i, j in np.ndindex(2, 2):
        expected = isospin.moving(made, pairs[i], pairs[j], 1)
        np.testing.assert_allclose(C[i, j, 1], expected, rtol=1e-9, atol=1e-12)
    if len(shape) == 2:
        expected = isospin.moving(made, pairs[2], pairs[2], 1)
        np.testing.assert_allclose(found["distilled_two_pions_p2"][0][0][1], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "shape", "size", "pairs"), [
    ("U(1)", (4, 8), 3, LINE), pytest.param("SU(3)", (4, 4, 4, 2), 5, SPACE, marks=pytest.mark.slow),
])  # fmt: skip
def test_symmetries(name, shape, size, pairs):
    """The same numbers in another gauge, in mirrors and for antiquarks; at -t with operators or time turned round."""
    U, close = links(shape, name), {"rtol": 1e-7, "atol": 1e-12}
    found = measured(U, name, options(size, pairs))
    keys = [key for key in found if key.startswith("distilled_two_pions")]
    assert keys
    turned = reflected(U, len(shape) - 1)
    for other in (transformed(U, name), reflected(U, 0), U.conj(), turned):
        again = measured(other, name, options(size, pairs))
        for key in keys:
            C = np.array(found[key])
            back = np.roll(C[..., ::-1], 1, axis=2)
            np.testing.assert_allclose(C.transpose(1, 0, 2), back, **close)
            np.testing.assert_allclose(again[key], back if other is turned else C, **close)
