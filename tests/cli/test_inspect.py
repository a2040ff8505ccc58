"""``lqcdnn show FILE`` for everything that is no input file, and ``lqcdnn doctor``."""

import json
import platform
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from synthetic_run import make_run

from lqcdnn.cli.main import main
from lqcdnn.config import load_text
from lqcdnn.jobs.doctor import WARM_INPUT, diagnose, problems, vectors
from lqcdnn.jobs.inspect import describe
from lqcdnn.storage import checkpoint, weights
from lqcdnn.storage.formats import read_configuration, write_configuration
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir
from tests.cli.runs import command, environment

DATA = Path(__file__).parents[1] / "data"


def test_configurations(capsys):
    found = describe(DATA / "pg_b5.7_4444.nersc")
    assert (found["kind"], found["format"], found["group"]) == ("gauge configuration", "nersc", "SU(3)")
    assert found["shape"] == [4, 4, 4, 4]
    assert found["plaquette"] == pytest.approx(0.5608232960600957, abs=1e-8)
    assert main(["show", str(DATA / "native_v1.h5")]) == 0
    assert "gauge configuration" in capsys.readouterr().out
    assert main(["show", str(DATA / "pg_b5.7_4444.nersc")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "claimed     plaquette = 0.5608232961" in lines
    assert "            link_trace = 0.0195295214" in lines
    assert main(["show", str(DATA / "pg_b5.7_4444.ildg")]) == 0
    assert '                gauge.description = "One plaquette gauge action."' in capsys.readouterr().out.splitlines()
    assert main(["show", str(DATA / "hirep_su2_b2.3_4444")]) == 0
    assert "attributes  none" in capsys.readouterr().out.splitlines()


def test_weights(tmp_path):
    layer = {"loops": ["plaquette", "polyakov_time"], "sharing": "shared"}
    content = weights.Weights(np.array([0.1, -0.2]), [layer], {"group": "SU(2)"}, "abc", {"steps": 3})
    weights.save(tmp_path / "w.h5", content)
    found = describe(tmp_path / "w.h5")
    assert found["kind"] == "weights"
    assert found["layers"] == ["plaquette+polyakov_time (shared)"]
    assert found["weights"] == [0.1, -0.2]
    json.dumps(found)


def test_checkpoint(tmp_path):
    path = checkpoint.save(tmp_path / "checkpoint", {"links": np.zeros((2, 3))}, {"trajectory": 12})
    found = describe(path)
    assert found["kind"] == "checkpoint"
    assert found["attributes"] == {"serial": 0, "trajectory": 12}
    assert found["arrays"] == {"links": "float64 [2, 3]"}


def test_series(tmp_path):
    with Journal(tmp_path / "x.jsonl") as journal:
        journal.append({"trajectory": 10, "plaquette": 0.5})
        journal.append({"trajectory": 20, "plaquette": 0.6})
    found = describe(tmp_path / "x.jsonl")
    assert (found["kind"], found["records"], found["first"], found["last"]) == ("series", 2, 10, 20)
    assert found["keys"] == ["trajectory", "plaquette"]


def test_attributes_give_the_terminal_no_orders(tmp_path, capsys):
    found = read_configuration(DATA / "native_v1.h5")
    write_configuration(tmp_path / "x.h5", found.links, found.group, {"note": "red \x1b[31m\nnext"})
    assert main(["show", str(tmp_path / "x.h5")]) == 0
    out = capsys.readouterr().out
    assert "note = red ?[31m\n" in out
    assert re.search(r"^ {16}next$", out, re.MULTILINE)
    assert "\x1b" not in out


def test_run_directory(tmp_path):
    with RunDir.create_or_open(tmp_path / "r", "", '[lattice]\nshape = [4, 4]\ngroup = "U(1)"\n', {"run.seed": 3}, {}):
        pass
    found = describe(tmp_path / "r")
    assert (found["kind"], found["group"], found["shape"], found["seed"]) == ("run directory", "U(1)", [4, 4], 3)
    assert (found["configurations"], found["last_configuration"], found["setup"]) == (0, None, {})
    assert describe(tmp_path / "r" / "manifest.json")["kind"] == "document"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: None, 2),
        (lambda path: path.mkdir(), 2),
        (lambda path: path.write_bytes(b"some text that is nothing we know\n" * 9), 3),
        (lambda path: path.write_bytes(b""), 3),
        (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500)), 3),
        (lambda path: path.write_bytes(b"{broken}\n"), 3),
    ],
)
def test_what_cannot_be_shown(make, code, tmp_path, capsys):
    make(tmp_path / "thing")
    assert main(["show", str(tmp_path / "thing")]) == code
    assert "thing" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["show", "scan"], ["compare", "scan", "run"]])
