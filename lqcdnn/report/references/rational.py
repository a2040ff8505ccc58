"""Papers behind the rational pseudofermions."""

from __future__ import annotations

RATIONAL_REFERENCES: dict[str, dict[str, str]] = {
    "ClarkKennedy2007": {
        "type": "article",
        "use": "rational pseudofermions: any number of flavours",
        "author": "Clark, M. A. and Kennedy, A. D.",
        "title": "Accelerating dynamical-fermion computations using the rational hybrid {Monte Carlo} algorithm with "
        "multiple pseudofermion fields",
        "journal": "Phys. Rev. Lett.",
        "volume": "98",
        "pages": "051601",
        "year": "2007",
        "eprint": "hep-lat/0608015",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.98.051601",
    },
    "Jegerlehner1996": {
        "type": "misc",
        "use": "multi-shift conjugate gradients",
        "author": "Jegerlehner, Beat",
        "title": "Krylov space solvers for shifted linear systems",
        "year": "1996",
        "eprint": "hep-lat/9612014",
        "archiveprefix": "arXiv",
    },
}
