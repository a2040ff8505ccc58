"""When a session writes checkpoints, with a clock that is set by hand."""

from types import SimpleNamespace

import pytest

from lqcdnn.config import load_text, physics_keys
from lqcdnn.errors import StoppedEarly
from lqcdnn.jobs import session
from lqcdnn.report.terminal.status import read_status
from tests.cli.runs import SMALL

GAUGE = SMALL.split("[[action.fermion]]")[0]


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


def test_a_run_is_at_work_before_its_first_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_text(GAUGE)

    def stopped():
        with session.session(config, physics_keys(config), "") as work:
            assert (read_status("small").state, read_status("small").alive) == ("running", True)
            work.status("running", trajectory=5, total=14, acceptance=0.8)
            raise StoppedEarly("stopped by signal SIGTERM")

    with pytest.raises(StoppedEarly):
        stopped()
    assert read_status("small").state == "stopped"
    with session.session(config, physics_keys(config), ""):
        found = read_status("small")
        assert (found.state, found.trajectory, found.total, found.acceptance) == ("running", 5, 14, 0.8)
        assert found.reason is None


@pytest.mark.parametrize("text", ["{", "[]", '{"trajectory": NaN, "total": 1e999, "acceptance": [1]}', '{"a":' * 10**5])
def test_a_damaged_status_is_replaced(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_text(GAUGE)
    for _ in range(2):
        with session.session(config, physics_keys(config), ""):
            found = read_status("small")
            assert (found.state, found.trajectory, found.total, found.acceptance) == ("running", None, None, None)
        (tmp_path / "small/status.json").write_text(text)
