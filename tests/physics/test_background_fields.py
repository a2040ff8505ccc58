"""Quarks in a uniform electromagnetic field against the same phases on links, dense matrices and free spectra.

On links of U(1) the field is part of the links, of which the program need know nothing.
"""

import numpy as np
import pytest
from builders import PARITIES, Place, assert_energy_is_conserved, assert_gauge_invariant, hamiltonian, quark_action
from derivative import assert_gradient
from input_head import head
from reference import fatlinks, samples, staggered, wilson
from reference.background import uniform_links

from lqcdnn.actions.composed import Composed
from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.config import load_text
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac.fatlinks import SmearingStaggeredOperator
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.representation import RepresentationLinks
from lqcdnn.dirac.shortlinks import use_short_links
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import measurements

SLOW = pytest.mark.slow
U1, SU2, SU3 = ("U(1)", (4, 8)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (4, 2, 2, 4))
FLUX = {2: (3,), 4: (1, 0, -2, 1, 3, -1)}
FIELDS = {
    "staggered": 'kind = "staggered"\nflavors = 2\nmass = 0.3\n',
    "clover": 'kind = "wilson"\nflavors = 2\nmass = 0.3\ncsw = 1.2\n',
    "domain_wall": 'kind = "domain_wall"\nflavors = 2\nmass = 0.3\nM5 = 0.9\nL5 = 4\nb5 = 1.5\nc5 = 0.5\n',
    "overlap": 'kind = "overlap"\nflavors = 2\nmass = 0.3\n',
}
OBSERVABLES = "[observables.condensate]\n[observables.pion]\n[observables.mesons]\n"
SPECTRUM = "[observables.eigenvalues]\nnumber = 4\n"
WEIGHT = "[observables.reweighting]\nfermion = 'light'\nmethod = 'exact'\n"
LOOPS = "[observables.quark_loops]\nmethod = 'exact'\nchannels = ['scalar']\n"
NOT_MEASURED = ("_options", "_quark", "_iterations", "_residual", "_error", "_masses")


def measured(U, quark, observables, flux=None, group="U(1)"):
    """Records of the observables of a valence quark on links in user layout, in a field through planes with time."""
    text = f"{head(list(U.shape[1:-2]), group, 1.0)}[valence.light]\n{quark}"
    text += "" if flux is None else f"electric_flux = {list(flux)}\n"
    made = measurements(load_text(text + observables))
    return made.measure(made.lattice.from_links(U), Stream(7, 2))


def numbers(records):
    """What is measured, without options and counts of iterations."""
    return {
        key: np.array(value)
        for name, record in records.items()
        for key, value in record.items()
        if key.startswith((name, "meson_", "quark_loop")) and not key.endswith(NOT_MEASURED)
    }


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[SLOW] * (k not in ("staggered", "clover"))) for k in FIELDS])
def test_a_field_is_a_part_of_links_of_u1(kind):
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    observables = OBSERVABLES + SPECTRUM + WEIGHT + LOOPS
    records = measured(U, FIELDS[kind], observables, (3,))
    found, described = numbers(records), (records["condensate"], records["reweighting"]["reweighting_options"])
    assert [one["electric_flux"] for one in described] == [[3], [3]]
    expected = numbers(measured(U * uniform_links((4, 8), (3,)), FIELDS[kind], observables))
    other = numbers(measured(U, FIELDS[kind], observables))
    assert {"condensate", "pion", "eigenvalues", "reweighting", "quark_loop_scalar"} < set(found) == set(expected)
    for key, value in found.items():
        np.testing.assert_allclose(value, expected[key], rtol=1e-7, atol=1e-9, err_msg=key)
    assert abs(other["condensate"] / found["condensate"] - 1.0) > 1e-4


def dense(op, x):
    """M x of an operator, in user layout."""
    out = op.vector()
    op.apply(out, op.lattice.from_user(x))
    return op.lattice.to_user(out)


