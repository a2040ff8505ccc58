"""Quark loops and disconnected correlators: dense propagators, exact identities, noise."""

from itertools import product

import numpy as np
import pytest
from input_head import head
from reference import overlap, quarks, samples, staggered, topology
from reference import quarkloops as reference

from lqcdnn.config import load_text
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.measure.quarks.loop_products import pair_products, time_products
from lqcdnn.measure.runner import measurements

MASS = 0.3
QUARKS = {
    "wilson": 'kind = "wilson"\n',
    "domain_wall": 'kind = "domain_wall"\nM5 = 0.9\nL5 = 4\nb5 = 1.5\nc5 = 0.5\n',
    "overlap": 'kind = "overlap"\nrho = 1.1\nlow_modes = 4\n',
    "staggered": 'kind = "staggered"\n',
}
ALL = 'channels = ["scalar", "pseudoscalar", "vector", "axial", "axial_time", "tensor"]\n'


def measured(U, kind, options, name="U(1)", others=""):
    """Records on links in user layout, by name of the table."""
    quark = f"{head(list(U.shape[1:-2]), name, 1.0)}[valence.light]\nmass = {MASS}\n{QUARKS[kind]}"
    made = measurements(load_text(f"{quark}[observables.quark_loops]\n{options}{others}"))
    return made.measure(made.lattice.from_links(U), Stream(7, 2))


def links(shape, n):
    return samples.links(np.random.default_rng(5), shape, n)


@pytest.mark.parametrize(("kind", "name", "shape"), [
    ("wilson", "U(1)", (4, 8)), ("domain_wall", "U(1)", (4, 8)), ("overlap", "U(1)", (4, 8)),
    ("wilson", "SU(3)", (2, 2, 2, 4)),
])  # fmt: skip
def test_exact_loops_against_dense_propagators(kind, name, shape):
    U = links(shape, group(name).n)
    S, d = quarks.propagator(kind, U, (*(1,) * (len(U) - 1), -1), MASS), len(shape)
    options = f'method = "exact"\ntolerance = 1e-12\n{ALL}'
    record = measured(U, kind, options, name, "[observables.condensate]\n")
    found = record["quark_loops"]
    close = {"rtol": 0, "atol": 1e-9 if kind == "overlap" else 1e-10}
    for channel, gammas in reference.matrices(d).items():
        expected = np.array([reference.loops(S, shape, gamma) for gamma in gammas])
        values = np.reshape(found[f"quark_loop_{channel}"], expected.shape)
        imaginary = np.abs(expected.imag).max() > np.abs(expected.real).max()
        assert min(np.abs(expected.imag).max(), np.abs(expected.real).max()) < 1e-10
        np.testing.assert_allclose(values, expected.imag if imaginary else expected.real, **close)
        D = reference.disconnected(S, shape, gammas)
        np.testing.assert_allclose(found[f"disconnected_{channel}"], D.real, **close)
    V = np.prod(shape)
    assert sum(found["quark_loop_scalar"]) / V == pytest.approx(record["condensate"]["condensate"], rel=1e-9)
    trace = np.trace(S).real
    assert found["disconnected_scalar_vacuum"] ** 2 == pytest.approx(trace**2 / (V * shape[-1]), rel=1e-9)
    assert sum(found["disconnected_scalar"]) == pytest.approx(trace**2 / V, rel=1e-9)


@pytest.mark.parametrize(("name", "shape"), [("U(1)", (4, 8)), ("SU(3)", (2, 2, 2, 4))])
def test_staggered_loops_against_dense_propagators(name, shape):
    n = group(name).n
    U, boundary = links(shape, n), (*(1,) * (len(shape) - 1), -1)
    D = staggered.dense_hop(U, boundary)
    S = np.linalg.inv(D + MASS * np.eye(len(D)))
    Gamma = reference.staggered_gamma5(U, boundary)
    np.testing.assert_allclose(Gamma, Gamma.conj().T, atol=1e-14)
    record = measured(U, "staggered", 'method = "exact"\ntolerance = 1e-12\n', name, "[observables.condensate]\n")
    found = record["quark_loops"]
    for channel, matrix in (("scalar", S), ("pseudoscalar", (Gamma @ S + S @ Gamma) / 2)):
        slices = np.diag(matrix).real.reshape(*shape, n).sum(axis=(*range(len(shape) - 1), len(shape)))
        np.testing.assert_allclose(found[f"quark_loop_{channel}"], slices, rtol=0, atol=1e-10)
    tastes = 2 if len(shape) == 2 else 4  # of one field; the quark has one flavour
    V = np.prod(shape)
    assert sum(found["quark_loop_scalar"]) / V / tastes == pytest.approx(record["condensate"]["condensate"], rel=1e-9)


