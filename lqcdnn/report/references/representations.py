"""Papers behind quarks in higher representations of the gauge group."""

from __future__ import annotations

from lqcdnn.config.measurement import FileMeasurement
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.representations import is_higher
from lqcdnn.config.tables.schema import RunConfig

REPRESENTATION_REFERENCES: dict[str, dict[str, str]] = {
    "DelDebbioPatellaPica2010": {
        "type": "article",
        "use": "quarks in higher representations of the gauge group",
        "author": "Del Debbio, Luigi and Patella, Agostino and Pica, Claudio",
        "title": "Higher representations on the lattice: Numerical simulations. {SU(2)} with adjoint fermions",
        "journal": "Phys. Rev. D",
        "volume": "81",
        "pages": "094503",
        "year": "2010",
        "eprint": "0805.2058",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.81.094503",
    },
    "CurciVeneziano1987": {
        "type": "article",
        "use": "Majorana quarks: supersymmetric Yang-Mills theory",
        "author": "Curci, G. and Veneziano, G.",
        "title": "Supersymmetry and the lattice: a reconciliation?",
        "journal": "Nucl. Phys. B",
        "volume": "292",
        "pages": "555--572",
        "year": "1987",
        "doi": "10.1016/0550-3213(87)90660-2",
    },
}


def representation_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers, if a quark of the action or one that is measured has another representation."""
    quarks: list[QuarkConfig] = list(config.valence.values())
    if isinstance(config, RunConfig):
        quarks += config.action.fermion
    used = {"DelDebbioPatellaPica2010"} if any(is_higher(quark.representation) for quark in quarks) else set()
    return used | ({"CurciVeneziano1987"} if any(quark.flavors % 1 for quark in quarks) else set())
