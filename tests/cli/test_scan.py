"""scan as a user runs it: points, resuming, failures, signals, refusals, job arrays."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lqcdnn.cli import scan as scan_command
from lqcdnn.cli.main import main
from lqcdnn.jobs.scan.processes import Runner
from tests.cli.runs import GAUGE, SMALL, command, content, environment, lqcdnn

BETAS = ("--grid", "action.gauge.beta=2.2,2.3")
MASSES = ("--grid", "action.fermion.1.mass=0.5,0.6")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.toml").write_text(GAUGE)
    return tmp_path


def files(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def test_dry_run_lists_the_points_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "in.toml", *BETAS, "--grid", "update.steps=2,4", "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [point["name"] for point in found["points"]] == [
        "beta=2.2,steps=2", "beta=2.2,steps=4", "beta=2.3,steps=2", "beta=2.3,steps=4"
    ]  # fmt: skip
    assert found["points"][0] | {"seed": 0} == {
        "name": "beta=2.2,steps=2", "values": {"action.gauge.beta": 2.2, "update.steps": 2}, "seed": 0,
        "state": "new", "trajectory": 0, "total": 14,
    }  # fmt: skip
    assert [p.name for p in folder.iterdir()] == ["in.toml"]


def test_points_are_runs_and_a_scan_can_be_repeated_and_extended(folder: Path) -> None:
    one = ("--grid", "action.gauge.beta=2.3")
    done = lqcdnn(folder, "scan", "in.toml", *one)
    assert done.returncode == 0, done.stderr
    scan = folder / "small"
    assert "beta=2.3: done, 14/14 trajectories" in done.stderr
    assert json.loads((scan / "scan.json").read_text())["grid"] == {"action.gauge.beta": [2.3]}
    whole = content(scan / "beta=2.3")
    assert len(whole["journal.jsonl"].splitlines()) == 14
    alone = lqcdnn(folder, "generate", "small/inputs/beta=2.3.toml", "--set", "run.name=alone")
    assert alone.returncode == 0, alone.stderr
    assert content(folder / "alone") == whole
    before = files(scan)
    again = lqcdnn(folder, "scan", "in.toml", *one)
    assert again.returncode == 0
    assert "1 point, 1 complete" in again.stderr
    assert {k: v for k, v in files(scan).items() if k != "scan.json"} == {
        k: v for k, v in before.items() if k != "scan.json"
    }
    longer = ("--grid", "action.gauge.beta=2.3,2.25", "--set", "run.trajectories=14", "--jobs", "2")
    more = lqcdnn(folder, "scan", "in.toml", *longer)
    assert more.returncode == 0, more.stderr
    assert "2 points, 0 complete" in more.stderr
    assert (scan / "beta=2.3/journal.jsonl").read_bytes().startswith(whole["journal.jsonl"])
    assert (scan / "beta=2.25/journal.jsonl").read_bytes().count(b"\n") == 16
    alone = lqcdnn(folder, "generate", "small/inputs/beta=2.25.toml", "--set", "run.name=other")
    assert alone.returncode == 0, alone.stderr
    assert content(folder / "other") == content(scan / "beta=2.25")  # that of a copy
    told = [json.loads((scan / f"beta={b}/manifest.json").read_text())["sessions"][-1]["command"] for b in (2.3, 2.25)]
    assert told == [f"__main__.py generate small/inputs/beta={b}.toml --plain --threads 1" for b in (2.3, 2.25)]


def test_a_failed_point_is_reported_and_the_others_go_on(folder: Path) -> None:
    (folder / "in.toml").write_text(SMALL)
    done = lqcdnn(folder, "scan", "in.toml", "--grid", "action.fermion.1.max_iterations=3,1000")
    assert done.returncode == 5, done.stderr
    assert "max_iterations=3: FAILED with exit code 5: " in done.stderr
    assert "no convergence" in done.stderr
    assert "max_iterations=1000: done" in done.stderr
    states = [json.loads((folder / f"small/max_iterations={n}/status.json").read_text())["state"] for n in (3, 1000)]
    assert states == ["failed", "done"]


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_signals_reach_the_points_and_the_scan_resumes(number: signal.Signals, folder: Path) -> None:
    long = ("--set", "run.trajectories=1000000", "--jobs", "2")
    running = subprocess.Popen(command("scan", "in.toml", *BETAS, *long), cwd=folder, env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journals = [folder / f"small/beta={beta}/journal.jsonl" for beta in (2.2, 2.3)]
    while running.poll() is None and not all(j.exists() and j.read_bytes().count(b"\n") > 3 for j in journals):
        time.sleep(0.02)
    running.send_signal(number)
    _out, err = running.communicate(timeout=120)
    assert running.returncode == 75, err
    assert "2 of 2 points are unfinished" in err
    counts = []
    for journal in journals:
        assert json.loads((journal.parent / "status.json").read_text())["state"] == "stopped"
        counts.append(journal.read_bytes().count(b"\n"))
    extent = ("--set", f"run.trajectories={min(counts)}")
    ahead = (2.2, 2.3)[counts.index(max(counts))]
    first = lqcdnn(folder, "generate", f"small/inputs/beta={ahead}.toml", *extent)  # one point is left to start
    assert first.returncode == 0, first.stderr
    resumed = lqcdnn(folder, "scan", "in.toml", *BETAS, *extent)
    assert resumed.returncode == 0, resumed.stderr
    assert "2 points, 1 complete" in resumed.stderr
    lines = [journal.read_bytes().count(b"\n") for journal in journals]
    assert lines == [max(count, min(counts) + 2) for count in counts]


def test_time_budget(folder: Path) -> None:
    long = ("--set", "run.trajectories=1000000", "--max-time", "3")
    done = lqcdnn(folder, "scan", "in.toml", *BETAS, *long)
    assert done.returncode == 75, done.stderr
    assert "--max-time" not in done.stderr


def test_a_second_scan_is_told_who_is_at_work(folder: Path) -> None:
    from lqcdnn.storage.lock import RunLock

    assert main(["scan", "in.toml", *BETAS, "--emit", "slurm"]) == 0
    with RunLock(folder / "small/scan.lock"):
        refused = lqcdnn(folder, "scan", "in.toml", *BETAS)
    assert refused.returncode == 6
    assert "another process" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs a grid"),
        (["--grid", "action.gauge.beta"], "--grid key=a,b,c"),
        (["--grid", "action.gauge.beta=2.2,nonsense"], '--grid action.gauge.beta=nonsense: action.gauge.beta: found'),
        (["--grid", "action.gauge.beta=2.2,2.4"], "beta=2.3"),
        (["--grid", "action.gauge.beta=2.3"], "beta=2.2"),
        (["--grid", "update.steps=2,4"], "update.steps"),
        ([*BETAS, "--set", "update.length=0.5"], "update.length: 1.0 in the scan, 0.5 now"),
        ([*BETAS, "--set", "run.seed=8"], "run.seed"),
        ([*BETAS, "--name", "photos"], "photos"),
        ([*BETAS, "--name", "run"], "run directory"),
    ],
)
def test_another_scan_is_refused(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", "in.toml", *BETAS, "--emit", "slurm"]) == 0
    for name in ("photos/cat.png", "run/manifest.json"):
        (folder / name).parent.mkdir()
        (folder / name).write_text("{}")
    before = files(folder)
    capsys.readouterr()
    assert main(["scan", "in.toml", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert files(folder) == before


@pytest.mark.parametrize(
    ("arguments", "asked", "jobs"), [((), "1", 8), (("--threads", "3"), "3", 2), (("--threads", "auto"), "auto", 4)]
)
def test_threads_of_the_points(
    arguments: tuple[str, ...], asked: str, jobs: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Runner] = []
    monkeypatch.delenv("LQCDNN_THREADS", raising=False)
    monkeypatch.setattr(Runner, "run", lambda runner: started.append(runner))
    monkeypatch.setattr(scan_command, "usable_cores", lambda: 8)
    monkeypatch.setattr(scan_command, "paying_threads", lambda numbers: 2 if numbers == 8 * 6 * 2 * 2 * 4 else 1)
    shapes = ("--grid", "lattice.shape=[4,2,2,4],[6,2,2,4]")
    assert main(["scan", "in.toml", *shapes, *arguments]) == 75
    assert started[0].jobs == jobs
    assert [task.command[-2:] for task in started[0].tasks] == [("--threads", asked)] * 2


def test_a_job_array_needs_a_number_of_threads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "in.toml", *BETAS, "--emit", "slurm", "--threads", "auto"]) == 2
    assert "allowed with --emit slurm: --threads 1, 2, ..." in capsys.readouterr().err
    assert not (folder / "small").exists()


def test_verify_checks_every_run_of_a_scan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Points not begun are sound; damage of one run is told with its file and leaves the others sound."""
    assert main(["scan", "in.toml", "--grid", "action.gauge.beta=2.2,2.3,2.4", "--emit", "slurm"]) == 0
    for beta in (2.2, 2.3):
        assert lqcdnn(folder, "generate", f"small/inputs/beta={beta}.toml").returncode == 0
    capsys.readouterr()
    assert main(["verify", "small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(p["name"], p["begun"], p["sound"]) for p in found["points"]] == [
        ("beta=2.2", True, True), ("beta=2.3", True, True), ("beta=2.4", False, True)
    ]  # fmt: skip
    of_the_run = sum(check["files"] for check in found["points"][0]["checks"])
    assert main(["verify", "small/beta=2.2"]) == 0
    journal = folder / "small/beta=2.3/journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"trajectory": 9', b'"trajectory": 8', 1))
    (folder / "small/inputs/beta=2.2.toml").write_text(GAUGE.replace("beta = 2.2", "beta = 2.25"))
    capsys.readouterr()
    assert main(["verify", "small"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"beta=2.2  {of_the_run} files: ")
    assert any(line.startswith("  fault: small/inputs/beta=2.2.toml: action.gauge.beta is ") for line in lines)
    assert any(line.startswith("  fault: small/beta=2.3/journal.jsonl") for line in lines)
    assert lines[-2:] == ["beta=2.4  not begun", "small: DAMAGED (3 points: 2 DAMAGED, 1 not begun)"]
    (folder / "small/beta=2.3/manifest.json").write_bytes(b"{")
    assert main(["verify", "small"]) == 3
    assert "fault: small/beta=2.3/manifest.json" in capsys.readouterr().out


def test_the_seed_of_a_scan_without_one_is_drawn_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in.toml").write_text(GAUGE.replace("seed = 7\n", ""))
    assert main(["scan", "in.toml", *BETAS, "--emit", "slurm"]) == 0
    first = json.loads((folder / "small/scan.json").read_text())
    assert main(["scan", "in.toml", *BETAS, "--emit", "slurm"]) == 0
    second = json.loads((folder / "small/scan.json").read_text())
    assert first["seed"] == second["seed"]
    assert first["points"] == second["points"]
    capsys.readouterr()


def test_job_array(folder: Path) -> None:
    name = "it's a $(scan); x"
    arguments = ("--name", name, "--emit", "slurm", "--jobs", "3", "--max-time", "90m")
    done = lqcdnn(folder, "scan", "in.toml", *BETAS, *arguments)
    assert done.returncode == 0, done.stderr
    script = folder / name / "array.sh"
    assert done.stdout.endswith(f"next:\n  sbatch {shlex.quote(f'{name}/array.sh')}\n")
    text = script.read_text()
    assert "#SBATCH --array=1-2%3\n" in text
    assert "#SBATCH --time=01:30:00\n" in text
    assert not any((folder / name).glob("beta=*"))

    def task(number: str) -> subprocess.CompletedProcess[str]:
        env = {**environment(), "SLURM_ARRAY_TASK_ID": number, "SLURM_CPUS_PER_TASK": "1"}
        return subprocess.run(["bash", str(script)], env=env, cwd="/", capture_output=True, text=True, timeout=300)

    for number in ("0", "3", ""):
        assert task(number).returncode == 2
    ran = task("2")
    assert ran.returncode == 0, ran.stderr
    assert [p.name for p in (folder / name).glob("beta=*")] == ["beta=2.3"]
    journal = (folder / name / "beta=2.3/journal.jsonl").read_bytes()
    assert journal.count(b"\n") == 14
    rest = lqcdnn(folder, "scan", "in.toml", *BETAS, "--name", name)
    assert rest.returncode == 0, rest.stderr
    assert "2 points, 1 complete" in rest.stderr
    assert (folder / name / "beta=2.3/journal.jsonl").read_bytes() == journal
    assert rest.stdout.endswith(f"next:\n  lqcdnn analyze {shlex.quote(name)} --html\n")
