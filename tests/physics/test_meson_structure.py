"""Derivatives and lines of links between mesons: dense Wick contractions, exact charges and symmetries in motion."""

import re

import numpy as np
import pytest
from builders import Place, transformation
from reference import quarks, samples, smearing, structure, threepoint
from reference import wilson as reference

import lqcdnn
from lqcdnn.measure.quarks import structure as program
from lqcdnn.measure.quarks.spinsums import spin_sums

SHAPE, T, BOUNDARY = (4, 8), 3, (1, -1)
KINDS = {"wilson": {"csw": 1.2}, "domain_wall": quarks.WALLS, "overlap": {"rho": quarks.RHO, "low_modes": 2}}
ALL = ["vector_time", "momentum_fraction", "vector_line"]


def measured(links, kind="wilson", tables=None, boundary=BOUNDARY, **options):
    quark = {"kind": kind, "mass": 0.3, "boundary": boundary} | (KINDS[kind] if links.shape[0] == 2 else {})
    given = {"fermion": "light", "separations": [T], "currents": ALL, "tolerance": 1e-12} | options
    if "line_length" not in given and "vector_line" in given["currents"]:
        given["line_length"] = 2
    tables = {"valence": {"light": quark} | (tables or {})}
    return lqcdnn.measure_configuration(links, ["meson_currents"], {"meson_currents": given}, tables=tables)


def propagator(links, kind="wilson", mass=0.3, boundary=BOUNDARY):
    return quarks.propagator(kind, links, boundary, mass, csw=KINDS["wilson"]["csw"])


def close(found, expected, scale):
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10 * np.abs(scale).max())


