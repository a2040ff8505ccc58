"""Quarks and networks where time is open: dense matrices without the hops, derivatives, covariance."""

import numpy as np
import pytest
from builders import Place
from derivative import assert_gradient
from reference import samples, staggered, wilson

from lqcdnn.actions.composed import Composed
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac.domainwall import DomainWallOperator, FifthDimension
from lqcdnn.dirac.fatlinks import FatLinks
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.opentime import from_user
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd import two_row_dtype
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.attention import AttentionLayer
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.model import CovariantNetwork

PLACES = [("U(1)", (4, 8)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4))]


class Open(Place):
    """A place with open time; ``z`` are its links in user layout, zero where they are missing."""

    def __init__(self, name, shape) -> None:
        super().__init__(name, shape)
        self.lattice = Lattice(shape, open_time=True)
        self.U = from_user(self.lattice, samples.links(self.rng, shape, self.n))
        self.z = self.lattice.to_user(self.U)
        assert np.all(self.z[-1][..., -1, :, :] == 0.0)


@pytest.fixture(params=PLACES, ids=lambda place: place[0])
def place(request):
    return Open(*request.param)


@pytest.fixture(params=[*PLACES, pytest.param((*PLACES[2], True), marks=pytest.mark.slow)], ids=str)
def packed(request, monkeypatch):
    """A place, with two rows of links of SU(3) or whole ones."""
    name, shape, *two_rows = request.param
    monkeypatch.setattr(Lattice, "two_rows_pay", lambda self, n, spins: bool(two_rows))
    return Open(name, shape)


def test_staggered_hop_and_solve_are_those_without_the_missing_links(packed):
    place = packed
    op, boundary = place.operator(mass=0.3), place.antiperiodic()
    b = samples.vector(place.rng, place.lattice.shape, place.n)
    field, out = place.lattice.from_user(b), op.vector()
    op.set_links(place.U)
    op.hop(out, field)
    dense = staggered.dense_hop(place.z, boundary)
    assert np.abs(place.lattice.to_user(out).ravel() - dense @ b.ravel()).max() < 1e-13
    if op.links.dtype == two_row_dtype(3, place.lattice.width):  # slow: kernels that no other test needs here
        use_mixed_precision(op)
    for parity in (0, 1):
        op.solve(out, field, parity, 1e-12, 1000)
    assert np.abs(place.lattice.to_user(out) - staggered.solve(place.z, b, 0.3, boundary)).max() < 1e-10
    turned = staggered.dense_hop(place.z, (1,) * place.d)  # nothing goes around time: its sign means nothing
    assert np.array_equal(dense, turned)


def test_wilson_determinant_action_is_that_without_the_missing_links(packed):
    place = packed
    action = place.wilson(0.13)
    action.draw(place.U, Stream(3, 1))
    phi = place.lattice.to_user(action.field.phi)
    expected = wilson.action(place.z, phi, 0.13, place.antiperiodic())
    assert action.value(place.U) == pytest.approx(expected, rel=1e-10)
    assert_gradient(action, place.U)


@pytest.mark.parametrize("flavors", [4, 8])
def test_staggered_force(place, flavors):
    action = place.staggered(flavors)
    action.draw(place.U, Stream(3, 1))
    assert_gradient(action, place.U)


def loops(place):
    return place.network(2)


def whole(place):
    return place.network(2, ("plaquette", "polyakov_time"))


def attention(place):
    layer = AttentionLayer(place.lattice, ("plaquette",), 1, "shared")
    layer.weights = 0.1 * place.rng.normal(size=layer.weights_shape)
    return CovariantNetwork([layer])


def hexed(place):
    return CovariantNetwork([HexLayer(place.lattice, weights=np.array([0.95, 0.76, 0.38]))])


@pytest.mark.parametrize(
    ("make", "where"),
    [
        *((make, place) for make in (loops, whole) for place in PLACES),
        *((make, PLACES[1]) for make in (attention, hexed)),
        *(pytest.param(make, PLACES[2], marks=pytest.mark.slow) for make in (attention, hexed)),
        pytest.param(attention, PLACES[0], marks=pytest.mark.slow),
    ],
)
def test_networks_are_covariant_and_leave_missing_links_missing(make, where):
    place = Open(*where)
    network = make(place)
    G = samples.group_elements(place.rng, place.n, *place.lattice.shape)
    turned = from_user(place.lattice, samples.gauge_transform(place.z, G))
    V = place.lattice.to_user(network.forward(place.U)[0])
    found = place.lattice.to_user(network.forward(turned)[0])
    assert np.abs(found - samples.gauge_transform(V, G)).max() < 1e-13
    assert np.all(V[-1][..., -1, :, :] == 0.0)
    assert np.abs(V - place.z).max() > 1e-3
    action = Composed(place.staggered(), network)
    action.draw(place.U, Stream(3, 1))
    assert_gradient(action, place.U)


def test_what_knows_of_no_open_time_is_refused():
    lattice = Lattice((4, 4, 4, 4), open_time=True)
    with pytest.raises(InputError, match="csw"):
        WilsonOperator(lattice, 3, 0.13, (1, 1, 1, -1), csw=1.0)
    with pytest.raises(InputError, match="open time"):
        DomainWallOperator(lattice, 3, 0.1, FifthDimension(1.8, 4), (1, 1, 1, -1))
    with pytest.raises(InputError, match="open time"):
        FatLinks(lattice, improvement_of("asqtad", 4, 0.0, 1.0))
