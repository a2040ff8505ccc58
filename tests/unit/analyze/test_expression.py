"""Derived quantities: what may be written, what it means, and that derivatives are exact."""

import math

import numpy as np
import pytest

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.expression import expressions
from lqcdnn.config.language.expressions import FUNCTIONS, parse_definition
from lqcdnn.errors import DataError, InputError


def series(**columns):
    named = {name.replace("__", "."): np.asarray(values, dtype=float) for name, values in columns.items()}
    return {name: Series(name, "f", np.arange(1, len(values) + 1), values) for name, values in named.items()}


def evaluated(text, data, constants=None):
    (expression,) = expressions([text], constants or {})
    _, table = expression.table(data)
    return expression(table.mean(axis=0)).value


RNG = np.random.default_rng(1)
DATA = series(
    x=RNG.normal(2.0, 0.3, 50), y=RNG.normal(1.0, 0.1, 50), z__re=RNG.normal(size=50), z__im=RNG.normal(size=50),
    w__1=RNG.normal(3.0, 0.1, 50), w__2__1=RNG.normal(4.0, 0.1, 50),
)  # fmt: skip
X, Y = DATA["x"].values, DATA["y"].values


@pytest.mark.parametrize(
    ("right", "value"),
    [
        ("x", X.mean()),
        ("mean(x)", X.mean()),
        ("mean(x*x) - x**2", X.var()),
        ("mean(x*y) - mean(x)*mean(y)", np.mean(X * Y) - X.mean() * Y.mean()),
        ("V*(mean(x**2) - x**2)/2", 8.0 * X.var()),
        ("mean(exp(-x)/V)", np.mean(np.exp(-X)) / 16.0),
        ("-log(x)/+2 + 1e-3", -math.log(X.mean()) / 2 + 1e-3),
        ("x**y", X.mean() ** Y.mean()),
        ("2**-1*x", X.mean() / 2),
        ("mean(abs(z.re))", np.abs(DATA["z.re"].values).mean()),
        ("mean(z.abs**2)", np.mean(DATA["z.re"].values ** 2 + DATA["z.im"].values ** 2)),
        ("w[1] / w[2][1]", DATA["w.1"].values.mean() / DATA["w.2.1"].values.mean()),
        ("acosh(x) + sinh(x) + cosh(x) + tan(y) + sin(y)*cos(y)", math.acosh(X.mean()) + math.sinh(X.mean())
         + math.cosh(X.mean()) + math.tan(Y.mean()) + math.sin(Y.mean()) * math.cos(Y.mean())),
        ("mean(acosh(x + 2))", np.mean(np.arccosh(X + 2.0))),
    ],
)  # fmt: skip
def test_values(right, value):
    assert evaluated(f"q = {right}", DATA, {"V": 16.0}) == pytest.approx(value, rel=1e-13)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_derivatives(function):
    (expression,) = expressions([f"q = {function}(x**1.5/y) * y**x - mean(x*y)/{function}(x)"], {})
    _, table = expression.table(DATA)
    means = table.mean(axis=0)
    assert len(means) == 3
    for i in range(3):
        step = np.zeros(3)
        step[i] = 1e-5
        slope = (expression(means + step).value - expression(means - step).value) / 2e-5
        assert expression(means).gradient[i] == pytest.approx(slope, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "NAME = EXPRESSION"),
        ("q =", "NAME = EXPRESSION"),
        ("2q = x", "cannot be the name"),
        ("V = x", "cannot be the name"),
        ("q = x +", "is not an expression"),
        ("q = log(wilson_loop.1.12)", r"write wilson_loop\[1\]\[12\] for wilson_loop\.1\.12"),
        ("q = x == y", "is not an expression|not allowed"),
        ("q = [x]", "not allowed"),
        ("q = x if y else x", "not allowed"),
        ("q = 'x'", "not allowed"),
        ("q = True", "not allowed"),
        ("q = 1j*x", "not allowed"),
        ("q = x // y", "not allowed"),
        ("q = open(x)", "no function 'open'"),
        ("q = x.y(x)", "no function 'x.y'"),
        ("q = __import__('os')", "no function"),
        ("q = (lambda: x)()", "no function"),
        ("q = exp(x, y)", "one argument"),
        ("q = exp(*x)", "one argument"),
        ("q = exp(x=x)", "one argument"),
        ("q = mean(mean(x))", "inside mean"),
        ("q = mean", "needs an argument"),
        ("q = w[x]", "not allowed"),
        ("q = w[1:2]", "not allowed"),
        ("q = " + "(" * 300 + "x" + ")" * 300, "not an expression"),
        ("q = " + "x+" * 800 + "x", "longer than"),
    ],
)  # fmt: skip
def test_what_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_definition(text)
    with pytest.raises(InputError):
        expressions([text], {})


def test_unknown_series_and_constants():
    with pytest.raises(InputError, match="no series 'plaq'") as caught:
        evaluated("q = plaq", series(plaquette=[1.0, 2.0]))
    assert "plaquette" in caught.value.hint
    with pytest.raises(InputError, match="no series 'V'"):
        evaluated("q = V*x", DATA)
    loops = series(**{f"loop__{r}__{t}": [1.0, 2.0] for r in range(1, 5) for t in range(1, 9)}, Q=[0.0, 1.0])
    every = "loop[1][1] to [4][8]"
    for name, hint in (("V.r0", f"series of this run: {every}, Q"), ("loop", f"it is a list: {every}")):
        with pytest.raises(InputError) as caught:
            evaluated(f"q = {name}", loops)
        assert caught.value.hint == hint
    for right in ("2 + pi", "mean(3)", "2*mean(exp(pi))"):
        with pytest.raises(InputError, match="contains no series"):
            expressions([f"q = {right}"], {"pi": math.pi})
    assert evaluated("q = mean(3)*x", DATA) == pytest.approx(3.0 * X.mean())
    with pytest.raises(InputError, match="defined twice"):
        expressions(["q = x", "q = y"], {})


def test_no_value():
    for right in ("log(-x)", "1/(x - x)", "sqrt(-y)", "(-x)**0.5", "exp(1000*x)", "acosh(y/9)"):
        with pytest.raises(InputError, match="has no value"):
            evaluated(f"q = {right}", DATA)
    with pytest.raises(DataError, match="is not finite on trajectory 1"):
        evaluated("q = mean(log(-x))", DATA)
    with pytest.raises(DataError, match=r"mean\(exp\(200 \* x\)\) is beyond 1e\+140 on trajectory"):
        evaluated("q = mean(exp(200*x))", DATA)
    with pytest.raises(InputError, match=r"is beyond 1e\+140"):
        evaluated("q = exp(200*x)", DATA)


def test_series_of_different_trajectories():
    """Only trajectories on which everything was measured count."""
    data = series(x=np.arange(10.0))
    data["y"] = Series("y", "f", np.arange(2, 20, 2), np.ones(9))
    (expression,) = expressions(["q = mean(x*y)"], {})
    trajectories, table = expression.table(data)
    assert list(trajectories) == [2, 4, 6, 8, 10]
    assert table[:, 0] == pytest.approx([1.0, 3.0, 5.0, 7.0, 9.0])
    data["y"] = Series("y", "f", np.array([50]), np.ones(1))
    with pytest.raises(InputError, match="no trajectories in common"):
        expression.table(data)
