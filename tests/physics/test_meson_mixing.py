"""Four-quark operators between walls: all Wick contractions of dense propagators, Fierz, parity, gauges, saturation."""

from itertools import permutations
from zlib import crc32

import numpy as np
import pytest
from builders import Place, transformation
from reference import overlap, samples
from reference import wilson as reference
from test_mesons import WALLS, dense

import lqcdnn
from lqcdnn.config.tables.mixing import OPERATORS, Mixing
from lqcdnn.errors import InputError
from lqcdnn.fields.gaugefixing import Gauge, fix_gauge, transformed
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.fourquarks import Meson, contracted, meson_sums, operators
from lqcdnn.measure.quarks.noise import noise_wall

SHAPE, BOUNDARY = (2, 2, 2, 4), (1, 1, 1, -1)
MASSES = {"light": 0.4, "heavy": 0.8}
KINDS = {"wilson": {}, "domain_wall": WALLS, "overlap": {"rho": 1.4, "low_modes": 2}}
GAMMA, G5, ONE = reference.gammas(4), reference.gamma5(4), np.eye(4)
LEFT = [(1, g, g) for matrix in GAMMA for g in (matrix, matrix @ G5)]
TERMS = {
    "o1": (LEFT, False), "o2": ([(1, ONE, ONE), (1, G5, G5)], False), "o3": ([(1, ONE, ONE), (1, G5, G5)], True),
    "o4": ([(1, ONE, ONE), (-1, G5, G5)], False), "o5": ([(1, ONE, ONE), (-1, G5, G5)], True),
}  # fmt: skip
ODD = [(1, g, g @ G5) for g in GAMMA]
"""Coefficient, Gamma and Gamma' of operators of negative parity, V A + A V."""


def measured(links, *names, kind="wilson", **options):
    """Records of meson_mixing at T = 2, and of others, of a light quark and a heavy antiquark."""
    tables = {name: {"kind": kind, "mass": mass} | KINDS[kind] for name, mass in MASSES.items()}
    of = {"fermion": "light", "antiquark": "heavy", "tolerance": 1e-12}
    walls = {"source": "noise_wall", "noise": "z2"} | of
    given = {"meson_mixing": {"separations": [2]} | of | options, "mesons": walls}
    chosen = {name: given[name] for name in ("meson_mixing", *names)}
    return lqcdnn.measure_configuration(links, list(chosen), chosen, tables={"valence": tables})


def propagator(links, kind, mass):
    """S over (site in lattice order, colour, spin)."""
    if kind == "overlap":
        return overlap.propagator(overlap.dense(links, KINDS[kind]["rho"], BOUNDARY), KINDS[kind]["rho"], mass)
    return dense(kind, links, mass, BOUNDARY)


def parity(order):
    """Sign of a permutation."""
    return (-1) ** sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])


def tensor(Gamma, other, n, mixed):
    """Gamma and Gamma' with the colours of sbar_i d_j sbar_k d_l, every index of colour and spin: [i, j, k, l]."""
    one = np.eye(n)
    colours = np.einsum("ad,cb->abcd" if mixed else "ab,cd->abcd", one, one)
    both = np.einsum("abcd,xy,zw->axbyczdw", colours, Gamma, other)
    return both.reshape((n * 4,) * 4)


def wick(M, N, tensors):
    """<sbar_i d_j sbar_k d_l W_M W_N> W = -dbar gamma_5 s by all pairings of Grassmann variables, times the tensor.

    M[x, d, sbar] is S_d gamma_5 S_s: each d goes to the dbar of one of the W and each sbar to the s of one.
    """
    total = 0.0
    for of_d in permutations(range(2)):
        for of_s in permutations(range(2)):
            # sbar_1 d_1 sbar_2 d_2 (dbar s)_M (dbar s)_N, numbered in this order, paired as d dbar and s sbar
            dbar, s = (4, 6), (5, 7)
            pairs = [(1, dbar[of_d[0]]), (3, dbar[of_d[1]]), (s[of_s[0]], 0), (s[of_s[1]], 2)]
            sign = parity([one for pair in pairs for one in pair])
            letters = {"M": [None, None], "N": [None, None]}  # d and sbar that lead to M and to N
            for letter, w in zip("jl", of_d, strict=True):
                letters["MN"[w]][0] = letter
            for letter, w in zip("ik", of_s, strict=True):
                letters["MN"[w]][1] = letter
            spelled = f"x{''.join(letters['M'])},x{''.join(letters['N'])},ijkl->x"
            total = total + sign * np.einsum(spelled, M, N, tensors, optimize=True)
    return total


