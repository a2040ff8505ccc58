"""The coupling of the Schroedinger functional: at tree level, as a derivative of the action, and the flow."""

from math import pi

import numpy as np
import pytest
from derivative import fourth_order
from reference import samples
from reference import schroedinger as reference
from reference.matrices import exponential

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config import load_text, observable
from lqcdnn.config.tables.schroedinger import bare_coupling, ct_of, standard_fields
from lqcdnn.errors import InputError
from lqcdnn.fields.gauge import cold
from lqcdnn.fields.group import Group
from lqcdnn.fields.opentime import from_user
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.boundaryfields import BoundaryFields, boundary_fields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.schroedinger import tree_level
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.flow import velocity

BETA = 2.3
CASES = [(1, (4, 8)), (2, (4, 4, 4)), (3, (4, 2, 2, 4))]


def fields(n, eta=0.0, nu=0.0):
    """Boundary fields of the running coupling at some distance from the usual eta, and for some nu."""
    none = (0.0,) * n
    if n > 1:
        return BoundaryFields(*standard_fields(f"SU({n})", eta + (pi / 4 if n == 2 else 0.0), nu))
    lower, upper, *slopes = reference.ANGLES[1]
    moved = [(a[0] + eta * s[0],) for a, s in zip((lower, upper), slopes, strict=True)]
    return BoundaryFields(*moved, *slopes, none, none)


def measure(lattice, U, n, ct=1.0, **options):
    chosen = {"schroedinger": observable("schroedinger", {"beta": BETA, "ct": ct, **options}, lattice.d)}
    return Measurements(lattice, Group(n), chosen).measure(U, Stream(1, 1))["schroedinger"]


@pytest.mark.parametrize("n", [2, 3])
def test_angles_of_the_running_coupling(n):
    found = standard_fields(f"SU({n})", None, None)
    assert np.abs(np.array(found[:4]) - np.array(reference.ANGLES[n])).max() < 1e-15
    for eta, nu in ((0.3, 0.0), (-0.2, 0.4)) if n == 3 else ((0.3, 0.0),):
        for k in (0, 1):  # slopes are derivatives, mixed ones those of these
            by_eta = fourth_order(lambda h, k=k, e=eta, m=nu: np.array(standard_fields(f"SU({n})", e + h, m)[k]))
            assert np.abs(by_eta - standard_fields(f"SU({n})", eta, nu)[2 + k]).max() < 1e-10
            by_nu = fourth_order(lambda h, k=k, e=eta, m=nu: np.array(standard_fields(f"SU({n})", e, m + h)[2 + k]))
            assert n == 2 or np.abs(by_nu - standard_fields(f"SU({n})", eta, nu)[4 + k]).max() < 1e-10
            assert abs(sum(standard_fields(f"SU({n})", eta, nu)[k])) < 1e-15


@pytest.mark.parametrize("L", [4, 6])
def test_normalisation_of_the_papers(L):
    gamma = pi / 3 / L**2
    su3 = 12 * L**2 * (np.sin(2 * gamma) + np.sin(gamma))
    assert tree_level(Lattice((L, L, L, L + 1), fixed=fields(3))) == pytest.approx(su3, rel=1e-14)
    su2 = -24 * L**2 * np.sin(pi / 2 / L**2)
    assert tree_level(Lattice((L, L, L, L + 1), fixed=fields(2))) == pytest.approx(su2, rel=1e-14)


@pytest.mark.parametrize(
    ("n", "shape"), [*CASES, (3, (4, 4, 4, 5)), (2, (2, 3, 4, 7)), pytest.param(3, (4, 8), marks=pytest.mark.slow)]
)
def test_the_classical_field_has_the_bare_coupling(n, shape):
    lattice = Lattice(shape, fixed=fields(n, 0.1))
    found = measure(lattice, cold(lattice, Group(n)), n)
    g2 = 1.0 / BETA if n == 1 else 2.0 * n / BETA
    assert 1.0 / found["schroedinger_inverse_coupling"] == pytest.approx(g2, rel=1e-12)
    assert bare_coupling(BETA, n) == g2


@pytest.mark.parametrize(("n", "shape"), CASES)
def test_it_is_the_derivative_of_the_action_by_eta(n, shape):
    z = samples.links(np.random.default_rng(3), shape, n)

    def lattice(eta, nu=0.0):
        return Lattice(shape, fixed=fields(n, eta, nu))

    def action(eta):
        where = lattice(eta)
        return GaugeAction(where, n, BETA, ct=0.8).value(from_user(where, z))

    found = measure(lattice(0.2), from_user(lattice(0.2), z), n, 0.8)
    assert found["schroedinger_derivative"] == pytest.approx(fourth_order(lambda t: action(0.2 + t)), rel=1e-8)
    assert (found["schroedinger_vbar"] is None) == (n != 3)
    if n == 3:  # at eta = 0 nothing else depends on nu: 1/g^2 - nu v
        U = from_user(lattice(0.0), z)
        plain, moved = measure(lattice(0.0), U, n, 0.8), measure(lattice(0.0, 0.3), U, n, 0.8)
        k = tree_level(lattice(0.0))
        change = (moved["schroedinger_derivative"] - plain["schroedinger_derivative"]) / k
        assert change == pytest.approx(-0.3 * plain["schroedinger_vbar"], rel=1e-10)
        assert abs(change) > 1e-4


