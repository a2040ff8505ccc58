"""Two pions of isospin 0 and 1 from distilled quarks: all contractions in u and d, symmetries, free quarks."""

import numpy as np
import pytest
from input_head import head
from reference import distillation, isospin, quarks, samples, wilson
from test_distillation import MASS, links, measured

from lqcdnn.cli.main import main
from lqcdnn.fields.group import group

ISOSPINS = ("distilled_two_pions", "distilled_isospin_1", "distilled_isospin_0", "distilled_isospin_0_vacuum")


@pytest.mark.parametrize(("kind", "name", "shape", "boundary", "size"), [
    ("wilson", "U(1)", (4, 8), (1, -1), 3),
    pytest.param("domain_wall", "U(1)", (6, 4), (1, -1), 3, marks=pytest.mark.slow),
    pytest.param("overlap", "U(1)", (4, 4), (-1, 1), 3, marks=pytest.mark.slow),
    pytest.param("wilson", "SU(2)", (4, 4, 4, 2), (1, 1, 1, -1), 4, marks=pytest.mark.slow),
])  # fmt: skip
def test_all_contractions_in_u_and_d(kind, name, shape, boundary, size):
    """Two sizes of the mesons, pions at rest and with momentum; isospin 1 has none at rest."""
    U, zero, one = links(shape, name), [0] * (len(shape) - 1), [1, *(0,) * (len(shape) - 2)]
    options = f'eigenvectors = {size}\nsizes = [{size}, 2]\nchannels = ["vector"]\n'
    options += f"two_pions = [{zero}, {one}]\nisospins = [1, 0]\n"
    found = measured(U, name, options, kind=kind, boundary=boundary)
    made = distillation.Distilled(quarks.propagator(kind, U, boundary, MASS), U, boundary, size)
    close = {"rtol": 1e-9, "atol": 1e-9 if kind == "overlap" else 1e-11}
    for channel, momenta, times in ((1, [one], (0, 1)), (0, [zero, one], (1,))):
        for dt in times:
            C, vacuum = isospin.correlators(made, channel, [size, 2], momenta, dt)
            np.testing.assert_allclose(np.array(found[f"distilled_isospin_{channel}"])[..., dt], C, **close)
    np.testing.assert_allclose(found["distilled_isospin_0_vacuum"], vacuum, **close)
    mesons = np.array(found["distilled_isospin_1"])[:2, :2]
    np.testing.assert_allclose(mesons, found["distilled_vector"], **close)


def reflected(U, axis):
    """Links seen in a mirror that turns a direction round: U_axis(x) becomes U_axis(-x-1)^dag."""
    back = np.array([np.roll(np.flip(one, axis), 1, axis) for one in U])
    back[axis] = np.roll(back[axis], -1, axis).conj().swapaxes(-1, -2)
    return back


def transformed(U, name):
    """Links in another gauge."""
    g = samples.links(np.random.default_rng(8), U.shape[1:-2], group(name).n)[0]
    ahead = [np.roll(g, -1, axis=mu) for mu in range(len(U))]
    return np.array([g @ U[mu] @ h.conj().swapaxes(-1, -2) for mu, h in enumerate(ahead)])


