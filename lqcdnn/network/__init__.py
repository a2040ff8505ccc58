"""Gauge-covariant networks: differentiable maps from links to links."""
