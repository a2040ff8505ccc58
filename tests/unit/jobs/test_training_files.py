"""Offline training reads each of its files once, as long as their links fit into memory."""

from collections import Counter

import pytest

import lqcdnn
from lqcdnn.jobs import course

INPUT = """
[lattice]
shape = [4, 4]
group = "SU(2)"
[run]
name = "NAME"
trajectories = 6
save_every = 2
seed = 5
[action.gauge]
beta = 2.0
[[action.fermion]]
kind = "staggered"
flavors = 2
mass = 0.5
"""
TRAINING = """
[[guide.fermion]]
mass = 0.6
links = "net"
[[network.net.layer]]
loops = ["plaquette"]
[train]
mode = "offline"
configs = ["run/configs/*.h5"]
trajectories = 4
batch = 3
rate = 1e-6
"""


@pytest.mark.parametrize(("room", "times"), [(course.KEPT, 1), (0, 4)])
def test_files_are_read_once_if_there_is_room(tmp_path, monkeypatch, room, times):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.toml").write_text(INPUT.replace("NAME", "run"))
    (tmp_path / "net.toml").write_text(INPUT.replace("NAME", "net") + TRAINING)
    lqcdnn.generate(lqcdnn.load("run.toml"))
    read, original = Counter(), course.file_links

    def counted(config, sim, key, path):
        read[path] += 1
        return original(config, sim, key, path)

    monkeypatch.setattr(course, "file_links", counted)
    monkeypatch.setattr(course, "KEPT", room)
    lqcdnn.train(lqcdnn.load("net.toml"))
    assert list(read.values()) == [times] * 3
