"""Progress: plain lines where there is no terminal, a live bar where there is one."""

import io
import itertools
import re

import pytest

from lqcdnn.report.terminal.console import Reporter, fields, heartbeat, text_width, wants_plain
from lqcdnn.report.terminal.duration import duration

RECORD = {"acceptance": 0.83, "dH": 0.0421, "plaquette": 0.587312, "cg_iterations": 214}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in ("LQCDNN_PLAIN", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_heartbeat_line():
    line = heartbeat("traj", 120, 500, RECORD, 2.31, 380 * 2.31)
    assert line == "traj 120/500 acc 0.83 dH +0.0421 plaq 0.587312 cg 214 2.31 s eta 14m38s"


def test_heartbeat_says_nothing_of_what_is_not_known():
    assert heartbeat("traj", 1, 500, {}, 60.0, None) == "traj 1/500 60 s"
    assert heartbeat("traj", 1, 500, {}, None, None) == "traj 1/500"
    assert heartbeat("traj", 1, 500, {"dH": 0.0, "cg_iterations": 0}, None, None) == "traj 1/500 dH +0.0000"


def test_heartbeat_fits_in_100_columns():
    record = {
        "acceptance": 0.123,
        "dH": -1.5e8,
        "loss": 1.23456e9,
        "difference": -1e6,
        "plaquette": 0.5,
        "condensate": 1,
    }
    line = heartbeat("traj", 1234567, 1234567890, record | {"cg_iterations": 10**9}, 12345.678, 1.5e13)
    assert len(line) <= 100
    assert line.endswith(("h", "?"))


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("20", 60), ("300", 100)])
def test_text_is_as_wide_as_a_terminal(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert text_width() == 100  # a log
    monkeypatch.setattr("sys.stdout", Terminal())
    assert text_width() == width


def test_fields_pass_over_what_is_not_a_number():
    assert fields({"dH": None, "plaquette": 0.5, "other": 3.0}) == " plaq 0.500000"


def test_where_not_all_numbers_fit_the_loss_is_shown_before_others():
    record = {"acceptance": 0.86, "dH": 0.2794, "loss": 10.47, "cg_iterations": 556}
    assert fields(record) == " acc 0.86 dH +0.2794 loss 10.47 cg 556"
    assert fields(record, 22) == " acc 0.86 loss 10.47"
    assert fields(record, 12) == " loss 10.47"


def test_plain_output_without_terminal(monkeypatch):
    """No escapes, even where colours are forced; steps 1, 2, 5, 10, 20, 50, ... and the last one are shown."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    with Reporter("run", 120, stream=stream, interval=1000.0) as reporter:
        reporter.message("compiling kernels")
        for step in range(1, 121):
            reporter.update(step, RECORD)
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\r" not in text
    lines = text.splitlines()
    assert lines[0] == "compiling kernels"
    shown = [int(re.match(r"traj (\d+)/120 ", line)[1]) for line in lines[1:]]
    assert shown == [1, 2, 5, 10, 20, 50, 100, 120]
    assert all(len(line) <= 100 for line in lines)


def test_lines_between_milestones_are_limited_in_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("lqcdnn.report.terminal.console.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    reporter = Reporter("run", 1000, stream=stream, interval=10.0)
    for step in range(1, 41):
        now[0] += 3.0
        reporter.update(step, {})
    shown = [int(re.match(r"traj (\d+)/", line)[1]) for line in stream.getvalue().splitlines()]
    assert shown[:4] == [1, 2, 5, 9]
    assert all(later - earlier <= 4 for earlier, later in itertools.pairwise(shown[3:]))


def test_resumed_run_counts_from_where_it_was():
    stream = io.StringIO()
    with Reporter("run", 500, stream=stream) as reporter:
        reporter.update(301, {})
    assert stream.getvalue().startswith("traj 301/500")


def test_last_step_is_shown_on_early_stop():
    stream = io.StringIO()
    with Reporter("run", 500, stream=stream, interval=1000.0) as reporter:
        for step in range(1, 8):
            reporter.update(step, {})
    assert stream.getvalue().splitlines()[-1].startswith("traj 7/500")


def test_acceptance_is_counted_when_absent():
    stream = io.StringIO()
    with Reporter("run", 2, stream=stream) as reporter:
        reporter.update(1, {"accepted": True})
        reporter.update(2, {"accepted": False})
    assert "acc 0.50" in stream.getvalue()


def test_trajectories_without_a_test_count_for_no_acceptance():
    stream = io.StringIO()
    with Reporter("run", 3, stream=stream) as reporter:
        for step, record in enumerate(({"dH": 9.0}, {"accepted": True}, {"accepted": False}), start=1):
            reporter.update(step, record)
    lines = stream.getvalue().splitlines()
    assert "acc" not in lines[0]
    assert "acc 0.50" in lines[2]


def test_pace_leaves_out_the_first_step(monkeypatch):
    """The first step contains the compilation of the kernels."""
    now = [0.0]
    monkeypatch.setattr("lqcdnn.report.terminal.console.time.monotonic", lambda: now[0])
    reporter = Reporter("run", 10, stream=io.StringIO())
    assert reporter.eta_seconds is None
    now[0] = 60.0
    reporter.update(1, {})
    assert reporter.seconds_per_step == 60.0
    assert reporter.eta_seconds is None
    now[0] = 62.0
    reporter.update(2, {})
    assert reporter.seconds_per_step == 2.0
    assert reporter.eta_seconds == 16.0


@pytest.mark.parametrize("name", ["LQCDNN_PLAIN", "TERM"])
def test_environment_asks_for_plain(monkeypatch, name):
    assert not wants_plain(Terminal())
    monkeypatch.setenv(name, "1" if name == "LQCDNN_PLAIN" else "dumb")
    assert wants_plain(Terminal())


def test_plain_option_and_closed_stream():
    assert wants_plain(Terminal(), True)
    assert not wants_plain(Terminal(), False)
    assert wants_plain(io.StringIO(), False)
    closed = io.StringIO()
    closed.close()
    assert wants_plain(closed)


def test_live_bar_on_a_terminal():
    stream = Terminal()
    with Reporter("su2 [bold]", 30, stream=stream) as reporter:
        reporter.message("compiling [kernels]")
        for step in range(1, 31):
            reporter.update(step, RECORD)
    text = stream.getvalue()
    assert "compiling [kernels]" in text
    assert "su2 [bold]" in text
    assert "30/30" in text
    assert "\x1b[?25h" in text  # the cursor is given back
    reporter.close()


@pytest.mark.parametrize("width", [60, 80, 132])
def test_live_bar_shows_the_whole_count(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("LINES", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with Reporter("su3: training", 400, stream=stream) as reporter:
        for step in (1, 331, 400):
            reporter._shown_at = -1.0  # every step is due
            reporter.update(step, RECORD | {"loss": 0.0008561, "cg_iterations": 694})
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()))
    for step in (1, 331, 400):
        row = re.compile(rf" {step}/400 (acc|loss) .*[s?]$")
        assert any(row.search(line.rstrip()) for line in lines), lines
    assert "\N{HORIZONTAL ELLIPSIS}" not in stream.getvalue()
    assert max(map(len, lines)) <= width


def test_no_color_on_a_terminal(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with Reporter("run", 2, stream=stream) as reporter:
        reporter.update(1, RECORD)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", stream.getvalue())


class Broken(io.StringIO):
    """A log whose reader has gone."""

    def write(self, text):
        raise BrokenPipeError


def test_broken_log_does_not_stop_the_run():
    with Reporter("run", 5, stream=Broken()) as reporter:
        for step in range(1, 6):
            reporter.update(step, RECORD)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.306, "0.306 s"), (12.3, "12 s"), (878, "14m38s"), (59.7, "1m00s"), (11100, "3h05m"), (198000, "2d07h")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text
    assert duration(None) == duration(float("nan")) == "?"
