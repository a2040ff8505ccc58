"""``lqcdnn measure`` on runs and on files."""

import json
import re
import shutil
from pathlib import Path

import pytest
from input_head import head

from lqcdnn.cli.main import main
from lqcdnn.errors import LockError, StoppedEarly
from lqcdnn.jobs import sharing
from lqcdnn.storage.journal import CHECK
from lqcdnn.storage.lock import RunLock
from lqcdnn.workers import POSSIBLE, Workers
from tests.cli.runs import content

DATA = Path(__file__).parents[1] / "data"
SU2 = str(DATA / "su2_4x4x4x4_b2.7_nf4_m0.3.ildg")
INPUT = head([4, 4, 4], "SU(2)", 2.0, name="run", trajectories=6, thermalization=2, save_every=2, seed=5) + """\
[[action.fermion]]
kind = "staggered"
flavors = 2
mass = 0.5
[update]
steps = 3
[observables.plaquette]
[observables.polyakov]
[observables.condensate]
every = 4
method = "noise"
vectors = 4
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    (folder / "input.toml").write_text(INPUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["generate", "input.toml", "--plain"]) == 0
    return folder


@pytest.fixture
def folder(finished, tmp_path, monkeypatch):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def series(folder, name):
    """Lines by trajectory, without the check, which depends on the lines before."""
    lines = (folder / "run" / "measure" / f"{name}.jsonl").read_text().splitlines()
    return {json.loads(line)["trajectory"]: re.sub(', "check": "[0-9a-f]{8}"', "", line) for line in lines}


def test_files_as_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = ["--observables", "plaquette,polyakov,condensate", "--mass", "0.3", "--json"]
    assert main(["measure", "--configs", SU2, str(DATA / "hirep_su2_b2.3_4444"), *options]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["config"] == SU2
    assert list(first) == [
        "config",
        "format",
        "shape",
        "group",
        "trajectory",
        "plaquette",
        "plaquette_space",
        "plaquette_time",
        "polyakov",
        "polyakov_trace",
        "polyakov_directions",
        "polyakov_modulus",
        "polyakov_square",
        "condensate",
        "condensate_square",
        "mass",
        "flavors",
        "boundary",
        "method",
        "noise",
        "warnings",
    ]
    assert first["plaquette"] == pytest.approx(0.7215494631758573, rel=1e-13)
    assert first["polyakov_trace"] == pytest.approx([0.5888052178532521, 0.0], abs=1e-13)
    assert first["condensate"] == pytest.approx(0.42924390209720037, rel=1e-13)
    assert (first["mass"], first["method"], first["noise"]) == (0.3, "exact", None)
    assert second["plaquette"] == pytest.approx(0.6236577935511581, rel=1e-13)
    assert list(tmp_path.iterdir()) == []


def test_noise_estimate_of_a_file(capsys):
    arguments = ["measure", "--configs", SU2, "--mass", "0.3", "--noise", "z4", "--vectors", "40", "--json"]
    assert main(arguments) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["noise"], found["vectors"]) == ("z4", 40)
    assert abs(found["condensate"] - 0.42924390209720037) < 4 * found["condensate_error"]
    assert main([*arguments, "--seed", "2"]) == 0
    (other,) = json.loads(capsys.readouterr().out)
    assert other["condensate"] != found["condensate"]


def test_table_and_output_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["measure", "--configs", SU2, "-o", "out.json"]) == 0
    out = capsys.readouterr().out
    assert "0.7215494632" in out
    assert "condensate" not in out
    assert "no checksum" in out
    (found,) = json.loads((tmp_path / "out.json").read_text())
    assert found["config"] == SU2


def test_a_result_that_cannot_be_written_is_refused_before_the_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lqcdnn.jobs.measure.read_configuration", None)  # nothing is read
    for out, words in (("none/out.json", "no directory none"), (".", "is a directory")):
        assert main(["measure", "--configs", SU2, "-o", out]) == 4
        assert words in capsys.readouterr().err


def test_what_ends_early_leaves_the_results_of_the_files_before(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.ildg").write_bytes(Path(SU2).read_bytes()[:-500])
    arguments = ["measure", "--configs", SU2, "bad.ildg", SU2, "--observables", "plaquette", "-o", "out.json"]
    assert main(arguments) == 3
    assert "out.json holds the results of the first 1 of 3 files" in capsys.readouterr().err
    assert [one["config"] for one in json.loads((tmp_path / "out.json").read_text())] == [SU2]


def test_input_file_gives_options_and_lattice(folder, capsys):
    saved = "run/configs/cfg_00000004.h5"
    assert main(["measure", "--configs", saved, "input.toml", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    line = json.loads(series(folder, "condensate")[4])
    assert found["trajectory"] == 4
    assert {key: found[key] for key in line} == line  # as measured during the run, to the last bit
    assert main(["measure", "--configs", SU2, "input.toml"]) == 3
    assert "not the links of SU(2) on 4x4x4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["measure"], "nothing to measure"),
        (["measure", SU2], "not an input file"),
        (["measure", "--configs"], "no configuration file"),
        (["measure", "--configs", "absent.h5"], "no such file"),
        (["measure", "--configs", SU2, "absent.h5"], "absent.h5: no such file"),
        (["measure", "--configs", SU2, "--max-time", "1h"], "--max-time belongs to the measurements of a run"),
        (["measure", "--configs", SU2, "--mass", "1", "--vectors", "0"], "1 problem"),
        (["measure", "--configs", SU2, "--set", "observables.flow.tme=1"], "--set observables.flow.tme=1: observables"),
        (["measure", "--configs", "."], ". is a directory, not a configuration file"),
        (["measure", "--configs", SU2, "--observables", "condensate"], "needs a mass"),
        (["measure", "--configs", SU2, "--observables", "plaquete"], 'did you mean "plaquette"'),
        (["measure", "--configs", SU2, "--observables", "plaquette", "--mass", "1"], "not measured"),
        (["measure", "--configs", SU2, "--mass", "-1"], "mass"),
        (["measure", "--configs", SU2, "--mass", "1", "--boundary", "1,1"], "boundary"),
        (["measure", "--configs", SU2, "--shape", "4,a"], "list of integers"),
        (["measure", "--configs", SU2, "--group", "SU(1)"], "SU(1)"),
        (["measure", "--configs", SU2, "--set", "run.seed=1"], "--set"),
        (["measure", "a.toml", "b.toml"], "one input file"),
        (["measure", "absent.toml"], "no input file"),
    ],
)
def test_bad_usage(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_damaged_file(folder):
    path = folder / "run" / "configs" / "cfg_00000004.h5"
    path.write_bytes(path.read_bytes()[:-500])
    assert main(["measure", "--configs", str(path)]) == 3
    for name in ("plaquette", "polyakov", "condensate"):
        (folder / "run" / "measure" / f"{name}.jsonl").unlink()
    assert main(["measure", "input.toml"]) == 3


def test_run_is_completed_and_then_left_alone(folder, capsys):
    during = series(folder, "condensate")
    assert sorted(during) == [4, 8]
    assert main(["measure", "input.toml", "--json", "--plain"]) == 0
    done = json.loads(capsys.readouterr().out)["observables"]
    assert [done[name]["measured"] for name in ("plaquette", "polyakov", "condensate")] == [0, 0, 1]
    assert sorted(series(folder, "condensate")) == [4, 6, 8]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["measure", "input.toml"]) == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_next_command_as_a_shell_takes_it(folder, capsys):
    (folder / "run").rename(folder / "my run")
    assert main(["measure", "input.toml", "--set", "run.name=my run"]) == 0
    assert capsys.readouterr().out.endswith("next: lqcdnn analyze 'my run'\n")


def test_same_numbers_during_the_run_and_afterwards(folder):
    names = ("plaquette", "polyakov", "condensate")
    during = {name: series(folder, name) for name in names}
    for name in names:
        (folder / "run" / "measure" / f"{name}.jsonl").unlink()
    assert main(["measure", "input.toml"]) == 0
    for name in names:
        after = series(folder, name)
        assert sorted(after) == [4, 6, 8]
        assert all(during[name].get(number, line) == line for number, line in after.items())


def test_a_folder_that_was_moved_away_is_made_again(folder, capsys):
    folder.joinpath("run/measure").rename("old")
    assert main(["measure", "input.toml"]) == 0
    assert sorted(series(folder, "condensate")) == [4, 6, 8]
    shutil.rmtree("run/measure")
    Path("run/measure").write_text("in the way")
    assert main(["measure", "input.toml"]) == 4
    assert "run/measure: could not create the folder" in capsys.readouterr().err


def test_determinants_and_densities_during_the_run_and_afterwards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    more = "[observables.reweighting]\nevery = 2\nmasses = [0.45, 0.4]\nsteps = 1\nvectors = 2\n"
    more += "[observables.spectral_density]\nevery = 2\nbins = 3\ndegree = 6\nvectors = 1\n"
    Path("input.toml").write_text(INPUT + more)
    assert main(["generate", "input.toml", "--plain"]) == 0
    for name in ("reweighting", "spectral_density"):
        file = Path("run/measure") / f"{name}.jsonl"
        found = [json.loads(line) for line in file.read_text().splitlines()]
        file.unlink()
        assert main(["measure", "input.toml", "--observables", name, "--plain"]) == 0
        again = [json.loads(line) for line in file.read_text().splitlines()]
        assert [strip(one) for one in again] == [strip(one) for one in found if one["trajectory"] > 2]
    other = ["--set", "observables.reweighting.steps=2"]
    assert main(["measure", "input.toml", "--observables", "reweighting", *other]) == 2


def strip(record):
    """Without the check over the lines before."""
    return {key: value for key, value in record.items() if key != CHECK}


def test_sources_at_random_places_during_a_run_and_after_it(folder, tmp_path_factory, monkeypatch):
    """Loose solves of positions and vectors that the number of the configuration decides: the same lines."""
    text = INPUT + "[observables.pion]\nevery = 2\nsources = 3\nloose_tolerance = 1e-2\n"
    text += '[observables.loose_condensate]\nevery = 2\nmethod = "noise"\nvectors = 3\nloose_tolerance = 1e-2\n'
    (folder / "input.toml").write_text(text)
    assert main(["measure", "input.toml", "--observables", "pion,loose_condensate", "--plain"]) == 0
    other = tmp_path_factory.mktemp("during")
    monkeypatch.chdir(other)
    (other / "input.toml").write_text(text)
    assert main(["generate", "input.toml", "--plain"]) == 0
    for name in ("pion", "loose_condensate"):
        after, during = series(folder, name), series(other, name)
        assert len(after) >= 3
        assert after == {trajectory: during[trajectory] for trajectory in after}
    assert len({line.split('"pion": ')[1] for line in series(other, "pion").values()}) == len(series(other, "pion"))


def test_stopped_and_resumed(folder, monkeypatch):
    """Killed after the first configuration: the second call measures the rest only."""
    from lqcdnn.config import load
    from lqcdnn.jobs import measure

    (folder / "run" / "measure" / "polyakov.jsonl").unlink()
    config = load("input.toml")
    with pytest.raises(StoppedEarly, match="after configuration 1 of 3"):
        measure.measure_run(config, max_time=1e-9)
    assert sorted(series(folder, "polyakov")) == [4]
    assert measure.measure_run(config).series["polyakov"].measured == 2


def test_other_options_are_not_mixed(folder, capsys):
    assert main(["measure", "input.toml", "--mass", "0.4"]) == 2
    assert "mass = 0.5, now asked for 0.4" in capsys.readouterr().err
    assert main(["measure", "input.toml", "--method", "exact"]) == 2
    assert main(["measure", "input.toml", "--set", "action.gauge.beta=3.0"]) == 2
    assert "action.gauge.beta" in capsys.readouterr().err
    assert main(["measure", "input.toml", "--set", "run.name='other'"]) == 2
    assert not (folder / "other").exists()


def test_new_observable_on_old_configurations(folder):
    (folder / "run" / "measure" / "condensate.jsonl").unlink()
    assert main(["measure", "input.toml", "--observables", "condensate", "--method", "exact", "--mass", "0.2"]) == 0
    found = json.loads(series(folder, "condensate")[8])
    assert (found["mass"], found["method"]) == (0.2, "exact")


def test_locked_run(folder, capsys):
    from lqcdnn.config import load
    from lqcdnn.jobs.measure import measure_run

    with RunLock(folder / "run" / "run.lock"):
        assert main(["measure", "input.toml"]) == 6
        with pytest.raises(LockError):
            measure_run(load("input.toml"))


def test_a_solver_that_fails_is_told_with_observable_and_source(folder, capsys):
    light = ("--set", "observables.pion.mass=0.001", "--set", "action.fermion.1.max_iterations=3")
    assert main(["measure", "input.toml", "--observables", "pion", *light]) == 5
    assert "pion of run/configs/cfg_00000004.h5: " in capsys.readouterr().err
    heavy = ("--set", "run.name=heavy", "--set", "action.fermion.1.mass=500")
    assert main(["generate", "input.toml", "--plain", *light, *heavy]) == 5
    assert "pion of trajectory 1: " in capsys.readouterr().err


@pytest.fixture
def processes(monkeypatch):
    """All work is worth processes, and several are asked for."""
    monkeypatch.setattr(sharing, "WORTH", 0.0)
    monkeypatch.setenv("LQCDNN_THREADS", "1")
    begun = []
    monkeypatch.setattr(sharing, "Workers", lambda do, number: begun.append(number) or Workers(do, number))
    return begun


LONGER = ["--set", "run.name=longer", "--set", "run.trajectories=20", "--set", "run.save_every=1"]


@pytest.mark.skipif(not POSSIBLE, reason="processes are copied on Linux, with kernels on one thread")
def test_processes_write_what_one_does(folder, processes):
    assert main(["generate", "input.toml", "--plain", *LONGER]) == 0
    found = []
    for threads in ("1", "3"):
        shutil.rmtree(Path("longer/measure"))
        assert main(["measure", "input.toml", *LONGER, "--threads", threads]) == 0
        found.append(content(Path("longer")))
    assert processes == [3]
    assert found[0] == found[1]
    assert len(found[0]["measure/condensate.jsonl"].splitlines()) == 20


@pytest.mark.skipif(not POSSIBLE, reason="processes are copied on Linux, with kernels on one thread")
def test_a_damaged_file_among_those_shared_out(folder, processes, capsys):
    """What comes before it is kept, as by one process; then the files: results of those before it in --output."""
    assert main(["generate", "input.toml", "--plain", *LONGER]) == 0
    shutil.rmtree(Path("longer/measure"))
    bad = Path("longer/configs/cfg_00000013.h5")
    bad.write_bytes(bad.read_bytes()[:2000])
    assert main(["measure", "input.toml", *LONGER, "--threads", "3"]) == 3
    assert "cfg_00000013.h5" in capsys.readouterr().err
    lines = Path("longer/measure/plaquette.jsonl").read_text().splitlines()
    numbers = [json.loads(line)["trajectory"] for line in lines]
    assert numbers == list(range(3, 13))
    files = sorted(map(str, Path("longer/configs").iterdir()))
    assert main(["measure", "--configs", *files, "--threads", "2", "--output", "found.json"]) == 3
    assert [one["trajectory"] for one in json.loads(Path("found.json").read_text())] == numbers
    assert processes == [3, 2]
