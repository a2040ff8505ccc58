"""How often the benchmark calls what it times."""

import pytest

from lqcdnn.jobs.bench import sampling


class Clock:
    """A call that lasts `cold` seconds until it was called twice (compiled, cache filled), then `warm` ones."""

    def __init__(self, cold: float, warm: float) -> None:
        self.cold, self.warm, self.now, self.calls = cold, warm, 0.0, 0

    def __call__(self) -> None:
        self.calls += 1
        self.now += self.cold if self.calls <= 2 else self.warm


@pytest.mark.parametrize(
    ("cold", "warm", "expected"),
    [
        (0.012, 0.0035, (2, 2)),  # counted by the warm call, not by the cold one
        (0.012, 0.006, (1, 1)),  # longer than half a sample: once, but not cold
        (0.012, 0.03, (1, 1)),
        (0.06, 0.055, (0, 1)),
        (3e-6, 1e-6, (5, 8000)),
    ],
)
def test_short_calls_are_timed_warm(cold, warm, expected, monkeypatch):
    call = Clock(cold, warm)
    monkeypatch.setattr(sampling, "process_time", lambda: call.now)
    counts = sampling.counts_for(call)
    assert (counts.warming, counts.timed) == (expected[0], pytest.approx(expected[1], abs=1 if expected[1] > 9 else 0))
    before = call.calls
    assert sampling.seconds(call, counts) == pytest.approx(warm, rel=1e-6)
    assert call.calls - before == counts.warming + counts.timed
