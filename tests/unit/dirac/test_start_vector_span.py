"""Start vectors: the best one in the span of the last solutions, and only of those."""

from itertools import pairwise

import numpy as np
import pytest
from builders import Place

from lqcdnn.dirac.staggered import EVEN, ODD
from lqcdnn.dirac.startvectors import DEPENDENT, History, dot, solve_positive


class Setting:
    """Solutions of (m^2 - D^2) x = b on links that change a little from one to the next."""

    def __init__(self, count=5) -> None:
        self.place = Place("U(1)", (4, 8), spread=0.4)
        self.op = self.place.operator(0.2)
        self.b = self.op.vector()
        self.b["c"] = self.place.rng.normal(size=self.b["c"].shape)
        self.links = [self.moved(0.03 * k) for k in range(count)]

    def moved(self, angle):
        U = self.place.U.copy()
        turn = np.exp(1j * angle * np.random.default_rng(7).normal(size=(2, 4, 8, 1, 1)))
        return self.place.lattice.from_links(self.place.lattice.to_user(U) * turn)

    def solve(self, U, parity, starts=None, tolerance=1e-13):
        x = self.op.vector()
        self.op.set_links(U)
        self.op.equations[parity].solve_normal(x, self.b, tolerance, 1000, starts)
        return x


@pytest.mark.parametrize("parity", [EVEN, ODD])
@pytest.mark.parametrize("count", [1, 3])
def test_the_best_vector_in_the_span_of_the_last_solutions(parity, count):
    """r = b - A x is orthogonal to what was kept, so x minimises the error in the norm of A; not to older solutions."""
    s, history = Setting(), History(count)
    system, x = s.op.equations[parity], s.op.vector()
    assert not history.begin(system, x, s.b)
    known = [s.solve(U, parity, history) for U in s.links]
    s.op.set_links(s.moved(0.2))
    assert history.begin(system, x, s.b)
    system.residual(x, s.b)
    r = system.work[0]
    products = [abs(dot(system, v, r)) / system.norm2(v) ** 0.5 for v in reversed(known)]
    assert max(products[:count]) < 1e-9
    assert min(products[count:]) > 1e-6
    other = slice(0, system.first) if parity else slice(system.last, None)
    assert not x["c"][other].any()


def test_products():
    s = Setting()
    x, y, odd = s.op.vector(), s.b, s.op.equations[ODD]
    x["c"] = s.place.rng.normal(size=x["c"].shape)
    u, v = (f["c"][odd.first :, :, :, 0] + 1j * f["c"][odd.first :, :, :, 1] for f in (x, y))
    assert dot(odd, x, y) == pytest.approx(np.vdot(u, v), rel=1e-13)
    assert odd.product(x, y) == pytest.approx(np.vdot(u, v).real, rel=1e-13)


def test_the_more_vectors_the_better_the_start():
    found = []
    for count in (1, 2, 3, 4):
        s, history, x = Setting(), History(count), Setting().op.vector()
        for U in s.links:
            s.solve(U, EVEN, history)
        system = s.op.equations[EVEN]
        s.op.set_links(s.moved(0.15))
        assert history.begin(system, x, s.b)
        found.append((system.residual(x, s.b) / system.norm2(s.b)) ** 0.5)
    assert found[0] < 0.5
    for worse, better in pairwise(found):
        assert better < 0.3 * worse, found


def test_a_new_pseudofermion_empties_it():
    s, history = Setting(), History(2)
    s.solve(s.links[0], EVEN, history.since(1))
    assert history.since(1).begin(s.op.equations[EVEN], s.op.vector(), s.b)
    assert not history.since(1).begin(s.op.equations[ODD], s.op.vector(), s.b)
    assert not history.since(2).begin(s.op.equations[EVEN], s.op.vector(), s.b)
    assert History(0).since(1) is None


def test_the_same_solution_again_and_zero():
    """A solve with its own solution in the span needs no iteration; what is kept does not become singular."""
    s, history = Setting(), History(3)
    system = s.op.equations[EVEN]
    first = s.solve(s.links[0], EVEN, history)
    s.op.log.reset()
    again = s.solve(s.links[0], EVEN, history, 1e-11)
    assert s.op.log.iterations == 0
    np.testing.assert_allclose(again["c"], first["c"], rtol=0, atol=1e-11)
    assert len(history._basis[system]) == 1
    s.b["c"] = 0.0
    assert not s.solve(s.links[1], EVEN, history)["c"].any()
    assert len(history._basis[system]) == 1
    assert 1e-14 < DEPENDENT < 1e-8


@pytest.mark.parametrize("n", [1, 2, 7])
def test_small_systems(n):
    rng = np.random.default_rng(n)
    z = rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n))
    G, b = z @ z.conj().T + 0.1 * np.eye(n), rng.normal(size=n) + 1j * rng.normal(size=n)
    found = solve_positive(np.tril(G).tolist(), b.tolist())
    np.testing.assert_allclose(found, np.linalg.solve(G, b), rtol=1e-10)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_small_systems_end_where_they_are_not_positive(bad):
    found = solve_positive([[2.0], [0j, bad], [0j, 0j, 1.0]], [4.0, 1.0, 1.0])
    assert found == [2.0]
