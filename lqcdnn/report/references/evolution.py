"""Papers behind evolutions out of equilibrium."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

EVOLUTION_REFERENCES: dict[str, dict[str, str]] = {
    "Jarzynski1997": {
        "type": "article",
        "use": "free energies from work out of equilibrium",
        "author": "Jarzynski, C.",
        "title": "Nonequilibrium equality for free energy differences",
        "journal": "Phys. Rev. Lett.",
        "volume": "78",
        "pages": "2690--2693",
        "year": "1997",
        "eprint": "cond-mat/9610209",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.78.2690",
    },
    "Caselle2016": {
        "type": "article",
        "use": "evolutions out of equilibrium of lattice gauge theories",
        "author": "Caselle, Michele and Costagliola, Gianluca and Nada, Alessandro and Panero, Marco "
        "and Toniato, Arianna",
        "title": "Jarzynski's theorem for lattice gauge theory",
        "journal": "Phys. Rev. D",
        "volume": "94",
        "pages": "034503",
        "year": "2016",
        "eprint": "1604.05544",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.94.034503",
    },
    "BonannoNadaVadacchino2024": {
        "type": "article",
        "use": "evolutions from open to periodic boundaries against topological freezing",
        "author": "Bonanno, Claudio and Nada, Alessandro and Vadacchino, Davide",
        "title": "Mitigating topological freezing using out-of-equilibrium simulations",
        "journal": "JHEP",
        "volume": "04",
        "pages": "126",
        "year": "2024",
        "eprint": "2402.06561",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP04(2024)126",
    },
    "Caselle2022": {
        "type": "article",
        "use": "stochastic normalizing flows",
        "author": "Caselle, Michele and Cellini, Elia and Nada, Alessandro and Panero, Marco",
        "title": "Stochastic normalizing flows as non-equilibrium transformations",
        "journal": "JHEP",
        "volume": "07",
        "pages": "015",
        "year": "2022",
        "eprint": "2201.08862",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP07(2022)015",
    },
    "Bulgarelli2024": {
        "type": "misc",
        "use": "stochastic normalizing flows with gauge-covariant layers",
        "author": "Bulgarelli, Andrea and Cellini, Elia and Nada, Alessandro",
        "title": "Scaling of Stochastic Normalizing Flows in {SU(3)} lattice gauge theory",
        "year": "2024",
        "eprint": "2412.00200",
        "archiveprefix": "arXiv",
    },
    "Vehtari2024": {
        "type": "article",
        "use": "whether the weights of evolutions can be believed",
        "author": "Vehtari, Aki and Simpson, Daniel and Gelman, Andrew and Yao, Yuling and Gabry, Jonah",
        "title": "Pareto smoothed importance sampling",
        "journal": "J. Mach. Learn. Res.",
        "volume": "25",
        "pages": "72",
        "year": "2024",
        "eprint": "1507.02646",
        "archiveprefix": "arXiv",
    },
}


def evolution_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on evolutions, on their start, and on the layers in them."""
    options = config.update.evolution
    if options is None:
        return set()
    used = {"Jarzynski1997", "Caselle2016", "Vehtari2024"}
    used |= {"BonannoNadaVadacchino2024"} if options.defect else set()
    return used | ({"Caselle2022", "Bulgarelli2024", "Luscher2009"} if options.networks else set())
