"""The group: help, versions, exit codes, lazy imports."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import types

import click
import pytest

import lqcdnn
from lqcdnn.cli import main as cli_main
from lqcdnn.cli.main import COMMANDS, main
from lqcdnn.errors import DataError, DiskError, InputError, LockError, LqcdnnError, NumericalError, StoppedEarly

HEAVY = ("numpy", "numba", "h5py", "llvmlite", "rich", "matplotlib")
LIGHT = {
    "--help": 0,
    "--version": 0,
    "init --list": 0,
    "init a.toml --preset quickstart --yes": 0,
    "init --yes": 0,
    "init": 2,
    "validate in.toml": 0,
    "validate none.toml": 2,
    "schema": 0,
    "schema --reference": 0,
    "cite": 0,
    "cite in.toml": 0,
    "show in.toml": 0,
    "validate --help": 0,
    "nonsense": 2,
}
PROBE = f"""
import sys
from lqcdnn.cli.main import main
for line in sys.argv[1:]:
    code = main(line.split())
    print("RAN", line, code, [name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


@pytest.fixture
def fake(monkeypatch):
    """Make a command "doctor" out of a function."""

    def install(function):
        module = types.ModuleType("lqcdnn.cli.doctor")
        module.command = click.command("doctor")(function)
        monkeypatch.setitem(sys.modules, "lqcdnn.cli.doctor", module)

    return install


def test_light_commands_import_nothing_heavy(tmp_path):
    """One after the other in a fresh interpreter: what one has imported stands in its line and those that follow."""
    assert main(["init", str(tmp_path / "in.toml"), "--preset", "quickstart", "--yes"]) == 0
    program = [sys.executable, "-c", PROBE, *LIGHT]
    done = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, stdin=subprocess.DEVNULL, timeout=60)
    found = [line for line in done.stderr.splitlines() if line.startswith("RAN ")]
    assert found == [f"RAN {line} {code} []" for line, code in LIGHT.items()], done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_every_command_and_imports_none_of_them(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in text


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lqcdnn {lqcdnn.__version__}\n"


def test_module_runs():
    done = subprocess.run([sys.executable, "-m", "lqcdnn", "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"lqcdnn {lqcdnn.__version__}\n")


def test_without_arguments_shows_help(capsys):
    assert main([]) == 2
    captured = capsys.readouterr()
    assert "Usage: lqcdnn" in captured.out + captured.err


def test_unknown_command_and_option(capsys):
    assert main(["validat"]) == 2
    assert "Did you mean 'validate'?" in capsys.readouterr().err
    assert main(["resume"]) == 2
    assert "Did you mean 'generate'?" in capsys.readouterr().err
    assert main(["qqqqq"]) == 2
    assert "Did you mean" not in capsys.readouterr().err
    assert main(["validate", "--jsn", "x"]) == 2
    assert "--jsn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LqcdnnError("m"), 1),
        (InputError("m"), 2),
        (DataError("m"), 3),
        (DiskError("m"), 4),
        (NumericalError("m"), 5),
        (LockError("m"), 6),
        (StoppedEarly("m"), 75),
        (OSError(28, "No space left on device"), 4),
        (ValueError("m"), 1),
        (MemoryError(), 4),
        (KeyboardInterrupt(), 130),
        (click.UsageError("m"), 2),
    ],
)
def test_exit_codes(error, code, fake, capsys):
    def function():
        raise error

    fake(function)
    assert main(["doctor"]) == code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert captured.err.strip()


def test_a_command_may_return_its_exit_code(fake):
    fake(lambda: 75)
    assert main(["doctor"]) == 75
    fake(lambda: True)
    assert main(["doctor"]) == 0
    fake(lambda: click.get_current_context().exit(3))
    assert main(["doctor"]) == 3


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (InputError("the sentence", "the hint"), "lqcdnn: error: the sentence"),
        (StoppedEarly("stopped by SIGINT", "the hint"), "lqcdnn: stopped by SIGINT"),  # in good order: no error
    ],
    ids=["error", "stop"],
)
def test_message_and_hint(fake, capsys, raised, line):
    def function():
        raise raised

    fake(function)
    main(["doctor"])
    assert capsys.readouterr().err == f"{line}\n  hint: the hint\n"


@pytest.mark.parametrize(("arguments", "debug"), [(["--debug", "doctor"], ""), (["doctor"], "1")])
def test_traceback_on_request_only(arguments, debug, fake, capsys, monkeypatch):
    def function():
        raise ValueError("unexpected")

    fake(function)
    monkeypatch.setenv("LQCDNN_DEBUG", "0")
    assert main(["doctor"]) == 1
    message = capsys.readouterr().err
    assert message.startswith("lqcdnn: internal error: ValueError: unexpected\n")
    assert "report" in message
    monkeypatch.setenv("LQCDNN_DEBUG", debug or "0")
    assert main(arguments) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_command_that_is_not_installed(monkeypatch, capsys):
    monkeypatch.setitem(COMMANDS, "ghost", "Not there.")
    assert main(["ghost"]) == 2
    assert "no command 'ghost'" in capsys.readouterr().err


def test_a_broken_import_is_not_called_missing(monkeypatch, capsys):
    monkeypatch.setitem(COMMANDS, "ghost", "Broken.")

    def broken(name):
        raise ModuleNotFoundError("No module named 'numba'", name="numba")

    monkeypatch.setattr(cli_main.importlib, "import_module", broken)
    assert main(["ghost"]) == 1
    assert "No module named 'numba'" in capsys.readouterr().err


def test_a_module_without_command(monkeypatch, capsys):
    module = types.ModuleType("lqcdnn.cli.doctor")
    module.doctor = "no command"
    monkeypatch.setitem(sys.modules, "lqcdnn.cli.doctor", module)
    assert main(["doctor"]) == 1
    assert "defines no command" in capsys.readouterr().err


def test_closed_pipe_is_quiet():
    pipe = f"{sys.executable} -m lqcdnn schema; echo code $? >&2"
    done = subprocess.run(["bash", "-c", f"( {pipe} ) | head -c 1"], capture_output=True, text=True, timeout=60)
    assert done.stderr in ("code 141\n", "code 0\n")
    closed = f"{sys.executable} -m lqcdnn schema | true; echo codes ${{PIPESTATUS[@]}}"
    done = subprocess.run(["bash", "-c", closed], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout in ("codes 141 0\n", "codes 0 0\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("arguments", ["show none.toml", "--debug show none.toml", "shew"])
def test_an_error_that_cannot_be_told_has_its_exit_code(arguments, tmp_path):
    """Of a job whose log is on the disk that is full."""
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "lqcdnn", *arguments.split()]
        assert subprocess.run(command, cwd=tmp_path, stderr=full, timeout=60).returncode == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [["--version"], ["schema"], ["show", "in.toml"]])
def test_full_output_is_named(arguments, tmp_path):
    assert main(["init", str(tmp_path / "in.toml"), "--preset", "quickstart", "--yes"]) == 0
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "lqcdnn", *arguments], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 4
    assert done.stderr == b"lqcdnn: error: could not write standard output: No space left on device\n"


def test_garbage_is_collected_seldom_in_a_process_of_our_own(monkeypatch):
    """Who calls ``main`` with arguments has a process of his own."""
    before, usual = gc.get_threshold(), (700, 10, 10)
    try:
        gc.set_threshold(*usual)
        assert main(["--version"]) == 0
        assert gc.get_threshold() == usual
        monkeypatch.setattr(sys, "argv", ["lqcdnn", "--version"])
        assert main() == 0
        assert gc.get_threshold()[0] > usual[0]
    finally:
        gc.set_threshold(*before)
