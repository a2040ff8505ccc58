"""``[[action.gauge.term]]``: loops that may be named, what a guide has of them and may train, what is said of them."""

from __future__ import annotations

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed, problems_of

from lqcdnn.analyze.data.rundata import read_physics
from lqcdnn.config import digest, load_text, physics_keys, resolved_toml, training_keys
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import summary
from lqcdnn.config.tables.loops import meets_itself, span
from lqcdnn.report.references.citations import used_by

TERM = "[[action.gauge.term]]\nloops = {}\ncoefficient = 0.5\n"
RECTANGLE, LINE, BENT = (TERM.format(x) for x in ('"rectangle"', '"polyakov_time"', "[1, 2, 3, -1, -2, -3]"))


def with_terms(text, *terms):
    return text.replace("[[action.fermion]]", "".join(terms) + "[[action.fermion]]")


def test_terms_are_keys_of_the_chain_and_their_absence_is_none():
    plain, config = load_text(SLHMC), load_text(with_terms(SLHMC, RECTANGLE, BENT))
    assert plain.action.gauge.term == ()
    assert not any(".term" in key for key in physics_keys(plain))
    assert digest(plain) != digest(config)
    keys = physics_keys(config)
    assert keys["action.gauge.term.2.loops"] == [1, 2, 3, -1, -2, -3]
    assert keys["action.gauge.term.1.coefficient"] == 0.5
    assert load_text(resolved_toml(config)) == config


def test_a_guide_has_the_terms_of_the_action_or_its_own_or_none():
    text = with_terms(SLHMC, RECTANGLE, LINE)
    own = "[[guide.gauge.term]]\nloops = 'chair'\ncoefficient = 1\n[[guide.fermion]]"
    for guide, loops in (
        ("[[guide.fermion]]", ["rectangle", "polyakov_time"]),
        (own, ["chair"]),
        ("[guide.gauge]\nterm = []\n[[guide.fermion]]", []),
        ("[guide.gauge]\nbeta = 2.5\n[[guide.fermion]]", ["rectangle", "polyakov_time"]),
    ):
        config = load_text(text.replace("[[guide.fermion]]", guide))
        assert [term.loops for term in config.guide.gauge.term] == loops
        assert load_text(resolved_toml(config)) == config


@pytest.mark.parametrize(
    ("loops", "said"),
    [
        ('"chair"', "a chair needs 3 directions"),
        ('"polyakov_y"', 'no direction of "polyakov_y"'),
        ("[1, 2, -1, 2]", "does not end where it starts; loops around the lattice are polyakov_x"),
        ("[1, 1, 2, 2, -2, -2, -1, -1]", "goes 2 and straight back -2"),
        ("[2, 1, -1, -2]", "goes 1 and straight back -1"),
        ("[1, 3, -1, -3]", "axes are named 1, 2, ... without a gap"),
        ("[1, 2, 3, -1, -2, -3]", "a loop of 3 directions; allowed: axes 1 to 2 in d = 2"),
        ("[1, 2]", "a list of 4 to 64 entries"),
        ("[1, 5, -1, -5]", "each 1 or 2 or 3 or 4"),
        ('"plaq"', 'did you mean "plaquette"'),
        ("true", 'allowed: "plaquette"'),
    ],
)
def test_loops_that_do_not_exist(loops, said):
    text = PURE_GAUGE_2D + TERM.format(loops)
    (problem,) = problems_of(text)
    assert problem.path == "action.gauge.term.1.loops"
    (problem,) = problems_of(text + "[guide.gauge]\nbeta = 1.0\n")  # what it has from the action is said once
    assert said in f"{problem.message}; allowed: {problem.allowed}; did you mean {problem.suggestion}?"


