"""Papers behind networks and contours that are learned for observables, and behind what makes their use exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import parse_fit

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

SURROGATE_REFERENCES: dict[str, dict[str, str]] = {
    "Favoni2022": {
        "type": "article",
        "use": "lattice gauge-equivariant convolutional networks",
        "author": 'Favoni, Matteo and Ipp, Andreas and M{\\"u}ller, David I. and Schuh, Daniel',
        "title": "Lattice Gauge Equivariant Convolutional Neural Networks",
        "journal": "Phys. Rev. Lett.",
        "volume": "128",
        "pages": "032003",
        "year": "2022",
        "eprint": "2012.12901",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.128.032003",
    },
    "Yoon2019": {
        "type": "article",
        "use": "bias correction of learned observables",
        "author": "Yoon, Boram and Bhattacharya, Tanmoy and Gupta, Rajan",
        "title": "Machine Learning Estimators for Lattice {QCD} Observables",
        "journal": "Phys. Rev. D",
        "volume": "100",
        "pages": "014504",
        "year": "2019",
        "eprint": "1807.05971",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.100.014504",
    },
    "Detmold2020": {
        "type": "article",
        "use": "learned integration contours for loops with less noise",
        "author": "Detmold, William and Kanwar, Gurtej and Wagman, Michael L. and Warrington, Neill C.",
        "title": "Path integral contour deformations for noisy observables",
        "journal": "Phys. Rev. D",
        "volume": "102",
        "pages": "014514",
        "year": "2020",
        "eprint": "2003.05914",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.102.014514",
    },
}


def surrogate_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Keys of the papers on surrogates and contours that an input trains, measures or is driven by."""
    tables, analyze = getattr(config, "surrogate", {}), getattr(config, "analyze", None)
    driving = getattr(getattr(config, "guide", None), "surrogate", None)
    used = {"Favoni2022"} if tables or driving or config.observed("surrogate") else set()
    loops = (*config.observed("wilson_loop"), *config.observed("polyakov_correlator"))
    if getattr(config, "deformation", {}) or any(options.deformation is not None for options in loops):
        used.add("Detmold2020")
    if any(table.optimizer == "adam" for table in tables.values()):
        used.add("KingmaBa2015")
    for text in analyze.fit if analyze is not None else ():
        try:
            used |= {"Yoon2019"} if parse_fit(text).kind == "control" else set()
        except ValueError:  # a fit of a scan
            continue
    return used
