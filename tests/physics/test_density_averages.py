"""Chains of SU(2) quarks at finite density against averages over random links with dense determinants."""

import numpy as np
import pytest
from input_head import head
from reference import density, samples, staggered, wilson

from lqcdnn.config import load_text
from lqcdnn.fields import gauge
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.build import build
from lqcdnn.measure.runner import measurements
from lqcdnn.update.state import State

MASS, MU, SOURCE, KAPPA, BETA = 0.7, 0.8, 0.3, 0.18, 0.8
SHAPE, SIGNS = (2, 4), (1, -1)
INPUT = head([2, 4], "SU(2)", "{beta}") + """\
[[action.fermion]]
kind = "{kind}"
flavors = {flavors}
chemical_potential = {mu}
{quark}
[update]
length = 1.0
steps = 6
integrator = "omelyan"
[observables.plaquette]
[observables.polyakov]
[observables.quark_number]
"""
QUARKS = {
    "eight": ("staggered", 4, "mass = 0.7\ndiquark_source = 0.3"),
    "four": ("staggered", 2, "mass = 0.7\ndiquark_source = 0.3\nspectrum = [0.09, 30]"),
    "wilson": ("wilson", 2, "kappa = 0.18"),
}
"""In two dimensions a staggered field is two flavours, on all sites four."""


def averages(kind, flavors, count=15000):
    """Plaquette, Polyakov loop and quark number by random links, with the weights of dense determinants."""
    rng = np.random.default_rng(12)
    parts = [weighted(kind, flavors, samples.group_elements(rng, 2, 2, *SHAPE, 300)) for _ in range(count // 300)]
    exponent, numbers = (np.concatenate([part[i] for part in parts], axis=-1) for i in range(2))
    weight = np.exp(exponent - exponent.max())
    assert weight.sum() ** 2 / (weight**2).sum() > 500
    means = (weight * numbers).sum(axis=-1) / weight.sum()
    return means, np.sqrt((weight**2 * (numbers - means[:, None]) ** 2).sum(axis=-1)) / weight.sum()


def weighted(kind, flavors, U):
    """Logarithms of weights, and the numbers they weigh."""
    count = U.shape[-3]
    if kind == "staggered":
        M = staggered.dense_hops(U, SIGNS) + MASS * np.eye(16)
    else:
        M = np.eye(32) - KAPPA * wilson.hopping_matrices(U, SIGNS, 1.0)

    def logs(mu):
        m = density.weighed(M, SHAPE, mu)
        if kind == "wilson":
            return flavors * np.linalg.slogdet(m)[1]
        return flavors / 4 * np.linalg.slogdet(m.conj().swapaxes(-1, -2) @ m + SOURCE**2 * np.eye(16))[1]

    corners = U[0] @ np.roll(U[1], -1, 0) @ np.roll(U[0], -1, 1).conj().swapaxes(-1, -2) @ U[1].conj().swapaxes(-1, -2)
    line = U[1][:, 0] @ U[1][:, 1] @ U[1][:, 2] @ U[1][:, 3]
    P, L = (np.trace(x, axis1=-2, axis2=-1).real.reshape(-1, count).mean(axis=0) / 2 for x in (corners, line))
    return logs(MU) + BETA * 8 * P, np.array([P, L, (logs(MU + 0.01) - logs(MU - 0.01)) / (0.02 * 8)])


@pytest.mark.slow
@pytest.mark.parametrize("name", QUARKS)
def test_averages_are_those_of_the_dense_determinant(name):
    kind, flavors, quark = QUARKS[name]
    config = load_text(INPUT.format(beta=BETA, kind=kind, flavors=flavors, mu=MU, quark=quark))
    run, what = build(config), measurements(config)
    update, state, found = run.update(), State(gauge.hot(run.lattice, run.group, 5), 0, 77), []
    for trajectory in range(4100):
        state, _info = update.step(state)
        if trajectory >= 100 and trajectory % 2:
            records = what.measure(state.U, Stream(77, trajectory))
            loops = records["plaquette"]["plaquette"], records["polyakov"]["polyakov"][0]
            found.append((*loops, records["quark_number"]["quark_number"]))
    bins = np.array(found).reshape(25, -1, 3).mean(axis=1)
    means, errors = averages(kind, flavors)
    error = np.sqrt(bins.var(axis=0, ddof=1) / len(bins) + errors**2)
    assert (abs(bins.mean(axis=0) - means) < 4.0 * error).all(), (bins.mean(axis=0), means, error)
    assert (abs(means) > 5.0 * error)[[0, 2]].all(), (means, error)
