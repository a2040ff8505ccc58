"""Derivatives of ln det by mu/T against dense determinants and free quarks, and noise without bias in products."""

from itertools import permutations, product

import numpy as np
import pytest
from input_head import head
from reference import samples
from test_boundary_phases import FIELDS, WEIGHT, crossing, log_determinant, measured

from lqcdnn import analyze_run, generate
from lqcdnn.config import load_text
from lqcdnn.fields.random import Stream
from lqcdnn.measure.quarks.noise import product_of_means
from lqcdnn.measure.quarks.quark_fluctuations import PRODUCTS
from lqcdnn.measure.runner import measurements

EXACT = "[observables.quark_fluctuations]\nmethod = 'exact'\n"
FOUR = 'kind = "staggered"\nflavors = 4\nmass = 0.3\n'
NAME = "quark_fluctuations"


def by_angle(logarithm, count):
    """d^n ln det / d(mu/T)^n at 0, n = 1 ... 4, by the Fourier series of ln det at angles mu/T = i theta."""
    f = np.array([logarithm(2 * np.pi * k / count) for k in range(count)])
    frequencies = np.fft.fftfreq(count, 1 / count)
    return [complex(np.fft.fft(f) @ frequencies**n / count) for n in range(1, 5)]


def numbers(record):
    """What was recorded, by orders of factors."""
    return {key.removeprefix(f"{NAME}_"): value for key, value in record[NAME].items() if key[-1].isdigit()}


def assert_derivatives(found, expected, rel=1e-7):
    """Single derivatives and all products of them, of odd ones the imaginary part."""
    for orders in PRODUCTS[4]:
        value = np.prod([expected[order - 1] for order in orders])
        part = value.imag if sum(orders) % 2 else value.real
        assert found["_".join(map(str, orders))] == pytest.approx(part, rel=rel), orders


@pytest.mark.parametrize("kind", ["staggered", "clover"])
def test_derivatives_of_the_determinant(kind):
    """One flavour: staggered fields have two in d = 2."""
    U, fields = samples.links(np.random.default_rng(3), (4, 8), 1), 2 if kind == "staggered" else 1
    found = numbers(measured(U, FIELDS[kind], EXACT))
    expected = by_angle(lambda t: log_determinant(crossing(U, (0.0, t)), kind, 0.3) / fields, 16)
    assert_derivatives(found, expected)
    assert numbers(measured(U, FIELDS[kind], EXACT + "order = 2\n")) == {k: found[k] for k in ("1", "2", "1_1")}


@pytest.mark.parametrize("n", [3, pytest.param(2, marks=pytest.mark.slow)])
def test_four_dimensions(n):
    """Of SU(2) odd derivatives are 0 on every configuration, and none are recorded."""
    U = samples.links(np.random.default_rng(3), (4, 2, 2, 2) if n == 3 else (4, 2, 2, 4), n)
    found = numbers(measured(U, FOUR, EXACT, group=f"SU({n})"))
    expected = by_angle(lambda t: log_determinant(crossing(U, (0, 0, 0, t)), "staggered", 0.3) / 4, 48)
    if n == 3:
        assert_derivatives(found, expected)
        return
    assert max(abs(expected[0]), abs(expected[2])) < 1e-10
    assert found.keys() == {"2", "4", "2_2"}
    assert (found["2"], found["4"]) == pytest.approx((expected[1].real, expected[3].real), rel=1e-7)
    assert found["2_2"] == pytest.approx(found["2"] ** 2, rel=1e-12)


@pytest.mark.parametrize("kind", ["hisq", pytest.param("r", marks=pytest.mark.slow)])
def test_derivatives_of_weights(kind):
    """Of ln det of the program at many angles, with hops of three steps and another r."""
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    quark, fields = (FIELDS["staggered"] + 'improvement = "hisq"\n', 2) if kind == "hisq" else (FIELDS[kind], 2)
    found = numbers(measured(U, quark, EXACT))

    def logarithm(t):
        return measured(U, quark, WEIGHT, (0.0, t))["reweighting"]["reweighting"][0] / fields

    assert_derivatives(found, by_angle(logarithm, 16), rel=1e-5)


@pytest.mark.parametrize("kind", ["staggered", "hisq", "wilson"])
def test_free_quarks(kind):
    """Sums over momenta: sin p_t with p_t + mu_I, of HISQ sin p + sin^3 p / 6 with hops of three steps."""
    U, mass = np.ones((2, 8, 4, 1, 1), dtype=complex), 0.5
    improved = 'improvement = "hisq"\n' if kind == "hisq" else ""
    name = "wilson" if kind == "wilson" else "staggered"
    quark = f'kind = "{name}"\nflavors = 2\nmass = {mass}\n{improved}'
    p, q = (2 * np.pi * (np.arange(L) + shift) / L for L, shift in ((8, 0.0), (4, 0.5)))

    def logarithm(t):
        k = np.array(np.meshgrid(p, q + t / 4))
        if kind == "wilson":
            return np.log((mass + (1 - np.cos(k)).sum(axis=0)) ** 2 + (np.sin(k) ** 2).sum(axis=0)).sum()
        hops = np.sin(k) + (np.sin(k) ** 3 / 6 if kind == "hisq" else 0.0)
        return 0.5 * np.log(mass**2 + (hops**2).sum(axis=0)).sum() / 2

    found, expected = numbers(measured(U, quark, EXACT)), by_angle(logarithm, 40)
    for order in (2, 4):
        assert found[str(order)] == pytest.approx(expected[order - 1].real, rel=1e-7)
        assert found[str(order)] > 0.0
    assert abs(found["1"]) < 1e-12


