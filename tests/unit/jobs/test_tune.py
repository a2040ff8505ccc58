"""Tuning by counts in place of clocks: the same numbers each time, whatever the machine does."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.config import load_text
from lqcdnn.config.tables.schema import expand_terms
from lqcdnn.errors import InputError, StoppedEarly
from lqcdnn.integrators import SCHEMES, Integrator, Level
from lqcdnn.jobs.build import build
from lqcdnn.jobs.starts import initial_links
from lqcdnn.jobs.tune.acceptance import LEAST, Spread, spread_of
from lqcdnn.jobs.tune.actions import smallest_scale, splits
from lqcdnn.jobs.tune.family import Costs, Family
from lqcdnn.jobs.tune.result import joined_terms
from lqcdnn.jobs.tune.run import Options, tune
from lqcdnn.jobs.tune.start import _distribution, given
from lqcdnn.jobs.tune.text import tuned_text
from lqcdnn.update.chain import StopRequest
from lqcdnn.update.observed import Trial
from lqcdnn.update.state import State
from tests.cli.runs import GAUGE, GUIDED, SMALL

COSTS = {"gauge": 1.0, "fermion.1": 20.0, "fermion.1.1": 18.0, "fermion.1.2": 9.0, "fermion.1.3": 6.0}
UNIT = 2.0**-10
"""What a force counts: so many of these units."""
BIAS = '[update.bias]\nvariable = "plaquette"\nrange = [0.3, 0.6]\nbins = 10\nheight = 0.1\nbuild = 2'
QUICK = Options(minutes=10.0, enough=16, shown=4)


@pytest.fixture
def meter(monkeypatch):
    """Counts forces."""
    work, kick = [0.0], Hamiltonian.kick

    def counted(self, P, U, names, eps):
        work[0] += UNIT * sum(COSTS[name] for name in names)
        kick(self, P, U, names, eps)

    monkeypatch.setattr(Hamiltonian, "kick", counted)
    return lambda: work[0]


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A folder to work in, and a function that writes an input."""
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "in.toml").write_text(text)
        return "in.toml"

    return write


def expanded(levels):
    return [list(expand_terms(tuple(level["terms"]), (1,))) for level in levels]


def trials(changes, cost=1.0):
    return [Trial(dH, dH, cost, cost) for dH in changes]


def test_spread_of_normal_changes():
    """By their sizes alone, and of a few far off only that they are."""
    rng = np.random.default_rng(3)
    for variance in (0.05, 0.5, 3.0):
        found = spread_of(rng.normal(0.5 * variance, math.sqrt(variance), 20_000))
        assert found.variance == pytest.approx(variance, abs=4.0 * found.error)
        assert found.error < 0.03 * variance
    assert spread_of([0.4, -1.0, 0.2]) == spread_of([-0.4, 1.0, 0.2])
    assert spread_of([0.0] * 7 + [1e9]).acceptance == pytest.approx(7 / 8)
    assert spread_of([1e9] * 8).acceptance == pytest.approx(LEAST)
    assert spread_of([]) == Spread(0.0, 0.0)
    assert Spread(8.0 * 0.25, 0.0).acceptance == pytest.approx(math.erfc(0.5))
    assert (Spread(1.0, 3.0) + Spread(2.0, 4.0)) == Spread(3.0, 5.0)


def test_steps_follow_from_one_size_until_others_were_tried():
    one = Integrator((Level(SCHEMES["leapfrog"], 1, ("gauge",)),), 1.0)
    family = Family(one, 2, Costs({"gauge": 1.0}, 0.0, 5.0), [16.0, -8.0])
    assert family.cost(7) == 12.0
    assert family.integration(2) == spread_of([4.0, -2.0])
    family.tried[4] = trials([0.0, 0.0, 0.5, 0.5])
    assert family.integration(8) == spread_of([0.0, 0.0, 0.125, 0.125])
    family.tried[2] = trials([3.0] * 8, 2.5)
    assert family.cost(2) == 2.5
    assert family.spread(2, Spread(1.0, 1.0)) == spread_of([3.0] * 8)
    costs = {n: family.merit(n, Spread(0.0, 0.0)) for n in range(1, 60) if family.integration(n).acceptance >= 0.75}
    assert family.best(Spread(0.0, 0.0)) == min(costs, key=costs.__getitem__)
    family.failed = 30
    assert family.best(Spread(0.0, 0.0)) == 31


