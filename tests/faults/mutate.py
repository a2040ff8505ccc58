"""The parsers, and a loop that gives one of them mutated inputs; in a process of its own, since libraries may hang."""

import random
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from lqcdnn.config import load_text
from lqcdnn.errors import LqcdnnError
from lqcdnn.jobs.inspect import describe
from lqcdnn.storage import hdf5, weights
from lqcdnn.storage.formats import FORMATS, read_configuration
from lqcdnn.storage.journal import Journal
from lqcdnn.storage.rundir import RunDir
from tests.faults import samples
from tests.faults.inputs import QUENCHED, TRAINED

HANG = 20
"""Seconds for one input, on a machine that may be busy; all but a few take a millisecond."""
WORDS = [
    b"", b"0", b"-1", b"1e999", b"nan", b"9" * 30, b"2147483648", b"\0", b"\xff" * 8, b"\x7f\xff\xff\xff", b"<",
    b"</x>", b"&a;", b"{", b"[", b'"', b"\n", b"\r\n", b"=", b"]]",
    b"#", b"'''", b"true", b"[[action.fermion]]\n", b"\\u0000",
    "é".encode(), "β".encode(), b".", b"\x89HDF", b"PK\x03\x04", b"\x45\x67\x89\xab", b"END_HEADER\n", b"}\n{",
]  # fmt: skip
Parser = Callable[[Path, bytes], object]


def text(path: Path, data: bytes) -> object:
    return load_text(data.decode("utf-8", "replace"))


def manifest(path: Path, data: bytes) -> object:
    (path.parent / "manifest.json").write_bytes(data)
    return RunDir.open(path.parent)


def of_file(read: Callable[[Path], object]) -> Parser:
    def parse(path: Path, data: bytes) -> object:
        path.write_bytes(data)
        return read(path)

    return parse


SHAPE = (2, 2, 2, 2)
"""Small, so that most mutations meet a header."""


def inputs() -> dict[str, tuple[Parser, list[bytes]]]:
    """Parsers with the inputs that are mutated for them."""
    with tempfile.TemporaryDirectory() as folder:
        files = samples.configurations(Path(folder), SHAPE)
        stored = samples.weights_file(Path(folder))
        with Journal(Path(folder) / "journal.jsonl") as journal:
            for number in range(1, 6):
                journal.append({"trajectory": number, "dH": 0.1, "accepted": True, "list": [1, [2.5, "a"]]})
        lines = (Path(folder) / "journal.jsonl").read_bytes()
        RunDir.create_or_open(Path(folder) / "run", "a = 1", "a = 1", {"run.seed": 7}, {"host": "here"}).close()
        document = (Path(folder) / "run/manifest.json").read_bytes()
    found: dict[str, tuple[Parser, list[bytes]]] = {
        "input file": (text, [QUENCHED.encode(), TRAINED.encode()]),
        "journal": (of_file(lambda path: Journal(path).records()), [lines]),
        "manifest": (manifest, [document]),
        "checkpoint": (of_file(hdf5.unpack), [samples.checkpoint(SHAPE)]),
        "weights": (of_file(weights.load), [stored]),
        "any file": (of_file(describe), [lines, document, stored, *files.values()]),
    }
    for name in FORMATS:
        own = [data for kind, data in files.items() if kind.removeprefix("written ").split()[0] == name.split("-")[0]]
        found[name] = (of_file(lambda path, name=name: read_configuration(path, format=name)), own or [*files.values()])
    return found


PARSERS = inputs()


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to four pieces flipped, replaced, inserted, doubled or cut, mostly near the beginning."""
    content = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        reach = min(len(content), rng.choice((60, 400, 2500, len(data))))
        start = rng.randrange(reach + 1)
        kind = rng.randrange(6)
        if kind == 0 and content:
            content[start % len(content)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            content[start : start + rng.randrange(9)] = rng.choice(WORDS)
        elif kind == 2:
            content[start:start] = rng.choice(WORDS) * rng.choice((1, 1, 3, 50))
        elif kind == 3:
            content[start:start] = content[start : start + rng.randrange(200)]
        elif kind == 4:
            del content[start : start + rng.choice((1, 4, 30, 10**6))]
        else:
            piece = rng.randbytes(rng.choice((1, 4, 8)))
            content[start : start + len(piece)] = piece
    return bytes(content)


def attack(name: str, count: int, path: Path) -> None:
    """Give a parser `count` mutated inputs; any error but ours escapes, and SIGALRM ends a process that hangs.

    The last input stays in ``path.last``.
    """
    parse, originals = PARSERS[name]
    rng, refused, last = random.Random(name), 0, path.with_suffix(".last")
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    warnings.simplefilter("error")
    for number in range(count):
        data = mutated(rng.choice(originals), rng)
        last.write_bytes(data)
        signal.alarm(HANG)
        try:
            parse(path, data)
        except LqcdnnError as error:
            if error.exit_code not in (2, 3):
                raise RuntimeError(f"mutation {number} of {name}: exit code {error.exit_code}") from error
            refused += 1
        except Exception as error:
            raise RuntimeError(f"mutation {number} of {name}: {data[:300]!r}") from error
        finally:
            signal.alarm(0)
    sys.stderr.write(f"refused {refused} of {count}\n")