def test_a_scan_in_place_of_a_run(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "run", n=200)
    (tmp_path / "scan").mkdir()
    (tmp_path / "scan/scan.json").write_text("{}")
    assert main(arguments) == 2
    said = "scan is a scan, not a run directory\n  hint: name one of its points: scan/POINT\n"
    assert capsys.readouterr().err == f"lqcdnn: error: {said}"


def test_doctor(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["packages"]["numpy"] == np.__version__
    assert found["processor"]["simd_bits"] >= 64
    assert found["threads"]["kernels"] >= 1
    assert found["disk"]["locks"] is True
    assert list(tmp_path.iterdir()) == []
    assert main(["doctor"]) == 0
    assert "kernels" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("features", "machine", "expected"),
    [
        ({"avx512f", "avx2"}, "x86_64", ("AVX-512", 512)),
        ({"avx", "avx2"}, "x86_64", ("AVX2", 256)),
        (set(), "x86_64", ("SSE2", 128)),
        ({"neon", "sve"}, "aarch64", ("NEON", 128)),
        (set(), "arm64", ("NEON", 128)),
        (set(), "riscv64", ("none known", 64)),
    ],
)
def test_doctor_tells_vectors(features, machine, expected):
    assert vectors(features, machine) == expected


@pytest.mark.parametrize(("machine", "tbb"), [("x86_64", True), ("aarch64", False)])
def test_doctor_names_what_can_be_installed(monkeypatch, machine, tbb):
    """numba and TBB for ARM do not know each other."""
    monkeypatch.setattr(platform, "machine", lambda: machine)
    facts = diagnose().facts
    facts["threads"] |= {"kernels": 2, "layers_available": ["workqueue"]}
    (text,) = (text for text in problems(facts) if "workqueue" in text)
    assert "OpenMP" in text
    assert ("TBB" in text) == tbb


def test_doctor_compiles_every_solver_of_staggered_quarks_ahead():
    config = load_text(WARM_INPUT.format(group="SU(2)"), "warm")
    assert {fermion.solver for fermion in (*config.action.fermion, *config.driving.fermion)} == {"cg", "mixed", "half"}


def test_doctor_names_problems(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    facts = diagnose().facts
    facts["cache"] |= {"writable": False}
    facts["threads"] |= {"kernels": 4096, "layers_available": ["workqueue"]}
    facts["disk"] |= {"locks": False, "free": 10}
    facts["memory"] |= {"available": 10}
    text = "\n".join(problems(facts))
    for word in ("LQCDNN_CACHE_DIR", "4096", "TBB", "flock", "are free", "memory"):
        assert word in text


@pytest.mark.parametrize(
    ("arguments", "value", "code", "words"),
    [
        pytest.param(["doctor"], "auto", 0, "1, layer none (one thread)", marks=pytest.mark.slow),
        (["doctor", "--threads", "auto"], "4", 0, "1, layer none (one thread)"),
        (["doctor"], "abc", 2, "'abc' of LQCDNN_THREADS is not a number of threads; allowed: 1, 2, ... or"),
        pytest.param(["verify", "r"], "auto", 0, "r: sound", marks=pytest.mark.slow),
        (["verify", "r"], "abc", 2, "LQCDNN_THREADS: found 'abc'; allowed: 1, 2, ... or auto"),
    ],
)
def test_threads_of_commands_without_a_lattice(arguments, value, code, words, tmp_path):
    """In a process of its own: the kernels take the number when they are imported."""
    with RunDir.create_or_open(tmp_path / "r", "", '[lattice]\nshape = [4, 4]\ngroup = "U(1)"\n', {"run.seed": 3}, {}):
        pass
    env = environment() | {"LQCDNN_THREADS": value}
    done = subprocess.run(command(*arguments), cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr
    assert "internal error" not in done.stderr
