"""Papers behind correlators of gluonic quantities, and behind instanton and refined starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import is_scan_fit, parse_fit

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

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
    "LuscherWeisz2001": {
        "type": "article",
        "use": "correlator of Polyakov loops by the multilevel algorithm",
        "author": 'L{\\"u}scher, Martin and Weisz, Peter',
        "title": "Locality and exponential error reduction in numerical lattice gauge theory",
        "journal": "JHEP",
        "volume": "09",
        "pages": "010",
        "year": "2001",
        "eprint": "hep-lat/0108014",
        "archiveprefix": "arXiv",
        "doi": "10.1088/1126-6708/2001/09/010",
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
    "Michael1983": {
        "type": "article",
        "use": "energies from a matrix of correlators",
        "author": "Michael, C. and Teasdale, I.",
        "title": "Extracting glueball masses from lattice {QCD}",
        "journal": "Nucl. Phys. B",
        "volume": "215",
        "pages": "433",
        "year": "1983",
    },
    "LuscherWolff1990": {
        "type": "article",
        "use": "energies from a matrix of correlators",
        "author": "L{\"u}scher, Martin and Wolff, Ulli",
        "title": "How to calculate the elastic scattering matrix in two-dimensional quantum field theories "
        "by numerical simulation",
        "journal": "Nucl. Phys. B",
        "volume": "339",
        "pages": "222--252",
        "year": "1990",
        "doi": "10.1016/0550-3213(90)90540-T",
    },
    "Blossier2009": {
        "type": "article",
        "use": "energies from a matrix of correlators",
        "author": "Blossier, Beno{\\^\\i}t and Della Morte, Michele and von Hippel, Georg and Mendes, Tereza "
        "and Sommer, Rainer",
        "title": "On the generalized eigenvalue method for energies and matrix elements in lattice field theory",
        "journal": "JHEP",
        "volume": "04",
        "pages": "094",
        "year": "2009",
        "eprint": "0902.1265",
        "archiveprefix": "arXiv",
        "doi": "10.1088/1126-6708/2009/04/094",
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
    "Endres2015": {
        "type": "article",
        "use": "start from a refined configuration",
        "author": "Endres, Michael G. and Brower, Richard C. and Detmold, William and Orginos, Kostas and "
        "Pochinsky, Andrew V.",
        "title": "Multiscale {Monte Carlo} equilibration: Pure {Yang-Mills} theory",
        "journal": "Phys. Rev. D",
        "volume": "92",
        "pages": "114516",
        "year": "2015",
        "eprint": "1510.04675",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.92.114516",
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

GEVP_KEYS = ("Michael1983", "LuscherWolff1990", "Blossier2009")
"""Papers on matrices of correlators."""


def gluonic_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on correlators of loops that an input measures."""
    multilevel = config.observed("polyakov_multilevel")
    used = {"McLerranSvetitsky1981"} if multilevel or config.observed("polyakov_correlator") else set[str]()
    used |= {"LuscherWeisz2001"} if multilevel else set()
    glueballs = config.observed("glueballs")
    used |= {"BergBilloire1983"} if glueballs or config.observed("plaquette_correlator") else set()
    return used | (set(GEVP_KEYS) if glueballs or _solves_gevp(config) else set())


def _solves_gevp(config: RunConfig | FileMeasurement) -> bool:
    """Whether an input asks for a fit to a matrix of correlators."""
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    return any(parse_fit(text).kind in ("gevp", "gevp_cosh") for text in texts if not is_scan_fit(text))


def start_keys(config: RunConfig) -> set[str]:
    """Return the keys of the papers on the start of a run."""
    if config.run.refine is not None:
        return {"Endres2015"}
    return {"Belavin1975", "tHooft1976"} if config.run.initial == "instanton" else set()
