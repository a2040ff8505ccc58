"""The same series through pyerrors (F. Joswig et al., arXiv:2209.14371): central values and errors to 1e-8.

pyerrors brings scipy and pandas; it is the extra ``crosscheck``. Its import warns of scipy's own future, which is no
concern of this program.
"""

import warnings

import numpy as np
import pytest
from synthetic_run import ar1, make_run
from test_gevp import chains, ensemble

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.expression import expressions
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.statistics.gamma import gamma_derived, gamma_method
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.report.export import export


@pytest.fixture(autouse=True, scope="module")
def imported():
    """Only where these tests run: the import takes seconds, and every process collects them."""
    global pe, pe_json
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pe = pytest.importorskip("pyerrors")
        import pyerrors.input.json as pe_json


CLOSE = {"rel": 1e-8, "abs": 1e-12}


def window(obs, name="e"):
    return int(obs.e_windowsize[name])


@pytest.mark.parametrize("tau", [0.6, 2.0, 7.0])
@pytest.mark.parametrize("s", [1.5, 2.0, 3.0])
def test_mean_and_error(tau, s):
    values = 0.7 + ar1(3000, tau, np.random.default_rng(int(10 * tau)))[:, 0]
    obs = pe.Obs([values], ["e"])
    obs.gamma_method(S=s)
    ours = gamma_method(values, s)
    assert ours.window == window(obs)  # found independently
    assert ours.mean == pytest.approx(obs.value, **CLOSE)
    assert ours.error == pytest.approx(obs.dvalue, **CLOSE)
    assert ours.error_of_error == pytest.approx(obs.ddvalue, **CLOSE)
    # tau_int differs by the bias correction of Gamma(0), of order tau/N
    assert ours.tau_int == pytest.approx(obs.e_tauint["e"], rel=4.0 * tau / 3000)


def test_tail():
    values = ar1(4000, 6.0, np.random.default_rng(3))[:, 0]
    obs = pe.Obs([values], ["e"])
    obs.gamma_method(tau_exp=12.0)
    ours = gamma_method(values, tau_exp=12.0, window=window(obs))
    assert ours.error == pytest.approx(obs.dvalue, **CLOSE)
    assert ours.tail > 0.0


def test_replicas():
    """pyerrors takes fluctuations about the mean of each replica, Wolff about the common one: here they are equal."""
    rng = np.random.default_rng(4)
    parts = [ar1(1000, 3.0, rng)[:, 0], ar1(1400, 3.0, rng)[:, 0]]
    parts[1] += parts[0].mean() - parts[1].mean()
    obs = pe.Obs(parts, ["e|r1", "e|r2"])
    obs.gamma_method(S=1.5)
    ours = gamma_method(parts, window=window(obs))
    assert ours.mean == pytest.approx(obs.value, **CLOSE)
    assert ours.error == pytest.approx(obs.dvalue, **CLOSE)


DERIVED = "r = log(mean(a**2) - a**2) + b/a*exp(-b)**2 - sqrt(abs(b)) + tanh(a)"


def test_derived_quantity():
    rng = np.random.default_rng(5)
    common = ar1(2500, 4.0, rng)[:, 0]
    a, b = 2.0 + 0.3 * common, 1.5 + 0.1 * common + 0.2 * ar1(2500, 1.5, rng)[:, 0]
    obs_a, obs_b, obs_aa = (pe.Obs([x], ["e"]) for x in (a, b, a**2))
    obs = np.log(obs_aa - obs_a**2) + obs_b / obs_a * np.exp(-obs_b) ** 2 - np.sqrt(np.abs(obs_b)) + np.tanh(obs_a)
    obs.gamma_method(S=1.5)
    (expression,) = expressions([DERIVED], {})
    _, table = expression.table({n: Series(n, "f", np.arange(len(x)), x) for n, x in (("a", a), ("b", b))})
    value, gradient = (lambda m: expression(m).value), (lambda m: expression(m).gradient)
    exact = gamma_derived(value, table, 1.5, gradient, window=window(obs))
    assert exact.mean == pytest.approx(obs.value, **CLOSE)
    assert exact.error == pytest.approx(obs.dvalue, **CLOSE)
    numerical = gamma_derived(value, table, 1.5, window=window(obs))
    assert numerical.error == pytest.approx(exact.error, rel=0.05)  # finite steps of a variance, which cancels


