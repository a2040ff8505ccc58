"""Runs with quarks in higher representations as a user makes them: trained, resumed, measured, with a twist."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from reference import representations, staggered

import lqcdnn as lqcdnn_package
from lqcdnn.errors import InputError
from lqcdnn.storage.formats import read_configuration
from lqcdnn.storage.journal import Journal
from tests.cli.runs import (
    GUIDED,
    SMALL,
    assert_resumes_in_pieces,
    assert_threads_do_not_matter,
    content,
    generated,
    lqcdnn,
)

ADJOINT = 'mass = 0.5\nrepresentation = "adjoint"\n'
INPUT = GUIDED.replace("mass = 0.5\n", ADJOINT)
TWISTED = SMALL.replace("mass = 0.5\n", ADJOINT).replace('group = "SU(2)"', 'group = "SU(2)"\ntwist = {xy = 1}')
LAST = "small/configs/cfg_00000014.h5"
VALENCE = """
[valence.light]
kind = "staggered"
mass = 0.3
representation = "adjoint"
[valence.plain]
kind = "staggered"
mass = 0.3
[observables.condensate]
fermion = "light"
[observables.p_condensate]
fermion = "plain"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a self-learning run, trained first."""
    return generated(tmp_path_factory.mktemp("representations"), INPUT)


def condensate(links: np.ndarray, mass: float, flavors: int, representation: str = "adjoint") -> float:
    """(Nf / 4 V) Tr (D + m)^-1 by a dense matrix."""
    D = staggered.dense_hop(representations.represented(links, representation), (1, 1, 1, -1))
    trace = np.linalg.inv(D + mass * np.eye(len(D))).trace().real
    return float(flavors / 4.0 * trace / np.prod(links.shape[1:-2]))


def record(run: Path, name: str, number: int) -> dict[str, object]:
    """What was measured on a configuration of a run."""
    (found,) = (one for one in Journal(run / f"measure/{name}.jsonl").records().records if one["trajectory"] == number)
    return dict(found)


def test_the_condensate_is_that_of_the_representation(folder: Path) -> None:
    links = read_configuration(folder / "small/configs/cfg_00000012.h5").links
    found = record(folder / "small", "condensate", 12)
    assert found["condensate"] == pytest.approx(condensate(links, 0.5, 4), rel=1e-12)


def test_stopped_and_resumed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT)
    for trajectories in (1, 5, 12):
        done = lqcdnn(tmp_path, "generate", "in.toml", "--set", f"run.trajectories={trajectories}")
        assert done.returncode == 0, done.stderr
    assert content(tmp_path / "small") == content(folder / "small")


def test_the_run_is_in_order(folder: Path) -> None:
    assert lqcdnn(folder, "verify", "small").returncode == 0
    done = lqcdnn(folder, "generate", "in.toml", "--set", 'action.fermion.1.representation="symmetric"')
    assert done.returncode == 2
    assert 'action.fermion.1.representation: "adjoint" in the run, "symmetric" now' in done.stderr


@pytest.mark.slow
def test_threads_give_the_same_bytes(tmp_path: Path) -> None:
    assert_threads_do_not_matter(tmp_path, INPUT)


def test_valence_quarks_of_files(folder: Path) -> None:
    (folder / "files.toml").write_text(VALENCE)
    done = lqcdnn(folder, "measure", "--configs", "files.toml", LAST, "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    links = read_configuration(folder / LAST).links
    assert found["condensate"] == pytest.approx(condensate(links, 0.3, 1), rel=1e-12)
    assert found["p_condensate"] == pytest.approx(condensate(links, 0.3, 1, "fundamental"), rel=1e-12)
    assert found["condensate_quark"]["representation"] == "adjoint"
    assert "representation" not in found["p_condensate_quark"]


def test_a_group_without_is_named(folder: Path) -> None:
    valence = {"heavy": {"kind": "staggered", "mass": 1.0, "representation": "antisymmetric"}}
    options = {"condensate": {"fermion": "heavy"}}
    with pytest.raises(InputError, match=r'valence\.heavy\.representation.*SU\(2\).*"adjoint"'):
        lqcdnn_package.measure_configuration(folder / LAST, options, tables={"valence": valence})


def test_adjoint_quarks_go_with_a_twist(tmp_path: Path) -> None:
    folder = generated(tmp_path, TWISTED.replace("steps = 4", "steps = 8"))
    links = read_configuration(folder / "small/configs/cfg_00000012.h5").links
    found = record(folder / "small", "condensate", 12)
    assert found["condensate"] == pytest.approx(condensate(links, 0.5, 4), rel=1e-12)
    journal = Journal(folder / "small/journal.jsonl").records().records
    assert sum(one["accepted"] for one in journal) > 10
    assert_resumes_in_pieces(folder, 3, 12)
