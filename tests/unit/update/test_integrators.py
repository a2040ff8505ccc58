"""Integrators as data: palindromes, times that add up, nesting, what they print."""

from itertools import pairwise

import pytest

from lqcdnn.integrators import OMELYAN_LAMBDA, SCHEMES, Drift, Integrator, Kick, Level, Stage, omelyan

schemes = pytest.mark.parametrize("name", SCHEMES)


@schemes
def test_schemes_are_symmetric_and_consistent(name):
    scheme = SCHEMES[name]
    assert scheme.stages == scheme.stages[::-1]
    for kind in "PQ":
        assert sum(s.weight for s in scheme.stages if s.kind == kind) == pytest.approx(1.0, abs=1e-15)
    assert scheme.name == name
    assert all(a.kind != b.kind for a, b in pairwise(scheme.stages))


@pytest.mark.parametrize(
    ("name", "forces", "order"),
    [("leapfrog", 1, 2), ("leapfrog_pqp", 1, 2), ("omelyan", 2, 2), ("omelyan4", 5, 4), ("force_gradient", 2, 4)],
)
def test_kicks_per_step(name, forces, order):
    """Neighbouring kicks of two steps are one."""
    assert SCHEMES[name].order == order
    for steps in (1, 5):
        plan = Integrator((Level(SCHEMES[name], steps, ("gauge",)),), 1.0).plan()
        kicks = [op for op in plan if isinstance(op, Kick)]
        begins_with_kick = isinstance(plan[0], Kick)
        assert len(kicks) == forces * steps + begins_with_kick
        assert all(type(a) is not type(b) for a, b in pairwise(plan))


def test_lambda_of_omelyan():
    assert omelyan(0.2).stages[0] == Stage("P", 0.2)
    assert SCHEMES["omelyan"].stages[0].weight == OMELYAN_LAMBDA
    assert [s.kind for s in omelyan().stages] == list("PQPQP")


def test_force_gradient_displaces_by_the_step_squared():
    plan = Integrator((Level(SCHEMES["force_gradient"], 4, ("gauge",)),), 1.0).plan()
    shifts = [op.shift for op in plan if isinstance(op, Kick) and op.shift]
    assert shifts == [pytest.approx(0.25**2 / 24)] * 4


@schemes
@pytest.mark.parametrize("inner", SCHEMES)
def test_times_of_nested_levels_add_up(name, inner):
    levels = (Level(SCHEMES[name], 3, ("fermion",)), Level(SCHEMES[inner], 2, ("gauge",)))
    integrator = Integrator(levels, 1.5)
    plan = integrator.plan()
    assert sum(op.eps for op in plan if isinstance(op, Drift)) == pytest.approx(1.5)
    for level in (0, 1):
        assert sum(op.eps for op in plan if isinstance(op, Kick) and op.level == level) == pytest.approx(1.5)
    outer_drifts = 3 * sum(s.kind == "Q" for s in SCHEMES[name].stages)
    shifted = sum(1 for op in plan if isinstance(op, Kick) and op.level == 1 and op.shift)
    assert shifted == (2 * outer_drifts if inner == "force_gradient" else 0)
    for a, b in zip(plan, reversed(plan), strict=True):  # the whole trajectory is a palindrome
        assert type(a) is type(b)
        assert a.eps == pytest.approx(b.eps, rel=1e-12)


@pytest.mark.parametrize("outer", SCHEMES)
@pytest.mark.parametrize("middle", ["leapfrog", "leapfrog_pqp", "force_gradient"])
@pytest.mark.parametrize("inner", ["leapfrog", "omelyan"])
def test_work_is_what_the_plan_has(outer, middle, inner):
    chosen = zip((outer, middle, inner), (3, 2, 4), "abc", strict=True)
    levels = tuple(Level(SCHEMES[name], steps, (term,)) for name, steps, term in chosen)
    for depth in (1, 2, 3):
        integrator = Integrator(levels[:depth], 1.0)
        plan = integrator.plan()
        kicks = [op for op in plan if isinstance(op, Kick)]
        forces = tuple(sum(1 + (op.shift != 0.0) for op in kicks if op.level == k) for k in range(depth))
        drifts = sum(isinstance(op, Drift) for op in plan) + sum(op.shift != 0.0 for op in kicks)
        assert integrator.work() == (forces, drifts)


def test_what_is_printed():
    text = str(
        Integrator((Level(omelyan(), 5, ("fermion.1", "fermion.2")), Level(SCHEMES["leapfrog"], 4, ("gauge",))), 1.0)
    )
    assert text.splitlines() == [
        "trajectory length 1",
        "level 0: 5 steps of 0.2, omelyan: P(0.193183) Q(0.5) P(0.613633) Q(0.5) P(0.193183), order 2; "
        "fermion.1, fermion.2",
        "level 1: 4 steps of 0.025, leapfrog: Q(0.5) P(1) Q(0.5), order 2; gauge",
    ]
