"""``--threads auto``: as many as the lattice pays for and the machine has idle; numba's thread layers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from input_head import head

from lqcdnn.cli import running
from lqcdnn.config.load import load
from lqcdnn.jobs import cores
from lqcdnn.kernels import threads
from tests.cli.runs import GAUGE, SMALL, process


@pytest.mark.parametrize(
    ("shape", "colors", "idle", "expected"),
    [
        ((4,) * 4, 3, 16, 1),
        ((6,) * 4, 3, 16, 1),
        ((8,) * 4, 2, 16, 2),
        ((8,) * 4, 3, 16, 4),
        ((8,) * 4, 3, 2, 2),
        ((16,) * 4, 3, 16, 16),
        ((16,) * 4, 3, -3, 1),
    ],
)
def test_small_lattices_take_few_threads(shape, colors, idle, expected, monkeypatch):
    numbers = 2 * colors**2
    for extent in shape:
        numbers *= extent
    monkeypatch.setattr(running, "idle_cores", lambda: idle)
    monkeypatch.setattr(threads, "layers", lambda: ["omp", "workqueue"])
    assert running.paying_threads(numbers) == expected


def test_slow_layers_take_fewer_still(monkeypatch):
    monkeypatch.setattr(running, "idle_cores", lambda: 4)
    monkeypatch.setattr(threads, "layers", lambda: ["workqueue"])
    assert running.paying_threads(18 * 8**4) == 1
    assert running.paying_threads(18 * 16**4) == 4


@pytest.mark.parametrize(
    ("shape", "asked", "idle", "expected"),
    [
        ("[4, 4]", None, 16, (1, 5)),
        ("[4, 4]", None, 1, (1, 1)),
        ("[4, 4]", None, 3, (1, 3)),
        ("[4, 4]", 8, 16, (1, 5)),
        ("[4, 4]", 1, 16, (1, 1)),
        ("[1024, 1024]", None, 16, (16, 1)),  # 16 threads of a large lattice do more than 5 processes
        ("[1024, 1024]", 4, 16, (4, 1)),  # and 4 threads more than 4 processes for 5 replicas
        ("[1024, 1024]", 5, 16, (1, 5)),
    ],
)
def test_replicas_are_shared_out_where_that_is_faster(shape, asked, idle, expected, tmp_path, monkeypatch):
    tempering = "[update.tempering]\ncouplings = [1.0, 0.6, 0.4, 0.2, 0.0]\nside = 2\n"
    text = head(shape, "U(1)", 1.0, seed=1)
    (tmp_path / "in.toml").write_text(text + '[update]\nkind = "heatbath"\n' + tempering)
    monkeypatch.setattr(running, "idle_cores", lambda: idle)
    monkeypatch.setattr(threads, "layers", lambda: ["omp", "workqueue"])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("LQCDNN_THREADS", "unset")
    processes = running.share_replicas(asked, load(tmp_path / "in.toml"))
    assert (int(os.environ["LQCDNN_THREADS"]), processes) == expected


@pytest.fixture
def machine(tmp_path: Path, monkeypatch):
    """A function that writes a file of a system with eight cores, whose root this is."""
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)

    def write(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(tmp_path)

    return write


def test_cores_of_others_are_left_to_them(machine, tmp_path: Path):
    assert cores.idle_cores(str(tmp_path)) == 8
    for text, idle in (("0.1 0.2 0.3 1/300 4321", 8), ("9 9 9 6/300 4321", 3), ("9 9 9 40/300 4321", 0), ("?", 8)):
        assert cores.idle_cores(machine("proc/loadavg", text)) == idle


def test_no_more_cores_than_a_container_has_time_for(machine):
    machine("proc/self/cgroup", "0::/jobs/mine\n")
    assert cores.usable_cores(machine("sys/fs/cgroup/jobs/mine/cpu.max", "max 100000\n")) == 8
    assert cores.usable_cores(machine("sys/fs/cgroup/jobs/cpu.max", "350000 100000\n")) == 3
    assert cores.usable_cores(machine("sys/fs/cgroup/jobs/mine/cpu.max", "50000 100000\n")) == 1
    machine("sys/fs/cgroup/jobs/mine/cpu.max", "?")
    assert cores.idle_cores(machine("proc/loadavg", "9 9 9 4/300 4321")) == 3


def test_containers_of_older_systems(machine):
    machine("proc/self/cgroup", "3:cpuset:/\n2:cpu,cpuacct:/docker/abc\n0::/\n")
    machine("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")
    assert cores.usable_cores(machine("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")) == 8
    assert cores.usable_cores(machine("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n")) == 2


def test_workqueue_is_the_last_layer():
    found = threads.layers()
    assert "workqueue" in found
    assert found[-1] == "workqueue"


@pytest.mark.slow
@pytest.mark.parametrize("text", [GAUGE, SMALL], ids=["gauge", "fermions"])
@pytest.mark.parametrize("layer", threads.layers())
def test_same_bytes_with_every_layer(layer: str, text: str, tmp_path: Path, monkeypatch):
    """Kernels for several threads are compiled for this test; `make faults` has all updates with the best layer."""
    journals = []
    for name, count in (("default", 1), (layer, 2)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "in.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("NUMBA_THREADING_LAYER", layer)
        assert process(folder, "generate", "in.toml", threads=count).returncode == 0
        journals.append(next(folder.rglob("journal.jsonl")).read_bytes())
    assert journals[0] == journals[1]
