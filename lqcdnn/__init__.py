"""Lattice gauge theory with gauge-covariant neural networks."""

__version__ = "0.1.0"
