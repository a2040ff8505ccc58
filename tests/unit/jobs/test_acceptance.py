"""What the decisions of a chain say, where some trajectories had no test."""

from lqcdnn.config import load_text
from lqcdnn.jobs.acceptance import Acceptance, Tuning
from lqcdnn.jobs.build import build
from lqcdnn.update.tuning import WARM_UP
from tests.cli.runs import SMALL


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