def test_keys_are_needed():
    assert [problem.path for problem in problems_of(PURE_GAUGE_2D + "[[action.gauge.term]]\n")] == [
        "action.gauge.term.1.loops",
        "action.gauge.term.1.coefficient",
    ]
    (problem,) = problems_of(PURE_GAUGE_2D + "[[guide.gauge.term]]\nloops = 'polyakov_x'\n")
    assert problem.path == "guide.gauge.term.1.coefficient"


def test_a_heat_bath_needs_loops_without_double_links():
    heatbath = PURE_GAUGE_2D + '[update]\nkind = "heatbath"\n'
    load_text(heatbath + RECTANGLE + LINE)
    for shape, loops in (("[8, 2]", '"rectangle"'), ("[8, 8]", "[1, 2, -1, -2, 1, 2, -1, -2]")):
        text = heatbath.replace("[8, 8]", shape) + TERM.format(loops)
        (problem,) = problems_of(text)
        assert problem.path == "action.gauge.term.1.loops"
        assert f"contain no link twice on {shape}" in problem.allowed


def test_links_met_twice():
    assert meets_itself((1, 1, 2, -1, -1, -2), (8, 2))
    assert not meets_itself((1, 1, 2, -1, -1, -2), (8, 3))
    assert not meets_itself((1, 2, -1, 3, -2, -3), (2, 2, 2))
    assert [span(path) for path in ((1, 2, -1, -2), (2, 1, 1, 1, -2, -1, -1, -1))] == [1, 3]


def test_summary_and_remarks():
    config = load_text(with_terms(SLHMC, RECTANGLE, BENT, LINE).replace("twisted", "cold"))
    expected = "wilson beta 2.7 + rectangle 0.5 + [1, 2, 3, -1, -2, -3] 0.5 + polyakov_time 0.5; staggered"
    assert summary(config)["action"].startswith(expected)
    assert remarks(config) == ()  # that a cold start is in the wrong sector holds without Polyakov loops only
    assert len(remarks(load_text(with_terms(SLHMC, RECTANGLE).replace("twisted", "cold")))) == 1
    text = PURE_GAUGE_2D.replace("[8, 8]", "[8, 2]") + RECTANGLE
    assert remarks(load_text(text)) == ("action.gauge.term.1: loops of 2 links on a side reach around 2 sites",)


def test_citations():
    assert not {"FrommEtAl2012", "LuscherWeisz1985"} & set(used_by(load_text(SLHMC)))
    assert {"FrommEtAl2012", "LuscherWeisz1985"} <= set(used_by(load_text(with_terms(SLHMC, RECTANGLE, LINE))))


def test_analysis_knows_that_polyakov_loops_break_the_centre_symmetry(tmp_path):
    for term, winding in ((RECTANGLE, False), (LINE, True), (BENT, False)):
        config = load_text(with_terms(SLHMC, term))
        (tmp_path / "resolved.toml").write_text(resolved_toml(config))
        (tmp_path / "input.toml").write_text(SLHMC)
        physics = read_physics(tmp_path)
        assert (physics.winding, physics.beta, physics.c1) == (winding, 2.7, 0.0)


COUPLINGS = changed(SLHMC, "[train]\n", '[train]\ncouplings = ["constant", "beta"]\n')


def test_couplings_are_trained_alone_or_beside_a_network_that_is_named():
    alone = load_text(COUPLINGS)
    assert (alone.train.network, alone.train.couplings) == (None, ("constant", "beta"))
    assert load_text(resolved_toml(alone)) == alone
    both = load_text(changed(COUPLINGS, "[train]\n", '[train]\nnetwork = "net"\n'))
    assert (both.train.network, both.train.couplings) == ("net", ("constant", "beta"))
    assert summary(both)["training"].startswith("network net and couplings constant, beta along 0 + 100")
    assert [text for text in remarks(both) if "hardly moves the constant" in text]
    assert not remarks(load_text(COUPLINGS, overrides=["train.optimizer=least_squares", "train.network=net"]))
    assert "train.couplings" in training_keys(both)
    assert "train.couplings" not in training_keys(load_text(SLHMC))
    assert "NagaiTanakaTomiya2020" in used_by(both)
    assert "NagaiTanakaTomiya2020" not in used_by(load_text(SLHMC))


