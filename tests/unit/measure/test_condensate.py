"""The staggered condensate: exact trace, noise, normalisation, what is refused."""

from pathlib import Path

import numpy as np
import pytest
from input_head import head

from lqcdnn.config import load_text, observable
from lqcdnn.config.tables.fermions import FermionConfig
from lqcdnn.config.tables.schema import ActionConfig, GaugeConfig
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import InputError, NumericalError
from lqcdnn.fields.gauge import cold, hot
from lqcdnn.fields.group import Group, group
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.measure import links_of
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.condensate import exact_trace, noise_traces
from lqcdnn.measure.quarks.noise import diluted, estimate, noise_vector, square
from lqcdnn.measure.runner import Measurements, measurements
from lqcdnn.storage.formats import read_configuration

DATA = Path(__file__).parents[2] / "data"
CASES = [((4, 8), 1), ((4, 2, 2), 2), ((2, 2, 2, 4), 3)]


def operator_on(lattice, U, n, mass, boundary=None):
    op = StaggeredOperator(lattice, n, mass, boundary or (*(1,) * (lattice.d - 1), -1))
    op.set_links(U)
    return op


def dense_hop(op):
    """D as a matrix over (site in block order, colour), column by column through the operator."""
    lattice, n = op.lattice, op.n
    size = lattice.volume * n
    D = np.empty((size, size), dtype=complex)
    psi, out = op.vector(), op.vector()
    flat = [x["c"][:, :, 0].transpose(0, 3, 1, 2) for x in (psi, out)]  # views [block, lane, colour, re/im]
    for j in range(size):
        site, colour = divmod(j, n)
        where = (*divmod(site, lattice.width), colour, 0)
        flat[0][where] = 1.0
        op.hop(out, psi)
        D[:, j] = (flat[1][..., 0] + 1j * flat[1][..., 1]).reshape(size)
        flat[0][where] = 0.0
    return D


@pytest.mark.parametrize(("shape", "n"), CASES)
def test_exact_trace_equals_the_dense_inverse(shape, n):
    lattice = Lattice(shape)
    op = operator_on(lattice, hot(lattice, Group(n), 3), n, 0.2)
    D = dense_hop(op)
    expected = np.trace(np.linalg.inv(D + 0.2 * np.eye(len(D))))
    assert exact_trace(op) == pytest.approx(expected.real, rel=1e-12)
    assert abs(expected.imag) < 1e-10


@pytest.mark.parametrize(("shape", "n"), CASES)
def test_both_parities_have_the_same_spectrum(shape, n):
    """Why the even half of the trace is enough, also with zero modes."""
    lattice = Lattice(shape)
    for U in (hot(lattice, Group(n), 4), cold(lattice, Group(n))):
        D = dense_hop(operator_on(lattice, U, n, 0.1, (1,) * lattice.d))
        half = len(D) // 2
        eo, oe = D[:half, half:], D[half:, :half]
        assert np.abs(eo + oe.conj().T).max() < 1e-15
        np.testing.assert_allclose(np.linalg.eigvalsh(eo @ oe), np.linalg.eigvalsh(oe @ eo), atol=1e-12)


# (1/V) Tr (D + m)^-1 by dense numpy (SU(3), after projection to the group in double) and LatticeQCD.jl (SU(2))
@pytest.mark.parametrize(
    ("name", "mass", "time", "expected", "tolerance"),
    [
        ("pg_b5.7_4444.milc", 0.1, -1, 0.63889814554968, 5e-9),
        ("pg_b5.7_4444.milc", 0.5, -1, 1.18476464212321, 5e-9),
        ("pg_b5.7_4444.milc", 0.1, 1, 0.48830795373546, 5e-9),
        ("su2_4x4x4x4_b2.7_nf4_m0.3.ildg", 0.3, -1, 0.42924390209720037, 1e-13),
    ],
)
def test_files_of_other_programs(name, mass, time, expected, tolerance):
    found = read_configuration(DATA / name)
    lattice = Lattice(found.shape)
    options = observable("condensate", {"mass": mass, "boundary": [1, 1, 1, time]}, 4)
    which = Measurements(lattice, group(found.group), {"condensate": options})
    record = which.measure(links_of(found, which), Stream(1, 1))["condensate"]
    assert record["condensate"] == pytest.approx(expected, rel=tolerance)
    assert record["mass"] == mass
    assert record["boundary"] == [1, 1, 1, time]
    assert record["method"] == "exact"
    assert "condensate_error" not in record


