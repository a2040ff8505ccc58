"""The table of arXiv:2103.11965, and the figure of its training."""

from __future__ import annotations

import json
import math
from pathlib import Path

from common import DOCS, Analysis, Run, commands, fill, number, table

from lqcdnn import analyze_run
from lqcdnn.analyze.notation import compact

POINT = "tomiya_nagai_su2"
NETWORK = ("plaquette", "Polyakov, time", "Polyakov, space")
GUIDE_MASSES = (0.4, 0.5, 0.75, 1.0)
THERMALIZATION = 500
START = f"{POINT}_hmc/configs/cfg_00025500.h5"

PUBLISHED = {
    "plaquette": ((0.7025, 0.0001), (0.7023, 0.0002)),
    "polyakov_trace.re": ((0.82, 0.01), (0.83, 0.01)),
    "condensate": ((0.4245, 0.0005), (0.4241, 0.0005)),
}
"""HMC and SLHMC of arXiv:2103.11965, table of section 5: value and error."""
NAMES = {"plaquette": "plaquette", "polyakov_trace.re": "Polyakov loop (trace)", "condensate": "condensate"}


def scan(mass: float) -> tuple[Run, ...]:
    """Training and self-learning runs with another guide mass; they start from the last HMC configuration."""
    guide = f"guide.fermion.1.mass={mass}"
    weights = f"network.net.weights={POINT}_train_{mass}/train/weights.h5"
    train = Run("train", f"{POINT}_train", (f"run.name={POINT}_train_{mass}", guide))
    start = (guide, weights, f"run.initial={START}", "run.thermalization=100")
    whole = (f"run.name={POINT}_slhmc_{mass}", "run.trajectories=3000")
    short = (f"run.name={POINT}_short_{mass}", "run.trajectories=4000", "update.length=0.03", "update.steps=2")
    return train, *(Run("generate", f"{POINT}_slhmc", (*start, *length)) for length in (whole, short))


ALL = (
    Run("generate", f"{POINT}_hmc"),
    Run("train", f"{POINT}_train"),
    Run("generate", f"{POINT}_slhmc"),
    *(run for mass in GUIDE_MASSES[1:] for run in scan(mass)),
    Run("train", f"{POINT}_large_train"),
    Run("generate", f"{POINT}_large_slhmc"),
)


def published_table(hmc: Analysis, slhmc: Analysis) -> str:
    """The paper's table, ours beside it."""
    rows = [["", "HMC, published", "HMC, here", "differ by", "SLHMC, published", "SLHMC, here", "differ by"]]
    for key, pair in PUBLISHED.items():
        row = [NAMES[key]]
        for (value, error), analysis in zip(pair, (hmc, slhmc), strict=True):
            ours = analysis[key]
            sigma = abs(ours.mean - value) / math.hypot(ours.error, error)
            row += [compact(value, error), number(ours), f"{sigma:.1f} sigma"]
        rows.append(row)
    for name, field in (("acceptance", "acceptance"), ("`<exp(-dH)>`", "exp_minus_dH")):
        rows.append([name, "", number(getattr(hmc, field)), "", "", number(getattr(slhmc, field)), ""])
    for key, name in NAMES.items():
        taus = [compact(a[key].tau_int_trajectories, a[key].tau_int_error * a[key].interval) for a in (hmc, slhmc)]
        rows.append([f"tau_int of the {name}", "", taus[0], "", "", taus[1], ""])
    rows.append(["trajectories", "", str(hmc["plaquette"].n), "", "", str(slhmc["plaquette"].n), ""])
    return table(rows)


def symmetry_table(analyses: dict[str, Analysis]) -> str:
    """Winding loops of all directions: -P_x = -P_y = -P_z = P_t."""
    rows = [["", "-P_x", "-P_y", "-P_z", "P_t"]]
    for name, analysis in analyses.items():
        row = [name]
        for direction in "xyzt":
            found = analysis[f"polyakov_directions.{direction}.re"]
            row.append(compact(found.mean if direction == "t" else -found.mean, found.error))
        rows.append(row)
    return table(rows)


def mass_table(analyses: dict[float, Analysis], trainings: dict[float, Analysis]) -> str:
    """Acceptance by guide mass."""
    head = ["guide mass", "first loss", "late loss", "late spread of S_theta - S", "acceptance", "erfc(spread/2)"]
    rows = [[*head, "`<exp(-dH)>`", "trajectories"]]
    for mass, analysis in analyses.items():
        training = trainings[mass].training
        rows.append(
            [
                f"{mass:g}",
                f"{training.first_loss:.1f}",
                f"{training.late_loss:.2f}",
                f"{training.late_spread:.2f}",
                number(analysis.acceptance),
                f"{training.expected_acceptance:.2f}",
                number(analysis.exp_minus_dH),
                str(analysis.acceptance.n),
            ]
        )
    return table(rows)


