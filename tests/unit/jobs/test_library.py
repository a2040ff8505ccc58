"""What Python sessions use beside the commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lqcdnn
from lqcdnn.config import load_text
from lqcdnn.errors import InputError
from lqcdnn.storage import weights
from tests.cli.runs import GUIDED, SMALL

DATA = Path(__file__).parents[2] / "data"
ILDG = DATA / "su2_4x4x4x4_b2.7_nf4_m0.3.ildg"
OBSERVABLES = ["plaquette", "polyakov", "condensate"]


def test_prepare_gives_the_chain_of_generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_text(SMALL, overrides=["run.trajectories=1"])
    made = lqcdnn.generate(config, plain=True)
    simulation, state = lqcdnn.prepare(config)
    infos = []
    for _ in range(3):
        state, info = simulation.update().step(state)
        infos.append(info)
    series = lqcdnn.read_series("small")
    assert made.trajectories == 3
    assert series["dH"].values.tolist() == [info.dH for info in infos]
    assert series["accepted"].values.tolist() == [float(info.accepted) for info in infos]
    assert series["polyakov.re"].trajectories.tolist() == [2]


@pytest.mark.parametrize("name", ["generate", "train", "prepare", "measure_run"])
def test_the_name_of_a_file_is_no_input(name: str) -> None:
    with pytest.raises(InputError, match=r"config: found .small.toml.; allowed: .* lqcdnn.load\(file\)"):
        getattr(lqcdnn, name)("small.toml")


def test_prepare_draws_a_seed_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_text(SMALL.replace("seed = 7\n", ""))
    assert lqcdnn.prepare(config)[1].seed != lqcdnn.prepare(config)[1].seed
    assert list(tmp_path.iterdir()) == []


def test_prepare_loads_weights_and_warns_of_other_physics(tmp_path: Path) -> None:
    simulation, _state = lqcdnn.prepare(load_text(GUIDED))
    network = simulation.networks["net"]
    assert not network.theta.any()
    path = tmp_path / "w.h5"
    theta = np.arange(6.0)
    weights.save(path, weights.Weights(theta, network.definition(), {"action.gauge.beta": 1.0}, "0" * 64, {}))
    config = load_text(GUIDED, overrides=[f"network.net.weights={path}"])
    with pytest.warns(UserWarning, match="OTHER PHYSICS"):
        simulation, _state = lqcdnn.prepare(config)
    assert simulation.networks["net"].theta.tolist() == theta.tolist()


def test_array_configuration_and_file_give_the_same_numbers(tmp_path: Path) -> None:
    options = {"condensate": {"mass": 0.3}}
    configuration = lqcdnn.read_configuration(ILDG)
    lqcdnn.write_configuration(tmp_path / "cfg.h5", configuration.links, "SU(2)", {})
    sources = [configuration.links, configuration, tmp_path / "cfg.h5", str(ILDG)]
    found = [lqcdnn.measure_configuration(source, OBSERVABLES, options) for source in sources]
    keys = found[0].keys()
    assert {"plaquette", "polyakov_trace", "condensate", "mass"} <= keys
    assert all({key: record[key] for key in keys} == found[0] for record in found)
    assert abs(found[0]["plaquette"] - configuration.plaquette) < 1e-14
    assert lqcdnn.measure_configuration(configuration, "plaquette")["plaquette"] == found[0]["plaquette"]  # one name


def test_noise_depends_on_the_seed() -> None:
    links = lqcdnn.read_configuration(ILDG).links
    noisy = {"condensate": {"mass": 0.3, "method": "noise", "vectors": 2}}
    first, again, other = (
        lqcdnn.measure_configuration(links, ["condensate"], noisy, seed=seed)["condensate"] for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize(
    "shape",
    [(4, 4, 4, 4, 2, 2), (4, 4, 4, 4, 4, 2, 3), (3, 4, 4, 4, 4, 2, 2), (2, 4, 1, 2, 2), (), (2,), (5,) + (2,) * 7],
)
def test_an_array_that_is_no_configuration(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        lqcdnn.measure_configuration(np.ones(shape, dtype=np.complex128))


def test_links_outside_the_group_are_refused() -> None:
    links = lqcdnn.read_configuration(ILDG).links
    for bad in (1.01 * links, links * np.nan, links[..., ::-1]):
        with pytest.raises(InputError, match="not in SU"):
            lqcdnn.measure_configuration(bad)


def test_u1_in_two_dimensions() -> None:
    found = lqcdnn.measure_configuration(np.ones((2, 4, 4, 1, 1), dtype=np.complex128))
    assert found["plaquette"] == 1.0
    assert found["polyakov"] == [1.0, 0.0]


def test_series_of_a_text_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# itrj plaq\n1 0.5\n2 0.6\n")
    assert lqcdnn.read_series(tmp_path / "a.txt")["plaq"].values.tolist() == [0.5, 0.6]
    with pytest.raises(InputError):
        lqcdnn.read_series(tmp_path / "none")
    with pytest.raises(InputError):
        lqcdnn.read_series(tmp_path)
