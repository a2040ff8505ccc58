"""Papers behind improved staggered fermions."""

from __future__ import annotations

IMPROVED_REFERENCES: dict[str, dict[str, str]] = {
    "FollanaEtAl2007": {
        "type": "article",
        "use": "highly improved staggered quarks",
        "author": "Follana, E. and Mason, Q. and Davies, C. and Hornbostel, K. and Lepage, G. P. and Shigemitsu, J. "
        "and Trottier, H. and Wong, K.",
        "title": "Highly improved staggered quarks on the lattice, with applications to charm physics",
        "journal": "Phys. Rev. D",
        "volume": "75",
        "pages": "054502",
        "year": "2007",
        "eprint": "hep-lat/0610092",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.75.054502",
    },
    "BazavovEtAl2010": {
        "type": "article",
        "use": "molecular dynamics of highly improved staggered quarks",
        "author": "Bazavov, A. and others",
        "title": "Scaling studies of {QCD} with the dynamical highly improved staggered quark action",
        "journal": "Phys. Rev. D",
        "volume": "82",
        "pages": "074501",
        "year": "2010",
        "eprint": "1004.0342",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.82.074501",
    },
    "Lepage1999": {
        "type": "article",
        "use": "fat links without errors of order a^2",
        "author": "Lepage, G. Peter",
        "title": "Flavor-symmetry restoration and {Symanzik} improvement for staggered quarks",
        "journal": "Phys. Rev. D",
        "volume": "59",
        "pages": "074502",
        "year": "1999",
        "eprint": "hep-lat/9809157",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.59.074502",
    },
    "OrginosToussaintSugar1999": {
        "type": "article",
        "use": "asqtad fermions",
        "author": "Orginos, Kostas and Toussaint, Doug and Sugar, R. L.",
        "title": "Variants of fattening and flavor symmetry restoration",
        "journal": "Phys. Rev. D",
        "volume": "60",
        "pages": "054503",
        "year": "1999",
        "eprint": "hep-lat/9903032",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.60.054503",
    },
    "Naik1989": {
        "type": "article",
        "use": "hops of three steps of staggered fermions",
        "author": "Naik, Satchidananda",
        "title": "On-shell improved lattice action for {QCD} with {Susskind} fermions and the asymptotic freedom scale",
        "journal": "Nucl. Phys. B",
        "volume": "316",
        "pages": "238--268",
        "year": "1989",
        "doi": "10.1016/0550-3213(89)90394-5",
    },
}
BY_IMPROVEMENT = {
    "hisq": {"FollanaEtAl2007", "BazavovEtAl2010", "Lepage1999", "Naik1989"},
    "asqtad": {"Lepage1999", "OrginosToussaintSugar1999", "Naik1989"},
    "naik": {"Naik1989"},
}
"""Keys of the papers on what ``improvement`` of a staggered fermion may be."""
