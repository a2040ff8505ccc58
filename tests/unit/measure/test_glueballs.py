"""Matrices of glueball correlators: brute force, rotated and reflected configurations, other observables, refusals."""

import numpy as np
import pytest
from builders import Place, transformation
from reference import loops, smearing
from reference.matrices import dagger, trace

from lqcdnn.config import observable
from lqcdnn.config.rules.glueballs import path_of
from lqcdnn.config.tables.cubic import CHANNELS, elements, key_of, representation
from lqcdnn.errors import InputError
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.glueballs import loops_of, operators_of
from lqcdnn.measure.gauge.glueballs import combined, time_slices
from lqcdnn.measure.runner import Measurements

BOX, PLANE = ("SU(2)", (2, 2, 2, 4)), ("U(1)", (4, 4, 4))
CHIRAL = (1, 1, 2, 3, -1, -2, -1, -3)


def measure(p, U=None, **tables):
    """The numbers of tables of observables by name, without what they depend on."""
    made = Measurements(p.lattice, p.group, {name: observable(name, given, p.d) for name, given in tables.items()})
    found = made.measure(p.U if U is None else U, Stream(1, 1))
    return {key: value for record in found.values() for key, value in record.items() if not key.endswith("_options")}


def slices(p, z, path, part=np.real):
    """Mean over space of Re or Im tr W / N of a loop at each time."""
    values = part(trace(loops.transport(z, path))) / p.n
    return values.reshape(-1, values.shape[-1]).mean(axis=0)


def correlator(one, other):
    """(1/T) sum of O_i(t') O_j(t' + t), symmetric in i and j, mean over components."""
    T = len(one[0])
    found = np.zeros(T)
    for a, b in zip(one, other, strict=True):
        for t in range(T):
            products = [a[i] * b[(i + t) % T] + b[i] * a[(i + t) % T] for i in range(T)]
            found[t] += sum(products) / (2 * T * len(one))
    return found


def written_out(p, z):
    """Operators of plaquettes and rectangles by channel as text books have them, each a list of components."""
    if p.d == 3:
        P, R, S = (slices(p, z, path) for path in ((1, 2, -1, -2), (1, 1, 2, -1, -1, -2), (1, 2, 2, -1, -2, -2)))
        flux = slices(p, z, (1, 2, -1, -2), np.imag)
        return {"A1+": [[P], [(R + S) / 2]], "B1+": [[(R - S) / 2]], "A2-": [[flux]]}
    sides = [(2, 3), (3, 1), (1, 2)]
    P = [slices(p, z, (a, b, -a, -b)) for a, b in sides]
    flux = [slices(p, z, (a, b, -a, -b), np.imag) / np.sqrt(3) for a, b in sides]
    E = [(2 * P[2] - P[0] - P[1]) / np.sqrt(18), (P[0] - P[1]) / np.sqrt(6)]
    return {"A1++": [[sum(P) / 3]], "E++": [E], "T1+-": [flux]}


def check_written_out(p, steps, alpha=0.4):
    z, every = p.lattice.to_user(p.U), {}
    for step in range(steps[-1] + 1):
        if step in steps:
            for name, operators in written_out(p, z).items():
                every.setdefault(name, []).extend(operators)
        z = smearing.ape(z, alpha)
    channels = [name for name in every if p.group.name != "SU(2)" or name.endswith("+")]
    used = ["plaquette", "rectangle"] if p.d == 3 else ["plaquette"]
    for name in channels:
        own = ["rectangle"] if name == "B1+" else ["plaquette"] if name == "A2-" else used
        found = measure(p, glueballs={"channels": [name], "loops": own, "steps": steps, "alpha": alpha})
        matrix = np.array(found[f"glueball_{key_of(name)}"])
        assert matrix.shape == (len(every[name]), len(every[name]), p.lattice.shape[-1])
        for i, j in np.ndindex(matrix.shape[:2]):
            np.testing.assert_allclose(matrix[i, j], correlator(every[name][i], every[name][j]), rtol=0, atol=1e-13)
        if name in ("A1+", "A1++"):
            means = [np.mean(operator[0]) for operator in every[name]]
            np.testing.assert_allclose(found[f"glueball_{key_of(name)}_vacuum"], means, rtol=0, atol=1e-14)
        else:
            assert f"glueball_{key_of(name)}_vacuum" not in found


