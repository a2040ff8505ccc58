"""The paper behind smeared spectral densities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import is_fit_of

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

SPECTRAL_REFERENCES: dict[str, dict[str, str]] = {
    "HansenLupoTantalo2019": {
        "type": "article",
        "use": "smeared spectral densities of correlators",
        "author": "Hansen, Martin and Lupo, Alessandro and Tantalo, Nazario",
        "title": "Extraction of spectral densities from lattice correlators",
        "journal": "Phys. Rev. D",
        "volume": "99",
        "pages": "094508",
        "year": "2019",
        "eprint": "1903.06476",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.99.094508",
    },
}


def spectral_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the key of the paper on the spectral densities that an input asks for."""
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    return set(SPECTRAL_REFERENCES) if any(is_fit_of(text, ("spectral_density",)) for text in texts) else set()
