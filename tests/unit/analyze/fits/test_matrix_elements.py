"""Matrix elements from three-point functions of known states: ratios, plateaus, sums, an excited state; refusals."""

import re

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

EXTENT, TIMES = 24, np.arange(24.0)
ELEMENT, TRANSITION, EXCITED, GAP, MASS, MOVING = 0.8, -0.15, 0.05, 0.8, 0.4, 0.7
SEPARATIONS = (7, 9, 11, 13)
END = "_p1_0_0"


def states(current, T, excited):
    """C_3(t; T) between source and sink, and C_2(t), of a state and an excited one."""
    t = TIMES + 0.5 * (current == "conserved_time")
    C2 = np.exp(-MASS * TIMES)
    ratio = ELEMENT + excited * (TRANSITION * (np.exp(-GAP * t) + np.exp(-GAP * (T - t))) + EXCITED * np.exp(-GAP * T))
    return np.where(t < T, C2[T] * ratio, 0.0), C2


def moving(current, T):
    """The same of one state that comes with an energy of its own and another overlap."""
    t = TIMES + 0.5 * (current == "conserved_time")
    source = 1.7
    C3 = ELEMENT * source * np.exp(-MASS * (T - t)) * np.exp(-MOVING * t)
    return C3, source**2 * np.exp(-MOVING * TIMES)


def chains(excited=1.0, n=300, noise=0.003, seed=3):
    """All with fluctuations in common, and noise of each point."""
    rng, found = np.random.default_rng(seed), {}
    common, every = 1.0 + 0.2 * ar1(n, 2.0, rng), np.arange(1, n + 1)
    rows = {"x_baryon_current_two_point": states("scalar", 9, excited)[1]}
    rows["x_baryon_current_two_point" + END] = moving("scalar", 9)[1]
    for current in ("scalar", "conserved_time"):
        for T in SEPARATIONS:
            key = f"x_baryon_current_up_{current}_s{T}"
            rows |= {key: states(current, T, excited)[0], key + END: moving(current, T)[0]}
    for name, values in rows.items():
        table = values * (common + noise * ar1(n, 1.0, rng, EXTENT))
        found |= {f"{name}.{t + 1}": Series(f"{name}.{t + 1}", "f", every, table[:, t]) for t in range(EXTENT)}
    return Chains([found], Method())


@pytest.fixture(scope="module")
def data():
    return chains()


def values(text, data):
    found = fit(parse_fit(f"r = {text}"), data)
    return {one.name.removeprefix("r."): one for one in found.parameters}, found


def assert_is(one, expected, precise):
    assert abs(one.mean - expected) < 4.0 * one.error < 4.0 * precise


def test_ratio_without_momentum(data):
    """Common fluctuations cancel; the contact terms at source and sink are left out."""
    found, _ = values("ratio(x_baryon_current_up_scalar_s9)", data)
    assert list(found) == [str(t) for t in range(1, 9)]
    C3, C2 = states("scalar", 9, 1.0)
    for t, one in found.items():
        assert_is(one, C3[int(t)] / C2[9], 0.001)
    assert list(values("ratio(x_baryon_current_up_conserved_time_s9)", data)[0]) == [str(t) for t in range(9)]


@pytest.mark.parametrize(("current", "times"), [("scalar", range(1, 9)), ("conserved_time", range(1, 8))])
def test_ratio_with_momentum_has_neither_energies_nor_overlaps(data, current, times):
    found, _ = values(f"ratio(x_baryon_current_up_{current}_s9{END})", data)
    assert list(found) == [str(t) for t in times]
    for one in found.values():
        assert_is(one, ELEMENT, 0.002)


def test_plateau():
    found, whole = values("plateau(x_baryon_current_up_scalar_s9, 2, 7)", chains(excited=0.0))
    assert_is(found["matrix_element"], ELEMENT, 0.0005)
    assert (whole.dof, whole.correlated) == (5, True)
    assert list(whole.picture.x) == list(range(2, 8))
    charge, whole = values("plateau(x_baryon_current_up_conserved_time_s9, 2, 7)", chains(excited=0.0))
    assert_is(charge["matrix_element"], ELEMENT, 0.0005)
    assert not whole.correlated


