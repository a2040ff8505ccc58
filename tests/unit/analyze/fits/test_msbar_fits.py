"""Constants in the MSbar scheme from vertices of known ones: at each momentum, the line in p^2, errors, refusals."""

import math

import numpy as np
import pytest
from test_renormalization_fits import numbers, propagator

from lqcdnn.analyze.data.rundata import Physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.analyze.fits.msbarfactors import BILINEARS, RIMOM, SMOM, SMOM_GAMMA, factor
from lqcdnn.analyze.fits.runningcoupling import coupling
from lqcdnn.analyze.statistics.dual import Dual
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError
from lqcdnn.measure.quarks.quark_vertices import coefficients

MOMENTA = (0.9, 1.3, 1.1, 1.6)
"""|p| in lattice units, not in their order."""
INVERSE, LAMBDA, FLAVORS, SCALE = 2.1, 0.25, 2, 2.0
GEV_FM = 0.1973269804
WORDS = f"{INVERSE}GeV, {LAMBDA}GeV, {FLAVORS}"
KNOWN = {"scalar": 0.7, "pseudoscalar": 0.6, "vector": 0.75, "axial": 0.8, "tensor": 0.85, "propagator": 0.9}
SLOPE = 0.04
"""What Z of the MSbar scheme at mu = SCALE has beside its limit, for each p^2."""


def wanted(name, p):
    return KNOWN[name] + SLOPE * p * p


def conversion(scheme, name, p, scale=SCALE, loops=3):
    momentum = p * INVERSE / LAMBDA
    return factor(scheme, BILINEARS[name], FLAVORS, loops, momentum, scale / LAMBDA)[0]


def chains(scheme=RIMOM, noise=1e-3, n=24, momenta=MOMENTA, physics=None, prefix=""):
    """Vertices whose constants in a scheme are those known over conversion and running; of SMOM_GAMMA at all names."""
    table = {}
    for place, p in enumerate(momenta):
        k = p / 2.0
        sines = [np.sin(np.full(4, k))] if scheme == RIMOM else [np.sin([k, k, k, k]), np.sin([k, k, k, -k])]
        q = None if scheme == RIMOM else (0.0, 0.0, 0.0, math.sin(2 * k))
        S = [propagator(sine, 0) for sine in sines]
        field = wanted("propagator", p) / conversion(RIMOM, "propagator", p)
        S = [one * 0.85 / field for one in S]  # the Z_q of those of the other tests is 0.85
        row = [x for one, sine in zip(S, sines, strict=True) for x in numbers(one, sine)]
        parts = {"propagator": row}
        made = coefficients(np.einsum("ab,cd->abcd", S[0].conj(), S[-1]), 4, q)
        plain = SMOM if scheme == SMOM_GAMMA else scheme
        Z = {name: wanted(name, p) / conversion(plain, name, p) for name in KNOWN if name != "propagator"}
        if scheme != RIMOM:
            for name in ("vector", "axial"):
                Z[f"{name}_gamma"] = wanted(name, p) / conversion(SMOM, f"{name}_gamma", p)
        if scheme == SMOM_GAMMA:
            for name in ("scalar", "pseudoscalar", "tensor"):
                of_gamma = wanted(name, p) / conversion(SMOM_GAMMA, name, p)
                Z[name] = of_gamma * Z["vector_gamma"] / Z["vector"]
        parts |= {name: (field / Z[name] * np.array(T)).tolist() for name, T in made.items()}
        for name, values in parts.items():
            table |= {f"quark_vertex_{name}.{place + 1}.{j}": value for j, value in enumerate(values, 1)}
        table[f"quark_vertices_scale.{place + 1}"] = p
    rng, found = np.random.default_rng(3), {}
    for name, value in table.items():
        spread = 0.0 if "scale" in name else noise
        found[prefix + name] = Series(
            prefix + name, "f", np.arange(1, n + 1), value * (1.0 + spread * rng.normal(size=n))
        )
    return Chains([found], Method(), physics=physics or Physics())


