"""Observables made of links alone."""