@pytest.mark.parametrize(("place", "steps"), [(BOX, [0, 1]), (PLANE, [0])], ids=str)
def test_brute_force(place, steps):
    check_written_out(Place(*place), steps)


@pytest.mark.slow
@pytest.mark.parametrize(
    "place", [("SU(3)", (2, 2, 2, 4)), ("SU(4)", (2, 2, 3)), ("SU(3)", (3, 3, 3, 2)), ("U(1)", (2, 2, 2, 2))], ids=str
)
def test_brute_force_elsewhere(place):
    check_written_out(Place(*place), [0, 2])


def test_the_first_entry_is_the_plaquette_correlator():
    p = Place(*BOX)
    smeared = {"smearing": "ape", "steps": 1, "alpha": 0.4}
    found = measure(
        p,
        glueballs={"channels": ["A1++"], "steps": [1, 0], "alpha": 0.4},
        plaquette_correlator={},
        smeared_plaquette_correlator=smeared,
    )
    matrix, vacuum = np.array(found["glueball_a1pp"]), found["glueball_a1pp_vacuum"]
    assert matrix.shape == (6, 6, 4)  # plaquette, rectangle, chair on links after one step, then on thin ones
    for i, name in ((0, "smeared_plaquette_correlator"), (3, "plaquette_correlator")):
        np.testing.assert_allclose(matrix[i, i], found[name], rtol=1e-13)
        assert vacuum[i] == pytest.approx(found[f"{name}_vacuum"], rel=1e-13)


def turned(z, element):
    """The configuration under a signed permutation of the space axes, about the origin."""
    out, shape = np.empty_like(z), z.shape[1:-2]
    for site in np.ndindex(shape):
        image = [0] * len(shape)
        for a, to in enumerate((*element, len(shape))):
            image[abs(to) - 1] = site[a] if to > 0 else -site[a]
        for a, to in enumerate((*element, len(shape))):
            nu, start = abs(to) - 1, list(image)
            start[nu] -= to < 0  # a link that now points backwards begins at its other end
            link = z[(a, *site)]
            out[(nu, *(x % n for x, n in zip(start, shape, strict=True)))] = link if to > 0 else dagger(link)
    return out


def operators(p, U, channel, path):
    """O_k(t) of all copies of a channel in the images of a path, [copy, k, t]."""
    axes = p.d - 1
    parts = time_slices(p.lattice, U, p.group, loops_of(path, axes))[channel.conjugation]
    return np.array([combined(one, parts) for one in operators_of(channel, path, axes)])


