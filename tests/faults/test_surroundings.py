"""Strange caches, homes, terminals, paths, permissions: the right answer or one clean message."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cli.runs import content, environment
from tests.faults.harness import ROOT, Server, place, same_content, temporaries
from tests.faults.inputs import QUENCHED

PROGRAM = [sys.executable, "-m", "lqcdnn"]


def run(folder: Path, *arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own; None removes a variable."""
    variables = {**environment(), "PYTHONPATH": str(ROOT), **changes}
    kept = {name: value for name, value in variables.items() if value is not None}
    done = subprocess.run([*PROGRAM, *arguments], cwd=folder, env=kept, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def expected(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = place(tmp_path_factory.mktemp("whole"), QUENCHED)
    assert server.run(folder, "generate", "in.toml").status == 0
    return content(folder / "run")


def cache_of_kernels() -> Path:
    from lqcdnn.kernels.compile import CACHE_DIR

    return CACHE_DIR


@pytest.mark.parametrize("damage", ["empty indices", "empty code", "noise"])
def test_damaged_kernel_cache(tmp_path: Path, expected: dict[str, bytes], damage: str) -> None:
    """What cannot be read is compiled again."""
    cache = tmp_path / "cache" / cache_of_kernels().name
    shutil.copytree(cache_of_kernels(), cache)
    for path in cache.rglob("*.nb[ic]"):
        if damage == "noise":
            path.write_bytes(os.urandom(200))
        elif path.suffix == (".nbi" if damage == "empty indices" else ".nbc"):
            path.write_bytes(b"")
    done = run(place(tmp_path, QUENCHED), "generate", "in.toml", LQCDNN_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    same_content(tmp_path / "run", expected)


def test_cache_of_other_sources_is_not_used(tmp_path: Path, expected: dict[str, bytes]) -> None:
    """The folder of the cache is named by a digest of all kernel sources, so an old one is simply another folder."""
    stale = tmp_path / "cache" / "0123456789abcdef"
    shutil.copytree(cache_of_kernels(), stale)
    shutil.copytree(cache_of_kernels(), tmp_path / "cache" / cache_of_kernels().name)
    for path in stale.rglob("*.nb[ic]"):
        path.write_bytes(b"stale")
    done = run(place(tmp_path, QUENCHED), "generate", "in.toml", LQCDNN_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    same_content(tmp_path / "run", expected)


def test_unwritable_cache_and_no_home(tmp_path: Path) -> None:
    """Compiling in memory takes long, so only a command that needs few kernels."""
    (tmp_path / "file").touch()
    for changes in ({"LQCDNN_CACHE_DIR": str(tmp_path / "file")}, {"HOME": None, "LQCDNN_CACHE_DIR": None},
                    {"HOME": "/nonexistent", "XDG_CACHE_HOME": None, "LQCDNN_CACHE_DIR": None}):  # fmt: skip
        done = run(place(tmp_path, QUENCHED), "validate", "in.toml", **changes)
        assert done.returncode == 0, done.stderr
        code = "from lqcdnn.kernels import compile; print(compile.CACHING)"
        variables = {**environment(), "PYTHONPATH": str(ROOT), **changes}
        kept = {name: value for name, value in variables.items() if value is not None}
        done = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True)
        assert done.stdout in ("False\n", "True\n"), done.stderr
        if changes.get("LQCDNN_CACHE_DIR"):
            assert done.stdout == "False\n"


def test_read_only_directory(server: Server, expected: dict[str, bytes]) -> None:
    """As a user who may not write there; the superuser gives up its rights first."""
    with tempfile.TemporaryDirectory() as place_of_others:
        folder = place(Path(place_of_others), QUENCHED)
        folder.chmod(0o555)
        output = place(folder.parent / (folder.name + "-output"), "")
        code = "import os\nif os.getuid() == 0:\n    os.setgid(65534); os.setgroups([]); os.setuid(65534)"
        try:
            refused = server.run(folder, "generate", "in.toml", code=code, output=output)
            assert refused.status == 4, refused.err
            assert "run" in refused.err
            assert "Permission denied" in refused.err
            folder.chmod(0o755)
            assert server.run(folder, "generate", "in.toml", output=output).status == 0
            (folder / "run").chmod(0o555)
            for name in ("generate", "measure", "train"):
                if os.getuid() == 0:
                    refused = server.run(folder, name, "in.toml", code=code, output=output)
                    assert refused.status in (2, 4), refused.err
            for name in ("verify", "status", "show", "analyze"):
                assert server.run(folder, name, "run", code=code, output=output).status in (0, 2), name
            same_content(folder / "run", expected)
        finally:
            folder.chmod(0o755)
            (folder / "run").chmod(0o755)
            shutil.rmtree(output)


@pytest.mark.parametrize("name", ["with space", "über-β-格子", "quote'\"s", "a" * 200])
def test_names_of_directories(server: Server, tmp_path: Path, expected: dict[str, bytes], name: str) -> None:
    folder = place(tmp_path / f"parent {name}", QUENCHED, "in put é.toml")
    assert server.run(folder, "generate", "in put é.toml").status == 0
    same_content(folder / "run", expected)
    assert server.run(folder, "measure", "in put é.toml").status == 0
    assert server.run(folder, "verify", str(folder / "run")).status == 0
    assert server.run(folder, "generate", "in put é.toml", f"--fork={name}").status == 0
    assert server.run(folder, "verify", f"./{name}").status == 0


def test_name_that_no_file_system_takes(server: Server, tmp_path: Path) -> None:
    refused = server.run(place(tmp_path, QUENCHED), "generate", "in.toml", "--set", f"run.name={'a' * 300}")
    assert refused.status in (2, 4), refused.err


FULL = pytest.param("> /dev/full", marks=pytest.mark.skipif(not os.path.exists("/dev/full"), reason="of Linux"))


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", "<&-", FULL, "| head -c 1 > /dev/null"])
def test_closed_and_full_outputs(tmp_path: Path, expected: dict[str, bytes], redirection: str) -> None:
    place(tmp_path, QUENCHED)
    done = subprocess.run(["bash", "-c", f"{sys.executable} -m lqcdnn generate in.toml {redirection}"], cwd=tmp_path,
                          env={**environment(), "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    assert done.returncode in ((4,) if "full" in redirection else (0, 141)), (done.returncode, done.stderr)
    same_content(tmp_path / "run", expected)


@pytest.mark.parametrize("changes", [
    {"TERM": "dumb"}, {"TERM": None}, {"TERM": "nonsense", "COLUMNS": "0"}, {"COLUMNS": "x"}, {"LC_ALL": "C"},
    {"LANG": "de_DE.ISO-8859-1", "LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}, {"NO_COLOR": "1"}, {"TZ": "nowhere"},
    {"SLURM_JOB_END_TIME": "x"},
], ids=str)  # fmt: skip
def test_environment(server: Server, tmp_path: Path, expected: dict[str, bytes], changes: dict[str, str]) -> None:
    done = run(place(tmp_path, QUENCHED), "generate", "in.toml", **{"LQCDNN_PLAIN": None, **changes})
    assert done.returncode == 0, done.stderr
    same_content(tmp_path / "run", expected)
    assert temporaries(tmp_path) == []
