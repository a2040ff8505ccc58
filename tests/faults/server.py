"""Runs the program many times without starting Python each time: a process that has imported it forks for each command.

Every command is a process of its own with the real exit status; only the start of the interpreter and the loading of
machine code are done once. Requests and replies are lines of JSON: ``{"arguments", "folder", "code", "environment"}``
gives ``{"pid"}`` at once and ``{"status", "seconds", "cpu", "peak"}`` at its end: wall and CPU seconds, memory in kB.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.inputs import WARM

_OUT, _ERR = "stdout.txt", "stderr.txt"
PEAK_UNIT = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes


def serve() -> None:
    """Warm up, say so, and answer until the end of the input."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)  # the program gets another standard output
    replies.write(json.dumps({"trouble": _warm_up()}) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _child(request)
        replies.write(json.dumps({"pid": pid}) + "\n")
        _, status, usage = os.wait4(pid, 0)
        end = {"status": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - started}
        end["cpu"] = usage.ru_utime + usage.ru_stime
        replies.write(json.dumps({**end, "peak": usage.ru_maxrss // PEAK_UNIT}) + "\n")


def _warm_up() -> str:
    """Import everything and load the kernels that the commands of the tests use; returns what went wrong."""
    from lqcdnn.cli.main import main
    from lqcdnn.report import provenance

    # what every session notes about the machine, asked for once
    importlib.metadata.version = functools.cache(importlib.metadata.version)
    provenance.git_state = functools.cache(provenance.git_state)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        _to_files(Path(folder))
        for number, text in enumerate(WARM):
            Path(f"{number}.toml").write_text(text)
            for command in ("generate", "measure"):
                code = main([command, f"{number}.toml", "--plain", "--set", f"run.name=run{number}"])
                if code != 0:
                    return Path(_ERR).read_text()
            for command in ("verify", "analyze", "status", "show"):
                main([command, f"run{number}"])
        os.chdir("/")
    return ""


def _to_files(folder: Path) -> None:
    """Standard output and error of the program go to files; those of the server stay what they are."""
    for name, stream in ((_OUT, sys.stdout), (_ERR, sys.stderr)):
        stream.flush()
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)


def _child(request: dict[str, object]) -> None:
    code = 70
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(str(request["folder"]))
        _to_files(Path(str(request["output"])))
        os.environ.update(request["environment"])  # type: ignore[call-overload]
        exec(str(request["code"]), {})
        from lqcdnn.cli.main import main

        code = main(request["arguments"])  # type: ignore[arg-type]
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        code = 71
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
