"""Loops and flows on files, observables on smeared and flowed links: in a run, afterwards, and without an input."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from input_head import head

from lqcdnn.cli.main import main

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
ILDG = str(DATA / "pg_b5.7_4444.ildg")
HIREP = str(DATA / "hirep_su2_b2.3_4444")
INPUT = head([2, 2, 2, 4], "SU(2)", 2.0, name="run", trajectories=4, save_every=2, seed=5) + """\
[[action.fermion]]
kind = "staggered"
flavors = 2
mass = 0.5
[guide]
[[guide.fermion]]
mass = 0.6
links = "net"
[train]
network = "net"
trajectories = 6
rate = 1e-3
[[network.net.layer]]
loops = ["plaquette"]
[[network.stout.layer]]
loops = ["plaquette"]
initial = 0.1
[flow.smooth]
time = 0.25
kind = "zeuthen"
[update]
steps = 3
[observables.plaquette]
links = "net"
[observables.polyakov]
links = "smooth"
[observables.condensate]
links = "stout"
[observables.energy]
links = "smooth"
[observables.flow]
time = 0.2
integrator = "adaptive"
[observables.wilson_loop]
[observables.histogram]
bins = 4
[observables.rectangle]
links = "stout"
"""
TABLES = """
[flow.smooth]
time = 0.2
[observables.polyakov]
links = "smooth"
[observables.flow]
time = 0.2
step = 0.01
[observables.wilson_loop]
smearing = "ape"
steps = 3
"""


def read(folder):
    """Lines of each series without the check, which depends on the lines before."""
    texts = {path.name: path.read_text() for path in sorted((folder / "run" / "measure").iterdir())}
    return {name: re.sub(', "check": "[0-9a-f]{8}"', "", text).splitlines() for name, text in texts.items()}


def test_the_same_numbers_in_the_run_and_afterwards(tmp_path, monkeypatch, capsys):
    """To the last bit, with trained, stout and flowed links; other links are refused, and the Markov chain stays."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input.toml").write_text(INPUT)
    assert main(["generate", "input.toml", "--plain"]) == 0
    during = read(tmp_path)
    assert set(during) == {f"{name}.jsonl" for name in (
        "plaquette", "polyakov", "condensate", "energy", "flow", "wilson_loop", "histogram", "rectangle"
    )}  # fmt: skip
    weights = json.loads(during["plaquette.jsonl"][0])["plaquette_links"]["layers"][0]["weights"]
    assert weights != [0.0]
    journal = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").read_text().splitlines()]
    assert json.loads(during["plaquette.jsonl"][0])["plaquette"] != journal[0]["plaquette"]
    assert main(["verify", "run"]) == 0  # which compares plaquettes of thin links alone with the journal's

    shutil.rmtree(tmp_path / "run" / "measure")
    (tmp_path / "run" / "measure").mkdir()
    assert main(["measure", "input.toml", "--plain"]) == 0
    for name, lines in read(tmp_path).items():
        assert lines == [line for line in during[name] if json.loads(line)["trajectory"] in (2, 4)]
    saved = str(tmp_path / "run" / "configs" / "cfg_00000004.h5")
    capsys.readouterr()
    assert main(["measure", "--configs", saved, "input.toml", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    line = json.loads(during["polyakov.jsonl"][3])
    assert {key: found[key] for key in line} == line

    assert main(["measure", "input.toml", "--set", "observables.polyakov.links=thin"]) == 2
    assert "polyakov_links" in capsys.readouterr().err
    assert main(["measure", "input.toml", "--set", "flow.smooth.time=0.3"]) == 2
    assert main(["measure", "input.toml", "--set", "observables.flow.tolerance=1e-6"]) == 2
    assert "flow_options" in capsys.readouterr().err
    longer = ["generate", "input.toml", "--plain", "--set", "run.trajectories=5"]
    assert main([*longer, "--set", "observables.polyakov.links=thin"]) == 2
    assert "polyakov_links" in capsys.readouterr().err
    assert main(longer) == 0
    assert json.loads(read(tmp_path)["polyakov.jsonl"][-1])["trajectory"] == 5


def test_a_network_that_is_not_trained_yet(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input.toml").write_text(INPUT.replace("shape = [2, 2, 2, 4]", "shape = [4, 4, 4, 4]"))
    assert main(["measure", "--configs", HIREP, "input.toml", "--observables", "plaquette"]) == 2
    assert "network.net is trained in the run run, which does not exist yet" in capsys.readouterr().err


def test_options_from_a_file_of_measurements_alone(tmp_path, monkeypatch, capsys):
    """Such a file fits configurations of any lattice and group."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tables.toml").write_text(TABLES)
    assert main(["measure", "--configs", ILDG, HIREP, "tables.toml", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["group"], second["group"]) == ("SU(3)", "SU(2)")
    assert first["polyakov_links"]["time"] == 0.2
    assert first["wilson_loop_smearing"] == {"kind": "ape", "steps": 3, "alpha": 0.5}
    assert "plaquette" not in first
    assert second["flow_t2E_clover"][1] == pytest.approx(0.01 * 0.9536522524964341, rel=1e-11)
    options = ["--set", "observables.flow.time=0.1", "--observables", "flow,energy"]
    assert main(["measure", "--configs", ILDG, "tables.toml", *options]) == 0
    out = capsys.readouterr().out
    assert "wilson flow of" in out
    assert "  0.1000          0.0150620" in out
    assert "2.0075291" in out
    assert "Wilson loops" not in out


def test_a_network_that_does_not_fit_the_lattice_of_a_file(tmp_path, monkeypatch, capsys):
    """Files of measurements alone know no lattice: what a network cannot be on is told with the network."""
    monkeypatch.chdir(tmp_path)
    layer = '[[network.net.layer]]\nloops = ["plaquette"]\nattention = 4\n'
    (tmp_path / "tables.toml").write_text(f'{layer}[observables.plaquette]\nlinks = "net"\n')
    assert main(["measure", "--configs", ILDG, "tables.toml"]) == 2
    assert "network.net on 4x4x4x4 sites: attention of reach 4; allowed: 1 to 3" in capsys.readouterr().err


def test_options_from_the_command_line_alone(capsys):
    options = ["--set", "flow.smooth.time=0.1", "--set", "observables.polyakov.links=smooth"]
    assert main(["measure", "--configs", ILDG, "--observables", "polyakov,wilson_loop", *options]) == 0
    out = capsys.readouterr().out
    assert "Wilson loops W(R, T) of" in out
    assert "0.5576974" in out  # W(1, 1)
    network = 'network.stout.layer=[{loops=["plaquette"],initial=0.1}]'
    options = ["--set", network, "--set", "observables.plaquette.links=stout"]
    assert main(["measure", "--configs", ILDG, *options, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["plaquette_links"]["network"] == "stout"
    assert found["plaquette"] > 0.7


def test_the_example_of_the_documentation(tmp_path, monkeypatch, capsys):
    """The command of docs/measure.md prints what stands there."""
    text = (ROOT / "docs" / "measure.md").read_text()
    head = "console\n$ lqcdnn "
    block = next(part for part in text.split("```") if part.startswith(head + "measure --configs tests/data"))
    command, _, printed = block.removeprefix(head).partition("\n")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out == printed
    assert json.loads((tmp_path / "flow.json").read_text())[0]["flow_time"] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["observables.flow.stepp=0.1"], "observables.flow.stepp: unknown key"),
        (["observables.polyakov.links=smooth"], 'no network, flow, smearing or projection "smooth"'),
        (["flow.smooth.kind=wilson"], "flow.smooth.time: missing"),
        (["smearing.hyp.alphas=[0.5]", "observables.polyakov.links=hyp"], "smearing.hyp.alphas: found [0.5]"),
        (["observables.flow=3"], "observables.flow: found 3"),
        (["observables=3"], "observables: found 3"),
        (["run.seed=1"], "none is given"),
        (["observables.wilson_loop.space=5"], "at most 4"),
        (["observables.flow.interval=0.3"], "observables.flow.interval"),
        (["observables.flo.time=1"], 'mean "flow"'),
    ],
)
def test_bad_options(options, words, capsys):
    assert main(["measure", "--configs", ILDG, *(word for option in options for word in ("--set", option))]) == 2
    assert words in capsys.readouterr().err


def test_options_of_what_is_not_measured(capsys):
    assert main(["measure", "--configs", ILDG, "--observables", "plaquette", "--set", "observables.flow.time=1"]) == 2
    assert "options for flow, which is not measured: " in capsys.readouterr().err
