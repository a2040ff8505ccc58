"""Papers behind phases of fermions at the boundary, and behind fluctuations of the quark number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.observables import FERMIONIC
from lqcdnn.config.tables.schema import RunConfig

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement

PHASE_REFERENCES: dict[str, dict[str, str]] = {
    "HasenfratzKarsch1983": {
        "type": "article",
        "use": "chemical potential on the lattice",
        "author": "Hasenfratz, P. and Karsch, F.",
        "title": "Chemical potential on the lattice",
        "journal": "Phys. Lett. B",
        "volume": "125",
        "pages": "308--310",
        "year": "1983",
        "doi": "10.1016/0370-2693(83)91290-X",
    },
    "RobergeWeiss1986": {
        "type": "article",
        "use": "gauge theories at imaginary chemical potential and their symmetry",
        "author": "Roberge, Andr{\\'e} and Weiss, Nathan",
        "title": "Gauge theories with imaginary chemical potential and the phases of {QCD}",
        "journal": "Nucl. Phys. B",
        "volume": "275",
        "pages": "734--745",
        "year": "1986",
        "doi": "10.1016/0550-3213(86)90582-1",
    },
    "deForcrandPhilipsen2002": {
        "type": "article",
        "use": "simulations at imaginary chemical potential",
        "author": "de Forcrand, Philippe and Philipsen, Owe",
        "title": "The {QCD} phase diagram for small densities from imaginary chemical potential",
        "journal": "Nucl. Phys. B",
        "volume": "642",
        "pages": "290--306",
        "year": "2002",
        "eprint": "hep-lat/0205016",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0550-3213(02)00626-0",
    },
    "DEliaLombardo2003": {
        "type": "article",
        "use": "simulations at imaginary chemical potential",
        "author": "D'Elia, Massimo and Lombardo, Maria-Paola",
        "title": "Finite density {QCD} via imaginary chemical potential",
        "journal": "Phys. Rev. D",
        "volume": "67",
        "pages": "014505",
        "year": "2003",
        "eprint": "hep-lat/0209146",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.67.014505",
    },
    "Allton2005": {
        "type": "article",
        "use": "expansion of the pressure in the chemical potential, traces of derivatives",
        "author": "Allton, C. R. and D{\\\"o}ring, M. and Ejiri, S. and Hands, S. J. and Kaczmarek, O. and "
        "Karsch, F. and Laermann, E. and Redlich, K.",
        "title": "Thermodynamics of two flavor {QCD} to sixth order in quark chemical potential",
        "journal": "Phys. Rev. D",
        "volume": "71",
        "pages": "054508",
        "year": "2005",
        "eprint": "hep-lat/0501030",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.71.054508",
    },
    "HotQCD2012": {
        "type": "article",
        "use": "conventions of susceptibilities of quark numbers and conserved charges",
        "author": "Bazavov, A. and others",
        "title": "Fluctuations and correlations of net baryon number, electric charge, and strangeness: "
        "A comparison of lattice {QCD} results with the hadron resonance gas model",
        "journal": "Phys. Rev. D",
        "volume": "86",
        "pages": "034509",
        "year": "2012",
        "eprint": "1203.0784",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.86.034509",
    },
    "Bedaque2004": {
        "type": "article",
        "use": "quarks with a twist at the boundary of space",
        "author": "Bedaque, Paulo F.",
        "title": "{Aharonov-Bohm} effect and nucleon-nucleon phase shifts on the lattice",
        "journal": "Phys. Lett. B",
        "volume": "593",
        "pages": "82--88",
        "year": "2004",
        "eprint": "nucl-th/0402051",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.physletb.2004.04.045",
    },
    "SachrajdaVilladoro2005": {
        "type": "article",
        "use": "quarks with a twist at the boundary of space",
        "author": "Sachrajda, C. T. and Villadoro, G.",
        "title": "Twisted boundary conditions in lattice simulations",
        "journal": "Phys. Lett. B",
        "volume": "609",
        "pages": "73--85",
        "year": "2005",
        "eprint": "hep-lat/0411033",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.physletb.2005.01.033",
    },
}


def phase_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on angles in time, in space, on the number of quarks and its fluctuations."""
    used: set[str] = set()
    if config.observed("quark_fluctuations"):
        used |= {"HasenfratzKarsch1983", "Allton2005", "HotQCD2012"}
    if config.observed("quark_number") and not any(quark.at_density for quark in quarks_of(config)):
        used |= {"HasenfratzKarsch1983", "deForcrandPhilipsen2002"}
    for theta in _angles(config):
        if theta[-1]:
            used |= {"HasenfratzKarsch1983", "RobergeWeiss1986", "deForcrandPhilipsen2002", "DEliaLombardo2003"}
        if any(theta[:-1]):
            used |= {"Bedaque2004", "SachrajdaVilladoro2005"}
    return used


def quarks_of(config: RunConfig | FileMeasurement) -> tuple[QuarkConfig, ...]:
    """Those of the action and valence quarks."""
    fermions = config.action.fermion if isinstance(config, RunConfig) else ()
    return (*fermions, *config.valence.values())


def _angles(config: RunConfig | FileMeasurement) -> Iterator[tuple[float, ...]]:
    """Those of all quarks."""
    options = [one for kind in FERMIONIC for one in config.observed(kind)]
    for table in (*quarks_of(config), *options):
        for name in ("theta", "antiquark_theta"):
            if found := getattr(table, name, None):
                yield found
