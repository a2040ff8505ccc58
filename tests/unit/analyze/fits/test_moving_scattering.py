"""Two particles with a total momentum: zeta functions, Bethe and Yang's equations, perturbation theory, errors."""

import dataclasses
import math

import numpy as np
import pytest
from test_gluonic_correlators import chains
from test_scattering import EXTENT, FITS, MASS, ensemble, fitted, number

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.scattering import Frame, phase_in_a_line
from lqcdnn.analyze.fits.zeta import zeta00
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError

ROOT = math.sqrt(4 * math.pi)


def points(reach, gamma, total):
    """|n_1, n_2|^2 and the number in the direction of P, all within the reach."""
    axis = np.arange(-reach, reach + 1)
    across = (axis[:, None] ** 2 + axis**2).ravel()
    return across[:, None] + ((axis - total / 2) / gamma) ** 2


@pytest.mark.parametrize(("gamma", "total"), [(1.0, 2), (1.3, 1), (1.1, 2), (2.2, 3)])
@pytest.mark.parametrize("q2", [0.03, 1.7, -2.5, 9.4])
def test_differences_of_the_zeta_function_and_its_derivatives(q2, gamma, total):
    """Z(q^2) - Z(-1) = sum_r (q^2 + 1)/((r^2 - q^2)(r^2 + 1)), but for a tail 4 pi gamma (q^2 + 1)/R."""
    value, by_q2, by_gamma = zeta00(q2, gamma, total)
    for slope, steps in ((by_q2, (1e-6, 0.0)), (by_gamma, (0.0, 1e-6))):
        ends = [zeta00(q2 + s * steps[0], gamma + s * steps[1], total)[0] for s in (1, -1)]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)
    reach = 25
    squares = points(math.ceil(reach * gamma) + total, gamma, total).ravel()
    squares = squares[squares <= reach**2]
    sums = np.sum((q2 + 1) / ((squares - q2) * (squares + 1.0))) + 4 * math.pi * gamma * (q2 + 1) / reach
    assert ROOT * (value - zeta00(-1.0, gamma, total)[0]) == pytest.approx(sums, abs=8e-3 * (1 + abs(q2)))


@pytest.mark.parametrize(("gamma", "total"), [(1.4, 0), (1.4, 1), (1.05, 2)])
@pytest.mark.parametrize("q2", [-0.3, -20.0])
def test_below_threshold(q2, gamma, total):
    """gamma [-2 pi^2 kappa + pi sum_n (-1)^(d n_3) exp(-2 pi kappa |n|)/|n|], n_3 times gamma in |n|."""
    kappa, axis = math.sqrt(-q2), np.arange(-8, 9)
    squares = ((axis[:, None] ** 2 + axis**2).ravel()[:, None] + (gamma * axis) ** 2).ravel()
    signs = np.broadcast_to((-1.0) ** (total * axis), (len(axis) ** 2, len(axis))).ravel()
    lengths, signs = np.sqrt(squares[squares > 0]), signs[squares > 0]
    images = np.sum(signs * np.exp(-2 * math.pi * kappa * lengths) / lengths)
    expected = gamma * (-2 * math.pi**2 * kappa + math.pi * images)
    assert ROOT * zeta00(q2, gamma, total)[0] == pytest.approx(expected, rel=1e-10)
    assert zeta00(q2, gamma, total + 2) == pytest.approx(zeta00(q2, gamma, total), rel=1e-10)


def sine_gordon(theta):
    """delta + pi of the S-matrix of physics.md 28.5."""
    return math.atan(math.sin(math.pi / 3) / math.sinh(theta))


def bethe_yang(mass, extent, numbers):
    """Energy of two solitons and their rapidities, from m L sinh theta_i +- 2 delta = 2 pi n_i by Newton's method."""
    thetas = np.arcsinh(2 * math.pi * np.array(numbers) / (mass * extent))
    if numbers[0] == numbers[1]:
        thetas += np.array([0.5, -0.5])

    def off(both):
        shift = 2 * (sine_gordon(both[0] - both[1]) - math.pi)
        return mass * extent * np.sinh(both) + np.array([shift, -shift]) - 2 * math.pi * np.array(numbers)

    for _ in range(50):
        slopes = np.array([(off(thetas + step) - off(thetas - step)) / 2e-6 for step in 1e-6 * np.eye(2)]).T
        thetas = thetas - np.linalg.solve(slopes, off(thetas))
    assert np.abs(off(thetas)).max() < 1e-9
    return mass * np.cosh(thetas).sum(), thetas[0] - thetas[1]


