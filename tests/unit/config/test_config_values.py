from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lqcdnn.config.language.values import INT64, REFUSED, Either, Integer, ListOf, Number, Text, nearest, toml_value

VALUES = [
    Integer(),
    Integer(1),
    Integer(0, 5),
    Integer(1, INT64),
    Integer(only=(1, -1)),
    Number(),
    Number(minimum=0.0, below=1.0),
    Number(above=0.0, maximum=2.0),
    Text(("a", "b")),
    Text(pattern="[a-z]+", meaning="a word"),
    Text(("cold",), "[a-z]+/", "a path"),
    ListOf(Integer(2), 2, 4),
    ListOf(Text(("a", "b")), 0, distinct=True),
    Either((Number(), ListOf(Number()), Text(("random",)))),
]


@pytest.mark.parametrize(
    ("kind", "value", "accepted"),
    [
        (Integer(1), 3, 3),
        (Integer(1), 0, REFUSED),
        (Integer(1), True, REFUSED),
        (Integer(1), 3.0, REFUSED),
        (Integer(0, 5), 6, REFUSED),
        (Integer(1, INT64), INT64 + 1, REFUSED),
        (Integer(only=(1, -1)), 0, REFUSED),
        (Integer(only=(1, -1)), -1, -1),
        (Number(), 3, 3.0),
        (Number(), False, REFUSED),
        (Number(), math.nan, REFUSED),
        (Number(), math.inf, REFUSED),
        (Number(), 10**400, REFUSED),
        (Number(), "1", REFUSED),
        (Number(above=0.0), 0, REFUSED),
        (Number(minimum=0.0), 0, 0.0),
        (Number(below=1.0), 1.0, REFUSED),
        (Number(maximum=1.0), 1.0, 1.0),
        (Text(("a",)), "a", "a"),
        (Text(("a",)), "b", REFUSED),
        (Text(("a",)), 1, REFUSED),
        (ListOf(Integer(2), 2, 4), [4, 4], (4, 4)),
        (ListOf(Integer(2), 2, 4), [4], REFUSED),
        (ListOf(Integer(2), 2, 4), [4] * 5, REFUSED),
        (ListOf(Integer(2), 2, 4), [4, 1], REFUSED),
        (ListOf(Integer(2), 2, 4), 4, REFUSED),
        (ListOf(Text(("a",)), distinct=True), ["a", "a"], REFUSED),
        (VALUES[-1], 1, 1.0),
        (VALUES[-1], [1, 2.5], (1.0, 2.5)),
        (VALUES[-1], "random", "random"),
        (VALUES[-1], "rnd", REFUSED),
        (VALUES[-1], [], REFUSED),
    ],
)
def test_accept(kind, value, accepted):
    found = kind.accept(value)
    assert found == accepted
    assert type(found) is type(accepted)


@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_describes_itself(kind):
    assert kind.allowed()
    assert isinstance(kind.schema(), dict)
    assert all(isinstance(word, str) for word in kind.words())


@settings(deadline=None, max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_accept_never_raises(value):
    for kind in VALUES:
        kind.accept(value)


@settings(deadline=None)
@given(st.text() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_written_values_read_back(value):
    import tomli

    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        return
    back = tomli.loads(f"value = {toml_value(value)}")["value"]
    assert back == value
    assert type(back) is type(value)


def test_nearest():
    assert nearest("plaquete", ("plaquette", "polyakov")) == "plaquette"
    assert nearest("Wilson", ("wilson", "iwasaki")) == "wilson"
    assert nearest("qqq", ("wilson",)) is None
