"""What is measured of quarks with a twisted mass: the free propagator, densities, the Ward identity of the vector
current, weights.
"""

from itertools import product

import numpy as np
import pytest
from reference import samples
from reference import wilson as reference
from reference.matrices import dagger

import lqcdnn
from lqcdnn.config.tables.fermions import kappa_of_mass
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import group
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.propagators import WilsonQuark, unit_spinor

SHAPE, SIGNS, MASS, MU = (4, 8), (1, -1), 0.2, 0.3
SPACE = (2, 2, 2, 4)


def columns(shape, n, U, mass, mu, csw=0.0):
    """S(x; 0) as an array [x, ..., colour, spin, source colour, source spin]."""
    lattice, d = Lattice(shape), len(shape)
    signs = (*(1,) * (d - 1), -1)
    op = WilsonOperator(lattice, n, kappa_of_mass(mass, d), signs, csw, twisted_mass=mu)
    quark = WilsonQuark(op)
    quark.set_links(lattice.from_links(U) if U is not None else cold(lattice, group("U(1)")))
    found = [
        lattice.to_user(quark.propagate(unit_spinor(lattice, n, d, 0, i, a), 1e-12, 1000).quark)
        for i, a in product(range(n), range(d))
    ]
    return np.stack(found, axis=-1).reshape(*shape, n, d, n, d)


def dense(U, mass, mu, csw=0.0):
    """D + m + i mu gamma_5 over (site in lattice order, colour, spin)."""
    d = len(U)
    kappa = kappa_of_mass(mass, d)
    return reference.matrix(U, kappa, (*(1,) * (d - 1), -1), csw, 1.0, mu) / (2.0 * kappa)


def test_free_propagator():
    """[-i gamma sin p + M(p) - i mu gamma_5] / [sin^2 p + M(p)^2 + mu^2], M(p) = m + sum (1 - cos p), antiperiodic."""
    gamma, g5 = reference.gammas(2), reference.gamma5(2)
    momenta = [2.0 * np.pi * (np.arange(n) + shift) / n for n, shift in zip(SHAPE, (0.0, 0.5), strict=True)]
    expected = np.zeros((*SHAPE, 2, 2), dtype=complex)
    x = np.stack(np.indices(SHAPE), axis=-1)
    for p in product(*momenta):
        sine, M = np.sin(p), MASS + (1.0 - np.cos(p)).sum()
        S = -1j * np.tensordot(sine, gamma, 1) + M * np.eye(2) - 1j * MU * g5
        S /= sine @ sine + M**2 + MU**2
        expected += np.exp(1j * x @ p)[..., None, None] * S / np.prod(SHAPE)
    found = columns(SHAPE, 1, None, MASS, MU)[:, :, 0, :, 0]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("shape", "n", "csw"), [(SHAPE, 1, 0.0), (SHAPE, 1, 1.2), pytest.param(SPACE, 3, 1.2, marks=pytest.mark.slow)]
)
def test_vector_current_is_conserved_up_to_the_twisted_mass(shape, n, csw):
    """d_mu V_mu = -2 i mu dbar gamma_5 u on every site but that of the source, V the point-split current, on any links.

    With <dbar(z) G u(y) ubar(0) gamma_5 d(0)> = -tr gamma_5 G S(y) S(z)^dag.
    """
    d, (gamma, g5) = len(shape), (reference.gammas(len(shape)), reference.gamma5(len(shape)))
    U = samples.links(np.random.default_rng(5), shape, n)
    S = columns(shape, n, U, MASS, MU, csw)

    def correlator(G, links, y, z):
        return -np.einsum("...ij,ab,...jbkc,...iakc->...", links, g5 @ G, y, z.conj())

    divergence = np.zeros(shape, dtype=complex)
    for mu in range(d):
        link = U[mu].copy()
        if mu == d - 1:
            link[..., -1, :, :] *= -1.0
        ahead = np.roll(S, -1, axis=mu)
        current = 0.5 * correlator(gamma[mu] - np.eye(d), link, ahead, S)
        current += 0.5 * correlator(gamma[mu] + np.eye(d), dagger(link), S, ahead)
        divergence += current - np.roll(current, 1, axis=mu)
    density = -(np.abs(S) ** 2).sum(axis=(-4, -3, -2, -1))
    away = np.ones(shape, dtype=bool)
    away[(0,) * d] = False
    np.testing.assert_allclose(divergence[away], -2j * MU * density[away], rtol=0, atol=1e-10)
    assert np.abs(density[away]).min() > 1e-6


def measured(U, observables, options, **keys):
    """Numbers of a valence quark."""
    quark = {"kind": "wilson", "mass": MASS, "twisted_mass": MU} | keys
    given = {name: {"fermion": "q"} | options.get(name, {}) for name in observables}
    return lqcdnn.measure_configuration(U, observables, given, tables={"valence": {"q": quark}})


def test_densities():
    """(Nf/V) Re Tr S and (Nf/V) Re Tr i gamma_5 S, exactly and with noise; the pion is the integral of the second."""
    U = samples.links(np.random.default_rng(7), SHAPE, 1)
    S = np.linalg.inv(dense(U, MASS, MU, 1.2))
    g5 = np.kron(np.eye(32), reference.gamma5(2))
    found = measured(U, ["condensate"], {"condensate": {"tolerance": 1e-12}}, csw=1.2, flavors=2)
    assert found["condensate"] == pytest.approx(2.0 / 32 * np.trace(S).real, rel=1e-9)
    assert found["condensate_pseudoscalar"] == pytest.approx(2.0 / 32 * np.trace(1j * g5 @ S).real, rel=1e-9)
    assert found["twisted_mass"] == MU
    options = {"condensate": {"method": "noise", "vectors": 200, "noise": "z4"}}
    noisy = measured(U, ["condensate"], options, csw=1.2, flavors=2)
    for name in ("condensate", "condensate_pseudoscalar"):
        assert abs(noisy[name] - found[name]) < 4.0 * noisy[f"{name}_error"] < 0.1 * abs(found[name])


def test_integrated_ward_identity():
    """mu times the sum over t of the pion at every source is Re Tr i gamma_5 S."""
    U = samples.links(np.random.default_rng(7), SHAPE, 1)
    options = {"pion": {"sources": 32, "tolerance": 1e-12}, "condensate": {"tolerance": 1e-12}}
    found = measured(U, ["pion", "condensate"], options, flavors=1)
    total = MU * np.sum(found["pion"])
    assert total == pytest.approx(found["condensate_pseudoscalar"], rel=1e-9)


def test_weights():
    """ln [det (D'^dag D' + mu^2) / det (D^dag D + mu^2)] with masses m' and m, exactly and with noise."""
    U = samples.links(np.random.default_rng(7), SHAPE, 1)
    logs = [np.linalg.slogdet(dense(U, mass, MU))[1] for mass in (MASS, 0.5)]
    options = {"masses": [0.5], "mass": MASS, "flavors": 2}
    exact = measured(U, ["reweighting"], {"reweighting": options | {"method": "exact"}})
    assert exact["reweighting"][0] == pytest.approx(2.0 * (logs[1] - logs[0]), rel=1e-9)
    noise = options | {"method": "noise", "vectors": 100, "steps": 4}
    noisy = measured(U, ["reweighting"], {"reweighting": noise})
    assert abs(noisy["reweighting"][0] - exact["reweighting"][0]) < 4.0 * noisy["reweighting_error"][0] < 1.0
