"""Phases of fermions at the boundary against the same phases on links that cross it, the centre, and free quarks.

On links of U(1), or of SU(N) and for elements of its centre, an angle theta is the factor exp(i theta) of all links
that cross the boundary, which the program need know nothing of.
"""

import numpy as np
import pytest
from builders import (
    PARITIES,
    Place,
    assert_energy_is_conserved,
    assert_gauge_invariant,
    hamiltonian,
    one_level,
    quark_action,
)
from derivative import assert_gradient, fourth_order
from input_head import head
from reference import samples, staggered, wilson

from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.config import load_text, observable
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.shortlinks import use_short_links
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements, measurements
from lqcdnn.update.hmc import HMC, State

U1, SU2, SU3 = ("U(1)", (4, 8)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4))
ANGLES = (-0.7, 0.4, 0.9, 0.6)
FIELDS = {
    "staggered": 'kind = "staggered"\nflavors = 2\nmass = 0.3\n',
    "clover": 'kind = "wilson"\nflavors = 2\nmass = 0.3\ncsw = 1.2\n',
    "r": 'kind = "wilson"\nflavors = 2\nmass = 0.3\nr = 0.7\n',
    "domain_wall": 'kind = "domain_wall"\nflavors = 2\nmass = 0.3\nM5 = 0.9\nL5 = 4\nb5 = 1.5\nc5 = 0.5\n',
}
OF_LINKS = "[observables.condensate]\n[observables.pion]\n[observables.mesons]\n[observables.eigenvalues]\nnumber = 4\n"
WEIGHT = "[observables.reweighting]\nfermion = 'light'\nmethod = 'exact'\n"
NUMBER = "[observables.quark_number]\n"
DENSITY = "[observables.spectral_density]\nmethod = 'exact'\nbins = 5\n"


NOT_MEASURED = ("_options", "_quark", "_iterations", "_residual", "_error", "_masses")


def angles(d):
    return ANGLES[-d:]


def crossing(U, theta):
    """Links [mu, x, ..., i, j] with exp(i theta_mu) where they cross the boundary."""
    U = U.astype(complex)
    for mu, angle in enumerate(theta):
        U[(mu, *[slice(None)] * mu, -1)] *= np.exp(1j * angle)
    return U


def measured(U, quark, observables, theta=None, group="U(1)"):
    """Records of the observables of a valence quark on links in user layout."""
    text = f"{head(list(U.shape[1:-2]), group, 1.0)}[valence.light]\n{quark}"
    text += "" if theta is None else f"theta = {list(theta)}\n"
    made = measurements(load_text(text + observables))
    return made.measure(made.lattice.from_links(U), Stream(7, 2))


def numbers(records):
    """What is measured, without options and counts of iterations."""
    return {
        key: np.array(value)
        for name, record in records.items()
        for key, value in record.items()
        if key.startswith((name, "meson_", "mode_number")) and not key.endswith(NOT_MEASURED)
    }


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[pytest.mark.slow] * (k == "r")) for k in FIELDS])
def test_angles_are_phases_of_the_links_that_cross_the_boundary(kind):
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    observables = OF_LINKS + WEIGHT + ("" if kind == "domain_wall" else NUMBER + DENSITY)
    theta = angles(2)
    found = numbers(measured(U, FIELDS[kind], observables, theta))
    expected = numbers(measured(crossing(U, theta), FIELDS[kind], observables))
    other = numbers(measured(U, FIELDS[kind], observables))
    assert {"condensate", "pion", "eigenvalues", "reweighting"} < set(found) == set(expected)
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-7, atol=1e-9, err_msg=key)
    assert abs(other["condensate"] / found["condensate"] - 1.0) > 1e-3


def test_a_half_turn_is_a_boundary_sign():
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    quark = FIELDS["staggered"] + "boundary = [1, {}]\n"
    found = numbers(measured(U, quark.format(1), OF_LINKS, (0.0, np.pi)))
    expected = numbers(measured(U, quark.format(-1), OF_LINKS))
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-7, atol=1e-9, err_msg=key)


