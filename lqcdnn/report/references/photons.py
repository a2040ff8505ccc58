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
    "BlumEtAl2007": {
        "type": "article",
        "use": "means over e and -e",
        "author": "Blum, Thomas and Doi, Takumi and Hayakawa, Masashi and Izubuchi, Taku and Yamada, Norikazu",
        "title": "Determination of light quark masses from the electromagnetic splitting of pseudoscalar meson masses "
        "computed with two flavors of domain wall fermions",
        "journal": "Phys. Rev. D",
        "volume": "76",
        "pages": "114508",
        "year": "2007",
        "eprint": "0708.0484",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.76.114508",
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
    if config.photons is None or not any(quark.charge for quark in config.valence.values()):
        return set()
    used = {"DuncanEichtenThacker1996", "BorsanyiEtAl2015"}
    used |= {"HayakawaUno2008"} if config.photons.zero_modes == "QED_L" else set()
    return used | ({"BlumEtAl2007"} if config.photons.both_signs else set())