def free_condensate(shape, n, mass):
    """Momentum sum of the free operator: (N/V) sum_p m / (m^2 + sum sin^2 p), antiperiodic in time."""
    axes = [2 * np.pi * (np.arange(L) + (mu == len(shape) - 1) / 2) / L for mu, L in enumerate(shape)]
    s2 = sum(np.sin(p) ** 2 for p in np.meshgrid(*axes, indexing="ij"))
    return n * np.mean(mass / (mass**2 + s2))


@pytest.mark.parametrize("kind", ["z2", "z4", "gaussian"])
def test_noise_is_unbiased_on_the_unit_configuration(kind):
    shape, n = (4, 4, 4), 2
    lattice = Lattice(shape)
    op = operator_on(lattice, cold(lattice, Group(n)), n, 0.3)
    expected = free_condensate(shape, n, 0.3) * lattice.volume
    assert exact_trace(op) == pytest.approx(expected, rel=1e-12)
    found = estimate(noise_traces(op, Stream(7, 1), kind, 400, 1e-10, 1000))
    assert abs(found.value - expected) < 3.5 * found.error
    assert found.error < 0.02 * expected


def test_noise_agrees_with_the_exact_trace_and_its_error_is_right():
    lattice = Lattice((4, 4, 2, 2))
    op = operator_on(lattice, hot(lattice, Group(3), 5), 3, 0.4)
    exact = exact_trace(op)
    found = [estimate(noise_traces(op, Stream(3, k), "z2", 8, 1e-10, 1000)) for k in range(60)]
    pulls = np.array([(f.value - exact) / f.error for f in found])
    assert abs(pulls.mean()) < 0.6
    spread = np.std([f.value for f in found])
    assert spread == pytest.approx(np.sqrt(np.mean([f.error**2 for f in found])), rel=0.3)


def test_square_is_the_mean_over_pairs():
    samples = [0.3, -1.2, 2.5, 0.7]
    pairs = [a * b for i, a in enumerate(samples) for j, b in enumerate(samples) if i != j]
    assert square(samples) == pytest.approx(np.mean(pairs), rel=1e-14)
    assert square(samples[:2]) == pytest.approx(-0.36, rel=1e-14)
    assert square(samples[:1]) is None


def test_square_is_unbiased_and_the_square_of_the_mean_is_not():
    lattice = Lattice((4, 8))
    op = operator_on(lattice, hot(lattice, Group(1), 5), 1, 0.1)
    exact = exact_trace(op)
    samples = [noise_traces(op, Stream(3, k), "gaussian", 2, 1e-10, 1000) for k in range(2000)]
    squares, wrong = (np.array([f(s) for s in samples]) for f in (square, lambda s: np.mean(s) ** 2))
    error = squares.std() / np.sqrt(len(squares))
    assert abs(squares.mean() - exact**2) < 4 * error
    assert wrong.mean() - exact**2 > 4 * error


@pytest.mark.parametrize("dilution", [(), ("even_odd",), ("colour",), ("spin",), ("even_odd", "colour", "spin")])
def test_parts_of_a_source(dilution):
    """They add up to it, do not overlap, and live where they should."""
    lattice = Lattice((4, 4))
    eta = lattice.from_user(np.ones((4, 4, 3, 2), dtype=complex))
    parts = [lattice.to_user(part).real for part in diluted(lattice, eta, dilution)]
    factors = {"even_odd": 2, "colour": 3, "spin": 2}
    assert len(parts) == np.prod([factors[name] for name in dilution])
    np.testing.assert_array_equal(sum(parts), 1.0)
    parity = np.add.outer(np.arange(4), np.arange(4)) % 2
    for part in parts:
        x, y, colour, spin = np.nonzero(part)
        for name, values in (("even_odd", parity[x, y]), ("colour", colour), ("spin", spin)):
            assert (len(set(values)) == 1) == (name in dilution)


@pytest.mark.parametrize("kind", ["z2", "z4", "gaussian"])
def test_sources_have_zero_mean_and_unit_square(kind):
    lattice = Lattice((8, 8, 4))
    c = np.array([noise_vector(lattice, 3, Stream(5, 2), kind, i)["c"] for i in range(20)])
    z = c[..., 0, :] + 1j * c[..., 1, :]
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs((z**2).mean() - (1.0 if kind == "z2" else 0.0)) < 6 / np.sqrt(z.size)
    assert (np.abs(z) ** 2).mean() == pytest.approx(1.0, abs=1e-12 if kind != "gaussian" else 4 / np.sqrt(z.size))
    if kind == "z4":
        values, counts = np.unique(z, return_counts=True)
        assert len(values) == 4
        assert counts.min() > 0.22 * z.size


