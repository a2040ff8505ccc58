"""Papers behind metadynamics of the topological charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

BIAS_REFERENCES: dict[str, dict[str, str]] = {
    "LaioParrinello2002": {
        "type": "article",
        "use": "metadynamics",
        "author": "Laio, Alessandro and Parrinello, Michele",
        "title": "Escaping free-energy minima",
        "journal": "Proc. Natl. Acad. Sci. USA",
        "volume": "99",
        "pages": "12562--12566",
        "year": "2002",
        "eprint": "cond-mat/0208352",
        "archiveprefix": "arXiv",
        "doi": "10.1073/pnas.202427399",
    },
    "Laio2016": {
        "type": "article",
        "use": "metadynamics of the topological charge",
        "author": "Laio, Alessandro and Martinelli, Guido and Sanfilippo, Francesco",
        "title": "Metadynamics surfing on topology barriers: the {CP}$^{N-1}$ case",
        "journal": "JHEP",
        "volume": "07",
        "pages": "089",
        "year": "2016",
        "eprint": "1508.07270",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP07(2016)089",
    },
    "Eichhorn2023": {
        "type": "misc",
        "use": "metadynamics of {SU(3)} gauge theory",
        "author": "Eichhorn, Timo and Fuwa, Gianluca and Hoelbling, Christian and Varnhorst, Lukas",
        "title": "Parallel tempered metadynamics: overcoming potential barriers without surfing or tunneling",
        "year": "2023",
        "eprint": "2307.04742",
        "archiveprefix": "arXiv",
    },
}


def bias_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on bias potentials, and on the smearing of their links."""
    options = config.update.bias
    if options is None:
        return set()
    return {*BIAS_REFERENCES} | ({"MorningstarPeardon2004"} if options.smearing else set())