def check_rotations(p, paths, chosen):
    z = p.lattice.to_user(p.U)
    for element in chosen:
        U = p.lattice.from_links(turned(z, element))
        for path in paths:
            for channel in CHANNELS[p.d - 1].values():
                D = np.array(representation(channel, element))
                before, after = operators(p, p.U, channel, path), operators(p, U, channel, path)
                assert len(before) == len(after)
                for one, other in zip(before, after, strict=True):
                    np.testing.assert_allclose(other, D @ one, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("place", "paths"),
    [(("U(1)", (4, 4, 4, 2)), (path_of("rectangle"), CHIRAL)), (PLANE, (path_of("rectangle"),))],
    ids=str,
)
def test_operators_turn_with_the_configuration(place, paths):
    """All components of every representation at once; traces of U(1) have both parts."""
    p = Place(*place)
    every = elements(p.d - 1)
    check_rotations(p, paths, [every[1], every[-2], every[len(every) // 3]])


@pytest.mark.slow
@pytest.mark.parametrize("place", [("SU(3)", (3, 3, 3, 2)), ("SU(2)", (3, 3, 4))], ids=str)
def test_operators_turn_under_the_whole_group(place):
    p = Place(*place)
    paths = [path_of(name) for name in ("plaquette", "rectangle", "chair")[: p.d - 1]]
    check_rotations(p, paths, elements(p.d - 1))


def check_symmetries(p, **options):
    """The same numbers after a gauge transformation, in any other place, turned, and run backwards in time."""
    before = measure(p, glueballs=options)
    z = p.lattice.to_user(p.U)
    moved = np.roll(z, range(1, p.d + 1), axis=range(1, p.d + 1))
    quarter = turned(z, (-2, 1, *range(3, p.d)))
    for U in (transformation(p)[1](p.U), p.lattice.from_links(moved), p.lattice.from_links(quarter)):
        after = measure(p, U, glueballs=options)
        for key, value in before.items():
            if isinstance(value, list):
                np.testing.assert_allclose(after[key], value, rtol=0, atol=1e-13, err_msg=key)
    for value in before.values():
        if isinstance(value, list) and np.ndim(value) == 3:
            C = np.array(value)
            np.testing.assert_array_equal(C, C.transpose(1, 0, 2))
            np.testing.assert_allclose(C[:, :, 1:], C[:, :, :0:-1], rtol=0, atol=1e-15)
            assert np.linalg.eigvalsh(C[:, :, 0]).min() > -1e-15  # a mean of squares


def test_symmetries():
    check_symmetries(Place(*BOX), steps=[0, 1])
    check_symmetries(Place(*PLANE), channels=["A1+", "B1+", "A2-"], steps=[0])


@pytest.mark.slow
def test_symmetries_of_su3():
    channels = ["A1++", "E++", "T2++", "T1+-", "A1-+", "A2-+"]
    check_symmetries(Place("SU(3)", (2, 2, 2, 4)), channels=channels, loops=["chair", CHIRAL], steps=[0, 2])


@pytest.mark.slow
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_every_block_width(width):
    p, narrow = Place("SU(2)", (4, 4, 4, 4)), Lattice((4, 4, 4, 4), width=width)
    U, expected = narrow.from_links(p.lattice.to_user(p.U)), measure(p, glueballs={})
    p.lattice = narrow
    for key, value in measure(p, U, glueballs={}).items():
        if isinstance(value, list):
            np.testing.assert_allclose(value, expected[key], rtol=0, atol=1e-15, err_msg=key)


def test_description():
    p = Place(*BOX)
    made = Measurements(p.lattice, p.group, {"glueballs": observable("glueballs", {"channels": ["E++"]}, 4)})
    found = made.description("glueballs")
    loops_of_e = [("plaquette", 1), ("rectangle", 1), ("rectangle", 2), ("chair", 1)]
    assert found["glueballs_operators"] == {
        "epp": [[loop, n, s] for s in (2, 6) for loop, n in loops_of_e]
    }
    assert found["glueballs_options"]["alpha"] == 0.3


@pytest.mark.parametrize(
    ("shape", "of", "options", "words"),
    [
        ((4, 4), "SU(2)", {}, "no loops of space in d = 2"),
        ((4, 2, 4, 4), "SU(2)", {}, r"glueballs: found on the lattice \[4, 2, 4, 4\]; allowed: equal extents"),
        ((4, 4, 4), "SU(2)", {"channels": ["A1++"]}, r'channels: found "A1\+\+" in d = 3; allowed: "A1\+"'),
        ((4, 4, 4, 4), "SU(2)", {"channels": ["T1+-"]}, r"for SU\(2\), whose traces are real"),
        ((4, 4, 4, 4), "SU(3)", {"channels": ["T2++"], "loops": ["plaquette"]}, 'none of the loops has; .*"E[+][+]"'),
        ((4, 4, 4), "SU(3)", {"loops": ["chair"]}, 'found "chair", a loop of 3 axes; allowed: axes 1 to 2 of space'),
        ((4, 4, 4), "SU(3)", {"loops": [(1, 2, -1, -1)]}, "it does not end where it starts"),
        ((4, 4, 4), "SU(3)", {"loops": ["plaquette", (2, 1, -2, -1)]}, "an image of another of them"),
        ((4, 4, 4), "SU(3)", {"steps": [2, 2]}, "steps: found .*; allowed: a list of 1 or more different"),
    ],
)  # fmt: skip
def test_refused_where_it_has_no_meaning(shape, of, options, words):
    with pytest.raises(InputError, match=words):
        Measurements(Lattice(shape), group(of), {"glueballs": observable("glueballs", options, len(shape))})
