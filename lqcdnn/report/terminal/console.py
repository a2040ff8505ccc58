"""Progress of a running job: a live bar on a terminal, plain heartbeat lines everywhere else.

Plain lines are flushed at once, fit in 100 columns and carry no escape sequences, whatever FORCE_COLOR says. A log
that cannot be written any more (closed pipe, full disk) silences the reporter; it never stops the run.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TextIO

from lqcdnn.report.terminal.duration import duration

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Longest line, in a log as on a wide terminal.
WIDTH = 100
#: Least width of the bar on a terminal.
BAR = 4
#: Journal key, short name, format of the numbers shown, in order.
FIELDS = (
    ("acceptance", "acc", ".2f"),
    ("dH", "dH", "+.4f"),
    ("loss", "loss", ".4g"),
    ("difference", "dS", "+.4g"),
    ("plaquette", "plaq", ".6f"),
    ("condensate", "cond", ".5f"),
    ("cg_iterations", "cg", ".0f"),
)


def text_width() -> int:
    """Width of text on standard output: a terminal's own, from 60 to WIDTH; WIDTH where it is none."""
    if sys.stdout is None or sys.stdout.closed or not sys.stdout.isatty():
        return WIDTH
    return min(max(shutil.get_terminal_size((WIDTH, 24)).columns, 60), WIDTH)


def wants_plain(stream: TextIO, plain: bool | None = None) -> bool:
    """Whether to write plain lines: asked for, LQCDNN_PLAIN, TERM=dumb, or not a terminal.

    Parameters
    ----------
    stream
        Where the output goes.
    plain
        True (``--plain``) decides; False and None leave it to the environment and the stream.
    """
    if plain or os.environ.get("LQCDNN_PLAIN", "0") not in ("", "0") or os.environ.get("TERM") == "dumb":
        return True
    try:
        return not stream.isatty()
    except ValueError:  # closed stream
        return True


def heartbeat(
    unit: str, step: int, total: int, record: Mapping[str, Any], seconds: float | None, eta: float | None
) -> str:
    """One plain line: ``traj 120/500 acc 0.83 dH +0.0421 plaq 0.587312 cg 214 2.31 s eta 14m38s``.

    Parameters
    ----------
    unit
        First word: "traj", "step", "config".
    step, total
        Where the run is.
    record
        Numbers to show, by journal key; others are passed over.
    seconds, eta
        Seconds for a step and to the end; None if not known yet.
    """
    head = f"{unit} {step}/{total}"
    tail = "" if seconds is None else f" {seconds:.3g} s"
    tail += "" if eta is None else f" eta {duration(eta)}"
    return head + fields(record, WIDTH - len(head) - len(tail)) + tail


def fields(record: Mapping[str, Any], width: int = WIDTH) -> str:
    """The numbers of a record as " acc 0.83 dH +0.0421 ...", as many as fit; no iterations where nothing is solved.

    The loss is what a training is about, so it has its place before anything else.
    """
    texts = {}
    for key, short, form in FIELDS:
        value = record.get(key)
        if isinstance(value, int | float) and (value or key != "cg_iterations"):
            number = f"{value:+.3g}" if form == "+.4f" and abs(value) >= 1000.0 else format(value, form)
            texts[key] = f" {short} {number}"
    shown, left = set(), width
    for key in sorted(texts, key=lambda key: key != "loss"):
        if len(texts[key]) <= left:
            shown.add(key)
            left -= len(texts[key])
    return "".join(text for key, text in texts.items() if key in shown)