def test_cost_is_counted_as_molecular_dynamics_goes():
    levels = Level(SCHEMES["force_gradient"], 2, ("fermion.1",)), Level(SCHEMES["leapfrog"], 3, ("gauge",))
    costs = Costs({"gauge": 1.0, "fermion.1": 100.0}, 0.0, 0.0)
    assert costs.moving(Integrator(levels, 1.0)) == 100.0 * (3 + 2 * 2) + 4 * 3  # kicks with a shift have two forces


def test_a_tuning_comes_out_the_same_again(source, meter):
    path = source(GAUGE)
    one, two = (replace(tune(path, (), QUICK, meter=meter), seconds=0.0) for _ in range(2))
    assert one == two


def test_what_is_cheapest_by_count_is_found(source, meter):
    found = tune(source(SMALL), (), QUICK, meter=meter)
    assert found.start == "a twisted start and 2 trajectories of thermalization made here"
    assert found.best.merit == min(row.merit for row in (found.best, found.present))
    assert found.best.merit < 0.7 * found.present.merit
    assert found.gain == pytest.approx(found.present.merit / found.best.merit)
    assert found.best.trials >= 8
    assert found.present.trials >= 8
    assert found.present.cost == 4 * 21.0 * UNIT  # leapfrog joins drifts: a force a step
    assert [row.term for row in found.forces] == ["gauge", "fermion.1"]
    assert found.forces[1].iterations > 0
    assert found.complete
    assert found.best_blame is None
    tuned = load_text(found.input_text())
    assert tuned.run.name == "small_tuned"
    assert [list(level.terms) for level in tuned.levels] == expanded(found.best.levels)
    text = tuned_text(found)
    assert "times less than with the input" in text
    assert max(map(len, text.splitlines())) <= 100
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["best"]["trials"] == found.best.trials


def test_terms_that_cost_most_are_outermost(source, meter):
    """A force of the gauge action counts a hundredth: there are time scales."""
    COSTS["gauge"] = 0.2
    try:
        found = tune(source(SMALL.replace("mass = 0.5", "mass = 0.9")), (), QUICK, meter=meter)
    finally:
        COSTS["gauge"] = 1.0
    assert "fermion.1" in "".join(found.best.levels[0]["terms"])
    assert found.best.levels[-1]["terms"] == ["gauge"]


def test_guides_share_the_blame(source, meter):
    config = GUIDED.split("[train]")[0].replace("mass = 0.7", "mass = 1.5")
    found = tune(source(config), (), QUICK, meter=meter)
    assert found.best_blame is not None
    assert found.present_blame is not None
    assert 0.5 < found.present_blame.share < 1.0
    assert found.present_blame.guide < found.present_blame.integrator
    assert "is the guide's (S_theta - S)" in tuned_text(found)


