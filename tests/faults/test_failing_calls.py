"""Every write, fsync and rename fails once; the disk is full: exit code 4, and what was there before still stands."""

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.runs import content, environment
from tests.faults.harness import ROOT, Outcome, Server, last_checkpoint, place, same_content, temporaries, until
from tests.faults.inputs import QUENCHED, SMALL_STAGGERED, TRAINED


def refused_by_the_disk(outcome: Outcome, folder: Path) -> None:
    """One message that names the file and what did not fit."""
    assert outcome.status == 4, (outcome.status, outcome.err)
    (line,) = [line for line in outcome.err.splitlines() if line.startswith("lqcdnn: error:")]
    assert "run/" in line
    assert "bytes" in line, line
    assert temporaries(folder) == []


MEASURE = ("measure", "in.toml", "--observables", "polyakov,condensate")


@pytest.mark.parametrize(("text", "arguments"), [
    (QUENCHED, ("generate", "in.toml")), (TRAINED, ("train", "in.toml")), (SMALL_STAGGERED, MEASURE),
])  # fmt: skip
def test_every_call_fails_once(server: Server, tmp_path: Path, text: str, arguments: tuple[str, ...]) -> None:
    """In turn for want of space and by an error of the device."""
    begun = place(tmp_path / "begun", text)
    if arguments == MEASURE:
        assert server.run(begun, "generate", "in.toml").status == 0
    whole = tmp_path / "whole"
    shutil.copytree(begun, whole)
    assert server.run(whole, *arguments).status == 0
    expected = content(whole / "run")
    folder, failures, done = tmp_path / "failing", 0, 0
    for nth in range(1, 10_000):
        shutil.copytree(begun, folder)
        number = errno.EIO if nth % 2 else errno.ENOSPC
        code = f"from tests.faults.calls import fail; fail({nth}, {number})"
        outcome = server.run(folder, *arguments, code=code)
        if outcome.status == 0:
            done += 1
        else:
            refused_by_the_disk(outcome, folder)
            failures += 1
            last_checkpoint(folder / "run")
            assert server.run(folder, *arguments).status == 0
        same_content(folder / "run", expected)
        shutil.rmtree(folder)
        if done == 2:  # no call is left to fail (the first may be one whose failure does not matter)
            break
    assert failures >= (4 if arguments == MEASURE else 30)


@pytest.mark.parametrize("limit", [0, 100, 400, 1000, 2500, 5000, 9000, 100_000])
def test_limit_on_the_size_of_files(server: Server, tmp_path: Path, limit: int) -> None:
    """RLIMIT_FSIZE: a write beyond it fails, and its signal SIGXFSZ must not end the program."""
    text = QUENCHED.replace("trajectories = 4", "trajectories = 30")
    folder = place(tmp_path / "whole", text)
    assert server.run(folder, "generate", "in.toml").status == 0
    expected = content(folder / "run")
    folder, output = place(tmp_path / "limited", text), place(tmp_path / "output", "")
    code = f"from tests.faults.calls import limit_files; limit_files({limit})"
    outcome = server.run(folder, "generate", "in.toml", code=code, output=output)
    assert outcome.status == (0 if limit == 100_000 else 4)
    assert temporaries(folder) == []
    if (folder / "run/checkpoint").is_dir():
        last_checkpoint(folder / "run")
    assert server.run(folder, "generate", "in.toml").status == 0
    same_content(folder / "run", expected)
    if outcome.status == 4:
        message = output / "stderr.txt"
        until(lambda: "File too large" in message.read_text() or "bytes fitted" in message.read_text())
        assert "lqcdnn: error: run/" in message.read_text()


MOUNT = ["unshare", "-rm", "sh", "-c"]


@pytest.mark.parametrize("kilobytes", [4, 24, 64])
def test_full_file_system(server: Server, tmp_path: Path, kilobytes: int) -> None:
    """A tmpfs of some kilobytes in a mount namespace of its own."""
    place(tmp_path, QUENCHED.replace("trajectories = 4", "trajectories = 30"))
    (tmp_path / "small").mkdir()
    mount = f"mount -t tmpfs -o size={kilobytes}k none small"
    if shutil.which(MOUNT[0]) is None:
        pytest.skip("namespaces of mounts are a thing of Linux")
    allowed = subprocess.run([*MOUNT, mount], cwd=tmp_path, capture_output=True)
    if allowed.returncode != 0:
        pytest.skip(f"no mount in a namespace: {allowed.stderr.decode().strip()}")
    program = f"{sys.executable} -m lqcdnn generate ../in.toml"
    keep = "ls -A run run/checkpoint > ../names; cp -r run ../kept"
    script = f"{mount} && cd small && {program}; code=$?; {keep}; exit $code"
    done = subprocess.run(
        [*MOUNT, script], cwd=tmp_path, env={**environment(), "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 4), done.stderr
    assert done.returncode == 0 or "No space left on device" in done.stderr
    assert temporaries(tmp_path / "kept") == []
    assert not any(line.endswith(".tmp") for line in (tmp_path / "names").read_text().splitlines())
    if kilobytes <= 24:
        assert done.returncode == 4
    # with room again, the same command goes on
    (tmp_path / "kept").rename(tmp_path / "run")
    assert server.run(tmp_path, "generate", "in.toml").status == 0
    whole = place(tmp_path / "whole", (tmp_path / "in.toml").read_text())
    assert server.run(whole, "generate", "in.toml").status == 0
    same_content(tmp_path / "run", content(whole / "run"))