def smooth(shape, charge, size):
    angles = topology.torus_angles(shape, {(0, 1): charge})
    return np.exp(1j * (angles + size * np.random.default_rng(2).normal(size=angles.shape)))[..., None, None]


@pytest.mark.parametrize("charge", [-2, 1])
def test_sum_of_the_pseudoscalar_loop_is_the_charge(charge):
    """m Tr gamma_5 S = n_+ - n_-, exact for overlap quarks; for staggered ones, of two tastes, twice that or so."""
    U = smooth((4, 8), charge, 0.3)
    found = measured(U, "overlap", 'method = "exact"\n')["quark_loops"]
    assert overlap.index(U, 1.1, (1, -1)) == charge
    assert MASS * sum(found["quark_loop_pseudoscalar"]) == pytest.approx(-charge, abs=1e-7)
    found = measured(smooth((8, 8), charge, 0.0), "staggered", 'method = "exact"\n')["quark_loops"]
    assert -MASS * sum(found["quark_loop_pseudoscalar"]) == pytest.approx(2 * charge, rel=0.3)


NOISY = list(product(("wilson", "overlap", "staggered"), ('["even_odd"]', '["time", "spin"]')))


@pytest.mark.parametrize(
    ("kind", "dilution"),
    [pytest.param(*case, marks=[pytest.mark.slow] * (case[0] == "overlap")) for case in NOISY],
)
def test_noise(kind, dilution):
    """Means and errors are those of exact loops; the sum over time slices is the condensate of the same vectors."""
    U, options = links((4, 8), 1), f"vectors = 12\ndilution = {dilution}\n"
    exact = measured(U, kind, 'method = "exact"\n')["quark_loops"]
    if "time" in dilution:  # the condensate has no such dilution
        found = measured(U, kind, options)["quark_loops"]
    else:
        condensate = f'[observables.condensate]\nmethod = "noise"\nnoise = "z4"\n{options}'
        record = measured(U, kind, options, others=condensate)
        found, tastes = record["quark_loops"], 2 if kind == "staggered" else 1
        total = sum(found["quark_loop_scalar"]) / 32 / tastes
        assert total == pytest.approx(record["condensate"]["condensate"], rel=1e-8)
    for channel in ("scalar", "pseudoscalar"):
        error, size = found[f"quark_loop_{channel}_error"], np.abs(exact[f"quark_loop_{channel}"]).mean()
        assert 1e-4 < error < 0.5
        for key, scale in ((f"quark_loop_{channel}", error), (f"disconnected_{channel}", 0.5 * (size + error) * error)):
            np.testing.assert_allclose(found[key], exact[key], rtol=0, atol=4.5 * scale)


def test_loose_solves_are_corrected():
    """With all vectors solved for exactly too, corrected loops and correlators are those of exact solves."""
    U = links((4, 8), 1)
    exact = measured(U, "wilson", f"vectors = 4\n{ALL}")["quark_loops"]
    loose = f"vectors = 4\nexact_vectors = 4\nloose_tolerance = 0.1\n{ALL}"
    found = measured(U, "wilson", loose)["quark_loops"]
    for key in exact:
        if key.startswith(("disconnected", "quark_loop_")) and not key.endswith("_error"):
            np.testing.assert_allclose(found[key], exact[key], rtol=0, atol=1e-8)
    assert abs(found["quark_loop_scalar_correction"]) > 1e-4
    assert len(found["quark_loop_vector_correction"]) == 1
    assert found["quark_loop_scalar_error"] == pytest.approx(exact["quark_loop_scalar_error"], rel=1e-6)


@pytest.mark.parametrize(("many", "few"), [(4, 4), (5, 2), (2, 2)])
def test_products_of_different_vectors(many, few):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(many, 2, 6)), rng.normal(size=(few, 2, 6))
    pairs = [time_products(x, y) for i, x in enumerate(a) for j, y in enumerate(b) if i != j]
    np.testing.assert_allclose(pair_products(a, b), np.mean(pairs, axis=0), rtol=1e-12, atol=1e-12)
    shifted = [[sum(a[0, k, (t0 + t) % 6] * b[0, k, t0] for t0 in range(6)) for t in range(6)] for k in range(2)]
    np.testing.assert_allclose(time_products(a[0], b[0]), shifted, rtol=1e-12)