class Reporter:
    """Progress display of one job; use as a context manager or call `close`.

    Parameters
    ----------
    title
        What runs, for example the name of the run.
    total
        Number of the last step.
    plain
        True: plain lines; None or False: a live bar where the stream is a terminal (see `wants_plain`).
    stream
        Default standard error.
    unit
        What is counted: "traj", "step", "config".
    interval
        Seconds between plain lines; steps 1, 2, 5, 10, 20, 50, ... of this session are shown in any case.
    """

    def __init__(
        self,
        title: str,
        total: int,
        plain: bool | None = None,
        stream: TextIO | None = None,
        unit: str = "traj",
        interval: float = 10.0,
    ) -> None:
        self.title = title
        self.total = total
        self.unit = unit
        self.interval = interval
        self.stream = sys.stderr if stream is None else stream
        self.plain = wants_plain(self.stream, plain)
        self._broken = False
        self._count = self._step = 0
        self._accepted = self._decided = 0
        self._times: deque[float] = deque([time.monotonic()], maxlen=51)
        self._shown_at = -float("inf")
        self._pending: str | None = None
        self._live: tuple[Progress, TaskID] | None = None if self.plain else self._start_live()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def _counts(self) -> int:
        """Width of "400/400"."""
        return 2 * len(str(self.total)) + 1

    @property
    def seconds_per_step(self) -> float | None:
        """Mean over the last 50 steps; the first step of a session (compilation) counts only while it is alone."""
        times = list(self._times)
        if self._count > 1 and len(times) == self._count + 1:
            times = times[1:]
        return (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else None

    @property
    def eta_seconds(self) -> float | None:
        """Seconds to the end at the present pace; None before the second step, as the first one may compile."""
        seconds = self.seconds_per_step
        if seconds is None or (self._count < 2 and self._step < self.total):
            return None
        return max(self.total - self._step, 0) * seconds

    def message(self, text: str) -> None:
        """Show one line of text, for example "compiling kernels"."""
        if self._live is None:
            self._write(text)
            return
        console = self._live[0].console
        self._guarded(lambda: console.print(text, markup=False, highlight=False))

    def update(self, step: int, record: Mapping[str, Any]) -> None:
        """Show that `step` is done.

        Parameters
        ----------
        step
            Number of the step, from 1 to `total`; a resumed run goes on counting.
        record
            Journal record; ``acceptance`` is taken from it or counted from ``accepted``.
        """
        now = time.monotonic()
        self._times.append(now)
        self._count += 1
        self._step = step
        shown = dict(record)
        if "accepted" in record:
            self._accepted, self._decided = self._accepted + bool(record["accepted"]), self._decided + 1
            shown.setdefault("acceptance", self._accepted / self._decided)
        if self._live:
            self._update_live(step, shown, now)
            return
        self._pending = heartbeat(self.unit, step, self.total, shown, self.seconds_per_step, self.eta_seconds)
        if _is_milestone(self._count) or step >= self.total or now - self._shown_at >= self.interval:
            self._flush(now)

    def close(self) -> None:
        """Show the last step if it was not shown, and give the terminal back. Harmless when called twice."""
        self._flush(time.monotonic())
        if self._live:
            progress, task = self._live
            self._live = None
            self._guarded(lambda: progress.update(task, refresh=True))
            self._guarded(progress.stop)

    def _flush(self, now: float) -> None:
        if self._pending is not None:
            self._write(self._pending)
            self._pending, self._shown_at = None, now

    def _write(self, line: str) -> None:
        def write() -> None:
            self.stream.write(line + "\n")
            self.stream.flush()

        self._guarded(write)

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something with the stream unless it broke before."""
        if not self._broken:
            try:
                action()
            except (OSError, ValueError):  # ValueError: the stream was closed
                self._broken = True

    def _start_live(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column

        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=self._counts)),
            TextColumn("{task.fields[numbers]}", markup=False),
            console=Console(file=self.stream),
            auto_refresh=False,  # a refresh thread would compete with the kernels
            expand=True,
        )
        task = progress.add_task(self.title, total=self.total, numbers="")
        progress.start()
        return progress, task

    def _update_live(self, step: int, record: Mapping[str, Any], now: float) -> None:
        if self._live is None:
            return
        progress, task = self._live
        due = now - self._shown_at >= 0.2 or step >= self.total
        if due:
            self._shown_at = now
        seconds = self.seconds_per_step
        pace = "" if seconds is None else f" {seconds:.3g} s eta {duration(self.eta_seconds)}"
        taken = len(self.title) + self._counts + len(pace) + BAR + 3  # a space between columns
        numbers = (fields(record, min(60, progress.console.width - taken)) + pace).strip()
        self._guarded(lambda: progress.update(task, completed=step, numbers=numbers, refresh=due))


def _is_milestone(count: int) -> bool:
    """1, 2, 5, 10, 20, 50, ..."""
    digits = str(count)
    return digits[0] in "125" and not digits[1:].strip("0")
