"""Fits of vectors of series, and what is found from them point by point: masses, energies, potentials, scales."""
