"""The condensate along the gradient flow: free quarks, dense kernels, noise, and the kinetic term of ringed fields."""

import numpy as np
import pytest
from reference import samples, wilson
from test_boundary_phases import FIELDS, measured

from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.flow import velocity
from lqcdnn.network.quarkflow import QuarkFlow

TABLE = "[observables.flowed_quarks]\ntime = 0.4\ninterval = 0.2\nstep = 0.1\n"
EXACT = TABLE + "method = 'exact'\n"
WILSON = 'kind = "wilson"\nflavors = 2\nmass = 0.3\n'


def test_free_quarks():
    """Sums over momenta: the propagator damped by the square of the polynomial of the scheme."""
    U = np.ones((2, 4, 8, 1, 1), dtype=complex)
    found = measured(U, WILSON, EXACT)["flowed_quarks"]
    p = np.array(np.meshgrid(2 * np.pi * np.arange(4) / 4, 2 * np.pi * (np.arange(8) + 0.5) / 8, indexing="ij"))
    z = -0.1 * (4 * np.sin(p / 2) ** 2).sum(axis=0)
    decay = 1 + z + z**2 / 2 + z**3 / 6
    sines, M = (np.sin(p) ** 2).sum(axis=0), 0.3 + (1 - np.cos(p)).sum(axis=0)
    for k, steps in enumerate((0, 2, 4)):
        weight = decay ** (2 * steps) / 32
        traces = [2 * 2 * (weight * x / (M**2 + sines)).sum() for x in (M, sines)]
        assert found["flowed_quarks_condensate"][k] == pytest.approx(traces[0], rel=1e-8)
        assert found["flowed_quarks_kinetic"][k] == pytest.approx(traces[1], rel=1e-8)
        assert found["flowed_quarks_norm"][k] == pytest.approx(2 * weight.sum(), rel=1e-12)
    assert found["flowed_quarks_times"] == [0.0, 0.2, 0.4]


def test_free_massless_quarks_are_ringed_already():
    """-<qbar D q> = N / (2 pi t) in two dimensions, up to the effects of lattice and box."""
    U, t = np.ones((2, 32, 32, 1, 1), dtype=complex), 4.0
    noise = f"[observables.flowed_quarks]\ntime = {t}\ninterval = {t}\nstep = 0.1\nvectors = 20\ntolerance = 1e-6\n"
    found = measured(U, WILSON.replace("0.3", "0.001"), noise)["flowed_quarks"]
    error = found["flowed_quarks_kinetic_error"][1]
    assert abs(found["flowed_quarks_kinetic"][1] - 1 / (2 * np.pi * t)) < 4.0 * error + 0.1 / (2 * np.pi * t)
    assert error < 0.1 / (2 * np.pi * t)


def dense_flow(U, steps):
    """K_t as a matrix over (site in lattice order, colour, spin), column by column."""
    lattice, size = Lattice(U.shape[1:-2]), U[0, ..., 0, 0].size * 2
    flow = QuarkFlow(velocity(lattice, "wilson"), 0.1, 0.1, 1, (1, -1))
    columns = [lattice.from_user(one.reshape(*U.shape[1:-2], 1, 2)) for one in np.eye(size, dtype=complex)]
    links = flow.links(lattice.from_links(U), steps)
    for k in range(steps):
        columns = flow.forward(links[k], columns)
    return np.array([lattice.to_user(one).reshape(-1) for one in columns]).T, lattice.to_user(links[-1])


def test_dense_kernels():
    """Tr K S K^dag and Tr gamma D K S K^dag with dense matrices, S of the clover operator on the links at 0."""
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    found = measured(U, FIELDS["clover"], EXACT)["flowed_quarks"]
    kappa = 0.5 / (0.3 + 2)
    S = 2 * kappa * np.linalg.inv(wilson.matrix(U, kappa, (1, -1), 1.2, 1.0))
    for k, steps in enumerate((0, 2, 4)):
        K, V = dense_flow(U, steps)
        G = K @ S @ K.conj().T
        hops = wilson.hopping_matrix(V, (1, -1), 1.0)
        kinetic = -0.25 * (hops - chirally_turned(hops))
        assert found["flowed_quarks_condensate"][k] == pytest.approx(2 * np.trace(G).real / 32, rel=1e-7)
        assert found["flowed_quarks_kinetic"][k] == pytest.approx(2 * np.trace(kinetic @ G).real / 32, rel=1e-7)
        assert found["flowed_quarks_norm"][k] == pytest.approx(np.trace(K @ K.conj().T).real / 32, rel=1e-9)


def chirally_turned(H):
    """gamma_5 H gamma_5: hops with gamma change their sign."""
    g = np.kron(np.eye(len(H) // 2), wilson.gamma5(2))
    return g @ H @ g


def test_noise_has_the_exact_numbers_as_its_mean():
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    exact = measured(U, WILSON, EXACT)["flowed_quarks"]
    found = measured(U, WILSON, TABLE + "vectors = 60\n")["flowed_quarks"]
    for name in ("flowed_quarks_condensate", "flowed_quarks_kinetic", "flowed_quarks_norm"):
        for value, mean, error in zip(exact[name], found[name], found[f"{name}_error"], strict=True):
            assert abs(mean - value) < 4.5 * error + 1e-12


def test_at_time_zero_it_is_the_condensate():
    """Also of the quark on the walls."""
    U = samples.links(np.random.default_rng(3), (4, 8), 1)
    both = measured(U, FIELDS["domain_wall"], EXACT + "[observables.condensate]\n")
    found = both["flowed_quarks"]["flowed_quarks_condensate"]
    assert found[0] == pytest.approx(both["condensate"]["condensate"], rel=1e-8)
    assert 0.0 < found[2] < found[1] < found[0]
