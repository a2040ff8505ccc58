"""validate, show, schema, cite."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path

import pytest
import tomli

import lqcdnn
from lqcdnn.cli.main import main
from lqcdnn.config import input_reference, json_schema, load
from lqcdnn.config.tree import as_tree
from lqcdnn.report.references.citations import REFERENCES, citation_cff, used_by

ROOT = Path(__file__).parents[2]
QUICKSTART = str(ROOT / "inputs" / "quickstart.toml")
DOCS = ROOT / "docs" / "cli"
NEEDED = r'\n(weights = |initial = ".*/)'
"""Keys of inputs that name files which other runs write."""


@pytest.fixture
def wrong(tmp_path):
    """Write an input with two problems."""
    path = tmp_path / "wrong.toml"
    text = Path(QUICKSTART).read_text(encoding="utf-8")
    path.write_text(text.replace("beta = 2.7", "beta = -2.7").replace("steps = 12", "step = 12"))
    return path


def test_a_run_directory_in_place_of_its_input(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("run").mkdir()
    Path("run", "resolved.toml").write_text("")
    for command in ("validate", "generate", "train", "measure", "cite"):
        assert main([command, "run"]) == 2
        assert "the complete input of this run is run/resolved.toml" in capsys.readouterr().err
    assert main(["validate", "."]) == 2
    assert capsys.readouterr().err == "lqcdnn: error: . is a directory, not an input file\n"


def test_validate_all_inputs(capsys, monkeypatch, tmp_path):
    files = [str(path) for path in sorted((ROOT / "inputs").glob("*.toml"))]
    monkeypatch.chdir(tmp_path)
    assert main(["validate", *files]) == 0
    captured = capsys.readouterr()
    assert re.findall(r"^(\S+): OK$", captured.out, re.MULTILINE) == files
    assert max(map(len, captured.out.splitlines())) <= 100
    warnings = captured.err.splitlines()
    assert all("there is no file" in line for line in warnings)
    assert len(warnings) == sum(bool(re.search(NEEDED, Path(name).read_text(encoding="utf-8"))) for name in files)


def test_validate_prints_every_problem(wrong, capsys):
    assert main(["validate", QUICKSTART, str(wrong)]) == 2
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{QUICKSTART}: OK\n  method ")
    lines = captured.err.splitlines()
    assert lines[0] == f"lqcdnn: error: {wrong} has 2 problems:"
    assert re.fullmatch(rf"  {wrong}:\d+: action\.gauge\.beta: found -2\.7; allowed: a number >= 0", lines[1])
    assert re.fullmatch(rf'  {wrong}:\d+: update\.step: unknown key; did you mean "steps"\?', lines[2])


def test_validate_json(wrong, capsys):
    assert main(["validate", "--json", QUICKSTART, str(wrong), "none.toml"]) == 2
    good, bad, missing = json.loads(capsys.readouterr().out)
    assert (good["ok"], good["exit_code"], good["problems"]) == (True, 0, [])
    assert good["summary"]["lattice"] == "4 x 4 x 4 x 4, SU(2), 256 sites"
    assert [problem["key"] for problem in bad["problems"]] == ["action.gauge.beta", "update.step"]
    assert bad["problems"][1]["suggestion"] == '"steps"'
    assert isinstance(bad["problems"][0]["line"], int)
    assert missing["problems"][0]["message"].startswith("no input file none.toml")


def test_validate_with_options(capsys):
    assert main(["validate", QUICKSTART, "--set", "lattice.shape=[8,8,8,8]", "--set", "run.initial=cold"]) == 0
    captured = capsys.readouterr()
    assert "8 x 8 x 8 x 8" in captured.out
    assert "wrong centre sector" in captured.err
    assert main(["validate", QUICKSTART, "--set", "update.steps=0"]) == 2
    assert "--set update.steps=0: update.steps: found 0" in capsys.readouterr().err


def test_validate_warns(tmp_path, capsys):
    path = tmp_path / "new.toml"
    text = Path(QUICKSTART).read_text(encoding="utf-8")
    path.write_text(text.partition("[observables")[0] + "[observables]\nplaquette = {\n every = 1,\n}\n")
    options = ["run.initial=old/a.h5", "train.mode=offline", 'train.configs=["old/*.h5"]', "network.net.weights=w.h5"]
    assert main(["validate", str(path), *(item for option in options for item in ("--set", option))]) == 0
    warnings = capsys.readouterr().err
    for part in ("no file old/a.h5", "no file w.h5", "nothing matches old/*.h5", "TOML 1.1"):
        assert part in warnings


def test_validate_needs_a_file(capsys):
    assert main(["validate"]) == 2
    assert "FILE" in capsys.readouterr().err


def test_greek_beta(tmp_path, capsys):
    path = tmp_path / "greek.toml"
    path.write_text("[action.gauge]\nβ = 2.7\n", encoding="utf-8")
    assert main(["validate", str(path)]) == 2
    assert "write beta" in capsys.readouterr().err


def test_show_an_input(capsys):
    assert main(["show", QUICKSTART, "--set", "run.seed=5"]) == 0
    text = capsys.readouterr().out
    assert tomli.loads(text) == as_tree(load(QUICKSTART, ["run.seed=5"]))
    assert "# --set 'run.seed=5'" in text
    assert main(["show", QUICKSTART, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == as_tree(load(QUICKSTART))


def test_show_anything_else(capsys, monkeypatch):
    module = types.ModuleType("lqcdnn.jobs.inspect")
    module.describe = lambda path, shape, group: {"path": path, "shape": [4, 4], "plaquette": 0.5, "note": None}
    monkeypatch.setitem(sys.modules, "lqcdnn.jobs.inspect", module)
    assert main(["show", "a.h5"]) == 0
    assert capsys.readouterr().out == "path       a.h5\nshape      [4, 4]\nplaquette  0.5\nnote       none\n"
    assert main(["show", "a.h5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [4, 4]
    assert main(["show", "a.h5", "--set", "a=1"]) == 2


def test_schema(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()
    assert main(["schema", "--reference"]) == 0
    assert capsys.readouterr().out == input_reference()


def test_cite_everything(capsys):
    assert main(["cite"]) == 0
    text = capsys.readouterr().out
    assert re.findall(r"^@\w+\{(\w+),$", text, re.MULTILINE) == list(REFERENCES)
    assert text.count("{") == text.count("}")
    assert f"version = {{{lqcdnn.__version__}}}" in text
    for number in ("2103.11965", "hep-lat/0311018", "1006.4518", "hep-lat/0306017"):
        assert number in text


def test_cite_one_input(capsys):
    assert main(["cite", QUICKSTART, "--json"]) == 0
    keys = [record["key"] for record in json.loads(capsys.readouterr().out)]
    assert keys == list(used_by(load(QUICKSTART)))
    assert {"TomiyaNagai2021", "KogutSusskind1975", "MorningstarPeardon2004", "Wilson1974"} <= set(keys)
    assert not {"Omelyan2003", "Iwasaki1985", "Luscher2010", "KingmaBa2015", "SextonWeingarten1992"} & set(keys)
    observables = ["observables.flow.integrator=adaptive", "flow.a.time=1", "flow.a.kind=zeuthen"]
    found = used_by(load(QUICKSTART, [*observables, "observables.wilson_loop.space=1"]))
    assert {"Luscher2010", "FritzschRamos2013", "RamosSint2016"} <= set(found)
    assert "Albanese1987" not in found
    assert main(["cite", "--set", "a=1"]) == 2


def test_cite_variants():
    pure = used_by(load(ROOT / "inputs" / "u1_2d.toml"))
    assert pure == ("lqcdnn", "Duane1987", "Wilson1974", "Salmon2011", "Luscher1982", "Wolff2004")
    levels = used_by(load(ROOT / "inputs" / "su2_staggered_hmc.toml"))
    assert {"Omelyan2003", "SextonWeingarten1992"} <= set(levels)
    assert "TakaishiForcrand2006" not in levels
    tuned = used_by(load(QUICKSTART, ["update.integrator=omelyan", "update.lambda=0.18"]))
    assert {"Omelyan2003", "TakaishiForcrand2006", "ClarkJooKennedySilva2011"} <= set(tuned)
    adam = used_by(load(QUICKSTART, ["train.optimizer=adam", "update.integrator=force_gradient"]))
    assert {"KingmaBa2015", "Kennedy2009"} <= set(adam)
    for kind, key in (("iwasaki", "Iwasaki1985"), ("dbw2", "QCDTARO2000"), ("symanzik", "LuscherWeisz1985")):
        assert key in used_by(load(QUICKSTART, [f"action.gauge.kind={kind}"]))
        flow = [f"observables.flow.{option}" for option in ("time=1", "integrator=adaptive", f"kind={kind}")]
        assert key in used_by(load(QUICKSTART, flow))


def test_citation_file_is_made_from_the_table():
    assert (ROOT / "CITATION.cff").read_text(encoding="utf-8") == citation_cff()


@pytest.mark.parametrize("name", ["init", "validate", "show", "schema", "cite"])
def test_pages_have_the_fixed_headings_and_every_option(name, capsys):
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Syntax", "Description", "Options", "Files", "Examples", "Exit codes", "Safety"]
    assert main([name, "--help"]) == 0
    for option in re.findall(r"--[a-z-]+", capsys.readouterr().out):
        assert option in text or option == "--help", option