def test_rates_that_need_not_be_given():
    """That of gradient descent depends on the action; least squares let couplings move farther than weights."""
    text = changed(COUPLINGS, "rate = 1e-7\n", "")
    assert [(p.path, p.message) for p in problems_of(text)] == [("train.rate", "missing")]
    squares = changed(text, "[train]\n", '[train]\noptimizer = "least_squares"\n')
    weights = changed(squares, '"constant", "beta"', '"constant"')
    found = [load_text(one).train for one in (squares, weights, changed(weights, "least_squares", "adam"))]
    assert [train.rate for train in found] == [1.0, 1e-2, 1e-3]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["constant", "beta"]', '["betta"]', 'did you mean "beta"'),
        ('["constant", "beta"]', '["beta", "beta"]', "different entries"),
        ('["constant", "beta"]', '["term.0"]', '"term.1" and so on'),
        ('["constant", "beta"]', '["fermion.2"]', 'no "fermion.2" in the guide; allowed: "fermion.1"'),
        ('["constant", "beta"]', '["term.1"]', 'no "term.1" in [guide.gauge]; allowed: no term'),
        ('["constant", "beta"]', "[]", "1 or more"),
    ],
)
def test_couplings_that_cannot_be_trained(old, new, said):
    (p,) = problems_of(changed(COUPLINGS, old, new))
    assert p.path == "train.couplings"
    assert said in f"{p.message}; allowed: {p.allowed}; did you mean {p.suggestion}?"


def test_a_coefficient_of_a_fermion():
    """One that is trained starts at 1; others are there where they are written, and mass preconditioning has none."""
    plain, trained = load_text(SLHMC), load_text(changed(COUPLINGS, '"beta"]', '"fermion.1"]'))
    assert plain.guide.fermion[0].coefficient is None
    assert trained.guide.fermion[0].coefficient == 1.0
    assert "coefficient 1" in summary(trained)["guide"]
    assert "NagaiTanakaTomiya2020" not in used_by(trained)
    written = load_text(SLHMC, overrides=["guide.fermion.1.coefficient=1.05"])
    assert written.guide.fermion[0].coefficient == 1.05
    assert set(physics_keys(written)) - set(physics_keys(plain)) == {"guide.fermion.1.coefficient"}
    options = ["action.fermion.1.hasenbusch=[0.5]", "guide.fermion.1.coefficient=1.05"]
    (problem,) = problems_of(SLHMC, options)
    assert (problem.path, problem.message) == ("guide.fermion.1.coefficient", "found with hasenbusch")


def test_couplings_beside_weights_of_a_file():
    options = ("train.network=net", "network.net.weights=a.h5")
    (problem,) = problems_of(COUPLINGS, options)
    assert (problem.path, problem.allowed) == ("train.couplings", "a network that is trained in the run, or none")


def test_forces_are_compared_of_what_moves_links():
    both = load_text(changed(COUPLINGS, '"constant", "beta"', '"beta"'), overrides=["train.loss=force"])
    assert summary(both)["training"].endswith("forces by sgd rate 1e-7 batch 1")
    assert "ErcolessiAdams1994" in used_by(both)
    assert "ErcolessiAdams1994" not in used_by(load_text(COUPLINGS))
    (problem,) = problems_of(COUPLINGS, ["train.loss=force"])
    assert (problem.path, problem.message.partition(",")[0]) == ("train.couplings", '"constant"')


def test_couplings_need_a_guide():
    text = PURE_GAUGE_2D + '[train]\ncouplings = ["beta"]\ntrajectories = 10\nrate = 1\n'
    (problem,) = problems_of(text)
    assert (problem.path, problem.message) == ("train.couplings", "given without a guide")
    load_text(text + "[guide.gauge]\nbeta = 1.0\n")
