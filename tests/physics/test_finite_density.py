"""SU(2) quarks at real chemical potential, with a source of diquarks, against dense matrices and free quarks."""

import numpy as np
import pytest
from builders import PARITIES, Place, assert_energy_is_conserved, assert_gauge_invariant, hamiltonian
from derivative import assert_gradient, fourth_order
from input_head import head
from reference import density, samples, staggered, wilson

from lqcdnn.actions.base import gradient
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.actions.ratio import RatioAction
from lqcdnn.actions.rational import RationalAction, approximations
from lqcdnn.config import load_text
from lqcdnn.config.rules.density import spectrum_at_density
from lqcdnn.dirac.mixed import use_mixed_precision
from lqcdnn.dirac.mixedshift import use_mixed_precision as use_mixed_shifts
from lqcdnn.dirac.shifted import ShiftedDensity, ShiftedWilson
from lqcdnn.dirac.staggered_density import SECOND_FIELD, StaggeredDensity
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.random import PSEUDOFERMION, Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.jobs.build import build
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import measurements

PLACE = ("SU(2)", (2, 4, 2, 4))
MASS, MU, SOURCE, KAPPA = 0.4, 0.35, 0.2, 0.13
SIGNS = (1, 1, 1, -1)
WILSON = {"wilson": (0.0, 1.0), "clover": (1.2, 1.0), "r": (1.2, 0.7)}
"""c_SW and r."""


def dense(p, kind, mu=MU, mass=MASS):
    """M as a matrix, in lattice order."""
    U = p.lattice.to_user(p.U)
    if kind == "staggered":
        D = staggered.dense_hop(U, SIGNS)
        return density.weighed(D, p.lattice.shape, mu) + mass * np.eye(len(D))
    return density.weighed(wilson.matrix(U, KAPPA, SIGNS, *WILSON[kind]), p.lattice.shape, mu)


def operator(p, kind, mu=MU, source=SOURCE):
    if kind == "staggered":
        op = StaggeredDensity(p.lattice, 2, MASS, mu, source, SIGNS)
    else:
        op = WilsonOperator(p.lattice, 2, KAPPA, SIGNS, *WILSON[kind], None, mu)
    op.set_links(p.U)
    return op


def random_vector(p, spins):
    return samples.complex_normal(p.rng, *p.lattice.shape, 2, spins)


def order(p, psi):
    """A vector in the order of dense matrices of :mod:`reference`."""
    return p.lattice.to_user(psi).reshape(-1)


