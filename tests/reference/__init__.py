"""Slow, obviously right numpy versions of every kernel, on plain complex arrays with sites in lattice order.

Links are ``U[mu, x, ..., t, i, j]``, colour vectors ``psi[x, ..., t, i, 0]``; neighbours come from ``np.roll``.
Nothing here imports the package.
"""