def weights_table(layers: list[list[float]]) -> str:
    """Weights by layer."""
    rows = [[f"layer {i}", *(f"{weight:+.5f}" for weight in layer)] for i, layer in enumerate(layers, 1)]
    return table([["", *NETWORK], *rows])


def short_table(analyses: dict[float, Analysis]) -> str:
    """The exactness check with short trajectories."""
    rows = [["guide mass", "acceptance", "`<exp(-dH)>`", "trajectories of length 0.03"]]
    for mass, analysis in analyses.items():
        row = [f"{mass:g}", number(analysis.acceptance), number(analysis.exp_minus_dH), str(analysis.acceptance.n)]
        rows.append(row)
    return table(rows)


def large_table(small: tuple[Analysis, Analysis], large: tuple[Analysis, Analysis]) -> str:
    """Six weights against twenty."""
    rows = [["", "2 layers, 6 weights, SGD", "4 layers, 20 weights, Adam"]]
    trainings = [small[0].training, large[0].training]
    rows.append(["late loss", *(f"{t.late_loss:.2f}" for t in trainings)])
    rows.append(["late spread of S_theta - S", *(f"{t.late_spread:.2f}" for t in trainings)])
    for name, field in (("acceptance", "acceptance"), ("`<exp(-dH)>`", "exp_minus_dH")):
        rows.append([name, number(getattr(small[1], field)), number(getattr(large[1], field))])
    for key, name in NAMES.items():
        rows.append([name, number(small[1][key]), number(large[1][key])])
    rows.append(["trajectories", *(str(pair[1].acceptance.n) for pair in (small, large))])
    return table(rows)


def draw_training(runs: Path, path: Path) -> None:
    """Training curve: loss and weights against the step, for the guide masses."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (loss, weights) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    for mass in GUIDE_MASSES:
        history = read_history(runs / training_directory(mass))
        loss.semilogy([r["step"] for r in history], running_mean([r["loss"] for r in history]), label=f"m = {mass:g}")
    history = read_history(runs / training_directory(0.4))
    for k, name in enumerate(NETWORK):
        for layer, style in enumerate(("-", "--")):
            values = [r["weights"][layer][k] for r in history]
            label = f"{name}, layer {layer + 1}"
            weights.plot([r["step"] for r in history], values, style, color=f"C{k}", label=label)
    loss.set(xlabel="training step", ylabel="loss, mean of 20 steps", title="by guide mass")
    weights.set(xlabel="training step", ylabel="weight", title="weights, guide mass 0.4")
    loss.legend(frameon=False)
    weights.legend(frameon=False, fontsize=8)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def training_directory(mass: float) -> str:
    """Name of the training run of a guide mass."""
    return f"{POINT}_train" if mass == GUIDE_MASSES[0] else f"{POINT}_train_{mass}"


def read_history(run: Path) -> list[dict[str, object]]:
    """Records of train/history.jsonl."""
    return [json.loads(line) for line in (run / "train/history.jsonl").read_text().splitlines()]


def running_mean(values: list[float], width: int = 20) -> list[float]:
    """Mean of the last ``width`` values (fewer at the beginning)."""
    return [sum(values[max(0, i + 1 - width) : i + 1]) / min(i + 1, width) for i in range(len(values))]


def text(runs: Path) -> str:
    """This part of the page."""
    hmc, slhmc = (analyze_run(runs / f"{POINT}_{name}", THERMALIZATION) for name in ("hmc", "slhmc"))
    masses = {m: slhmc if m == 0.4 else analyze_run(runs / f"{POINT}_slhmc_{m}", 100) for m in GUIDE_MASSES}
    trainings = {m: analyze_run(runs / training_directory(m)) for m in GUIDE_MASSES}
    large = (analyze_run(runs / f"{POINT}_large_train"), analyze_run(runs / f"{POINT}_large_slhmc", THERMALIZATION))
    weights = trainings[0.4].training.weights
    draw_training(runs, DOCS / "figures/training.png")
    parts = {
        "PUBLISHED": published_table(hmc, slhmc),
        "SYMMETRY": symmetry_table({"HMC": hmc, "SLHMC": slhmc}),
        "MASSES": mass_table(masses, trainings),
        "SHORT": short_table({m: analyze_run(runs / f"{POINT}_short_{m}", 100) for m in GUIDE_MASSES[1:]}),
        "LARGE": large_table((trainings[0.4], slhmc), large),
        "WEIGHTS": weights_table(weights),
        "FIRST": f"{trainings[0.4].training.first_loss:.1f}",
        "COMMANDS": commands(ALL),
    }
    return fill("paper.template.md", parts)
