"""Every file of the folder inputs runs from end to end, at a reduced size."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lqcdnn.cli.main import main
from lqcdnn.config import RunConfig, load, resolved_toml

pytestmark = pytest.mark.inputs

INPUTS = Path(__file__).parents[2] / "inputs"
FILES = sorted(INPUTS.glob("*.toml"))


def reduced(config: RunConfig, own_group: bool = False) -> list[str]:
    """What makes an input small; blocks keep their width, so that all share their kernels with full-size runs.

    Domain walls of four dimensions are those of SU(2) in double precision, but with ``own_group``.
    """
    shape = {2: "[4, 8]", 3: "[4, 4, 4]", 4: "[4, 2, 2, 4]"}[config.lattice.dims]
    if any(fermion.improvement for fermion in config.action.fermion):
        shape = "[4, 4, 4, 4]"  # hops of three steps
    rectangles = config.update.kind == "slmc" or config.action.gauge.kind != "wilson"
    if config.update.kind != "hmc" and config.lattice.dims == 4 and rectangles:
        shape = "[4, 4, 4, 4]"  # rectangles that contain no link twice
    if any(getattr(one, "pairs", None) for one in config.observables.values()):
        shape = "[8, 8, 8, 8]"  # pairs of momenta that are symmetric there
    multigrid = any(quark.solver == "multigrid" for quark in config.valence.values())
    if multigrid:
        shape = "[8, 8]"  # aggregates have to hold the test vectors
    changes = ["run.thermalization=1", "run.save_every=1"]
    if config.run.refine:
        shape = "[8, 16]"  # of the lattice that the other input's run has
        changes += [f"run.initial={Path(config.run.initial).with_name('cfg_00000002.h5')}"]
    changes += [f"lattice.shape={shape}"]
    quarks = {f"action.fermion.{i}": fermion for i, fermion in enumerate(config.action.fermion, 1)}
    quarks |= {f"valence.{name}": quark for name, quark in config.valence.items()}
    walls = [path for path, quark in quarks.items() if quark.kind == "domain_wall"]
    if walls and config.lattice.dims == 4 and not own_group:  # kernels of five dimensions take longest to compile
        changes += ["lattice.group=SU(2)", *(f"{path}.L5=4" for path in walls)]
    changes += [f"deformation.{name}.space=2" for name in config.deformation]
    changes += ["run.trajectories=3"] if config.run.trajectories else []
    changes += ["update.steps=3"] if config.update.steps else []
    changes += ["train.trajectories=4"] if config.train else []
    changes += ["update.bias.build=1"] if config.update.bias and config.update.bias.build else []
    if config.update.llr:
        changes += ["update.llr.every=1", "update.llr.newton=1", "update.llr.robbins_monro=0"]
    changes += ["train.thermalization=2"] if config.train and config.update.kind == "slmc" else []
    changes += ["update.accept_first=1"] if config.update.accept_first else []
    distilled = "distillation" in config.observables  # on the small lattice there are no more eigenvectors and momenta
    small = ["eigenvectors=4", "sizes=[4, 2]", "two_pions=[[1], [2]]", "every=1"] if distilled else []
    small += ["moving_pions=[[[0], [1]], [[-1], [2]]]"] if distilled else []
    changes += [f"observables.distillation.{change}" for change in small]
    changes += [f"observables.{name}.every=1" for name in config.observables] if multigrid else []
    # ranges of fits are those of the full lattice, and what is derived of them goes with them
    changes += ["analyze.fit=[]", "analyze.derive=[]"] if config.analyze.fit else []
    mixed = "meson_mixing" in config.observables
    changes += ["observables.meson_mixing.every=4", "observables.meson_mixing.vectors=1"] if mixed else []
    far = [name for name, options in config.observables.items() if hasattr(options, "separations")]
    changes += [f"observables.{name}.separations=[2, 3]" for name in far]
    loops = [name for name, options in config.observables.items() if hasattr(options, "spatial")]
    changes += [f"observables.{name}.{key}=0" for name in loops for key in ("space", "time")]
    lines = [name for name, options in config.observables.items() if getattr(options, "line_length", None)]
    changes += [f"observables.{name}.line_length=2" for name in lines]
    return changes


def arguments(file: Path, own_group: bool = False) -> list[str]:
    return [str(file), "--plain", *(item for change in reduced(load(file), own_group) for item in ("--set", change))]


def run(command: str, file: Path) -> None:
    assert main([command, *arguments(file)]) == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LQCDNN_THREADS", "1")
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Directory of a training, which is run when it is first asked for: of its own test, or of one that goes on."""
    folder = tmp_path_factory.mktemp("trained")

    def made(file: Path) -> Path:
        path = folder / load(file).run.name
        if not path.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                patch.setenv("LQCDNN_THREADS", "1")
                run("train", file)
        return path

    return made


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_input_runs(file: Path, folder: Path, trained: Callable[[Path], Path]) -> None:
    config = load(file)
    for network in config.network.values():
        if network.weights is not None:  # made by the input of that name
            name = Path(network.weights).parts[0]
            shutil.copytree(trained(INPUTS / f"{name}.toml"), name)
            assert Path(network.weights).is_file()
    if config.run.trajectories == 0:
        assert (trained(file) / "train/weights.h5").is_file()
        return
    if config.run.refine:
        run("generate", INPUTS / f"{Path(config.run.initial).parts[0]}.toml")
    run("generate", file)
    journal = (folder / config.run.name / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["trajectory"] for line in journal] == [1, 2, 3, 4]