def values(text, where):
    found = fit(parse_fit(f"z = {text}"), where)
    return {one.name.removeprefix("z."): one for one in found.parameters}, found


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("scalar", RIMOM), ("axial", RIMOM), ("propagator", RIMOM), ("tensor", SMOM)],
)
def test_each_momentum_and_the_limit(name, scheme):
    """With and without noise; results are numbered as the momenta, wherever these lie."""
    exact, _ = values(f"msbar(quark_vertex_{name}, {WORDS}, 2, 0.5, 3)", chains(scheme, noise=1e-9, n=12))
    noisy, found = values(f"msbar(quark_vertex_{name}, {WORDS}, 2, 0.5, 3)", chains(scheme, n=60))
    assert list(noisy) == ["1", "2", "3", "4", "limit", "slope"]
    expected = {str(i): wanted(name, p) for i, p in enumerate(MOMENTA, 1)} | {"limit": KNOWN[name], "slope": SLOPE}
    for key, value in expected.items():
        assert exact[key].mean == pytest.approx(value, rel=1e-6), key
        assert abs(noisy[key].mean - value) < 4.0 * noisy[key].error < 0.05, key
        assert noisy[key].error == pytest.approx(noisy[key].jackknife_error, rel=0.5)
    assert (found.dof, found.probability > 1e-3) == (2, True)
    np.testing.assert_allclose(found.picture.x, np.sort(MOMENTA) ** 2)
    assert (found.picture.x_label, found.picture.grid[0]) == ("p^2", 0.0)
    assert found.picture.curve[0] == pytest.approx(noisy["limit"].mean)


@pytest.mark.parametrize("name", ["scalar", "pseudoscalar", "tensor"])
def test_field_of_the_ward_identity(name):
    found, _ = values(f"msbar_gamma(quark_vertex_{name}, {WORDS})", chains(SMOM_GAMMA, noise=1e-9, n=12))
    for i, p in enumerate(MOMENTA, 1):
        assert found[str(i)].mean == pytest.approx(wanted(name, p), rel=1e-6)


def test_all_vertices_at_once():
    """Of a prefix; currents of both projectors have the same constants."""
    where = chains(SMOM, noise=1e-9, n=12, prefix="x_")
    found, _ = values(f"msbar(x_quark_vertex, {WORDS})", where)
    assert len(found) == 7 * len(MOMENTA)
    for name in ("vector", "axial"):
        assert found[f"{name}_gamma.2"].mean == pytest.approx(found[f"{name}.2"].mean, rel=1e-6)
    some, _ = values(f"msbar_gamma(x_quark_vertex, {WORDS})", where)
    assert {key.partition(".")[0] for key in some} == {"scalar", "pseudoscalar", "tensor"}


def test_scale_loops_and_units():
    """Another mu, fewer loops; 1/a in GeV as a in fm, Lambda as the coupling at a scale."""
    where = chains(noise=1e-9, n=12)
    first = values(f"msbar(quark_vertex_scalar, {WORDS}, 3, 0, 9, 1)", where)[0]["1"]
    ratio = conversion(RIMOM, "scalar", MOMENTA[0], 3.0, 1) / conversion(RIMOM, "scalar", MOMENTA[0])
    assert first.mean == pytest.approx(wanted("scalar", MOMENTA[0]) * ratio, rel=1e-6)
    plain, _ = values(f"msbar(quark_vertex_scalar, {WORDS})", where)
    length, _ = values(f"msbar(quark_vertex_scalar, {GEV_FM / INVERSE}fm, {LAMBDA} GeV, {FLAVORS})", where)
    alpha = 4.0 * math.pi * coupling(5.0 / LAMBDA, 3, FLAVORS)
    given, _ = values(f"msbar(quark_vertex_scalar, {INVERSE}GeV, {alpha:.15g} @ 5 GeV, {FLAVORS})", where)
    for key, one in plain.items():
        assert one.mean == pytest.approx(length[key].mean, rel=1e-9)
        assert one.mean == pytest.approx(given[key].mean, rel=1e-9)


def test_errors_of_spacing_and_lambda():
    """In quadrature, also in the limit; numbers written alike are one number."""
    where, line = chains(), "2, 0.5, 3"
    words = f"2.10(10)GeV, 0.25(2)GeV, {FLAVORS}, {line}"
    noisy, _ = values(f"msbar(quark_vertex_scalar, {words})", where)
    plain, _ = values(f"msbar(quark_vertex_scalar, {WORDS}, {line})", chains())
    changes = ("2.2GeV, 0.25GeV", "2.0GeV, 0.25GeV", "2.1GeV, 0.27GeV", "2.1GeV, 0.23GeV")
    moved = [values(f"msbar(quark_vertex_scalar, {change}, {FLAVORS}, {line})", chains())[0] for change in changes]
    for key in ("1", "limit"):
        parts = [(one[key].mean - other[key].mean) / 2.0 for one, other in (moved[:2], moved[2:])]
        assert noisy[key].error == pytest.approx(math.hypot(plain[key].error, *parts), rel=0.02)
        assert noisy[key].error > 2.0 * plain[key].error
    fit(parse_fit(f"p = msbar(quark_vertex_pseudoscalar, {words})"), where)
    assert len(where.priors) == 2


