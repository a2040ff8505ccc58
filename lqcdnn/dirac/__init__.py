"""Dirac operators on fields and their solvers."""
