"""Files from anywhere: bounded time, one kind of error."""

from __future__ import annotations

import time

import pytest

from lqcdnn.config import load
from lqcdnn.config.language.parse import MAX_BYTES, parse, toml_1_0_problem
from lqcdnn.errors import DiskError, InputError

HOSTILE = {
    "brackets": "a = " + "[" * 100_000,
    "closed brackets": "a = " + "[" * 200_000 + "]" * 200_000,
    "inline tables": "a = " + "{a=" * 100_000,
    "table header": "[" + "a." * 100_000 + "a]",
    "dotted key": "a." * 100_000 + "a = 1",
    "spaced dotted key": "a . " * 100_000 + "a = 1",
    "quoted dotted key": '"a".' * 100_000 + "a = 1",
    "dotted key in inline table": "b = {" + "a." * 100_000 + "a = 1}",
    "long word": "a" * 900_000,
    "digits": "a = " + "9" * 100_000,
    "hex": "[lattice]\nshape = 0x" + "f" * 100_000,
    "open string": 'a = "' + "x" * 900_000,
    "open long string": 'a = """' + "x\n" * 200_000,
    "quotes": "'\"" * 200_000,
    "nul": "a = \x00",
    "comment only": "#" * 900_000,
    "many keys": "\n".join(f"k{i} = 1" for i in range(25_000)),
    "many tables": "\n".join(f"[[network.n.layer]]\nloops = {i}" for i in range(5_000)),
    "too large": "#" * (MAX_BYTES + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_quickly(name, tmp_path):
    path = tmp_path / "input.toml"
    path.write_text(HOSTILE[name])
    start = time.process_time()
    with pytest.raises(InputError) as error:
        load(path)
    assert time.process_time() - start < 5.0
    assert all(len(line) < 500 for line in error.value.message.splitlines())


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("β = 2.7", "ASCII"),
        ("x = True", "true and false"),
        ("x = 1.0d-10", "exponents"),
        ("x = .5", "both sides"),
        ("x = 5.", "both sides"),
        ("x = SU(2)", "quotation marks"),
    ],
)
def test_syntax_hints(text, hint):
    with pytest.raises(InputError, match=r"file\.toml:2:\d+: not valid TOML") as error:
        parse(f"a = 1\n{text}\n", "file.toml")
    assert hint in (error.value.hint or "")


@pytest.mark.parametrize("key", ["β", "beta"])
def test_a_parameter_file_of_another_program_is_named(key):
    with pytest.raises(InputError, match=r"jl\.toml is a parameter file of LatticeQCD\.jl"):
        parse(f'# mine\n["Physical setting"]\n{key} = 5.7\n', "jl.toml")
    assert parse('x = """\n[Physical setting]\n"""', "file.toml")


def test_missing_file_directory_and_bytes(tmp_path):
    with pytest.raises(InputError, match="no input file"):
        load(tmp_path / "none.toml")
    with pytest.raises(InputError, match="is a directory"):
        load(tmp_path)
    with pytest.raises(InputError, match="no input file"):
        load("pyproject.toml/input.toml")
    with pytest.raises(DiskError, match="cannot read"):
        load("a\0b")
    path = tmp_path / "latin1.toml"
    path.write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(InputError, match=r"latin1\.toml:2: not UTF-8"):
        load(path)


def test_windows_line_ends(tmp_path):
    path = tmp_path / "dos.toml"
    path.write_bytes(b"[lattice]\r\nshap = [4, 4]\r\n")
    with pytest.raises(InputError, match=r"dos\.toml:2: lattice\.shap: unknown key"):
        load(path)


def test_the_byte_order_mark_of_an_editor_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "mark.toml"
    path.write_bytes(b"\xef\xbb\xbf[lattice]\nshap = [4, 4]\n")
    with pytest.raises(InputError, match=r"mark\.toml:2: lattice\.shap: unknown key"):
        load(path)


def test_toml_1_1_is_noticed():
    assert toml_1_0_problem("a = {\n b = 1,\n}\n")
    assert toml_1_0_problem("a = { b = 1 }\n") is None
