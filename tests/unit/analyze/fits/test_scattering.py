"""Scattering from energies of two particles: zeta function, momenta, phases, errors, input that makes no sense."""

import dataclasses
import math

import numpy as np
import pytest
from test_gluonic_correlators import chains

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.fits import scattering
from lqcdnn.analyze.fits.gevp import Matrices, PrincipalCorrelators
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.zeta import zeta00
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

EXTENT, MASS, CONSTANT = 24, 0.4, 0.3


def number(value, place=0):
    return Dual(value, np.eye(2)[place])


@pytest.mark.parametrize("q2", [1e-4, -1e-4, 1e-3])
def test_zeta_function_near_zero(q2):
    """-1/q^2 + sum_k q^2k sum_n n^-2(k+1), the sums from Commun. Math. Phys. 105 (1986) 153 and direct."""
    value, slope, _ = zeta00(q2)
    known = -8.91363291781 + 16.532315959761 * q2 + 8.401923974433 * q2**2 + 6.9458 * q2**3
    assert math.sqrt(4 * math.pi) * value + 1 / q2 == pytest.approx(known, abs=1e-9)
    known = 16.532315959761 + 2 * 8.401923974433 * q2 + 3 * 6.9458 * q2**2
    assert math.sqrt(4 * math.pi) * slope - 1 / q2**2 == pytest.approx(known, abs=2e-7 + 1e-15 / q2**2)