@pytest.mark.slow
def test_domain_walls_of_three_colors(folder: Path) -> None:
    """In mixed precision, which vectors as large as these take."""
    assert main(["generate", *arguments(INPUTS / "su3_domainwall_2plus1_hmc.toml", own_group=True)]) == 0


@pytest.mark.parametrize(
    "file", [file for file in FILES if "[surrogate." in file.read_text()], ids=lambda file: file.stem
)
def test_surrogates_are_trained_and_measured(file: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = load(file)
    changes = ["run.trajectories=8", *(f"surrogate.{name}.configs=5" for name in config.surrogate)]
    changes += [f"observables.{name}.every=1" for name in config.observables]
    more = [item for change in changes for item in ("--set", change)]
    for command in ("generate", "train"):
        assert main([command, *arguments(file), *more]) == 0
    for name in config.surrogate:
        weights = f"observables.surrogate.weights={config.run.name}/train/{name}.surrogate.h5"
        more = ["--set", "run.trajectories=20", "--set", "observables.condensate.every=3"]
        assert main(["generate", *arguments(file), *more]) == 0
        assert main(["measure", *arguments(file), *more, "--observables", "surrogate", "--set", weights]) == 0
    capsys.readouterr()
    assert main(["analyze", config.run.name, "--json", "--fit", "X = control(condensate, surrogate)"]) == 0
    found = json.loads(capsys.readouterr().out)["fits"][0]["parameters"]
    assert [one["name"][2:] for one in found] == ["control", "shift", "direct", "coefficient", "gain"]
    assert found[0]["n"] == 3 + 4  # of those not trained on 7 to 9, then every third up to 21


def test_measure_and_analyze_follow(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = INPUTS / "quickstart.toml"
    for command in ("generate", "measure"):
        run(command, file)
    capsys.readouterr()
    assert main(["analyze", "quickstart", "--html", "--json"]) == 0
    found = {series["name"]: series for series in json.loads(capsys.readouterr().out)["observables"]}
    # 4 trajectories, 1 of thermalisation; measure adds the saved configurations that generate passed over
    assert {found[name]["n"] for name in ("plaquette", "polyakov.re", "condensate")} == {3}
    assert (folder / "quickstart/analyze/report.html").read_text().startswith("<!doctype html>")


def test_scan(folder: Path) -> None:
    file = INPUTS / "su3_quenched.toml"
    (folder / "small.toml").write_text(resolved_toml(load(file, reduced(load(file)))))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    script = ["sh", str(INPUTS / "scan.sh"), "small.toml", "5.5"]
    done = subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "plaquette " in done.stdout
    assert load(folder / "scan_beta_5.5/resolved.toml").action.gauge.beta == 5.5
    assert (folder / "scan_beta_5.5/analyze/summary.json").is_file()