def test_export_is_read(tmp_path):
    """pyerrors finds the same mean values and errors in the file, and correlations between its quantities."""
    run = make_run(tmp_path / "su2", n=600)
    analysis = analyze_run(run, 100, derive=["chi = V*(mean(plaquette**2) - plaquette**2)"])
    export(analysis, tmp_path / "out.json.gz")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = {obs.tag: obs for obs in pe_json.load_json(str(tmp_path / "out.json.gz"), verbose=False)}
    assert set(found) >= {"plaquette", "chi", "condensate", "polyakov_directions.x.re", "dH"}
    for name, obs in found.items():
        obs.gamma_method(S=1.5)
        ours = analysis[name] if name not in ("accepted", "exp_minus_dH", "dH") else None
        if ours is not None and ours.error and ours.window and ours.error > ours.naive_error:
            assert window(obs, "su2") == ours.window
            assert ours.mean == pytest.approx(obs.value, **CLOSE)
            assert ours.error == pytest.approx(obs.dvalue, **CLOSE)
    assert list(found["condensate"].idl["su2"])[:2] == [110, 120]
    same = found["plaquette"] - found["plaquette"]
    same.gamma_method()
    assert same.dvalue == pytest.approx(0.0, abs=1e-12)


def correlators(n, extent=16, mass=0.4, seed=6):
    """Correlated noisy measurements of a cosh: an amplitude that fluctuates in common, and noise of each time."""
    rng = np.random.default_rng(seed)
    t = np.arange(extent)
    shape = np.exp(-mass * t) + np.exp(-mass * (extent - t))
    amplitude = 1.0 + 0.1 * ar1(n, 3.0, rng)
    return amplitude * shape * (1.0 + 0.02 * ar1(n, 1.0, rng, extent))


def test_uncorrelated_cosh_fit():
    """Parameters, errors and chi^2 of a fit, propagated by the implicit function theorem on both sides."""
    data = correlators(800)
    series = {f"c.{i + 1}": Series(f"c.{i + 1}", "f", np.arange(800), data[:, i]) for i in range(16)}
    found = fit(parse_fit("m = cosh(c, 2, 8, uncorrelated)"), Chains([series], Method(s=2.0)))
    folded = [pe.Obs([(data[:, t] + data[:, (16 - t) % 16]) / 2.0], ["e"]) for t in range(2, 9)]
    for obs in folded:
        obs.gamma_method(S=2.0)

    def model(p, x):
        import autograd.numpy as anp

        return p[1] * (anp.exp(-p[0] * x) + anp.exp(-p[0] * (16 - x)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pe.fits.least_squares(np.arange(2.0, 9.0), folded, model, silent=True, initial_guess=[0.3, 0.9])
    mass, amplitude = found.parameters
    for ours, obs in ((mass, theirs.fit_parameters[0]), (amplitude, theirs.fit_parameters[1])):
        obs.gamma_method(S=2.0)
        assert ours.mean == pytest.approx(obs.value, rel=1e-6)
        assert ours.error == pytest.approx(obs.dvalue, rel=1e-4)
    assert found.chi2 == pytest.approx(theirs.chisquare, rel=1e-5)
    assert found.dof == theirs.dof == 5


def test_generalised_eigenvalue_problem():
    """Eigenvalues v^T C(t) v / v^T C(T0) v and their errors, v of each time, or of one time; that fluctuates, too."""
    columns, size, extent = ensemble(600, tau=1.5, vacuum=True), 3, 12
    names = np.array([[[f"c.{i}.{j}.{t}" for t in range(1, 13)] for j in (1, 2, 3)] for i in (1, 2, 3)])
    vacuum = [pe.Obs([columns[f"c_vacuum.{i + 1}"]], ["e"]) for i in range(size)]
    C = []
    for t in range(extent // 2 + 1):
        C.append(np.empty((size, size), dtype=object))
        for i, j in np.ndindex(size, size):
            parts = [columns[names[a, b, k]] for a, b in ((i, j), (j, i)) for k in (t, -t % extent)]
            C[t][i, j] = pe.Obs([np.mean(parts, axis=0)], ["e"]) - vacuum[i] * vacuum[j]
    theirs = pe.Corr(C)
    fixed = theirs.GEVP(1, ts=2, sort=None, vector_obs=True)
    data = chains(columns)
    fits = [fit(parse_fit(f"E = gevp(c, 1, 2{more})"), data) for more in ("", ", 2")]
    own, one = ({item.name: item for item in found.parameters} for found in fits)
    each = theirs.GEVP(1)  # numbers: at its own time a change of v changes the eigenvalue in second order alone
    for n in (1, 2):
        for t in (2, 3, 4):
            for found, v in ((own, each[n - 1][t]), (one, fixed[n - 1])):
                value, ours = (v @ C[t] @ v) / (v @ C[1] @ v), found[f"E.lambda.{n}.{t}"]
                value.gamma_method(S=1.5)
                assert ours.mean == pytest.approx(value.value, rel=1e-8)
                assert ours.error == pytest.approx(value.dvalue, rel=1e-6)
