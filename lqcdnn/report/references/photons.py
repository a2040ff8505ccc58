"""Papers behind quenched QED."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.tables.schema import RunConfig

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement

PHOTON_REFERENCES: dict[str, dict[str, str]] = {
    "DuncanEichtenThacker1996": {
        "type": "article",
        "use": "photon fields beside the links of valence quarks",
        "author": "Duncan, A. and Eichten, E. and Thacker, H.",
        "title": "Electromagnetic splittings and light quark masses in lattice {QCD}",
        "journal": "Phys. Rev. Lett.",
        "volume": "76",
        "pages": "3894--3897",
        "year": "1996",
        "eprint": "hep-lat/9602005",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.76.3894",
    },
    "HayakawaUno2008": {
        "type": "article",
        "use": "QED in a finite volume without the zero modes of space",
        "author": "Hayakawa, Masashi and Uno, Shunpei",
        "title": "{QED} in finite volume and finite size scaling effect on electromagnetic properties of hadrons",
        "journal": "Prog. Theor. Phys.",
        "volume": "120",
        "pages": "413--441",
        "year": "2008",
        "eprint": "0804.2044",
        "archiveprefix": "arXiv",
        "doi": "10.1143/PTP.120.413",
    },
    "BorsanyiEtAl2015": {
        "type": "article",
        "use": "zero modes of photon fields and their effects in a finite volume",
        "author": "Borsanyi, Sz. and others",
        "title": "Ab initio calculation of the neutron-proton mass difference",
        "journal": "Science",
        "volume": "347",
        "pages": "1452--1455",
        "year": "2015",
        "eprint": "1406.4088",
        "archiveprefix": "arXiv",
        "doi": "10.1126/science.1257050",
    },
}


def photon_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on photon fields, where a quark has a charge."""
    return set(PHOTON_REFERENCES) if any(quark.charge for quark in config.valence.values()) else set()
