"""The results as text for a terminal and as plain data for ``--json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lqcdnn.jobs.bench.cases import title
from lqcdnn.jobs.bench.growth import Growth, Memory
from lqcdnn.jobs.bench.kernels import Timing
from lqcdnn.jobs.bench.limits import Limits
from lqcdnn.jobs.bench.profile import Profile
from lqcdnn.jobs.bench.program import Mixed, Saving, Start
from lqcdnn.jobs.bench.scaling import Scaling
from lqcdnn.jobs.bench.trajectories import Timing as Trajectory


@dataclass
class Results:
    """What was measured; None or empty what was not."""

    limits: Limits | None = None
    kernels: list[Timing] = field(default_factory=list)
    trajectories: list[Trajectory] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    mixed: Mixed | None = None
    saving: Saving | None = None
    start: Start | None = None
    growth: list[Growth] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    scaling: list[Scaling] = field(default_factory=list)
    load: tuple[float, float] | None = None
    """Load average of the machine before and after."""

    def text(self) -> str:
        """All tables, one below the other."""
        parts = [
            limits_lines(self.limits) if self.limits else [],
            kernel_lines(self.kernels) if self.kernels else [],
            trajectory_lines(self.trajectories) if self.trajectories else [],
            profile_lines(self.profiles) if self.profiles else [],
            growth_lines(self.growth, self.memory) if self.growth else [],
            scaling_lines(self.scaling) if self.scaling else [],
            program_lines(self),
        ]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        data = asdict(self)
        data["trajectories"] = [{**asdict(t), "ratio": t.ratio} for t in self.trajectories]
        data["growth"] = [{**asdict(g), "ratio": g.ratio} for g in self.growth]
        data["memory"] = [{**asdict(m), "ratio": m.ratio} for m in self.memory]
        return data


def number(x: float | None, form: str) -> str:
    """A number, or "-"."""
    return "-" if x is None else format(x, form)


def limits_lines(limits: Limits) -> list[str]:
    """The machine in four lines."""
    reads = ", ".join(f"{rate:.1f} ({size})" for size, rate in limits.read.items())
    peaks = ", ".join(f"{rate:.1f} ({real})" for real, rate in limits.arithmetic.items())
    return [
        f"reading, GB/s by size of the data   {reads}",
        f"triad out of memory, GB/s           {limits.triad:.1f}",
        f"multiply-add, GFlop/s               {peaks}",
        f"call of a kernel from Python, us    {limits.call:.2f}",
    ]


def kernel_lines(timings: Sequence[Timing]) -> list[str]:
    """One line for each kernel."""
    head = ("kernel", "group", "lattice", "", "ns/site", "(least)", "us/call", "GFlop/s", "B/site", "GB/s", "read")
    form = "{:<22} {:<5} {:>6} {:>2} {:>8} {:>9} {:>9} {:>7} {:>6} {:>5} {:>5}"
    lines = [form.format(*head) + "  reached"]
    for t in timings:
        row = (
            t.name, t.group, title(t.shape), t.real, f"{t.nanoseconds:.1f}", f"({t.least:.1f})",
            f"{t.microseconds:.1f}", number(t.gflops, ".1f"), f"{t.bytes:.0f}" if t.bytes else "-",
            number(t.gbytes, ".1f"), number(t.bandwidth, ".1f"),
        )  # fmt: skip
        reached = [] if t.fraction is None else [f"{100 * t.fraction:.0f} % of {t.bound}"]
        reached += [] if t.ratio is None else [f"{t.ratio:.2f} x {t.against}"]
        lines.append(form.format(*row) + "  " + ", ".join(reached))
    return lines


def trajectory_lines(timings: Sequence[Trajectory]) -> list[str]:
    """One line for each trajectory."""
    head = ("CPU s per trajectory", "median", "least", "LatticeQCD.jl", "ratio", "demand")
    lines = ["{:<40} {:>9} {:>9} {:>14} {:>6} {:>8}".format(*head)]
    for t in timings:
        theirs = f"{t.reference[0]:.3f}-{t.reference[1]:.3f}" if t.reference else "-"
        lines.append(
            f"{t.name:<40} {t.median:9.5f} {t.least:9.5f} {theirs:>14} {number(t.ratio, '.1f'):>6} "
            f"{number(t.demand, '.4f'):>8}"
        )
    return lines


def profile_lines(profiles: Sequence[Profile]) -> list[str]:
    """Shares of each trajectory, and below each its largest kernels."""
    lines = [f"{'one trajectory':<40} {'CPU s':>9} {'kernels':>8} {'calling':>8} {'Python':>8} {'calls':>7}"]
    for p in profiles:
        calling = p.calling / p.total
        shares = " ".join(f"{100 * x:6.1f} %" for x in (p.share, calling, 1.0 - p.share - calling))
        lines.append(f"{p.name:<40} {p.total:9.5f} {shares} {p.calls:7.0f}")
        largest = [f"{name} {100 * seconds / p.total:.0f} %" for name, seconds in p.largest.items()]
        lines.append("    " + ", ".join(largest[:5]))
    return lines


def growth_lines(growth: Sequence[Growth], memory: Sequence[Memory]) -> list[str]:
    """Time for a site by lattice, then memory."""
    lines = [f"{'SU(3)':<26} {'lattice':>11} {'ns/site':>9} {'growth':>7} {'machine':>8} {'ratio':>6}"]
    for g in growth:
        lines.append(
            f"{g.name:<26} {title(g.shape):>11} {g.nanoseconds:9.1f} {g.growth:7.2f} {g.machine:8.2f} {g.ratio:6.2f}"
        )
    lines += ["", f"{'SU(3), bytes for a site':<26} {'lattice':>11} {'held':>9} {'needed':>7} {'ratio':>6}"]
    for m in memory:
        lines.append(f"{m.name:<26} {title(m.shape):>11} {m.held:9.0f} {m.needed:7.0f} {m.ratio:6.2f}")
    return lines


def scaling_lines(scaling: Sequence[Scaling]) -> list[str]:
    """Wall time by number of threads."""
    head = ("wall s per trajectory", "1 thread", "2", "auto", "1 / 2", "1 / auto")
    lines = ["{:<26} {:>9} {:>9} {:>9} {:>6} {:>8}  same bits".format(*head)]
    for s in scaling:
        one, two, auto = s.wall["1"], s.wall["2"], s.wall["auto"]
        lines.append(
            f"{s.name:<26} {one:9.4f} {two:9.4f} {auto:9.4f} {one / two:6.2f} {one / auto:8.2f}  "
            f"{'yes' if s.identical else 'NO'}"
        )
    return lines


def program_lines(results: Results) -> list[str]:
    """Solver in mixed precision, saving, start, load."""
    lines = []
    if results.mixed:
        double, n, _ = results.mixed.double
        lines.append(f"SU(3) 16^4 staggered solve, CPU s   double {double:.2f} ({n} iterations)")
        for name in ("mixed", "half"):
            seconds, n, residual = getattr(results.mixed, name)
            lines.append(
                f"                                    {name} {seconds:.2f} ({n}, true residual {residual:.0e}): "
                f"{double / seconds:.2f} times faster"
            )
    if results.saving:
        s = results.saving
        lines.append(
            f"saving SU(3) 16^4, CPU s            {s.save:.2f}; hashing and writing {s.megabytes:.0f} MB plainly "
            f"{s.plain:.2f}: {s.ratio:.1f} times"
        )
    if results.start:
        t = results.start
        lines += [
            f"start, wall s                       --version {t.version:.2f}, validate {t.validate:.2f}",
            f"first SLHMC trajectory, wall s      {t.cold:.1f} with an empty kernel cache ({t.cold_cpu:.1f} CPU), "
            f"{t.warm:.1f} with a filled one ({t.warm_cpu:.1f} CPU)",
        ]
    if results.load:
        lines.append("load of the machine                 {:.1f} before, {:.1f} after".format(*results.load))
    return lines