@pytest.mark.parametrize(("numbers", "level"), [((0, 0), 0), ((1, 0), 0), ((1, 1), 0), ((2, -1), 1), ((2, 0), 1)])
def test_phases_in_a_line_are_those_of_a_known_s_matrix(numbers, level):
    extent, mass, total = 16, 0.315, sum(numbers)
    energy, theta = bethe_yang(mass, extent, numbers)
    frame = Frame(total, extent, False)
    both = number(energy), number(mass, 1)
    found = phase_in_a_line(frame.relative(*both), extent, level, total).value
    assert found + math.pi == pytest.approx(sine_gordon(theta), rel=1e-9)
    k = math.sqrt(frame.momentum_squared(*both).value)
    assert 2 * math.asinh(k / mass) == pytest.approx(theta, rel=1e-9)


def lattice_energy(p, mass=MASS):
    return math.acosh(math.cosh(mass) + 2 * math.sin(p / 2) ** 2)


@pytest.mark.parametrize("numbers", [(1, 0), (2, -1), (3, -1), (4, -1), (5, -4)])
def test_free_bosons_on_a_lattice_have_no_phase(numbers):
    """Energies of plane waves of the lattice: 2 pi (n_1 - n_2)/2 is the phase of q L, without corrections."""
    extent, total = 16, sum(numbers)
    p = [2 * math.pi * n / extent for n in numbers]
    frame = Frame(total, extent, True)
    both = number(sum(map(lattice_energy, p))), number(MASS, 1)
    assert frame.relative(*both).value == pytest.approx((p[0] - p[1]) / 2, rel=1e-9)
    level = (numbers[0] - numbers[1]) // 2
    assert phase_in_a_line(frame.relative(*both), extent, level, total).value == pytest.approx(0.0, abs=1e-8)
    assert math.cosh(frame.energy(both[0]).value) + 2 * math.sin(math.pi * total / extent) ** 2 == pytest.approx(
        math.cosh(both[0].value)
    )


@pytest.mark.parametrize(("total", "numbers"), [(1, (1, 0)), (2, (1, 1)), (2, (2, 0)), (0, (0, 0))])
def test_weak_interactions_in_space(total, numbers):
    """(lambda/4!) phi^4 to first order: E = E_0 + lambda/(4 w_1 w_2 L^3), half of it for equal momenta; S waves alone.

    tan(delta)/k = -lambda/(16 pi E_cm), of identical particles.
    """
    extent, mass, coupling = 12.0, 0.4, 1e-5
    w = [math.hypot(mass, 2 * math.pi * n / extent) for n in numbers]
    shift = coupling / (4 * w[0] * w[1] * extent**3) / (2 if numbers[0] == numbers[1] else 1)
    frame = Frame(total, extent, False)
    energy = number(sum(w) + shift)
    k_cot = frame.k_cot_delta(energy, number(mass, 1)).value
    assert k_cot == pytest.approx(-16 * math.pi * frame.energy(energy).value / coupling, rel=1e-4)


@pytest.mark.parametrize("lattice", [False, True])
@pytest.mark.parametrize("quantity", ["relative", "k_cot_delta", "momentum_squared"])
def test_derivatives(quantity, lattice):
    of = getattr(Frame(1, 12.0, lattice), quantity)
    energy = 1.56
    found = of(number(energy), number(MASS, 1))
    for place, step in enumerate(np.eye(2) * 1e-6):
        ends = [of(number(energy + s * step[0]), number(MASS + s * step[1], 1)).value for s in (1, -1)]
        assert found.gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


def test_energies_without_momenta():
    for lattice in (False, True):
        with pytest.raises(InputError, match="massless particle with this momentum"):
            Frame(2, 16.0, lattice).energy(number(0.3))
    with pytest.raises(InputError, match="not above"):
        Frame(2, 16.0, False).relative(number(0.9), number(MASS, 1))
    for energy in (0.3, 0.9, 9.0):
        with pytest.raises(InputError, match="no two particles"):
            Frame(2, 16.0, True).relative(number(energy), number(MASS, 1))
    with pytest.raises(InputError, match="allowed: up to 50"):
        Frame(2, 16.0, False).k_cot_delta(number(math.pi / 4 + 1e-4), number(MASS, 1))
    slow = 2 * lattice_energy(math.pi / 2) - 1e-3  # both at 90 degrees, where velocities fall with momenta
    with pytest.raises(InputError, match="two different momenta"):
        Frame(8, 16.0, True).relative(number(slow), number(MASS, 1))


