"""Derivatives and lines of links in the nucleon: all Wick contractions, motion, free quarks."""

import numpy as np
import pytest
from builders import Place
from reference import baryons as reference
from reference import domainwall, structure, threepoint, wilson

import lqcdnn
from lqcdnn.fields.gauge import cold

SHAPE, BOUNDARY, MASS, T = (2, 2, 4, 4), (1, 1, 1, -1), 0.4, 2
GAMMA = wilson.gammas(4)
SPIN = [-1j * GAMMA[1] @ GAMMA[2], -1j * GAMMA[2] @ GAMMA[0], -1j * GAMMA[0] @ GAMMA[1]]
THERE = np.array(wilson.sites(SHAPE))[:, -1] == T
AT_SINK = np.repeat(THERE, 12)
EVERY = ["vector_time", "axial", "momentum_fraction", "helicity_fraction", "vector_line", "axial_line"]


def measured(links, mass=MASS, **options):
    quark = {"kind": "wilson", "mass": mass, "boundary": BOUNDARY}
    given = {"baryon_currents": {"separations": [T], "tolerance": 1e-12, "currents": EVERY} | options}
    return lqcdnn.measure_configuration(links, ["baryon_currents"], given, tables={"valence": {"light": quark}})


def correlator(up, down, P, momentum):
    """sum over space of exp(-i p x) tr P <N(x, T) Nbar(0)>, complex; propagators from the origin to the slice T."""
    quarks = {name: S.reshape(-1, 3, 4, 3, 4) for name, S in (("u", up), ("d", down))}
    G = reference.correlator(quarks, "udu", reference.NUCLEON, reference.NUCLEON)
    return np.einsum("ab,xba,x->", P, G, threepoint.wave(SHAPE, momentum)[THERE])


def three_point(S, J, P, momentum):
    """Of u - d: of first order in the propagator of d, of second order in that of u."""
    plain, change = S[AT_SINK, :12], S[AT_SINK] @ (J @ S[:, :12])
    of_up = [sign * correlator(plain + 0.5 * sign * change, plain, P, momentum) for sign in (1, -1)]
    return sum(of_up) - correlator(plain, change, P, momentum)


def test_against_all_wick_contractions():
    """At rest and with a momentum along the line, which is also the direction of the spin."""
    place = Place("SU(3)", SHAPE)
    links = place.lattice.to_user(place.U)
    S, P = np.linalg.inv(domainwall.wilson(links, BOUNDARY, MASS)), 0.5 * (np.eye(4) + GAMMA[3])
    found = measured(links, line_length=2, sink_momenta=[[0, 0, 1]])
    polarised, axial = P @ SPIN[2], -1j * GAMMA[2] @ wilson.gamma5(4)

    def derivative(terms, t):
        return structure.derivative(links, BOUNDARY, terms, t)

    for end, momentum in (("", (0, 0, 0)), ("_sink0_0_1", (0, 0, 1))):
        C2 = correlator(S[AT_SINK, :12], S[AT_SINK, :12], P, momentum).real
        assert found[f"baryon_current_two_point{end}"][T] == pytest.approx(C2, rel=1e-9)
        stem = "baryon_current_isovector"
        for name, projector, terms, t in (
            ("momentum_fraction", P, structure.momentum_fraction(4), 1),
            ("helicity_fraction", polarised, structure.helicity_fraction(2), 3),
        ):
            C3 = found[f"{stem}_{name}_s2{end}"]
            expected = three_point(S, derivative(terms, t), projector, momentum).real
            np.testing.assert_allclose(C3[t], expected, rtol=1e-7, atol=1e-10 * np.abs(C3).max())
        lines = (("vector_line", P, GAMMA[3], 1), ("axial_line", polarised, axial, 2)) if end else ()
        for name, projector, gamma, z in lines:
            C = [
                three_point(S, structure.line(links, BOUNDARY, 2, way * z, gamma, 1), projector, momentum)
                for way in (1, -1)
            ]
            parts = {"": (C[0].real + C[1].real) / 2, "_imaginary": (C[0].imag - C[1].imag) / 2}
            for part, expected in parts.items():
                C3 = found[f"{stem}_{name}_z{z}{part}_s2{end}"]
                np.testing.assert_allclose(C3[1], expected, rtol=1e-7, atol=1e-10 * np.abs(C3).max())
        for line, local in (("vector_line", "vector_time"), ("axial_line", "axial")):
            assert found[f"{stem}_{line}_z0_s2{end}"] == found[f"{stem}_{local}_s2{end}"]


def test_free_quarks():
    """Quarks at rest with energy ln(1 + m): of the derivative sinh(E), and lines of any length are local currents."""
    shape, sink, mass = (2, 2, 2, 32), 10, 1.0
    place = Place("SU(3)", shape)
    unit = place.lattice.to_user(cold(place.lattice, place.group))
    found = measured(unit, mass, separations=[sink], line_length=1)
    C, lattice_mass = found["baryon_current_two_point"][sink], np.sinh(np.log(1.0 + mass))
    for name, charge in (
        ("momentum_fraction", lattice_mass),
        ("helicity_fraction", 5 / 3 * lattice_mass),
        ("vector_line_z1", 1.0),
        ("vector_line_z1_imaginary", 0.0),
        ("axial_line_z1", 5 / 3),
    ):
        ratio = found[f"baryon_current_isovector_{name}_s{sink}"][sink // 2] / C
        assert ratio == pytest.approx(charge / (1.0 + mass), rel=3e-6, abs=3e-6)


def test_charges_of_a_moving_proton_are_exactly_two_and_one():
    place = Place("SU(3)", (2, 2, 2, 4))
    found = measured(place.lattice.to_user(place.U), currents=["conserved_time"], combinations=["up", "down"],
                     sink_momenta=[[0, 0, 0], [1, 0, 1]])  # fmt: skip
    for quark, charge in (("up", 2.0), ("down", 1.0)):
        C3 = np.array(found[f"baryon_current_{quark}_conserved_time_s2_sink1_0_1"])
        expected = charge * found["baryon_current_two_point_sink1_0_1"][2]
        np.testing.assert_allclose(C3[:2, None] - C3[None, 2:], expected, rtol=1e-9)
        at_rest = f"baryon_current_{quark}_conserved_time_s2"
        assert found[f"{at_rest}_sink0_0_0"] == found[at_rest]
