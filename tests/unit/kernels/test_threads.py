"""1, 2 and 3 threads give the same bits: forces, solutions, random numbers (slow tests; whole runs: tests/cli).

The first meets what runs are made of, the second also networks in one call and kernels of rectangles, chairs and clover
terms.
"""

import os
import subprocess
import sys

import pytest
from numba import config

SCRIPT = """
import hashlib
import sys
import numpy as np
from lqcdnn.actions.composed import Composed
from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.actions.hamiltonian import Hamiltonian
from lqcdnn.actions.pseudofermion import PseudofermionAction, PseudofermionField, SolverSettings, StaggeredAction
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.fields import gauge
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.layer import rotate_by_whole_staples
from lqcdnn.kernels.loops import whole_staples
from lqcdnn.kernels.plaquette_layer import whole_derivatives
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.attention import AttentionLayer
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.model import CovariantNetwork

lattice, su2 = Lattice((4, 2, 4, 4)), group("SU(2)")
U = gauge.hot(lattice, su2, 5)
op = StaggeredOperator(lattice, 2, 0.4, (1, 1, 1, -1))
field = PseudofermionField(op.vector(), 0)
fermion = StaggeredAction(op, field, settings=SolverSettings(start_vectors=2))
loops = sys.argv[1:]
weights = np.linspace(0.01, 0.05, 4 * len(loops)).reshape(-1, 4)
layer = CovariantLayer(lattice, loops, "direction", weights=weights)
guide = Composed(fermion, CovariantNetwork([layer]))

def show(name, *values):
    digest = hashlib.sha256()
    for value in values:
        digest.update(np.ascontiguousarray(value).tobytes())
    print(name, digest.hexdigest())

show("random", Stream(3, 1).normal(lattice, 5, 0), Stream(3, 1).uniform(lattice, 3, 1))
fermion.draw(U, Stream(3, 1))
x = op.vector()
op.solve(x, field.phi, 0, 1e-10, 1000)
show("solution", x)
driven = Hamiltonian(lattice, su2, [GaugeAction(lattice, 2, 2.0, -0.1 * ("rectangle" in loops)), guide])
show("force", driven.force(U, ["gauge", "fermion.1"]))
show("force with a start vector", driven.force(gauge.hot(lattice, su2, 6), ["gauge", "fermion.1"]))
show("quenched force", Hamiltonian(lattice, su2, [GaugeAction(lattice, 2, 2.0)]).force(U, ["gauge"]))
if len(loops) > 2:
    weight = np.full(4, 0.1)
    small = CovariantLayer(lattice, ("plaquette", "polyakov_time"), weights=np.array([0.1, 0.02]))
    smeared, tape = small.forward(U)
    show("layer in one call", smeared, small.pullback(tape, smeared))
    network = CovariantNetwork([small, small])
    smeared, tape = network.forward(U)
    show("network in one call", smeared, network.pullback(tape, smeared), network.pullback_weights(tape, smeared)[1])
    layer = AttentionLayer(lattice, ("plaquette", "polyakov_time"), 1, weights=np.linspace(0.02, 0.1, 8).reshape(4, 2))
    smeared, tape = layer.forward(U)
    show("attention", smeared, *layer.pullback_weights(tape, smeared))
    layer = HexLayer(lattice, weights=np.array([0.9, 0.7, 0.3]))
    smeared, tape = layer.forward(U)
    show("hex", smeared, *layer.pullback_weights(tape, smeared))
    C = lattice.links(2)
    whole_staples(C, U, lattice.neighbours, lattice.rows(U), np.full(4, 0.1), None)
    show("whole staples", C)
    turned, order = lattice.links(2), lattice.rows(U)
    rotate_by_whole_staples(turned, turned, U, 0.0, 1.0, lattice.links(2), U, lattice.neighbours, order, weight)
    show("links turned by whole staples", turned)
    large = Lattice((16, 16, 16, 16))
    far = large.links(2)
    whole_staples(far, gauge.hot(large, su2, 7), large.neighbours, large.rows(far), weight, None)
    show("staples past the caches", far)
    whole_derivatives(C, smeared, U, lattice.neighbours, lattice.rows(U))
    show("whole derivatives", C)
    op = WilsonOperator(lattice, 2, 0.1, (1, 1, 1, -1), 1.2)
    clover = PseudofermionAction(op, PseudofermionField(op.vector(), 1))
    clover.draw(U, Stream(3, 1))
    show("force of clover fermions", Hamiltonian(lattice, su2, [clover]).force(U, ["fermion.2"]))
"""


def hashes(threads, loops):
    env = {**os.environ, "LQCDNN_THREADS": str(threads)}
    done = subprocess.run([sys.executable, "-c", SCRIPT, *loops], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


LOOPS = "plaquette", "polyakov_time"


@pytest.mark.slow
@pytest.mark.parametrize("loops", [LOOPS, (*LOOPS, "rectangle", "chair")], ids=len)
def test_same_bits_for_any_number_of_threads(loops):
    one = hashes(1, loops)
    assert len(one) == (15 if len(loops) > 2 else 6)
    assert hashes(2, loops) == one
    assert hashes(3, loops) == one


WORKING = """
import sys
{before}
import lqcdnn.kernels.compile
import numba
import numpy as np

@numba.njit(parallel=True)
def who(found):
    for k in numba.prange(found.size):
        found[k] = numba.get_thread_id()

found = np.full(1000, -1)
who(found)
print(numba.get_num_threads(), len(np.unique(found)))
"""


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        ("", 2),
        pytest.param("", 5, marks=pytest.mark.slow),
        pytest.param("import numba", 5, marks=pytest.mark.slow),
        ("import numba; numba.get_num_threads()", 5),
    ],
)
def test_no_more_threads_work_than_were_asked_for(before, asked):
    env = {key: value for key, value in os.environ.items() if key != "NUMBA_NUM_THREADS"}
    started = config.NUMBA_DEFAULT_NUM_THREADS if "get" in before else 5
    env["LQCDNN_THREADS"] = str(asked)
    script = WORKING.format(before=before)
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert [int(word) for word in done.stdout.split()] == [min(asked, started)] * 2
