"""Runs of stochastic molecular dynamics as a user makes them: resumed bit for bit, verified, forked, analysed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.config import load_text
from lqcdnn.errors import DataError
from lqcdnn.fields.algebra import momenta
from lqcdnn.jobs.build import build
from lqcdnn.jobs.states import state_content, whole_state
from lqcdnn.storage import checkpoint, hdf5
from lqcdnn.update.smd import SMD
from lqcdnn.update.state import State
from tests.cli.runs import (
    SMALL,
    assert_resumes_in_pieces,
    assert_threads_do_not_matter,
    content,
    generated,
    lqcdnn,
    options,
    records,
)

INPUT = SMALL.replace("steps = 4", "steps = 4\nlength = 0.4\nfriction = 0.6\naccept_first = 2")
GUIDE = "[guide.gauge]\nbeta = 2.1\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run, of which some cycles are rejected: the guide has another beta."""
    return generated(tmp_path_factory.mktemp("smd"), INPUT + GUIDE)


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    outcomes = [line.get("accepted") for line in records(folder / "small")]
    assert set(outcomes[2:]) == {True, False}
    rejected = 1 + outcomes.index(False)
    assert_resumes_in_pieces(folder, 0, rejected - 2, 12)
    assert lqcdnn(folder, "verify", "small").returncode == 0


