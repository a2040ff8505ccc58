"""The Schroedinger functional to one loop: Gaussian fluctuations around the classical field, from an action's force.

hep-lat/9309005: g^2 = g0^2 + m_1 g0^4 + ..., where 1/g^2 = 1/g0^2 + (d/deta) (1/2) ln det H / k + O(g0^2), H the
second derivatives of the action at g0 = 1.  All links of time but the last of each line are gauged to 1, which has no
determinant; the constant Cartan modes of the last ones do not change anything and are left out.
"""

import numpy as np
from derivative import fourth_order

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.fields.group import group
from lqcdnn.lattice.boundaryfields import BoundaryFields
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.lattice.schroedinger import classical_links


def rotation(X, t):
    """exp(t X) of an antihermitian matrix."""
    values, vectors = np.linalg.eigh(-1j * X)
    return (vectors * np.exp(1j * t * values)) @ vectors.conj().T


def log_determinant(name, shape, angles):
    """ln det' H of SU(N) with c_t = 1; H is Fourier transformed in space, where the classical field is constant."""
    of, n, d, last = group(name), len(angles[0]), len(shape), shape[-1] - 1
    lattice = Lattice(shape, fixed=BoundaryFields(*angles))
    hamiltonian = Hamiltonian(lattice, of, [GaugeAction(lattice, n, 2.0 * n)])
    T, V = np.array([1j * t for t in of.generators]), classical_links(lattice)
    places = [(mu, t) for mu in range(d - 1) for t in range(1, last)] + [(d - 1, last - 1)]
    origin, count = (0,) * (d - 1), len(T)
    H = np.zeros((*shape[:-1], len(places) * count, len(places) * count))

    def force(mu, t, X, step):
        U = V.copy()
        U[mu][(*origin, t)] = rotation(X, step) @ U[mu][(*origin, t)]
        return lattice.to_user(hamiltonian.force(lattice.from_links(U), ["gauge"]))

    for j, (mu, t, b) in enumerate((mu, t, b) for mu, t in places for b in range(count)):
        column = -fourth_order(lambda step, mu=mu, t=t, b=b: force(mu, t, T[b], step), 1e-3)
        for i, (nu, s) in enumerate(places):
            at = column[nu][..., s, :, :]
            H[..., i * count : (i + 1) * count, j] = 2.0 * np.einsum("aij,...ij->...a", T.conj(), at).real
    blocks = np.fft.fftn(H, axes=tuple(range(d - 1))).reshape(-1, *H.shape[-2:])
    values = np.linalg.eigvalsh((blocks + blocks.conj().swapaxes(-1, -2)) / 2.0)
    assert np.abs(values[0][: n - 1]).max() < 1e-7 < 1e-3 < values[0][n - 1]
    assert values[1:].min() > 1e-3
    return np.log(values[0][n - 1 :]).sum() + np.log(values[1:]).sum()


def inverse_coupling(name, shape, angles_at, k):
    """1/g^2 - 1/g0^2 to one loop with c_t = 1, which is -m_1; ``angles_at`` gives the boundary fields for an eta."""
    return 0.5 * fourth_order(lambda eta: log_determinant(name, shape, angles_at(eta)), 1e-2) / k
