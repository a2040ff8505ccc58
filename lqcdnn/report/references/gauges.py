"""Papers behind gauges and the propagators in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.tables.momentumspace import IN_MOMENTUM_SPACE

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

GAUGE_REFERENCES: dict[str, dict[str, str]] = {
    "MandulaOgilvie1987": {
        "type": "article",
        "use": "gluon propagator in Landau gauge",
        "author": "Mandula, J. E. and Ogilvie, M.",
        "title": "The gluon is massive: a lattice calculation of the gluon propagator in the {Landau} gauge",
        "journal": "Phys. Lett. B",
        "volume": "185",
        "pages": "127--132",
        "year": "1987",
    },
    "MandulaOgilvie1990": {
        "type": "article",
        "use": "gauge fixing by overrelaxation",
        "author": "Mandula, J. E. and Ogilvie, M.",
        "title": "Efficient gauge fixing via overrelaxation",
        "journal": "Phys. Lett. B",
        "volume": "248",
        "pages": "156--158",
        "year": "1990",
        "doi": "10.1016/0370-2693(90)90031-Z",
    },
    "Giusti2001": {
        "type": "article",
        "use": "gauge fixing on the lattice",
        "author": "Giusti, L. and Paciello, M. L. and Parrinello, C. and Petrarca, S. and Taglienti, B.",
        "title": "Problems on lattice gauge fixing",
        "journal": "Int. J. Mod. Phys. A",
        "volume": "16",
        "pages": "3487--3534",
        "year": "2001",
        "eprint": "hep-lat/0104012",
        "archiveprefix": "arXiv",
    },
    "Gribov1978": {
        "type": "article",
        "use": "several copies of links in one gauge",
        "author": "Gribov, V. N.",
        "title": "Quantization of non-{Abelian} gauge theories",
        "journal": "Nucl. Phys. B",
        "volume": "139",
        "pages": "1--19",
        "year": "1978",
        "doi": "10.1016/0550-3213(78)90175-X",
    },
    "Leinweber1999": {
        "type": "article",
        "use": "momenta near the diagonal",
        "author": "Leinweber, D. B. and Skullerud, J. I. and Williams, A. G. and Parrinello, C.",
        "title": "Asymptotic scaling and infrared behavior of the gluon propagator",
        "journal": "Phys. Rev. D",
        "volume": "60",
        "pages": "094507",
        "year": "1999",
        "eprint": "hep-lat/9811027",
        "archiveprefix": "arXiv",
    },
}


def gauge_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on gauges that an input measures in."""
    propagators = config.observed("gluon_propagator")
    every = (*config.observed("gauge_fixing"), *propagators, *config.observed("ghost_propagator"))
    quarks = [one for kind in IN_MOMENTUM_SPACE for one in config.observed(kind)]
    walls = (*config.observed("mesons"), *config.observed("meson_mixing"))
    seen = {one.links for one in config.observables.values()}
    projections = [one for name, one in config.projection.items() if name in seen]
    fixed = every or quarks or projections or any(one.source == "wall" for one in walls)
    used = {"MandulaOgilvie1990", "Giusti2001", "CabibboMarinari1982"} if fixed else set[str]()
    used |= {"MandulaOgilvie1987"} if propagators else set()
    used |= {"Leinweber1999"} if any(one.momenta == "cylinder" for one in propagators) else set()
    several = any(one.copies > 1 for one in (*every, *projections)) or any(one.gauge_copies > 1 for one in quarks)
    return used | ({"Gribov1978"} if several else set())