def test_spacing_from_a_fit():
    """Its fluctuations are those of the constants."""
    where = chains()
    rng = np.random.default_rng(8)
    r0 = 0.5 / GEV_FM * INVERSE
    where.series[0]["r"] = Series("r", "f", np.arange(1, 25), r0 * (1.0 + 0.1 * rng.normal(size=24)))
    where.parameters["V.r0"] = ("r",), lambda means: Dual(float(means[0]), np.ones(1))
    found, _ = values(f"msbar(quark_vertex_scalar, 0.5fm/V.r0, {LAMBDA}GeV, {FLAVORS}, 2, 0.5, 3)", where)
    plain, _ = values(f"msbar(quark_vertex_scalar, {WORDS}, 2, 0.5, 3)", chains())
    mean = where.series[0]["r"].values.mean()
    inverse = mean * GEV_FM / 0.5
    expected, _ = values(f"msbar(quark_vertex_scalar, {inverse:.15g}GeV, {LAMBDA}GeV, {FLAVORS}, 2, 0.5, 3)", chains())
    for key in ("1", "limit"):
        if key == "1":  # other errors of the points are other weights of the line
            assert found[key].mean == pytest.approx(expected[key].mean, rel=1e-3)
        assert found[key].error > 3.0 * plain[key].error
        assert found[key].error == pytest.approx(found[key].jackknife_error, rel=0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"msbar(quark_vertex, {WORDS}, 2, 0.5, 3)", "a line in p.2 is one of one bilinear"),
        (f"msbar(quark_vertex_scalar, {WORDS}, 2, 0.5, 1.3)", "takes 3 momenta: 2 of them have"),
        (f"msbar(quark_vertex_scalar, {WORDS}, 2, 3, 1)", "FROM and TO"),
        (f"msbar(quark_vertex_scalar, {WORDS}, 2, 3)", "FROM and TO"),
        (f"msbar(quark_vertex_scalar, {WORDS}, 0)", "found MU = 0"),
        (f"msbar(quark_vertex_scalar, {WORDS}, 2, 1, 3, 4)", "found LOOPS = 4; allowed: 0 to 3"),
        ("msbar(quark_vertex_scalar, 2.1GeV, 0.25GeV, 7)", "found FLAVORS = 7; allowed: 0 to 6"),
        ("msbar(quark_vertex_scalar, 2.1GeV, 3GeV, 0)", "exceeds 1"),
        ("msbar(quark_vertex_scalar, 0.5fm/V.r0, 0.25GeV, 0)", "V.r0 is no number that a fit before"),
        ("msbar(pion, 2.1GeV, 0.25GeV, 0)", "pion is not a vertex"),
        ("msbar_gamma(quark_vertex_scalar, 2.1GeV, 0.25GeV, 0)", "takes symmetric momenta"),
        ("msbar_gamma(quark_vertex_propagator, 2.1GeV, 0.25GeV, 0)", "is for scalar, pseudoscalar and tensor"),
    ],
)
def test_refusals(text, words):
    with pytest.raises(InputError, match=words):
        values(text, chains(n=20))


def test_refused_ensembles():
    with pytest.raises(InputError, match=r"found SU\(2\); allowed: SU\(3\)"):
        values(f"msbar(quark_vertex_scalar, {WORDS})", chains(n=20, physics=Physics(group="SU(2)")))
    where = chains(SMOM, n=20)
    with pytest.raises(InputError, match="not quark_vertex_vector"):
        values(f"msbar_gamma(quark_vertex_vector, {WORDS})", where)
    where.series[0]["quark_vertex_foo.1.1"] = where.series[0]["quark_vertices_scale.1"]
    with pytest.raises(InputError, match="no factor of quark_vertex_foo"):
        values(f"msbar(quark_vertex_foo, {WORDS})", where)
    del where.series[0]["quark_vertices_scale.3"]
    with pytest.raises(InputError, match=r"no series quark_vertices_scale\.3"):
        values(f"msbar(quark_vertex_scalar, {WORDS})", where)
    flat = {f"quark_vertex_{name}.1.{j}": 1.0 + j for name in ("propagator", "scalar") for j in range(1, 5)}
    series = {name: Series(name, "f", np.arange(1, 21), np.full(20, value)) for name, value in flat.items()}
    with pytest.raises(InputError, match="found d = 2; allowed: d = 4"):
        values(f"msbar(quark_vertex_scalar, {WORDS})", Chains([series], Method()))
