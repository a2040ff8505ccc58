"""Observables: one file for each, known by the name it registers itself under, and the runner that measures them."""