@pytest.mark.parametrize("place", [pytest.param(SU2, id="SU(2)"), pytest.param(SU3, id="SU(3)", marks=SLOW)])
def test_operators_against_dense_matrices(place):
    """All planes have a flux, the fourth power of a link none of its own."""
    p = Place(*place)
    U, signs = p.lattice.to_user(p.U) * uniform_links(p.lattice.shape, FLUX[4]), p.antiperiodic()
    x = samples.complex_normal(p.rng, *p.lattice.shape, p.n, 4)
    op = StaggeredOperator(p.lattice, p.n, 0.4, signs, flux=FLUX[4])
    op.set_links(p.U)
    M = staggered.dense_hop(U, signs) + 0.4 * np.eye(p.lattice.volume * p.n)
    expected = (M @ x[..., :1].reshape(-1)).reshape(x[..., :1].shape)
    np.testing.assert_allclose(dense(op, x[..., :1]), expected, rtol=0, atol=1e-13)
    op = WilsonOperator(p.lattice, p.n, 0.13, signs, 1.2, flux=FLUX[4])
    op.set_links(p.U)
    expected = (wilson.matrix(U, 0.13, signs, 1.2) @ x.reshape(-1)).reshape(x.shape)
    np.testing.assert_allclose(dense(op, x), expected, rtol=0, atol=1e-13)


@SLOW
def test_hops_of_three_steps_pass_three_links():
    p = Place("SU(2)", (4, 4, 4))
    improvement, flux = improvement_of("hisq", 3, 0.0, None), (2, -1, 3)
    op = SmearingStaggeredOperator(p.lattice, 2, 0.4, p.antiperiodic(), improvement, flux=flux)
    op.set_links(p.U)
    z, u = p.lattice.to_user(op.fat(p.U)), uniform_links(p.lattice.shape, flux)
    three = u * np.array([np.roll(u[k], -1, k) * np.roll(u[k], -2, k) for k in range(3)])
    D = fatlinks.dense_hop(z[:3] * u, z[3:] * three, p.antiperiodic())
    x = samples.complex_normal(p.rng, *p.lattice.shape, 2, 1)
    expected = (D @ x.reshape(-1)).reshape(x.shape) + 0.4 * x
    np.testing.assert_allclose(dense(op, x), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("quanta", [1, pytest.param(-2, marks=SLOW)])
def test_the_index_is_the_flux(quanta):
    """Zero modes of overlap quarks on cold links, |k| of one chirality: the lowest Landau level.

    Cold links with the phases of k quanta have the geometric charge k (``test_topological_charge``).
    """
    quark = 'kind = "overlap"\nflavors = 1\nmass = 0.1\n'
    found = measured(np.ones((2, 4, 8, 1, 1)), quark, SPECTRUM, (quanta,))["eigenvalues"]
    assert (np.array(found["eigenvalues"]) < 1e-8).sum() == abs(quanta)
    assert found["index"] == quanta


def action_of(p, kind, tolerance=1e-13):
    """An action of quarks in a field, its pseudofermion drawn."""
    return quark_action(p, kind, tolerance, flux=FLUX[p.d])


GRADIENTS = [
    (SU2, "staggered"),
    (U1, "clover"),
    *(pytest.param(*case, marks=SLOW) for case in (
        (U1, "staggered"), (U1, "determinant"), (U1, "clover_determinant"), (SU2, "clover"), (SU2, "rational"),
        (SU2, "domain_wall"), (SU2, "r"), (SU2, "twisted"), (SU3, "staggered"), (SU3, "rational"), (SU3, "clover"),
        (SU3, "domain_wall"), (("SU(2)", (4, 4, 4, 4)), "hisq"),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("place", "kind"), GRADIENTS, ids=str)
def test_gradients(place, kind):
    p = Place(*place, spread=0.5)
    assert_gradient(action_of(p, kind), p.U)


def test_gauge_covariance():
    p = Place(*SU2)
    assert_gauge_invariant(p, action_of(p, "staggered"), 1e-11)


@SLOW
def test_energy_is_conserved_and_trajectories_turn_round():
    p = Place(*SU2, spread=0.4)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(2.0), action_of(p, "staggered")), p, 1.0)


@SLOW
@pytest.mark.parametrize("place", [SU2, SU3], ids=["SU(2)", "SU(3)"])
@pytest.mark.parametrize("use", [use_mixed_precision, use_short_links], ids=["mixed", "half"])
def test_solvers_in_lower_precision(use, place):
    p = Place(*place)
    action = action_of(p, "staggered", 1e-11)
    expected = action.value(p.U)
    use(action.operator.operator)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-10)


