"""Papers behind open boundary conditions in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

OPEN_REFERENCES: dict[str, dict[str, str]] = {
    "LuscherSchaefer2011": {
        "type": "article",
        "use": "open boundary conditions in time",
        "author": "L{\\\"u}scher, Martin and Schaefer, Stefan",
        "title": "Lattice {QCD} without topology barriers",
        "journal": "JHEP",
        "volume": "07",
        "pages": "036",
        "year": "2011",
        "eprint": "1105.4749",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP07(2011)036",
    },
    "LuscherSchaefer2013": {
        "type": "article",
        "use": "gradient flow with open boundary conditions in time",
        "author": "L{\\\"u}scher, Martin and Schaefer, Stefan",
        "title": "Lattice {QCD} with open boundary conditions and twisted-mass reweighting",
        "journal": "Comput. Phys. Commun.",
        "volume": "184",
        "pages": "519--528",
        "year": "2013",
        "eprint": "1206.2809",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.cpc.2012.10.003",
    },
}


def open_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on open time, and on the flow with it."""
    if config.lattice is None or config.lattice.time != "open":
        return set()
    flows = config.observed("flow") or config.flow
    return {"LuscherSchaefer2011"} | ({"LuscherSchaefer2013"} if flows else set())