def test_sources_depend_on_seed_trajectory_and_number_only():
    wide, narrow = Lattice((4, 4), width=8), Lattice((4, 4), width=1)
    for kind in ("z2", "z4", "gaussian"):
        one = wide.to_user(noise_vector(wide, 2, Stream(5, 2), kind, 1))
        np.testing.assert_array_equal(one, narrow.to_user(noise_vector(narrow, 2, Stream(5, 2), kind, 1)))
        for stream, index in ((Stream(6, 2), 1), (Stream(5, 3), 1), (Stream(5, 2), 0)):
            assert (wide.to_user(noise_vector(wide, 2, stream, kind, index)) != one).any()


def test_noise_record():
    lattice, su2 = Lattice((4, 4, 4)), group("SU(2)")
    U = hot(lattice, su2, 2)
    options = observable("condensate", {"mass": 0.5, "method": "noise", "noise": "z4", "vectors": 5}, 3)
    record = Measurements(lattice, su2, {"condensate": options}).measure(U, Stream(1, 1))["condensate"]
    assert list(record) == [
        "condensate",
        "condensate_square",
        "condensate_error",
        "condensate_iterations",
        "mass",
        "flavors",
        "boundary",
        "method",
        "noise",
        "vectors",
        "dilution",
        "tolerance",
    ]
    assert record["condensate_error"] > 0
    assert 10 * 5 < record["condensate_iterations"] < 10 * 5 * 64  # two parities of five sources
    single = observable("condensate", {"mass": 0.5, "method": "noise", "vectors": 1}, 3)
    record = Measurements(lattice, su2, {"condensate": single}).measure(U, Stream(1, 1))["condensate"]
    assert record["condensate_error"] is None
    assert record["condensate_square"] is None


def test_factor_is_the_number_of_fields():
    lattice, su2 = Lattice((2, 2, 2, 2)), group("SU(2)")
    U = hot(lattice, su2, 2)
    options = {"condensate": observable("condensate", {"mass": 0.5}, 4)}
    action = ActionConfig(
        gauge=GaugeConfig(beta=1.0),
        fermion=(FermionConfig(kind="staggered", flavors=8, mass=0.5, boundary=(1, 1, 1, -1), rational=False),),
    )
    one = Measurements(lattice, su2, options).measure(U, Stream(1, 1))["condensate"]
    two = Measurements(lattice, su2, options, action).measure(U, Stream(1, 1))["condensate"]
    assert (one["flavors"], two["flavors"]) == (4, 8)
    assert two["condensate"] == pytest.approx(2 * one["condensate"], rel=1e-15)


def test_mass_and_boundary_come_from_the_action():
    text = head([4, 8], "U(1)", 1.0) + """
    [[action.fermion]]
    kind = "staggered"
    flavors = 2
    mass = 0.7
    boundary = [-1, 1]
    [observables.condensate]
    """
    which = measurements(load_text(text))
    record = which.measure(cold(which.lattice, which.group), Stream(1, 1))["condensate"]
    assert (record["mass"], record["boundary"], record["flavors"]) == (0.7, [-1, 1], 2)


def test_what_is_refused():
    options = {"condensate": observable("condensate", {"mass": 0.1}, 2)}
    with pytest.raises(InputError, match=r"8192 x 8192.*limit") as caught:
        Measurements(Lattice((64, 128)), group("SU(2)"), options)
    assert "noise" in caught.value.hint
    with pytest.raises(InputError, match="even"):
        Measurements(Lattice((3, 4)), group("SU(2)"), options)


def test_links_that_are_not_numbers():
    lattice = Lattice((4, 8))
    U = cold(lattice, Group(1))
    U["c"][0, 0] = np.nan
    with pytest.raises(NumericalError, match="condensate at mass"):
        exact_trace(operator_on(lattice, U, 1, 0.1))


def test_block_width_does_not_change_a_bit():
    shape, su2 = (4, 4), group("SU(2)")
    reference = hot(Lattice(shape), su2, 9)
    links = Lattice(shape).to_user(reference)
    found = set()
    for width in (None, 1, 2):
        lattice = Lattice(shape, width=width)
        found.add(exact_trace(operator_on(lattice, lattice.from_links(links), 2, 0.3)))
    assert len(found) == 1
