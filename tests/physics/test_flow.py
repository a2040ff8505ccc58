"""The gradient flow of a layer: Wilson flow of other programs, order of the scheme, its limit of small layers."""

from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import hot, unitarity_violation
from lqcdnn.fields.group import Group, group
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.flow import GradientFlow
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.formats.verify import plaquette

DATA = Path(__file__).parents[1] / "data"


def wilson_flow(lattice, step, scheme="rk3"):
    return GradientFlow(CovariantLayer(lattice, ("plaquette",), weights=np.ones(1)), step, scheme)


def dagger(z):
    return z.conj().swapaxes(-1, -2)


def product(*factors):
    return reduce(np.matmul, factors)


def clover_energy(links):
    """(1/V) sum_n sum_{mu<nu} -tr F^2 with F the traceless antihermitian part of the mean of four plaquettes."""
    total, n = 0.0, links.shape[-1]
    for mu in range(links.shape[0]):
        for nu in range(mu):
            a, b = links[mu], links[nu]
            down, left = np.roll(a, 1, nu), np.roll(b, 1, mu)
            a_left, b_down = np.roll(a, 1, mu), np.roll(b, 1, nu)
            leaves = (
                product(a, np.roll(b, -1, mu), dagger(np.roll(a, -1, nu)), dagger(b)),
                product(b, dagger(np.roll(a_left, -1, nu)), dagger(left), a_left),
                product(dagger(a_left), dagger(np.roll(left, 1, nu)), np.roll(a_left, 1, nu), b_down),
                product(dagger(b_down), down, np.roll(b_down, -1, mu), dagger(a)),
            )
            F = sum(leaves) / 8.0
            F = F - dagger(F)
            F -= np.trace(F, axis1=-2, axis2=-1)[..., None, None] / n * np.eye(n)
            total -= np.trace(F @ F, axis1=-2, axis2=-1).real.mean()
    return total


def plaquette_energy(links):
    """(1/V) sum over plaquettes of 2 Re tr(1 - P)."""
    return 12 * links.shape[-1] * (1.0 - plaquette(links).mean)


# Relative tolerance, then (clover energy, plaquette energy) at t = 0, 0.1, 0.2.  The MILC file is in single precision,
# and MILC prints no plaquette energy; openQCD prints volume times density.
FLOWS = {
    "hirep_su2_b2.3_4444": (
        1e-12,
        (1.4332608920248215, 9.03221295477217),
        (0.9536522524964341, 3.8722525160329577),
        (0.5961691587881892, 1.7422869047977683),
    ),
    "oqcd_ym_b6.0_8x444n1": (
        1e-12,
        (1010.3337804482939 / 512, 7444.689934575381 / 512),
        (716.0429316460977 / 512, 3191.3347348115176 / 512),
        (441.532430329784 / 512, 1379.597485553013 / 512),
    ),
    "pg_b5.7_4444.milc": (1e-8, (2.007529149162155, None), (1.506204574240934, None), (0.962562735839655, None)),
}


@pytest.mark.parametrize("name", FLOWS)
def test_wilson_flow_of_other_programs(name):
    tolerance, *expected = FLOWS[name]
    found = read_configuration(DATA / name)
    lattice = Lattice(found.shape)
    flow, U = wilson_flow(lattice, 0.01), lattice.from_user(found.links)
    for clover, plaq in expected:
        links = lattice.to_user(U)
        assert clover_energy(links) == pytest.approx(clover, rel=tolerance)
        if plaq is not None:
            assert plaquette_energy(links) == pytest.approx(plaq, rel=tolerance)
        U = flow.evolve(U, 10)


@pytest.mark.parametrize(("scheme", "order"), [("euler", 1), ("rk3", 3)])
def test_order_of_the_scheme(scheme, order):
    lattice = Lattice((4, 4, 2))
    U = hot(lattice, group("SU(2)"), 5)
    layer = CovariantLayer(lattice, ("plaquette", "rectangle", "chair"), weights=np.array([0.6, -0.1, 0.05]))
    exact = GradientFlow(layer, 0.2 / 128).evolve(U, 128)["c"]
    errors = [np.abs(GradientFlow(layer, 0.2 / n, scheme).evolve(U, n)["c"] - exact).max() for n in (8, 16)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.2)


def test_euler_step_is_a_layer():
    lattice = Lattice((4, 4))
    U = hot(lattice, Group(1), 3)
    flow = wilson_flow(lattice, 0.1, "euler")
    layer = CovariantLayer(lattice, ("plaquette",), weights=np.array([0.1]))
    np.testing.assert_allclose(flow.forward(U)["c"], layer.forward(U)[0]["c"], rtol=0, atol=1e-15)


def test_links_stay_in_the_group_and_the_input_stays_unchanged():
    lattice, su3 = Lattice((2, 2, 2, 2)), group("SU(3)")
    U = hot(lattice, su3, 7)
    before = U.copy()
    assert unitarity_violation(lattice, wilson_flow(lattice, 0.05).evolve(U, 10), su3) < 1e-12
    np.testing.assert_array_equal(U["c"], before["c"])


def test_bad_arguments():
    layer = CovariantLayer(Lattice((4, 4)), ("plaquette",))
    with pytest.raises(InputError, match="rk9"):
        GradientFlow(layer, 0.1, "rk9")
    with pytest.raises(InputError, match="step"):
        GradientFlow(layer, 0.0)
