"""Numbers with what they count."""

import pytest

from lqcdnn.config.language.counts import article, counted, plural


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (0, "trajectory", "0 trajectories"),
        (1, "trajectory", "1 trajectory"),
        (2, "trajectory", "2 trajectories"),
        (1, "more trajectory", "1 more trajectory"),
        (3, "training sample", "3 training samples"),
    ],
)
def test_counted(number, unit, text):
    assert counted(number, unit) == text


def test_plural():
    assert [plural(unit) for unit in ("row", "entry", "step")] == ["rows", "entries", "steps"]


def test_article():
    assert [article(word) for word in ("fermion", "antiquark")] == ["a fermion", "an antiquark"]
