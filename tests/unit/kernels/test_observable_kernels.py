"""Lines and Wilson loops, plaquette traces, clover energies, the Zeuthen correction and APE smearing against numpy."""

import numpy as np
import pytest
from kernel_cases import FOUR_COLORS, every_case_of_measurements, settings
from reference import energy, samples, smearing
from reference import loops as reference
from reference.matrices import dagger, polar_unitary, trace

from lqcdnn.kernels import ape, clover, flow, loops, wilson_loops
from lqcdnn.kernels import smearing as smear
from lqcdnn.lattice.programs import leaf_program, planes


@every_case_of_measurements
def test_lines_and_loops(case):
    for s in settings(case):
        ahead, later = s.lattice.ahead(0, 2), s.lattice.ahead(s.lattice.d - 1, 1)
        line = np.zeros_like(s.blocks[0])
        wilson_loops.extend_lines(line, s.blocks[0], s.blocks, ahead, 0, 1)
        case.assert_close(s.user(line), s.U[0] @ np.roll(s.U[0], -1, 0), 10)
        part, d = np.empty(s.lattice.blocks), s.lattice.d
        wilson_loops.loop_sums(part, line, s.blocks[d - 1], ahead, later, 2, 1)
        case.assert_close(part.sum(), trace(reference.transport(s.U, (1, 1, d, -1, -1, -d))).real.sum(), 50)


@every_case_of_measurements
def test_spread(case):
    """Of spinors with two components, as d = 2 has them, in any number of dimensions."""
    for s in settings(case):
        rng = np.random.default_rng(3)
        psi, out = samples.complex_normal(rng, *s.lattice.shape, case.n, 2), s.lattice.zeros(case.n, 2)
        smear.spread(out, s.blocks, s.lattice.from_user(psi), s.nbr, 0.07)
        expected = psi.copy()
        for mu in range(s.lattice.d - 1):
            ahead, behind = s.U[mu] @ np.roll(psi, -1, mu), np.roll(dagger(s.U[mu]) @ psi, 1, mu)
            expected += 0.07 * (ahead + behind - 2 * psi)
        case.assert_close(s.user(out), expected, 10)


@every_case_of_measurements
def test_plaquette_traces(case):
    for s in settings(case):
        out = s.lattice.zeros(1, 1, (len(planes(s.lattice.d)),))
        loops.plaquette_traces(out, s.blocks, s.nbr)
        order = [(mu, nu) for mu in range(1, s.lattice.d) for nu in range(mu)]
        expected = [trace(reference.plaquette(s.U, mu, nu)) for mu, nu in order]
        case.assert_close(s.user(out)[..., 0, 0], expected, 10)


@every_case_of_measurements
def test_field_energy(case):
    for s in settings(case):
        d = s.lattice.d
        program, part = leaf_program(d), np.empty((s.lattice.blocks, len(planes(d))))
        clover.field_energy(part, s.blocks, s.nbr, program.program, program.start, np.ones((1, 1)))
        for k, (mu, nu) in enumerate(planes(d)):
            F = energy.field_strength(s.U, mu, nu)
            case.assert_close(part[:, k].sum(), -trace(F @ F).real.sum(), 50)


@every_case_of_measurements
def test_improve_force(case):
    for s in settings(case):
        (Z, z), out = s.algebra(), s.zeros_like_links()
        flow.improve_force(out, Z, s.blocks, s.nbr)
        for mu, U in enumerate(s.U):
            ahead = U @ np.roll(z[mu], -1, mu) @ dagger(U)
            behind = np.roll(dagger(U) @ z[mu] @ U, 1, mu)
            case.assert_close(s.user(out)[mu], (10 * z[mu] + ahead + behind) / 12, 10)


@every_case_of_measurements
def test_ape_smearing(case):
    """Double precision, as all that is measured."""
    for s in settings(case):
        if s.lattice.d > 2:
            out = s.zeros_like_links()
            ape.smear_space_links(out, s.blocks, s.nbr, 0.7, case.n > 1)
            case.assert_close(s.user(out), smearing.ape(s.U, 0.7), 1000)


@pytest.mark.slow
def test_projection_of_matrices_with_any_phase():
    """Sums of links with determinants all around the circle, also at -1, where the root jumps."""
    s = settings(FOUR_COLORS)[-1]
    sites = s.U[0, ..., 0, 0].size
    turns, near = np.linspace(-0.5, 0.5, sites), sites // 3
    turns[:near] = (0.5 - np.geomspace(1e-20, 1e-12, near)) * (-1) ** np.arange(near)  # rounding says on which side
    phases = np.exp(2j * np.pi * turns).reshape(s.U.shape[1:-2])
    z = s.U.copy()
    z[0] = phases[..., None, None] ** 0.25 * z[0]
    out = s.zeros_like_links()
    ape.smear_space_links(out, s.lattice.from_links(z), s.nbr, 1e-14, True)
    found = s.user(out)
    np.testing.assert_allclose(np.linalg.det(found), 1.0, rtol=0, atol=1e-12)
    inner = slice(near, -1)
    expected = polar_unitary(z, True)[0].reshape(-1, 4, 4)[inner]
    np.testing.assert_allclose(found[0].reshape(-1, 4, 4)[inner], expected, rtol=0, atol=1e-11)