@pytest.mark.parametrize("current", ["scalar", "conserved_time"])
def test_excited_states_fall_twice_as_fast_in_the_sum(data, current):
    """Three values of one number: the excited state in the plateau, less of it in the sum, none in a fit of it."""
    far, _ = values(f"plateau(x_baryon_current_up_{current}_s9, 4, 5)", data)
    less, whole = values(f"summation(x_baryon_current_up_{current}, 2)", data)
    none, _ = values(f"two_state(x_baryon_current_up_{current})", data)
    away = [abs(one["matrix_element"].mean - ELEMENT) for one in (far, less)]
    assert away[1] < 0.5 * away[0]
    assert (whole.dof, len(whole.picture.x)) == (2, 4)
    for name, expected in (("matrix_element", ELEMENT), ("transition", TRANSITION), ("excited", EXCITED), ("gap", GAP)):
        assert abs(none[name].mean - expected) < 4.0 * none[name].error
    assert none["matrix_element"].error < 0.01
    assert none["gap"].jackknife_error == pytest.approx(none["gap"].error, rel=0.4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plateau(x_baryon_current_up_scalar_s9, 0, 7)", "FIRST and LAST must lie within 1 to 8"),
        ("plateau(x_baryon_current_up_scalar_s8, 2, 7)", "there is no x_baryon_current_up_scalar_s8"),
        ("plateau(x_baryon_current_two_point, 2, 7)", "x_baryon_current_two_point is no three-point function"),
        ("plateau(x_baryon_current_up_scalar, 2, 7)", "plateau is of one separation"),
        ("ratio(pion)", "pion is no three-point function"),
        ("ratio(x_baryon_current_up_scalar)", "ratio is of one separation"),
        ("summation(x_baryon_current_up_scalar_s9)", "summation is of all separations together"),
        ("summation(x_baryon_current_up_axial)", "no series x_baryon_current_up_axial_sT"),
        ("summation(x_baryon_current_up_scalar, 0)", "has no ratio nearer than 1 to source and sink"),
        ("summation(x_baryon_current_up_scalar, 5)", "no two separations or more with times to sum over"),
        (f"two_state(x_baryon_current_up_scalar{END})", "two_state is of currents without momentum transfer"),
    ],
)
def test_refused(data, text, said):
    with pytest.raises(InputError, match=re.escape(said)):
        values(text, data)


def test_hadron_in_motion_at_source_and_sink(data):
    """The two-point function is that of the momentum; derivatives in time begin two steps away."""
    rng, every, series = np.random.default_rng(5), np.arange(1, 301), dict(data.series[0])
    C2, stem = 3.0 * np.exp(-MOVING * TIMES), "x_baryon_current"
    rows = {f"{stem}_two_point_sink0_0_1": C2, f"{stem}_up_momentum_fraction_s9_sink0_0_1": 0.3 * C2[9]}
    for name, mean in rows.items():
        table = mean * (1.0 + 0.01 * ar1(300, 1.0, rng, EXTENT))
        series |= {f"{name}.{t + 1}": Series(f"{name}.{t + 1}", "f", every, table[:, t]) for t in range(EXTENT)}
    found, _ = values("ratio(x_baryon_current_up_momentum_fraction_s9_sink0_0_1)", Chains([series], Method()))
    assert list(found) == [str(t) for t in range(2, 8)]
    for one in found.values():
        assert_is(one, 0.3, 0.01)


def lines(n=300, seed=4):
    """C_3 of lines of up to three links: M(P, z) = A(P) Z(z) m(P z), m = 1 at rest, and overlaps of their own."""
    rng, every, found = np.random.default_rng(seed), np.arange(1, n + 1), {}
    common = 1.0 + 0.2 * ar1(n, 2.0, rng)
    for end, amplitude, nu in (("", 1.0, 0.0), ("_sink1", 0.4, 0.7)):
        for z in range(4):
            of_z = amplitude * np.exp(-0.3 * z) * np.exp(-1j * nu * z)
            for part, value in (("", of_z.real), ("_imaginary", of_z.imag))[: 1 + (z > 0)]:
                stem = f"meson_current_vector_line_z{z}{part}_s6{end}"
                table = value * np.ones(EXTENT) * common + 0.001 * ar1(n, 1.0, rng, EXTENT)
                found |= {f"{stem}.{t + 1}": Series(f"{stem}.{t + 1}", "f", every, table[:, t]) for t in range(EXTENT)}
    return Chains([found], Method())


def test_reduced_distribution():
    """Factors of lines and of overlaps cancel: exp(-i nu z) is left."""
    found, _ = values("reduced_distribution(meson_current_vector_line_s6_sink1, 2, 4)", lines())
    assert list(found) == ["1", "2", "3", "imaginary.1", "imaginary.2", "imaginary.3"]
    for z in (1, 2, 3):
        assert_is(found[str(z)], np.cos(0.7 * z), 0.01)
        assert_is(found[f"imaginary.{z}"], -np.sin(0.7 * z), 0.01)


@pytest.mark.parametrize(("series", "times", "words"), [
    ("meson_current_vector_line_s6", "2, 4", "is no current with a line in motion"),
    ("meson_current_vector_time_s6_sink1", "2, 4", "is no current with a line in motion"),
    ("meson_current_vector_line_s6_sink1", "0, 4", "FIRST and LAST must lie within 1 to 5"),
    ("meson_current_axial_line_s6_sink1", "2, 4", "no vector of series 'meson_current_axial_line_z0_s6_sink1'"),
])  # fmt: skip
def test_reduced_distributions_that_there_are_not(series, times, words):
    with pytest.raises(InputError, match=re.escape(words)):
        values(f"reduced_distribution({series}, {times})", lines(40))
