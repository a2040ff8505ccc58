"""Three-point functions of the nucleon: all Wick contractions with a source in D, the exact charges, free quarks."""

import numpy as np
import pytest
from builders import Place
from reference import baryons as reference
from reference import domainwall, smearing, threepoint, wilson

import lqcdnn
from lqcdnn.fields.gauge import cold

SHAPE, BOUNDARY, MASS, T = (2, 2, 2, 4), (1, 1, 1, -1), 0.4, 2
GAMMA = wilson.gammas(4)
SPIN = [-1j * GAMMA[1] @ GAMMA[2], -1j * GAMMA[2] @ GAMMA[0], -1j * GAMMA[0] @ GAMMA[1]]
CHARGES = {"scalar": np.eye(4), "vector_time": GAMMA[3]}
SMEARED = {"source": "gaussian", "smearing_width": 1.0, "smearing_steps": 2, "sink": "gaussian"}


def measured(links, mass=MASS, **options):
    quark = {"kind": "wilson", "mass": mass, "boundary": BOUNDARY}
    given = {"baryon_currents": {"separations": [T], "tolerance": 1e-12} | options}
    return lqcdnn.measure_configuration(links, ["baryon_currents"], given, tables={"valence": {"light": quark}})


def from_origin(S):
    """S(x; 0) on the time slice T, [x, colour, spin, colour, spin]."""
    return S.reshape(-1, 3, 4, len(S) // 12, 3, 4)[np.array(wilson.sites(SHAPE))[:, -1] == T, :, :, 0]


def correlator(up, down, P):
    """sum over space of tr P <N(x, T) Nbar(0)>."""
    quarks = {"u": from_origin(up), "d": from_origin(down)}
    G = reference.correlator(quarks, "udu", reference.NUCLEON, reference.NUCLEON)
    return np.einsum("ab,xba->", P, G).real


@pytest.fixture(scope="module")
def links():
    place = Place("SU(3)", SHAPE)
    return place.lattice.to_user(place.U)


def test_against_all_wick_contractions(links):
    """u and d with a source of their own, at source and sink smeared; the mean over spins along x and y."""
    K = np.kron(smearing.quarks(links, BOUNDARY, 1.0, 2), np.eye(4))
    S, P = np.linalg.inv(domainwall.wilson(links, BOUNDARY, MASS)), 0.5 * (np.eye(4) + GAMMA[3])
    found = measured(links, currents=[*CHARGES, "axial", "tensor"], combinations=["up", "down", "isovector"],
                     polarization=["x", "y"], **SMEARED)  # fmt: skip
    ends = K @ S @ K
    C = correlator(ends, ends, P)
    assert found["baryon_current_two_point"][T] == pytest.approx(C, rel=1e-9)
    cases = {(name, t): [(P, gamma)] for (name, gamma), t in zip(CHARGES.items(), (1, 3), strict=True)}
    cases["tensor", 0] = [(P @ spin, spin) for spin in SPIN[:2]]
    cases["axial", 1] = [(P @ spin, -1j * g @ wilson.gamma5(4)) for spin, g in zip(SPIN[:2], GAMMA, strict=False)]
    for (name, t), pairs in cases.items():
        of_quark = {"up": 0.0, "down": 0.0}
        for projector, gamma in pairs:
            change = K @ S @ threepoint.local(SHAPE, 3, gamma, t) @ S @ K
            of_quark["down"] += correlator(ends, change, projector) / len(pairs)  # of first order in S of d
            for sign in (1, -1):  # of second order in that of u
                other = ends + 0.5 * sign * change
                of_quark["up"] += sign * correlator(other, ends, projector) / len(pairs)
        of_quark["isovector"] = of_quark["up"] - of_quark["down"]
        for quark, expected in of_quark.items():
            C3 = found[f"baryon_current_{quark}_{name}_s2"]
            np.testing.assert_allclose(C3[t], expected, rtol=1e-7, atol=1e-10 * np.abs(C3).max())


def test_charges_are_exactly_two_and_one(links):
    """Of u and d in the proton, on every configuration; what goes around the lattice has the difference."""
    found = measured(links, currents=["conserved_time"], combinations=["up", "down"], momenta=[[1, 0, 0]])
    for quark, charge in (("up", 2.0), ("down", 1.0)):
        C3 = np.array(found[f"baryon_current_{quark}_conserved_time_s2"])
        expected = charge * found["baryon_current_two_point"][2]
        np.testing.assert_allclose(C3[:2, None] - C3[None, 2:], expected, rtol=1e-9)


def test_free_quarks():
    """Quarks at rest have g_V = g_S = 1/(1 + m) of local currents, g_A = g_T = (5/3)/(1 + m) as in the quark model."""
    shape, sink, mass = (2, 2, 2, 32), 10, 1.0
    place = Place("SU(3)", shape)
    unit = place.lattice.to_user(cold(place.lattice, place.group))
    every = ["scalar", "vector_time", "conserved_time", "axial", "tensor"]
    found = measured(unit, mass, separations=[sink], currents=every)
    C = found["baryon_current_two_point"][sink]
    for name, charge in (("scalar", 1.0), ("vector_time", 1.0), ("axial", 5 / 3), ("tensor", 5 / 3)):
        ratio = found[f"baryon_current_isovector_{name}_s{sink}"][sink // 2] / C
        assert ratio == pytest.approx(charge / (1.0 + mass), rel=3e-6)
    conserved = np.array(found[f"baryon_current_isovector_conserved_time_s{sink}"])
    np.testing.assert_allclose(conserved[:sink], C, rtol=3e-6)
