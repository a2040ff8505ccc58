"""Papers behind quarks of SU(2) at finite density."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.report.references.phases import quarks_of

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

DENSITY_REFERENCES: dict[str, dict[str, str]] = {
    "HandsEtAl1999": {
        "type": "article",
        "use": "staggered quarks of SU(2) at finite density and their determinant",
        "author": "Hands, Simon and Kogut, John B. and Lombardo, Maria-Paola and Morrison, Susan E.",
        "title": "Symmetries and spectrum of {SU(2)} lattice gauge theory at finite chemical potential",
        "journal": "Nucl. Phys. B",
        "volume": "558",
        "pages": "327--346",
        "year": "1999",
        "eprint": "hep-lat/9902034",
        "archiveprefix": "arXiv",
    },
    "KogutToublanSinclair2002": {
        "type": "article",
        "use": "the source of diquarks and simulations with it",
        "author": "Kogut, John B. and Toublan, Dominique and Sinclair, D. K.",
        "title": "The phase diagram of four flavor {SU(2)} lattice gauge theory at nonzero chemical potential and"
        " temperature",
        "journal": "Nucl. Phys. B",
        "volume": "642",
        "pages": "181--209",
        "year": "2002",
        "eprint": "hep-lat/0205019",
        "archiveprefix": "arXiv",
    },
    "HandsKimSkullerud2006": {
        "type": "article",
        "use": "Wilson quarks of SU(2) at finite density",
        "author": "Hands, Simon and Kim, Seyong and Skullerud, Jon-Ivar",
        "title": "Deconfinement in dense 2-color {QCD}",
        "journal": "Eur. Phys. J. C",
        "volume": "48",
        "pages": "193--206",
        "year": "2006",
        "eprint": "hep-lat/0604004",
        "archiveprefix": "arXiv",
    },
}


def density_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the quarks at finite density of an input."""
    used: set[str] = set()
    for fermion in quarks_of(config):
        if fermion.at_density:
            used.add("HasenfratzKarsch1983")
            used.add("HandsEtAl1999" if fermion.kind == "staggered" else "HandsKimSkullerud2006")
        if fermion.diquark_source:
            used.add("KogutToublanSinclair2002")
    return used
