"""Papers behind the choice of integrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.tables.schema import OMELYAN_LAMBDA

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

INTEGRATOR_REFERENCES: dict[str, dict[str, str]] = {
    "TakaishiForcrand2006": {
        "type": "article",
        "use": "parameter of the minimum-norm integrator",
        "author": "Takaishi, Tetsuya and de Forcrand, Philippe",
        "title": "Testing and tuning symplectic integrators for the hybrid {Monte Carlo} algorithm in lattice {QCD}",
        "journal": "Phys. Rev. E",
        "volume": "73",
        "pages": "036706",
        "year": "2006",
        "eprint": "hep-lat/0505020",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevE.73.036706",
    },
    "ClarkJooKennedySilva2011": {
        "type": "article",
        "use": "choice of integrators by Poisson brackets",
        "author": "Clark, M. A. and Jo{\\'o}, B. and Kennedy, A. D. and Silva, P. J.",
        "title": "Improving dynamical lattice {QCD} simulations through integrator tuning using {Poisson} brackets and "
        "a force-gradient integrator",
        "journal": "Phys. Rev. D",
        "volume": "84",
        "pages": "071502",
        "year": "2011",
        "eprint": "1108.1828",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.84.071502",
    },
}


def integrator_keys(config: RunConfig) -> set[str]:
    """Keys of papers that an input uses: on the parameter of a scheme where it is not the usual one."""
    chosen = any(level.lambda_ not in (None, OMELYAN_LAMBDA) for level in config.levels)
    return set(INTEGRATOR_REFERENCES) if chosen else set()
