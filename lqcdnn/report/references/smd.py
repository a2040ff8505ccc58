"""Papers behind stochastic molecular dynamics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

SMD_REFERENCES: dict[str, dict[str, str]] = {
    "Horowitz1985": {
        "type": "article",
        "use": "stochastic molecular dynamics",
        "author": "Horowitz, Alan M.",
        "title": "Stochastic quantization in phase space",
        "journal": "Phys. Lett. B",
        "volume": "156",
        "pages": "89",
        "year": "1985",
    },
    "Horowitz1987": {
        "type": "article",
        "use": "stochastic molecular dynamics",
        "author": "Horowitz, Alan M.",
        "title": "The second order {Langevin} equation and numerical simulations",
        "journal": "Nucl. Phys. B",
        "volume": "280",
        "pages": "510--522",
        "year": "1987",
    },
    "Horowitz1991": {
        "type": "article",
        "use": "the Metropolis test of stochastic molecular dynamics: rejections reverse the momenta",
        "author": "Horowitz, Alan M.",
        "title": "A generalized guided {Monte Carlo} algorithm",
        "journal": "Phys. Lett. B",
        "volume": "268",
        "pages": "247--252",
        "year": "1991",
    },
    "JansenLiu1995": {
        "type": "article",
        "use": "stochastic molecular dynamics with fermions",
        "author": "Jansen, Karl and Liu, Chuan",
        "title": "{Kramers} equation algorithm for simulations of {QCD} with two flavors of {Wilson} fermions and "
        "gauge group {SU(2)}",
        "journal": "Nucl. Phys. B",
        "volume": "453",
        "pages": "375--394",
        "year": "1995",
        "eprint": "hep-lat/9506020",
        "archiveprefix": "arXiv",
    },
    "KennedyPendleton2001": {
        "type": "article",
        "use": "generalised hybrid Monte Carlo: partial refreshment of momenta",
        "author": "Kennedy, A. D. and Pendleton, Brian",
        "title": "Cost of the generalised hybrid {Monte Carlo} algorithm for free field theory",
        "journal": "Nucl. Phys. B",
        "volume": "607",
        "pages": "456--510",
        "year": "2001",
        "eprint": "hep-lat/0008020",
        "archiveprefix": "arXiv",
    },
    "Francis2020": {
        "type": "article",
        "use": "stochastic molecular dynamics with pseudofermions that are kept in part; exponential clover term",
        "author": "Francis, Anthony and Fritzsch, Patrick and L{\\\"u}scher, Martin and Rago, Antonio",
        "title": "Master-field simulations of {O(a)}-improved lattice {QCD}: Algorithms, stability and exactness",
        "journal": "Comput. Phys. Commun.",
        "volume": "255",
        "pages": "107355",
        "year": "2020",
        "eprint": "1911.04533",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.cpc.2020.107355",
    },
}


def smd_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on stochastic molecular dynamics."""
    return set() if config.update.friction is None else {*SMD_REFERENCES, "LuscherSchaefer2011"}
