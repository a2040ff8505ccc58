"""``lqcdnn bench``: the one place where speed is measured; process CPU time, cases interleaved, one thread.

limits        what the machine can do: read bandwidth, triad, arithmetic, the cost of a call
kernels       every kernel of weight beside these limits (``hops``, ``solvers`` and ``links`` make the cases)
trajectories  whole trajectories beside figures of another program
profile       where a trajectory's time goes: kernels, calling them, Python
program       start of the program, compilation, saving a configuration
table         all of it as text and as plain data
"""
