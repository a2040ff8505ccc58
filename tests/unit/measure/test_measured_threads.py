"""1, 2 and 3 threads give the same bits: traces, loose solves, eigenvalues, weights, surrogates, overlap, gauges."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import json
import numpy as np
from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import FermionConfig
from lqcdnn.config.tables.schema import ActionConfig, GaugeConfig
from lqcdnn.dirac import several
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements
from lqcdnn.network.lcnn import LCNN, Definition

several.NEAR = 0  # solve several sources at once
lattice, su2 = Lattice((4, 2, 2, 4)), group("SU(2)")
U = hot(lattice, su2, 5)
net = LCNN(lattice, Definition(4, 2, (2, 1), 1, (3,)))
value, derivatives = net.gradient(U, np.random.default_rng(2).normal(size=net.definition.size))
print(json.dumps([value, *derivatives.tolist()]))
net = LCNN(lattice, Definition(4, 2, (1, 1), 1, (3,), classes=((0, 1, 2), (3,)), planar=True))
theta = np.random.default_rng(3).normal(size=net.definition.size)
value, derivatives = net.gradient(U, theta)
Sigma = lattice.to_user(net.link_gradient(U, theta)).ravel()
print(json.dumps([value, *derivatives.tolist(), *Sigma.real.tolist(), *Sigma.imag.tolist()]))
for kind, flavors, extra in (("staggered", 3, {}), ("wilson", 2, {"csw": 1.1})):
    fermion = FermionConfig(
        kind=kind, flavors=flavors, mass=0.2, boundary=(1, 1, 1, -1), rational=False, max_iterations=1000, **extra
    )
    action = ActionConfig(gauge=GaugeConfig(beta=1.0), fermion=(fermion,))
    options = {
        "condensate": {"method": "noise", "vectors": 5},
        "eigenvalues": {"number": 4},
        "reweighting": {"masses": [0.15], "steps": 2, "vectors": 2},
        "spectral_density": {"degree": 20, "vectors": 2},
        "pion": {"sources": 3, "loose_tolerance": 1e-3},
        "loose_condensate": {"method": "noise", "vectors": 5, "loose_tolerance": 1e-2},
        "quark_loops": {"vectors": 3, "loose_tolerance": 1e-2, "dilution": ["time"]},
        "vector_correlator": {"currents": ["local_local", "conserved_conserved"], "source": "noise_wall"},
    }
    if kind == "wilson":
        options["meson_currents"] = {"separations": [2], "currents": ["vector_time", "conserved_time"]}
        options["meson_mixing"] = {"separations": [2]}
    chosen = {name: observable(name, given, 4, {"1": fermion}) for name, given in options.items()}
    print(json.dumps(Measurements(lattice, su2, chosen, action).measure(U, Stream(3, 1))))
    exact = observable("reweighting", {"masses": [0.15], "method": "exact"}, 4, {"1": fermion})
    print(json.dumps(Measurements(lattice, su2, {"reweighting": exact}, action).measure(U, Stream(3, 1))))
"""


OVERLAP = """
from hashlib import sha256
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import gaussian_vector
from lqcdnn.lattice.geometry import Lattice

for shape, name, rho in ((4, 8), "U(1)", 1.0), ((4, 2, 2, 4), "SU(2)", 1.4):
    lattice, which, d = Lattice(shape), group(name), len(shape)
    operator = OverlapOperator(lattice, which.n, 0.5, rho, (1,) * d, 1e-8, 2, 1000)
    operator.set_links(hot(lattice, which, 5))
    x, y = operator.vector(), operator.vector()
    operator.invert(x, gaussian_vector(lattice, which.n, Stream(3, 1), 0, d), 1e-4, 1000)
    operator.apply_squared(y, operator.chiral(x, 1), 1)
    print(operator.sign.values, operator.log, sha256(x.tobytes() + y.tobytes()).hexdigest())
"""


MULTIGRID = """
import json
from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements

for shape in (8, 8), (24, 16), (64, 64):  # the last one with a third grid
    lattice, u1 = Lattice(shape), group("U(1)")
    light = QuarkConfig(
        kind="wilson", flavors=1, mass=0.3, boundary=(1, -1), max_iterations=1000, solver="multigrid"
    )
    quarks = {"light": light}
    chosen = {"mesons": observable("mesons", {"fermion": "light"}, 2, quarks)}
    measurements = Measurements(lattice, u1, chosen, None, valence=quarks)
    print(json.dumps(measurements.measure(hot(lattice, u1, 5), Stream(3, 1))))
"""


GAUGES = """
import json
from lqcdnn.config import observable
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import Measurements

for shape, name in ((4, 8), "U(1)"), ((4, 2, 2, 4), "SU(3)"), ((3, 2, 4), "SU(2)"):
    lattice, which = Lattice(shape), group(name)
    options = {
        "gauge_fixing": {"copies": 2},
        "gluon_propagator": {"copies": 2, "momenta": "all"},
        "ghost_propagator": {"copies": 2},
        "coulomb_ghost_propagator": {"gauge": "coulomb"},
    }
    chosen = {name: observable(name, given, len(shape)) for name, given in options.items()}
    print(json.dumps(Measurements(lattice, which, chosen).measure(hot(lattice, which, 5), Stream(3, 1))))

lattice, su3 = Lattice((4, 2, 2, 4)), group("SU(3)")
light = QuarkConfig(kind="wilson", flavors=1, mass=0.5, boundary=(1, 1, 1, -1), max_iterations=1000, csw=1.1)
quarks = {"light": light}
options = {"quark_propagator": {"momenta": [[1, 0, 0, 1]]}, "quark_vertices": {"momenta": [[1, 0, 0, 0]]}}
chosen = {name: observable(name, given, 4, quarks) for name, given in options.items()}
found = Measurements(lattice, su3, chosen, None, valence=quarks).measure(hot(lattice, su3, 5), Stream(3, 1))
print(json.dumps(found))
"""


def lines(threads, script=SCRIPT):
    env = {**os.environ, "LQCDNN_THREADS": str(threads)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
def test_same_bits_for_any_number_of_threads():
    one = lines(1)
    assert len(one) == 6
    assert '"eigenvalues": [0.' in one[2]
    assert lines(2) == one
    assert lines(3) == one


@pytest.mark.slow
def test_same_bits_of_a_multigrid():
    one = lines(1, MULTIGRID)
    assert len(one) == 3
    assert lines(2, MULTIGRID) == one
    assert lines(3, MULTIGRID) == one


@pytest.mark.slow
def test_same_bits_of_overlap_quarks():
    one = lines(1, OVERLAP)
    assert len(one) == 2
    assert "SolverLog(solves=1, " in one[1]
    assert lines(2, OVERLAP) == one
    assert lines(3, OVERLAP) == one


@pytest.mark.slow
def test_same_bits_of_links_in_gauges():
    one = lines(1, GAUGES)
    assert len(one) == 4
    assert '"gauge_fixing_starts": [0.' in one[2]
    assert '"quark_vertex_scalar": [[' in one[3]
    assert lines(2, GAUGES) == one
    assert lines(3, GAUGES) == one
