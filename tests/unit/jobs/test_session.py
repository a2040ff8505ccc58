"""When a session writes checkpoints, with a clock that is set by hand."""

from types import SimpleNamespace

import pytest

from lqcdnn.jobs import session


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(session, "monotonic", lambda: clock.now)
    return clock


def work(clock):
    return session.Session(run=None, config=None, stop=None, _saved=clock.now)


def test_every_so_many_steps_and_after_the_last(clock):
    one = work(clock)
    assert [done for done in range(1, 12) if one.checkpoint_due(done, 11, 3)] == [3, 6, 9, 11]


def test_by_time_and_after_the_last(clock):
    one, due = work(clock), []
    for done in range(1, 13):
        clock.now += 0.4 * session.CHECKPOINT_SECONDS
        if one.checkpoint_due(done, 13, None):
            due.append(done)
    assert due == [3, 6, 9, 12]
    assert one.checkpoint_due(13, 13, None)
