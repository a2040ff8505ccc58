"""End-of-run summary and provenance."""

import platform
import sys
from pathlib import Path

import numpy as np
import pytest

from lqcdnn.report.provenance import cpu_name, git_state, manifest_facts
from lqcdnn.report.terminal.summary import after_generating, after_training, chain_facts, cut_option, end_of_run


def test_end_of_run():
    rng = np.random.default_rng(71)
    dh = 0.125 + 0.5 * rng.normal(size=400)
    text = end_of_run(
        "su2",
        {"forces": 10.0, "solver": 25.0, "other": 3.0, "I/O": 2.0},
        500,
        dh=list(dh),
        accepted=list(rng.random(400) < 0.8),
        facts={"configurations": "40"},
        commands=after_generating("su2", "su2.toml"),
    )
    lines = text.splitlines()
    assert lines[0] == "su2: 500 trajectories in 40 s (0.08 s each, 45000 an hour)"
    assert [line.split()[0] for line in lines[3:7]] == ["solver", "forces", "I/O", "other"]
    assert lines[3].split() == ["solver", "25.00", "62.5"]
    assert "of 400 after thermalization" in text
    assert "sigma from 1" in text
    assert lines[-1] == "  lqcdnn analyze su2 --html"
    assert all(len(line) <= 100 for line in lines)


def test_pace_is_that_of_compiled_kernels():
    text = end_of_run("su2", {"forces": 2.0, "compiling": 30.0}, 4)
    assert text.splitlines()[0] == "su2: 4 trajectories in 32 s (0.5 s each without compiling, 7200 an hour)"
    assert [line.split()[0] for line in text.splitlines()[3:]] == ["compiling", "forces"]


def test_end_of_a_run_without_trajectories():
    text = end_of_run("su2", {"I/O": 0.01}, 0, facts={"trajectories": "12 in all"})
    assert text.splitlines() == ["su2: no trajectory left to do", "", "trajectories  12 in all"]
    assert chain_facts([0.1], [True]) == {}


def test_constant_dh():
    assert chain_facts([0.0] * 20, [True] * 20)["<exp(-dH)>"] == "1(0), 0.0 sigma from 1"
    assert chain_facts([0.0] * 10, [True] * 10)["<exp(-dH)>"] == "1(0), of only 10 trajectories"


def test_wide_dh_is_not_counted_in_errors():
    dh = 2.0 + 2.3 * np.random.default_rng(72).normal(size=100)
    said = chain_facts(list(dh), [True] * 100)["<exp(-dH)>"]
    assert "rare trajectories: dH spreads by 2." in said
    assert "sigma" not in said


@pytest.mark.filterwarnings("error")
def test_wild_steps():
    assert "of only 5 trajectories" in chain_facts([-1300.0, -711.2, -480.0, -250.0, -68.8], [True] * 5)["<exp(-dH)>"]


def test_one_step_of_another_unit():
    assert end_of_run("net", {"forces": 1.0}, 1, unit="step").startswith("net: 1 step in 1 s")


def test_next_commands():
    assert after_training("i.toml") == ["lqcdnn generate i.toml"]
    assert "weights" in after_training("i.toml", for_others=True)[0]
    assert after_generating("d", "i.toml") == ["lqcdnn measure i.toml", "lqcdnn analyze d --html"]
    assert after_generating("d", "i.toml", measured=False) == ["lqcdnn analyze d --html"]
    assert after_generating("my run", "i.toml")[1] == "lqcdnn analyze 'my run' --html"
    assert after_generating("it's", "i.toml")[1] == "lqcdnn analyze 'it'\"'\"'s' --html"
    assert [cut_option(asked, 5, 20) for asked in (None, 0, 19)] == [""] * 3
    assert after_generating("d", "i.toml", cut_option(20, 5, 20))[1] == "lqcdnn analyze d --html --thermalization 5"
    assert cut_option(20, 5, 5) == " --thermalization 0"


def test_manifest_facts():
    facts = manifest_facts(["/usr/bin/lqcdnn", "generate", "my input.toml"])
    assert facts["command"] == "lqcdnn generate 'my input.toml'"
    assert set(facts["packages"]) == {"numpy", "numba", "h5py", "click", "rich", "tomli"}
    assert facts["packages"]["numpy"] == np.__version__
    assert facts["cores"] >= 1
    assert facts["cpu"] == cpu_name() != ""


ARM = """processor\t: 0
Features\t: fp asimd
CPU implementer\t: 0x41
CPU part\t: 0xd0c

processor\t: 1
CPU implementer\t: 0x41
CPU part\t: 0xd0d
"""


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: Some Processor\n", "Some Processor"),
        (ARM, "aarch64, implementer 0x41, part 0xd0c"),
        ("", "aarch64"),
    ],
)
def test_name_of_the_processor(monkeypatch, cpuinfo, name):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: cpuinfo)
    assert cpu_name() == name


def test_name_of_the_processor_on_macos(monkeypatch, tmp_path):
    (tmp_path / "sysctl").write_text("#!/bin/sh\necho Apple M9\n")
    (tmp_path / "sysctl").chmod(0o755)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert cpu_name() == "Apple M9"


def test_git_state_of_an_installed_package(monkeypatch, tmp_path):
    monkeypatch.setattr("lqcdnn.__file__", str(tmp_path / "site-packages" / "lqcdnn" / "__init__.py"))
    assert git_state() is None
