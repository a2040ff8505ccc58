"""Observables of quarks: propagators, determinants, spectra, and what they are made with."""
