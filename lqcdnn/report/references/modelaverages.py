"""Papers behind averages over fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import is_scan_fit, parse_fit

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

MODEL_AVERAGE_REFERENCES: dict[str, dict[str, str]] = {
    "JayNeil2021": {
        "type": "article",
        "use": "averages over fits with weights by the Akaike criterion",
        "author": "Jay, William I. and Neil, Ethan T.",
        "title": "{Bayesian} model averaging for analysis of lattice field theory results",
        "journal": "Phys. Rev. D",
        "volume": "103",
        "pages": "114502",
        "year": "2021",
        "eprint": "2008.01069",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.103.114502",
    },
    "NeilSitison2023": {
        "type": "article",
        "use": "weights of fits to different parts of the same points",
        "author": "Neil, Ethan T. and Sitison, Jacob W.",
        "title": "Model averaging approaches to data subset selection",
        "year": "2023",
        "eprint": "2305.19417",
        "archiveprefix": "arXiv",
    },
}


def model_average_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the averages over fits that an input asks for."""
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    averaged = any(parse_fit(text).ends for text in texts if not is_scan_fit(text))
    return set(MODEL_AVERAGE_REFERENCES) if averaged else set()
