"""A run directory with numbers of known mean, autocorrelation and sector, made without running anything."""

import json
from pathlib import Path

import numpy as np

RESOLVED = """
[lattice]
shape = [4, 4, 4, 4]
group = "{group}"
[run]
name = "run"
trajectories = {trajectories}
thermalization = {thermalization}
[action.gauge]
kind = "wilson"
beta = 2.7
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.3
boundary = [1, 1, 1, -1]
"""


def ar1(n, tau, rng, columns=1):
    """Gaussian series of unit variance with rho(t) = a^t and tau_int = 1/2 (1 + a)/(1 - a), shape (n, columns)."""
    a = (2.0 * tau - 1.0) / (2.0 * tau + 1.0)
    noise = rng.normal(size=(n, columns)) * np.sqrt(1.0 - a * a)
    noise[0] = rng.normal(size=columns)
    series = np.empty((n, columns))
    series[0] = noise[0]
    for i in range(1, n):
        series[i] = a * series[i - 1] + noise[i]
    return series


def make_run(
    directory, n=1200, thermalization=100, flipped=0, spread=0.5, seed=1, directions=(-1, -1, -1, 1), group="SU(2)"
):
    """Write journal, measurements and training history; the first `flipped` trajectories sit in another sector."""
    path = Path(directory)
    rng = np.random.default_rng(seed)
    for folder in ("measure", "train", "analyze"):
        (path / folder).mkdir(parents=True)
    manifest = {"format": "lqcdnn run", "schema": 1, "created": "2026-01-01", "physics": {}, "sessions": []}
    (path / "manifest.json").write_text(json.dumps(manifest))
    text = RESOLVED.format(group=group, trajectories=n - thermalization, thermalization=thermalization)
    (path / "resolved.toml").write_text(text)
    plaquette = 0.7025 + 0.008 * ar1(n, 1.4, rng)[:, 0]
    loops = 0.82 * np.array(directions) + 0.3 * ar1(n, 4.0, rng, 4)
    loops[:flipped, :3] *= -1
    condensate = 0.4245 + 0.01 * rng.normal(size=n)
    dh = 0.5 * spread**2 + spread * rng.normal(size=n)
    probability = np.minimum(1.0, np.exp(-dh))
    accepted = rng.random(n) < probability
    journal, polyakov, chiral = [], [], []
    for i in range(n):
        record = {"trajectory": i + 1, "dH": dh[i], "accepted": bool(accepted[i])}
        record |= {"acceptance_probability": probability[i], "H": 1e3 + dh[i], "plaquette": plaquette[i]}
        journal.append(record)
        trace = [[value, 1e-18] for value in loops[i]]
        numbers = {"polyakov": [loops[i, 3] / 2, 1e-18], "polyakov_trace": trace[3], "polyakov_directions": trace}
        polyakov.append({"trajectory": i + 1, **numbers})
        if i >= thermalization and (i + 1) % 10 == 0:
            numbers = {"condensate": condensate[i], "mass": 0.3, "method": "exact"}
            chiral.append({"trajectory": i + 1, **numbers})
    write_lines(path / "journal.jsonl", journal)
    write_lines(path / "measure" / "polyakov.jsonl", polyakov)
    write_lines(path / "measure" / "condensate.jsonl", chiral)
    write_lines(path / "train" / "history.jsonl", training_history(200, rng))
    return path


def with_physics(run, **physics):
    """Record keys, with ``__`` for the dot, as the physics of a run."""
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["physics"] = {name.replace("__", "."): value for name, value in physics.items()}
    (run / "manifest.json").write_text(json.dumps(manifest))
    return run


def training_history(steps, rng):
    """Loss that falls from about 80 to about 1."""
    history = []
    for i in range(steps):
        difference = -12.5 * np.exp(-i / 20.0) + 1.4 * rng.normal()
        weights = [[-0.014 * (1.0 - np.exp(-i / 20.0)), 0.003, -0.001]] * 2
        losses = {"difference": difference, "loss": difference**2 / 2.0, "weights": weights}
        history.append({"step": i + 1, "trajectory": i + 1, "S": 1e3, "S_theta": 1e3 + difference, **losses})
    return history


def write_lines(path, records):
    """JSON lines as the programs write them."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