KINDS = ["staggered", "wilson", "clover", pytest.param("r", marks=pytest.mark.slow)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dagger", [False, True])
def test_operators_against_dense_matrices(kind, dagger):
    p = Place(*PLACE)
    op, M = operator(p, kind), dense(p, kind)
    x, out = random_vector(p, 1 if kind == "staggered" else 4), op.vector()
    op.apply(out, p.lattice.from_user(x), dagger)
    expected = (M.conj().T if dagger else M) @ x.reshape(-1)
    np.testing.assert_allclose(order(p, out), expected, rtol=0, atol=1e-12)
    if kind == "staggered":
        return
    even = wilson.even_mask(p.lattice.shape, 2)
    Mhat, _odd = wilson.schur(M, even)
    op.apply_even(out, p.lattice.from_user(x), dagger)
    expected = (Mhat.conj().T if dagger else Mhat) @ x.reshape(-1)[even]
    np.testing.assert_allclose(order(p, out)[even], expected, rtol=0, atol=1e-12)


def test_determinants_are_real_and_those_of_staggered_fields_positive():
    """Of each staggered field, also where m is in the midst of the eigenvalues; of Wilson quarks the square is."""
    negative = False
    for seed in range(6):
        p = Place(*PLACE, seed=seed)
        values = np.linalg.eigvals(dense(p, "staggered", mu=0.9, mass=0.0))
        real = values[abs(values.imag) < 1e-8].real
        assert len(real) % 2 == 0
        for mass in (0.02, 0.4):
            sign, _log = np.linalg.slogdet(dense(p, "staggered", mu=0.9, mass=mass))
            assert sign == pytest.approx(1.0, abs=1e-8)
        M = density.weighed(wilson.matrix(p.lattice.to_user(p.U), 0.25, SIGNS), p.lattice.shape, 0.9)
        sign, _log = np.linalg.slogdet(M)
        assert abs(sign.imag) < 1e-8
        negative |= sign.real < 0.0
    assert negative  # one flavour of Wilson quarks has no weight


@pytest.mark.parametrize("mu", [0.0, 1.1])
def test_no_eigenvalue_is_outside_the_spectrum_that_is_recommended(mu):
    known = spectrum_at_density({"mass": MASS, "chemical_potential": mu, "diquark_source": SOURCE}, 4)
    lower, upper = map(float, known[1 : known.index("]")].split(","))
    for spread in (0.0, None):
        M = dense(Place(*PLACE, spread=spread), "staggered", mu)
        values = np.linalg.eigvalsh(M.conj().T @ M + SOURCE**2 * np.eye(len(M)))
        assert lower <= values[0] * (1.0 + 1e-12)
        assert 0.05 * upper < values[-1] < upper


def test_other_groups_are_refused():
    with pytest.raises(InputError, match=r"SU\(2\), whose quarks have a real determinant"):
        StaggeredDensity(Lattice((4, 4, 4)), 3, 0.1, 0.3, 0.0, (1, 1, -1))
    with pytest.raises(InputError, match=r"SU\(2\), whose quarks have a real determinant"):
        WilsonOperator(Lattice((4, 4)), 1, 0.1, (1, -1), mu=0.3)
    with pytest.raises(InputError, match="even extents"):
        StaggeredDensity(Lattice((3, 4, 4)), 2, 0.1, 0.3, 0.0, (1, 1, -1))


def action_of(p, kind, tolerance=1e-13, source=SOURCE, draw=True):
    settings = SolverSettings(tolerance, tolerance)
    op = operator(p, "clover" if kind in ("ratio", "rational_clover") else kind.removeprefix("rational_"), MU, source)
    field = PseudofermionField(op.vector(), 0)
    if kind.startswith("rational"):
        shifted = ShiftedDensity(op) if kind.endswith("staggered") else ShiftedWilson(op)
        bounds = (source**2 or 0.01, 30.0) if kind.endswith("staggered") else (0.004, 30.0)
        action = RationalAction(shifted, [field], approximations(0.5, bounds, 1e-13, 1e-13), settings)
    elif kind == "ratio":
        heavy = WilsonOperator(p.lattice, 2, 0.1, SIGNS, *WILSON["clover"], None, MU)
        action = RatioAction(op, heavy, field, settings)
    else:
        action = PseudofermionAction(op, field, settings)
    if draw:
        action.draw(p.U, Stream(3, 4))
    return action


@pytest.mark.parametrize("kind", [
    "staggered", "rational_staggered", "clover", "ratio",
    *(pytest.param(k, marks=pytest.mark.slow) for k in ("wilson", "r", "rational_clover")),
])  # fmt: skip
def test_gradients(kind):
    p = Place(*PLACE, spread=0.5)
    assert_gradient(action_of(p, kind), p.U)


def test_gradients_through_a_network():
    p = Place(*PLACE, spread=0.3)
    composed = p.composed(action_of(p, "staggered"), p.network(1))
    assert_gradient(composed, p.U)


def test_heat_bath_and_value_are_those_of_the_dense_matrix():
    """phi = M^dag r + j s has the covariance M^dag M + j^2."""
    p = Place(*PLACE)
    action, M = action_of(p, "staggered"), dense(p, "staggered")
    r, s = (order(p, gaussian_vector(p.lattice, 2, Stream(3, 4), PSEUDOFERMION + more)) for more in (0, SECOND_FIELD))
    phi = order(p, action.field.phi)
    np.testing.assert_allclose(phi, M.conj().T @ r + SOURCE * s, rtol=0, atol=1e-12)
    A = M.conj().T @ M + SOURCE**2 * np.eye(len(M))
    assert action.value(p.U) == pytest.approx(np.vdot(phi, np.linalg.solve(A, phi)).real, rel=1e-11)


def test_the_heat_bath_knows_the_action_without_a_source():
    p = Place(*PLACE)
    action = action_of(p, "staggered", source=0.0, draw=False)
    known = action.draw(p.U, Stream(3, 4))
    assert known == pytest.approx(action.value(p.U), rel=1e-11)
    assert action_of(p, "staggered", draw=False).draw(p.U, Stream(3, 4)) is None


def test_powers_of_the_dense_matrix():
    p = Place(*PLACE)
    action, M = action_of(p, "rational_staggered", draw=False), dense(p, "staggered")
    values, vectors = np.linalg.eigh(M.conj().T @ M + SOURCE**2 * np.eye(len(M)))
    known = action.draw(p.U, Stream(3, 4))
    r = order(p, gaussian_vector(p.lattice, 2, Stream(3, 4), PSEUDOFERMION))
    phi = order(p, action.fields[0].phi)
    np.testing.assert_allclose(phi, (vectors * values**0.25) @ vectors.conj().T @ r, rtol=0, atol=1e-11)
    assert known == pytest.approx(np.vdot(r, r).real, rel=1e-12)
    assert action.value(p.U) == pytest.approx(known, rel=1e-11)


@pytest.mark.slow
def test_the_mean_of_the_action_after_the_heat_bath():
    p, draws = Place(*PLACE), 200
    for kind in ("staggered", "rational_staggered"):
        action, values = action_of(p, kind, 1e-10), []
        for t in range(draws):
            action.draw(p.U, Stream(9, t))
            values.append(action.value(p.U))
        size = 2 * p.lattice.volume
        assert abs(np.mean(values) - size) < 5.0 * np.sqrt(size / draws)
        assert np.std(values) == pytest.approx(np.sqrt(size), rel=5.0 / np.sqrt(2 * draws))


def test_without_density_it_is_the_action_of_eight_flavours():
    """The same pseudofermion, value and force; and an input with zeros builds what one without them does."""
    p = Place(*PLACE)
    plain = StaggeredAction(p.operator(MASS), PseudofermionField(p.operator().vector(), 0), PARITIES[8],
                            SolverSettings(1e-13, 1e-13))  # fmt: skip
    op = StaggeredDensity(p.lattice, 2, MASS, 0.0, 0.0, SIGNS)
    action = PseudofermionAction(op, PseudofermionField(op.vector(), 0), SolverSettings(1e-13, 1e-13))
    assert action.draw(p.U, Stream(3, 4)) == plain.draw(p.U, Stream(3, 4))
    np.testing.assert_allclose(action.field.phi["c"], plain.field.phi["c"], rtol=0, atol=1e-14)
    assert action.value(p.U) == pytest.approx(plain.value(p.U), rel=1e-12)
    np.testing.assert_allclose(gradient(action, p.U)["c"], gradient(plain, p.U)["c"], rtol=0, atol=1e-11)
    (term,) = build(load_text(text("staggered", 8, "chemical_potential = 0\ndiquark_source = 0\n"))).exact.terms[1:]
    assert type(term) is StaggeredAction


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["staggered", "rational_staggered", "clover"])
def test_mixed_precision(kind):
    p = Place(*PLACE)
    action = action_of(p, kind, 1e-11)
    expected = action.value(p.U)
    if kind.startswith("rational"):
        use_mixed_shifts(action.operator)
    else:
        use_mixed_precision(action.operator)
    assert action.value(p.U) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", ["staggered", "clover"])
