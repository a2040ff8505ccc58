"""Memory that an input needs: refused where there cannot be as much, said where it was not given."""

from __future__ import annotations

import pytest

from lqcdnn.config import load_text
from lqcdnn.errors import MemoryLack
from lqcdnn.jobs import room
from lqcdnn.jobs.cores import whole_memory

TEXT = """
[lattice]
shape = [4, 4, 4, 8]
group = "SU(3)"
[run]
name = "r"
trajectories = 1
[action.gauge]
beta = 6.0
"""
LINKS = 4 * 4 * 4 * 8 * 4


def test_least():
    """18 numbers of each link, twice, and 9 of its momentum."""
    assert room.least_bytes(load_text(TEXT)) == LINKS * 8 * (2 * 18 + 9)
    assert room.least_bytes(load_text(TEXT, overrides=["update.kind=heatbath"])) == LINKS * 8 * 18


def test_too_large(monkeypatch):
    config, calls = load_text(TEXT), []
    known = room.with_room(lambda config, more: calls.append(more))
    known(config, 3)
    monkeypatch.setattr(room, "whole_memory", lambda: room.least_bytes(config) - 1)
    with pytest.raises(MemoryLack, match=r"shape = \[4, 4, 4, 8\] needs more than .* this machine"):
        known(config, 4)
    assert calls == [3]


@pytest.mark.parametrize(("said", "told"), [("Unable to allocate 36.0 GiB",) * 2, ("", "no more is given")])
def test_not_given(said, told):
    @room.with_room
    def greedy(config):
        raise MemoryError(said)

    with pytest.raises(MemoryLack, match=rf"\({told}\): lattice.shape = \[4, 4, 4, 8\] needs"):
        greedy(load_text(TEXT))


def test_all_there_is(tmp_path):
    root = str(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lqcdnn.jobs.cores.resource.getrlimit", lambda which: (-1, -1))
        assert whole_memory(root) > 2**62
        for name, text, whole in [
            ("proc/meminfo", "MemTotal: 100 kB\nSwapTotal:   50 kB\n", 153600),
            ("proc/self/cgroup", "0::/a\n", 153600),
            ("sys/fs/cgroup/a/memory.max", "45000\n", 153600),
            ("sys/fs/cgroup/a/memory.swap.max", "5000\n", 50000),
        ]:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            assert whole_memory(root) == whole
        patch.setattr("lqcdnn.jobs.cores.resource.getrlimit", lambda which: (4000, 5000))
        assert whole_memory(root) == 4000
