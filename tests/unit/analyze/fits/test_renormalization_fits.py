"""Renormalisation constants from mean propagators and vertices: vertices that are the bare ones times known numbers."""

import numpy as np
import pytest

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, estimate
from lqcdnn.analyze.fits.chains import Chains
from lqcdnn.analyze.fits.kinds import fit
from lqcdnn.config.language.fits import parse_fit
from lqcdnn.errors import InputError
from lqcdnn.kernels.simd.spin import gamma_matrices
from lqcdnn.measure.quarks.momentumspace import propagator_numbers
from lqcdnn.measure.quarks.quark_vertices import coefficients
from lqcdnn.report.charts.vectors import vectors
from lqcdnn.report.terminal.table import list_lines

FACTORS = {"scalar": 1.3, "pseudoscalar": 1.9, "vector": 0.8, "axial": 0.9, "tensor": 1.1, "vector_gamma": 0.7}
SINES = {"exceptional": [[(0.5, 0.1, -0.3, 0.2)], [(0.7, 0.7, 0.0, 0.4)]]}
SINES["symmetric"] = [[(0.7, 0.7, 0.0, 0.0), (0.0, 0.7, 0.7, 0.0)]]
TRANSFERRED = (0.7, 0.0, -0.7, 0.0)
FIELD, MASS = 0.85, 0.25
"""Z_q and M of the first momentum, each p after it with a tenth more."""


def propagator(sines, k):
    """S with S^-1 = Z_q (i gamma p + M)."""
    inverse = 1j * np.einsum("m,mab->ab", sines, gamma_matrices(4)) + MASS * np.eye(4)
    return np.linalg.inv(FIELD * (1.0 + 0.1 * k) * inverse)


def numbers(S, sines):
    return propagator_numbers(S.reshape(1, 1, 1, 4, 4), sines)


def record(kinematics):
    q = TRANSFERRED if kinematics == "symmetric" else None
    found = {"quark_vertex_propagator": []}
    for place, momenta in enumerate(SINES[kinematics]):
        S = [propagator(sines, place + k) for k, sines in enumerate(momenta)]
        found["quark_vertex_propagator"].append(
            [x for one, sines in zip(S, momenta, strict=True) for x in numbers(one, sines)]
        )
        products = np.einsum("ab,cd->abcd", S[0].conj(), S[-1])
        for name, T in coefficients(products, 4, q).items():
            scaled = (FACTORS.get(name, 1.0) * np.array(T)).tolist()
            found.setdefault(f"quark_vertex_{name}", []).append(scaled)
    return found


def chains(kinematics, n=200, noise=1e-3, prefix="", momenta=()):
    rng, found = np.random.default_rng(5), {}
    for stem, rows in record(kinematics).items():
        for i, row in enumerate(rows, 1):
            for j, value in enumerate(row, 1):
                name = f"{prefix}{stem}.{i}.{j}"
                values = value * (1.0 + noise * rng.normal(size=n))
                found[name] = Series(name, "f", np.arange(1, n + 1), values)
    return Chains([found], Method(), axes={"f": ("quark_vertex_momenta", momenta)} if momenta else {})


def parameters(text, *given, **options):
    return fit(parse_fit(f"x = {text}"), chains(*given, **options))


@pytest.mark.parametrize("name", ["scalar", "pseudoscalar", "vector", "axial", "tensor"])
def test_exceptional(name):
    found = parameters(f"rimom(quark_vertex_{name})", "exceptional").parameters
    assert [one.name for one in found] == ["x.1", "x.2"]
    for k, one in enumerate(found):
        expected = FIELD * (1.0 + 0.1 * k) / FACTORS[name]
        assert abs(one.mean - expected) < 3.5 * one.error < 0.01
        assert one.error == pytest.approx(one.jackknife_error, rel=0.2)


@pytest.mark.parametrize("name", ["scalar", "pseudoscalar", "vector", "axial", "tensor", "vector_gamma"])
def test_symmetric(name):
    """Z_q is the mean of both momenta."""
    (one,) = parameters(f"rismom(x_quark_vertex_{name})", "symmetric", prefix="x_").parameters
    assert abs(one.mean - 1.05 * FIELD / FACTORS[name]) < 3.5 * one.error < 0.01
    assert one.error == pytest.approx(one.jackknife_error, rel=0.2)


