"""Papers behind correlators of gluonic quantities, and the instanton start."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.schema import RunConfig

GLUONIC_REFERENCES: dict[str, dict[str, str]] = {
    "McLerranSvetitsky1981": {
        "type": "article",
        "use": "free energy of static quarks from the correlator of Polyakov loops",
        "author": "McLerran, Larry D. and Svetitsky, Benjamin",
        "title": "Quark liberation at high temperature: a {Monte Carlo} study of {SU(2)} gauge theory",
        "journal": "Phys. Rev. D",
        "volume": "24",
        "pages": "450--460",
        "year": "1981",
        "doi": "10.1103/PhysRevD.24.450",
    },
    "BergBilloire1983": {
        "type": "article",
        "use": "glueballs from correlators of plaquettes",
        "author": "Berg, B. and Billoire, A.",
        "title": "Glueball spectroscopy in {4d SU(3)} lattice gauge theory (I)",
        "journal": "Nucl. Phys. B",
        "volume": "221",
        "pages": "109--140",
        "year": "1983",
    },
    "Belavin1975": {
        "type": "article",
        "use": "instanton",
        "author": "Belavin, A. A. and Polyakov, A. M. and Schwartz, A. S. and Tyupkin, Yu. S.",
        "title": "Pseudoparticle solutions of the {Yang-Mills} equations",
        "journal": "Phys. Lett. B",
        "volume": "59",
        "pages": "85--87",
        "year": "1975",
        "doi": "10.1016/0370-2693(75)90163-X",
    },
    "tHooft1976": {
        "type": "article",
        "use": "instanton in the singular gauge",
        "author": "'t Hooft, G.",
        "title": "Computation of the quantum effects due to a four-dimensional pseudoparticle",
        "journal": "Phys. Rev. D",
        "volume": "14",
        "pages": "3432--3450",
        "year": "1976",
        "doi": "10.1103/PhysRevD.14.3432",
    },
}


def gluonic_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on correlators of loops that an input measures."""
    used = {"McLerranSvetitsky1981"} if config.observed("polyakov_correlator") else set[str]()
    return used | ({"BergBilloire1983"} if config.observed("plaquette_correlator") else set())


def start_keys(config: RunConfig) -> set[str]:
    """Return the keys of the papers on the start of a run."""
    return {"Belavin1975", "tHooft1976"} if config.run.initial == "instanton" else set()
