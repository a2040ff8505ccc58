"""Papers behind the rational pseudofermions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.fermions import FermionConfig

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
    "AlltonEtAl2007": {
        "type": "article",
        "use": "2+1 flavours of domain wall quarks by rational hybrid Monte Carlo",
        "author": "Allton, C. and others",
        "collaboration": "RBC and UKQCD",
        "title": "2+1 flavor domain wall {QCD} on a (2 fm)^3 lattice: Light meson spectroscopy with L_s = 16",
        "journal": "Phys. Rev. D",
        "volume": "76",
        "pages": "014504",
        "year": "2007",
        "eprint": "hep-lat/0701013",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.76.014504",
    },
}


def rational_keys(fermions: Iterable[FermionConfig]) -> set[str]:
    """Keys of the papers on the rational pseudofermions of an action."""
    kinds = {fermion.kind for fermion in fermions if fermion.rational}
    used = {"ClarkKennedy2007", "Jegerlehner1996"} if kinds else set()
    return used | ({"AlltonEtAl2007"} if "domain_wall" in kinds else set())
