"""Stochastic molecular dynamics with quarks against averages over random links, weighed by dense determinants."""

import numpy as np
import pytest
from test_determinant_chains import INPUT, averages

from lqcdnn.analyze.verdicts.run import detailed_balance
from lqcdnn.config import load_text
from lqcdnn.config.tables.observables import PlaquetteConfig, PolyakovConfig
from lqcdnn.fields import gauge
from lqcdnn.jobs.build import build
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.measure.gauge.polyakov import Polyakov
from lqcdnn.update.smd import SMD
from lqcdnn.update.state import State

FIELDS = INPUT.replace('determinant = "exact"\n', "")
UPDATE = "[update]\nfriction = 0.5\nlength = 0.5\nsteps = 2\nintegrator = 'omelyan'\n"
GUIDE = "[guide.gauge]\nbeta = 0.6\n[[guide.fermion]]\nmass = 0.3\n"
CHAIN = "hasenbusch = [0.4]\n"
CASES = {
    "two": ("staggered", 2, FIELDS + UPDATE),
    "guided": ("staggered", 2, FIELDS + UPDATE + GUIDE),
    "rational": ("staggered", 1, FIELDS + UPDATE),
    "wilson": ("wilson", 2, FIELDS + CHAIN + UPDATE),
    "determinant": ("staggered", 2, INPUT + UPDATE),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_averages_are_those_of_the_dense_determinant(case):
    kind, flavors, text = CASES[case]
    run = build(load_text(text.format(kind=kind, flavors=flavors)))
    chain, what = run.update(), (Plaquette(PlaquetteConfig()), Polyakov(PolyakovConfig()))
    assert isinstance(chain, SMD)
    state, found, changes, accepted = State(gauge.hot(run.lattice, run.group, 5), 0, 78), [], [], []
    for _ in range(4600):
        state, info = chain.step(state)
        P, L = (one.measure(run.lattice, state.U, run.group, None) for one in what)
        found.append((P["plaquette"], L["polyakov_directions"][0][0]))
        changes.append(info.dH)
        accepted.append(info.accepted)
    bins = np.array(found[100:]).reshape(30, -1, 2).mean(axis=1)
    means, errors = averages(kind, flavors)
    errors = np.hypot(errors, bins.std(axis=0, ddof=1) / np.sqrt(30))
    assert (abs(bins.mean(axis=0) - means) < 4.0 * errors).all(), (bins.mean(axis=0), means, errors)
    assert abs(means - averages(kind, 0)[0])[0] > 3.0 * errors[0]  # the determinant matters
    balance = detailed_balance(np.array(changes[100:])).reshape(30, -1).mean(axis=1)
    assert abs(balance.mean()) < 4.0 * balance.std(ddof=1) / np.sqrt(30)
    assert 0.1 < np.mean(accepted) < 0.9 or case not in ("two", "guided")
