"""Papers behind densities of states."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

LLR_REFERENCES: dict[str, dict[str, str]] = {
    "LangfeldLuciniRago2012": {
        "type": "article",
        "use": "density of states by slopes in windows (LLR)",
        "author": "Langfeld, Kurt and Lucini, Biagio and Rago, Antonio",
        "title": "The density of states in gauge theories",
        "journal": "Phys. Rev. Lett.",
        "volume": "109",
        "pages": "111601",
        "year": "2012",
        "eprint": "1204.3243",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.109.111601",
    },
    "Langfeld2016": {
        "type": "article",
        "use": "Robbins-Monro iteration of the slopes, replica exchange",
        "author": "Langfeld, Kurt and Lucini, Biagio and Pellegrini, Roberto and Rago, Antonio",
        "title": "An efficient algorithm for numerical computations of continuous densities of states",
        "journal": "Eur. Phys. J. C",
        "volume": "76",
        "pages": "306",
        "year": "2016",
        "eprint": "1509.08391",
        "archiveprefix": "arXiv",
        "doi": "10.1140/epjc/s10052-016-4142-5",
    },
    "LuciniFallLangfeld2016": {
        "type": "misc",
        "use": "smooth windows for {HMC}",
        "author": "Lucini, Biagio and Fall, William and Langfeld, Kurt",
        "title": "Overcoming strong metastabilities with the {LLR} method",
        "year": "2016",
        "eprint": "1611.00019",
        "archiveprefix": "arXiv",
    },
    "Lucini2023": {
        "type": "misc",
        "use": "first-order transitions of {SU(3)} by densities of states",
        "author": "Lucini, Biagio and Mason, David and Piai, Maurizio and Rinaldi, Enrico and Vadacchino, Davide",
        "title": "First-order phase transitions in {Yang-Mills} theories and the density of state method",
        "year": "2023",
        "eprint": "2305.07463",
        "archiveprefix": "arXiv",
    },
}


def llr_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on densities of states."""
    return set() if config.update.llr is None else {*LLR_REFERENCES}
