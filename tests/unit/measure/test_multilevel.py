"""The multilevel algorithm: without updates the plain correlator, averages by numpy, links that stay, refusals."""

import numpy as np
import pytest
from builders import Place
from kernel_cases import numbers

from lqcdnn.config import observable
from lqcdnn.config.tables.gauge_actions import GaugeConfig, GaugeTermConfig
from lqcdnn.config.tables.schema import ActionConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import reunitarize
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.heatbath import HeatBath

PLACES = [
    ("U(1)", (4, 8), 2, 0),
    ("U(1)", (4, 8), [8, 4, 1], [0, 0, 0]),
    ("SU(2)", (4, 4, 4), [4, 2], [0, 0]),
    ("SU(2)", (2, 4, 2, 4), 4, 0),
    ("SU(3)", (4, 2, 2, 4), 2, 0),
]


def made(p, beta=2.0, action=None, **options):
    chosen = {"polyakov_multilevel": observable("polyakov_multilevel", {"beta": beta, **options}, p.d)}
    return Measurements(p.lattice, p.group, chosen, action)


def multilevel(p, stream=None, U=None, **options):
    record = made(p, **options).measure(p.U if U is None else U, stream or Stream(5, 3))["polyakov_multilevel"]
    assert record["polyakov_multilevel_distances"] == [float(r) for r in range(len(record["polyakov_multilevel"]))]
    return record["polyakov_multilevel"]


@pytest.mark.parametrize(("name", "shape", "slab", "updates"), PLACES)
def test_without_updates_it_is_the_correlator(name, shape, slab, updates):
    p = Place(name, shape)
    plain = Measurements(p.lattice, p.group, {"polyakov_correlator": observable("polyakov_correlator", {}, p.d)})
    expected = plain.measure(p.U, Stream(1, 1))["polyakov_correlator"]["polyakov_correlator"]
    np.testing.assert_allclose(multilevel(p, slab=slab, updates=updates), expected, rtol=0, atol=1e-14)


def free_links(lattice, slab):
    inside = lattice.coordinates[:, -1] % slab != 0
    return [*(inside for _ in range(lattice.d - 1)), np.ones_like(inside)]


def course(p, slab, updates, beta, stream):
    """Links [d, x, ..., t] of the configuration and after each update, all slabs at once."""
    own = stream.named(f"polyakov_multilevel {stream.trajectory}")
    algorithm = "kennedy_pendleton" if p.group.special else "best_fisher"
    bath = HeatBath(p.gauge(beta), p.group, algorithm, 1, free_links(p.lattice, slab))
    U = p.U.copy()
    yield p.lattice.to_user(U)
    for count in range(1, updates + 1):
        bath.heat_bath(U, count, own.seed)
        bath.overrelax(U)
        reunitarize(p.lattice, U, p.group)
        yield p.lattice.to_user(U)


def two_links(z, slab, step):
    """T [slab, x, a, b, c, d] of the lines through each slab from x and x + step."""
    links = np.moveaxis(z[-1], -3, 0)
    found = []
    for first in range(0, len(links), slab):
        line = links[first]
        for t in range(first + 1, first + slab):
            line = line @ links[t]
        far = np.roll(line, [-s for s in step], axis=range(len(step)))
        found.append(np.einsum("...ab,...cd->...abcd", line.conj(), far))
    return np.array(found)


