"""[update] of kind "heatbath": its keys, and what it excludes."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, problems_of

from lqcdnn.config import load_text, physics_keys, resolved_toml
from lqcdnn.config.summary import summary
from lqcdnn.report.references.citations import used_by

HEATBATH = PURE_GAUGE_2D + '[update]\nkind = "heatbath"\n'
SU3 = HEATBATH.replace("U(1)", "SU(3)")


def test_defaults():
    update = load_text(SU3).update
    assert (update.kind, update.algorithm, update.overrelaxation) == ("heatbath", "kennedy_pendleton", 0)
    others = (update.length, update.steps, update.integrator, update.lambda_, update.tune, update.target_acceptance)
    assert others == (None,) * 6
    assert load_text(HEATBATH).update.algorithm == "best_fisher"
    assert load_text(SU3 + 'algorithm = "creutz"\noverrelaxation = 3\n').update.overrelaxation == 3
    hmc = load_text(PURE_GAUGE_2D).update
    assert (hmc.algorithm, hmc.overrelaxation, hmc.length, hmc.tune) == (None, None, 1.0, False)


def test_a_heat_bath_has_no_time_scales():
    assert load_text(SU3).levels == ()


def test_the_complete_input_loads_again():
    for text in (HEATBATH, SU3):
        config = load_text(text)
        assert load_text(resolved_toml(config)) == config
        assert "steps" not in resolved_toml(config)


def test_all_keys_define_the_chain():
    keys = physics_keys(load_text(SU3))
    assert {key for key in keys if key.startswith("update")} == {
        "update.kind",
        "update.algorithm",
        "update.overrelaxation",
    }


@pytest.mark.parametrize(
    "line",
    [
        "length = 1.0",
        "steps = 10",
        'integrator = "omelyan"',
        "lambda = 0.2",
        "tune = true",
        "accept_first = 0",
        "target_acceptance = 0.9",
        'level = [{terms = ["gauge"], steps = 2}]',
    ],
)
def test_keys_of_hmc_are_refused(line):
    found = problems_of(f"{SU3}{line}\n")
    assert [problem.path for problem in found] == [f"update.{line.split()[0]}"]
    assert 'belongs to kind = "hmc"' in found[0].message


@pytest.mark.parametrize("line", ['algorithm = "creutz"', "overrelaxation = 1"])
def test_keys_of_the_heat_bath_are_refused_with_hmc(line):
    found = problems_of(f"{PURE_GAUGE_2D}[update]\n{line}\n")
    assert [problem.path for problem in found] == [f"update.{line.split()[0]}"]
    assert 'belongs to kind = "heatbath"' in found[0].message


def test_algorithms_belong_to_groups():
    for text, algorithm, allowed in (
        (SU3, "best_fisher", '"kennedy_pendleton", "creutz"'),
        (HEATBATH, "creutz", '"best_fisher"'),
    ):
        (problem,) = problems_of(f'{text}algorithm = "{algorithm}"\n')
        assert (problem.path, problem.allowed) == ("update.algorithm", allowed)


def test_fermions_guide_and_training_are_refused():
    found = problems_of(SLHMC.replace("steps = 12", 'kind = "heatbath"'))
    assert {problem.path for problem in found} == {"update.kind", "guide"}  # train for the same reason
    found = problems_of(SU3 + '[[action.fermion]]\nkind = "staggered"\nflavors = 2\nmass = 0.1\n')
    assert [problem.path for problem in found] == ["update.kind"]
    found = problems_of(SU3 + "[guide]\n[guide.gauge]\nbeta = 1.0\n")
    assert [problem.path for problem in found] == ["guide"]


@pytest.mark.parametrize("kind", ['"iwasaki"', '"rectangle"\nc1 = -0.1'])
def test_rectangles_need_extents_of_3(kind):
    text = SU3.replace("beta = 2.0", f"beta = 2.0\nkind = {kind}")
    load_text(text)
    (problem,) = problems_of(text.replace("[8, 8]", "[8, 2]"))
    assert problem.path == "lattice.shape"
    assert "extents of at least 3" in problem.allowed
    load_text(SU3.replace("[8, 8]", "[8, 2]"))


def test_a_wrong_group_is_one_problem():
    assert [problem.path for problem in problems_of(HEATBATH.replace("U(1)", "U(2)"))] == ["lattice.group"]


def test_summary_and_references():
    lines = summary(load_text(SU3 + "overrelaxation = 1\n"))
    assert lines["method"] == "heat bath"
    assert lines["sweep"] == "heat bath (kennedy_pendleton), then 1 overrelaxation sweep"
    assert "integrator" not in lines
    cited = used_by(load_text(SU3 + 'algorithm = "creutz"\noverrelaxation = 1\n'))
    assert {"Creutz1980", "CabibboMarinari1982", "Creutz1987", "BrownWoch1987"} <= set(cited)
    assert not {"Duane1987", "KennedyPendleton1985", "BestFisher1979"} & set(cited)
    assert "BestFisher1979" in used_by(load_text(HEATBATH))
    assert "Creutz1987" not in used_by(load_text(HEATBATH))
