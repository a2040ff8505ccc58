"""Papers behind metadynamics of the topological charge and multicanonical simulations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.tables.bias import PLAQUETTE

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
    "BergNeuhaus1991": {
        "type": "article",
        "use": "multicanonical simulations",
        "author": "Berg, Bernd A. and Neuhaus, Thomas",
        "title": "Multicanonical algorithms for first order phase transitions",
        "journal": "Phys. Lett. B",
        "volume": "267",
        "pages": "249--253",
        "year": "1991",
        "doi": "10.1016/0370-2693(91)91256-U",
    },
    "BergNeuhaus1992": {
        "type": "article",
        "use": "multicanonical simulations",
        "author": "Berg, Bernd A. and Neuhaus, Thomas",
        "title": "Multicanonical ensemble: A new approach to simulate first-order phase transitions",
        "journal": "Phys. Rev. Lett.",
        "volume": "68",
        "pages": "9--12",
        "year": "1992",
        "eprint": "hep-lat/9202004",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.68.9",
    },
    "ArnoldSchillingLippert1999": {
        "type": "article",
        "use": "multicanonical {HMC}",
        "author": "Arnold, Guido and Schilling, Klaus and Lippert, Thomas",
        "title": "Multicanonical hybrid {Monte Carlo}: Boosting simulations of compact {QED}",
        "journal": "Phys. Rev. D",
        "volume": "59",
        "pages": "054509",
        "year": "1999",
        "eprint": "hep-lat/9808005",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.59.054509",
    },
}

_OF_CHARGE = {"Laio2016", "Eichhorn2023"}


def bias_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on bias potentials, and on the smearing of their links."""
    options = config.update.bias
    if options is None:
        return set()
    if options.variable == PLAQUETTE:
        return {*BIAS_REFERENCES} - _OF_CHARGE
    return {"LaioParrinello2002", *_OF_CHARGE} | ({"MorningstarPeardon2004"} if options.smearing else set())