def by_numpy(p, slab, updates, beta, stream):
    """C(0), C(1), ... with every displacement +-r along an axis once."""
    states = list(course(p, slab, updates, beta, stream))
    space = p.lattice.shape[:-1]
    found = []
    for r in range(min(space) // 2 + 1):
        both = [(mu, s * r % n) for mu, n in enumerate(space) for s in (1, -1)]
        steps, values = {tuple(s if nu == mu else 0 for nu in range(len(space))) for mu, s in both}, []
        for step in steps:
            T = np.mean([two_links(z, slab, step) for z in states], axis=0)
            whole = T[0]
            for one in T[1:]:
                whole = np.einsum("...aecf,...ebfd->...abcd", whole, one)
            values.append(np.einsum("...aacc->...", whole).real.mean() / p.n**2)
        found.append(np.mean(values))
    return found


@pytest.mark.parametrize(
    ("name", "shape", "slab"), [("U(1)", (4, 8), 2), ("SU(2)", (4, 4, 4), 2), ("SU(3)", (4, 2, 2, 4), 1)]
)
def test_averages_of_slabs(name, shape, slab):
    p, stream = Place(name, shape), Stream(8, 2)
    expected = by_numpy(p, slab, 3, 2.5, stream)
    found = multilevel(p, stream, beta=2.5, slab=slab, updates=3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)
    assert max(abs(np.subtract(found, multilevel(p, stream, slab=slab, updates=0)))) > 1e-4


def test_slabs_of_slabs():
    """Averages over the thick slab of products of averages over the thin ones in it."""
    p, stream, slab = Place("U(1)", (4, 8)), Stream(8, 2), (4, 2)
    own = stream.named(f"polyakov_multilevel {stream.trajectory}")
    baths = [HeatBath(p.gauge(2.5), p.group, "best_fisher", 1, free_links(p.lattice, n)) for n in slab]
    U, count = p.U.copy(), 0

    def update(bath):
        nonlocal count
        count += 1
        bath.heat_bath(U, count, own.seed)
        bath.overrelax(U)
        reunitarize(p.lattice, U, p.group)

    outer = []
    for i in range(3):
        if i:
            update(baths[0])
        inner = []
        for k in range(4):
            if k:
                update(baths[1])
            inner.append(two_links(p.lattice.to_user(U), 2, (1,)))
        T = np.mean(inner, axis=0)
        outer.append(T[::2] * T[1::2])  # phases commute
    expected = np.prod(np.mean(outer, axis=0), axis=0).real.mean()
    found = multilevel(p, stream, beta=2.5, slab=list(slab), updates=[2, 3])
    assert found[1] == pytest.approx(expected, abs=1e-14)


def test_links_on_the_boundary_of_slabs_stay():
    p = Place("SU(2)", (4, 4, 4))
    free = free_links(p.lattice, 2)
    bath, U = HeatBath(p.gauge(2.5), p.group, overrelaxation=1, free=free), p.U.copy()
    bath.heat_bath(U, 1, 9)
    bath.overrelax(U)
    moved = abs(p.lattice.to_user(U) - p.lattice.to_user(p.U)).max(axis=(-1, -2))
    assert (moved[:2, :, :, ::2] == 0.0).all()
    assert (moved[:2, :, :, 1::2] > 1e-8).all()
    assert (moved[2] > 1e-8).all()


def test_all_links_free_are_the_whole_heat_bath():
    p = Place("SU(2)", (4, 4, 4))
    U, V = p.U.copy(), p.U.copy()
    HeatBath(p.gauge(2.5), p.group).heat_bath(U, 1, 9)
    everything = [np.ones(p.lattice.volume, dtype=bool)] * p.d
    HeatBath(p.gauge(2.5), p.group, free=everything).heat_bath(V, 1, 9)
    assert numbers(U).tobytes() == numbers(V).tobytes()


def test_the_configuration_and_its_random_numbers():
    """The links stay; the numbers are those of seed and trajectory, whatever was measured before."""
    p = Place("SU(2)", (4, 4, 4))
    before, what = p.U.copy(), made(p, slab=2, updates=2)

    def found(stream):
        return what.measure(p.U, stream)["polyakov_multilevel"]["polyakov_multilevel"]

    first = found(Stream(5, 3))
    assert found(Stream(5, 4)) != first
    assert found(Stream(6, 3)) != first
    assert found(Stream(5, 3)) == first
    assert numbers(p.U).tobytes() == numbers(before).tobytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"slab": 3}, r"slab: found 3; allowed: divisors of 4"),
        ({"slab": [2, 4], "updates": [1, 1]}, r"slab: found \[2, 4\]; allowed: .* divides the one before"),
        ({"slab": [4, 2]}, "updates: found 100; allowed: 2 numbers, one for each"),
        ({"distance": 3}, "distance: found 3; allowed: at most 2"),
    ],
)
def test_refused_slabs(options, words):
    with pytest.raises(InputError, match=words):
        made(Place("SU(2)", (4, 4, 4)), **options)


def test_refused_options():
    with pytest.raises(InputError, match=r"polyakov_multilevel.beta: missing; allowed: a number >= 0"):
        observable("polyakov_multilevel", {}, 3)
    with pytest.raises(InputError, match=r"updates: found -1"):
        observable("polyakov_multilevel", {"beta": 1.0, "updates": -1}, 3)
    with pytest.raises(InputError, match=r"extents of at least 2"):
        Measurements(
            Lattice((1, 4, 4)),
            group("SU(2)"),
            {"polyakov_multilevel": observable("polyakov_multilevel", {"beta": 1.0}, 3)},
        )


@pytest.mark.parametrize(
    ("gauge", "words"),
    [
        (GaugeConfig(beta=2.0, kind="iwasaki"), "rectangles reach across slabs"),
        (GaugeConfig(beta=2.5), r"beta: found 2.0; allowed: 2.5, the action.gauge.beta"),
        (GaugeConfig(beta=2.0, term=(GaugeTermConfig(loops="polyakov_t", coefficient=0.1),)), "loops may reach across"),
    ],
)
def test_refused_actions(gauge, words):
    p = Place("SU(2)", (4, 4, 4))
    with pytest.raises(InputError, match=words):
        made(p, action=ActionConfig(gauge=gauge))
    made(p, action=ActionConfig(gauge=GaugeConfig(beta=2.0)))
