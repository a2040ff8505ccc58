"""What the decisions of a chain say, where some trajectories had no test."""

from types import SimpleNamespace

import pytest

from lqcdnn.config import load_text
from lqcdnn.jobs.acceptance import STUCK, Acceptance, Tuning
from lqcdnn.jobs.build import build
from lqcdnn.update.tuning import WARM_UP
from tests.cli.runs import GAUGE, SMALL, lqcdnn


def record(number, probability=None):
    test = {"forced": True} if probability is None else {"accepted": True, "acceptance_probability": probability}
    return {"trajectory": number, "dH": 20.0, **test}


def test_acceptance_is_that_of_the_tests():
    assert Acceptance([record(1), record(2)]).facts() == {}
    assert Acceptance([record(1), record(2, 0.5)]).facts() == {"acceptance": 1.0}


def test_tuning_begins_with_the_first_test():
    """Its five trajectories of warming up are counted from there, too."""
    text = SMALL.replace("thermalization = 2", "thermalization = 30").replace("steps = 4", "steps = 4\ntune = true")
    config = load_text(text.replace("tune = true", "tune = true\naccept_first = 8"))
    tuning = Tuning(config, build(config).update())
    tested = 8 + WARM_UP
    tuning.replay([record(n, None if n <= 8 else 0.0) for n in range(1, tested + 1)])
    assert tuning.update.integrator.steps == 4
    tuning.observe(record(tested + 1, 0.0))
    assert tuning.update.integrator.steps > 4


@pytest.mark.parametrize(
    ("numbers", "tuned", "told"),
    [
        ([1e3] * 5, False, {3: "far too coarse"}),
        ([float("nan"), float("inf"), 60.0], False, {3: "far too coarse"}),
        ([1e3] * 5, True, {}),  # steps follow
        ([1e3, 40.0, 1e3, 1e3], False, {}),  # exp(-40) is small, and an action of its own fluctuates
        ([None, 1e3, 1e3], False, {}),  # accepted without a test
        ([40.0] * 50, False, {50: "does not move"}),
        ([1e3] * 500, False, {3: "far too coarse", 50: "does not move", 500: "does not move"}),
    ],
)
def test_steps_that_are_far_too_coarse_are_told_after_three(numbers, tuned, told):
    acceptance, found = Acceptance([]), {}
    for number, dH in enumerate(numbers, 1):
        acceptance.observe(SimpleNamespace(accepted=None if dH is None else False), dH)
        if warning := acceptance.warning(dH or 0.0, tuned):
            found[number] = warning
    assert set(found) == set(told)
    assert all(words in found[number] and "Use more steps" in found[number] for number, words in told.items())


def test_an_accepted_trajectory_begins_anew():
    acceptance = Acceptance([])
    for accepted, dH in ((False, 1e3), (False, 1e3), (True, 0.1), (False, 1e3)):
        acceptance.observe(SimpleNamespace(accepted=accepted), dH)
        assert acceptance.warning(dH, False) is None
    assert acceptance.rejected == 1 < min(STUCK)


def test_generate_says_so(tmp_path):
    (tmp_path / "in.toml").write_text(GAUGE.replace("steps = 4", "steps = 1\nlength = 8.0"))
    done = lqcdnn(tmp_path, "generate", "in.toml", "--set", "run.trajectories=2")
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("far too coarse") == 1
