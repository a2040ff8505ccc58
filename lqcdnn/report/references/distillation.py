"""Papers behind distilled quarks and energies of two particles in a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import SCATTERING_KINDS, is_scan_fit, parse_fit

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

DISTILLATION_REFERENCES: dict[str, dict[str, str]] = {
    "Peardon2009": {
        "type": "article",
        "use": "distillation: quarks smeared by eigenvectors of the Laplacian",
        "author": "Peardon, Michael and Bulava, John and Foley, Justin and Morningstar, Colin and Dudek, Jozef and "
        "Edwards, Robert G. and Jo{\\'o}, B{\\'a}lint and Lin, Huey-Wen and Richards, David G. and Juge, Keisuke Jimmy",
        "collaboration": "Hadron Spectrum",
        "title": "A novel quark-field creation operator construction for hadronic physics in lattice {QCD}",
        "journal": "Phys. Rev. D",
        "volume": "80",
        "pages": "054506",
        "year": "2009",
        "eprint": "0905.2160",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.80.054506",
    },
    "Luscher1991": {
        "type": "article",
        "use": "scattering phases from energies of two particles in a box",
        "author": "L{\\\"u}scher, Martin",
        "title": "Two-particle states on a torus and their relation to the scattering matrix",
        "journal": "Nucl. Phys. B",
        "volume": "354",
        "pages": "531--578",
        "year": "1991",
        "doi": "10.1016/0550-3213(91)90366-6",
    },
    "Luscher1986": {
        "type": "article",
        "use": "scattering length from the lowest energy of two particles in a box",
        "author": "L{\\\"u}scher, Martin",
        "title": "Volume dependence of the energy spectrum in massive quantum field theories. {II}. Scattering states",
        "journal": "Commun. Math. Phys.",
        "volume": "105",
        "pages": "153--188",
        "year": "1986",
        "doi": "10.1007/BF01211097",
    },
    "RummukainenGottlieb1995": {
        "type": "article",
        "use": "scattering phases from energies of two particles in a moving frame",
        "author": "Rummukainen, K. and Gottlieb, Steven A.",
        "title": "Resonance scattering phase shifts on a nonrest frame lattice",
        "journal": "Nucl. Phys. B",
        "volume": "450",
        "pages": "397--436",
        "year": "1995",
        "eprint": "hep-lat/9503028",
        "archiveprefix": "arXiv",
        "doi": "10.1016/0550-3213(95)00313-H",
    },
    "Dudek2013": {
        "type": "article",
        "use": "two pions and mesons of isospin 1: diagrams in which quarks annihilate",
        "author": "Dudek, Jozef J. and Edwards, Robert G. and Thomas, Christopher E.",
        "collaboration": "Hadron Spectrum",
        "title": "Energy dependence of the $\\rho$ resonance in $\\pi\\pi$ elastic scattering from lattice {QCD}",
        "journal": "Phys. Rev. D",
        "volume": "87",
        "pages": "034505",
        "year": "2013",
        "eprint": "1212.0830",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.87.034505",
    },
    "Briceno2017": {
        "type": "article",
        "use": "two pions and mesons of isospin 0: disconnected diagrams",
        "author": "Brice{\\~n}o, Ra{\\'u}l A. and Dudek, Jozef J. and Edwards, Robert G. and Wilson, David J.",
        "title": "Isoscalar $\\pi\\pi$ scattering and the $\\sigma$ meson resonance from {QCD}",
        "journal": "Phys. Rev. Lett.",
        "volume": "118",
        "pages": "022002",
        "year": "2017",
        "eprint": "1607.05900",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.118.022002",
    },
}


def distillation_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on distilled quarks and scattering that an input uses."""
    tables = config.observed("distillation")
    used = {"Peardon2009", "GattringerLang2010"} if tables else set[str]()
    used |= {"LuscherWolff1990"} if any(one.two_pions or one.moving_pions for one in tables) else set()
    isospins = {isospin for one in tables for isospin in one.isospins or ()}
    used |= {key for isospin, key in ((1, "Dudek2013"), (0, "Briceno2017")) if isospin in isospins}
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    fits = [parse_fit(text) for text in texts if not is_scan_fit(text)]
    scattering = any(one.kind in SCATTERING_KINDS for one in fits)
    moving = any("moving" in one.kind for one in fits) or any(one.moving_pions for one in tables)
    used |= {"RummukainenGottlieb1995"} if moving else set()
    return used | ({"LuscherWolff1990", "Luscher1991", "Luscher1986"} if scattering else set())
