"""Staggered fermions of fat and long links against dense matrices made path by path, and what any action has to do."""

import numpy as np
import pytest
from builders import PARITIES, Place, hamiltonian, one_level, transformation
from derivative import assert_gradient
from rational_builders import UNIT, fields_of
from reference import fatlinks as reference
from reference import staggered

from lqcdnn.actions.pseudofermion import PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.actions.rational import RationalAction, approximations
from lqcdnn.actions.staggered_ratio import StaggeredRatioAction
from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import ValenceConfig
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac.choice import staggered_operator
from lqcdnn.dirac.fatlinks import FatLinks, SmearingStaggeredOperator
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.several import solve_together
from lqcdnn.dirac.shifted import ShiftedStaggered
from lqcdnn.dirac.staggered import EVEN, ODD, StaggeredOperator
from lqcdnn.errors import InputError
from lqcdnn.fields import gauge
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements
from lqcdnn.update.hmc import HMC, State

MASS, EPSILON, U0 = 0.3, -0.2, 0.9
PLACES = [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (4, 4, 4, 4))]
KEYS = {"hisq": (EPSILON, None), "asqtad": (None, U0), "naik": (None, None)}
FAST = [PLACES[0], pytest.param(PLACES[1], marks=pytest.mark.slow), PLACES[2]]
every_place = pytest.mark.parametrize("place", FAST, ids=str)


def improved(p, kind="hisq"):
    return improvement_of(kind, p.d, *KEYS[kind])


def operator(p, kind="hisq", mass=MASS, lattice=None):
    return StaggeredOperator(lattice or p.lattice, p.n, mass, p.antiperiodic(), improved(p, kind))


def action(p, kind="hisq", flavors=4, mass=MASS, tolerance=1e-13):
    """Fat links and the pseudofermion, drawn at the links of p."""
    op = operator(p, kind, mass)
    settings = SolverSettings(tolerance, tolerance)
    bare = StaggeredAction(op, PseudofermionField(op.vector(), 0), PARITIES[flavors], settings)
    return p.composed(bare, FatLinks(p.lattice, improved(p, kind)))


def dense(p, kind="hisq", U=None):
    U = p.lattice.to_user(p.U) if U is None else U
    links = {"hisq": lambda: reference.hisq(U, EPSILON), "asqtad": lambda: reference.asqtad(U, U0),
             "naik": lambda: reference.naik(U)}[kind]()  # fmt: skip
    return reference.dense_hop(*links, p.antiperiodic())


def flat(p, psi):
    return p.lattice.to_user(psi).reshape(-1)


@every_place
def test_operator_and_its_solves(place):
    """Hops and even-odd solves against the dense matrix."""
    p = Place(*place, spread=0.7)
    op = SmearingStaggeredOperator(p.lattice, p.n, MASS, p.antiperiodic(), improved(p))
    op.set_links(p.U)
    D, psi, out = dense(p), gaussian_vector(p.lattice, p.n, Stream(1, 2), 0), op.vector()
    op.hop(out, psi)
    np.testing.assert_allclose(flat(p, out), D @ flat(p, psi), rtol=0, atol=1e-12)
    assert np.linalg.norm(D, 2) <= op.norm
    expected = np.linalg.solve(MASS**2 * np.eye(len(D)) - D @ D, flat(p, psi))
    for parity in (EVEN, ODD):
        op.solve(out, psi, parity, 1e-12, 1000)
    np.testing.assert_allclose(flat(p, out), expected, rtol=0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES[::2], ids=lambda p: p[0])
