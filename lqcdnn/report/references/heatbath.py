"""Papers behind heat bath and overrelaxation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

HEATBATH_REFERENCES: dict[str, dict[str, str]] = {
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
}


def update_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on the kind of update."""
    update = config.update
    if update.kind not in ("heatbath", "slmc"):
        return {"Duane1987"}
    algorithms = {"kennedy_pendleton": "KennedyPendleton1985", "creutz": "Creutz1980", "best_fisher": "BestFisher1979"}
    used = {algorithms[update.algorithm or "kennedy_pendleton"]}
    if config.lattice.colors > 2:
        used.add("CabibboMarinari1982")
    return used | ({"Creutz1987", "BrownWoch1987"} if update.overrelaxation else set())
