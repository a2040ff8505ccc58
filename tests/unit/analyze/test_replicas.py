"""Runs that differ in their seed only are one ensemble."""

import json

import numpy as np
import pytest
from synthetic_run import make_run, with_physics

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.estimate import Method, replica_estimate
from lqcdnn.analyze.quantities import Request
from lqcdnn.errors import InputError
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.jobs.replicas import analyze_replicas, are_replicas


@pytest.fixture
def runs(tmp_path):
    made = [make_run(tmp_path / f"run{seed}", n=600 * seed, seed=seed) for seed in (1, 2)]
    return [with_physics(run, run__seed=i, action__gauge__beta=2.7) for i, run in enumerate(made)]


def test_common_mean(runs):
    assert are_replicas(runs)
    single = [analyze_run(run) for run in runs]
    both = analyze_replicas(runs)
    cut = max(one.thermalization.trajectory for one in single)
    assert both.thermalization.trajectory == cut
    item = both["plaquette"]
    assert (item.n, item.replicas) == (600 + 1200 - 2 * cut, 2)
    weights = [600 - cut, 1200 - cut]
    expected = np.average([analyze_run(run, cut)["plaquette"].mean for run in runs], weights=weights)
    assert item.mean == pytest.approx(expected, rel=1e-9)
    assert 0.0 < item.replica_probability <= 1.0
    assert item.error < min(one["plaquette"].error for one in single)
    verdict = next(verdict for verdict in both.verdicts if verdict.name == "replicas")
    assert verdict.status == "ok"
    assert both.acceptance.n == item.n
    assert json.loads(json.dumps(both.to_dict(), allow_nan=False))["kind"] == "replicas"


def test_how_a_chain_starts_makes_no_other_ensemble(runs):
    for run, first in zip(runs, (0, 5), strict=True):
        with_physics(run, run__seed=first, run__thermalization=first, update__accept_first=first)
    assert are_replicas(runs)


def test_derived_quantities_of_replicas(runs):
    request = Request(derive=("chi = V*(mean(plaquette**2) - plaquette**2)",), bootstrap=50)
    found = analyze_replicas(runs, request=request)
    (chi,) = found.derived
    assert chi.replicas == 2
    assert chi.mean == pytest.approx(256 * 0.008**2, abs=5 * chi.error)
    assert chi.bootstrap_error == pytest.approx(chi.error, rel=0.5)


def test_no_bin_holds_measurements_of_two_replicas():
    """What is frozen in each replica has as many independent values as there are replicas."""
    values = np.random.default_rng(3).normal(size=16)
    chains = zip([40] * 15 + [45], values, strict=True)
    parts = [Series("charge", "run", np.arange(1, n + 1), np.full(n, value)) for n, value in chains]
    found = replica_estimate(parts, Method(bootstrap=400))
    assert found.bin_size == 40
    assert found.jackknife_error == pytest.approx(values.std(ddof=1) / 4.0, rel=1e-12)
    assert found.bootstrap_error == pytest.approx(found.jackknife_error, rel=0.15)


def test_replicas_that_disagree(runs):
    lines = [json.loads(line) for line in (runs[1] / "journal.jsonl").read_text().splitlines()]
    moved = [json.dumps(record | {"plaquette": record["plaquette"] + 0.01}) + "\n" for record in lines]
    (runs[1] / "journal.jsonl").write_text("".join(moved))
    verdict = next(verdict for verdict in analyze_replicas(runs).verdicts if verdict.name == "replicas")
    # the spread is part of the common Gamma(t), which makes the test mild
    assert verdict.status in ("warn", "fail")
    assert "plaquette" in verdict.sentence


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"mass": 0.1}, {"mass": 0.2}, "mass = 0.1, 0.2"),
        ({"photons": {"alpha": 0.1}}, {"photons": {"alpha": 0.2}}, "photons.alpha = 0.1, 0.2"),
        ({"charge": 0.5}, {}, "charge = 0.5, none"),
        ({"condensate_links": {"flow": "f", "time": 1.0}}, {}, "condensate_links.flow = f, none"),
        ({"condensate_quark": {"fermion": "q", "csw": 1.0}}, {"condensate_quark": {"csw": 0.0}}, "csw = 1.0, none"),
        ({"vectors": 3, "tolerance": 1e-8}, {"vectors": 4, "tolerance": 1e-9}, ""),
        ({"condensate_quark": {"fermion": "q", "csw": 1.0}}, {"condensate_quark": {"fermion": "p", "csw": 1.0}}, ""),
    ],
)
def test_what_was_measured_otherwise_has_no_common_mean(runs, one, other, words):
    """Masses, charges, links; not how the numbers were found, nor what quarks are called."""
    for run, told in zip(runs, (one, other), strict=True):
        path = run / "measure/condensate.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text("".join(json.dumps(record | told) + "\n" for record in lines))
    both = analyze_replicas(runs)
    names, said = [item.name for item in both.observables], " ".join(both.warnings)
    assert ("condensate" in names, "condensate is left out of the replicas" in said) == (not words, bool(words))
    assert words in said
    assert "plaquette" in names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"run__seed": 1}, {"run__seed": 1}),
        ({"run__seed": 1, "action__gauge__beta": 2.7}, {"run__seed": 2, "action__gauge__beta": 2.8}),
        ({"run__seed": 1, "update__steps": 10}, {"run__seed": 2, "update__steps": 12}),
    ],
)
def test_what_are_no_replicas(runs, one, other):
    with_physics(runs[0], **one)
    with_physics(runs[1], **other)
    assert not are_replicas(runs)
    with pytest.raises(InputError, match="no replicas"):
        analyze_replicas(runs)


def test_the_start_does_not_matter(runs):
    with_physics(runs[0], run__seed=1, run__initial="cold")
    with_physics(runs[1], run__seed=2, run__initial="hot")
    assert are_replicas(runs)
