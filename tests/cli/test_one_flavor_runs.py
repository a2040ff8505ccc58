"""2+1 flavours of domain wall quarks with the exact action of the third, as a user runs them."""

from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import content, generated, lqcdnn, options, process, records

INPUT = head([4, 8], "U(1)", 2.0, name="walls", trajectories=4, seed=5, save_every=1) + """\
[[action.fermion]]
kind = "domain_wall"
flavors = 2
mass = 0.1
M5 = 0.9
L5 = 4
[[action.fermion]]
kind = "domain_wall"
flavors = 1
mass = 0.3
M5 = 0.9
L5 = 4
determinant = "one_flavor"
[update]
steps = 4
[[guide.fermion]]
[[guide.fermion]]
mass = 0.33
L5 = 2
[observables.pion]
fermion = "2"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted run whose guide has a strange quark of another mass and fifth dimension."""
    return generated(tmp_path_factory.mktemp("whole"), INPUT)


def test_stopped_and_resumed_it_is_the_same_run(folder: Path, tmp_path: Path) -> None:
    journal = records(folder / "walls")
    assert [record["trajectory"] for record in journal] == [1, 2, 3, 4]
    assert all(abs(record["dH"]) < 2.0 for record in journal)
    assert all(record["residual"] < 1e-9 for record in journal)
    (tmp_path / "in.toml").write_text(INPUT)
    for more in (options("run.trajectories=1"), []):
        assert lqcdnn(tmp_path, "generate", "in.toml", *more).returncode == 0
    assert content(tmp_path / "walls") == content(folder / "walls")
    assert lqcdnn(tmp_path, "verify", "walls").returncode == 0


def test_the_quark_is_measured_later_too(folder: Path) -> None:
    """On the saved configurations, with the bytes that the run itself has written."""
    series = folder / "walls/measure/pion.jsonl"
    written = series.read_bytes()
    assert written.count(b"residual_mass") == 4
    series.unlink()
    assert lqcdnn(folder, "measure", "in.toml").returncode == 0
    assert series.read_bytes() == written


def test_stochastic_molecular_dynamics_resumes(folder: Path) -> None:
    """Its four-dimensional field is in the checkpoint beside that of the pair."""
    found = []
    for name, parts in (("smd", (3,)), ("parts", (1, 3))):
        for number in parts:
            changes = options("update.friction=0.5", f"run.name={name}", f"run.trajectories={number}")
            assert lqcdnn(folder, "generate", "in.toml", *changes).returncode == 0
        found.append(content(folder / name))
    assert found[0] == found[1]


@pytest.mark.slow
def test_threads_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in.toml").write_text(INPUT)
    assert process(tmp_path, "generate", "in.toml", "--threads", "2").returncode == 0
    assert content(tmp_path / "walls") == content(folder / "walls")


TOGETHER = {
    "phases": "theta = [0.1, 0.2]\n",
    "field": "electric_flux = [1]\n",
    "start vectors": "start_vectors = 3\n",
    "mixed precision": 'solver = "mixed"\n',
    "Moebius": "b5 = 1.5\nc5 = 0.5\n",
    "smeared links": 'links = "net"\n[[network.net.layer]]\nloops = ["plaquette"]\ninitial = 0.05\n',
    "force gradient": '[update]\nintegrator = "force_gradient"\nsteps = 2\n',
    "time scales": '[[update.level]]\nterms = ["fermion"]\nsteps = 3\n[[update.level]]\nterms = ["gauge"]\nsteps = 2\n',
    "defect": "[update.tempering]\ncouplings = [1.0, 0.5, 0.0]\nside = 2\n",
    "evolution": "[update.evolution]\nstart_beta = 1.5\nsteps = 3\nbetween = 2\n",
    "bias": "[update.bias]\nrange = 2.0\nbins = 40\nbuild = 1\n",
    "theta term": "[action.theta]\nimaginary = 1.0\n",
    "trained guide": '[[guide.fermion]]\nlinks = "net"\n[[network.net.layer]]\nloops = ["plaquette"]\n'
    "[train]\ntrajectories = 2\nrate = 1e-5\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TOGETHER)
def test_it_goes_together_with(name: str, tmp_path: Path) -> None:
    single = INPUT.split("[[action.fermion]]")[2].split("[update]")[0]
    begin = head([4, 8], "U(1)", 2.0, name="one", trajectories=2, thermalization=1, seed=5)
    generated(tmp_path, f"{begin}[[action.fermion]]{single}{TOGETHER[name]}")
    journal = records(tmp_path / "one")
    assert len(journal) == 3
    assert all(abs(record["dH"]) < 1.0 for record in journal if "dH" in record)
    assert lqcdnn(tmp_path, "verify", "one").returncode == 0


def test_what_it_cannot_have_is_said_once(folder: Path) -> None:
    for change, message in (
        ("action.fermion.2.L5=5", 'action.fermion.2.L5: found 5 with determinant = "one_flavor"; allowed: an even'),
        ("action.fermion.2.hasenbusch=[0.5]", "action.fermion.2.hasenbusch: found [0.5] with determinant"),
        ("action.fermion.1.determinant='one_flavor'", "action.fermion.1.flavors: found 2 with determinant"),
    ):
        failed = lqcdnn(folder, "generate", "in.toml", "--set", change)
        assert failed.returncode == 2
        assert failed.stderr.count(message) == 1, failed.stderr
        assert "has 1 problem" in failed.stderr
