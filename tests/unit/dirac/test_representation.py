"""Links in higher representations against their definitions, and what makes them one: products, traces, indices."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from kernel_cases import every_case_in_double, settings
from reference import representations as reference
from reference import samples
from reference.matrices import dagger, trace

from lqcdnn.config.tables.representations import components, existing, is_real
from lqcdnn.dirac.representation import RepresentationLinks, colour_space, representation_links
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Lattice

SLOW = pytest.mark.slow
SHAPE = (4, 8)
ALL = [(n, name) for n in range(2, 9) for name in existing(n)[1:]]
OF_FEW = [(2, "adjoint"), (3, "symmetric"), (3, "adjoint")]


def parametrized(fast):
    """All representations, but for ``fast`` ones in slow tests."""
    marked = ((n, name, [SLOW] * ((n, name) not in fast)) for n, name in ALL)
    cases = [pytest.param(n, name, marks=marks, id=f"SU({n})-{name}") for n, name, marks in marked]
    return pytest.mark.parametrize(("n", "name"), cases)


every_representation = parametrized(OF_FEW)


class Setting:
    """Random links on a small lattice, and the map."""

    def __init__(self, n, name) -> None:
        self.place, self.name = Place(f"SU({n})", SHAPE), name
        self.lattice = self.place.lattice
        self.map = RepresentationLinks(self.lattice, self.place.group, name)
        self.U = self.lattice.to_user(self.place.U)

    def represented(self, U):
        """R of links in lattice order."""
        return self.lattice.to_user(self.map.forward(self.lattice.from_links(U))[0])


def test_which_representations_there_are():
    assert existing(1) == ("fundamental",)
    assert existing(2) == ("fundamental", "adjoint", "symmetric")
    assert existing(3) == ("fundamental", "adjoint", "symmetric", "antisymmetric")
    assert existing(4) == ("fundamental", "symmetric", "antisymmetric")
    assert existing(5) == ("fundamental", "antisymmetric")
    assert existing(6) == ("fundamental",)
    assert [components(name, 3) for name in (None, *existing(3))] == [3, 3, 8, 6, 3]
    for n, name in ALL:
        R = reference.represented(samples.group_elements(np.random.default_rng(n), n, 5), name)
        assert R.shape[-1] == components(name, n)
        assert is_real(name, n) == (np.abs(trace(R).imag).max() < 1e-12)


@every_representation
def test_against_the_definition(n, name):
    s = Setting(n, name)
    R = s.represented(s.U)
    np.testing.assert_allclose(R, reference.represented(s.U, name), rtol=0, atol=1e-14)
    one = np.eye(components(name, n))
    np.testing.assert_allclose(R @ dagger(R), np.broadcast_to(one, R.shape), rtol=0, atol=1e-13)
    np.testing.assert_allclose(np.linalg.det(R), 1.0, rtol=0, atol=1e-13)


@every_case_in_double
def test_every_width_and_kind_of_table(case):
    for s in settings(case):
        for name in existing(case.n)[1:]:
            links = RepresentationLinks(s.lattice, case.group, name)
            case.assert_close(s.lattice.to_user(links.forward(s.blocks)[0]), reference.represented(s.U, name))


@every_representation
def test_products_and_traces(n, name):
    """R(UV) = R(U) R(V), and the characters: |tr U|^2 - 1, (tr^2 U +- tr U^2) / 2."""
    s = Setting(n, name)
    V = samples.links(s.place.rng, SHAPE, n)
    np.testing.assert_allclose(s.represented(s.U @ V), s.represented(s.U) @ s.represented(V), rtol=0, atol=1e-13)
    t, square = trace(s.U), trace(s.U @ s.U)
    sign = 1.0 if name == "symmetric" else -1.0
    expected = abs(t) ** 2 - 1.0 if name == "adjoint" else (t**2 + sign * square) / 2.0
    np.testing.assert_allclose(trace(s.represented(s.U)), expected, rtol=0, atol=1e-13)


@every_representation
def test_index_of_the_representation(n, name):
    """tr R(T^a) R(T^b) = T_R delta: N of the adjoint one, (N +- 2) / 2 of two indices, where N = 1/2 of fundamental."""
    T = reference.algebra(name, n)
    index = {"adjoint": n, "symmetric": (n + 2) / 2, "antisymmetric": (n - 2) / 2}[name]
    found = np.einsum("aij,bji->ab", T, T)
    np.testing.assert_allclose(found, index * np.eye(len(T)), rtol=0, atol=1e-9)


@every_representation
def test_covariance(n, name):
    """The links of transformed links are those of R(U), transformed by R(g)."""
    s = Setting(n, name)
    G = samples.group_elements(s.place.rng, n, *SHAPE)
    turned = samples.gauge_transform(s.represented(s.U), reference.represented(G, name))
    np.testing.assert_allclose(s.represented(samples.gauge_transform(s.U, G)), turned, rtol=0, atol=1e-13)


class Overlap:
    """S = Re sum tr K^dag R(U) with random K: every number of the links matters."""

    name = "overlap"

    def __init__(self, s) -> None:
        size = s.map.colours.n
        self.lattice, self.map = s.lattice, s.map
        self.K = samples.complex_normal(s.place.rng, s.lattice.d, *SHAPE, size, size)

    def value(self, U):
        return float((self.K.conj() * self.lattice.to_user(self.map.forward(U)[0])).real.sum())

    def add_gradient(self, U, Sigma):
        self.map.add_pullback(Sigma, self.map.forward(U)[1], self.lattice.from_links(dagger(self.K)))


@parametrized(OF_FEW[:2])
def test_pullback(n, name):
    s = Setting(n, name)
    overlap = Overlap(s)
    assert_gradient(overlap, s.place.U, 1e-9)
    _, tape = s.map.forward(s.place.U)
    once, weights = s.map.pullback_weights(tape, s.lattice.from_links(dagger(overlap.K)))
    assert weights.size == s.map.theta.size == 0
    twice = once.copy()
    s.map.add_pullback(twice, tape, s.lattice.from_links(dagger(overlap.K)))
    np.testing.assert_allclose(twice["c"], 2 * once["c"], rtol=0, atol=1e-12)


def test_links_that_are_not_there_stay_so():
    """Behind the end of an open time links are 0."""
    s = Setting(2, "adjoint")
    s.U[1, :, -1] = 0.0
    R = s.represented(s.U)
    assert not R[1, :, -1].any()
    assert R[1, :, 0].any()


def test_what_has_no_quarks():
    lattice = Lattice(SHAPE)
    for group, name in ((Group(1), "symmetric"), (Group(2), "antisymmetric"), (Group(4), "adjoint"), (Group(8), "x")):
        with pytest.raises(InputError, match=rf"representation {name} of {group.name.replace('(', '.')[:3]}.*allowed"):
            RepresentationLinks(lattice, group, name)
    assert all(representation_links(lattice, Group(3), name) is None for name in (None, "fundamental"))
    assert colour_space(Group(3), "fundamental") == Group(3)
    assert colour_space(Group(3), "symmetric").name == "SU(3) symmetric"
    assert colour_space(Group(3), "antisymmetric") != Group(3)
