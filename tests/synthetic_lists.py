"""Adds observables that are lists, and solver work, to the synthetic run."""

import json

import numpy as np
from synthetic_run import write_lines


def add_lists(path, n=1200, seed=5):
    """Pion correlator, gradient flow with its times, Wilson loops every 10 trajectories; iterations in the journal."""
    rng = np.random.default_rng(seed)
    t, times = np.arange(16), np.linspace(0.0, 1.0, 11)
    r, extent = np.arange(1, 4)[:, None], np.arange(1, 9)[None, :]
    pion, flow, loops = [], [], []
    for trajectory in range(110, n + 1, 10):
        head = {"trajectory": trajectory}
        correlator = (np.exp(-0.8 * t) + np.exp(-0.8 * (16 - t))) * np.exp(0.3 * rng.normal(size=16))
        pion.append({**head, "pion": correlator.tolist(), "mass": 0.3})
        energy = times**2 / (1.0 + times) * (1.0 + 0.03 * rng.normal())
        flow.append({**head, "flow_time": times.tolist(), "flow_t2E_clover": energy.tolist()})
        wilson = np.exp(-0.4 * r * extent - 0.3 * (r + extent)) * (1.0 + 0.05 * rng.normal(size=(3, 8)))
        loops.append({**head, "wilson_loop": wilson.tolist()})
    for name, records in (("pion", pion), ("flow", flow), ("wilson_loop", loops)):
        write_lines(path / "measure" / f"{name}.jsonl", records)
    journal = [json.loads(line) for line in (path / "journal.jsonl").read_text().splitlines()]
    iterations = np.rint(550.0 + 10.0 * rng.normal(size=len(journal))).astype(int).tolist()
    records = [{**record, "solves": 22, "cg_iterations": k} for record, k in zip(journal, iterations, strict=True)]
    write_lines(path / "journal.jsonl", records)
    return path
