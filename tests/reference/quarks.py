"""Dense propagators of the three kinds of quarks with spin, with the numbers that tests of hadrons give them."""

import numpy as np
from reference import domainwall, overlap, wilson

WALLS = {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}
RHO = 1.1


def propagator(kind, links, boundary, mass, csw=0.0):
    """S over (site in lattice order, colour, spin); of Wilson quarks 1/(D_W + mass), with a clover term."""
    if kind == "overlap":
        return overlap.propagator(overlap.dense(links, RHO, boundary), RHO, mass)
    if kind == "wilson":
        kappa = 0.5 / (mass + len(links))
        return 2.0 * kappa * np.linalg.inv(wilson.matrix(links, kappa, boundary, csw))
    return domainwall.propagator(links, boundary, mass)