@pytest.mark.parametrize("q2", [-0.3, -2.0, -20.0, -90.0])
def test_zeta_function_below_threshold(q2):
    """There the sum is -2 pi^2 kappa + pi sum_n exp(-2 pi kappa |n|)/|n|, from Poisson's sum."""
    kappa = math.sqrt(-q2)
    axis = np.arange(-8, 9) ** 2
    lengths = np.sqrt(np.sort((axis[:, None, None] + axis[:, None] + axis).ravel())[1:])
    images = float(np.sum(np.exp(-2 * math.pi * kappa * lengths) / lengths))
    expected = -2 * math.pi**2 * kappa + math.pi * images
    assert math.sqrt(4 * math.pi) * zeta00(q2)[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("q2", [0.1, 1.5, 5.3, 10.5, -3.0])
def test_derivative_and_differences_of_the_zeta_function(q2):
    """Z(q^2) - Z(-1) = sum_n (q^2 + 1)/((n^2 - q^2)(n^2 + 1)), which converges, but for a tail 4 pi (q^2 + 1)/N."""
    value, slope, _ = zeta00(q2)
    assert slope == pytest.approx((zeta00(q2 + 1e-5)[0] - zeta00(q2 - 1e-5)[0]) / 2e-5, rel=1e-6)
    axis = np.arange(-60, 61) ** 2
    squares = (axis[:, None, None] + axis[:, None] + axis).ravel()
    squares = squares[squares <= 3600]
    total = np.sum((q2 + 1) / ((squares - q2) * (squares + 1.0))) + 4 * math.pi * (q2 + 1) / 60
    assert math.sqrt(4 * math.pi) * (value - zeta00(-1.0)[0]) == pytest.approx(total, abs=2e-3 * (1 + abs(q2)))


def test_zeta_function_refuses_its_poles():
    for q2 in (1.0, 12.5, -101.0):
        with pytest.raises(InputError, match="the zeta function"):
            zeta00(q2)


@pytest.mark.parametrize("lattice", [False, True])
@pytest.mark.parametrize("energy", [0.79999, 0.7, 0.81, 1.7])
def test_momenta_and_their_derivatives(energy, lattice):
    found = scattering.momentum_squared(number(energy), number(MASS, 1), lattice)
    k = np.emath.sqrt(found.value)
    back = 2 * np.arccosh(np.cosh(MASS) + 2 * np.sin(k / 2) ** 2) if lattice else 2 * np.sqrt(MASS**2 + k**2)
    assert back == pytest.approx(energy, rel=1e-12)
    for place, steps in enumerate(((1e-6, 0.0), (0.0, 1e-6))):
        ends = [
            scattering.momentum_squared(number(energy + s * steps[0]), number(MASS + s * steps[1], 1), lattice).value
            for s in (1, -1)
        ]
        assert found.gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


def test_momenta_end_with_the_lattice():
    with pytest.raises(InputError, match="above all of free particles"):
        scattering.momentum_squared(number(8.0), number(MASS, 1), True)


@pytest.mark.parametrize("a0", [-0.5, 0.2, 0.8])
def test_threshold_expansion_is_that_of_the_zeta_function(a0):
    """The energy at which k cot delta = 1/a_0: the expansion differs in order 1/L^6."""
    extent, mass = 24.0, 0.5

    def distance(k2):
        rest = scattering.Frame(0, extent, False)
        return rest.k_cot_delta(number(2 * math.sqrt(mass**2 + k2)), number(mass, 1)).value - 1.0 / a0

    guess = -4 * math.pi * a0 / extent**3  # k^2 to leading order
    low, high = sorted((0.5 * guess, 2.5 * guess))
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if (distance(middle) > 0) == (distance(low) > 0) else (low, middle)
    energy = 2 * math.sqrt(mass**2 + low)
    found = scattering.scattering_length(number(energy), number(mass, 1), extent)
    assert found.value == pytest.approx(a0, rel=1e-2)
    more = scattering.scattering_length(number(energy + 1e-7), number(mass, 1), extent)
    assert found.gradient[0] == pytest.approx((more.value - found.value) / 1e-7, rel=1e-3)


def shape(energy):
    t = np.arange(EXTENT)
    return np.exp(-energy * t) + np.exp(-energy * (EXTENT - t))


def ensemble(energy, noise=1e-3, n=120):
    """Correlators of a particle and of two in common noise, the latter with a constant."""
    rng = np.random.default_rng(3)
    common = 1.0 + noise * rng.normal(size=(n, 1))
    own = noise * rng.normal(size=(2, n, EXTENT))
    one = shape(MASS) * (common + own[0])
    two = (shape(energy) + CONSTANT * np.exp(-MASS * EXTENT)) * (common**2 + own[1])
    columns = {f"pi.{t + 1}": one[:, t] for t in range(EXTENT)}
    return columns | {f"pp.1.1.{t + 1}": two[:, t] for t in range(EXTENT)}


def fitted(data, *texts):
    found = {}
    for text in texts:
        found |= {item.name: item for item in fit(parse_fit(text), data).parameters}
    return found


FITS = ("m = cosh(pi, 2, 6)", "E = gevp_cosh(shifted(pp), 1, 2, 5)")


@pytest.fixture(scope="module")
def above():
    """Fits to an energy above threshold, with k = 0.1."""
    data = chains(ensemble(2 * math.hypot(MASS, 0.1)))
    fitted(data, *FITS)
    return data


@pytest.mark.parametrize("kind", ["scattering", "lattice_scattering"])
def test_phase_in_a_line(kind):
    """exp(2 i delta) = exp(-i k L): k L = 2 pi n - 2 delta, of the level n = 0 here; errors of both energies."""
    k = 1.1 * math.pi / 10
    lattice = 2 * math.acosh(math.cosh(MASS) + 2 * math.sin(k / 2) ** 2)
    energy = lattice if kind == "lattice_scattering" else 2 * math.hypot(MASS, k)
    data = dataclasses.replace(chains(ensemble(energy)), physics=Physics(shape=(10, EXTENT)))
    found = fitted(data, *FITS, f"s = {kind}(E, m.mass)", f"t = {kind}(E.mass, m, 1)")
    assert set(found) >= {"s.momentum_squared", "s.momentum", "s.phase_shift"}
    assert "s.k_cot_delta" not in found
    assert found["t.phase_shift"].mean == pytest.approx(found["s.phase_shift"].mean + math.pi)
    for name, value in (("s.momentum", k), ("s.phase_shift", -5 * k), ("s.momentum_squared", k * k)):
        item = found[name]
        assert abs(item.mean - value) < 4 * item.error
        assert item.jackknife_error == pytest.approx(item.error, rel=0.3)
    assert 5 * found["s.momentum"].error == pytest.approx(found["s.phase_shift"].error)


def test_phase_and_length_in_space(above):
    found = fitted(above, "s = scattering(E, m, 0, 12, 4)", "t = scattering(E, m, 1, 12, 4)")
    k2, k_cot = found["s.momentum_squared"].mean, found["s.k_cot_delta"].mean
    q2 = k2 * (12 / (2 * math.pi)) ** 2
    assert k_cot == pytest.approx(2 * zeta00(q2)[0] / (math.sqrt(math.pi) * 12))
    assert math.tan(found["s.phase_shift"].mean) == pytest.approx(math.sqrt(k2) / k_cot)
    assert found["s.scattering_length"].mean < 0.0  # repulsive
    assert "t.scattering_length" not in found


def test_waves_of_isospin_1_have_no_length():
    """Threshold is expanded for S waves."""
    data = ensemble(2 * math.hypot(MASS, 0.1))
    renamed = {name.replace("pp", "light_distilled_isospin_1"): column for name, column in data.items()}
    one = "E = gevp_cosh(shifted(light_distilled_isospin_1), 1, 2, 5)"
    found = fitted(chains(renamed), FITS[0], one, "s = scattering(E, m, 0, 12, 4)")
    assert {name for name in found if name[0] == "s"} == {
        "s.momentum_squared", "s.momentum", "s.k_cot_delta", "s.phase_shift"
    }  # fmt: skip


def test_a_mass_that_is_known(above):
    """That of a larger box, say: no part of the error."""
    found = fitted(above, f"s = scattering(E, {MASS}, 0, 12, 4)", "t = scattering(E, m, 0, 12, 4)")
    energy = above.parameters["E.mass"]
    value = energy[1](np.array([above.series[0][name].values.mean() for name in energy[0]])).value
    assert found["s.momentum_squared"].mean == pytest.approx(value**2 / 4 - MASS**2, rel=1e-9)
    assert found["s.momentum"].error != found["t.momentum"].error


def test_below_threshold_there_is_no_phase():
    """Attraction; of q^2 = -0.55 the zeta function is negative already, as that of a bound state."""
    found = fitted(chains(ensemble(2 * math.sqrt(MASS**2 - 0.15))), *FITS, "s = scattering(E, m, 0, 12, 4)")
    assert {name for name in found if name[0] == "s"} == {
        "s.momentum_squared", "s.k_cot_delta", "s.scattering_length"
    }  # fmt: skip
    assert found["s.k_cot_delta"].mean == pytest.approx(-math.sqrt(0.15), rel=0.05)
    assert found["s.scattering_length"].mean > 0.0


@pytest.mark.parametrize(("text", "change", "words"), [
    ("s = scattering(F, m)", {"shape": (10, 24)}, "F is no energy that a fit before this one has found"),
    ("s = scattering(E, m)", {}, "the lattice of these series is not known"),
    ("s = scattering(E, m)", {"shape": (10, 10, 12, 24)}, "allowed: equal extents"),
    ("s = scattering(E, m)", {"shape": (10, 10, 24)}, "d = 3, L = 10; allowed: d = 2 and 4"),
    ("s = scattering(E, m)", {"shape": (10, 24), "anisotropic": True}, "different units"),
    ("s = scattering(E, m, -1)", {"shape": (10, 24)}, "LEVEL = -1; allowed: 0, 1"),
    ("s = scattering(E, m, 0, 10)", {}, "go together"),
    ("s = gevp_cosh(shifted(pp), 0, 1, 8)", {}, "T0 = 0; allowed: 1 to 10"),
])  # fmt: skip
def test_refused(above, text, change, words):
    with pytest.raises(InputError, match=words):
        fit(parse_fit(text), dataclasses.replace(above, physics=Physics(**change)))


@pytest.mark.parametrize(("text", "words"), [
    ("s = cosh(shifted(pp.1.1), 1, 8)", "gevp and gevp_cosh take one, not cosh"),
    ("s = scattering(E)", "written as"),
    ("s = scattering(1, m)", "'1' is not the name of a series"),
    ("s = scattering(E, -1)", "the mass -1 is not above 0"),
    ("s = scattering(E, 1x)", "'1x' is not a number"),
])  # fmt: skip
def test_refused_as_written(text, words):
    with pytest.raises(ValueError, match=words):
        parse_fit(text)


def test_second_differences_of_a_matrix():
    """States are those of the matrix, whatever constants are in it; derivatives by differences."""
    energies, overlaps = np.array([0.5, 1.1]), np.array([[1.0, 0.6], [0.4, -0.9]])
    C = np.einsum("in,jn,nt->ijt", overlaps, overlaps, [shape(energy) for energy in energies])
    means = (C + np.array([[0.3, 0.1], [0.1, 0.2]])[:, :, None]).ravel()
    found = PrincipalCorrelators(Matrices(2, EXTENT, False, True), 1, None, means)
    for state, energy in enumerate(energies):
        assert found.at(means, state, 6).value == pytest.approx(shape(energy)[6] / shape(energy)[1], rel=1e-9)
    way = np.random.default_rng(1).normal(size=len(means))
    ends = [found.at(means + s * 1e-7 * way, 1, 3).value for s in (1, -1)]
    assert found.at(means, 1, 3).gradient @ way == pytest.approx((ends[0] - ends[1]) / 2e-7, rel=1e-4)
