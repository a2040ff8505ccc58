"""Quenched QED: photon fields against their propagator, quarks in them against dense matrices, Ward identities and
perturbation theory."""

import math

import numpy as np
import pytest
from builders import Place
from input_head import head
from reference import fatlinks, samples, staggered, wilson
from reference.photons import propagator, second_order

from lqcdnn.config import load_text
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac.fatlinks import SmearingStaggeredOperator
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields.group import group
from lqcdnn.fields.photons import from_noise, photon_field
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.photons import mean_over_fields, set_photons
from lqcdnn.measure.quarks.propagators import QuarkOf, unit_spinor
from lqcdnn.measure.runner import measurements

SLOW = pytest.mark.slow
KINDS = {
    "staggered": 'kind = "staggered"\nflavors = 2\nmass = 0.3\n',
    "clover": 'kind = "wilson"\nflavors = 2\nmass = 0.3\ncsw = 1.2\n',
    "exponential": 'kind = "wilson"\nflavors = 2\nmass = 0.3\ncsw = 1.2\nclover = "exponential"\n',
    "mixed": 'kind = "wilson"\nflavors = 2\nmass = 0.3\ncsw = 1.2\nsolver = "mixed"\n',
    "domain_wall": 'kind = "domain_wall"\nflavors = 2\nmass = 0.3\nM5 = 0.9\nL5 = 4\nb5 = 1.5\nc5 = 0.5\n',
    "overlap": 'kind = "overlap"\nflavors = 2\nmass = 0.3\n',
}
ALPHA, FIELDS = 0.05, 2
E = math.sqrt(4.0 * math.pi * ALPHA)
PAIR = "[observables.condensate]\nfermion = 'up'\n[observables.mesons]\nfermion = 'up'\nantiquark = 'down'\n"
NOT_MEASURED = ("_options", "_quark", "_iterations")


def measured(U, quark, charges=None, photons="", observables=PAIR, stream=None):
    """Numbers of valence quarks ``up`` and ``down`` on links in user layout."""
    name, text = "U(1)" if U.shape[-1] == 1 else f"SU({U.shape[-1]})", ""
    for flavor, charge in zip(("up", "down"), charges or (None, None), strict=True):
        text += f"[valence.{flavor}]\n{quark}" + (f"charge = {charge}\n" if charge is not None else "")
    text += f"[photons]\nalpha = {ALPHA}\n{photons}" if charges else ""
    made = measurements(load_text(head(list(U.shape[1:-2]), name, 1.0) + text + observables))
    records = made.measure(made.lattice.from_links(U), stream or Stream(7, 2))
    values = {key: value for record in records.values() for key, value in record.items()}
    kept = [key for key in values if key.startswith(("condensate", "meson_")) and not key.endswith(NOT_MEASURED)]
    return {key: np.array(values[key]) for key in kept}


def in_user_order(lattice, A):
    """A field [mu, site in block order] as [mu, x, ...]."""
    out = np.empty((len(A), *lattice.shape))
    out[(slice(None), *lattice.coordinates.T)] = A
    return out


def in_block_order(lattice, A):
    """The inverse of :func:`in_user_order`."""
    return A[(slice(None), *lattice.coordinates.T)]


def turns(A, charge):
    """exp(i e q A) as links of U(1)."""
    return np.exp(1j * E * charge * A)[..., None, None]


@pytest.mark.parametrize(
    ("gauge", "zero_modes"), [("feynman", "QED_L"), ("feynman", "QED_TL"), ("coulomb", "QED_L")]
)
@pytest.mark.parametrize("shape", [(4, 6), (3, 2, 2, 4)])
def test_the_map_of_noise_makes_the_propagator(shape, gauge, zero_modes):
    size = len(shape) * math.prod(shape)
    R = np.stack([from_noise(unit.reshape(-1, *shape), gauge, zero_modes).ravel() for unit in np.eye(size)], axis=1)
    np.testing.assert_allclose(R @ R.T, propagator(shape, gauge, zero_modes).reshape(size, size), rtol=0, atol=1e-14)


def test_coulomb_gauge():
    """No divergence in space, and no waves of no momentum there."""
    A = from_noise(np.random.default_rng(2).normal(size=(4, 3, 4, 2, 6)), "coulomb")
    divergence = sum(A[i] - np.roll(A[i], 1, i) for i in range(3))
    np.testing.assert_allclose(divergence, 0.0, atol=1e-13)
    np.testing.assert_allclose(A.sum(axis=(1, 2, 3)), 0.0, atol=1e-12)