def test_products_of_different_vectors():
    rng = np.random.default_rng(1)
    for count, factors in product((4, 5), (1, 2, 3, 4)):
        x = list(rng.normal(size=(factors, count)))
        terms = [np.prod([x[k][i] for k, i in enumerate(row)]) for row in permutations(range(count), factors)]
        assert product_of_means(x) == pytest.approx(np.mean(terms), rel=1e-9)


def test_noise_has_the_exact_numbers_as_its_mean():
    """Four vectors make one product of four factors; a product of the means of all would have a bias."""
    U = samples.links(np.random.default_rng(3), (4, 4), 1)
    text = head([4, 4], "U(1)", 1.0) + "[valence.light]\n" + FIELDS["staggered"]
    exact = numbers(measured(U, FIELDS["staggered"], EXACT))
    made = measurements(load_text(f"{text}[observables.{NAME}]\nvectors = 4\n"))
    links = made.lattice.from_links(U)
    records = [made.measure(links, Stream(5, k)) for k in range(150)]
    table = {key: np.array([numbers(record)[key] for record in records]) for key in exact}
    for key, value in exact.items():
        error = table[key].std(ddof=1) / np.sqrt(len(records))
        assert abs(table[key].mean() - value) < 4.5 * error, key
    naive, square = -table["1"] ** 2, table["1_1"]
    assert abs(naive.mean() - exact["1_1"]) > 4.0 * square.std() / np.sqrt(len(records))
    spread = np.sqrt(np.mean([record[NAME][f"{NAME}_2_error"] ** 2 for record in records]))
    assert spread == pytest.approx(table["2"].std(ddof=1), rel=0.25)


def test_dilution_keeps_the_mean():
    """All parts of a lattice of one site a part would be exact: here colours and parities, of every vector the same."""
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    noise = f"[observables.{NAME}]\nvectors = 60\ndilution = "
    exact = numbers(measured(U, FIELDS["clover"], EXACT))
    found = measured(U, FIELDS["clover"], noise + '["even_odd", "spin"]\n')[NAME]
    for order in (1, 2, 3, 4):
        deviation = abs(found[f"{NAME}_{order}"] - exact[str(order)])
        assert deviation < 4.5 * found[f"{NAME}_{order}_error"]


def analyzed(directory, monkeypatch, group, theta, observables, fits, shape=(4, 4), beta=1.0):
    """Results of a chain of two staggered flavours, by name."""
    monkeypatch.chdir(directory)
    text = head(list(shape), group, beta, name=f"x{theta}", trajectories=3000, thermalization=100)
    text += f'[[action.fermion]]\nkind = "staggered"\nflavors = 2\nmass = 0.3\ntheta = [0.0, {theta}]\n'
    config = load_text(f'{text}[update]\nlength = 1.0\nsteps = 5\nintegrator = "omelyan"\n{observables}')
    generate(config)
    return analyze_run(f"x{theta}", fit=fits)


@pytest.mark.slow
def test_charges_of_u1_do_not_fluctuate(tmp_path, monkeypatch):
    """Links of U(1) take mu up: Z does not depend on it, whatever single flavours do."""
    fits = ["p = taylor_coefficients(quark_fluctuations, 2)", "s = susceptibilities(quark_fluctuations)"]
    found = analyzed(tmp_path, monkeypatch, "U(1)", 0.0, EXACT, fits)
    for name in ("p.c_2", "p.c_4"):
        assert abs(found[name].mean) < 4.0 * found[name].error
    assert found["s.chi_2"].mean > 3.0 * found["s.chi_2"].error
    assert found["s.chi_11"].mean < -20.0 * found["s.chi_11"].error


@pytest.mark.slow
def test_the_quark_number_at_imaginary_mu_begins_with_the_susceptibility(tmp_path, monkeypatch):
    """Im n = (Lt/V) (K_2 theta - K_4 theta^3 / 6 + ...), from two chains, of SU(3)."""
    theta, fits, rest = 0.4, ["p = taylor_coefficients(quark_fluctuations, 2)"], ((4, 2), 8.0)
    at_zero = analyzed(tmp_path, monkeypatch, "SU(3)", 0.0, EXACT + "every = 3\n", fits, *rest)
    number = analyzed(tmp_path, monkeypatch, "SU(3)", theta, "[observables.quark_number]\nevery = 3\n", [], *rest)
    found, c_2, c_4 = number["quark_number"], at_zero["p.c_2"], at_zero["p.c_4"]
    expected, error = 2 * c_2.mean * theta - 4 * c_4.mean * theta**3, np.hypot(2 * theta * c_2.error, found.error * 2)
    assert abs(2 * found.mean - expected) < 4.0 * error < 0.3 * expected, (found, c_2, c_4)