def test_a_third_of_a_turn_is_an_element_of_the_centre():
    """The symmetry of A. Roberge and N. Weiss: theta_t + 2 pi / 3 and links of another sector are the same."""
    U = samples.links(np.random.default_rng(4), (4, 2, 2, 4), 3)
    quark = 'kind = "staggered"\nflavors = 4\nmass = 0.3\n'
    found = numbers(measured(U, quark, "[observables.condensate]\n", (0, 0, 0, 2 * np.pi / 3), "SU(3)"))
    turned = crossing(U, (0, 0, 0, 2 * np.pi / 3))
    assert found["condensate"] == pytest.approx(
        numbers(measured(turned, quark, "[observables.condensate]\n", None, "SU(3)"))["condensate"], rel=1e-10
    )


@pytest.mark.slow
@pytest.mark.parametrize("improvement", ["hisq", "asqtad", "naik"])
def test_links_of_three_steps_have_three_times_the_angle(improvement):
    U = samples.links(np.random.default_rng(4), (4, 4, 4, 4), 3)
    quark = f'kind = "staggered"\nflavors = 4\nmass = 0.3\nimprovement = "{improvement}"\n'
    quark += "u0 = 0.9\n" if improvement == "asqtad" else ""
    theta = (2 * np.pi / 3, 0, 0, -2 * np.pi / 3)
    observables = "[observables.condensate]\n" + NUMBER
    found = numbers(measured(U, quark, observables, theta, "SU(3)"))
    expected = numbers(measured(crossing(U, theta), quark, observables, None, "SU(3)"))
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-7, err_msg=key)


@pytest.mark.parametrize("place", [U1, SU2, SU3], ids=str)
def test_the_staggered_operator(place):
    p = Place(*place)
    theta, shape = angles(p.d), p.lattice.shape
    op = StaggeredOperator(p.lattice, p.n, 0.4, p.antiperiodic(), None, theta)
    op.set_links(p.U)
    dense = staggered.dense_hop(crossing(p.lattice.to_user(p.U), theta), p.antiperiodic())
    x = p.rng.normal(size=(*shape, p.n, 1)) + 1j * p.rng.normal(size=(*shape, p.n, 1))
    wave = np.exp(1j * sum(a * n / length for a, n, length in zip(theta, np.indices(shape), shape, strict=True)))
    wave, out = wave[..., None, None], op.vector()
    op.hop(out, p.lattice.from_user(x))
    expected = (dense @ (wave * x).reshape(-1)).reshape(x.shape) / wave
    np.testing.assert_allclose(p.lattice.to_user(out), expected, rtol=0, atol=1e-13)


def test_free_quarks_have_the_momenta_of_their_angles():
    """p = (2 pi k + theta) / L, and pi / L more where the sign is -1."""
    shape, theta, mass = (4, 8), (0.5, -1.1), 0.3
    p, q = ((2 * np.pi * np.arange(n) + a + s) / n for n, a, s in zip(shape, theta, (0.0, np.pi), strict=True))
    sines = np.sin(p)[:, None] ** 2 + np.sin(q)[None] ** 2
    cosines = (mass + 2.0 - np.cos(p)[:, None] - np.cos(q)[None]) ** 2
    U = np.ones((2, *shape, 1, 1), dtype=complex)
    find = "[observables.eigenvalues]\nnumber = 6\n"
    for quark, every in (("staggered", np.sqrt(sines)), ("wilson", np.sqrt(sines + cosines))):
        table = f'kind = "{quark}"\nflavors = 2\nmass = {mass}\n'
        found = measured(U, table, find, theta)["eigenvalues"]["eigenvalues"]
        copies = 1 if quark == "staggered" else 2
        expected = np.sort(np.repeat(every.reshape(-1), copies))
        expected = expected[::2] if quark == "staggered" else expected  # one for each pair
        np.testing.assert_allclose(found, expected[: len(found)], rtol=1e-6)


