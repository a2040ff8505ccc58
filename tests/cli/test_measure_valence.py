"""Valence quarks in runs that exist, in files of other programs, and in what is analysed."""

import json
import shutil
from pathlib import Path

import pytest
import tomli
from input_head import head

from tests.cli.runs import content, lqcdnn

DATA = Path(__file__).parents[1] / "data"
MILC = str(DATA / "pg_b5.7_4444.milc")
INPUT = head([4, 8], "U(1)", 2.0, name="run", trajectories=4, thermalization=2, save_every=2, seed=5) + """\
[[action.fermion]]
kind = "staggered"
flavors = 2
mass = 0.5
[update]
steps = 3
[observables.condensate]
method = "noise"
vectors = 2
"""
VALENCE = """
[valence.light]
kind = "wilson"
mass = 0.3
csw = 1.0
[observables.light_condensate]
fermion = "light"
method = "noise"
vectors = 2
[observables.mesons]
fermion = "light"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    (folder / "input.toml").write_text(INPUT)
    assert lqcdnn(folder, "generate", "input.toml").returncode == 0
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def records(folder, name):
    lines = map(json.loads, (folder / "run" / "measure" / f"{name}.jsonl").read_text().splitlines())
    return {line.pop("trajectory"): {key: value for key, value in line.items() if key != "check"} for line in lines}


def test_a_run_is_measured_with_quarks_that_were_added(folder):
    before = content(folder / "run")
    (folder / "input.toml").write_text(INPUT + VALENCE)
    assert lqcdnn(folder, "measure", "input.toml").returncode == 0
    after = content(folder / "run")
    assert {name: after[name] for name in before} == before
    whole = folder / "whole"
    whole.mkdir()
    (whole / "input.toml").write_text(INPUT + VALENCE)
    assert lqcdnn(whole, "generate", "input.toml").returncode == 0  # the same numbers on the way
    for name in ("light_condensate", "mesons"):
        found, expected = records(folder, name), records(whole, name)
        assert found == {number: expected[number] for number in (4, 6)}
    assert content(whole / "run")["journal.jsonl"] == before["journal.jsonl"]
    quark = {"fermion": "light", "kind": "wilson", "csw": 1.0}
    assert records(folder, "mesons")[4]["mesons_quark"] == quark
    resolved = tomli.loads((whole / "run" / "resolved.toml").read_text())
    assert resolved["valence"]["light"]["csw"] == 1.0
    assert resolved["observables"]["light_condensate"]["fermion"] == "light"


def test_a_run_goes_on_with_quarks_that_were_added_but_no_series_with_another(folder):
    (folder / "input.toml").write_text(INPUT.replace("trajectories = 4", "trajectories = 6") + VALENCE)
    assert lqcdnn(folder, "generate", "input.toml").returncode == 0
    assert sorted(records(folder, "light_condensate")) == [7, 8]
    assert lqcdnn(folder, "measure", "input.toml").returncode == 0
    assert sorted(records(folder, "light_condensate")) == [4, 6, 7, 8]
    (folder / "other.toml").write_text(INPUT + VALENCE.replace("csw = 1.0", "csw = 1.5"))
    for command in ("measure", "generate"):
        refused = lqcdnn(folder, command, "other.toml")
        assert refused.returncode == 2
        assert "light_condensate_quark.csw = 1.0, now asked for 1.5" in refused.stderr
    same = 'fermion = "q"\n[valence.q]\nkind = "staggered"\nmass = 0.5\nflavors = 2\n'
    (folder / "other.toml").write_text(INPUT + same)
    refused = lqcdnn(folder, "measure", "other.toml")
    assert refused.returncode == 2
    assert "condensate_quark = null, now asked for" in refused.stderr


def test_a_fermion_that_the_run_does_not_have_is_refused(folder):
    """Its determinant is not in the weights of the links."""
    before = content(folder / "run")
    more = INPUT.replace("[update]", '[[action.fermion]]\nkind = "staggered"\nflavors = 2\nmass = 0.9\n[update]')
    (folder / "input.toml").write_text(more + '[observables.other_condensate]\nfermion = "2"\n')
    refused = lqcdnn(folder, "measure", "input.toml")
    assert refused.returncode == 2
    assert "run was made with 1 fermion in its action, the input has 2" in refused.stderr
    assert "[valence.NAME]" in refused.stderr
    (folder / "input.toml").write_text(INPUT.split("[[action")[0] + "[update]\n[observables.plaquette]\n")
    refused = lqcdnn(folder, "measure", "input.toml")
    assert (refused.returncode, "1 fermion in its action, the input has 0" in refused.stderr) == (2, True)
    term = '[[action.gauge.term]]\nloops = "rectangle"\ncoefficient = 0.1\n[update]'
    (folder / "input.toml").write_text(INPUT.replace("[update]", term))
    refused = lqcdnn(folder, "measure", "input.toml")
    assert "action.gauge.term.1.coefficient: (absent) in the run, 0.1 in the input" in refused.stderr
    assert content(folder / "run") == before


def test_a_run_without_saved_configurations_says_what_saves_them(folder):
    for saved in (folder / "run" / "configs").iterdir():
        saved.unlink()
    done = lqcdnn(folder, "measure", "input.toml")
    assert (done.returncode, "run.save_every = 2 stores one in 2 trajectories" in done.stderr) == (0, True)


def test_series_of_a_table_with_a_prefix_are_analysed_under_their_own_names(folder):
    (folder / "input.toml").write_text(INPUT + VALENCE)
    assert lqcdnn(folder, "measure", "input.toml").returncode == 0
    arguments = ("analyze", "run", "--thermalization", "0", "--json", "--derive", "r = light_condensate / condensate")
    found = json.loads(lqcdnn(folder, *arguments).stdout)
    names = {item["name"] for item in found["observables"]}
    assert {"condensate", "light_condensate", "light_condensate_square", "meson_vector.1"} <= names
    assert not any("options" in name or "quark" in name or name.endswith("mass") for name in names)
    assert found["derived"][0]["name"] == "r"
    chosen = json.loads(lqcdnn(folder, *arguments[:5], "--observable", "light_condensate").stdout)
    names = {item["name"] for item in chosen["observables"]}
    assert "light_condensate" in names
    assert "condensate" not in names
    assert lqcdnn(folder, "verify", "run").returncode == 0


def test_misspelt_tables_of_files_are_told(tmp_path):
    """Also where they are not measured."""
    text = "[observables.plaquete]\n[observables.plaquette]\n[observables.polyakov]\nevry = 2\n"
    (tmp_path / "q.toml").write_text(text)
    for arguments in ((), ("--observables", "plaquette")):
        done = lqcdnn(tmp_path, "measure", "--configs", MILC, "q.toml", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "q.toml:1: observables.plaquete: unknown key" in done.stderr
        assert 'q.toml:4: observables.polyakov.evry: unknown key; did you mean "every"?' in done.stderr


def test_files_need_no_action(tmp_path):
    lattice = '[lattice]\nshape = [4, 4, 4, 4]\ngroup = "SU(3)"\n'
    quark = '[valence.light]\nkind = "wilson"\nkappa = 0.12\n[observables.pion]\n'
    for text in (lattice + quark, quark):
        (tmp_path / "q.toml").write_text(text)
        done = lqcdnn(tmp_path, "measure", "--configs", MILC, "q.toml", "--json")
        (found,) = json.loads(done.stdout)
        assert found["pion"][0] / 0.24**2 == pytest.approx(14.52166, rel=5e-7)  # MILC's own, see test_mesons
        assert "plaquette" not in found
    options = ("--observables", "pion", "--set", "valence.a.kind=wilson", "--set", "valence.a.kappa=0.12", "--json")
    assert json.loads(lqcdnn(tmp_path, "measure", "--configs", MILC, *options).stdout)[0]["pion"] == found["pion"]
    assert "measures only" in lqcdnn(tmp_path, "validate", "q.toml").stdout
    for command in ("generate", "measure"):
        refused = lqcdnn(tmp_path, command, "q.toml")
        assert (refused.returncode, "measure --configs FILE... q.toml" in refused.stderr) == (2, True)
    (tmp_path / "q.toml").write_text(lattice.replace("[4, 4, 4, 4]", "[4, 4, 4, 8]") + quark)
    assert lqcdnn(tmp_path, "measure", "--configs", MILC, "q.toml").returncode == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[lattice]\nshape = [4]\ngroup = "SU(3)"\n', "q.toml:2: lattice.shape: found [4]"),
        ("[lattice]\nshape = [4, 4]\n", "lattice.group: missing"),
        ('[valence.a]\nkind = "wilson"\nkapa = 0.1\n', "q.toml:3: valence.a.kapa: unknown key"),
        ('[valence.a]\nkind = "wilson"\n', "q.toml:1: valence.a.mass: missing"),
        ('[valence.a]\nkind = "wilson"\nmass = 1\n', 'q.toml:5: observables.pion.fermion: no fermion "b"'),
        ("valence = 3\n", "valence: found 3"),
    ],
)
def test_files_with_a_wrong_quark(tmp_path, text, words):
    (tmp_path / "q.toml").write_text(text + '[observables.pion]\nfermion = "b"\n')
    for command in (("measure", "--configs", MILC), ("validate",)):
        done = lqcdnn(tmp_path, *command, "q.toml")
        assert done.returncode == 2
        assert words in done.stderr


def test_validate_says_which_fermions_there_are(tmp_path):
    (tmp_path / "input.toml").write_text(INPUT + VALENCE + '[observables.pion]\nfermion = "strange"\n')
    done = lqcdnn(tmp_path, "validate", "input.toml")
    assert done.returncode == 2
    assert 'observables.pion.fermion: no fermion "strange"; allowed: "1", "light"' in done.stderr
    assert "1 problem:" in done.stderr


@pytest.mark.slow
def test_photons_are_those_of_the_configuration(folder, tmp_path_factory):
    """The same lines from a run that measures as it generates, from its files, and one after the other."""
    charged = INPUT + (
        "[photons]\nalpha = 0.1\nfields = 2\n[valence.up]\nkind = 'staggered'\nmass = 0.4\ncharge = 0.5\n"
        "[observables.pion]\nfermion = 'up'\n[observables.up_condensate]\nfermion = 'up'\nmethod = 'noise'\n"
    )
    other = tmp_path_factory.mktemp("at_once")
    for place, command in ((folder, "measure"), (other, "generate")):
        (place / "input.toml").write_text(charged)
        assert lqcdnn(place, command, "input.toml").returncode == 0
    for name in ("pion", "up_condensate"):
        later, at_once = records(folder, name), records(other, name)
        assert later == {number: at_once[number] for number in later}
        assert len(later) == 2
        assert later[4] != later[6]