def expected(links, vectors, kind="wilson"):
    """C_3(t) of every operator and C(t), C(t; T) by name, from dense propagators and colour vectors of two walls."""
    shape, n = links.shape[1:-2], links.shape[-1]
    size = int(np.prod(shape))
    S, other = (propagator(links, kind, mass) for mass in MASSES.values())
    mesons = []
    for wall in vectors:  # [k, site and colour]
        W = np.kron(np.einsum("ki,kj->ij", wall, wall.conj()), G5)
        there, back = (S @ W).reshape(size, n * 4, -1), other.reshape(-1, size, n * 4)
        mesons.append(np.einsum("xip,pxj->xij", there, back))
    times = np.array(reference.sites(shape))[:, -1]

    def sums(values):
        return np.bincount(times, np.real(values), shape[-1])

    space = size // shape[-1]
    found = {}
    for end, M in zip(("", "_s2"), mesons, strict=True):
        for name, Gamma in (("pseudoscalar", G5), ("axial_pseudoscalar", GAMMA[3] @ G5)):
            found[name + end] = sums(np.einsum("ij,xji->x", np.kron(np.eye(n), Gamma), M)) / space
    for name, (terms, mixed) in TERMS.items():
        tensors = sum(c * tensor(Gamma, last, n, mixed) for c, Gamma, last in terms)
        found[f"{name}_s2"] = sums(wick(*mesons, tensors)) / space
    return found


def assert_found(found, wanted):
    for name, C in wanted.items():
        np.testing.assert_allclose(found[f"meson_mixing_{name}"], C, rtol=0, atol=1e-9 * np.abs(C).max(), err_msg=name)


@pytest.mark.parametrize(
    ("n", "kind"), [(2, "wilson"), *(pytest.param(*case, marks=pytest.mark.slow) for case in
                                     ((3, "wilson"), (2, "domain_wall"), (2, "overlap")))]
)  # fmt: skip
def test_all_contractions_of_noise_walls(n, kind):
    """Two noise vectors, two quarks; nothing is known of gamma_5 in the propagator of the antiquark."""
    lattice = Lattice(SHAPE)
    links = samples.links(np.random.default_rng(6), SHAPE, n)
    stream = Stream(1, crc32(links.tobytes()))  # that of measure_configuration
    walls = [np.array([lattice.to_user(noise_wall(lattice, n, stream, "z2", i, t)).ravel() for i in range(2)])
             for t in (0, 2)]  # fmt: skip
    assert_found(measured(links, kind=kind, vectors=2), expected(links, [wall / np.sqrt(2) for wall in walls], kind))
    one = measured(links, "mesons", kind=kind)
    for name in ("pseudoscalar", "axial_pseudoscalar"):
        np.testing.assert_allclose(one[f"meson_mixing_{name}"], one[f"meson_{name}"], rtol=0, atol=1e-12)


def test_walls_in_coulomb_gauge():
    """All pairs of sites of a wall for quark and antiquark; the gauge before does not matter."""
    place = Place("SU(2)", SHAPE, spread=0.3)
    lattice, options = place.lattice, {"source": "wall", "gauge_tolerance": 1e-24}
    G = fix_gauge(lattice, place.U, place.group, Gauge("coulomb", 1e-24), Stream(0, 0)).transformation
    fixed = lattice.to_user(transformed(lattice, place.U, G))
    times = np.array(reference.sites(SHAPE))[:, -1]
    walls = [np.kron((times == t).astype(float), np.eye(2)) for t in (0, 2)]
    found = measured(lattice.to_user(place.U), **options)
    assert_found(found, expected(fixed, walls))
    again = measured(lattice.to_user(transformation(place)[1](place.U)), **options)
    for name in OPERATORS:
        C = np.array(found[f"meson_mixing_{name}_s2"])
        np.testing.assert_allclose(again[f"meson_mixing_{name}_s2"], C, rtol=0, atol=1e-7 * np.abs(C).max())


def point_sums(place, U):
    """T_1 and T_2 from all colours and spins at the origin, and at the site above it with t = 2."""
    S = [propagator(place.lattice.to_user(U), "wilson", mass) for mass in MASSES.values()]
    n, shape = place.n, place.lattice.shape
    mesons = []
    for t in (0, 2):  # times are fastest in the order of sites
        columns = [S[i].reshape(*shape, n, 4, -1)[..., t * n * 4 : (t + 1) * n * 4] for i in range(2)]
        mesons.append([[place.lattice.from_user(np.ascontiguousarray(one[..., k])) for k in range(n * 4)]
                       for one in columns])  # fmt: skip
    return meson_sums(place.lattice, *(Meson(*one) for one in mesons))


