"""The input file: what may stand in it, how it is read, checked and written."""

from lqcdnn.config.check import from_tree, observable
from lqcdnn.config.export import input_reference, json_schema, resolved_toml
from lqcdnn.config.load import load, load_text
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.config.tree import (
    SOLVER_KEYS,
    chain_digest,
    digest,
    physics_digest,
    physics_keys,
    training_keys,
    weights_physics,
    with_seed,
)

__all__ = [
    "SOLVER_KEYS",
    "RunConfig",
    "chain_digest",
    "digest",
    "from_tree",
    "input_reference",
    "json_schema",
    "load",
    "load_text",
    "observable",
    "physics_digest",
    "physics_keys",
    "resolved_toml",
    "training_keys",
    "weights_physics",
    "with_seed",
]
