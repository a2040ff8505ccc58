"""Three-point functions of mesons: derivatives by a source in D, the exact charge, two quarks, smearing, gauges."""

import numpy as np
import pytest
from builders import Place, transformation
from reference import quarks, samples, smearing, threepoint
from reference import wilson as reference

import lqcdnn

SHAPE, TIMES, BOUNDARY = (4, 8), 8, (1, -1)
KINDS = {"wilson": {"csw": 1.2}, "domain_wall": quarks.WALLS, "overlap": {"rho": quarks.RHO, "low_modes": 2}}
ALL = ["scalar", "vector_time", "conserved_time"]
EVERY = {"wilson": ALL, "domain_wall": ALL}
GAMMA = {"scalar": np.eye(2), "vector_time": reference.gammas(2)[-1]}


def measured(links, kind="wilson", mass=0.3, tables=None, boundary=BOUNDARY, **options):
    quark = {"kind": kind, "mass": mass, "boundary": boundary} | (KINDS[kind] if links.shape[0] == 2 else {})
    given = {"fermion": "light", "separations": [3], "currents": EVERY.get(kind, list(GAMMA)), "tolerance": 1e-12}
    tables = {"valence": {"light": quark} | (tables or {})}
    return lqcdnn.measure_configuration(links, ["meson_currents"], {"meson_currents": given | options}, tables=tables)


def propagator(links, kind="wilson", mass=0.3):
    return quarks.propagator(kind, links, BOUNDARY, mass, csw=KINDS["wilson"]["csw"])


def with_source(S, J):
    """Pion correlator of a quark with D - epsilon J and an antiquark without."""
    D = np.linalg.inv(S)
    return lambda epsilon: threepoint.pion(np.linalg.inv(D - epsilon * J), S, SHAPE, 1)


@pytest.fixture(scope="module")
def links():
    return samples.links(np.random.default_rng(5), SHAPE, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_by_a_source(links, kind):
    found, S = measured(links, kind, momenta=[[1]]), propagator(links, kind)
    C = threepoint.pion(S, S, SHAPE, 1)
    np.testing.assert_allclose(found["meson_current_two_point"], C, rtol=0, atol=1e-9 * C.max())
    for name, gamma in GAMMA.items():
        for end, momenta in (("", [(0,)]), ("_p1", [(1,), (-1,)])):
            C3 = np.array(found[f"meson_current_{name}_s3{end}"])
            for t in (1, 5):
                J = sum(threepoint.local(SHAPE, 1, gamma, t, k) for k in momenta) / len(momenta)
                expected = threepoint.derivative(with_source(S, J))[3]
                np.testing.assert_allclose(C3[t], expected, rtol=1e-6, atol=1e-9 * np.abs(C3).max())


@pytest.mark.parametrize(("kind", "times"), [("wilson", (2, 7)), ("domain_wall", (1, 2, 6))])
def test_conserved_current_is_the_derivative_by_a_phase(links, kind, times):
    """V from t to t + 1 is -i dD/dalpha of links in time times exp(i alpha), also with a clover term.

    Sources between domain walls have hops with c5: near them their derivatives are no part of V.
    """
    S = propagator(links, kind)
    found = measured(links, kind)
    C3 = found["meson_current_conserved_time_s3"]
    assert C3[1] - C3[4] == pytest.approx(found["meson_current_two_point"][3], rel=1e-9)
    assert (C3[1], C3[4]) == pytest.approx((C3[2], C3[6]), rel=1e-9)
    for t in times:
        parts = [propagator(threepoint.turned(links, t, alpha), kind) for alpha in (1e-4, -1e-4)]
        change = 1j * (parts[0] - parts[1]) / 2e-4  # S V S
        np.testing.assert_allclose(C3[t], threepoint.pion(change, S, SHAPE, 1)[3], rtol=1e-6)


@pytest.mark.parametrize(("name", "shape", "options"), [
    ("U(1)", SHAPE, {"source": "gaussian", "smearing_width": 1.0, "smearing_steps": 4, "sink": "gaussian"}),
    ("SU(3)", (2, 2, 2, 4), {"antiquark": "heavy"}),
])  # fmt: skip
def test_charge_is_exactly_one(name, shape, options):
    """From the source to the sink one more quark passes than on the way around: on every configuration."""
    place = Place(name, shape)
    heavy = {"heavy": {"kind": "wilson", "mass": 0.8, "boundary": place.antiperiodic()}}
    times = list(range(1, shape[-1], 2))
    found = measured(place.lattice.to_user(place.U), tables=heavy, boundary=place.antiperiodic(), separations=times,
                     currents=["conserved_time"], **options)  # fmt: skip
    C = found["meson_current_two_point"]
    for T in times:
        C3 = np.array(found[f"meson_current_conserved_time_s{T}"])
        np.testing.assert_allclose(C3[:T, None] - C3[None, T:], C[T], rtol=1e-9)


def test_two_quarks_and_smearing(links):
    """K S_2 K and K S_1 K, of which the current sees S_2 between K at source and sink."""
    K = np.kron(smearing.quarks(links, BOUNDARY, 1.0, 4), np.eye(2))
    heavy = {"heavy": {"kind": "wilson", "mass": 0.8, "csw": 1.2, "boundary": BOUNDARY}}
    smeared = {"source": "gaussian", "smearing_width": 1.0, "smearing_steps": 4, "sink": "gaussian"}
    found = measured(links, tables=heavy, antiquark="heavy", **smeared)
    S, other = propagator(links), K @ propagator(links, mass=0.8) @ K
    C = threepoint.pion(K @ S @ K, other, SHAPE, 1)
    np.testing.assert_allclose(found["meson_current_two_point"], C, rtol=0, atol=1e-9 * C.max())
    assert found["meson_currents_options"]["antiquark"]["fermion"] == "heavy"
    for name, gamma in GAMMA.items():
        change = K @ S @ threepoint.local(SHAPE, 1, gamma, 2) @ S @ K
        expected = threepoint.pion(change, other, SHAPE, 1)[3]
        np.testing.assert_allclose(found[f"meson_current_{name}_s3"][2], expected, rtol=1e-8)


def test_gauge_invariance_and_several_sources():
    """The mean over sources on all sites is that of every translation; gauge transformations change nothing."""
    place = Place("U(1)", SHAPE)
    _, transform = transformation(place)
    one, other = (place.lattice.to_user(U) for U in (place.U, transform(place.U)))
    found, again = (measured(U, sources=32) for U in (one, other))
    moved = measured(np.roll(one, (1, 3), (1, 2)), sources=32)
    for key in ("meson_current_two_point", "meson_current_scalar_s3", "meson_current_conserved_time_s3"):
        for values in (again, moved):
            np.testing.assert_allclose(values[key], found[key], rtol=0, atol=1e-10 * np.abs(found[key]).max())
