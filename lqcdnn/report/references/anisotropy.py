"""Papers behind anisotropic lattices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.tables.gauge_actions import SYMANZIK_SPACE

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

ANISOTROPY_REFERENCES: dict[str, dict[str, str]] = {
    "Klassen1998": {
        "type": "article",
        "use": "anisotropic lattices, their renormalised anisotropy",
        "author": "Klassen, Timothy R.",
        "title": "The anisotropic {Wilson} gauge action",
        "journal": "Nucl. Phys. B",
        "volume": "533",
        "pages": "557--575",
        "year": "1998",
        "eprint": "hep-lat/9803010",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0550-3213(98)00510-0",
    },
    "MorningstarPeardon1997": {
        "type": "article",
        "use": "Symanzik's action for fine time",
        "author": "Morningstar, Colin J. and Peardon, Mike",
        "title": "Efficient glueball simulations on anisotropic lattices",
        "journal": "Phys. Rev. D",
        "volume": "56",
        "pages": "4043--4061",
        "year": "1997",
        "eprint": "hep-lat/9704011",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.56.4043",
    },
    "EjiriEtAl2003": {
        "type": "article",
        "use": "plaquettes and rectangles on anisotropic lattices",
        "author": "Ejiri, S. and Kanaya, K. and Namekawa, Y. and Umeda, T.",
        "title": "Renormalization group improved action on anisotropic lattices",
        "journal": "Phys. Rev. D",
        "volume": "68",
        "pages": "014502",
        "year": "2003",
        "eprint": "hep-lat/0301029",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.68.014502",
    },
    "EdwardsJooLin2008": {
        "type": "article",
        "use": "quarks of anisotropic lattices",
        "author": "Edwards, Robert G. and Jo{\\'o}, B{\\'a}lint and Lin, Huey-Wen",
        "title": "Tuning for three-flavors of anisotropic clover fermions with stout-link smearing",
        "journal": "Phys. Rev. D",
        "volume": "78",
        "pages": "054501",
        "year": "2008",
        "eprint": "0803.3960",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.78.054501",
    },
    "BorsanyiEtAl2012": {
        "type": "misc",
        "use": "gradient flow of anisotropic lattices",
        "author": "Bors{\\'a}nyi, Szabolcs and D{\\\"u}rr, Stephan and Fodor, Zolt{\\'a}n and Katz, S{\\'a}ndor D. "
        "and Krieg, Stefan and Kurth, Thorsten and Mages, Simon and Sch{\\\"a}fer, Andreas "
        "and Szab{\\'o}, K{\\'a}lm{\\'a}n K.",
        "title": "Anisotropy tuning with the {Wilson} flow",
        "year": "2012",
        "eprint": "1205.0781",
        "archiveprefix": "arXiv",
    },
}


def anisotropy_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Keys of the papers on the anisotropy of an action, or a guide, and of flows."""
    sea = [fermion for side in ("action", "guide") for fermion in getattr(getattr(config, side, None), "fermion", ())]
    weighted = any(quark.anisotropy or quark.nu or quark.csw_time for quark in (*sea, *config.valence.values()))
    used = {"EdwardsJooLin2008"} if weighted else set[str]()
    flows = (*config.flow.values(), *config.observed("flow"))
    if any(getattr(options, "anisotropy", None) not in (None, 1.0) for options in flows):
        used.add("BorsanyiEtAl2012")
    for side in (getattr(config, "action", None), getattr(config, "guide", None)):
        if side is not None and side.gauge.anisotropy not in (None, 1.0):
            used.add("Klassen1998" if side.gauge.kind == "wilson" else "EjiriEtAl2003")
        if side is not None and side.gauge.kind == SYMANZIK_SPACE:
            used = used - {"EjiriEtAl2003"} | {"MorningstarPeardon1997"}
    return used
