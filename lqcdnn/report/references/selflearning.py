"""Papers on self-learning Monte Carlo, and on training by forces."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

SELF_LEARNING_REFERENCES: dict[str, dict[str, str]] = {
    "Liu2017": {
        "type": "article",
        "use": "self-learning Monte Carlo",
        "author": "Liu, Junwei and Qi, Yang and Meng, Zi Yang and Fu, Liang",
        "title": "Self-learning {Monte Carlo} method",
        "journal": "Phys. Rev. B",
        "volume": "95",
        "pages": "041101",
        "year": "2017",
        "eprint": "1610.03137",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevB.95.041101",
    },
    "ErcolessiAdams1994": {
        "type": "article",
        "use": "training by forces",
        "author": "Ercolessi, Furio and Adams, James B.",
        "title": "Interatomic potentials from first-principles calculations: the force-matching method",
        "journal": "Europhys. Lett.",
        "volume": "26",
        "pages": "583",
        "year": "1994",
        "eprint": "cond-mat/9306054",
        "archiveprefix": "arXiv",
        "doi": "10.1209/0295-5075/26/8/005",
    },
}


def self_learning_keys(config: RunConfig) -> set[str]:
    """Keys of the papers that an input with heat bath proposals, or a training by forces, uses."""
    used = {"NagaiTanakaTomiya2020", "Liu2017"} if config.update.kind == "slmc" else set()
    return used | ({"ErcolessiAdams1994"} if config.train is not None and config.train.loss == "force" else set())
