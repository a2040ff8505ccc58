"""What shifted contours are not for, and loops that the lattice does not have."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

TABLE = "\n[deformation.x]\nspace = 2\ntime = 2\nconfigs = 10\n"
DEFORMED = '\n[observables.wilson_loop]\ndeformation = "x.h5"\n'
LINKS = DEFORMED + 'links = "flowed"\n[flow.flowed]\ntime = 0.1\n'
SCALAR = "\n[action.scalar]\nkappa = 0.1\nlambda = 0.1\n"
PAIR = '\n[observables.polyakov_correlator]\ndirections = "all"\ndeformation = "x.h5"\n'


@pytest.mark.parametrize(
    ("text", "key", "part"),
    [
        (PURE_GAUGE_2D.replace("U(1)", "SU(2)") + TABLE, "deformation.x", "U(1)"),
        (PURE_GAUGE_2D + TABLE.replace("space = 2", "space = 9"), "deformation.x.space", "at most 8"),
        (PURE_GAUGE_2D + TABLE + "\n[action.theta]\nimaginary = 1.0\n", "deformation.x", "no such term"),
        (PURE_GAUGE_2D.replace("beta = 2.0", "beta = 0.0") + TABLE, "deformation.x", "a larger beta"),
        (PURE_GAUGE_2D + TABLE + SCALAR, "deformation.x", "hopping term"),
        (PURE_GAUGE_2D + DEFORMED + SCALAR, "observables.wilson_loop.deformation", "hopping term"),
        (PURE_GAUGE_2D + TABLE.replace("deformation.x", 'deformation."a b"'), "deformation.a b", "letters"),
        (PURE_GAUGE_2D + LINKS, "observables.wilson_loop.links", "thin"),
        (PURE_GAUGE_2D + TABLE + "\n[update.bias]\n", "deformation.x", "weights"),
        (PURE_GAUGE_2D + PAIR, "observables.polyakov_correlator.directions", "axes"),
    ],
)
def test_what_has_no_shifts_is_refused(text, key, part):
    found = problems_of(text)
    assert key in [problem.path for problem in found]
    assert part in " ".join(str(problem) for problem in found)