@pytest.mark.parametrize("kind", ["moving_scattering", "lattice_moving_scattering"])
def test_fits(kind):
    """q L/2 = pi (n + 1/2) - delta of P = 2 pi/L, n = 1; in space the zeta function; errors by the jackknife, too."""
    p = [2 * math.pi / 10 + 0.3, -0.3]
    one = lattice_energy if kind.startswith("lattice") else lambda k: math.hypot(MASS, k)
    data = dataclasses.replace(chains(ensemble(sum(map(one, p)))), physics=Physics(shape=(10, EXTENT)))
    found = fitted(data, *FITS, f"s = {kind}(E, m, 1, 1)", f"t = {kind}(E, m, 1, 0, 10, 4)")
    item, q = found["s.phase_shift"], (p[0] - p[1]) / 2
    assert abs(item.mean - (1.5 * math.pi - 5 * q)) < 4 * item.error < 0.1
    assert item.jackknife_error == pytest.approx(item.error, rel=0.3)
    k_cot = found["t.k_cot_delta"]
    assert math.tan(found["t.phase_shift"].mean) == pytest.approx(found["t.momentum"].mean / k_cot.mean)
    assert k_cot.jackknife_error == pytest.approx(k_cot.error, rel=0.5)
    assert "t.scattering_length" not in found


@pytest.mark.parametrize(("text", "words"), [
    ("s = moving_scattering(E, m, 0)", "P = 0; allowed: 1 to L/2 = 5"),
    ("s = moving_scattering(E, m, 1.5)", "P = 1.5; allowed: 1 to L/2"),
    ("s = lattice_moving_scattering(E, m, 6)", "P = 6; allowed"),
    ("s = moving_scattering(E, m, 1, -1)", "LEVEL = -1; allowed: 0, 1"),
    ("s = moving_scattering(E, m, 1, 0, 10)", "go together"),
])  # fmt: skip
def test_refused(text, words):
    data = dataclasses.replace(chains(ensemble(1.2)), physics=Physics(shape=(10, EXTENT)))
    with pytest.raises(InputError, match=words):
        fit(parse_fit(text), data)


@pytest.mark.parametrize(("series", "kind", "words"), [
    ("distilled_two_pions_p1", "scattering(E, m)", "distilled_two_pions_p1 is [1], not 0"),
    ("light_distilled_two_pions_p1_0_0", "moving_scattering(E, m, 2)", "p1_0_0 is [1, 0, 0], not 2"),
    ("distilled_two_pions_p1_1_0", "moving_scattering(E, m, 1)", "p1_1_0 is [1, 1, 0], not 1"),
    ("distilled_two_pions", "moving_scattering(E, m, 1)", "distilled_two_pions is [0], not 1"),
    ("distilled_isospin_1", "moving_scattering(E, m, 1)", "distilled_isospin_1 is [0], not 1"),
    ("distilled_two_pions_p0_0_2", "moving_scattering(E, m, 2, 0, 10, 4)", None),
    ("distilled_two_pions", "scattering(E, m, 0, 10, 4)", None),
])  # fmt: skip
def test_energies_of_another_frame(series, kind, words):
    columns = {name.replace("pp", series): column for name, column in ensemble(2.2).items()}
    data = dataclasses.replace(chains(columns), physics=Physics(shape=(10, EXTENT)))
    texts = (FITS[0], FITS[1].replace("pp", series), f"s = {kind}")
    if words is None:
        assert "s.momentum_squared" in fitted(data, *texts)
        return
    with pytest.raises(InputError) as caught:
        fitted(data, *texts)
    assert words in caught.value.message
    assert "moving_scattering(ENERGY, MASS, P)" in caught.value.hint


def test_a_total_momentum_is_needed():
    with pytest.raises(ValueError, match="written as moving_scattering"):
        parse_fit("s = moving_scattering(E, m)")
