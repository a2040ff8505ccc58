"""Papers behind quarks in a uniform electromagnetic field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.report.references.phases import quarks_of

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement

BACKGROUND_REFERENCES: dict[str, dict[str, str]] = {
    "DavoudiDetmold2015": {
        "type": "article",
        "use": "uniform electromagnetic fields on a periodic lattice",
        "author": "Davoudi, Zohreh and Detmold, William",
        "title": "Implementation of general background electromagnetic fields on a periodic hypercubic lattice",
        "journal": "Phys. Rev. D",
        "volume": "92",
        "pages": "074506",
        "year": "2015",
        "eprint": "1507.01908",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.92.074506",
    },
    "DEliaMukherjeeSanfilippo2010": {
        "type": "article",
        "use": "dynamical quarks in a magnetic field",
        "author": "D'Elia, Massimo and Mukherjee, Swagato and Sanfilippo, Francesco",
        "title": "{QCD} phase transition in a strong magnetic background",
        "journal": "Phys. Rev. D",
        "volume": "82",
        "pages": "051501",
        "year": "2010",
        "eprint": "1005.5365",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.82.051501",
    },
    "BaliEtAl2012": {
        "type": "article",
        "use": "dynamical quarks in a magnetic field",
        "author": "Bali, G. S. and Bruckmann, F. and Endr{\\H o}di, G. and Fodor, Z. and Katz, S. D. and Krieg, S. "
        "and Sch{\\\"a}fer, A. and Szab{\\'o}, K. K.",
        "title": "The {QCD} phase diagram for external magnetic fields",
        "journal": "JHEP",
        "volume": "02",
        "pages": "044",
        "year": "2012",
        "eprint": "1111.4956",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP02(2012)044",
    },
}


def background_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the field, and on quarks of the action in one."""
    used = {"DavoudiDetmold2015"} if any(map(_in_field, quarks_of(config))) else set()
    if isinstance(config, RunConfig) and any(map(_in_field, config.action.fermion)):
        used |= {"DEliaMukherjeeSanfilippo2010", "BaliEtAl2012"}
    return used


def _in_field(quark: QuarkConfig) -> bool:
    return any((*(quark.magnetic_flux or ()), *(quark.electric_flux or ())))
