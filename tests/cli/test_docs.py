"""The documentation is true: links resolve, commands and options exist, inputs validate, Python blocks run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import tomli
from naming import of

from lqcdnn.cli.main import COMMANDS, cli, main
from lqcdnn.config import load_text
from lqcdnn.config.language.expressions import parse_definition
from lqcdnn.config.language.fits import is_scan_fit, parse_fit
from lqcdnn.config.language.problems import InvalidInputError, Problem
from lqcdnn.config.language.scanfits import parse_scan_fit
from lqcdnn.config.load import load_measurement
from lqcdnn.config.tables.observables import OBSERVABLES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md"] + [
    page for page in sorted((ROOT / "docs").rglob("*.md")) if not page.name.endswith(".template.md")
]
HEADINGS = ["Syntax", "Description", "Options", "Files", "Examples", "Exit codes", "Safety"]
SHELL = ("", "sh", "bash", "console")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_INLINE = re.compile(r"`(lqcdnn [^`\n]+)`")
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


class Block(NamedTuple):
    page: Path
    line: int
    section: str
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for match in _FENCE.finditer(text):
        before = text[: match.start()]
        sections = re.findall(r"^## (.*)$", before, re.MULTILINE)
        yield Block(page, before.count("\n") + 1, sections[-1] if sections else "", match[1], match[2])


BLOCKS = [block for page in PAGES for block in blocks(page)]


@cache
def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text())


def in_prose(pattern: re.Pattern[str]) -> Iterator[tuple[Path, str]]:
    """Each page, and what it has in its text."""
    return ((page, found) for page in PAGES for found in pattern.findall(prose(page)))


@cache
def anchors(page: Path) -> set[str]:
    """Names of the headings as the usual renderers make them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_resolve() -> None:
    for page, target in in_prose(_LINK):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(found), f"{page.name}: {target}"


def test_every_page_is_reached_from_the_index() -> None:
    start = ROOT / "docs/index.md"
    seen, todo = {start}, [start]
    while todo:
        page = todo.pop()
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(prose(page))}
        new = {target for target in targets if target.suffix == ".md"} - seen
        seen |= new
        todo += new
    assert {page for page in PAGES if page.parent != ROOT} <= seen


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_with_the_usual_headings_and_all_its_options(name: str) -> None:
    text = (ROOT / f"docs/cli/{name}.md").read_text()
    assert text.startswith(f"# lqcdnn {name}\n")
    found = [heading for heading in re.findall(r"^## (.*)$", text, re.MULTILINE) if heading in HEADINGS]
    assert found == HEADINGS
    described = text.partition("## Options")[2].partition("\n## ")[0]
    for option in command_of(name).params:
        if isinstance(option, click.Option):
            assert any(f"`{word}" in described or f"{word} " in described for word in option.opts), option.opts


def command_of(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None, f"there is no command {name}"
    return found


def command_lines(text: str) -> Iterator[str]:
    """``lqcdnn ...`` up to a pipe, a redirection, a comment or the next command."""
    unquoted = r"(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)"
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"\s#\s|\|\||&&|[|;]\s" + unquoted + r"|[12&]?>\s", re.sub(r"\s#.*", "", line)):
            if match := re.search(r"(?:^|\s)lqcdnn\s+(?=\S)(.*)", part):
                yield match[1].strip().removesuffix("&")


def check_names(line: str) -> None:
    """Command and options of a line that may be a syntax description."""
    name, _, rest = line.partition(" ")
    if name.startswith("-"):
        assert name in {word for option in cli.get_params(click.Context(cli)) for word in option.opts}, line
        return
    known = {word for option in command_of(name).params for word in (*option.opts, *option.secondary_opts)}
    for word in _OPTION.findall(re.sub(r"\"[^\"]*\"|'[^']*'", "", rest)):
        assert word in {*known, "--help"}, f"lqcdnn {line}: {word}"


def check_arguments(line: str) -> None:
    """A complete command line, as click takes it."""
    words = shlex.split(line)
    if words[0].startswith("-"):
        return
    try:
        command_of(words[0]).make_context(words[0], words[1:])
    except click.exceptions.Exit:
        assert "--help" in words
    for option, text in pairwise(words):
        if option == "--fit":
            (parse_scan_fit if is_scan_fit(text) else parse_fit)(text)
        elif option == "--derive":
            parse_definition(text)


def test_commands_exist() -> None:
    for block in BLOCKS:
        for line in command_lines(block.text) if block.language in SHELL else ():
            with of(block.where):
                check_names(line)
                if block.section != "Syntax":
                    check_arguments(line)


def test_commands_in_the_text_exist() -> None:
    for page, code in in_prose(_INLINE):
        for line in command_lines(code):
            if line.split()[0] not in ("...", "COMMAND", "<command>"):
                with of(page):
                    check_names(line)