def test_gauge_covariance(kind):
    p = Place(*PLACE)
    assert_gauge_invariant(p, action_of(p, kind), 1e-11)


@pytest.mark.parametrize("kind", ["staggered", pytest.param("rational_staggered", marks=pytest.mark.slow),
                                  pytest.param("ratio", marks=pytest.mark.slow)])  # fmt: skip
def test_energy_is_conserved_and_trajectories_turn_round(kind):
    p = Place(*PLACE, spread=0.4)
    assert_energy_is_conserved(hamiltonian(p, p.gauge(2.0), action_of(p, kind)), p, 0.5)


def text(kind, flavors, quark, observables="", shape=PLACE[1]):
    hop = "mass = 0.4\n" if kind == "staggered" else f"kappa = {KAPPA}\ncsw = 1.2\n"
    return (
        head(list(shape), "SU(2)", 1.0)
        + f'[[action.fermion]]\nkind = "{kind}"\nflavors = {flavors}\n{hop}{quark}'
        + f"[update]\nlength = 1.0\nsteps = 5\n{observables}"
    )


DENSITY = f"chemical_potential = {MU}\ndiquark_source = {SOURCE}\n"
BOTH = "[observables.condensate]\n{0}[observables.quark_number]\n{0}"
EXACT = BOTH.format("") + "[observables.plaquette]\n"


def measured(p, kind, flavors, quark, observables=EXACT, stream=7):
    found = measurements(load_text(text(kind, flavors, quark, observables, p.lattice.shape)))
    records = found.measure(found.lattice.from_links(p.lattice.to_user(p.U)), Stream(stream, 2))
    return {key: value for record in records.values() for key, value in record.items()}


