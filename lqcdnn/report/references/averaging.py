"""Papers behind loose solves that a few exact ones correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.rules.averaging import COUNTED
from lqcdnn.config.tables.schema import RunConfig

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement

AVERAGING_REFERENCES: dict[str, dict[str, str]] = {
    "BaliCollinsSchaefer2010": {
        "type": "article",
        "use": "loose solves corrected by a few exact ones (truncated solver method)",
        "author": "Bali, Gunnar S. and Collins, Sara and Sch{\\\"a}fer, Andreas",
        "title": "Effective noise reduction techniques for disconnected loops in {Lattice QCD}",
        "journal": "Comput. Phys. Commun.",
        "volume": "181",
        "pages": "1570--1583",
        "year": "2010",
        "eprint": "0910.3970",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.cpc.2010.05.008",
    },
    "BlumIzubuchiShintani2013": {
        "type": "article",
        "use": "loose solves of many sources corrected by a few exact ones (all-mode averaging)",
        "author": "Blum, Thomas and Izubuchi, Taku and Shintani, Eigo",
        "title": "New class of variance-reduction techniques using lattice symmetries",
        "journal": "Phys. Rev. D",
        "volume": "88",
        "pages": "094503",
        "year": "2013",
        "eprint": "1208.4349",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.88.094503",
    },
}


def averaging_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the loose solves that an input asks for."""
    loose = {COUNTED[kind] for kind in COUNTED for one in config.observed(kind) if one.loose_tolerance is not None}
    papers = {"vectors": {"BaliCollinsSchaefer2010"}, "sources": set(AVERAGING_REFERENCES)}
    return {key for counted in loose for key in papers[counted]}
