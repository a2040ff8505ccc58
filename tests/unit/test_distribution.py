"""What a wheel and a source archive of the program hold."""

import tomllib
from pathlib import Path

import lqcdnn

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_files_of_the_package_beside_its_code_are_in_the_wheel():
    folder = ROOT / "lqcdnn"
    beside = [p.relative_to(folder) for p in folder.rglob("*.*") if p.is_file() and p.suffix not in (".py", ".pyc")]
    assert sorted(map(str, beside)) == PROJECT["tool"]["setuptools"]["package-data"]["lqcdnn"] == ["py.typed"]
    assert all((path.parent / "__init__.py").exists() for path in folder.rglob("*.py"))
    assert Path(lqcdnn.__file__).with_name("py.typed").exists()  # PEP 561: type checkers look at our annotations


def test_the_source_archive_has_what_the_readme_tells_to_run():
    taken = (ROOT / "MANIFEST.in").read_text(encoding="utf-8").split()
    assert {"Makefile", "CHANGELOG.md", "CITATION.cff", "docs", "inputs", "tests"} <= set(taken)


def test_classifiers_begin_with_the_oldest_python():
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    versions = [word for line in PROJECT["project"]["classifiers"] if (word := line.split(" :: ")[-1])[:2] == "3."]
    assert versions[0] == oldest
