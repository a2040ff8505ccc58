"""Sources at many places: exactly unbiased, whatever the loose solves leave; noise vectors with few exact solves."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from input_head import head
from reference import domainwall, samples, staggered

from lqcdnn.config import load_text
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.measure.quarks.allmode import first_position, spread
from lqcdnn.measure.quarks.noise import corrected, square
from lqcdnn.measure.runner import measurements

RUN = head("[{shape}]", "{group}", 1.0) + """\
[valence.light]
kind = "{kind}"
mass = {mass}
[observables.{table}]
{options}
"""
FLAT = {"shape": "4, 8", "group": "U(1)", "mass": 0.3}
WALLS = FLAT | {"kind": "domain_wall", "mass": "0.2\nM5 = 0.9\nL5 = 4"}
LOOSE = "sources = 3\nloose_tolerance = 0.05\n"


def which(table, options="", **place):
    return measurements(load_text(RUN.format(table=table, options=options, **(FLAT | place))))


def links_on(shape, n):
    return samples.links(np.random.default_rng(3), shape, n)


@pytest.fixture(scope="module")
def flat():
    return links_on((4, 8), 1)


def measured(links, table, options="", stream=None, **place):
    what = which(table, options, **place)
    return what.measure(what.lattice.from_links(links), stream or Stream(5, 2))[table]


def correlators(record):
    return {key: np.array(value) for key, value in record.items() if isinstance(value, list) and key != "boundary"}


def mean(records):
    lists = [correlators(record) for record in records]
    return {key: np.mean([one[key] for one in lists], axis=0) for key in lists[0]}


def over_all_positions(links, table, options, **place):
    """What is measured for each site as the first position."""
    what = which(table, options, **place)
    U, one = what.lattice.from_links(links), what.observables[table]
    return [one.from_first(what.lattice, U, what.group, Stream(5, 2), g) for g in np.ndindex(*what.lattice.shape)]


def from_every_site(S, shape, alternating):
    """Mean over y of sum_x p(x - y) |S(x; y)|^2 by the distance in time, with p = (-1)^x or 1."""
    sites = list(np.ndindex(*shape))
    squares = (np.abs(S.reshape(len(sites), -1, len(sites), len(S) // len(sites))) ** 2).sum(axis=(1, 3))
    C = np.zeros(shape[-1])
    for (i, x), (k, y) in product(enumerate(sites), enumerate(sites)):
        C[(x[1] - y[1]) % shape[1]] += squares[i, k] * (-1.0 if alternating and (x[0] - y[0]) % 2 else 1.0)
    return C / len(sites)


@pytest.mark.parametrize("kind", ["staggered", "wilson"])
def test_mean_over_positions_is_that_of_dense_propagators_over_all_sites(flat, kind):
    """With solves that leave 5 %: corrections do not make the error small, they take it away."""
    D = staggered.dense_hop(flat, (1, -1)) + 0.3 * np.eye(32) if kind == "staggered" else None
    S = np.linalg.inv(domainwall.wilson(flat, (1, -1), 0.3) if D is None else D)
    names = {"meson_pseudoscalar_5": False, "meson_axial_time_t5": True} if kind == "staggered" else {}
    found = over_all_positions(flat, "mesons", LOOSE, kind=kind)
    for name, alternating in (names or {"meson_pseudoscalar": False}).items():
        expected = from_every_site(S, (4, 8), alternating)
        np.testing.assert_allclose(mean(found)[name], expected, rtol=0, atol=1e-8 * expected[0])
        uncorrected = mean(found)[name] - mean(found)[f"{name}_correction"]
        assert np.abs(uncorrected / expected - 1.0).max() > 1e-4
        assert np.std([one[name][3] for one in found]) > 1e-3 * expected[3]  # not the same for each position


@pytest.mark.parametrize(
    ("table", "options", "place"),
    [
        ("pion", "", WALLS),
        pytest.param(
            "baryons", "", {"shape": "2, 2, 2, 4", "group": "SU(3)", "kind": "wilson"}, marks=pytest.mark.slow
        ),
        pytest.param(
            "static_light", "", {"shape": "2, 2, 2, 4", "group": "SU(3)", "kind": "wilson"}, marks=pytest.mark.slow
        ),
    ],
)
def test_mean_over_positions_is_that_over_translations(table, options, place):
    """Of the links as an array, by another way than that of the program; all sites as sources are the same mean."""
    shape = tuple(int(n) for n in place["shape"].split(","))
    links = links_on(shape, 1 if len(shape) == 2 else 3)
    axes = tuple(range(1, len(shape) + 1))
    moved = [np.roll(links, [-n for n in g], axes) for g in np.ndindex(*shape)]
    expected = mean([measured(U, table, options, **place) for U in moved])
    count = f"sources = {len(moved)}\n"
    found = [mean(over_all_positions(links, table, LOOSE, **place))] if table == "pion" else []
    for values in (*found, correlators(measured(links, table, count, **place))):
        for key, C in expected.items():
            np.testing.assert_allclose(values[key], C, rtol=0, atol=1e-8 * np.abs(C).max())


def test_residual_mass_follows_from_the_means(flat):
    record = measured(flat, "pion", LOOSE, **WALLS)
    far = slice(2, 7)
    assert record["residual_mass"] == sum(record["midpoint"][far]) / sum(record["pion"][far])


@pytest.mark.parametrize(("table", "options"), [("pion", ""), ("mesons", ""), ("mesons", 'source = "noise_wall"\n')])
@pytest.mark.parametrize("kind", ["staggered", "wilson"])
def test_as_strict_as_exact_solves(flat, table, options, kind):
    """The mean over sources itself, to the last bit, at twice the work for the first of them."""
    plain = measured(flat, table, options + "sources = 3\n", kind=kind)
    other = measured(flat, table, options + "sources = 3\nloose_tolerance = 1e-10\n", kind=kind)
    for key, C in correlators(plain).items():
        assert other[key] == C.tolist()
        assert other[f"{key}_correction"] == [0.0] * len(C)
    assert plain[f"{table}_iterations"] < other[f"{table}_iterations"] < 2 * plain[f"{table}_iterations"]
    origin = measured(flat, table, options, kind=kind)
    assert not any(key.endswith("_correction") for key in (*plain, *origin))


def test_what_is_recorded(flat):
    """Series of one source at the origin say what they said before there were others."""
    expected = {"sources": 3, "exact_sources": 1, "loose_tolerance": 0.05}
    assert measured(flat, "pion", LOOSE, kind="staggered").items() >= expected.items()
    assert measured(flat, "mesons", LOOSE, kind="wilson")["meson_options"].items() >= expected.items()
    assert not expected.keys() & measured(flat, "mesons", kind="wilson")["meson_options"].keys()
    noise = measured(flat, "condensate", 'method = "noise"\nloose_tolerance = 1e-2\n', kind="staggered")
    assert (noise["exact_vectors"], noise["loose_tolerance"], noise["vectors"]) == (2, 1e-2, 10)
    assert "exact_vectors" not in measured(flat, "condensate", 'method = "noise"\n', kind="staggered")


def test_positions():
    """Far from each other, a shorter list the beginning of a longer one, and in the end all sites."""
    shape = (4, 2, 6)
    every = spread(shape, 100)
    assert sorted(every) == list(np.ndindex(*shape))
    for count in (1, 2, 5, 30):
        assert spread(shape, count) == every[:count]
    assert every[:2] == ((0, 0, 0), (2, 1, 3))
    assert set(spread((4, 4), 4)) == {(0, 0), (2, 2), (0, 2), (2, 0)}


def test_first_position():
    """Random, of each configuration another, and the same for tables of all names."""
    lattice, stream = which("pion", kind="staggered").lattice, Stream(5, 2)
    found = {first_position(lattice, Stream(5, k)) for k in range(200)}
    assert found > {(0, 0), (3, 7)}
    assert len(found) == 32
    assert first_position(lattice, stream.named("heavy_pion").named("more")) == first_position(lattice, stream)
    assert stream.named("a") != stream.named("b")


@pytest.mark.parametrize("exact", [2, 3])
def test_noise_with_few_corrections_is_unbiased(exact):
    """Over all outcomes of three vectors whose number s and change d take four pairs of values: exact fractions."""
    outcomes = [(0, 1), (3, -2), (1, 5), (-2, 2)]
    value = Fraction(sum(s + d for s, d in outcomes), len(outcomes))
    total, squares, errors, spread_of = [Fraction(0)] * 4
    for chosen in product(outcomes, repeat=3):
        found = corrected([s for s, _ in chosen], [d for _, d in chosen[:exact]])
        weight = Fraction(1, len(outcomes) ** 3)
        total += weight * Fraction(found["condensate"])
        squares += weight * Fraction(found["condensate_square"])
        errors += weight * Fraction(found["condensate_error"]) ** 2
        spread_of += weight * (Fraction(found["condensate"]) - value) ** 2
    assert float(total) == pytest.approx(float(value), rel=1e-14)
    assert float(squares) == pytest.approx(float(value**2), rel=1e-13)
    if exact == 3:  # an estimate below zero would be cut off
        assert float(errors) == pytest.approx(float(spread_of), rel=1e-13)


def test_all_corrected_is_exact():
    strict, loose = [0.3, -1.2, 2.5, 0.7], [0.2, -1.0, 2.6, 0.5]
    found = corrected(loose, [a - b for a, b in zip(strict, loose, strict=True)])
    assert found["condensate"] == pytest.approx(np.mean(strict), rel=1e-14)
    assert found["condensate_square"] == pytest.approx(square(strict), rel=1e-13)
    assert found["condensate_error"] == pytest.approx(np.std(strict, ddof=1) / 2.0, rel=1e-13)
    single = corrected(loose, [0.1])
    assert (single["condensate_square"], single["condensate_error"]) == (None, None)
    assert single["condensate"] == pytest.approx(np.mean(loose) + 0.1, rel=1e-14)


@pytest.mark.parametrize("kind", ["staggered", "wilson"])
@pytest.mark.parametrize("table", ["condensate", "quark_number"])
def test_traces_with_loose_vectors(flat, table, kind):
    """From the numbers of fewer vectors and other tolerances, each measured by itself."""
    noise = 'method = "noise"\ndilution = ["even_odd"]\ntheta = [0.0, 0.7]\n'
    parts = {
        "exact": "vectors = 2\n", "loose": "vectors = 5\ntolerance = 1e-2\n", "few": "vectors = 2\ntolerance = 1e-2\n"
    }  # fmt: skip
    exact, loose, few = (measured(flat, table, noise + text, kind=kind)[table] for text in parts.values())
    record = measured(flat, table, noise + "vectors = 5\nloose_tolerance = 1e-2\n", kind=kind)
    assert record[f"{table}_correction"] == pytest.approx(exact - few, rel=1e-9)
    assert abs(exact - few) > 1e-6 * abs(exact)
    assert record[table] == pytest.approx(loose + exact - few, rel=1e-12)
    assert record[f"{table}_square"] is not None


def test_more_sources_than_sites(flat):
    with pytest.raises(InputError, match=r"observables\.pion\.sources.*33"):
        which("pion", "sources = 33\n", kind="staggered")
