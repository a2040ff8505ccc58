from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from lqcdnn.cli.options import json_option, max_time_option, plain_option, seconds, set_option, threads_option


@click.command()
@set_option
@json_option
@plain_option
@threads_option
@max_time_option
def command(**values):
    """Echo what arrives."""
    click.echo(repr(values))


def _values(arguments, env=None):
    done = CliRunner().invoke(command, arguments, env={"LQCDNN_THREADS": None, "LQCDNN_PLAIN": None, **(env or {})})
    assert done.exit_code == 0, done.output
    return eval(done.output)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3h50m", 13800.0),
        ("90m", 5400.0),
        ("120s", 120.0),
        ("120", 120.0),
        ("0.5h", 1800.0),
        ("1d2h", 93600.0),
        ("03:50:00", 13800.0),
        ("1:30", 5400.0),
        (" 2H ", 7200.0),
    ],
)
def test_durations(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "0", "0s", "-5", "3x", "h", "1h 2m", "nan", "inf", "1:2:3:4", "1e3", "5m3"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match=r"^"):
        seconds(text)


def test_defaults():
    assert _values([]) == {"overrides": (), "as_json": False, "plain": False, "threads": None, "max_time": None}


def test_values():
    given = ["--set", "a=1", "--set", "b=2", "--json", "--plain", "--threads", "3", "--max-time", "90m"]
    assert _values(given) == {
        "overrides": ("a=1", "b=2"),
        "as_json": True,
        "plain": True,
        "threads": 3,
        "max_time": 5400.0,
    }


def test_environment():
    assert _values([], {"LQCDNN_THREADS": "2", "LQCDNN_PLAIN": "1"})["threads"] == 2
    assert _values([], {"LQCDNN_THREADS": "auto"})["threads"] is None
    assert _values(["--threads", "auto"], {"LQCDNN_THREADS": "2"})["threads"] is None
    assert _values([], {"LQCDNN_PLAIN": "1"})["plain"] is True


@pytest.mark.parametrize("arguments", [["--threads", "0"], ["--threads", "two"], ["--max-time", "soon"]])
def test_wrong_values_are_usage_errors(arguments):
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 2
    assert "allowed" in done.output


def test_options_of_noise_are_of_all_traces_that_are_named():
    from lqcdnn.cli.measure import _fermionic

    given = {"mass": 0.2, "method": "noise", "vectors": 3, "noise": "z4"}
    found = _fermionic(["pion", "quark_number", "strange_quark_loops", "flowed_quarks", "reweighting"], given)
    assert found.pop("pion") == {"mass": 0.2}
    assert found.pop("reweighting") == {"mass": 0.2, "method": "noise", "vectors": 3}
    assert found == dict.fromkeys(("quark_number", "strange_quark_loops", "flowed_quarks"), given)
    assert _fermionic(["pion"], given) == {"pion": {"mass": 0.2}, "condensate": given}  # refused: it is not measured
    assert _fermionic(None, given) == _fermionic(["plaquette"], given) == {"condensate": given}
    assert _fermionic(["condensate"], {}) == {}
