"""Complete input, JSON Schema, reference page: all from the schema, all consistent with the checker."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tomli
from config_samples import PURE_GAUGE_2D, SLHMC, VALENCE, changed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naming import of

from lqcdnn.config import from_tree, input_reference, json_schema, load_text, resolved_toml
from lqcdnn.config.presets.catalogue import PRESETS
from lqcdnn.config.rules.defaults import schema_paths
from lqcdnn.config.tables.loops import LOOPS
from lqcdnn.config.tables.schema import GROUPS, INTEGRATORS
from lqcdnn.config.tree import as_tree

ROOT = Path(__file__).parents[3]
OURS = {"slhmc": SLHMC, "u1": PURE_GAUGE_2D, "valence": VALENCE}
INPUTS = OURS | {name: preset.text() for name, preset in PRESETS.items()}

DRAFT_4 = {
    "$schema", "title", "description", "default", "type", "properties", "required", "additionalProperties", "items",
    "minItems", "maxItems", "uniqueItems", "enum", "anyOf", "pattern", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "patternProperties", "dependencies",
}  # fmt: skip
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}


def valid(value: Any, schema: dict[str, Any]) -> bool:
    """Check a value by the part of JSON Schema draft 4 that we use."""
    if "anyOf" in schema and not any(valid(value, option) for option in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or isinstance(value, bool) != (kind == "boolean")):
        return False
    if kind == "object":
        return _valid_object(value, schema)
    if kind == "array":
        size = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return size and all(valid(item, schema["items"]) for item in value)
    if kind == "string":
        return re.search(schema["pattern"], value) is not None
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        above = value > low if schema.get("exclusiveMinimum") else value >= low
        above = above and ("multipleOf" not in schema or value % schema["multipleOf"] == 0.0)
        return bool(above and (value < high if schema.get("exclusiveMaximum") else value <= high))
    return True


def _valid_object(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    known, other = dict(schema.get("properties", {})), schema["additionalProperties"]
    for pattern, inner in schema.get("patternProperties", {}).items():
        known |= {name: inner for name in value if re.search(pattern, name)}
    needed = [*schema.get("required", ())]
    needed += [other for name, others in schema.get("dependencies", {}).items() if name in value for other in others]
    if any(name not in value for name in needed):
        return False
    named = all(valid(item, known[name]) for name, item in value.items() if name in known)
    unnamed = [item for name, item in value.items() if name not in known]
    return named and (not unnamed if other is False else all(valid(item, other) for item in unnamed))


def _nodes(schema: dict[str, Any]):
    yield schema
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _nodes(schema[name])
    for inner in (*schema.get("properties", {}).values(), *schema.get("anyOf", ())):
        yield from _nodes(inner)


def test_the_complete_input_means_the_same_run():
    for name, given_text in INPUTS.items():
        with of(name):
            config = load_text(given_text)
            text = resolved_toml(config)
            again = load_text(text)
            assert again == config
            assert resolved_toml(again) == text
            assert as_tree(config) == tomli.loads(text)


def test_the_complete_input_records_the_options():
    text = resolved_toml(load_text(SLHMC), ["update.steps=20", "run.name=a'b\nc"])
    assert text.splitlines()[1:3] == ["# --set 'update.steps=20'", '# --set "run.name=a\'b\\nc"']
    load_text(text)


def test_the_schema_is_draft_4_and_json():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "http://json-schema.org/draft-04/schema#"
    for node in _nodes(schema):
        assert set(node) <= DRAFT_4
        assert node.get("type") in (None, *TYPES)
        re.compile(node.get("pattern", ""))
        assert "default" not in node or valid(node["default"], {**node, "description": ""})


def test_the_schema_has_no_default_where_it_follows_from_other_keys():
    solvers = [node["properties"]["solver"] for node in _nodes(json_schema()) if "solver" in node.get("properties", {})]
    assert solvers
    assert not any("default" in solver for solver in solvers)


def test_the_schema_accepts_what_the_checker_accepts():
    schema = json_schema()
    for name, text in INPUTS.items():
        assert valid(tomli.loads(text), schema), name
        assert valid(as_tree(load_text(text)), schema), name


def test_the_schema_accepts_inputs_that_only_measure_and_no_part_of_a_run_without_the_others():
    tree = tomli.loads(changed(VALENCE, '[analyze]\nobservables = ["condensate", "strange_condensate"]\n', ""))
    del tree["run"], tree["action"]
    assert valid(tree, json_schema())
    assert valid({"observables": {"plaquette": {}}}, json_schema())
    for name, table in (("update", {}), ("run", {"name": "a", "trajectories": 1}), ("action", {"gauge": {"beta": 1}})):
        assert not valid(tree | {name: table}, json_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('group = "SU(2)"', ""),
        ('group = "SU(2)"', 'group = "SU(9)"'),
        ("shape = [4, 4, 4, 4]", "shape = [4]"),
        ("trajectories = 50", "trajectorys = 50"),
        ("beta = 2.7", "beta = -1"),
        ("rate = 1e-7", "rate = 0"),
        ("[observables.plaquette]", "[observables.plaquete]"),
        ("[observables.plaquette]", "[observables.smooth_plaquete]"),
        ("[observables.plaquette]", "[observables.a_plaquette]\nmass = 1.0"),
        ('name = "slhmc"', 'name = "../a"'),
        ('loops = ["plaquette", "polyakov_time"]', 'loops = ["plaq"]'),
    ],
)
def test_the_schema_refuses_what_the_checker_refuses(old, new):
    assert not valid(tomli.loads(changed(SLHMC, old, new)), json_schema())


def test_the_reference_page_names_every_key():
    page = input_reference()
    for path in schema_paths():
        table, _, name = path.rpartition(".")
        if not table.startswith("guide"):
            assert f"`{name}`" in page or f".{name}" in page or f"[{name}" in page, path


def test_the_reference_page_in_the_repository_is_this_one():
    written = (ROOT / "docs" / "input-reference.md").read_text(encoding="utf-8")
    assert written == input_reference(), "lqcdnn schema --reference > docs/input-reference.md"


def _trees():
    """Inputs over all variants of the tables."""
    lattice = st.fixed_dictionaries(
        {"shape": st.lists(st.sampled_from([2, 4, 6]), min_size=3, max_size=4), "group": st.sampled_from(GROUPS)}
    )
    run = st.fixed_dictionaries(
        {"name": st.sampled_from(["a", "runs/b c", "ü.1"]), "trajectories": st.integers(0, 10**6)},
        optional={"seed": st.integers(0, 2**63 - 1), "initial": st.sampled_from(["hot", "a/b.h5", "q\"\\'.x"])},
    )
    gauge = st.one_of(
        st.fixed_dictionaries({"beta": st.floats(0, 1e6), "kind": st.sampled_from(["wilson", "dbw2"])}),
        st.fixed_dictionaries({"beta": st.integers(0, 9), "kind": st.just("rectangle"), "c1": st.floats(-2, 2)}),
    )
    fermion = st.fixed_dictionaries(
        {"kind": st.just("staggered"), "flavors": st.just(4), "mass": st.floats(0, 1e3)},
        optional={"tolerance": st.floats(1e-15, 1e-2), "max_iterations": st.integers(1, 10**9)},
    )
    layer = st.fixed_dictionaries(
        {"loops": st.lists(st.sampled_from(LOOPS[:5]), min_size=1, max_size=5, unique=True)},
        optional={
            "sharing": st.sampled_from(["shared", "direction"]),
            "initial": st.one_of(st.floats(-1, 1), st.just("random")),
        },
    )
    update = st.fixed_dictionaries(
        {}, optional={"steps": st.integers(1, 99), "integrator": st.sampled_from(INTEGRATORS), "length": st.just(0.5)}
    )
    return st.fixed_dictionaries(
        {
            "lattice": lattice,
            "run": run,
            "action": st.fixed_dictionaries({"gauge": gauge, "fermion": st.lists(fermion, max_size=2)}),
            "update": update,
        },
        optional={
            "guide": st.just({}),
            "network": st.dictionaries(
                st.sampled_from(["net", "b-2"]),
                st.fixed_dictionaries({"layer": st.lists(layer, min_size=1, max_size=2)}),
            ),
            "observables": st.just({"plaquette": {}, "condensate": {"mass": 0.5, "method": "noise"}}),
        },
    )


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(_trees())
def test_round_trip_of_any_input(tree):
    if len(tree["lattice"]["shape"]) == 3:
        for fermion in tree["action"]["fermion"]:
            fermion["flavors"] = 2
    config = from_tree(tree)
    text = resolved_toml(config)
    assert load_text(text) == config
    assert valid(tomli.loads(text), json_schema())