def action_of(p, kind, tolerance=1e-13):
    """An action of quarks with angles at the boundary, its pseudofermion drawn."""
    return quark_action(p, kind, tolerance, theta=angles(p.d))


GRADIENTS = [
    (U1, "staggered"),
    (U1, "rational"),
    (U1, "clover"),
    *(pytest.param(*case, marks=pytest.mark.slow) for case in (
        (SU2, "staggered"), (SU2, "clover"), (SU3, "staggered"), (SU3, "rational"), (SU3, "clover"), (U1, "r"),
        (U1, "domain_wall"), (SU3, "domain_wall"),
        (U1, "hisq"), (("SU(3)", (4, 4, 4, 4)), "hisq"),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("place", "kind"), GRADIENTS, ids=str)
def test_gradients(place, kind):
    p = Place(*place, spread=0.5)
    assert_gradient(action_of(p, kind), p.U)


def test_gauge_covariance():
    p = Place(*U1)
    assert_gauge_invariant(p, action_of(p, "staggered"), 1e-11)


def test_energy_is_conserved_and_trajectories_turn_round():
    p = Place(*U1, spread=0.4)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(2.0), action_of(p, "staggered")), p, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("use", [use_mixed_precision, use_short_links], ids=["mixed", "half"])
def test_solvers_in_lower_precision(use):
    p = Place(*SU3)
    action = action_of(p, "staggered", 1e-11)
    expected = action.value(p.U)
    use(action.operator.operator)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-10)


def log_determinant(U, kind, mass):
    """ln |det (D + m)|, dense."""
    if kind == "staggered":
        D = staggered.dense_hop(U, (1,) * (len(U) - 1) + (-1,))
        return np.linalg.slogdet(D + mass * np.eye(len(D)))[1]
    kappa = 0.5 / (mass + len(U))
    return np.linalg.slogdet(wilson.matrix(U, kappa, (1,) * (len(U) - 1) + (-1,), 1.2, 1.0))[1]


@pytest.mark.parametrize("kind", ["staggered", "clover"])
def test_the_quark_number_is_the_derivative_of_the_determinant(kind):
    """Im n = -(Lt / V) (Nf / Nt) d ln det / d theta_t: Nt = Nf = 2 of staggered fields, two flavours with spin."""
    U, theta = samples.links(np.random.default_rng(3), (4, 8), 1), angles(2)
    found = measured(U, FIELDS[kind], NUMBER, theta)["quark_number"]["quark_number"]
    flavors = 1 if kind == "staggered" else 2
    slope = fourth_order(lambda t: log_determinant(crossing(U, (theta[0], theta[1] + t)), kind, 0.3), 1e-2)
    assert found == pytest.approx(-flavors * 8 / 32 * slope, rel=1e-6)


@pytest.mark.parametrize("kind", ["hisq", pytest.param("r", marks=pytest.mark.slow)])
def test_the_quark_number_is_the_derivative_of_weights(kind):
    """Of ln det of the program at two angles, with hops of three steps and another r."""
    U, theta = samples.links(np.random.default_rng(3), (4, 8), 1), angles(2)
    quark = FIELDS["staggered"] + 'improvement = "hisq"\n' if kind == "hisq" else FIELDS[kind]
    found = measured(U, quark, NUMBER, theta)["quark_number"]["quark_number"]

    def logarithm(t):
        return measured(U, quark, WEIGHT, (theta[0], theta[1] + t))["reweighting"]["reweighting"][0]

    assert found == pytest.approx(-8 / 32 * fourth_order(logarithm, 1e-2), rel=1e-6)


