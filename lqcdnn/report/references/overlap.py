"""Papers behind the overlap operator, its sign function and its index."""

from __future__ import annotations

from lqcdnn.config.measurement import FileMeasurement
from lqcdnn.config.tables.schema import RunConfig

OVERLAP_REFERENCES: dict[str, dict[str, str]] = {
    "Neuberger1998": {
        "type": "article",
        "use": "overlap quarks",
        "author": "Neuberger, Herbert",
        "title": "Exactly massless quarks on the lattice",
        "journal": "Phys. Lett. B",
        "volume": "417",
        "pages": "141--144",
        "year": "1998",
        "eprint": "hep-lat/9707022",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0370-2693(97)01368-3",
    },
    "vandenEshof2002": {
        "type": "article",
        "use": "sign function of the overlap operator",
        "author": "van den Eshof, J. and Frommer, A. and Lippert, Th. and Schilling, K. and van der Vorst, H. A.",
        "title": "Numerical methods for the {QCD} overlap operator: {I}. Sign-function and error bounds",
        "journal": "Comput. Phys. Commun.",
        "volume": "146",
        "pages": "203--224",
        "year": "2002",
        "eprint": "hep-lat/0202025",
        "archiveprefix": "arXiv",
    },
    "Cundy2005": {
        "type": "article",
        "use": "inverse of the overlap operator",
        "author": 'Cundy, N. and van den Eshof, J. and Frommer, A. and Krieg, S. and Lippert, Th. and Sch{\\"a}fer, K.',
        "title": "Numerical methods for the {QCD} overlap operator: {III}. Nested iterations",
        "journal": "Comput. Phys. Commun.",
        "volume": "165",
        "pages": "221--242",
        "year": "2005",
        "eprint": "hep-lat/0405003",
        "archiveprefix": "arXiv",
    },
    "HasenfratzLalienaNiedermayer1998": {
        "type": "article",
        "use": "index of the overlap operator",
        "author": "Hasenfratz, Peter and Laliena, Victor and Niedermayer, Ferenc",
        "title": "The index theorem in {QCD} with a finite cut-off",
        "journal": "Phys. Lett. B",
        "volume": "427",
        "pages": "125--131",
        "year": "1998",
        "eprint": "hep-lat/9801021",
        "archiveprefix": "arXiv",
    },
}


def overlap_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on overlap quarks; on the index where eigenvalues are measured of one."""
    quarks = {name for name, quark in config.valence.items() if quark.kind == "overlap"}
    action = getattr(config, "action", None)
    every = () if action is None else enumerate(action.fermion, 1)
    quarks |= {str(number) for number, fermion in every if fermion.kind == "overlap"}
    if not quarks:
        return set()
    used = set(OVERLAP_REFERENCES)
    if not any(options.fermion in quarks for options in config.observed("eigenvalues")):
        used.remove("HasenfratzLalienaNiedermayer1998")
    return used