def test_where_eta_is_not_0_the_coupling_is_not_linear_in_nu():
    """The angles themselves depend on nu there, and with them more than one term of dS/deta."""
    text = '[lattice]\nshape = [2, 2, 2, 4]\ngroup = "SU(3)"\ntime = "schroedinger"\n'
    text += '[lattice.schroedinger]\nfields = "A"\n'
    rest = '[run]\nname = "x"\ntrajectories = 1\n[action.gauge]\nbeta = 6.0\n'
    for line, mixes in (("nu = 0.3", True), ("eta = 0.1\nnu = 0.3", False)):
        found = boundary_fields(load_text(f"{text}{line}\n{rest}").lattice)
        assert found is not None
        assert found.varies
        assert found.mixes is mixes
        where = Lattice((2, 2, 2, 4), fixed=found)
        assert (measure(where, cold(where, Group(3)), 3)["schroedinger_vbar"] is None) is not mixes


def test_improvement_of_perturbation_theory():
    assert ct_of(None, "SU(4)", 3.0, 4) == ct_of("tree", "SU(2)", 3.0, 2) == 1.0
    assert ct_of(0.7, "SU(4)", 3.0, 4) == 0.7
    assert ct_of("one_loop", "SU(2)", 4.0, 2) == pytest.approx(1.0 - 0.0543)
    assert ct_of("two_loop", "SU(3)", 12.0, 3) == pytest.approx(1.0 - 0.089 / 2 - 0.0294 / 4)
    assert measure_ratio("one_loop", 1.0 - 0.0543 * 4.0 / BETA) == pytest.approx(1.0, rel=1e-14)


def measure_ratio(name, number):
    lattice = Lattice((4, 4, 4), fixed=fields(2))
    U = from_user(lattice, samples.links(np.random.default_rng(3), (4, 4, 4), 2))
    a, b = (measure(lattice, U, 2, ct)["schroedinger_derivative"] for ct in (name, number))
    return a / b


@pytest.mark.parametrize(("n", "shape"), CASES)
def test_the_flow_leaves_fixed_links_as_they_are(n, shape):
    z = exponential(0.4 * samples.algebra(np.random.default_rng(4), shape, n))
    z = reference.fixed(z, *reference.ANGLES[n][:2])
    lattice = Lattice(shape, fixed=fields(n))
    found = lattice.to_user(velocity(lattice, "wilson").exponents(from_user(lattice, z)))
    assert np.abs(found - reference.velocity(z)).max() < 1e-13
    options = {"flow": {"time": 0.02, "interval": 0.02, "step": 0.01, "slices": True}, "energy": {"slices": True}}
    chosen = {name: observable(name, given, lattice.d) for name, given in options.items()}
    records = Measurements(lattice, Group(n), chosen).measure(from_user(lattice, z), Stream(1, 1))
    expected = reference.plaquette_slices(z)
    assert records["energy"]["energy_plaquette_slices"] == pytest.approx(expected.tolist(), rel=1e-11)
    assert records["energy"]["energy_plaquette"] == pytest.approx(expected.mean(), rel=1e-11)
    assert len(records["energy"]["energy_clover_slices"]) == shape[-1] - 2
    coarse, fine = (reference.plaquette_slices(reference.euler(z, 0.02 / count, count)) for count in (20, 40))
    flowed = records["flow"]["flow_t2E_plaquette_slices"][1]
    assert flowed == pytest.approx((0.02**2 * (2.0 * fine - coarse)).tolist(), rel=1e-4)


def test_energy_of_the_classical_field():
    """E = (1/2) sum F^2: F_kt is 2 sin of the angles of all plaquettes for the clover, between the walls everywhere."""
    lattice, n, shape = Lattice((4, 4, 4, 6), fixed=fields(3)), 3, (4, 4, 4, 6)
    options = {"energy": {"slices": True}, "topological_charge": {}}
    chosen = {name: observable(name, given, 4) for name, given in options.items()}
    found = Measurements(lattice, Group(n), chosen).measure(cold(lattice, Group(n)), Stream(1, 1))
    lower, upper = reference.ANGLES[3][:2]
    F = np.sin((np.array(upper) - np.array(lower)) / (shape[0] * (shape[-1] - 1)))
    expected = 3 * (F**2).sum() - F.sum() ** 2  # of three planes; without its trace
    assert found["energy"]["energy_clover_slices"] == pytest.approx([expected] * 4, rel=1e-12)
    assert abs(found["topological_charge"]["topological_charge"]) < 1e-15


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("polyakov_correlator", {}, "observables.polyakov_correlator"),
        ("histogram", {}, 'lattice.time = "schroedinger"'),
        ("wilson_loop", {"smearing": "ape"}, "observables.wilson_loop.smearing"),
        ("flow", {"kind": "zeuthen"}, "observables.flow.kind"),
        ("condensate", {"mass": 0.1}, "observables.condensate"),
    ],
)
def test_refused(name, options, message):
    lattice = Lattice((4, 4, 4, 4), fixed=fields(3))
    with pytest.raises(InputError, match=message):
        Measurements(lattice, Group(3), {name: observable(name, options, 4)})


def test_a_coupling_needs_fields_that_depend_on_eta():
    chosen = {"schroedinger": observable("schroedinger", {"beta": 2.0}, 4)}
    none = (0.0,) * 3
    for lattice, message in (
        (Lattice((4, 4, 4, 4)), "without fixed links"),
        (Lattice((4, 4, 4, 4), fixed=BoundaryFields(*(none,) * 6)), "do not depend on eta"),
    ):
        with pytest.raises(InputError, match=message):
            Measurements(lattice, Group(3), chosen)
