"""Papers behind quark propagators and vertices in momentum space: non-perturbative renormalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

RENORMALIZATION_REFERENCES: dict[str, dict[str, str]] = {
    "Martinelli1995": {
        "type": "article",
        "use": "non-perturbative renormalisation (RI'/MOM)",
        "author": "Martinelli, G. and Pittori, C. and Sachrajda, C. T. and Testa, M. and Vladikas, A.",
        "title": "A general method for non-perturbative renormalization of lattice operators",
        "journal": "Nucl. Phys. B",
        "volume": "445",
        "pages": "81--108",
        "year": "1995",
        "eprint": "hep-lat/9411010",
        "archiveprefix": "arXiv",
    },
    "Sturm2009": {
        "type": "article",
        "use": "symmetric momenta (RI/SMOM)",
        "author": "Sturm, C. and Aoki, Y. and Christ, N. H. and Izubuchi, T. and Sachrajda, C. T. and Soni, A.",
        "title": "Renormalization of quark bilinear operators in a momentum-subtraction scheme with a nonexceptional "
        "subtraction point",
        "journal": "Phys. Rev. D",
        "volume": "80",
        "pages": "014501",
        "year": "2009",
        "eprint": "0901.2599",
        "archiveprefix": "arXiv",
    },
    "Goeckeler1999": {
        "type": "article",
        "use": "plane waves as sources of quark propagators",
        "author": "G{\\\"o}ckeler, M. and others",
        "title": "Nonperturbative renormalisation of composite operators in lattice {QCD}",
        "journal": "Nucl. Phys. B",
        "volume": "544",
        "pages": "699--733",
        "year": "1999",
        "eprint": "hep-lat/9807044",
        "archiveprefix": "arXiv",
    },
}


def renormalization_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on quarks in momentum space that an input measures."""
    vertices = config.observed("quark_vertices")
    used = {"Goeckeler1999", "Martinelli1995"} if (*vertices, *config.observed("quark_propagator")) else set[str]()
    return used | ({"Sturm2009"} if any(one.kinematics == "symmetric" for one in vertices) else set())