@pytest.mark.slow
@pytest.mark.parametrize("text", [GAUGE, SMALL], ids=["gauge", "staggered"])
def test_acceptance_is_that_of_a_run(source, meter, text):
    """Of the chosen integrator, in a chain as generate makes it."""
    found = tune(source(text), (), replace(QUICK, enough=400), meter=meter)
    sim, accepted = build(found.tuned), []
    update, state = sim.update(), State(initial_links(found.tuned, sim, 5), 0, 5)
    for _ in range(1200):
        state, info = update.step(state)
        accepted.append(info.acceptance_probability)
    mean, error = np.mean(accepted[200:]), np.std(accepted) / math.sqrt(1000.0 / 2.0)
    assert mean == pytest.approx(found.best.acceptance, abs=3.5 * math.hypot(error, found.best.acceptance_error))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('[update]\nkind = "heatbath"', 'update.kind = "heatbath" has no molecular dynamics to tune'),
        ("[update]\nfriction = 0.3\nlength = 0.5", "update.friction is not tuned"),
        (BIAS, "update.bias is not tuned"),
        ("[update.evolution]\nsteps = 2\nbetween = 1\nstart_beta = 2.1", "update.evolution is not tuned"),
        ('[update.tempering]\nside = 1\nnormal = "x"\ncouplings = [1.0, 0.0]', "update.tempering is not tuned"),
    ],
)
def test_updates_that_are_not_tuned(source, change, message):
    text = GAUGE.replace("[update]\nsteps = 4", change).replace("thermalization = 2", "thermalization = 4")
    with pytest.raises(InputError, match=message):
        given(source(text))


def test_training_comes_first(source):
    with pytest.raises(InputError, match="has not been carried out yet"):
        tune(source(GUIDED))


def test_terms_are_named_together_where_all_are_there():
    assert joined_terms(("gauge", "fermion.1.1", "fermion.1.2"), (2, 1)) == ("gauge", "fermion.1")
    assert joined_terms(("fermion.2", "fermion.1.1", "fermion.1.2"), (2, 1)) == ("fermion",)
    assert joined_terms(("fermion.1.2", "gauge"), (2,)) == ("fermion.1.2", "gauge")
    assert joined_terms(("fermion.1",), (1,)) == ("fermion.1",)


def test_too_short_a_time_says_so(source, meter):
    with pytest.raises(InputError, match="too short for 3 trajectories") as caught:
        tune(source(GAUGE), (), Options(minutes=1e-9), meter=meter)
    assert caught.value.hint == "--minutes 1 or more"


def test_a_length_that_takes_too_long_is_left_out(source, meter):
    found = tune(source(GAUGE), (), replace(QUICK, lengths=(1e9,)), meter=meter)
    assert found.left_out == ["the action, length 1e+09: no time for 3 reference trajectories"]


def test_links_of_another_action_are_not_in_equilibrium(source):
    one = load_text(SMALL)
    for change, same in (("action.fermion.1.mass=0.6", False), ("action.fermion.1.md_tolerance=1e-7", True),
                         ("action.gauge.beta=3", False), ("action.fermion.1.hasenbusch=[1.0]", True)):  # fmt: skip
        assert (_distribution(load_text(SMALL, "", (change,))) == _distribution(one)) is same


def test_a_signal_ends_the_search_with_what_is_known(source, meter, monkeypatch):
    count = [0]

    def reason(_self):
        count[0] += 1
        return "signal SIGTERM" if count[0] > 30 else None

    monkeypatch.setattr(StopRequest, "reason", property(reason))
    found = tune(source(GAUGE), (), QUICK, meter=meter)
    assert not found.complete
    assert found.trajectories < 30
    assert "before the cheapest was known" in tuned_text(found)


def test_a_signal_before_anything_is_known(source, meter, monkeypatch):
    monkeypatch.setattr(StopRequest, "reason", "signal SIGTERM")
    with pytest.raises(StoppedEarly, match="stopped by signal SIGTERM"):
        tune(source(GAUGE), meter=meter)


def test_masses_lie_between_that_of_the_quark_and_one():
    action = load_text(SMALL.replace("mass = 0.5", "mass = 0.04")).action
    found = [split.masses for split in splits(action, 1, 0.5)]
    assert found == [(), (0.089,), (0.2,), (0.45,), (0.12, 0.34)]
    heavy = load_text(SMALL.replace("mass = 0.5", "mass = 0.9")).action
    assert [split.masses for split in splits(heavy, 1, 0.5)] == [()]
    assert smallest_scale(100.0, 2e-10) == pytest.approx(math.log(1e10) / 100.0)
