"""What symmetry a target has, and what does not go together with one."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text

TABLE = '\n[surrogate.x]\ntarget = "{}"\nconfigs = 10\n'


@pytest.mark.parametrize(
    ("target", "symmetry", "parity"),
    [
        ("plaquette", "all", "even"),
        ("plaquette_time", "spatial", "even"),
        ("flow_plaquette.3", "all", "even"),
        ("topological_charge", "all", "odd"),
        ("flow_topological_charge[2]", "all", "odd"),
        ("topological_susceptibility", "all", "even"),
        ("smooth_wilson_loop[2][2]", "spatial", "even"),
        ("condensate", "spatial", "even"),
        ("reweighting.1", "spatial", "even"),
        ("polyakov.re", "spatial", "even"),
        ("polyakov.im", "none", None),
        ("polyakov_directions.x.re", "none", None),
        ("plaquette_correlator_vacuum", "none", None),
        ("quark_number", "none", None),
    ],
)
def test_the_symmetry_is_that_of_the_target(target, symmetry, parity):
    found = load_text(PURE_GAUGE_2D + TABLE.format(target)).surrogate["x"]
    assert (found.symmetry, found.parity) == (symmetry, parity)
    assert found.planar is (None if symmetry == "none" else False)


def test_a_symmetry_that_is_given_stays():
    text = PURE_GAUGE_2D + TABLE.format("topological_charge")
    assert load_text(text + 'symmetry = "none"\n').surrogate["x"].parity is None
    assert load_text(text + 'parity = "even"\n').surrogate["x"].parity == "even"


@pytest.mark.parametrize(
    ("lines", "key", "part"),
    [
        ('symmetry = "none"\nparity = "odd"\n', "surrogate.x.parity", "belongs to symmetry"),
        ('symmetry = "none"\nplanar = true\n', "surrogate.x.planar", "belongs to symmetry"),
        ('symmetry = "time"\n', "surrogate.x.symmetry", "found"),
        ('parity = "odd"\nplanar = true\n', "surrogate.x.planar", "its own mirror image"),
        ('parity = "odd"\nchannels = []\n', "surrogate.x.channels", "one layer or more"),
        ('runs = ["a", "a"]\n', "surrogate.x.runs", "found"),
    ],
)
def test_what_no_network_has_is_refused(lines, key, part):
    cube = PURE_GAUGE_2D.replace("shape = [8, 8]", "shape = [4, 4, 4]")
    found = problems_of(cube + TABLE.format("plaquette") + lines)
    assert [problem.path for problem in found] == [key]
    assert part in str(found[0])
