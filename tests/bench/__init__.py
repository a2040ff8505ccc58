"""Yardstick for the speed of kernels: plain loops over complex numbers; ``python -m bench`` in ``tests``."""