def test_all_vertices_at_once():
    """By name; the same numbers."""
    for scheme, kinematics in (("rimom", "exceptional"), ("rismom", "symmetric")):
        every = {one.name: one for one in parameters(f"{scheme}(x_quark_vertex)", kinematics, prefix="x_").parameters}
        names = [name.removeprefix("quark_vertex_") for name in record(kinematics) if "propagator" not in name]
        assert list(every) == [f"x.{name}.{k + 1}" for name in names for k in range(len(SINES[kinematics]))]
        alone = parameters(f"{scheme}(x_quark_vertex_axial)", kinematics, prefix="x_").parameters
        assert [(one.mean, one.error) for one in alone] == [
            (every[f"x.axial.{k}"].mean, every[f"x.axial.{k}"].error) for k in range(1, len(alone) + 1)
        ]


def test_field_and_mass():
    """At each momentum, with a picture where these are known."""
    found = parameters("quark_field(quark_vertex_propagator)", "exceptional", momenta=(0.6, 1.1))
    for k, one in enumerate(found.parameters):
        assert abs(one.mean - FIELD * (1.0 + 0.1 * k)) < 3.5 * one.error
    assert (found.picture.x_label, found.picture.y_label) == ("p", "Z_q")
    np.testing.assert_array_equal(found.picture.x, [0.6, 1.1])
    np.testing.assert_array_equal(found.picture.y, [one.mean for one in found.parameters])
    for one in parameters("quark_mass(quark_vertex_propagator)", "exceptional").parameters:
        assert abs(one.mean - MASS) < 3.5 * one.error
    (both,) = parameters("quark_mass(quark_vertex_propagator)", "symmetric").parameters
    assert abs(both.mean - MASS) < 3.5 * both.error


def test_the_mean_comes_before_the_inverse():
    """Fluctuations of a propagator by its own size do not shift Z_q; the mean of inverses would be infinite."""
    (one,) = parameters("quark_field(quark_vertex_propagator)", "symmetric", n=4000, noise=1.0).parameters
    assert abs(one.mean - 1.05 * FIELD) < 3.5 * one.error < 0.15


def test_coefficients_are_one_line_of_the_table():
    """Of any prefix; numbers of other observables are not taken for them."""
    series = chains("exceptional", n=20, prefix="x_").series[0]
    for name in (f"quark_vertices_x.{i}" for i in range(1, 9)):
        series[name] = Series(name, "f", np.arange(20), np.ones(20))
    lines = list_lines(vectors([estimate(item, 0) for item in series.values()]))
    assert [line.split(maxsplit=1) for line in lines if line.startswith(("x_quark_vertex_p", "quark"))] == [
        ["x_quark_vertex_propagator", "2 lists of 6 numbers, as quark_field takes them"],
        ["x_quark_vertex_pseudoscalar", "2 lists of 15 numbers, as rimom or rismom takes them"],
        ["quark_vertices_x", ", ".join(["1(0)"] * 8)],
    ]


@pytest.mark.parametrize(
    ("text", "kinematics", "words"),
    [
        ("rismom(quark_vertex_scalar)", "exceptional", "was measured at p1 = p2"),
        ("rimom(quark_vertex_scalar)", "symmetric", "was measured at symmetric momenta"),
        ("rimom(quark_vertex_propagator)", "exceptional", "is not a vertex"),
        ("rimom(pion)", "exceptional", "is not a vertex"),
        ("rimom(y_quark_vertex)", "exceptional", "there are no vertices y_quark_vertex_scalar"),
        ("rimom(quark_vertex)", "symmetric", "was measured at symmetric momenta"),
        ("rimom(quark_vertex_nothing)", "exceptional", "there is no vertex quark_vertex_nothing"),
        ("quark_field(quark_vertex_scalar)", "exceptional", "is not of propagators"),
        ("quark_mass(quark_propagator)", "exceptional", "there are no lists"),
    ],
)
def test_refusals(text, kinematics, words):
    with pytest.raises(InputError, match=words):
        parameters(text, kinematics)
