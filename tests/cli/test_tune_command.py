"""``lqcdnn bench --tune`` as a user calls it: a run that is only read, nothing overwritten, wrong options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.runs import GAUGE, content, generated, lqcdnn


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a run of a pure gauge theory."""
    return generated(tmp_path_factory.mktemp("tuned"), GAUGE)


def files(place: Path) -> dict[str, bytes]:
    """Everything in a directory."""
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def test_a_run_is_tuned_and_left_alone(folder: Path) -> None:
    before = files(folder)
    done = lqcdnn(folder, "bench", "--tune", "small", "-o", "tuned.toml")
    assert done.returncode == 0, done.stderr
    assert "tuned from the checkpoint of small after trajectory 14" in done.stdout
    assert "begins with the checkpoint of small" in done.stderr
    assert "\x1b" not in done.stdout
    assert lqcdnn(folder, "validate", "tuned.toml").returncode == 0
    written = (folder / "tuned.toml").read_text()
    assert 'name = "small_tuned"' in written
    assert "# Tuned from the checkpoint of small after trajectory 14: acceptance " in written
    again = lqcdnn(folder, "bench", "--tune", "small", "-o", "tuned.toml")
    assert again.returncode == 2
    assert "tuned.toml exists" in again.stderr
    assert files(folder) == before | {"tuned.toml": written.encode()}
    assert content(folder / "small")


def test_an_input_with_changes_as_plain_data(folder: Path) -> None:
    options = ["--set", "run.name=other", "--set", "run.thermalization=3", "--lengths", "0.5", "--json"]
    done = lqcdnn(folder, "bench", "--tune", "in.toml", *options)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["start"] == "a twisted start and 3 trajectories of thermalization made here"
    assert found["equilibrium"] is True
    assert {row["length"] for row in found["rows"]} <= {0.5, 1.0}
    assert found["present"]["levels"] == [{"terms": ["gauge"], "steps": 4, "integrator": "leapfrog"}]
    assert not (folder / "other").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tune", "nothing"], "no input file nothing"),
        (["--tune", "small", "--kernels"], "--kernels does not go with --tune"),
        (["--minutes", "1"], "--minutes belongs to --tune"),
        (["--tune", "small", "--lengths", "0,1"], "allowed: numbers above 0"),
        (["--tune", "small", "--minutes", "0"], "0.0 is not in the range x>0"),
        (["--tune", "small", "--minutes", "nan"], "nan; allowed: a number above 0"),
        (["--tune", "small", "--set", "lattice.shape=[4, 4]"], "small has links of another lattice"),
        (["--tune", "small", "--set", "update.kind=heatbath"], "steps"),
        (["--tune", "small", "-o", "nowhere/tuned.toml"], "there is no directory nowhere"),
    ],
)
def test_wrong_options(folder: Path, arguments: list[str], message: str) -> None:
    done = lqcdnn(folder, "bench", *arguments)
    assert done.returncode in (2, 4), done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