def test_the_energy_of_a_static_charge():
    """e^2 q^2 / 2 times <A_t^2> in Coulomb gauge has -q^2 alpha kappa / (2 L), kappa = 2.837297 (arXiv:1402.6741)."""
    found = []
    for L in (8, 16):
        unit = np.zeros((4, L, L, L, 2))
        unit[3, 0, 0, 0, 0] = 1.0
        square = (from_noise(unit, "coulomb")[3] ** 2).sum()
        found.append(4.0 * math.pi * L * (0.2527310098586630 - square))  # Watson's integral
    assert (4.0 * found[1] - found[0]) / 3.0 == pytest.approx(2.837297, abs=1e-3)  # without 1 / L^2
    assert abs(found[1] - 2.837297) > 2e-3


def test_drawn_fields():
    """Mean of A_mu(x + r) A_mu(x) over sites and 400 fields; the same fields whatever the width of a block."""
    lattice, exact = Lattice((4, 8)), propagator((4, 8))
    assert (photon_field(lattice, Stream(3, 1), 2) == photon_field(lattice, Stream(3, 1), 2)).all()
    narrow = Lattice((4, 8), 1)
    fields = [in_user_order(one, photon_field(one, Stream(3, 1), 2)) for one in (lattice, narrow)]
    assert (fields[0] == fields[1]).all()
    found = []
    for number in range(400):
        A = in_user_order(lattice, photon_field(lattice, Stream(5, number // 4), number % 4))
        rolled = [np.roll(A, shift, (1, 2)) for shift in ((0, 0), (1, 0), (0, 1), (2, 3))]
        found.append([(A * other).mean(axis=(1, 2)) for other in rolled] + [(A[0] * A[1]).mean() * np.ones(2)])
    sites = [np.ravel_multi_index(x, (4, 8)) for x in ((0, 0), (1, 0), (0, 1), (2, 3))]
    expected = [[exact[mu, site, mu, 0] for mu in range(2)] for site in sites] + [[0.0, 0.0]]
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / 20.0
    assert (np.abs(mean - expected) < 4.5 * error).all()
    assert (error < 0.02).all()


@pytest.mark.parametrize("kind", [pytest.param(k, marks=[SLOW] * (k not in ("staggered", "clover"))) for k in KINDS])
def test_photons_are_a_part_of_links_of_u1(kind):
    """Means over the fields, with e and -e, of what links with the phases give."""
    U, lattice = samples.links(np.random.default_rng(3), (4, 8), 1), Lattice((4, 8))
    found = measured(U, KINDS[kind], (0.7, 0.7), f"fields = {FIELDS}\n")
    fields = [in_user_order(lattice, photon_field(lattice, Stream(7, 2), number)) for number in range(FIELDS)]
    single = [measured(U * turns(A, sign * 0.7), KINDS[kind]) for A in fields for sign in (1, -1)]
    neutral = measured(U, KINDS[kind])
    assert len(found) > 3
    for key, value in found.items():
        expected = np.mean([one[key] for one in single], axis=0)
        np.testing.assert_allclose(value, expected, rtol=1e-8, atol=1e-10, err_msg=key)
        assert np.abs(value - neutral[key]).max() > 1e-5


def test_means_over_fields():
    """Two fields, each with e and -e, which have the same noise."""
    found = [{"c": [1.0, k], "n": None, "c_error": error, "c_iterations": 3} for k, error in enumerate((3.0, 4.0) * 2)]
    mean = mean_over_fields(found, 2)
    assert mean == {"c": [1.0, 1.5], "n": None, "c_error": pytest.approx(2.5), "c_iterations": 12}


def dense(op, x):
    """M x of an operator, in user layout."""
    out = op.vector()
    op.apply(out, op.lattice.from_user(x))
    return op.lattice.to_user(out)


@pytest.mark.parametrize("place", [
    pytest.param(("SU(2)", (2, 4, 2, 4)), id="SU(2)"), pytest.param(("SU(3)", (4, 2, 2, 4)), id="SU(3)", marks=SLOW),
])  # fmt: skip
def test_operators_against_dense_matrices(place):
    """Beside a uniform field, whose phases they multiply; the clover term sees both."""
    from reference.background import uniform_links

    p, flux = Place(*place), (1, 0, -2, 1, 3, -1)
    A, x = p.rng.normal(size=(4, *p.lattice.shape)), samples.complex_normal(p.rng, *p.lattice.shape, p.n, 4)
    for fluxes in ((0,) * 6, flux):
        U = p.lattice.to_user(p.U) * uniform_links(p.lattice.shape, fluxes) * np.exp(1j * A)[..., None, None]
        op = StaggeredOperator(p.lattice, p.n, 0.4, p.antiperiodic(), flux=fluxes)
        op.phases.set_photons(in_block_order(p.lattice, A))
        op.set_links(p.U)
        M = staggered.dense_hop(U, p.antiperiodic()) + 0.4 * np.eye(p.lattice.volume * p.n)
        expected = (M @ x[..., :1].reshape(-1)).reshape(x[..., :1].shape)
        np.testing.assert_allclose(dense(op, x[..., :1]), expected, rtol=0, atol=1e-13)
        op = WilsonOperator(p.lattice, p.n, 0.13, p.antiperiodic(), 1.2, flux=fluxes)
        op.phases.set_photons(in_block_order(p.lattice, A))
        op.set_links(p.U)
        expected = (wilson.matrix(U, 0.13, p.antiperiodic(), 1.2) @ x.reshape(-1)).reshape(x.shape)
        np.testing.assert_allclose(dense(op, x), expected, rtol=0, atol=1e-13)


@SLOW
def test_hops_of_three_steps_pass_three_links():
    p = Place("SU(2)", (4, 4, 4))
    A = p.rng.normal(size=(3, *p.lattice.shape))
    op = SmearingStaggeredOperator(
        p.lattice, 2, 0.4, p.antiperiodic(), improvement_of("hisq", 3, 0.0, None), flux=(0, 0, 0)
    )
    op.phases.set_photons(in_block_order(p.lattice, A))
    op.set_links(p.U)
    z, u = p.lattice.to_user(op.fat(p.U)), np.exp(1j * A)[..., None, None]
    three = u * np.array([np.roll(u[k], -1, k) * np.roll(u[k], -2, k) for k in range(3)])
    D = fatlinks.dense_hop(z[:3] * u, z[3:] * three, p.antiperiodic())
    x = samples.complex_normal(p.rng, *p.lattice.shape, 2, 1)
    expected = (D @ x.reshape(-1)).reshape(x.shape) + 0.4 * x
    np.testing.assert_allclose(dense(op, x), expected, rtol=0, atol=1e-13)


def charged_quark(kind, charge, mass=0.3):
    return QuarkOf(
        QuarkConfig(kind=kind, flavors=1, mass=mass, boundary=(1, -1), r=1.0, csw=0.0, solver="cg", charge=charge),
        mass, (1, -1),
    )  # fmt: skip


def propagated(quark, lattice, U, name, A):
    """S(x; 0) of a quark in a photon field [mu, x, ...]: [x, ..., component, column]."""
    set_photons(quark, lattice, group(name), in_block_order(lattice, A))
    made = quark.on(lattice, group(name))
    made.set_links(U)
    n = group(name).n
    columns = [
        lattice.to_user(made.propagate(unit_spinor(lattice, n, made.spins, 0, *of), 1e-13, 1000).quark)
        for of in np.ndindex(n, made.spins)
    ]
    return np.stack([column.reshape(*lattice.shape, -1) for column in columns], axis=-1)


@pytest.mark.parametrize("kind", ["staggered", "wilson"])
def test_gauge_transformations_of_the_field(kind):
    """A -> A + d lambda: S(x; 0) gets exp(i q [lambda(0) - lambda(x)]); neutral mesons stay, charged ones turn."""
    lattice, rng = Lattice((4, 8)), np.random.default_rng(5)
    U = lattice.from_links(samples.links(rng, lattice.shape, 1))
    A, change = rng.normal(size=(2, *lattice.shape)), rng.normal(size=lattice.shape)
    other = A + np.stack([np.roll(change, -1, mu) - change for mu in range(2)])
    found = {}
    for q in (0.7, -0.4):
        one = charged_quark(kind, q)
        before, after = (propagated(one, lattice, U, "U(1)", field) for field in (A, other))
        turned = before * np.exp(1j * q * (change[0, 0] - change))[..., None, None]
        np.testing.assert_allclose(after, turned, rtol=0, atol=1e-11)
        found[q] = before, after
    for q in found:
        mesons = [(abs(S) ** 2).sum(axis=(0, 2, 3)) for S in found[q]]
        np.testing.assert_allclose(*mesons, rtol=1e-10)
    pair = [(found[0.7][i] * found[-0.4][i].conj()).sum(axis=(2, 3)) for i in range(2)]
    phase = np.exp(1.1j * (change[0, 0] - change))
    np.testing.assert_allclose(pair[1], pair[0] * phase, rtol=0, atol=1e-11)
    assert np.abs(pair[1] - pair[0]).max() > 1e-3


def test_charges_and_signs():
    """No charge at e = 0; -q on U^* is q on U; e and -e as the mean of both."""
    U, quark = samples.links(np.random.default_rng(4), (4, 8), 1), KINDS["clover"]
    one, q = "both_signs = false\n", (0.7, -0.4)
    plus, minus = measured(U, quark, q, one), measured(U, quark, (-0.7, 0.4), one)
    both, conjugate = measured(U, quark, q), measured(U.conj(), quark, (-0.7, 0.4), one)
    neutral, none = measured(U, quark), measured(U, quark, (1e-30, -1e-30))
    for key, value in plus.items():
        np.testing.assert_allclose(conjugate[key], value, rtol=1e-9, atol=1e-12, err_msg=key)
        np.testing.assert_allclose(both[key], (value + minus[key]) / 2.0, rtol=1e-9, atol=1e-12, err_msg=key)
        np.testing.assert_allclose(none[key], neutral[key], rtol=1e-9, atol=1e-12, err_msg=key)
    assert np.abs(plus["meson_pseudoscalar"] - minus["meson_pseudoscalar"]).max() > 1e-4


@pytest.mark.parametrize(
    ("kind", "charges"),
    [
        ("staggered", (0.6, -0.3)),
        pytest.param("staggered", (0.7, 0.7), marks=SLOW),
        pytest.param("wilson", (0.6, -0.3), marks=SLOW),
        pytest.param("wilson", (0.7, 0.7), marks=SLOW),
    ],
)
def test_second_order_in_the_charge(kind, charges):
    """The e^2 of a meson of free quarks: second differences along every mode of the field, by the program, against
    tadpole, self-energy and exchange by dense matrices.
    """
    shape, signs = (4, 8), (1, -1)
    lattice, one = Lattice(shape), np.ones((2, *shape, 1, 1), dtype=complex)
    if kind == "staggered":
        def hops(factors):
            return staggered.dense_hop(factors[..., None, None], signs)

        M = hops(one[..., 0, 0]) + 0.3 * np.eye(32)
    else:
        def hops(factors):
            return -0.5 * wilson.hopping_matrix(factors[..., None, None], signs)

        M = hops(one[..., 0, 0]) + 2.3 * np.eye(64)
    expected = second_order(shape, hops, np.linalg.inv(M), charges)
    quarks, U, h, found = [charged_quark(kind, q) for q in charges], lattice.from_links(one), 0.05, np.zeros(8)

    def correlator(A):
        S = [propagated(quark, lattice, U, "U(1)", A) for quark in quarks]
        return (S[0].conj() * S[1]).real.sum(axis=(0, 2, 3))

    middle = correlator(np.zeros((2, *shape)))
    for unit in np.eye(64):
        A = from_noise(unit.reshape(2, *shape))
        near, far = (correlator(s * A) + correlator(-s * A) - 2.0 * middle for s in (h, 2.0 * h))
        found += (16.0 * near - far) / (24.0 * h * h)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7 * abs(expected).max())


@SLOW
def test_baryons():
    """Angles in whole thirds of a turn: their phases are in the centre of SU(3), so that the links are in SU(3) too."""
    shape, rng, quark = (2, 2, 2, 4), np.random.default_rng(8), 'kind = "wilson"\nmass = 0.3\n'
    lattice, thirds = Lattice(shape), rng.integers(3, size=(4, *shape))
    U = samples.links(rng, shape, 3)
    text = f"{head(list(shape), 'SU(3)', 1.0)}[valence.up]\n{quark}{{}}[valence.down]\n{quark}{{}}[photons]\n"
    text += "[observables.baryons]\nfermion = 'up'\nstrange = 'down'\n"
    observed = measurements(load_text(text.format("charge = 2.0\n", "charge = -1.0\n"))).observables["baryons"].of
    for one in observed.quarks:
        set_photons(one, lattice, group("SU(3)"), in_block_order(lattice, 2.0 * np.pi / 3.0 * thirds))
    found = observed.measure(lattice, lattice.from_links(U), group("SU(3)"), Stream(1, 1))
    V = U * np.exp(-2j * np.pi / 3.0 * thirds)[..., None, None]  # charge 2 is charge -1
    expected = measurements(load_text(text.format("", ""))).measure(lattice.from_links(V), Stream(1, 1))["baryons"]
    for name in ("nucleon", "sigma", "xi", "omega"):
        np.testing.assert_allclose(found[f"baryon_{name}"], expected[f"baryon_{name}"], rtol=1e-6, atol=1e-12)


@SLOW
def test_sources_at_several_places():
    """Links move under the photons: on cold links all places have the same mesons, in the same fields."""
    U, find = np.ones((2, 4, 8, 1, 1), dtype=complex), "[observables.mesons]\nfermion = 'up'\nantiquark = 'down'\n"
    one, two = (measured(U, KINDS["staggered"], (0.7, -0.4), "", find + more) for more in ("", "sources = 3\n"))
    for key, value in one.items():
        np.testing.assert_allclose(two[key], value, rtol=1e-10, err_msg=key)
