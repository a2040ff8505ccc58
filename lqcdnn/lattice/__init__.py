"""Geometry: site order, neighbours, signs, closed loops."""