@pytest.fixture(scope="module")
def links():
    return samples.links(np.random.default_rng(5), SHAPE, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sink", [0, 1])
def test_against_dense_contractions(links, kind, sink):
    """All times t, so also hops across the antiperiodic boundary; two momenta that the derivative transfers."""
    options, end = ({"sink_momenta": [[1]]}, "_sink1") if sink else ({"momenta": [[1]]}, "")
    found, S, gamma = measured(links, kind, **options), propagator(links, kind), reference.gammas(2)[-1]

    def contracted(J):
        return threepoint.pion(S @ J @ S, S, SHAPE, 1, (sink,))[T]

    C2 = threepoint.pion(S, S, SHAPE, 1, (sink,))
    close(found[f"meson_current_two_point{end}"], C2.real, C2)
    C3 = found[f"meson_current_momentum_fraction_s3{end}"]
    for t in range(SHAPE[-1]):
        for momentum in (0,) if sink else (0, 1):
            J = structure.derivative(links, BOUNDARY, structure.momentum_fraction(2), t, (momentum,))
            name = f"meson_current_momentum_fraction_s3{'_p1' * momentum}{end}"
            close(found[name][t], contracted(J).real, C3)
        for z in (1, 2):
            C = [contracted(structure.line(links, BOUNDARY, 0, way * z, gamma, t)) for way in (1, -1)]
            stem = f"meson_current_vector_line_z{z}"
            close(found[f"{stem}_s3{end}"][t], (C[0].real + C[1].real) / 2, C3)
            close(found[f"{stem}_imaginary_s3{end}"][t], (C[0].imag - C[1].imag) / 2, C3)
    name = "_s3" + end
    assert found[f"meson_current_vector_line_z0{name}"] == found[f"meson_current_vector_time{name}"]


def test_line_across_an_antiperiodic_boundary_of_space(links):
    signs = (-1, -1)
    found, S = measured(links, boundary=signs), propagator(links, boundary=signs)
    J = [structure.line(links, signs, 0, z, reference.gammas(2)[-1], 1) for z in (2, -2)]
    C = [threepoint.pion(S @ one @ S, S, SHAPE, 1, (0,))[T] for one in J]
    close(found["meson_current_vector_line_z2_s3"][1], (C[0].real + C[1].real) / 2, C)
    close(found["meson_current_vector_line_z2_imaginary_s3"][1], (C[0].imag - C[1].imag) / 2, C)


def test_two_quarks_and_a_smeared_sink_in_motion(links):
    K = np.kron(smearing.quarks(links, BOUNDARY, 1.0, 4), np.eye(2))
    heavy = {"heavy": {"kind": "wilson", "mass": 0.8, "csw": 1.2, "boundary": BOUNDARY}}
    smeared = {"source": "gaussian", "smearing_width": 1.0, "smearing_steps": 4, "sink": "gaussian"}
    found = measured(links, tables=heavy, antiquark="heavy", sink_momenta=[[1]], **smeared)
    S, other = propagator(links), K @ propagator(links, mass=0.8) @ K
    C2 = threepoint.pion(K @ S @ K, other, SHAPE, 1, (1,))
    close(found["meson_current_two_point_sink1"], C2.real, C2)
    J = structure.derivative(links, BOUNDARY, structure.momentum_fraction(2), 2)
    expected = threepoint.pion(K @ S @ J @ S @ K, other, SHAPE, 1, (1,))[T].real
    close(found["meson_current_momentum_fraction_s3_sink1"][2], expected, expected)


@pytest.mark.parametrize(("name", "shape", "momentum"), [("U(1)", SHAPE, [1]), ("SU(3)", (2, 2, 2, 4), [0, 1, 1])])
def test_charge_of_a_moving_meson_is_exactly_one(name, shape, momentum):
    place = Place(name, shape)
    found = measured(place.lattice.to_user(place.U), boundary=place.antiperiodic(), separations=[1, 3],
                     currents=["conserved_time"], sink_momenta=[momentum])  # fmt: skip
    end = "_sink" + "_".join(map(str, momentum))
    C = found[f"meson_current_two_point{end}"]
    for separation in (1, 3):
        C3 = np.array(found[f"meson_current_conserved_time_s{separation}{end}"])
        np.testing.assert_allclose(C3[:separation, None] - C3[None, separation:], C[separation], rtol=1e-9)


def test_momentum_zero_at_the_sink_has_the_solves_at_rest(links):
    """The same bits under its own name, and not an iteration more; what is transferred stands once."""
    found, without = measured(links, momenta=[[1]], sink_momenta=[[1], [0]]), measured(links, sink_momenta=[[1]])
    assert found["meson_currents_iterations"] == without["meson_currents_iterations"]
    at_rest = [key for key in without if re.fullmatch(r"meson_current_.*(_s3|two_point)", key)]
    assert len(at_rest) == 1 + len(ALL) - 1 + 5
    for key in at_rest:
        assert found[f"{key}_sink0"] == found[key] == without[key]
    assert "meson_current_vector_time_s3_p1" in found
    assert not any("_p1_sink" in key for key in found)


def test_lines_without_links_are_summed_once(links, monkeypatch):
    calls = []
    monkeypatch.setattr(program, "spin_sums", lambda *given: calls.append(given) or spin_sums(*given))
    measured(links, currents=["vector_line"])
    assert len(calls) == 1 + 2 * 2  # of z = 0, and both ways of z = 1 and 2


def test_symmetries():
    """A gauge transformation, and charge conjugation with a reflection of space, which take C(z) to C(-z)^*."""
    place = Place("U(1)", SHAPE)
    _, transform = transformation(place)
    one, other = (place.lattice.to_user(U) for U in (place.U, transform(place.U)))
    reflected = np.stack([one[0][::-1].conj(), np.roll(one[1][::-1], 1, 0)])
    found = measured(one, sink_momenta=[[1]])
    for U in (other, reflected.conj()):
        again = measured(U, sink_momenta=[[1]])
        for key in (key for key in found if key.startswith("meson_current_")):
            np.testing.assert_allclose(again[key], found[key], rtol=0, atol=1e-10 * np.abs(found[key]).max())
