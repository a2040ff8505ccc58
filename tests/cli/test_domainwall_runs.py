"""Domain wall quarks of 2+1 flavours as a user runs them: resume, threads, a guide, measurements of both quarks."""

import json
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import content, generated, lqcdnn, process

TWO_PLUS_ONE = head(
    [4, 8], "U(1)", 2.0, kind="wilson", name="walls", trajectories=4, thermalization=2, seed=5, save_every=2
) + """\
[[action.fermion]]
kind = "domain_wall"
flavors = 2
mass = 0.05
M5 = 0.9
L5 = 4
hasenbusch = [0.3]
[[action.fermion]]
kind = "domain_wall"
flavors = 1
mass = 0.3
M5 = 0.9
L5 = 4
[update]
steps = 4
integrator = "omelyan"
[observables.plaquette]
[observables.condensate]
every = 2
fermion = "2"
[observables.pion]
every = 2
fermion = "2"
[observables.mesons]
every = 2
antiquark = "2"
"""
GUIDED = TWO_PLUS_ONE + """
[[guide.fermion]]
[[guide.fermion]]
mass = 0.33
links = "net"
md_error = 1e-6
[[network.net.layer]]
loops = ["plaquette"]
initial = 0.02
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Uninterrupted, with a guide of another strange mass on links of a network."""
    folder = tmp_path_factory.mktemp("whole")
    generated(folder, GUIDED)
    return content(folder / "walls")


def test_both_quarks_are_in_the_run_and_measured(whole: dict[str, bytes]) -> None:
    journal = [json.loads(line) for line in whole["journal.jsonl"].splitlines()]
    assert [record["trajectory"] for record in journal] == list(range(1, 7))
    assert all(abs(record["dH"]) < 1.0 for record in journal)
    assert all(record["residual"] < 1e-9 for record in journal)
    pion = [json.loads(line) for line in whole["measure/pion.jsonl"].splitlines()]
    assert all(record["residual_mass"] > 0.0 for record in pion)
    assert len(whole["measure/mesons.jsonl"].splitlines()) == len(whole["measure/condensate.jsonl"].splitlines()) == 3


def test_stopped_and_resumed_gives_the_same_bytes_of_walls(whole: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    for more in (("--set", "run.trajectories=1"), ()):
        assert lqcdnn(tmp_path, "generate", "in.toml", *more).returncode == 0
    assert content(tmp_path / "walls") == whole
    assert lqcdnn(tmp_path, "verify", "walls").returncode == 0


@pytest.mark.slow
def test_threads_give_the_same_bytes_of_walls(whole: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    assert process(tmp_path, "generate", "in.toml", "--threads", "2").returncode == 0
    assert content(tmp_path / "walls") == whole


def test_what_one_flavour_cannot_have_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(GUIDED)
    for change, message in (
        ("action.fermion.2.L5=3", "action.fermion.2.L5: found 3 with rational = true; allowed: an even number"),
        ("action.fermion.2.hasenbusch=[0.5]", "action.fermion.2.hasenbusch: found with rational = true"),
        ("action.fermion.2.determinant='exact'", "determinant: found \"exact\" with domain_wall fermions"),
    ):
        failed = lqcdnn(tmp_path, "generate", "in.toml", "--set", change)
        assert failed.returncode == 2
        assert message in failed.stderr
        assert failed.stderr.count(message) == 1
        assert "Traceback" not in failed.stderr
