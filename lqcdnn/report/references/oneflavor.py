"""Papers behind the exact action of one domain wall flavour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lqcdnn.config.tables.fermions import ONE_FLAVOR

if TYPE_CHECKING:
    from lqcdnn.config.tables.fermions import FermionConfig

ONE_FLAVOR_REFERENCES: dict[str, dict[str, str]] = {
    "ChenChiu2014": {
        "type": "article",
        "use": "exact action of one domain wall flavour, a positive operator for each chirality",
        "author": "Chen, Yu-Chih and Chiu, Ting-Wai",
        "collaboration": "TWQCD",
        "title": "Exact pseudofermion action for {Monte Carlo} simulation of domain-wall fermion",
        "journal": "Phys. Lett. B",
        "volume": "738",
        "pages": "55--60",
        "year": "2014",
        "eprint": "1403.1683",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.physletb.2014.09.016",
    },
    "JungEtAl2018": {
        "type": "article",
        "use": "exact action of one domain wall flavour with a force of one solve for each chirality",
        "author": "Jung, C. and Kelly, C. and Mawhinney, R. D. and Murphy, D. J.",
        "title": "Domain wall fermion {QCD} with the exact one flavor algorithm",
        "journal": "Phys. Rev. D",
        "volume": "97",
        "pages": "054503",
        "year": "2018",
        "eprint": "1706.05843",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.97.054503",
    },
}


def one_flavor_keys(fermions: Iterable[FermionConfig]) -> set[str]:
    """Keys of the papers on the exact actions of one flavour."""
    return set(ONE_FLAVOR_REFERENCES) if any(one.determinant == ONE_FLAVOR for one in fermions) else set()
