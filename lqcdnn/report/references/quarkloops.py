"""Papers behind quark loops and the correlators of flavour singlets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import is_scan_fit, parse_fit
from lqcdnn.config.rules.valence import quarks_of

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

LOOP_REFERENCES: dict[str, dict[str, str]] = {
    "VenkataramanKilcup1997": {
        "type": "misc",
        "use": "quark loops of staggered quarks with less noise",
        "author": "Venkataraman, Lakshmi and Kilcup, Gregory",
        "title": "The eta' meson with staggered fermions",
        "year": "1997",
        "eprint": "hep-lat/9711006",
        "archiveprefix": "arXiv",
    },
    "Gregory2008": {
        "type": "article",
        "use": "flavour-singlet mesons of staggered quarks",
        "author": "Gregory, Eric B. and Irving, Alan C. and Richards, Chris M. and McNeile, Craig",
        "title": "Methods for pseudoscalar flavour-singlet mesons with staggered fermions",
        "journal": "Phys. Rev. D",
        "volume": "77",
        "pages": "065019",
        "year": "2008",
        "eprint": "0709.4224",
        "archiveprefix": "arXiv",
    },
    "Neff2001": {
        "type": "article",
        "use": "connected part of a flavour singlet without excited states",
        "author": "Neff, H. and Eicker, N. and Lippert, Th. and Negele, J. W. and Schilling, K.",
        "title": "On the low fermionic eigenmode dominance in {QCD} on the lattice",
        "journal": "Phys. Rev. D",
        "volume": "64",
        "pages": "114509",
        "year": "2001",
        "eprint": "hep-lat/0106016",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.64.114509",
    },
}


def loop_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the quark loops that an input measures."""
    quarks = quarks_of(getattr(config, "action", None), config.valence)
    kinds = {quarks[one.fermion].kind if one.fermion else "staggered" for one in config.observed("quark_loops")}
    used = {"GattringerLang2010"} if kinds else set[str]()
    used |= {"VenkataramanKilcup1997"} if kinds & {"staggered", "overlap"} else set()
    used |= {"Golterman1986", "Gregory2008"} if "staggered" in kinds else set()
    return used | ({"Neff2001"} if _takes_ground_states(config) else set())


def _takes_ground_states(config: RunConfig | FileMeasurement) -> bool:
    """Whether a fit of the input takes the connected part of a singlet from another fit."""
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    fits = [parse_fit(text) for text in texts if not is_scan_fit(text)]
    return any(one.flavors and one.series in [other.name for other in fits] for one in fits)