def test_other_solves(place):
    """Several right-hand sides at once have the bits of each alone; mixed precision comes to the same solution."""
    p = Place(*place, spread=0.7)
    op = SmearingStaggeredOperator(p.lattice, p.n, MASS, p.antiperiodic(), improved(p))
    op.set_links(p.U)
    psi, out, other = gaussian_vector(p.lattice, p.n, Stream(1, 2), 0), op.vector(), op.vector()
    for parity in (EVEN, ODD):
        op.solve(out, psi, parity, 1e-12, 1000)
    for x in solve_together(op, [psi, psi], 1e-12, 1000):
        np.testing.assert_array_equal(x["c"], out["c"])
    use_mixed_precision(op)
    for parity in (EVEN, ODD):
        op.solve(other, psi, parity, 1e-12, 1000)
    assert np.abs(other["c"] - out["c"]).max() > 0.0
    np.testing.assert_allclose(other["c"], out["c"], rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        *((PLACES[0], kind) for kind in KEYS),  # unit/dirac/test_fatlinks.py has SU(3) in four dimensions
        *(pytest.param(place, "hisq", marks=pytest.mark.slow) for place in PLACES[1:]),
        pytest.param(PLACES[2], "asqtad", marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_gradient(place, kind):
    p = Place(*place, spread=0.5)
    assert_gradient(action(p, kind), p.U)


def test_gradient_on_all_sites_and_through_a_network():
    p = Place("U(1)", (4, 8), spread=0.5)
    assert_gradient(action(p, flavors=8), p.U)
    assert_gradient(p.composed(action(p), p.network(1, ("plaquette",))), p.U)


def test_value():
    p = Place("U(1)", (4, 8))
    one, D = action(p), dense(p)
    phi = flat(p, one.action.field.phi)
    expected = np.vdot(phi, np.linalg.solve(MASS**2 * np.eye(len(D)) - D @ D, phi)).real
    assert one.value(p.U) == pytest.approx(expected, rel=1e-11)
    _, transform = transformation(p)
    G = transformation(p)[0]
    turned = p.lattice.from_user(G.reshape(*p.lattice.shape, 1, 1) * p.lattice.to_user(one.action.field.phi))
    one.action.field.phi["c"] = turned["c"]
    assert one.value(transform(p.U)) == pytest.approx(expected, rel=1e-11)


def rational(p, flavors, fields=1):
    system = ShiftedStaggered(operator(p))
    powers = approximations(flavors / (UNIT[p.d] * fields), system.bounds, 1e-14, 1e-14)
    bare = RationalAction(system, fields_of(system, fields), powers, SolverSettings(1e-13, 1e-13))
    return p.composed(bare, FatLinks(p.lattice, improved(p)))


@pytest.mark.parametrize("place", [PLACES[0], pytest.param(PLACES[1], marks=pytest.mark.slow)], ids=lambda p: p[0])
def test_rational_action(place):
    """phi^dag A^-p phi with the dense matrix, on bounds that no links leave; two fields."""
    p = Place(*place, spread=0.5)
    one, D = rational(p, 3, 2), dense(p)
    lam, v = np.linalg.eigh(MASS**2 * np.eye(len(D)) - D @ D)
    assert lam.max() <= one.action.powers.bounds[1]
    expected = sum(
        (lam ** -(3 / 2 / UNIT[p.d]) * abs(v.conj().T @ flat(p, field.phi)) ** 2).sum() for field in one.action.fields
    )
    assert one.value(p.U) == pytest.approx(expected, rel=1e-10)
    assert_gradient(one, p.U)


def test_ratio():
    """Mass preconditioning: phi^dag (A_M / A_m) phi."""
    p, heavy = Place("U(1)", (4, 8), spread=0.5), 0.8
    light = operator(p)
    bare = StaggeredRatioAction(light, operator(p, mass=heavy), PseudofermionField(light.vector(), 0), (EVEN,),
                                SolverSettings(1e-13, 1e-13))  # fmt: skip
    one, D = p.composed(bare, FatLinks(p.lattice, improved(p))), dense(p)
    A, B = (m**2 * np.eye(len(D)) - D @ D for m in (MASS, heavy))
    phi = flat(p, bare.field.phi)
    assert one.value(p.U) == pytest.approx(np.vdot(phi, np.linalg.solve(A, B @ phi)).real, rel=1e-10)
    assert_gradient(one, p.U)


def trajectory(p, steps, number):
    H = hamiltonian(p, p.gauge(2.0 * p.n), action(p))
    H.draw(p.U, Stream(4, number))
    return HMC(H, one_level("leapfrog", steps, 0.5, "gauge", "fermion.1")), gaussian_momenta(
        p.lattice, p.group, Stream(4, number)
    )


@pytest.mark.parametrize("place", FAST[:2], ids=str)
def test_reversibility_and_order_of_the_energy_violation(place):
    violations = []
    for steps in (16, 32):
        p = Place(*place, spread=0.4)
        hmc, P = trajectory(p, steps, 1)
        links, before = p.U["c"].copy(), sum(hmc.energies(p.U, P).values())
        U = hmc.integrate(p.U, P)
        violations.append(sum(hmc.energies(U, P).values()) - before)
        P["c"] *= -1.0
        np.testing.assert_allclose(hmc.integrate(U, P)["c"], links, rtol=0, atol=1e-11)
    assert np.log2(violations[0] / violations[1]) == pytest.approx(2.0, abs=0.25)


def test_mean_of_exp_minus_dh_is_one():
    count, p = 200, Place("U(1)", (4, 8), spread=0.2)
    H = hamiltonian(p, p.gauge(5.0), action(p, mass=0.5, tolerance=1e-10))
    hmc, state, dH = HMC(H, one_level("leapfrog", 6, 1.0, "gauge", "fermion.1")), State(p.U, 0, 77), []
    for _ in range(count):
        state, info = hmc.step(state)
        dH.append(info.dH)
    weights = np.exp(-np.array(dH))
    assert 0.1 < np.std(dH) < 1.5
    assert abs(weights.mean() - 1.0) < 4.0 * weights.std() / np.sqrt(count)


@pytest.mark.slow
def test_exactness():
    """Two flavours of HISQ in two dimensions against quenched links weighted with the determinant."""
    beta, count, mass = 1.0, 6000, 0.3
    p = Place("U(1)", (4, 4), spread=0.5)
    one = p.gauge(1.0)  # the sum over plaquettes of 1 - cos

    def plaquette(U):
        return 1.0 - one.value(U) / p.lattice.volume

    H = hamiltonian(p, p.gauge(beta), action(p, mass=mass, tolerance=1e-10))
    hmc, state, found = HMC(H, one_level("omelyan", 5, 1.0, "gauge", "fermion.1")), State(p.U, 0, 78), []
    for _ in range(count):
        state, _info = hmc.step(state)
        found.append(plaquette(state.U))
    H = hamiltonian(p, p.gauge(beta))
    quenched, state, plaquettes, logs = HMC(H, one_level("omelyan", 5, 1.0, "gauge")), State(p.U, 0, 79), [], []
    even = staggered.parity(p.lattice.shape) == 0
    for _ in range(count):
        state, _info = quenched.step(state)
        D = dense(p, U=p.lattice.to_user(state.U))
        plaquettes.append(plaquette(state.U))
        logs.append(np.linalg.slogdet(mass**2 * np.eye(even.sum()) - (D @ D)[np.ix_(even, even)])[1])
    w, x = np.exp(np.array(logs) - max(logs)), np.array(plaquettes)
    expected = (w * x).sum() / w.sum()

    def error(values):
        blocks = np.array_split(values, 40)
        return np.std([block.mean() for block in blocks]) / 40**0.5

    spread = np.hypot(error(np.array(found)), error(w * (x - expected)) / w.mean())
    assert abs(np.mean(found) - expected) < 4.0 * spread
    assert abs(x.mean() - expected) > 5.0 * spread
    assert spread < 0.01


def free(shape, mass, epsilon):
    """(D + m)^-1 of a point source on unit links, antiperiodic in time, by Fourier transform; no colours."""
    d = len(shape)
    p = np.meshgrid(*(2 * np.pi * (np.arange(L) + (mu == d - 1) / 2) / L for mu, L in enumerate(shape)), indexing="ij")
    s = [np.sin(q) * (1 + (1 + epsilon) / 6 * np.sin(q) ** 2) for q in p]
    x = np.indices(shape)
    return np.fft.ifftn(1.0 / (mass**2 + sum(q**2 for q in s))) * np.exp(1j * np.pi * x[-1] / shape[-1])


def test_free_quarks():
    """1 / (m^2 - D^2) on unit links is that of sin p (1 + (1 + epsilon) sin^2 p / 6)."""
    p, epsilon = Place("U(1)", (4, 8)), 0.4
    op = SmearingStaggeredOperator(p.lattice, 1, MASS, p.antiperiodic(), improvement_of("hisq", 2, epsilon))
    op.set_links(gauge.cold(p.lattice, p.group))
    b, x = op.vector(), op.vector()
    b["c"][0, 0, 0, 0, 0] = 1.0
    op.solve(x, b, EVEN, 1e-13, 1000)
    expected = free(p.lattice.shape, MASS, epsilon)
    np.testing.assert_allclose(p.lattice.to_user(x)[..., 0, 0], expected, rtol=0, atol=1e-12)


def quark(**keys):
    given = {"kind": "staggered", "flavors": 1, "mass": MASS, "boundary": (1, -1), "solver": "cg"}
    return ValenceConfig(**given | keys)


def test_observables():
    """Condensate, pion, mesons and eigenvalues with the operator of the table, against the dense matrix."""
    p = Place("U(1)", (4, 8), spread=0.6)
    D, fermion = dense(p), quark(improvement="hisq", naik_epsilon=EPSILON)
    names = ("condensate", "pion", "mesons", "eigenvalues", "spectral_density")
    options = {name: {"mass": MASS, "fermion": "light"} for name in names}
    options["condensate"]["method"] = "exact"
    options["spectral_density"] |= {"method": "exact", "bins": 4}
    tables = {name: observable(name, options[name], 2, {"light": fermion}) for name in names}
    what = Measurements(p.lattice, p.group, tables, valence={"light": fermion})
    found = what.measure(p.U, Stream(1, 1))
    S = np.linalg.inv(D + MASS * np.eye(len(D)))
    assert found["condensate"]["condensate"] == pytest.approx(S.trace().real / 32 / 2, rel=1e-11)
    C = (abs(S[:, 0]) ** 2).reshape(4, 8).sum(axis=0)
    np.testing.assert_allclose(found["pion"]["pion"], C, rtol=1e-8)
    np.testing.assert_allclose(found["mesons"]["meson_pseudoscalar_5"], C, rtol=1e-8)
    lam = np.sort(np.linalg.eigvals(D).imag)
    lowest = lam[lam > 0][: len(found["eigenvalues"]["eigenvalues"])]
    np.testing.assert_allclose(found["eigenvalues"]["eigenvalues"], lowest, rtol=1e-6)
    edge = found["spectral_density"]["spectral_edges"][-1]
    assert edge >= lam.max()
    assert found["spectral_density"]["mode_number"][-1] == len(D)


def test_small_extents_are_refused():
    p = Place("U(1)", (2, 8))
    with pytest.raises(InputError, match="extents of at least 4, not"):
        operator(p)
    with pytest.raises(InputError, match="even extents"):
        operator(p, lattice=Lattice((5, 8)))


def test_operator_of_a_table():
    p = Place("U(1)", (4, 8))
    thin = staggered_operator(quark(improvement="none"), MASS, (1, -1), p.lattice, 1)
    assert type(thin) is StaggeredOperator
    assert thin.improvement is None
    made = staggered_operator(quark(improvement="naik"), MASS, (1, -1), p.lattice, 1, made_fat=True)
    assert type(made) is StaggeredOperator
    assert made.improvement == improvement_of("naik", 2)
    measured = staggered_operator(quark(improvement="naik"), MASS, (1, -1), p.lattice, 1)
    assert isinstance(measured, SmearingStaggeredOperator)
