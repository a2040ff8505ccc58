"""Matrices of correlators: exact spectra, derivatives, synthetic data, input that makes no sense."""

import numpy as np
import pytest
from test_gluonic_correlators import chains

from lqcdnn.analyze.estimate import estimate
from lqcdnn.analyze.fits.gevp import Matrices, PrincipalCorrelators, in_order_of, solve
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError
from lqcdnn.report.charts.vectors import fit_charts, matrices, vectors
from lqcdnn.report.terminal.table import list_lines

EXTENT = 12
ENERGIES = np.array([0.4, 0.9, 1.3])
OVERLAPS = np.array([[1.0, 0.5, 0.2], [0.7, -0.8, 0.3], [0.9, 0.3, -0.7]])  # [operator, state]
VACUUM = np.array([3.0, -2.0, 5.0])


def propagation(energy, t, extent=EXTENT):
    return np.exp(-energy * t) + np.exp(-energy * (extent - t))


def exact(vacuum=False):
    """Mean values: C_ij(t) = sum_n psi_in psi_jn f_n(t), and <O_i>."""
    C = np.einsum("in,jn,nt->ijt", OVERLAPS, OVERLAPS, propagation(ENERGIES[:, None], np.arange(EXTENT)))
    if not vacuum:
        return C.ravel()
    return np.concatenate([(C + np.outer(VACUUM, VACUUM)[:, :, None]).ravel(), VACUUM])


def correlations(O):  # noqa: E741
    """(1/T) sum_t' O_i(t' + t) O_j(t') of each configuration, [n, i, j, t]."""
    f = np.fft.fft(O)
    return np.fft.ifft(f[:, :, None] * f.conj()[:, None]).real / O.shape[-1]


def ensemble(n=1000, seed=4, vacuum=False, tau=0.0):
    """Series c.i.j.t of normal fields with the exact correlators; chains with memory exp(-1/tau)."""
    rng = np.random.default_rng(seed)
    spectra = np.sqrt(np.fft.fft(propagation(ENERGIES[:, None], np.arange(EXTENT))).real)
    noise = rng.normal(size=(n, 3, EXTENT))
    memory = np.exp(-1.0 / tau) if tau else 0.0
    for k in range(1, n):
        noise[k] = memory * noise[k - 1] + np.sqrt(1.0 - memory**2) * noise[k]
    states = np.fft.ifft(spectra * np.fft.fft(noise)).real
    O = np.einsum("in,knt->kit", OVERLAPS, states) + vacuum * VACUUM[:, None]  # noqa: E741
    C = correlations(O)
    columns = {f"c.{i + 1}.{j + 1}.{t + 1}": C[:, i, j, t] for i, j, t in np.ndindex(*C.shape[1:])}
    return columns | ({f"c_vacuum.{i + 1}": O[:, i].mean(axis=-1) for i in range(3)} if vacuum else {})


