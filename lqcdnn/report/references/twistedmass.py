"""Papers behind a twisted mass, quark masses and decay constants from Ward identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import is_scan_fit, parse_fit
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.report.references.phases import quarks_of

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement

TWISTED_MASS_REFERENCES: dict[str, dict[str, str]] = {
    "LuscherEtAl1996": {
        "type": "article",
        "use": "bare quark mass from the axial Ward identity, improved axial current",
        "author": "L{\\\"u}scher, Martin and Sint, Stefan and Sommer, Rainer and Weisz, Peter",
        "title": "Chiral symmetry and {O(a)} improvement in lattice {QCD}",
        "journal": "Nucl. Phys. B",
        "volume": "478",
        "pages": "365--400",
        "year": "1996",
        "eprint": "hep-lat/9605038",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(96)00378-1",
    },
    "FrezzottiEtAl2001": {
        "type": "article",
        "use": "quarks with a twisted mass",
        "author": "Frezzotti, Roberto and Grassi, Pietro Antonio and Sint, Stefan and Weisz, Peter",
        "title": "Lattice {QCD} with a chirally twisted mass term",
        "journal": "JHEP",
        "volume": "08",
        "pages": "058",
        "year": "2001",
        "eprint": "hep-lat/0101001",
        "archiveprefix": "arXiv",
        "doi": "10.1088/1126-6708/2001/08/058",
    },
    "FrezzottiSintWeisz2001": {
        "type": "article",
        "use": "decay constant from the exact Ward identity of a twisted mass",
        "author": "Frezzotti, Roberto and Sint, Stefan and Weisz, Peter",
        "title": "{O(a)} improved twisted mass lattice {QCD}",
        "journal": "JHEP",
        "volume": "07",
        "pages": "048",
        "year": "2001",
        "eprint": "hep-lat/0104014",
        "archiveprefix": "arXiv",
        "doi": "10.1088/1126-6708/2001/07/048",
    },
    "HasenbuschJansen2003": {
        "type": "article",
        "use": "mass preconditioning by twisted masses",
        "author": "Hasenbusch, Martin and Jansen, Karl",
        "title": "Speeding up lattice {QCD} simulations with clover-improved {Wilson} fermions",
        "journal": "Nucl. Phys. B",
        "volume": "659",
        "pages": "299--320",
        "year": "2003",
        "eprint": "hep-lat/0211042",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0550-3213(03)00227-X",
    },
    "FrezzottiRossi2004Doublet": {
        "type": "article",
        "use": "two flavours of different masses with a twisted mass",
        "author": "Frezzotti, Roberto and Rossi, Giancarlo",
        "title": "Twisted-mass lattice {QCD} with mass non-degenerate quarks",
        "journal": "Nucl. Phys. B Proc. Suppl.",
        "volume": "128",
        "pages": "193--202",
        "year": "2004",
        "eprint": "hep-lat/0311008",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0920-5632(03)02477-0",
    },
    "ChiarappaEtAl2007": {
        "type": "article",
        "use": "their simulation by an action with rational powers",
        "author": "Chiarappa, T. and Farchioni, F. and Jansen, K. and Montvay, I. and Scholz, E. E. and Scorzato, L. "
        "and Sudmann, T. and Urbach, C.",
        "title": "Numerical simulation of {QCD} with u, d, s and c quarks in the twisted-mass {Wilson} formulation",
        "journal": "Eur. Phys. J. C",
        "volume": "50",
        "pages": "373--383",
        "year": "2007",
        "eprint": "hep-lat/0606011",
        "archiveprefix": "arXiv",
        "doi": "10.1140/epjc/s10052-006-0204-4",
    },
    "FrezzottiRossi2004": {
        "type": "article",
        "use": "maximal twist and automatic improvement",
        "author": "Frezzotti, Roberto and Rossi, Giancarlo",
        "title": "Chirally improving {Wilson} fermions. 1. {O(a)} improvement",
        "journal": "JHEP",
        "volume": "08",
        "pages": "007",
        "year": "2004",
        "eprint": "hep-lat/0306014",
        "archiveprefix": "arXiv",
        "doi": "10.1088/1126-6708/2004/08/007",
    },
}

_BY_FIT = {
    "pcac": "LuscherEtAl1996",
    "effective_pcac": "LuscherEtAl1996",
    "decay_constant": "LuscherEtAl1996",
    "twisted_decay_constant": "FrezzottiSintWeisz2001",
}


def twisted_mass_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the twisted masses of an input, and on fits of Ward identities it asks for."""
    used: set[str] = set()
    if any(quark.twisted_mass for quark in quarks_of(config)):
        used |= {"FrezzottiEtAl2001", "FrezzottiRossi2004"}
    if not isinstance(config, RunConfig):
        return used
    if any(fermion.mass_splitting for fermion in (*config.action.fermion, *config.driving.fermion)):
        used |= {"FrezzottiRossi2004Doublet", "ChiarappaEtAl2007"}
    if any(fermion.hasenbusch_twisted_mass for fermion in (*config.action.fermion, *config.driving.fermion)):
        used.add("HasenbuschJansen2003")
    kinds = {parse_fit(text).kind for text in config.analyze.fit if not is_scan_fit(text)}
    return used | {_BY_FIT[kind] for kind in kinds if kind in _BY_FIT}
