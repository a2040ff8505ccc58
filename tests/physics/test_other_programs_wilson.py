"""Pion correlators sum_x tr |S(x, t; 0)|^2 of Wilson and clover propagators, against other programs' on their files."""

from pathlib import Path

import numpy as np
import pytest

from lqcdnn.config.tables.fermions import kappa_of_mass
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.storage.formats import read_configuration

DATA = Path(__file__).parents[1] / "data"
MILC = {0.0: (14.52166, 0.6683731, 0.1214074, 0.6513806), 1.0: (15.33816, 0.778007, 0.1603806, 0.7567744)}
HIREP = (0.008471299336293012, 0.00041320178332538224, 8.962736907385366e-05, 0.0004063216404453255)


def pion(name, kappa, boundary, csw=0.0):
    """C(t) with propagators M^-1 in the kappa form."""
    found = read_configuration(DATA / name)
    lattice, n = Lattice(found.shape), found.links.shape[-1]
    op = WilsonOperator(lattice, n, kappa, boundary, csw)
    op.set_links(lattice.from_links(found.links))
    solver, total = WilsonPropagator(op), np.zeros(found.shape[-1])
    for i in range(n):
        for a in range(4):
            source = np.zeros((*found.shape, n, 4), dtype=complex)
            source[0, 0, 0, 0, i, a] = 1.0
            x = op.vector()
            solver.solve(x, lattice.from_user(source), 1e-11, 1000)
            total += (np.abs(lattice.to_user(x)) ** 2).sum(axis=(0, 1, 2, 4, 5))
    return total


@pytest.mark.parametrize("csw", MILC)
def test_milc(csw):
    """MILC, kappa = 0.12, antiperiodic in time, prints seven digits; kappa form."""
    found = pion("pg_b5.7_4444.milc", 0.12, (1, 1, 1, -1), csw)
    np.testing.assert_allclose(found, MILC[csw], rtol=1.5e-7)


def test_hirep():
    """HiRep, mass 0.2, periodic: mass form, so 2 kappa for each propagator, divided by the space volume."""
    kappa = kappa_of_mass(0.2, 4)
    found = pion("hirep_su2_b2.3_4444", kappa, (1, 1, 1, 1)) * (2 * kappa) ** 2 / 64
    np.testing.assert_allclose(found, HIREP, rtol=1e-10)
