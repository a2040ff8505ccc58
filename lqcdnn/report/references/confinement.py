"""Papers behind projections of links, monopoles and centre vortices."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

CONFINEMENT_REFERENCES: dict[str, dict[str, str]] = {
    "Kronfeld1987": {
        "type": "article",
        "use": "maximally abelian gauge",
        "author": "Kronfeld, A. S. and Laursen, M. L. and Schierholz, G. and Wiese, U.-J.",
        "title": "Monopole condensation and color confinement",
        "journal": "Phys. Lett. B",
        "volume": "198",
        "pages": "516--520",
        "year": "1987",
        "doi": "10.1016/0370-2693(87)90910-5",
    },
    "DeGrandToussaint1980": {
        "type": "article",
        "use": "monopoles of abelian links",
        "author": "DeGrand, T. A. and Toussaint, D.",
        "title": "Topological excitations and {Monte Carlo} simulation of abelian gauge theory",
        "journal": "Phys. Rev. D",
        "volume": "22",
        "pages": "2478--2489",
        "year": "1980",
        "doi": "10.1103/PhysRevD.22.2478",
    },
    "DelDebbio1998": {
        "type": "article",
        "use": "centre vortices in direct maximal centre gauge",
        "author": "Del Debbio, L. and Faber, M. and Giedt, J. and Greensite, J. and Olejnik, S.",
        "title": "Detection of center vortices in the lattice {Yang-Mills} vacuum",
        "journal": "Phys. Rev. D",
        "volume": "58",
        "pages": "094501",
        "year": "1998",
        "eprint": "hep-lat/9801027",
        "archiveprefix": "arXiv",
    },
    "deForcrandDElia1999": {
        "type": "article",
        "use": "links without centre vortices",
        "author": "de Forcrand, P. and D'Elia, M.",
        "title": "Relevance of center vortices to {QCD}",
        "journal": "Phys. Rev. Lett.",
        "volume": "82",
        "pages": "4582--4585",
        "year": "1999",
        "eprint": "hep-lat/9901020",
        "archiveprefix": "arXiv",
    },
}
_OF_PROJECTION = {
    "abelian": {"Kronfeld1987"},
    "center": {"DelDebbio1998"},
    "vortex_removed": {"DelDebbio1998", "deForcrandDElia1999"},
}


def confinement_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on projections whose links are measured, and on monopoles."""
    used = {"DeGrandToussaint1980"} if config.observed("monopoles") else set[str]()
    kinds = {config.projection[one.links].kind for one in config.observables.values() if one.links in config.projection}
    kinds |= {kind for kind in ("abelian", "center") for one in config.observed("gauge_fixing") if one.gauge == kind}
    return used.union(*(_OF_PROJECTION[kind] for kind in kinds))
