"""What a shell offers behind TAB."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from lqcdnn.cli.main import cli, main

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
        (SET, "action.fermion.1.flav", [("plain", "action.fermion.1.flavors")]),
        (SET, "observables.pion.ev", [("plain", "observables.pion.every")]),
        (SET, "update.kind=h", [("plain", "update.kind=hmc"), ("plain", "update.kind=heatbath")]),
        (SET, "update.steps=", []),
        (SET, "nothing.such=", []),
    ],
)
def test_what_is_offered(words, begun, expected):
    assert offered(words, begun) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["generate", "x.toml", "--set", "update.kin"], ["plain,update.kind="]),
        (["generate", "x.toml", "--set", "update.kind", "="], ["plain,hmc", "plain,heatbath", "plain,slmc"]),
        (["generate", "x.toml", "--set", "update.kind", "=", "he"], ["plain,heatbath"]),
        (["generate", "x.toml", "--set", "update.kind=he"], ["plain,update.kind=heatbath"]),  # without = in WORDBREAKS
        (["generate", "x.toml", "--set", "update.kind", "=", "hmc", "--dry"], ["plain,--dry-run"]),
        (["generate", "--set", "update.kind", "=", "hmc", ""], ["file,"]),
        (["init", "--preset", "=", "quick"], ["plain,quickstart"]),
        (["scan", "x.toml", "--grid", "action.gauge.bet"], ["plain,action.gauge.beta="]),
    ],
)
def test_bash_ends_words_at_equals_signs(words, expected, monkeypatch, capsys):
    monkeypatch.setenv("_LQCDNN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "\n".join(["lqcdnn", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out.split("\n")[:-1] == expected


def test_bash_is_told_that_a_value_follows_a_key(monkeypatch, capsys):
    monkeypatch.setenv("_LQCDNN_COMPLETE", "bash_source")
    with pytest.raises(SystemExit):
        main([])
    assert "[[ $value == *= ]] && compopt -o nospace" in capsys.readouterr().out