@pytest.mark.parametrize("two_rows", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["whole", "two_rows"])
def test_the_quark_number_of_three_colours(monkeypatch, two_rows):
    """With a phase, and without, where lattices that pay have two rows of links alone."""
    U, theta = samples.links(np.random.default_rng(3), (4, 2, 2, 4), 3), (0.0,) * 4 if two_rows else angles(4)
    monkeypatch.setattr(Lattice, "two_rows_pay", lambda self, n, spins: two_rows)
    quark = 'kind = "staggered"\nflavors = 4\nmass = 0.3\n'
    found = measured(U, quark, NUMBER, theta, "SU(3)")["quark_number"]
    slope = fourth_order(lambda t: log_determinant(crossing(U, (*theta[:3], theta[3] + t)), "staggered", 0.3), 1e-2)
    assert found["quark_number"] == pytest.approx(-4 / 64 * slope, rel=1e-6)
    assert found["quark_number_square"] == found["quark_number"] ** 2
    assert found.get("theta") == (None if two_rows else list(theta))


@pytest.mark.slow
def test_the_quark_number_of_two_colours():
    U, theta = samples.links(np.random.default_rng(3), (4, 2, 2, 4), 2), angles(4)
    found = measured(U, 'kind = "staggered"\nflavors = 4\nmass = 0.3\n', NUMBER, theta, "SU(2)")["quark_number"]
    slope = fourth_order(lambda t: log_determinant(crossing(U, (*theta[:3], theta[3] + t)), "staggered", 0.3), 1e-2)
    assert found["quark_number"] == pytest.approx(-4 / 64 * slope, rel=1e-6)


def test_free_quarks_at_imaginary_chemical_potential_have_a_number():
    """Positive for a positive angle, 0 without one; noise has the exact number as its mean."""
    U = np.ones((2, 4, 8, 1, 1), dtype=complex)
    exact = {t: measured(U, FIELDS["staggered"], NUMBER, (0.0, t))["quark_number"]["quark_number"] for t in (0.0, 0.4)}
    assert abs(exact[0.0]) < 1e-12
    assert exact[0.4] > 0.01
    noise = NUMBER + 'method = "noise"\nvectors = 40\nnoise = "z4"\ndilution = ["even_odd"]\n'
    found = measured(U, FIELDS["staggered"], noise, (0.0, 0.4))["quark_number"]
    assert abs(found["quark_number"] - exact[0.4]) < 4.0 * found["quark_number_error"] < 0.2
    square = found["quark_number_square"]
    assert square == pytest.approx(found["quark_number"] ** 2 - found["quark_number_error"] ** 2, rel=1e-9)


def correlator(U, mass, theta, kind):
    """Re sum_x exp(-i (theta_2 - theta_1) x / L) tr S_1(x; 0)^dag S_2(x; 0), by dense inverses, pseudoscalar."""
    shape, d, n = U.shape[1:-2], len(U), U.shape[-1]
    signs, spins = (1,) * (d - 1) + (-1,), 1 if kind == "staggered" else d
    columns = []
    for angle in theta:
        links = crossing(U, angle)
        if kind == "staggered":
            D = staggered.dense_hop(links, signs)
            M = D + mass * np.eye(len(D))
        else:
            kappa = 0.5 / (mass + d)
            M = wilson.matrix(links, kappa, signs, 0.0, 1.0) / (2 * kappa)
        columns.append(np.linalg.inv(M)[:, : n * spins].reshape(*shape, -1))
    product = (columns[0].conj() * columns[1]).sum(axis=-1)
    for mu, (a, b) in enumerate(zip(*theta, strict=True)):
        x = np.arange(shape[mu]).reshape([-1 if nu == mu else 1 for nu in range(d)])
        product = product * np.exp(-1j * (b - a) * x / shape[mu])
    return product.sum(axis=tuple(range(d - 1))).real


