"""Papers behind field transformations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

TRANSFORMATION_REFERENCES: dict[str, dict[str, str]] = {
    "Luscher2009": {
        "type": "article",
        "use": "field transformations and their Jacobian in HMC",
        "author": 'L{\\"u}scher, Martin',
        "title": "Trivializing maps, the {Wilson} flow and the {HMC} algorithm",
        "journal": "Commun. Math. Phys.",
        "volume": "293",
        "pages": "899--919",
        "year": "2010",
        "eprint": "0907.5491",
        "archiveprefix": "arXiv",
        "doi": "10.1007/s00220-009-0953-7",
    },
    "Jin2022": {
        "type": "article",
        "use": "trained field transformations in HMC",
        "author": "Jin, Xiao-Yong",
        "title": "Neural network field transformation and its application in {HMC}",
        "journal": "PoS",
        "volume": "LATTICE2021",
        "pages": "600",
        "year": "2022",
        "eprint": "2201.01862",
        "archiveprefix": "arXiv",
        "doi": "10.22323/1.396.0600",
    },
}


def transformation_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on field-transformed HMC."""
    if config.update.transformation is None:
        return set()
    return set(TRANSFORMATION_REFERENCES) if config.train is not None else {"Luscher2009"}
