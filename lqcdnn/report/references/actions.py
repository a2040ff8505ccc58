"""Papers behind gauge actions and fermions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lqcdnn.config.tables.gauge_actions import SYMANZIK_SPACE
from lqcdnn.config.tables.loops import is_polyakov
from lqcdnn.report.references.improved import BY_IMPROVEMENT

if TYPE_CHECKING:
    from lqcdnn.config.tables.fermions import QuarkConfig
    from lqcdnn.config.tables.schema import ActionConfig

ACTION_REFERENCES: dict[str, dict[str, str]] = {
    "KogutSusskind1975": {
        "type": "article",
        "use": "staggered fermions",
        "author": "Kogut, John and Susskind, Leonard",
        "title": "Hamiltonian formulation of {Wilson}'s lattice gauge theories",
        "journal": "Phys. Rev. D",
        "volume": "11",
        "pages": "395--408",
        "year": "1975",
        "doi": "10.1103/PhysRevD.11.395",
    },
    "Wilson1977": {
        "type": "incollection",
        "use": "Wilson fermions",
        "author": "Wilson, Kenneth G.",
        "title": "Quarks and strings on a lattice",
        "booktitle": "New Phenomena in Subnuclear Physics",
        "editor": "Zichichi, A.",
        "publisher": "Plenum Press, New York",
        "pages": "69--142",
        "year": "1977",
        "doi": "10.1007/978-1-4613-4208-3_6",
    },
    "SheikholeslamiWohlert1985": {
        "type": "article",
        "use": "clover term",
        "author": "Sheikholeslami, B. and Wohlert, R.",
        "title": "Improved continuum limit lattice action for {QCD} with {Wilson} fermions",
        "journal": "Nucl. Phys. B",
        "volume": "259",
        "pages": "572--596",
        "year": "1985",
        "doi": "10.1016/0550-3213(85)90002-1",
    },
    "Shamir1993": {
        "type": "article",
        "use": "domain wall fermions",
        "author": "Shamir, Yigal",
        "title": "Chiral fermions from lattice boundaries",
        "journal": "Nucl. Phys. B",
        "volume": "406",
        "pages": "90--106",
        "year": "1993",
        "eprint": "hep-lat/9303005",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(93)90162-I",
    },
    "BrowerNeffOrginos2017": {
        "type": "article",
        "use": "Moebius domain wall fermions",
        "author": "Brower, Richard C. and Neff, Hartmut and Orginos, Kostas",
        "title": 'The {M\\"o}bius domain wall fermion algorithm',
        "journal": "Comput. Phys. Commun.",
        "volume": "220",
        "pages": "1--19",
        "year": "2017",
        "eprint": "1206.5214",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.cpc.2017.01.024",
    },
    "Wilson1974": {
        "type": "article",
        "use": "plaquette action",
        "author": "Wilson, Kenneth G.",
        "title": "Confinement of quarks",
        "journal": "Phys. Rev. D",
        "volume": "10",
        "pages": "2445--2459",
        "year": "1974",
        "doi": "10.1103/PhysRevD.10.2445",
    },
    "LuscherWeisz1985": {
        "type": "article",
        "use": "Symanzik-improved gauge action",
        "author": 'L{\\"u}scher, M. and Weisz, P.',
        "title": "On-shell improved lattice gauge theories",
        "journal": "Commun. Math. Phys.",
        "volume": "97",
        "pages": "59--77",
        "year": "1985",
        "doi": "10.1007/BF01206178",
    },
    "Iwasaki1985": {
        "type": "article",
        "use": "Iwasaki gauge action",
        "author": "Iwasaki, Y.",
        "title": "Renormalization group analysis of lattice theories and improved lattice action: "
        "two-dimensional non-linear {O(N)} sigma model",
        "journal": "Nucl. Phys. B",
        "volume": "258",
        "pages": "141--156",
        "year": "1985",
        "doi": "10.1016/0550-3213(85)90606-6",
    },
    "QCDTARO2000": {
        "type": "article",
        "use": "DBW2 gauge action",
        "author": "de Forcrand, Ph. and others",
        "collaboration": "QCD-TARO",
        "title": "Renormalization group flow of {SU(3)} lattice gauge theory: "
        "numerical studies in a two coupling space",
        "journal": "Nucl. Phys. B",
        "volume": "577",
        "pages": "263--278",
        "year": "2000",
        "eprint": "hep-lat/9911033",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0550-3213(00)00145-0",
    },
    "FrommEtAl2012": {
        "type": "article",
        "use": "heavy quarks as terms of Polyakov loops",
        "author": "Fromm, Michael and Langelage, Jens and Lottini, Stefano and Philipsen, Owe",
        "title": "The {QCD} deconfinement transition for heavy quarks and all baryon chemical potentials",
        "journal": "JHEP",
        "volume": "01",
        "pages": "042",
        "year": "2012",
        "eprint": "1111.4953",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP01(2012)042",
    },
}

_BY_LOOPS = {"rectangle": "LuscherWeisz1985", "chair": "LuscherWeisz1985"}
BY_GAUGE_KIND = {
    "wilson": "Wilson1974",
    "symanzik": "LuscherWeisz1985",
    "rectangle": "LuscherWeisz1985",
    "iwasaki": "Iwasaki1985",
    "dbw2": "QCDTARO2000",
    SYMANZIK_SPACE: "LuscherWeisz1985",
}
_BY_FERMION_KIND = {
    "staggered": "KogutSusskind1975",
    "wilson": "Wilson1977",
    "domain_wall": "Shamir1993",
    "overlap": "Neuberger1998",
}


def action_keys(action: ActionConfig) -> set[str]:
    """Keys of the papers on the gauge action and the kinds of fermions of an action."""
    loops = [term.loops for term in action.gauge.term]
    terms = {_BY_LOOPS[name] for name in loops if isinstance(name, str) and name in _BY_LOOPS}
    terms |= {"FrommEtAl2012" for name in loops if is_polyakov(name)}
    return {BY_GAUGE_KIND[action.gauge.kind], *terms, *quark_keys(action.fermion)}


def quark_keys(fermions: Iterable[QuarkConfig]) -> set[str]:
    """Keys of the papers on the kinds of fermions, of an action or only measured."""
    fermions = tuple(fermions)
    used = {_BY_FERMION_KIND[fermion.kind] for fermion in fermions}
    used |= {key for fermion in fermions for key in BY_IMPROVEMENT.get(fermion.improvement or "", ())}
    used |= {"SheikholeslamiWohlert1985" for fermion in fermions if fermion.csw or fermion.csw_time}
    used |= {"Francis2020" for fermion in fermions if fermion.exponential_clover}
    return used | {"BrowerNeffOrginos2017" for fermion in fermions if fermion.c5}
