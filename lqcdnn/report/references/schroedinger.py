"""Papers behind the Schroedinger functional and its coupling."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

SCHROEDINGER_REFERENCES: dict[str, dict[str, str]] = {
    "LuscherNarayananWeiszWolff1992": {
        "type": "article",
        "use": "Schroedinger functional",
        "author": "L{\\\"u}scher, Martin and Narayanan, Rajamani and Weisz, Peter and Wolff, Ulli",
        "title": "The {S}chr{\\\"o}dinger functional: a renormalizable probe for non-{A}belian gauge theories",
        "journal": "Nucl. Phys. B",
        "volume": "384",
        "pages": "168--228",
        "year": "1992",
        "eprint": "hep-lat/9207009",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(92)90466-O",
    },
    "LuscherSommerWolffWeisz1993": {
        "type": "article",
        "use": "boundary fields of the running coupling of SU(2)",
        "author": "L{\\\"u}scher, Martin and Sommer, Rainer and Wolff, Ulli and Weisz, Peter",
        "title": "Computation of the running coupling in the {SU}(2) {Y}ang-{M}ills theory",
        "journal": "Nucl. Phys. B",
        "volume": "389",
        "pages": "247--264",
        "year": "1993",
        "eprint": "hep-lat/9207010",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(93)90292-W",
    },
    "LuscherSommerWeiszWolff1994": {
        "type": "article",
        "use": "boundary fields of the running coupling of SU(3)",
        "author": "L{\\\"u}scher, Martin and Sommer, Rainer and Weisz, Peter and Wolff, Ulli",
        "title": "A precise determination of the running coupling in the {SU}(3) {Y}ang-{M}ills theory",
        "journal": "Nucl. Phys. B",
        "volume": "413",
        "pages": "481--502",
        "year": "1994",
        "eprint": "hep-lat/9309005",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(94)90629-7",
    },
    "NarayananWolff1995": {
        "type": "article",
        "use": "c_t of SU(2) to two loops",
        "author": "Narayanan, Rajamani and Wolff, Ulli",
        "title": "Two loop computation of a running coupling in lattice {Y}ang-{M}ills theory",
        "journal": "Nucl. Phys. B",
        "volume": "444",
        "pages": "425--446",
        "year": "1995",
        "eprint": "hep-lat/9502021",
        "archiveprefix": "arXiv",
    },
    "Sint1994": {
        "type": "article",
        "use": "quarks of the Schroedinger functional",
        "author": "Sint, Stefan",
        "title": "On the {S}chr{\\\"o}dinger functional in {QCD}",
        "journal": "Nucl. Phys. B",
        "volume": "421",
        "pages": "135--158",
        "year": "1994",
        "eprint": "hep-lat/9312079",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(94)90228-3",
    },
    "LuscherSintSommerWeisz1996": {
        "type": "article",
        "use": "clover quarks of the Schroedinger functional",
        "author": "L{\\\"u}scher, Martin and Sint, Stefan and Sommer, Rainer and Weisz, Peter",
        "title": "Chiral symmetry and {O}(a) improvement in lattice {QCD}",
        "journal": "Nucl. Phys. B",
        "volume": "478",
        "pages": "365--400",
        "year": "1996",
        "eprint": "hep-lat/9605038",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(96)00378-1",
    },
    "BodeWolffWeisz1999": {
        "type": "article",
        "use": "c_t of SU(3) to two loops",
        "author": "Bode, Achim and Wolff, Ulli and Weisz, Peter",
        "title": "Two loop computation of the {S}chr{\\\"o}dinger functional in pure {SU}(3) lattice gauge theory",
        "journal": "Nucl. Phys. B",
        "volume": "540",
        "pages": "491--499",
        "year": "1999",
        "eprint": "hep-lat/9809175",
        "archiveprefix": "arXiv",
    },
}

_FIELDS = {"SU(2)": "LuscherSommerWolffWeisz1993", "SU(3)": "LuscherSommerWeiszWolff1994"}
_TWO_LOOPS = {"SU(2)": "NarayananWolff1995", "SU(3)": "BodeWolffWeisz1999"}


def schroedinger_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on fixed links, on their angles and c_t, and on the flow with them."""
    lattice = config.lattice
    if lattice is None or lattice.schroedinger is None:
        return set()
    used = {"LuscherNarayananWeiszWolff1992"}
    if lattice.schroedinger.fields == "A":
        used.add(_FIELDS[lattice.group])
    action = getattr(config, "action", None)
    quarks = (*(() if action is None else action.fermion), *config.valence.values())
    used |= {"Sint1994"} if quarks else set()
    used |= {"LuscherSintSommerWeisz1996"} if any(quark.csw for quark in quarks) else set()
    ct = None if action is None else action.gauge.ct
    if ct in ("one_loop", "two_loop"):
        used.add(_FIELDS[lattice.group] if ct == "one_loop" else _TWO_LOOPS[lattice.group])
    return used | ({"FritzschRamos2013"} if config.observed("flow") or config.flow else set())
