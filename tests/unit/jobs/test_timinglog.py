"""What a session writes about its time, with a clock that stands still between the tests' hands."""

from types import SimpleNamespace

import pytest

from lqcdnn.jobs.timinglog import TimingLog
from lqcdnn.storage.journal import Journal
from lqcdnn.timing import Part


class Watch:
    """A stopwatch that is set by hand."""

    def __init__(self):
        self.cpu = 0.0

    @property
    def total(self):
        return Part(self.cpu, 2.0 * self.cpu, 1)

    @property
    def parts(self):
        return {"forces": Part(0.7 * self.cpu), "measurement": Part(0.2 * self.cpu), "I/O": Part(0.1 * self.cpu)}


@pytest.fixture
def run(tmp_path):
    return SimpleNamespace(timing_path=tmp_path / "timing.jsonl", manifest={"sessions": [{}, {}]})


def test_increments(run):
    watch = Watch()
    log = TimingLog(run, 10, watch)
    for cpu, number in ((50.0, 11), (52.0, 12), (60.0, 20)):
        watch.cpu = cpu
        log.note_first(number)
    log.note(20)
    log.note(20)
    records = Journal(run.timing_path).records().records
    assert [(r["first"], r["trajectory"], r["start"]) for r in records] == [(11, 11, True), (12, 20, False)]
    assert [r["cpu"] for r in records] == pytest.approx([50.0, 10.0])
    assert [r["cpu_update"] for r in records] == pytest.approx([35.0, 7.0])
    assert [r["wall"] for r in records] == pytest.approx([100.0, 20.0])
    assert {r["session"] for r in records} == {2}


def test_a_session_without_trajectories_writes_nothing(run):
    TimingLog(run, 10, Watch()).note(10)
    assert not run.timing_path.exists()
