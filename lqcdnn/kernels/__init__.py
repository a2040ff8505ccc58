"""Numba kernels: site programs on small complex matrices; imports nothing else of the package."""
