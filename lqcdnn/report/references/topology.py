"""Papers behind the topological charge, and the published values of the Schwinger model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

TOPOLOGY_REFERENCES: dict[str, dict[str, str]] = {
    "Luscher1982": {
        "type": "article",
        "use": "integer topological charge of a lattice gauge field",
        "author": 'L{\\"u}scher, M.',
        "title": "Topology of lattice gauge fields",
        "journal": "Commun. Math. Phys.",
        "volume": "85",
        "pages": "39--48",
        "year": "1982",
        "doi": "10.1007/BF02029132",
    },
    "DiVecchia1981": {
        "type": "article",
        "use": "topological charge density of plaquettes",
        "author": "Di Vecchia, P. and Fabricius, K. and Rossi, G. C. and Veneziano, G.",
        "title": "Preliminary evidence for {U_A(1)} breaking in {QCD} from lattice calculations",
        "journal": "Nucl. Phys. B",
        "volume": "192",
        "pages": "392--408",
        "year": "1981",
        "doi": "10.1016/0550-3213(81)90432-6",
    },
    "DeForcrand1997": {
        "type": "article",
        "use": "improved topological charge (5Li)",
        "author": "de Forcrand, Philippe and {Garcia Perez}, Margarita and Stamatescu, Ion-Olimpiu",
        "title": "Topology of the {SU(2)} vacuum: a lattice study using improved cooling",
        "journal": "Nucl. Phys. B",
        "volume": "499",
        "pages": "409--449",
        "year": "1997",
        "eprint": "hep-lat/9701012",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0550-3213(97)00275-7",
    },
    "Alexandrou2020": {
        "type": "article",
        "use": "improved topological charge (plaquettes and rectangles)",
        "author": "Alexandrou, Constantia and others",
        "title": "Comparison of topological charge definitions in {Lattice QCD}",
        "journal": "Eur. Phys. J. C",
        "volume": "80",
        "pages": "424",
        "year": "2020",
        "eprint": "1708.00696",
        "archiveprefix": "arXiv",
        "doi": "10.1140/epjc/s10052-020-7984-9",
    },
    "Christian2006": {
        "type": "article",
        "use": "published values of the Schwinger model with two Wilson flavours",
        "author": "Christian, N. and Jansen, K. and Nagai, K. and Pollakowski, B.",
        "title": "Scaling test of fermion actions in the {Schwinger} model",
        "journal": "Nucl. Phys. B",
        "volume": "739",
        "pages": "60--84",
        "year": "2006",
        "eprint": "hep-lat/0510047",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.nuclphysb.2006.01.029",
    },
}

_BY_DEFINITION = {
    "geometric": "Luscher1982",
    "plaquette": "DiVecchia1981",
    "clover": "DiVecchia1981",
    "improved": "Alexandrou2020",
    "5li": "DeForcrand1997",
}


def topology_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the topological charge, or its density, that an input measures."""
    measured = (*config.observed("topological_charge"), *config.observed("charge_correlator"))
    found = [options.definition for options in measured]
    return {_BY_DEFINITION[definition] for definition in found if definition is not None}  # of an unknown lattice