@pytest.mark.parametrize(("name", "shape", "size"), [
    ("U(1)", (4, 8), 3), pytest.param("SU(3)", (4, 4, 4, 2), 5, marks=pytest.mark.slow),
])  # fmt: skip
def test_symmetries(name, shape, size):
    """The same numbers in another gauge, in a mirror and for antiquarks; at -t with operators or time turned round."""
    U, zero, one = links(shape, name), [0] * (len(shape) - 1), [1, *(0,) * (len(shape) - 2)]
    options = f"eigenvectors = {size}\nsizes = [{size}, 2]\nchannels = []\ntwo_pions = [{zero}, {one}]\n"
    options += "isospins = [0, 1, 2]\n"
    found, close = measured(U, name, options), {"rtol": 1e-7, "atol": 1e-12}
    for other in (transformed(U, name), reflected(U, 0), U.conj()):
        again = measured(other, name, options)
        for key in ISOSPINS:
            np.testing.assert_allclose(again[key], found[key], **close)
    again = measured(reflected(U, len(shape) - 1), name, options)
    for key in ISOSPINS[:3]:
        C = np.array(found[key])
        back = np.roll(C[..., ::-1], 1, axis=2)
        np.testing.assert_allclose(C.transpose(1, 0, 2), back, **close)
        np.testing.assert_allclose(again[key], back, **close)
    np.testing.assert_allclose(again[ISOSPINS[3]], found[ISOSPINS[3]], **close)


def test_free_quarks():
    """Of unit links, all eigenvectors: sums over the momenta of quarks, with their propagator in momentum space."""
    L, T, p = 4, 8, 1
    options = f"eigenvectors = {L}\nchannels = []\ntwo_pions = [[{p}]]\nisospins = [1, 2]\n"
    found = measured(np.ones((2, L, T, 1, 1), dtype=complex), "U(1)", options)
    gamma, g5, one = wilson.gammas(2), wilson.gamma5(2), np.eye(2)
    k, w = np.meshgrid(2 * np.pi * np.arange(L) / L, np.pi * (2 * np.arange(T) + 1) / T, indexing="ij")
    steps = [(np.sin(a), 1 - np.cos(a)) for a in (k, w)]
    D = sum(1j * np.multiply.outer(s, g) + np.multiply.outer(c, one) for (s, c), g in zip(steps, gamma, strict=True))
    phases = np.exp(1j * np.multiply.outer(np.arange(-T, T), w[0])) / T
    S = np.einsum("tw,kwab->tkab", phases, np.linalg.inv(D + MASS * one))  # S[t, k], also for t < 0
    ahead, back = np.roll(S, -p, axis=1), np.roll(S, p, axis=1)  # S(k + p), S(k - p)
    pair = 1j * g5 @ (ahead[0 + T] - back[0 + T]) @ g5
    ends = {0: np.array([gamma[0]] * L), 1: pair}
    C = np.zeros((2, 2, T), dtype=complex)
    for t in range(T):
        for i, j in np.ndindex(2, 2):
            lines = ends[i] @ S[T + t] @ -ends[j] @ S[T - t]
            C[i, j, t] = -np.trace(lines, axis1=1, axis2=2).sum() / L ** ((2 + i + j) / 2)
        pion = np.trace(g5 @ ahead[T + t] @ -g5 @ S[T - t], axis1=1, axis2=2).sum()
        C[1, 1, t] += abs(pion) ** 2 / L**2
    np.testing.assert_allclose(np.array(found["distilled_isospin_1"]), C, rtol=1e-9, atol=1e-12)


CHAIN = (
    head("[4, 4, 4, 4]", "SU(2)", 2.4, name="chain", trajectories=8, seed=3)
    + """\
[update]
kind = "heatbath"
[valence.light]
kind = "wilson"
mass = 0.1
[observables.distillation]
every = 1
eigenvectors = 8
two_pions = [[0, 0, 0], [1, 0, 0]]
isospins = [2, 1, 0]
[analyze]
thermalization = 0
fit = [
    "pi = cosh(distilled_pseudoscalar.1.1, 1, 2)",
    "E = gevp_cosh(distilled_isospin_1, 0, 1, 2, 2, 1)",
    "P = lattice_scattering(E, pi, 1)",
]
"""
)


@pytest.mark.slow
def test_from_links_to_phases(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chain.toml").write_text(CHAIN)
    assert main(["generate", "chain.toml"]) == 0
    capsys.readouterr()
    assert main(["analyze", "chain"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("pi.mass", "E.mass", "P.momentum_squared", "P.k_cot_delta"))
