"""What is measured of overlap quarks: dense matrices, free quarks, exact identities, the index."""

import numpy as np
import pytest
from input_head import head
from reference import overlap as reference
from reference import samples, schwinger, topology
from reference.matrices import exponential

from lqcdnn.config import load_text
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import measurements

RHO, MASS = 1.1, 0.15
QUARK = f'kind = "overlap"\nmass = {MASS}\nrho = {RHO}\nlow_modes = 4\n'
ALL = """
[observables.condensate]
[observables.pion]
[observables.mesons]
[observables.eigenvalues]
number = {number}
[observables.reweighting]
fermion = "light"
masses = [0.15, 0.4]
method = "exact"
"""
EIGENVALUES = "[observables.eigenvalues]\nnumber = {number}\n"


def measured(U, text, quark=QUARK, name="U(1)"):
    """Records of the observables of an overlap quark on links in user layout."""
    made = made_for(U.shape[1:-2], quark, text, name)
    return made.measure(made.lattice.from_links(U), Stream(7, 2))


def made_for(shape, quark, text, name="U(1)"):
    return measurements(load_text(f"{head(list(shape), name, 1.0)}[valence.light]\n{quark}{text}"))


def smooth(shape, charge, size=0.3, seed=2):
    """U(1) links of a constant field strength of a charge, with noise on it."""
    angles = topology.torus_angles(shape, {(0, 1): charge})
    angles += size * np.random.default_rng(seed).normal(size=angles.shape)
    return np.exp(1j * angles)[..., None, None]


def moduli(D, index, number):
    """|lambda|: each zero mode once, then each pair once."""
    values = np.linalg.eigvals(D)
    pairs = np.sort(np.abs(values[values.imag > 1e-6]))
    return np.concatenate([np.zeros(abs(index)), pairs])[:number]


def test_what_is_measured():
    """Propagators, trace, eigenvalues, index and determinant of one configuration with a zero mode."""
    U, V, d = smooth((4, 8), 1, 0.5), 32, 2
    found = measured(U, ALL.format(number=9))
    D = reference.dense(U, RHO, (1, -1))
    S = reference.propagator(D, RHO, MASS)
    pion = (np.abs(S[:, :d]) ** 2).sum(axis=1).reshape(4, 8, d).sum(axis=(0, 2))
    np.testing.assert_allclose(found["pion"]["pion"], pion, rtol=1e-8)
    np.testing.assert_allclose(found["mesons"]["meson_pseudoscalar"], pion, rtol=1e-8)
    assert found["pion"]["pion_quark"] == {"fermion": "light", "kind": "overlap", "rho": RHO}
    assert found["condensate"]["condensate"] == pytest.approx(np.trace(S).real / V, rel=1e-9)
    values = found["eigenvalues"]
    assert values["index"] == reference.index(U, RHO, (1, -1)) == 1
    assert values["index_susceptibility"] == 1 / V
    np.testing.assert_allclose(values["eigenvalues"], moduli(D, 1, 9), rtol=0, atol=1e-8)
    on_circle = [(value**2 / (2 * RHO), height) for value, height in
                 zip(values["eigenvalues"], values["eigenvalues_imaginary"], strict=True)]
    np.testing.assert_allclose([(x - RHO) ** 2 + y**2 for x, y in on_circle], RHO**2, rtol=1e-12)
    logs = [np.linalg.slogdet(reference.dense(U, RHO, (1, -1), m))[1] for m in (0.15, 0.4)]
    assert found["reweighting"]["reweighting"] == pytest.approx(logs, rel=1e-9)


def test_scalar_mesons_against_dense():
    """-Re tr S(x; 0) gamma_5 S(x; 0)^dag gamma_5: S has the hermiticity that mesons take for granted."""
    U = samples.links(np.random.default_rng(5), (4, 8), 1)
    found = measured(U, "[observables.mesons]\n")["mesons"]
    S = reference.propagator(reference.dense(U, RHO, (1, -1)), RHO, MASS)
    back = S[:2].reshape(2, 32, 2).transpose(1, 0, 2)
    there = S[:, :2].reshape(32, 2, 2)
    expected = -np.einsum("xab,xba->x", there, back).real.reshape(4, 8).sum(axis=0)
    np.testing.assert_allclose(found["meson_scalar"], expected, rtol=1e-7, atol=1e-9)