@pytest.mark.parametrize("vacuum", [False, True])
@pytest.mark.parametrize(("t0", "t1"), [(0, None), (2, None), (1, 2), (0, 4)])
def test_as_many_states_as_operators_are_exact(vacuum, t0, t1):
    means = exact(vacuum)
    found = PrincipalCorrelators(Matrices(3, EXTENT, vacuum), t0, t1, means)
    for state, energy in enumerate(ENERGIES):
        for t in range(t0, EXTENT // 2 + 1):
            expected = propagation(energy, t) / propagation(energy, t0)
            assert found.at(means, state, t).value == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("vacuum", [False, True])
@pytest.mark.parametrize("t1", [None, 2])
def test_derivatives(vacuum, t1):
    rng = np.random.default_rng(1)
    means = exact(vacuum) * (1.0 + 1e-3 * rng.normal(size=len(exact(vacuum))))
    found = PrincipalCorrelators(Matrices(3, EXTENT, vacuum), 1, t1, means)
    for state, t in [(0, 2), (0, 4), (1, 3), (2, 2)]:
        got = found.at(means, state, t).gradient
        way = rng.normal(size=len(means))
        steps = [found.at(means + sign * 1e-6 * way, state, t).value for sign in (1, -1)]
        assert got @ way == pytest.approx((steps[0] - steps[1]) / 2e-6, rel=1e-5)


def test_the_equation_itself():
    rng = np.random.default_rng(2)
    A, B = rng.normal(size=(2, 5, 5))
    matrix, metric = A + A.T, B @ B.T + 0.1 * np.eye(5)
    values, vectors = solve(matrix, metric)
    np.testing.assert_allclose(matrix @ vectors, metric @ vectors * values, atol=1e-11)
    np.testing.assert_allclose(vectors.T @ metric @ vectors, np.eye(5), atol=1e-12)
    expected = np.sort(np.linalg.eigvals(np.linalg.solve(metric, matrix)).real)[::-1]
    np.testing.assert_allclose(values, expected, rtol=1e-10)
    turned = in_order_of(-vectors[:, [3, 0, 4, 2, 1]], metric, solve(matrix, metric))
    np.testing.assert_allclose(turned.values, values[[3, 0, 4, 2, 1]], rtol=1e-12)


def test_folding_and_symmetry():
    rng = np.random.default_rng(3)
    raw, vacuum = rng.normal(size=(2, 2, 5)), rng.normal(size=2)
    C = Matrices(2, 5, True).of(np.concatenate([raw.ravel(), vacuum]))
    assert C.shape == (3, 2, 2)
    for t, i, j in np.ndindex(*C.shape):
        entries = [raw[i, j, t], raw[j, i, t], raw[i, j, -t % 5], raw[j, i, -t % 5]]
        assert C[t, i, j] == pytest.approx(np.mean(entries) - vacuum[i] * vacuum[j], abs=1e-15)


def check(found, expected):
    for name, value in expected.items():
        item = found[name]
        assert abs(item.mean - value) < 4.0 * item.error, name
        assert item.jackknife_error == pytest.approx(item.error, rel=0.35), name


@pytest.mark.parametrize("vacuum", [False, True])
def test_energies_of_a_synthetic_ensemble(vacuum):
    data = chains(ensemble(vacuum=vacuum))
    found = {item.name: item for item in fit(parse_fit("E = gevp(c, 0, 3)"), data).parameters}
    energies = {f"E.{n + 1}.{t}": ENERGIES[n] for n in range(3) for t in (1, 2)}
    check(found, energies)
    check(found, {f"E.lambda.1.{t}": propagation(0.4, t) / propagation(0.4, 0) for t in (1, 3, 5)})
    assert {"E.1.5", "E.lambda.1.6"} <= set(found)
    assert not {"E.1.6", "E.lambda.1.0"} & set(found)


def test_fits_of_single_states():
    data = chains(ensemble(vacuum=True, tau=2.0))
    for text, energy in {"c, 0, 1, 4": 0.4, "c, 0, 1, 4, 2": 0.9, "c, 0, 1, 3, 1, 2": 0.4}.items():
        found = fit(parse_fit(f"m = gevp_cosh({text})"), data)
        mass, amplitude, overlap = found.parameters
        check({"m": mass}, {"m": energy})
        check({"o": overlap}, {"o": 1.0})  # the operator v^T O has this state alone
        expected = amplitude.mean * propagation(mass.mean, 0)
        assert overlap.mean == pytest.approx(expected, rel=1e-12)
        assert found.dof == len(found.picture.x) - 2
        assert mass.tau_int > 0.8  # the memory of the chain is in the error


def test_two_operators_of_three_have_contaminated_states():
    """The energy is approached from above, faster than by one operator alone."""
    full = exact().reshape(3, 3, EXTENT)
    means = full[:2, :2].ravel()
    lambdas = PrincipalCorrelators(Matrices(2, EXTENT, False), 2, None, means)
    values = [lambdas.at(means, 0, t).value for t in range(2, 6)]
    energies = [np.arccosh((values[k - 1] + values[k + 1]) / (2 * values[k])) for k in (1, 2)]
    alone = np.arccosh((full[0, 0, 2] + full[0, 0, 4]) / (2 * full[0, 0, 3]))
    assert ENERGIES[0] < energies[1] < energies[0] < alone


def test_an_entry_of_the_matrix_is_a_correlator():
    data = chains(ensemble(vacuum=True))
    for i, j in ((1, 1), (1, 2)):
        found = fit(parse_fit(f"G = connected(c.{i}.{j})"), data).parameters
        C = (exact().reshape(3, 3, EXTENT))[i - 1, j - 1]
        for t, item in enumerate(found):
            assert abs(item.mean - C[t]) < 4.0 * item.error < 1.0


def test_figures_have_a_curve_for_each_state():
    class Analysis:
        fits = (fit(parse_fit("E = gevp(c, 1)"), chains(ensemble(100))),)

    charts = dict(fit_charts(Analysis))
    assert list(charts) == ["E", "E.lambda"]
    assert [layer.label for layer in charts["E"].layers] == ["state = 1", "state = 2"]
    assert charts["E"].layers[0].x[0] == 2.0
    assert charts["E"].x_label == "t (lattice units)"


def without(columns, *names):
    return {name: x for name, x in columns.items() if name not in names}


def test_refused():
    columns = ensemble(100, vacuum=True)
    flat = {name.replace("c.", "d."): x for name, x in columns.items() if name.startswith("c.")}
    for i, j, t in np.ndindex(3, 3, EXTENT):
        if 2 in (i, j):  # the third operator is the sum of the others
            one, other = (flat[f"d.{a + 1}.{b + 1}.{t + 1}"] for a, b in ((0, min(i, j)), (1, min(i, j))))
            flat[f"d.{i + 1}.{j + 1}.{t + 1}"] = one + other
    for t in range(EXTENT):
        flat[f"d.3.3.{t + 1}"] = flat[f"d.1.3.{t + 1}"] + flat[f"d.2.3.{t + 1}"]
    last_row = {f"c.3.{j}.{t}" for j in (1, 2, 3) for t in range(1, EXTENT + 1)}
    cases = [
        (columns, "gevp(pion, 0)", "no matrix of correlators pion"),
        (columns, "gevp(c, 5)", "T0 = 5; allowed: 0 to 4"),
        (columns, "gevp(c, 6)", "T0 = 6; allowed: 0 to 4"),
        (columns, "gevp(c, -1)", "T0 = -1; allowed: 0 to 4"),
        (columns, "gevp(c, 0.5)", "whole numbers"),
        (columns, "gevp(c, 0, 4)", "STATES = 4; allowed: 1 to 3"),
        (columns, "gevp(c, 1, 2, 1)", "T1 = 1; allowed: 2 to 6, or 0"),
        (columns, "gevp_cosh(c, 1, 1, 4)", "FIRST to LAST is 1 to 4; allowed: two times or more from T0 \\+ 1 to 6"),
        (columns, "gevp_cosh(c, 0, 1, 4, 0)", "STATE = 0; allowed: 1 to 3"),
        (without(columns, *last_row), "gevp(c, 0)", "2 rows and 3 columns"),
        (without(columns, "c.2.3.12"), "gevp(c, 0)", "the 9 correlators of the matrix c do not all have 12 times"),
        (without(columns, "c_vacuum.3"), "gevp(c, 0)", "c_vacuum has 2 entries; allowed: 3"),
        (flat, "gevp(d, 0)", "not positive definite"),
        ({name: -x for name, x in flat.items()}, "gevp(d, 0)", "entry ., . of C\\(T0\\) is -.*, not positive"),
    ]
    for series, text, words in cases:
        with pytest.raises(InputError, match=words):
            fit(parse_fit(f"E = {text}"), chains(series))
    with pytest.raises(ValueError, match=r"gevp is written as gevp\(SERIES, T0, \[STATES\], \[T1\]\)"):
        parse_fit("E = gevp(c)")


def test_a_matrix_is_one_line_of_the_table():
    """Where it is square; another list of lists of lists, such as loops along a flow, is shown as before."""
    columns = ensemble(20)
    columns |= {f"w.{i}.{j}.{k}": np.arange(20.0) for i in (1, 2) for j in (1, 2, 3) for k in (1, 2, 3)}
    found = vectors([estimate(item, 0) for item in chains(columns).series[0].values()])
    assert list(matrices(found)) == ["c"]
    lines = list_lines(found)
    (line,) = (line for line in lines if line.startswith("c"))
    assert line.split(maxsplit=1)[1] == "matrix of 3 x 3 lists of 12 numbers, as gevp takes it"
    assert sum(line.startswith("w.") for line in lines) == 6
