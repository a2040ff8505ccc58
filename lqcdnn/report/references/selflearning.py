"""Papers on self-learning Monte Carlo."""

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
}


def self_learning_keys(config: RunConfig) -> set[str]:
    """Keys of the papers that an input with heat bath proposals uses."""
    return {"NagaiTanakaTomiya2020", *SELF_LEARNING_REFERENCES} if config.update.kind == "slmc" else set()
