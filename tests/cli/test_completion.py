"""What a shell offers behind TAB."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from lqcdnn.cli.main import cli

SET = ["generate", "x.toml", "--set"]


def offered(words: list[str], begun: str) -> list[tuple[str, str]]:
    complete = ShellComplete(cli, {}, "lqcdnn", "_LQCDNN_COMPLETE")
    return [(item.type, item.value) for item in complete.get_completions(words, begun)]


@pytest.mark.parametrize(
    ("words", "begun", "expected"),
    [
        ([], "gen", [("plain", "generate")]),
        (["analyze"], "ru", [("dir", "ru")]),
        (["measure"], "in", [("file", "in")]),
        (["generate"], "in", [("file", "in")]),
        (["init", "--preset"], "quick", [("plain", "quickstart")]),
        (["measure", "--observables"], "plaquette,conden", [("plain", "plaquette,condensate")]),
        (SET, "update.st", [("plain", "update.steps")]),
        (SET, "action.fermion.1.mas", [("plain", "action.fermion.1.mass")]),
        (SET, "observables.pion.ev", [("plain", "observables.pion.every")]),
        (SET, "update.kind=h", [("plain", "update.kind=hmc"), ("plain", "update.kind=heatbath")]),
        (SET, "update.steps=", []),
        (SET, "nothing.such=", []),
    ],
)
def test_what_is_offered(words, begun, expected):
    assert offered(words, begun) == expected
