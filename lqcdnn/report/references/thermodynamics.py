"""Papers behind the energy-momentum tensor and thermodynamics along the gradient flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import OF_TENSOR, is_fit_of
from lqcdnn.config.rules.energymomentum import TENSOR

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

THERMODYNAMICS_REFERENCES: dict[str, dict[str, str]] = {
    "Suzuki2013": {
        "type": "article",
        "use": "energy-momentum tensor from the gradient flow",
        "author": "Suzuki, Hiroshi",
        "title": "Energy-momentum tensor from the {Yang-Mills} gradient flow",
        "journal": "PTEP",
        "volume": "2013",
        "pages": "083B03",
        "year": "2013",
        "eprint": "1304.0533",
        "archiveprefix": "arXiv",
    },
    "HarlanderKluthLange2018": {
        "type": "article",
        "use": "coefficients of the energy-momentum tensor to two loops",
        "author": "Harlander, Robert V. and Kluth, Yannick and Lange, Fabian",
        "title": "The two-loop energy-momentum tensor within the gradient-flow formalism",
        "journal": "Eur. Phys. J. C",
        "volume": "78",
        "pages": "944",
        "year": "2018",
        "eprint": "1808.09837",
        "archiveprefix": "arXiv",
        "doi": "10.1140/epjc/s10052-018-6415-7",
    },
    "KitazawaEtAl2016": {
        "type": "article",
        "use": "equation of state from the energy-momentum tensor",
        "author": "Kitazawa, Masakiyo and Iritani, Takumi and Asakawa, Masayuki and Hatsuda, Tetsuo "
        "and Suzuki, Hiroshi",
        "title": "Equation of state for {SU(3)} gauge theory via the energy-momentum tensor under gradient flow",
        "journal": "Phys. Rev. D",
        "volume": "94",
        "pages": "114512",
        "year": "2016",
        "eprint": "1610.07810",
        "archiveprefix": "arXiv",
    },
    "IritaniEtAl2019": {
        "type": "article",
        "use": "choice of the scale, and what two loops change",
        "author": "Iritani, Takumi and Kitazawa, Masakiyo and Suzuki, Hiroshi and Takaura, Hiromasa",
        "title": "Thermodynamics in quenched {QCD}: energy-momentum tensor with two-loop order coefficients in the "
        "gradient flow formalism",
        "journal": "PTEP",
        "volume": "2019",
        "pages": "023B02",
        "year": "2019",
        "eprint": "1812.06444",
        "archiveprefix": "arXiv",
    },
    "VanRitbergenVermaserenLarin1997": {
        "type": "article",
        "use": "running coupling to four loops",
        "author": "van Ritbergen, T. and Vermaseren, J. A. M. and Larin, S. A.",
        "title": "The four-loop beta-function in quantum chromodynamics",
        "journal": "Phys. Lett. B",
        "volume": "400",
        "pages": "379--384",
        "year": "1997",
        "eprint": "hep-ph/9701390",
        "archiveprefix": "arXiv",
    },
}


def thermodynamics_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the tensor an input measures, and on the fits it asks for."""
    along = any(TENSOR in flow.along for flow in config.observed("flow"))
    used = {"Suzuki2013"} if along or config.observed(TENSOR) else set[str]()
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    fitted = any(is_fit_of(text, OF_TENSOR) for text in texts)
    return used | (set(THERMODYNAMICS_REFERENCES) if fitted else set())