@pytest.mark.slow
def test_the_schwinger_model_follows_its_angles():
    """All phases are in the centre of U(1): <P> turns by exp(-i theta), and no number of quarks is left."""
    p, theta = Place(*U1), (1.0, 0.7)
    op = StaggeredOperator(p.lattice, 1, 0.2, p.antiperiodic(), None, theta)
    settings = SolverSettings(1e-10, 1e-10)
    H = hamiltonian(p, p.gauge(2.0), StaggeredAction(op, PseudofermionField(op.vector(), 0), PARITIES[4], settings))
    hmc = HMC(H, one_level("omelyan", 5, 1.0, *(term.name for term in H.terms)))
    quark = {"mass": 0.2, "theta": list(theta)}
    options = {"polyakov": {}, "quark_number": quark}
    what = Measurements(p.lattice, p.group, {name: observable(name, given, 2) for name, given in options.items()})
    state, loops, densities = State(p.U, 0, 77), [], []
    for trajectory in range(3100):
        state, _info = hmc.step(state)
        found = what.measure(state.U, Stream(77, trajectory))
        loops.append(complex(*found["polyakov"]["polyakov_directions"][0]))
        densities.append(found["quark_number"]["quark_number"])
    turned = np.array(loops[100:]) * np.exp(1j * theta[0])
    for values, least in ((turned.real, 10.0), (turned.imag, 0.0), (np.array(densities[100:]), 0.0)):
        bins = values.reshape(50, -1).mean(axis=1)
        sigma = abs(bins.mean()) / (bins.std(ddof=1) / np.sqrt(50))
        assert sigma > least if least else sigma < 4.0, (bins.mean(), sigma)
    assert turned.real.mean() < 0.0  # periodic quarks, at the angle 0
    assert np.std(densities) > 0.01


TWISTED = "[valence.twisted]\n{}theta = [0.9, 0.4]\n[observables.mesons]\nfermion = 'twisted'\nantiquark = 'light'\n"


@pytest.mark.parametrize("kind", ["staggered", "wilson"])
def test_two_quarks_of_different_angles_are_a_meson_with_their_difference_as_momentum(kind):
    U = samples.links(np.random.default_rng(9), (4, 8), 1)
    quark = f'kind = "{kind}"\nflavors = 2\nmass = 0.3\n'
    found = measured(U, quark + "theta = [-0.2, 0.4]\n", TWISTED.format(quark))["mesons"]
    name = "meson_pseudoscalar" if kind == "wilson" else "meson_pseudoscalar_5"
    expected = correlator(U, 0.3, ((-0.2, 0.4), (0.9, 0.4)), kind)
    np.testing.assert_allclose(found[name], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.slow
def test_the_energy_of_a_free_meson():
    """Two free Wilson quarks, one at rest, one with momentum theta / L: the sum of their energies."""
    angle, mass, shape = 1.3, 0.4, (4, 64)  # quarks that go around have no part at t = 14
    U = np.ones((2, *shape, 1, 1), dtype=complex)
    quark = f'kind = "wilson"\nflavors = 2\nmass = {mass}\n'
    pair = TWISTED.replace("0.9, 0.4", f"{angle}, 0").format(quark)
    C = np.array(measured(U, quark, pair)["mesons"]["meson_pseudoscalar"])

    def energy(p):
        B = 1.0 + mass + 1.0 - np.cos(p)
        return np.arccosh(1.0 + (np.sin(p) ** 2 + (B - 1.0) ** 2) / (2.0 * B))

    effective = np.arccosh((C[15] + C[13]) / (2.0 * C[14]))
    assert effective == pytest.approx(energy(0.0) + energy(angle / shape[0]), rel=1e-6)


def test_angles_of_directions():
    lattice = Lattice((4, 4, 4))
    with pytest.raises(InputError, match="2 angles"):
        StaggeredOperator(lattice, 3, 0.3, (1, 1, -1), None, (0.0, 0.3))
    assert StaggeredOperator(lattice, 2, 0.3, (1, 1, -1), None, (0.0, 0.0, 0.0)).phases is None