def test_sum_of_the_pion_is_the_condensate():
    """m sum_x tr |S(x; y)|^2 = Re tr S(y; y), from the origin and in the mean of all sites y: the GMOR relation."""
    U = smooth((4, 8), 1, 0.5)
    found = measured(U, "[observables.condensate]\n[observables.pion]\nsources = 32\n")
    assert MASS * sum(found["pion"]["pion"]) == pytest.approx(found["condensate"]["condensate"], rel=1e-9)
    U = samples.links(np.random.default_rng(5), (4, 8), 1)
    S = reference.propagator(reference.dense(U, RHO, (1, -1)), RHO, MASS)
    found = measured(U, "[observables.pion]\n")["pion"]["pion"]
    assert MASS * sum(found) == pytest.approx(np.trace(S[:2, :2]).real, rel=1e-9)


def test_free_quarks():
    """Pion and spectrum from the sum over momenta."""
    shape = (4, 8)
    lattice = Lattice(shape)
    U = lattice.to_user(cold(lattice, group("U(1)")))
    found = measured(U, "[observables.pion]\n" + EIGENVALUES.format(number=12))
    np.testing.assert_allclose(found["pion"]["pion"], reference.free_pion(shape, RHO, MASS), rtol=1e-8)
    values = np.concatenate([np.linalg.eigvals(D) for _, D in reference.free_momenta(shape, RHO)])
    pairs = np.sort(np.abs(values[values.imag > 1e-9]))
    np.testing.assert_allclose(found["eigenvalues"]["eigenvalues"], pairs[:12], rtol=1e-7)
    assert found["eigenvalues"]["index"] == 0


@pytest.mark.parametrize("charge", [-2, 1, 3])
def test_index_is_the_charge_of_smooth_links(charge):
    """More zero modes than eigenvalues are asked for, too."""
    U = smooth((4, 8), charge)
    found = measured(U, EIGENVALUES.format(number=2))["eigenvalues"]
    assert topology.angle_charge(U) == pytest.approx(charge)
    assert found["index"] == charge
    np.testing.assert_allclose(found["eigenvalues"], moduli(reference.dense(U, RHO, (1, -1)), charge, 2), atol=1e-7)


@pytest.mark.parametrize("number", [5, 32])
def test_index_of_rough_links(number):
    """All eigenvalues of one chirality, and a few of them."""
    for seed in range(3):
        U = samples.links(np.random.default_rng(seed), (4, 8), 1)
        found = measured(U, EIGENVALUES.format(number=number))["eigenvalues"]
        assert found["index"] == reference.index(U, RHO, (1, -1))
        np.testing.assert_allclose(
            found["eigenvalues"][:5], moduli(reference.dense(U, RHO, (1, -1)), int(found["index"]), 5), atol=1e-7
        )


@pytest.mark.slow
@pytest.mark.parametrize(("name", "charges", "total"), [("U(1)", (1,), 1), ("SU(2)", (1, -1), 2)])
@pytest.mark.parametrize("orientation", [1, -1])
def test_index_in_four_dimensions(name, charges, total, orientation):
    """Constant fields of an abelian subgroup: one unit of flux in two planes, for each colour."""
    shape = (4, 4, 4, 4)
    U = topology.diagonal(topology.torus_angles(shape, {(0, 1): 1, (2, 3): orientation}), charges)
    G = samples.group_elements(np.random.default_rng(3), len(charges), *shape)
    U = samples.gauge_transform(U, G)
    found = measured(U, EIGENVALUES.format(number=4), 'kind = "overlap"\nmass = 0.1\n', name)["eigenvalues"]
    assert found["index"] == orientation * total
    assert np.sign(topology.loop_charge(U)) == orientation


