"""The centre-sector verdict: b <P> equal in all directions, and negative."""

import dataclasses

import numpy as np
import pytest
from synthetic_run import ar1

from lqcdnn.analyze.data.rundata import Physics, read_physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.verdicts.centre import judge_centre, sector_changes
from lqcdnn.config.tables.loops import direction_names


def physics(group="SU(2)", shape=(4, 4, 4, 4), boundary=(1, 1, 1, -1)):
    return Physics(group=group, shape=shape, boundaries=(boundary,) if boundary else ())


def loops(means, n=1000, seed=51, tau=3.0):
    noise = 0.3 * ar1(n, tau, np.random.default_rng(seed), len(means))
    names = direction_names(len(means))
    return [
        Series(f"polyakov_directions.{name}.re", "f", np.arange(1, n + 1), mean + noise[:, mu])
        for mu, (name, mean) in enumerate(zip(names, means, strict=True))
    ]


def test_symmetric_run_is_ok():
    verdict = judge_centre(loops((-0.8, -0.8, -0.8, 0.8)), physics(), 0)
    assert verdict.status == "ok"
    assert "P_t = 0.8" in verdict.sentence


@pytest.mark.parametrize("wrong", [0, 3])
def test_metastable_sector_fails(wrong):
    means = [-0.8, -0.8, -0.8, 0.8]
    means[wrong] *= -1
    verdict = judge_centre(loops(means), physics(), 0)
    assert verdict.status == "fail"
    assert f"metastable sector in {'xyzt'[wrong]}" in verdict.sentence
    assert "twisted" in verdict.advice


def test_unequal_sizes_of_equal_extents():
    verdict = judge_centre(loops((-0.8, -0.8, -0.4, 0.8)), physics(), 0)
    assert verdict.status == "fail"
    assert "P_z" in verdict.sentence


def test_unequal_extents_are_not_compared():
    assert judge_centre(loops((-0.8, -0.8, -0.8, 0.2)), physics(shape=(4, 4, 4, 8)), 0).status == "ok"


def test_change_of_sector_is_a_warning():
    series = loops((-0.8, -0.8, -0.8, 0.8))
    series[1].values[400:480] *= -1
    verdict = judge_centre(series, physics(), 0)
    assert verdict.status == "warn"
    assert "y (2)" in verdict.sentence


def test_cut_is_respected():
    series = loops((-0.8, -0.8, -0.8, 0.8))
    series[0].values[:300] *= -1
    assert judge_centre(series, physics(), 0).status == "warn"
    assert judge_centre(series, physics(), 300).status == "ok"


def test_two_dimensions_and_periodic_time():
    assert judge_centre(loops((-0.5, 0.5)), physics("U(1)", (8, 8), (1, -1)), 0).status == "ok"
    assert judge_centre(loops((-0.5, -0.5)), physics("SU(2)", (8, 8), (1, 1)), 0).status == "ok"


@pytest.mark.parametrize("facts", [physics("SU(3)"), physics(boundary=None), Physics()])
def test_nothing_is_said_where_the_symmetry_is_absent(facts):
    assert judge_centre(loops((-0.8, -0.8, -0.8, 0.8)), facts, 0) is None


def test_polyakov_loops_in_the_action_break_the_symmetry():
    broken = dataclasses.replace(physics(), winding=True)
    assert judge_centre(loops((-0.8, -0.8, -0.8, 0.8)), broken, 0) is None


@pytest.mark.parametrize(
    ("links", "loops", "breaks"),
    [("thin", "polyakov_time", False), ("net", "polyakov_time", True), ("net", "plaquette", False)],
)
def test_polyakov_loops_in_links_that_fermions_of_the_action_see(tmp_path, links, loops, breaks):
    (tmp_path / "resolved.toml").write_text(
        f'[[action.fermion]]\nlinks = "{links}"\n'
        f'[[network.net.layer]]\nloops = ["rectangle"]\n[[network.net.layer]]\nloops = ["chair", "{loops}"]\n'
    )
    (tmp_path / "input.toml").write_text("")
    assert read_physics(tmp_path).winding is breaks


def test_phases_at_the_boundary_break_the_symmetry(tmp_path):
    (tmp_path / "input.toml").write_text("")
    (tmp_path / "resolved.toml").write_text("[[action.fermion]]\ntheta = [0.0, 0.0, 0.0, 0.3]\n")
    assert read_physics(tmp_path).phases
    broken = dataclasses.replace(physics(), phases=True)
    assert judge_centre(loops((-0.8, -0.8, -0.8, 0.8)), broken, 0) is None


def test_fermions_with_different_boundaries():
    facts = Physics("SU(2)", (4, 4, 4, 4), ((1, 1, 1, -1), (1, 1, 1, 1)))
    assert judge_centre(loops((-0.8, -0.8, -0.8, 0.8)), facts, 0) is None


def test_nothing_winds_around_open_time():
    series = loops((-0.8, -0.8, -0.8, 0.8))
    series[3].values[:] = 0.0
    verdict = judge_centre(series, physics(), 0)
    assert verdict.status == "ok"
    assert "P_t" not in verdict.sentence


def test_unknown_without_measurement():
    assert judge_centre(loops((-0.8, -0.8, -0.8, 0.8))[:3], physics(), 0).status == "unknown"
    assert judge_centre(loops((-0.8, -0.8, -0.8, 0.8)), physics(), 995).status == "unknown"


def test_noise_about_zero_is_no_change_of_sector():
    assert sector_changes(np.random.default_rng(52).normal(size=2000)) <= 1
    assert sector_changes(np.ones(50)) == 0