def log_weight(p, kind, flavors, mass=MASS, mu=MU, source=SOURCE):
    """ln of det^(Nf/8) (M^dag M + j^2), or of the determinant of two clover flavours."""
    M = dense(p, kind, mu, mass)
    if kind == "clover":
        return flavors * np.linalg.slogdet(M)[1]
    return flavors / 8 * np.linalg.slogdet(M.conj().T @ M + source**2 * np.eye(len(M)))[1]


@pytest.mark.parametrize("source", [0.0, SOURCE])
def test_observables_of_staggered_quarks_are_derivatives_of_the_dense_determinant(source):
    p = Place(*PLACE)
    quark = f"chemical_potential = {MU}\ndiquark_source = {source}\nspectrum = [0.001, 30]\n"
    found = measured(p, "staggered", 4, quark)
    V = p.lattice.volume
    for key, name, at in (
        ("condensate", "mass", MASS), ("quark_number", "mu", MU), ("diquark_condensate", "source", source),
    ):  # fmt: skip
        if key == "diquark_condensate" and not source:
            assert key not in found
            continue
        point = {"source": source}
        slope = fourth_order(
            lambda t, at=point | {name: at}, name=name: log_weight(p, "staggered", 4, **at | {name: at[name] + t}), 1e-2
        )
        assert found[key] == pytest.approx(slope / V, rel=1e-6)
        assert found[f"{key}_square"] == found[key] ** 2
    assert found["chemical_potential"] == MU


@pytest.mark.slow
def test_observables_of_clover_quarks_are_derivatives_of_the_dense_determinant():
    p = Place(*PLACE)
    found = measured(p, "wilson", 2, f"chemical_potential = {MU}\n")
    slope = fourth_order(lambda t: log_weight(p, "clover", 2, mu=MU + t), 1e-2)
    assert found["quark_number"] == pytest.approx(slope / p.lattice.volume, rel=1e-6)
    S = 2 * KAPPA * np.linalg.inv(dense(p, "clover"))
    assert found["condensate"] == pytest.approx(2 * np.trace(S).real / p.lattice.volume, rel=1e-8)


def test_noise_has_the_exact_numbers_as_mean():
    p = Place(*PLACE)
    quark = DENSITY + "spectrum = [0.001, 30]\n"
    exact = measured(p, "staggered", 4, quark)
    noise = BOTH.format('method = "noise"\nvectors = 40\nnoise = "z4"\n')
    found = measured(p, "staggered", 4, quark, noise)
    for key in ("condensate", "quark_number", "diquark_condensate"):
        assert abs(found[key] - exact[key]) < 4.0 * found[f"{key}_error"]
        assert found[f"{key}_error"] < 0.1 * abs(exact["condensate"])
    loose = measured(p, "staggered", 4, quark, noise + "loose_tolerance = 1e-3\nexact_vectors = 10\n")
    assert loose["quark_number"] == pytest.approx(found["quark_number"], abs=1e-3)


def test_without_mu_mass_and_source_rotate_into_each_other():
    """The weight depends on m^2 + j^2 alone: condensate / m = diquark condensate / j on every configuration."""
    p = Place(*PLACE)
    found = measured(p, "staggered", 8, f"diquark_source = {SOURCE}\n", "[observables.condensate]\n")
    assert found["diquark_condensate"] / SOURCE == pytest.approx(found["condensate"] / MASS, rel=1e-9)


def test_free_quarks():
    """Sums over momenta (Hasenfratz and Karsch); four flavours, two colours."""
    p = Place("SU(2)", (2, 4, 2, 4), spread=0.0)
    found = measured(p, "staggered", 8, "chemical_potential = 0.6\n")
    V, shape = p.lattice.volume, p.lattice.shape
    number = fourth_order(lambda t: density.free_determinant(shape, MASS, 0.6 + t, 2), 1e-2)
    chiral = fourth_order(lambda t: density.free_determinant(shape, MASS + t, 0.6, 2), 1e-2)
    assert found["quark_number"] == pytest.approx(2 * number / V, rel=1e-6)
    assert found["condensate"] == pytest.approx(2 * chiral / V, rel=1e-6)


def test_all_sites_are_full_at_large_mu():
    """Two colours, one field: two quarks a site, of each flavour half as many as of all."""
    p = Place(*PLACE)
    found = measured(p, "staggered", 8, "chemical_potential = 6.0\n", "[observables.quark_number]\n")
    assert found["quark_number"] == pytest.approx(4.0, rel=1e-3)
