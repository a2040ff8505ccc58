"""Wilson and clover quarks against other programs: pion correlators on their files, plaquettes of chains."""

from pathlib import Path

import numpy as np
import pytest
from input_head import head

from lqcdnn.config import load_text
from lqcdnn.config.tables.fermions import kappa_of_mass
from lqcdnn.config.tables.observables import PlaquetteConfig
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields import gauge
from lqcdnn.jobs.build import build
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.storage.formats import read_configuration
from lqcdnn.update.state import State

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


# ------------------------------------------------------------------ chains with a twisted mass

TMLQCD = head([4, 4, 4, 4], "SU(3)", "{beta}") + """\
[[action.fermion]]
kind = "wilson"
flavors = 2
kappa = {kappa}
twisted_mass = {mu}
{keys}
md_tolerance = 1e-8
[update]
length = 1.0
[[update.level]]
terms = ["fermion"]
steps = 6
integrator = "omelyan"
[[update.level]]
terms = ["gauge"]
steps = 2
integrator = "omelyan"
"""
HEAVY = """\
[[action.fermion]]
kind = "wilson"
flavors = 2
kappa = 0.17
twisted_mass = 0.325
mass_splitting = 0.275
md_error = 1e-7
"""
PLAQUETTES = {
    "wilson": (6.0, 0.177, 0.177, "", 0.62450, 0.00005),
    "preconditioned": (6.0, 0.177, 0.177, "hasenbusch_twisted_mass = [1.4124293785310735]", 0.62450, 0.00005),
    "clover": (5.6, 0.138, 0.01, "csw = 1.0", 0.57375, 0.00007),
    "2+1+1": (6.0, 0.17, 0.01, HEAVY, 0.64875, 0.00005),
}
"""beta, kappa, 2 kappa mu, keys, and the plaquette of tmLQCD's sample inputs hmc1, tmcloverdet and ndrat."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PLAQUETTES)
def test_tmlqcd(name):
    beta, kappa, product, keys, expected, error = PLAQUETTES[name]
    run = build(load_text(TMLQCD.format(beta=beta, kappa=kappa, mu=0.5 * product / kappa, keys=keys)))
    chain, state, found = run.update(), State(gauge.hot(run.lattice, run.group, 5), 0, 78), []
    for t in range(880):
        state, _info = chain.step(state)
        if t >= 80:
            found.append(Plaquette(PlaquetteConfig()).measure(run.lattice, state.U, run.group, None)["plaquette"])
    bins = np.array(found).reshape(20, -1).mean(axis=1)
    total = np.hypot(bins.std(ddof=1) / np.sqrt(len(bins)), error)
    assert total < 0.0015
    assert abs(bins.mean() - expected) < 4.0 * total
