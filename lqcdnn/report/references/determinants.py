"""Papers behind reweighting in the mass and spectral densities."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

DETERMINANT_REFERENCES: dict[str, dict[str, str]] = {
    "HasenfratzHoffmannSchaefer2008": {
        "type": "article",
        "use": "reweighting in the fermion mass, stochastic estimate of determinant ratios",
        "author": "Hasenfratz, Anna and Hoffmann, Roland and Schaefer, Stefan",
        "title": "Reweighting towards the chiral limit",
        "journal": "Phys. Rev. D",
        "volume": "78",
        "pages": "014515",
        "year": "2008",
        "eprint": "0805.2369",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.78.014515",
    },
    "LuscherPalombi2008": {
        "type": "article",
        "use": "fluctuations of reweighting factors",
        "author": 'L{\\"u}scher, Martin and Palombi, Filippo',
        "title": "Fluctuations and reweighting of the quark determinant on large lattices",
        "journal": "PoS",
        "volume": "LATTICE2008",
        "pages": "049",
        "year": "2008",
        "eprint": "0810.0946",
        "archiveprefix": "arXiv",
    },
    "GiustiLuscher2009": {
        "type": "article",
        "use": "mode number of the Dirac operator",
        "author": 'Giusti, Leonardo and L{\\"u}scher, Martin',
        "title": "Chiral symmetry breaking and the {Banks-Casher} relation in lattice {QCD} with {Wilson} quarks",
        "journal": "JHEP",
        "volume": "03",
        "pages": "013",
        "year": "2009",
        "eprint": "0812.3638",
        "archiveprefix": "arXiv",
        "doi": "10.1088/1126-6708/2009/03/013",
    },
    "Weisse2006": {
        "type": "article",
        "use": "spectral density from Chebyshev moments (kernel polynomial method)",
        "author": 'Wei{\\ss}e, Alexander and Wellein, Gerhard and Alvermann, Andreas and Fehske, Holger',
        "title": "The kernel polynomial method",
        "journal": "Rev. Mod. Phys.",
        "volume": "78",
        "pages": "275--306",
        "year": "2006",
        "eprint": "cond-mat/0504627",
        "archiveprefix": "arXiv",
        "doi": "10.1103/RevModPhys.78.275",
    },
}


def determinant_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Keys of the papers on the determinants and spectra that an input asks for."""
    used: set[str] = set()
    if config.observed("reweighting"):
        used |= {"HasenfratzHoffmannSchaefer2008", "LuscherPalombi2008"}
    for options in config.observed("spectral_density"):
        used |= {"GiustiLuscher2009", "Weisse2006"} if options.method == "noise" else {"GiustiLuscher2009"}
    return used
