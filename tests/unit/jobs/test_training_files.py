"""Offline training reads each of its files once, as long as their links fit into memory."""

from collections import Counter

import numpy as np
import pytest
from input_head import head

import lqcdnn
from lqcdnn.errors import InputError
from lqcdnn.jobs import course
from lqcdnn.jobs.build import build
from lqcdnn.jobs.fork import Parent
from lqcdnn.jobs.generate import generate
from lqcdnn.jobs.train import refuse_bad_start

INPUT = head([4, 2, 2, 4], "SU(2)", 2.0, name="NAME", trajectories=6, save_every=2, seed=5) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
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


def test_files_that_do_not_fit_are_refused_before_anything_is_written(tmp_path, monkeypatch):
    """By train and by generate, in a fork too; a chain that begins elsewhere needs no run.initial."""
    monkeypatch.chdir(tmp_path)
    links, fitting = (np.broadcast_to(np.eye(2, dtype=complex), (4, x, 2, 2, 4, 2, 2)) for x in (2, 4))
    lqcdnn.write_configuration("other.h5", links, "SU(2)", {})
    lqcdnn.write_configuration("fits.h5", fitting, "SU(2)", {})
    (tmp_path / "net.toml").write_text(INPUT.replace("NAME", "net") + TRAINING)
    parent = Parent(str(tmp_path / "run"), 3, "0" * 64, links)
    for pattern, words in (("o*.h5", r"other.h5 holds SU\(2\) on 2x2x2x4; allowed"), ("no*.h5", "no file matches")):
        files = ["fits.h5"] if pattern == "o*.h5" else []
        config = lqcdnn.load("net.toml", [f"train.configs={[*files, pattern]}"])
        for start in (lqcdnn.train, lqcdnn.generate, lambda config: generate(config, parent=parent)):
            with pytest.raises(InputError, match=words):
                start(config)
            assert not (tmp_path / "net").exists()
    config = lqcdnn.load("net.toml", ['train.configs=["fits.h5"]', "run.initial=no.h5"])
    refuse_bad_start(config, build(config), trains=True, forked=True)
    with pytest.raises(InputError, match=r"run\.initial: no\.h5: no such file"):
        refuse_bad_start(config, build(config), trains=True)
