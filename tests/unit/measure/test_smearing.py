"""Gaussian smearing of quarks against dense matrices, and its profile on smooth links."""

import numpy as np
import pytest
from builders import Place
from reference import hyp, samples, smearing

from lqcdnn.config.tables.quarkobservables import SmearedSource
from lqcdnn.fields.gauge import cold
from lqcdnn.measure.quarks.smearing import QuarkSmearing, point_sources


def smeared(p, U, boundary, width, steps, **more):
    options = SmearedSource(mass=0.1, boundary=boundary, smearing_width=width, smearing_steps=steps, **more)
    return QuarkSmearing(options, p.lattice, p.group, U, boundary)


@pytest.mark.parametrize(
    ("place", "boundary"),
    [(("SU(3)", (2, 2, 2, 4)), (1, -1, 1, -1)), (("SU(2)", (4, 8)), (-1, 1))],
    ids=lambda item: str(item[0]),
)
def test_against_dense_matrices(place, boundary):
    p = Place(*place)
    psi = samples.complex_normal(p.rng, *p.lattice.shape, p.n, p.d)
    K = smearing.quarks(p.lattice.to_user(p.U), boundary, 1.4, 5)
    expected = (K @ psi.reshape(-1, p.d)).reshape(psi.shape)
    eta = p.lattice.from_user(psi)
    made = smeared(p, p.U, boundary, 1.4, 5, sink="gaussian")
    np.testing.assert_allclose(p.lattice.to_user(made.at_sink(eta)), expected, atol=1e-12)
    np.testing.assert_array_equal(p.lattice.to_user(eta), psi)
    sources = list(point_sources(p.lattice, p.n, made))
    assert len(sources) == p.n * p.d
    column = p.lattice.to_user(sources[p.d + 1]).reshape(-1, p.n, p.d) if p.n > 1 else None
    np.testing.assert_allclose(column[..., 1], K.reshape(-1, p.n, K.shape[1])[:, :, 1], atol=1e-12)
    assert not column[..., 0].any()
    assert smeared(p, p.U, boundary, 1.4, 0).apply(eta) is eta


def test_hops_on_hyp_smeared_links():
    """Twice in cubes of space, with the weights 0.6 and 0.3; boundary signs are no part of the links smeared."""
    p, boundary = Place("SU(3)", (2, 2, 2, 4)), (1, -1, 1, -1)
    V = hyp.hyp(hyp.hyp(p.lattice.to_user(p.U), (0.6, 0.3), "space"), (0.6, 0.3), "space")
    K = smearing.quarks(V, boundary, 1.4, 5)
    made = smeared(p, p.U, boundary, 1.4, 5, hyp_steps=2)
    first = p.lattice.to_user(next(point_sources(p.lattice, p.n, made)))[..., 0]
    np.testing.assert_allclose(first.reshape(-1), K[:, 0], rtol=0, atol=1e-11)


def test_profile_on_unit_links():
    """The Fourier sum of (1 - (w^2/n) sin^2(p/2))^n over the momenta of space, whose variance is w^2/2."""
    p, width = Place("SU(2)", (16, 4)), 2.0
    x, momenta = np.arange(16), 2 * np.pi * np.arange(16) / 16
    for steps in (3, 400):
        made = smeared(p, cold(p.lattice, p.group), (1, -1), width, steps)
        found = p.lattice.to_user(next(point_sources(p.lattice, 2, made)))
        shape = (1 - width**2 / steps * np.sin(momenta / 2) ** 2) ** steps
        expected = np.cos(np.outer(x, momenta)) @ shape / 16
        np.testing.assert_allclose(found[:, 0, 0, 0], expected, atol=1e-13)
        assert not found[:, 1:].any()
        assert not found[:, 0, 1].any()
        distance = np.minimum(x, 16 - x)
        assert distance**2 @ found[:, 0, 0, 0].real == pytest.approx(width**2 / 2, rel=1e-3)  # as that of exp(-x^2/w^2)
