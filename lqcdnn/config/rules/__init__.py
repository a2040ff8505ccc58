"""Defaults that follow from other keys, and rules between keys: what goes together, and what does not."""