@pytest.mark.slow
@pytest.mark.parametrize(("name", "shape"), [("SU(3)", (2, 2, 2, 4)), ("SU(2)", (4, 2, 2, 4))])
def test_four_dimensions_against_dense(name, shape):
    rho, boundary, n = 1.4, (1, 1, 1, -1), int(name[3])
    U = exponential(0.4 * samples.algebra(np.random.default_rng(4), shape, n))
    quark = f'kind = "overlap"\nmass = {MASS}\n'
    text = "[observables.condensate]\n[observables.pion]\n[observables.mesons]\n"
    found = measured(U, text + EIGENVALUES.format(number=6), quark, name)
    D = reference.dense(U, rho, boundary)
    S = reference.propagator(D, rho, MASS)
    pion = (np.abs(S[:, : 4 * n]) ** 2).sum(axis=1).reshape(*shape, n * 4).sum(axis=(0, 1, 2, 4))
    np.testing.assert_allclose(found["pion"]["pion"], pion, rtol=1e-8)
    np.testing.assert_allclose(found["mesons"]["meson_pseudoscalar"], pion, rtol=1e-8)
    assert MASS * sum(pion) == pytest.approx(np.trace(S[: 4 * n, : 4 * n]).real, rel=1e-9)
    assert found["condensate"]["condensate"] == pytest.approx(np.trace(S).real / np.prod(shape), rel=1e-9)
    index = reference.index(U, rho, boundary)
    assert found["eigenvalues"]["index"] == index
    np.testing.assert_allclose(found["eigenvalues"]["eigenvalues"], moduli(D, index, 6), rtol=1e-6)


def test_angles_are_phases_of_the_links_that_cross_the_boundary():
    theta, U = (0.9, 0.6), samples.links(np.random.default_rng(3), (4, 8), 1)
    crossing = U.astype(complex)
    crossing[0, -1] *= np.exp(1j * theta[0])
    crossing[1, :, -1] *= np.exp(1j * theta[1])
    text = "[observables.pion]\n" + EIGENVALUES.format(number=4)
    found = measured(U, text, QUARK + f"theta = {list(theta)}\n")
    expected, other = measured(crossing, text), measured(U, text)
    for name in ("pion", "eigenvalues"):
        np.testing.assert_allclose(found[name][name], expected[name][name], rtol=1e-7)
        assert np.abs(np.array(found[name][name]) / other[name][name] - 1.0).max() > 1e-2


def test_noise_has_the_trace_as_its_mean():
    U = smooth((4, 8), 0, 0.5)
    exact = measured(U, "[observables.condensate]\n")["condensate"]["condensate"]
    found = measured(U, "[observables.condensate]\nmethod = 'noise'\nvectors = 100\n")["condensate"]
    assert abs(found["condensate"] - exact) < 4.0 * found["condensate_error"]
    assert found["condensate_error"] < 0.2 * exact


@pytest.mark.slow
@pytest.mark.parametrize(("beta", "share"), [(4.0, 0.9), (6.0, 0.95)])
def test_index_is_mostly_the_charge_of_thermalised_links(beta, share):
    """Independent ones of two-dimensional U(1), the charge of which is known; sectors other than zero are met."""
    made = made_for((8, 8), 'kind = "overlap"\nmass = 0.1\n', EIGENVALUES.format(number=4))
    rng, same = np.random.default_rng(8), 0
    theta = schwinger.plaquette_angles(rng, beta, (8, 8), 60)
    charges = np.rint(theta.sum(axis=(1, 2)) / (2.0 * np.pi)).tolist()
    for k, angles in enumerate(np.moveaxis(schwinger.links(rng, theta), 1, 0)):
        U = made.lattice.from_links(np.exp(1j * angles)[..., None, None])
        same += made.measure(U, Stream(7, k))["eigenvalues"]["index"] == charges[k]
    assert same >= share * len(charges)
    assert {-1.0, 0.0, 1.0} <= set(charges)