def test_stopped_by_time_it_goes_on(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", "--max-time", "0.001", *options("run.name=stopped"))
    assert done.returncode == 75
    assert lqcdnn(folder, "generate", "in.toml", *options("run.name=stopped")).returncode == 0
    assert content(folder / "stopped") == content(folder / "small")


@pytest.mark.slow
def test_threads_do_not_matter(tmp_path: Path) -> None:
    assert_threads_do_not_matter(tmp_path, INPUT + GUIDE)


@pytest.mark.slow
def test_stabilised_wilson_quarks(tmp_path: Path) -> None:
    """Resumed and on any number of threads the same bytes, with two flavours and one more by a rational power."""
    quarks = (
        'kind = "wilson"\nflavors = 2\nmass = 0.3\ncsw = 1.9\nclover = "exponential"\n'
        '[[action.fermion]]\nkind = "wilson"\nflavors = 1\nmass = 0.5\ncsw = 1.9\nclover = "exponential"\n'
        "spectrum = [0.01, 30.0]\n"
    )
    text = INPUT.replace('kind = "staggered"\nflavors = 4\nmass = 0.5\n', quarks)
    assert_threads_do_not_matter(tmp_path, text)
    assert_resumes_in_pieces(generated(tmp_path, text), 0, 4, 12)


def test_a_fork_begins_with_links_alone(folder: Path) -> None:
    done = lqcdnn(folder, "generate", "in.toml", "--fork", "forked", *options("update.friction=0.2"))
    assert done.returncode == 0, done.stderr
    assert len(records(folder / "forked")) == 14
    found = checkpoint.load_latest(folder / "forked" / "checkpoint")
    assert found is not None
    assert {"links", "momenta", "pseudofermion.1"} == set(found[0])
    assert lqcdnn(folder, "verify", "forked").returncode == 0
    refused = lqcdnn(folder, "generate", "in.toml", *options("update.friction=0.2"))
    assert refused.returncode == 2
    assert "update.friction" in refused.stderr


def test_a_checkpoint_without_momenta_is_no_state(folder: Path, tmp_path: Path) -> None:
    """Nor is a saved configuration, so that --repair does not go back to one."""
    shutil.copytree(folder / "small", tmp_path / "small")
    for path in checkpoint.paths(tmp_path / "small" / "checkpoint"):
        path.unlink()
    arrays, attributes = hdf5.unpack(folder / "small" / "checkpoint" / "a.h5")
    rest = {name: value for name, value in attributes.items() if name != "serial"}
    checkpoint.save(tmp_path / "small" / "checkpoint", {"links": arrays["links"]}, rest)
    (tmp_path / "in.toml").write_text(INPUT + GUIDE)
    refused = lqcdnn(tmp_path, "generate", "in.toml")
    assert refused.returncode == 3
    assert "holds no momenta" in refused.stderr
    told = lqcdnn(tmp_path, "verify", "small").stdout
    assert "no momenta" in told
    assert "no pseudofermion.1" in told
    path = tmp_path / "small" / "checkpoint" / "a.h5"
    path.write_bytes(path.read_bytes()[:-40])
    refused = lqcdnn(tmp_path, "generate", "in.toml", "--repair")
    assert refused.returncode == 3
    assert "no sound state that old is left" in refused.stderr
    path.unlink()
    refused = lqcdnn(tmp_path, "generate", "in.toml", "--repair")
    assert refused.returncode == 3
    assert "saved configurations are not all that this chain remembers" in refused.stderr


def test_analyze_says_what_rejections_do(folder: Path) -> None:
    cycles = ("run.trajectories=60", "run.name=long")
    assert lqcdnn(folder, "generate", "in.toml", *options(*cycles)).returncode == 0
    done = lqcdnn(folder, "analyze", "long", "--json")
    verdict = next(v for v in json.loads(done.stdout)["verdicts"] if v["name"] == "acceptance")
    assert verdict["status"] == "warn"
    assert "rejections turn momenta around every" in verdict["sentence"]


WILSON = '[[action.fermion]]\nkind = "wilson"\nflavors = 2\nmass = 0.5\n'
KINDS = {
    "U(1)": ("[4, 8]", "", WILSON),
    "walls": ("[2, 4, 2, 4]", "",
              '[[action.fermion]]\nkind = "domain_wall"\nflavors = 2\nmass = 0.5\nL5 = 4\nM5 = 1.8\n'),
    "SU(2)": ("[2, 4, 2, 4]", 'time = "open"', '[[action.fermion]]\nkind = "staggered"\nflavors = 8\nmass = 0.5\n'),
    "SU(3)": ("[2, 4, 2, 4]", "", WILSON + "hasenbusch = [0.8]\n" + WILSON.replace("flavors = 2", "flavors = 3")
              + "spectrum = [0.1, 9.0]\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", KINDS)
def test_checkpoints_hold_momenta_and_pseudofermions(case: str) -> None:
    shape, time, fermions = KINDS[case]
    group = "SU(2)" if case == "walls" else case
    text = INPUT.replace("[4, 2, 2, 4]", f"{shape}\n{time}").replace("SU(2)", group).replace("twisted", "cold")
    text = text.split("[[action.fermion]]")[0] + fermions + "[update]\nfriction = 0.3\n"
    sim = build(load_text(text))
    update = sim.update()
    assert isinstance(update, SMD)
    assert len(sim.pseudofermions) == len(update.pseudofermions) == {"SU(3)": 4}.get(group, 1)
    rng = np.random.default_rng(4)
    U, P = sim.lattice.links(sim.group.n), momenta(sim.lattice, sim.group.n)
    P["c"] = rng.normal(size=P["c"].shape)
    fields = []
    for field in sim.pseudofermions:
        field.phi["c"] = rng.normal(size=field.phi["c"].shape)
        fields.append(field.phi)
    state = State(U, 4, 7, momenta=P, pseudofermions=tuple(fields))
    arrays, attributes = state_content(sim, state)
    one = np.broadcast_to(np.eye(sim.group.n, dtype=complex), arrays["links"].shape)
    again = whole_state(Path(), {**arrays, "links": one}, attributes, sim, 7, list)
    assert again.momenta is not None
    np.testing.assert_array_equal(again.momenta["c"], P["c"])
    for found, known in zip(again.pseudofermions, fields, strict=True):
        assert found.dtype == known.dtype
        np.testing.assert_array_equal(found["c"], known["c"])
    for name in set(arrays) - {"links"}:
        lost = {"links": one, **{key: value for key, value in arrays.items() if key not in ("links", name)}}
        with pytest.raises(DataError, match=f"holds no {name}"):
            whole_state(Path(), lost, attributes, sim, 7, list)
    for name, wrong, message in [
        ("momenta", arrays["momenta"] + 0.5, "not in the algebra"),
        ("momenta", np.full_like(arrays["momenta"], np.nan), "not in the algebra"),
        ("pseudofermion.1", np.full_like(arrays["pseudofermion.1"], np.nan), "not finite"),
    ]:
        with pytest.raises(DataError, match=message):
            whole_state(Path(), {**arrays, "links": one, name: wrong}, attributes, sim, 7, list)
