"""Steps along links, their kernels, and derivatives as differences of lines of one link."""

import numpy as np
from builders import Place
from kernel_cases import ONE_SHAPE, every_case_of_measurements, settings
from reference import samples, wilson
from reference.matrices import dagger

from lqcdnn.kernels.transport import step_ahead, step_behind
from lqcdnn.lattice.blocks import zeros_of_kind
from lqcdnn.measure.quarks.insertions import derivative_matrices, spin_along
from lqcdnn.measure.quarks.structure import Lines, derivative_sums
from lqcdnn.measure.quarks.transport import Transport


def spinor(rng, lattice, n):
    return samples.complex_normal(rng, *lattice.shape, n, 2)


@every_case_of_measurements
def test_steps(case):
    """Of spinors with two components, in any number of dimensions."""
    for s in settings(case, (ONE_SHAPE,)):
        psi, z = s.store(spinor(s.rng, s.lattice, case.n))
        for mu in range(s.lattice.d):
            found = [zeros_of_kind(psi) for _ in range(2)]
            for out, step in zip(found, (step_ahead, step_behind), strict=True):
                step(out, s.blocks, psi, s.nbr, mu)
            case.assert_close(s.user(found[0]), s.U[mu] @ np.roll(z, -1, mu))
            case.assert_close(s.user(found[1]), np.roll(dagger(s.U[mu]) @ z, 1, mu))


def test_derivatives_are_differences_of_lines():
    """Summed over space qbar Gamma (1/2)(D-> - D<-)_k q is half of the line with z = -1 less that with z = 1."""
    place, boundary = Place("U(1)", (4, 8)), (-1, -1)
    transport, rng = Transport(place.lattice, boundary), np.random.default_rng(3)
    transport.set_links(place.U)
    pairs = [tuple(place.lattice.from_user(spinor(rng, place.lattice, 1)) for _ in range(2)) for _ in range(3)]
    Gamma = samples.complex_normal(rng, 2, 2)
    derivative = derivative_sums(transport, pairs, {"": None}, np.stack([Gamma, np.zeros((2, 2))]))[""]
    lines = Lines(transport, 0, 1).correlators(pairs, 1j * Gamma)  # the imaginary part of i C is the real one of C
    np.testing.assert_allclose(derivative, -lines["_z1_imaginary"], rtol=1e-12, atol=1e-12)
    assert np.abs(derivative).max() > 0.1


def test_free_quarks_in_motion_carry_everything():
    """Plane waves u exp(i p z - E t) of the continuum, spin along p: R is (E^2 + p^2/3)/E and (E^2 + p^2)/E."""
    gamma, g5, m, p = wilson.gammas(4), wilson.gamma5(4), 0.7, 0.9
    E = np.hypot(m, p)
    _, size, rows = np.linalg.svd(-E * gamma[3] + 1j * p * gamma[2] + m * np.eye(4))
    solutions = rows.conj().T[:, size < 1e-12]
    u = solutions @ np.linalg.eigh(solutions.conj().T @ spin_along("z") @ solutions)[1][:, -1]
    bar, derivative = u.conj() @ gamma[3], np.array([0.0, 0.0, 1j * p, -E])

    def ratio(J):
        return (bar @ J @ u) / (bar @ gamma[3] @ u)

    for name, expected in (("momentum_fraction", (E**2 + p**2 / 3) / E), ("helicity_fraction", (E**2 + p**2) / E)):
        J = np.einsum("m,mab->ab", derivative, derivative_matrices(name, 4, "z"))
        np.testing.assert_allclose(ratio(J), expected, rtol=1e-12)
    np.testing.assert_allclose(ratio(-1j * gamma[2] @ g5), 1.0, rtol=1e-12)
