"""The papers behind the algorithms, and this program itself, as BibTeX records.

Plain data: nothing is imported but the version, so that ``lqcdnn cite`` answers at once. ``CITATION.cff`` in the
repository is written from ``SOFTWARE`` (a test compares them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lqcdnn import __version__
from lqcdnn.report.references_determinants import DETERMINANT_REFERENCES, determinant_keys
from lqcdnn.report.references_flow import FLOW_REFERENCES, flow_keys
from lqcdnn.report.references_rational import RATIONAL_REFERENCES
from lqcdnn.report.references_solvers import SOLVER_REFERENCES, solvers_used
from lqcdnn.report.references_topology import TOPOLOGY_REFERENCES, topology_keys

if TYPE_CHECKING:
    from lqcdnn.config.schema import RunConfig

Record = dict[str, str]
"""``type`` and BibTeX fields; ``use`` says what the paper is cited for."""

SOFTWARE: Record = {
    "type": "software",
    "use": "this program",
    "author": "{The lqcdnn developers}",
    "title": "lqcdnn: lattice gauge theory with gauge-covariant neural networks",
    "version": __version__,
    "year": "2026",
}

REFERENCES: dict[str, Record] = {
    "lqcdnn": SOFTWARE,
    "Duane1987": {
        "type": "article",
        "use": "hybrid (Hamiltonian) Monte Carlo",
        "author": "Duane, S. and Kennedy, A. D. and Pendleton, B. J. and Roweth, D.",
        "title": "Hybrid Monte Carlo",
        "journal": "Phys. Lett. B",
        "volume": "195",
        "pages": "216--222",
        "year": "1987",
        "doi": "10.1016/0370-2693(87)91197-X",
    },
    "TomiyaNagai2021": {
        "type": "misc",
        "use": "gauge-covariant networks, self-learning HMC",
        "author": "Tomiya, Akio and Nagai, Yuki",
        "title": "Gauge covariant neural network for 4 dimensional non-abelian gauge theory",
        "year": "2021",
        "eprint": "2103.11965",
        "archiveprefix": "arXiv",
    },
    "MorningstarPeardon2004": {
        "type": "article",
        "use": "stout links, the form of a network layer",
        "author": "Morningstar, Colin and Peardon, Mike",
        "title": "Analytic smearing of {SU(3)} link variables in lattice {QCD}",
        "journal": "Phys. Rev. D",
        "volume": "69",
        "pages": "054501",
        "year": "2004",
        "eprint": "hep-lat/0311018",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.69.054501",
    },
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
    "Omelyan2003": {
        "type": "article",
        "use": "minimum-norm integrators",
        "author": "Omelyan, I. P. and Mryglod, I. M. and Folk, R.",
        "title": "Symplectic analytically integrable decomposition algorithms: classification, derivation, and "
        "application to molecular dynamics, quantum and celestial mechanics simulations",
        "journal": "Comput. Phys. Commun.",
        "volume": "151",
        "pages": "272--314",
        "year": "2003",
        "doi": "10.1016/S0010-4655(02)00754-3",
    },
    "Kennedy2009": {
        "type": "article",
        "use": "force-gradient integrators",
        "author": "Kennedy, A. D. and Clark, M. A. and Silva, P. J.",
        "title": "Force gradient integrators",
        "journal": "PoS",
        "volume": "LAT2009",
        "pages": "021",
        "year": "2009",
        "eprint": "0910.2950",
        "archiveprefix": "arXiv",
    },
    "SextonWeingarten1992": {
        "type": "article",
        "use": "nested time scales",
        "author": "Sexton, J. C. and Weingarten, D. H.",
        "title": "Hamiltonian evolution for the hybrid {Monte Carlo} algorithm",
        "journal": "Nucl. Phys. B",
        "volume": "380",
        "pages": "665--677",
        "year": "1992",
        "doi": "10.1016/0550-3213(92)90263-B",
    },
    "KennedyPendleton1985": {
        "type": "article",
        "use": "SU(2) heat bath",
        "author": "Kennedy, A. D. and Pendleton, B. J.",
        "title": "Improved heat bath method for {Monte Carlo} calculations in lattice gauge theories",
        "journal": "Phys. Lett. B",
        "volume": "156",
        "pages": "393--399",
        "year": "1985",
        "doi": "10.1016/0370-2693(85)91632-6",
    },
    "Creutz1980": {
        "type": "article",
        "use": "SU(2) heat bath",
        "author": "Creutz, M.",
        "title": "{Monte Carlo} study of quantized {SU(2)} gauge theory",
        "journal": "Phys. Rev. D",
        "volume": "21",
        "pages": "2308--2315",
        "year": "1980",
        "doi": "10.1103/PhysRevD.21.2308",
    },
    "CabibboMarinari1982": {
        "type": "article",
        "use": "heat bath of SU(N) by its SU(2) subgroups",
        "author": "Cabibbo, N. and Marinari, E.",
        "title": "A new method for updating {SU(N)} matrices in computer simulations of gauge theories",
        "journal": "Phys. Lett. B",
        "volume": "119",
        "pages": "387--390",
        "year": "1982",
        "doi": "10.1016/0370-2693(82)90696-7",
    },
    "BestFisher1979": {
        "type": "article",
        "use": "U(1) heat bath (von Mises distribution)",
        "author": "Best, D. J. and Fisher, N. I.",
        "title": "Efficient simulation of the von {Mises} distribution",
        "journal": "Appl. Statist.",
        "volume": "28",
        "pages": "152--157",
        "year": "1979",
        "doi": "10.2307/2346732",
    },
    "Creutz1987": {
        "type": "article",
        "use": "overrelaxation",
        "author": "Creutz, M.",
        "title": "Overrelaxation and {Monte Carlo} simulation",
        "journal": "Phys. Rev. D",
        "volume": "36",
        "pages": "515--519",
        "year": "1987",
        "doi": "10.1103/PhysRevD.36.515",
    },
    "BrownWoch1987": {
        "type": "article",
        "use": "overrelaxation",
        "author": "Brown, F. R. and Woch, T. J.",
        "title": "Overrelaxed heat-bath and {Metropolis} algorithms for accelerating pure gauge "
        "{Monte Carlo} calculations",
        "journal": "Phys. Rev. Lett.",
        "volume": "58",
        "pages": "2394--2396",
        "year": "1987",
        "doi": "10.1103/PhysRevLett.58.2394",
    },
    "KingmaBa2015": {
        "type": "misc",
        "use": "Adam optimizer",
        "author": "Kingma, Diederik P. and Ba, Jimmy",
        "title": "{Adam}: a method for stochastic optimization",
        "year": "2015",
        "eprint": "1412.6980",
        "archiveprefix": "arXiv",
    },
    "Salmon2011": {
        "type": "inproceedings",
        "use": "Philox random numbers",
        "author": "Salmon, John K. and Moraes, Mark A. and Dror, Ron O. and Shaw, David E.",
        "title": "Parallel random numbers: as easy as 1, 2, 3",
        "booktitle": "Proc. Int. Conf. High Performance Computing, Networking, Storage and Analysis (SC '11)",
        "year": "2011",
        "doi": "10.1145/2063384.2063405",
    },
    **RATIONAL_REFERENCES,
    **DETERMINANT_REFERENCES,
    **FLOW_REFERENCES,
    **SOLVER_REFERENCES,
    **TOPOLOGY_REFERENCES,
    "Wolff2004": {
        "type": "article",
        "use": "errors with autocorrelations (Gamma method)",
        "author": "Wolff, Ulli",
        "title": "{Monte Carlo} errors with less errors",
        "journal": "Comput. Phys. Commun.",
        "volume": "156",
        "pages": "143--153",
        "year": "2004",
        "eprint": "hep-lat/0306017",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0010-4655(03)00467-3",
    },
}

_ALWAYS = ("lqcdnn", "Salmon2011", "Wolff2004")
_BY_GAUGE_KIND = {
    "wilson": "Wilson1974",
    "symanzik": "LuscherWeisz1985",
    "rectangle": "LuscherWeisz1985",
    "iwasaki": "Iwasaki1985",
    "dbw2": "QCDTARO2000",
}
_BY_FERMION_KIND = {"staggered": "KogutSusskind1975", "wilson": "Wilson1977", "domain_wall": "Shamir1993"}
_BY_INTEGRATOR = {"omelyan": "Omelyan2003", "omelyan4": "Omelyan2003", "force_gradient": "Kennedy2009"}


def used_by(config: RunConfig) -> tuple[str, ...]:
    """Return the keys of ``REFERENCES`` whose methods an input uses, in the order of the table."""
    used = {*_ALWAYS, *_update(config), *flow_keys(config), *topology_keys(config), *determinant_keys(config)}
    for action in (config.action, config.driving):
        used.add(_BY_GAUGE_KIND[action.gauge.kind])
        used.update(_BY_FERMION_KIND[fermion.kind] for fermion in action.fermion)
        used.update("SheikholeslamiWohlert1985" for fermion in action.fermion if fermion.csw)
        used.update("BrowerNeffOrginos2017" for fermion in action.fermion if fermion.c5)
        used.update(key for fermion in action.fermion if fermion.rational for key in RATIONAL_REFERENCES)
        used.update(solvers_used(action.fermion))
    used.update(_BY_INTEGRATOR.get(level.integrator, "lqcdnn") for level in config.levels)
    if config.guide is not None or config.train is not None:
        used.add("TomiyaNagai2021")
    if config.network:
        used.update(("TomiyaNagai2021", "MorningstarPeardon2004"))
    if len(config.levels) > 1:
        used.add("SextonWeingarten1992")
    if config.train is not None and config.train.optimizer == "adam":
        used.add("KingmaBa2015")
    if "condensate" in config.observables and not config.action.fermion:
        used.add("KogutSusskind1975")
    return tuple(key for key in REFERENCES if key in used)


def _update(config: RunConfig) -> set[str]:
    """Keys of the papers on the kind of update."""
    update = config.update
    if update.kind != "heatbath":
        return {"Duane1987"}
    algorithms = {"kennedy_pendleton": "KennedyPendleton1985", "creutz": "Creutz1980", "best_fisher": "BestFisher1979"}
    used = {algorithms[update.algorithm or "kennedy_pendleton"]}
    if config.lattice.colors > 2:
        used.add("CabibboMarinari1982")
    return used | ({"Creutz1987", "BrownWoch1987"} if update.overrelaxation else set())


def bibtex(key: str) -> str:
    """Return the BibTeX entry of a reference, with a comment on what it is cited for."""
    record = REFERENCES[key]
    fields = [f"  {name} = {{{value}}}," for name, value in record.items() if name not in ("type", "use")]
    return "\n".join([f"% {record['use']}", f"@{record['type']}{{{key},", *fields, "}"])


def as_data(key: str) -> dict[str, Any]:
    """Return a reference as plain data for ``--json``."""
    return {"key": key, **REFERENCES[key]}


def citation_cff() -> str:
    """Return the text of ``CITATION.cff`` (format 1.2.0)."""
    return "\n".join(
        [
            "cff-version: 1.2.0",
            "message: If you use this software, please cite it, and the papers that `lqcdnn cite INPUT.toml` names.",
            "type: software",
            f'title: "{SOFTWARE["title"]}"',
            "authors:",
            f'  - name: "{SOFTWARE["author"].strip("{}")}"',
            f"version: {SOFTWARE['version']}",
            "license: MIT",
            "",
        ]
    )