@SLOW
def test_clover_in_mixed_precision():
    p = Place(*SU2)
    action = action_of(p, "clover", 1e-11)
    expected = action.value(p.U)
    use_mixed_precision(action.operator)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-10)


PAIR = "[valence.down]\n{}magnetic_flux = [1, 0, -1]\n[observables.mesons]\nfermion = 'light'\nantiquark = 'down'\n"


@pytest.mark.parametrize("kind", ["staggered", pytest.param("wilson", marks=SLOW)])
def test_a_charged_meson(kind):
    """Re sum_x tr S_1(x; 0)^dag S_2(x; 0) by dense inverses in two fields, B_x = F_yz and B_z = F_xy."""
    shape = (2, 4, 2, 4)
    U, quark = samples.links(np.random.default_rng(9), shape, 2), f'kind = "{kind}"\nflavors = 2\nmass = 0.3\n'
    first = quark + "magnetic_flux = [0, 0, 2]\n"
    found = measured(U, first, PAIR.format(quark), None, "SU(2)")["mesons"]
    columns, signs, spins = [], (1, 1, 1, -1), 1 if kind == "staggered" else 4
    for flux in ((2, 0, 0, 0, 0, 0), (-1, 0, 0, 1, 0, 0)):
        links = U * uniform_links(shape, flux)
        if kind == "staggered":
            M = staggered.dense_hop(links, signs) + 0.3 * np.eye(128)
        else:
            M = wilson.matrix(links, 0.5 / 4.3, signs) * 4.3
        columns.append(np.linalg.inv(M)[:, : 2 * spins].reshape(*shape, -1))
    expected = (columns[0].conj() * columns[1]).sum(axis=(0, 1, 2, 4)).real
    name = "meson_pseudoscalar" if kind == "wilson" else "meson_pseudoscalar_5"
    np.testing.assert_allclose(found[name], expected, rtol=1e-6, atol=1e-9)


def test_charge_conjugation():
    """U -> U^* and the opposite field: the same condensate."""
    U = samples.links(np.random.default_rng(4), (2, 4, 2, 4), 2)
    quark, find = 'kind = "staggered"\nflavors = 4\nmass = 0.3\nmagnetic_flux = {}\n', "[observables.condensate]\n"
    plus, minus, none = (
        measured(links, quark.format(flux), find, None, "SU(2)")["condensate"]["condensate"]
        for links, flux in ((U, [0, 1, 2]), (U.conj(), [0, -1, -2]), (U, [0, 0, 0]))
    )
    assert plus == pytest.approx(minus, rel=1e-10)
    assert abs(plus - none) > 1e-3


@SLOW
@pytest.mark.parametrize("other", ["open", "adjoint"])
def test_open_time_and_links_of_a_representation(other):
    """Links that are 0 behind the end of time, and adjoint ones of three colours."""
    p = Place(*SU2, spread=0.5)
    if other == "open":
        p.lattice, z = Lattice(p.lattice.shape, open_time=True), p.lattice.to_user(p.U)
        z[3, ..., -1, :, :] = 0.0
        p.U = p.lattice.from_links(z)
    links = RepresentationLinks(p.lattice, p.group, "adjoint") if other == "adjoint" else None
    seen = links.forward(p.U)[0] if links else p.U
    n = 3 if links else 2
    op = StaggeredOperator(p.lattice, n, 0.4, p.antiperiodic(), flux=FLUX[4])
    op.set_links(seen)
    U = p.lattice.to_user(seen) * uniform_links(p.lattice.shape, FLUX[4])
    x = samples.complex_normal(p.rng, *p.lattice.shape, n, 1)
    expected = (staggered.dense_hop(U, p.antiperiodic()) @ x.reshape(-1)).reshape(x.shape) + 0.4 * x
    np.testing.assert_allclose(dense(op, x), expected, rtol=0, atol=1e-13)
    action = StaggeredAction(op, PseudofermionField(op.vector(), 0), PARITIES[4], SolverSettings(1e-13, 1e-13))
    action = Composed(action, links) if links else action
    action.draw(p.U, Stream(3, 4))
    assert_gradient(action, p.U)


def test_a_density_has_no_field():
    lattice = Lattice((2, 4, 2, 4))
    with pytest.raises(InputError, match="det M is complex"):
        WilsonOperator(lattice, 2, 0.13, (1, 1, 1, -1), mu=0.2, flux=(1, 0, 0, 0, 0, 0))