def test_toml_blocks_validate(tmp_path: Path) -> None:
    for block in BLOCKS:
        if block.language == "toml":
            with of(block.where):
                assert_valid(block, tmp_path)


def assert_valid(block: Block, tmp_path: Path) -> None:
    """The block is TOML without unknown keys; where it is a whole input, or one for files, it is a valid one."""
    tomli.loads(block.text)
    if "[lattice]" in block.text:  # complete, or for files of configurations
        (tmp_path / "input.toml").write_text(block.text)
        load_measurement(tmp_path / "input.toml")
        return
    tables = {"run": 'name = "part"', "action.gauge": "beta = 6.0", "lattice": 'shape = [8, 8, 8, 8]\ngroup = "SU(3)"'}
    head = "".join(f"[{name}]\n{keys}\n" for name, keys in tables.items() if f"[{name}]" not in block.text)
    problems: Sequence[Problem] = ()
    try:
        load_text(head + block.text)
    except InvalidInputError as error:  # of tables and values that the text around it has
        problems = error.problems
    assert [problem for problem in problems if problem.message == "unknown key"] == []


def test_rows_of_tables_have_the_cells_of_their_head() -> None:
    """What is in more cells is not shown."""
    for page in PAGES:
        for table in re.findall(r"(?:^\|.*\n)+", prose(page), re.MULTILINE):
            rows = table.splitlines()
            counts = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
            assert set(counts) == {counts[0]}, f"{page.name}: {rows[max(range(len(counts)), key=counts.__getitem__)]}"


def test_mean_values_are_no_tags() -> None:
    """Renderers take <W> in the text for HTML and show nothing."""
    for page in PAGES:
        lines = [line for line in prose(page).splitlines() if not line.startswith("    ")]
        text = re.sub(r"`[^`]*`|\$[^$]*\$", "", "\n".join(lines))
        assert re.findall(r"<[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>", text) == [], page.name


@pytest.mark.slow
def test_the_example_of_valence_quarks_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed is what the page shows."""
    found = [block for block in blocks(ROOT / "docs/measure.md") if block.section == "The quark of an observable"]
    (text,) = (block.text for block in found if "[lattice]" in block.text)
    (command, *shown) = next(block.text for block in found if block.language == "console").splitlines()
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / "quarks.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command.removeprefix("$ lqcdnn "))) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == shown


def test_python_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--preset", "quickstart", "--yes"]) == 0
    texts = [block.text for block in blocks(ROOT / "docs/python.md") if block.language == "python"]
    assert len(texts) == 3
    assert len([line for line in texts[0].splitlines() if line]) <= 20
    by_hand: dict[str, object] = {}
    for text, names in zip(texts, ({}, by_hand, by_hand), strict=True):  # the last goes on from the one before
        exec(compile(text, "docs/python.md", "exec"), names)
    out = capsys.readouterr().out
    assert "plaquette = 0.7" in out
    assert len(re.findall(r"^loss \d", out, re.MULTILINE)) == 5


def test_nothing_is_left_to_be_filled_in() -> None:
    """Words such as @@NAME@@, that stood for what was written later."""
    for page in PAGES:
        assert not re.findall(r"@@\w+|TODO|FIXME", page.read_text()), page.name


def test_the_picture_of_a_report_is_not_cut() -> None:
    """It has the size that the command beside it asks for, and its lowest line runs through nothing."""
    image = pytest.importorskip("matplotlib.image").imread(ROOT / "docs/figures/report.png")
    page = (ROOT / "docs/analyze.md").read_text()
    width, height, factor = re.findall(r"--window-size=(\d+),(\d+) --force-device-scale-factor=(\S+)", page)[0]
    assert image.shape[:2] == (round(int(height) * float(factor)), round(int(width) * float(factor)))
    assert (image[-1] == image[-1, 0]).all()


def test_every_observable_is_in_the_list_and_has_a_section() -> None:
    text = (ROOT / "docs/measure.md").read_text()
    listed = re.findall(r"^\| \[`(\w+)`\]\((measure-\w+\.md)#\1\) \|", text, re.MULTILINE)
    assert sorted(name for name, _ in listed) == sorted(OBSERVABLES)
    for name, page in listed:
        assert f"\n## {name}\n" in (ROOT / "docs" / page).read_text()


def test_every_promise_names_tests_that_exist() -> None:
    text = (ROOT / "docs/promises.md").read_text()
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", text))
    assert len(named) > 15
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
    rows = [line for line in text.partition("## Exit codes")[0].splitlines() if line.startswith("| ")]
    assert [row for row in rows if "tests/" not in row and "guarded by" not in row] == []
    attacks = {str(path.relative_to(ROOT)) for path in (ROOT / "tests/faults").glob("test_*.py")}
    assert attacks <= named
