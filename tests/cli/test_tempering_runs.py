"""Runs with parallel tempering as a user makes them: resumed bit for bit, verified, analysed, forked."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest
import tomli
from input_head import head

from lqcdnn.storage.journal import Journal
from tests.cli.runs import assert_resumes_in_pieces, command, content, environment, generated, lqcdnn, records

INPUT = head([4, 8], "U(1)", 3.0, name="small", trajectories=30, thermalization=4, seed=7, save_every=10) + """\
[update]
kind = "heatbath"
[update.tempering]
couplings = [1.0, 0.4, 0.0]
side = 2
[observables.topological_charge]
"""
SLHMC = head([2, 4, 2, 4], "SU(2)", 2.2, name="guided", trajectories=6, seed=7) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[guide.gauge]
beta = 2.18
[[guide.fermion]]
mass = 0.52
[update]
steps = 20
integrator = "omelyan"
[update.tempering]
couplings = [1.0, 0.0]
side = 2
normal = "z"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("tempering"), INPUT)


def test_resumed_in_pieces_it_is_the_same_run(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 7, 13, 30)


def test_journal_verified_and_analysed(folder: Path) -> None:
    lines = records(folder / "small")
    assert all(len(line["swapped"]) == 2 and sorted(line["walkers"]) == [0, 1, 2] for line in lines)
    assert len({tuple(line["walkers"]) for line in lines}) > 2
    assert lqcdnn(folder, "verify", "small").returncode == 0
    found = lqcdnn(folder, "analyze", "small", "--json")
    verdicts = {verdict["name"]: verdict for verdict in json.loads(found.stdout)["verdicts"]}
    assert "round trips between the first and the last replica in" in verdicts["tempering"]["sentence"]
    names = {item["name"] for item in json.loads(found.stdout)["observables"]}
    assert not any(name.startswith(("swapped", "walkers")) for name in names)
    refused = lqcdnn(folder, "analyze", "small", "--fit", "m = effective(walkers)")
    assert refused.returncode == 2
    assert "there is no vector of series 'walkers'" in refused.stderr


def test_better_couplings_are_proposed_and_taken(folder: Path) -> None:
    """The line for the input in text, page and JSON; the run it makes has no other line."""
    first = ["run.name=first", "run.trajectories=300", "update.tempering.couplings=[1.0, 0.98, 0.96, 0.94, 0.0]"]
    done = lqcdnn(folder, "generate", "in.toml", *(word for change in first for word in ("--set", change)))
    assert done.returncode == 0, done.stderr
    found = lqcdnn(folder, "analyze", "first", "--json", "--html")
    (verdict,) = [one for one in json.loads(found.stdout)["verdicts"] if one["name"] == "tempering"]
    couplings = tomli.loads(verdict["setting"])["couplings"]
    assert (couplings[0], couplings[-1]) == (1.0, 0.0)
    assert 2 <= len(couplings) <= 4
    assert verdict["setting"] in lqcdnn(folder, "analyze", "first").stdout.splitlines()
    assert f"<code>{verdict['setting']}</code>" in (folder / "first" / "analyze" / "report.html").read_text()
    second = ("run.name=second", "run.trajectories=300", f"update.tempering.{verdict['setting']}")
    done = lqcdnn(folder, "generate", "in.toml", *(word for change in second for word in ("--set", change)))
    assert done.returncode == 0, done.stderr
    (after,) = [
        one
        for one in json.loads(lqcdnn(folder, "analyze", "second", "--json").stdout)["verdicts"]
        if one["name"] == "tempering"
    ]
    assert after["setting"] == ""


def test_verify_follows_the_replicas(folder: Path) -> None:
    shutil.copytree(folder / "small", folder / "wrong")
    path = folder / "wrong" / "journal.jsonl"
    lines = records(folder / "wrong")
    k = next(i for i, line in enumerate(lines) if line["swapped"][0])
    lines[k]["swapped"] = [False, lines[k]["swapped"][1]]
    path.unlink()
    for line in lines:
        Journal(path).append({key: value for key, value in line.items() if key != "check"})
    done = lqcdnn(folder, "verify", "wrong")
    assert done.returncode == 3
    assert f"line {k + 1}: walkers are" in done.stdout


def test_a_fork_begins_with_the_links_of_the_theory(folder: Path) -> None:
    changes = ("run.name=small", "run.trajectories=3", "update.tempering.couplings=[1.0, 0.0]")
    options = [word for change in changes for word in ("--set", change)]
    done = lqcdnn(folder, "generate", "in.toml", "--fork", "forked", *options)
    assert done.returncode == 0, done.stderr
    assert all(sorted(line["walkers"]) == [0, 1] for line in records(folder / "forked"))
    other = lqcdnn(folder, "generate", "in.toml", "--fork", "forked", "--fork-at", "14", *options)
    assert other.returncode == 2
    assert "forked is a fork of trajectory 34 of" in other.stderr
    assert lqcdnn(folder, "generate", "in.toml", "--fork", "forked", *options).returncode == 0  # goes on, at its end


def test_a_checkpoint_without_replicas_is_told(folder: Path) -> None:
    shutil.copytree(folder / "small", folder / "torn")
    for path in (folder / "torn" / "checkpoint").glob("*.h5"):
        with h5py.File(path, "a") as file:
            del file["replica.1"]
    done = lqcdnn(folder, "generate", "in.toml", "--set", "run.name=torn", "--set", "run.trajectories=40")
    assert done.returncode not in (0, 1)
    assert "replica.1" in done.stderr or "damaged" in done.stderr


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run of self-learning HMC with fermions, in one process."""
    return generated(tmp_path_factory.mktemp("guided"), SLHMC)


def test_self_learning_hmc_with_fermions(guided: Path) -> None:
    lines = records(guided / "guided")
    assert all(0.0 <= line["others_accepted"] <= 1.0 for line in lines)
    assert all(abs(line["dH"]) < 2.0 for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="replicas are shared out among processes on Linux")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_processes_and_their_parent_stopped(guided: Path, number: signal.Signals) -> None:
    """Killed, the parent leaves no lock behind; asked to stop, all processes end their trajectory first."""
    arguments = ("generate", "in.toml", "--threads", "2", "--set", f"run.name=stopped{number}")
    folder = guided / f"stopped{number}"
    running = subprocess.Popen(
        command(*arguments), cwd=guided, env=environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    journal = folder / "journal.jsonl"
    while not (journal.exists() and len(journal.read_bytes().splitlines()) >= 3):  # two are done by the parent alone
        assert running.poll() is None
        time.sleep(0.002)
    os.kill(running.pid, number) if number == signal.SIGKILL else os.killpg(running.pid, number)
    assert running.wait() in ((-number,) if number == signal.SIGKILL else (75, 0))
    done = lqcdnn(guided, *arguments)
    assert done.returncode == 0, done.stderr
    assert content(folder) == content(guided / "guided")


def test_time_of_all_processes_is_noted(guided: Path) -> None:
    done = lqcdnn(guided, "generate", "in.toml", "--threads", "2", "--set", "run.name=two")
    assert done.returncode == 0, done.stderr
    assert "replicas" in done.stdout
    assert content(guided / "two") == content(guided / "guided")
    times = [json.loads(line) for line in (guided / "two" / "timing.jsonl").read_text().splitlines()]
    assert [record["threads"] for record in times] == [1] + [2] * (len(times) - 1)
