"""Papers behind simulations at imaginary theta."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

THETA_REFERENCES: dict[str, dict[str, str]] = {
    "PanagopoulosVicari2011": {
        "type": "article",
        "use": "the topological term at imaginary theta",
        "author": "Panagopoulos, Haralambos and Vicari, Ettore",
        "title": "The {4D} {SU(3)} gauge theory with an imaginary theta term",
        "journal": "JHEP",
        "volume": "11",
        "pages": "119",
        "year": "2011",
        "eprint": "1109.6815",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP11(2011)119",
    },
    "BonatiDEliaScapellato2016": {
        "type": "article",
        "use": "theta dependence by analytic continuation",
        "author": "Bonati, Claudio and D'Elia, Massimo and Scapellato, Aurora",
        "title": "Theta dependence in {SU(3)} {Yang-Mills} theory from analytic continuation",
        "journal": "Phys. Rev. D",
        "volume": "93",
        "pages": "025028",
        "year": "2016",
        "eprint": "1512.01544",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.93.025028",
    },
    "Matsumoto2026": {
        "type": "misc",
        "use": "the topological term of smeared links in hybrid {Monte Carlo}",
        "author": "Matsumoto, Akira and Hirasawa, Mitsuaki and Nishimura, Jun and Yosprakob, Atis",
        "title": "Phase diagram of {4D} {SU(3)} {Yang-Mills} theory at $\\theta=\\pi$ via imaginary theta simulations",
        "year": "2026",
        "eprint": "2603.09604",
        "archiveprefix": "arXiv",
    },
}


def theta_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on the topological term, and on the smearing of its links."""
    actions = [action for action in (config.action, config.guide) if action is not None and action.theta is not None]
    used = {"PanagopoulosVicari2011", "BonatiDEliaScapellato2016"} if actions else set()
    if any(action.theta is not None and action.theta.smearing for action in actions):
        used |= {"Matsumoto2026", "MorningstarPeardon2004"}
    return used
