"""Papers behind twisted boundary conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

TWIST_REFERENCES: dict[str, dict[str, str]] = {
    "tHooft1979": {
        "type": "article",
        "use": "twisted boundary conditions",
        "author": "'t Hooft, G.",
        "title": "A property of electric and magnetic flux in non-{Abelian} gauge theories",
        "journal": "Nucl. Phys. B",
        "volume": "153",
        "pages": "141--160",
        "year": "1979",
        "doi": "10.1016/0550-3213(79)90595-9",
    },
    "GarciaPerez2015": {
        "type": "article",
        "use": "gradient flow with twisted boundary conditions",
        "author": "Garc{\\'\\i}a P{\\'e}rez, Margarita and Gonz{\\'a}lez-Arroyo, Antonio and Keegan, Liam "
        "and Okawa, Masanori",
        "title": "The {SU}($\\infty$) twisted gradient flow running coupling",
        "journal": "JHEP",
        "volume": "01",
        "pages": "038",
        "year": "2015",
        "eprint": "1412.0941",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP01(2015)038",
    },
}


def twist_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on twisted boundary conditions, and on the flow with them."""
    if config.lattice is None or not config.lattice.twisted_planes:
        return set()
    return {"tHooft1979"} | ({"GarciaPerez2015"} if config.observed("flow") else set())
