"""Small inputs that finish within a fraction of a second."""

from __future__ import annotations

from tests.input_head import head

QUENCHED = head(
    [4, 4, 4, 4], "SU(2)", 2.2, name="run", trajectories=4, thermalization=1, seed=7, save_every=2,
    checkpoint_every=2, initial="hot"
) + """\
[update]
steps = 3
[observables.plaquette]
[observables.polyakov]
every = 2
"""
STAGGERED = head(
    [4, 4, 4, 4], "SU(2)", 2.2, name="run", trajectories=5, seed=11, save_every=2, checkpoint_every=2, initial="twisted"
) + """\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.5
[update]
steps = 3
[observables.plaquette]
[observables.condensate]
every = 2
method = "noise"
vectors = 2
"""
SMALL_STAGGERED = STAGGERED.replace("twisted", "hot")
TRAINED = SMALL_STAGGERED.replace("flavors = 4", "flavors = 2") + """
[[guide.fermion]]
mass = 0.7
links = "net"
[[network.net.layer]]
loops = ["plaquette", "polyakov_time"]
[train]
trajectories = 8
rate = 1e-5
checkpoint_every = 3
"""
WARM = (QUENCHED, TRAINED)
"""What the server runs once, so that the kernels are loaded."""
