"""The analysis on a theory that is known exactly: two-dimensional U(1) by HMC and heat bath, from run to comparison."""

import json

import pytest
from reference.exact import u1_plaquette

from lqcdnn.config import load_text
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.jobs.compare import compare_runs
from lqcdnn.jobs.generate import generate

VOLUME, BETA = 32, 1.5
INPUT = """
[lattice]
shape = [4, 8]
group = "U(1)"
[run]
name = "{name}"
trajectories = 2000
thermalization = 100
seed = {seed}
save_every = 2000
checkpoint_every = 1000
[action.gauge]
beta = 1.5
[update]
{update}
[observables.plaquette]
[analyze]
derive = ["chi = V * (mean(plaquette**2) - plaquette**2)"]
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("u1")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, seed, update in (("hmc", 1, "steps = 5"), ("heatbath", 2, 'kind = "heatbath"')):
            text = INPUT.format(name=name, seed=seed, update=update)
            generate(load_text(text, name), text, plain=True)
    return [folder / "hmc", folder / "heatbath"]


def susceptibility(beta):
    """V (<P^2> - <P>^2) = d<P>/dbeta."""
    return (u1_plaquette(beta + 1e-4, VOLUME) - u1_plaquette(beta - 1e-4, VOLUME)) / 2e-4


@pytest.mark.parametrize("beta", [None, pytest.param(1.3, marks=pytest.mark.slow), 1.8])
def test_plaquette_and_susceptibility(runs, beta):
    for run in runs:
        found = analyze_run(run, reweight=[] if beta is None else [f"beta={beta}"])
        exact = {"plaquette": u1_plaquette(beta or BETA, VOLUME), "chi": susceptibility(beta or BETA)}
        for name, largest in (("plaquette", 0.01), ("chi", 0.03)):
            assert found[name].error < largest
            assert abs(found[name].mean - exact[name]) < 4.0 * found[name].error


def test_comparison_with_costs(runs):
    result = compare_runs(runs)
    assert result.verdict.status == "ok"
    assert all("update" in key for key in result.differing[1])
    plaquette = result.observables[0]
    for row, cost in zip(plaquette.rows, result.costs, strict=True):
        assert cost.warm
        assert cost.trajectories == 2099  # all but the first: the first 1000 lie mostly after thermalisation
        assert 0.0 < cost.cpu_update <= cost.cpu
        assert row.cpu_per_sample == pytest.approx(2.0 * row.tau_int * cost.cpu_update)


def test_timing_is_apart_from_the_journal(runs):
    """timing.jsonl covers every trajectory once: the first, then up to each checkpoint."""
    for run in runs:
        records = [json.loads(line) for line in (run / "timing.jsonl").read_text().splitlines()]
        ends = [(record["first"], record["trajectory"], record["start"]) for record in records]
        assert ends == [(1, 1, True), (2, 1000, False), (1001, 2000, False), (2001, 2100, False)]
        assert all(record["cpu"] >= record["cpu_update"] > 0.0 < record["wall"] for record in records)
        assert all(record["wall"] > record["wall_io"] >= 0.0 for record in records)
        assert all(key not in (run / "journal.jsonl").read_text() for key in ("cpu", "wall", "seconds"))
