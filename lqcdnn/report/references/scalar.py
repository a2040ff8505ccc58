"""Papers behind scalar fields beside the links."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

SCALAR_REFERENCES: dict[str, dict[str, str]] = {
    "Bunk1995": {
        "type": "article",
        "use": "heat bath of a scalar field",
        "author": "Bunk, B.",
        "title": "{Monte-Carlo} methods and results for the electro-weak phase transition",
        "journal": "Nucl. Phys. B (Proc. Suppl.)",
        "volume": "42",
        "pages": "566--568",
        "year": "1995",
    },
    "FradkinShenker1979": {
        "type": "article",
        "use": "gauge theories with scalar fields",
        "author": "Fradkin, E. and Shenker, S. H.",
        "title": "Phase diagrams of lattice gauge theories with {Higgs} fields",
        "journal": "Phys. Rev. D",
        "volume": "19",
        "pages": "3682--3697",
        "year": "1979",
        "doi": "10.1103/PhysRevD.19.3682",
    },
}


def scalar_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on a scalar field."""
    return set() if config.action.scalar is None else set(SCALAR_REFERENCES)