def test_gauge_transformations_and_parity():
    """From points nothing depends on the gauge, or on U or U^*; on reflected links V A + A V alone changes its sign."""
    place = Place("SU(2)", SHAPE, spread=0.3)
    links = place.lattice.to_user(place.U)
    reflected = np.empty_like(links)
    for mu in range(4):
        at = np.roll(np.flip(links[mu], (0, 1, 2)), 1, (0, 1, 2))  # U_mu(-x, t)
        reflected[mu] = at if mu == 3 else np.roll(at, -1, mu).conj().swapaxes(-1, -2)
    there = point_sums(place, place.U)
    others = (transformation(place)[1](place.U), *map(place.lattice.from_links, (reflected, links.conj())))
    turned, mirrored, conjugate = (point_sums(place, U) for U in others)
    for terms, sign in ((ODD, -1), *((terms, 1) for terms, _ in TERMS.values())):
        for mixed in (False, True):
            C = contracted(there, terms, mixed)
            close = 1e-10 * np.abs(C).max()
            assert close > 1e-19
            np.testing.assert_allclose(contracted(turned, terms, mixed), C, rtol=0, atol=close)
            np.testing.assert_allclose(contracted(mirrored, terms, mixed), sign * C, rtol=0, atol=close)
            np.testing.assert_allclose(contracted(conjugate, terms, mixed), C, rtol=0, atol=close)


def random_meson(lattice, n, rng, count=5):
    fields = samples.complex_normal(rng, 2, count, *lattice.shape, n, 4)
    return Meson(*([lattice.from_user(one) for one in columns] for columns in fields))


def test_fierz_identities():
    """Of any propagators: O_1 with mixed colours is O_1, O_5 is -(VV - AA)/2, O_3 is -(SS + PP + TT)/2."""
    lattice, rng = Lattice(SHAPE), np.random.default_rng(3)
    sums = meson_sums(lattice, random_meson(lattice, 3, rng), random_meson(lattice, 3, rng))
    vector, axial = ([(c, g, g) for g in (m @ last for m in GAMMA)] for c, last in ((1, ONE), (-1, G5)))
    half = [(-0.5 * c, g, h) for c, g, h in (*vector, *axial)]
    sigma = [(1, s, s) for i in range(4) for j in range(i) for s in [1j * GAMMA[i] @ GAMMA[j]]]
    tensors = [(-0.5, *t[1:]) for t in sigma] + [(-0.5, ONE, ONE), (-0.5, G5, G5)]
    for one, other, mixed in ((LEFT, LEFT, True), (half, TERMS["o5"][0], True), (tensors, TERMS["o3"][0], True)):
        C = contracted(sums, one, False)
        np.testing.assert_allclose(contracted(sums, other, mixed), C, rtol=0, atol=1e-11 * np.abs(C).max())
    none = np.zeros_like(sums[0])
    parts = [contracted(each, LEFT, mixed) for mixed in (False, True) for each in ((sums[0], none), (none, sums[1]))]
    np.testing.assert_allclose(parts[1], parts[3], rtol=0, atol=1e-11 * np.abs(parts[1]).max())
    np.testing.assert_allclose(parts[0], parts[2], rtol=0, atol=1e-11 * np.abs(parts[0]).max())
    for name, (terms, mixed) in operators().items():
        np.testing.assert_array_equal(contracted(sums, terms, mixed), contracted(sums, *TERMS[name]))


@pytest.mark.parametrize("n", [2, 3])
def test_vacuum_saturation(n):
    """Mesons that are colourless and gamma_5, or gamma_t gamma_5, at every site: the factors of bag parameters."""
    lattice, name = Lattice(SHAPE), f"SU({n})"
    one = np.eye(n * 4).reshape(n * 4, n, 4)
    for matrix, of in ((ONE, ("o2", "o3", "o4", "o5")), (GAMMA[3], ("o1",))):  # M = Z gamma_5
        D, S = ([lattice.from_user(np.array(np.broadcast_to(column, (*SHAPE, n, 4)))) for column in columns]
                for columns in (one, one @ matrix.conj()))  # fmt: skip
        sums = meson_sums(lattice, Meson(D, S), Meson(D, S))
        product = (4 * n) ** 2 * 8  # of tr Gamma M, summed over space
        for operator in of:
            C = contracted(sums, *operators()[operator]) / product
            what = Mixing("meson_mixing", operator, 2)
            if (n, operator) == (2, "o3"):
                np.testing.assert_allclose(C, 0.0, atol=1e-14)
                with pytest.raises(InputError, match="o3 has no bag parameter with SU"):
                    what.saturation(name)
            else:
                np.testing.assert_allclose(C, what.saturation(name), rtol=1e-14)
    assert [Mixing("", o, 2).saturation("SU(3)") for o in OPERATORS] == pytest.approx([8/3, 5/3, -1/3, -2, -2/3])
