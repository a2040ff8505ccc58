"""Papers behind the correlators of staggered mesons and of baryons, and smeared sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.rules.valence import quarks_of

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

MESON_REFERENCES: dict[str, dict[str, str]] = {
    "Golterman1986": {
        "type": "article",
        "use": "states in the correlators of staggered mesons",
        "author": "Golterman, Maarten F. L.",
        "title": "Staggered mesons",
        "journal": "Nucl. Phys. B",
        "volume": "273",
        "pages": "663--676",
        "year": "1986",
    },
    "Altmeyer1993": {
        "type": "article",
        "use": "local staggered mesons and fits with their partners of alternating sign",
        "author": "Altmeyer, R. and others",
        "collaboration": "MT(c)",
        "title": "The hadron spectrum in {QCD} with dynamical staggered fermions",
        "journal": "Nucl. Phys. B",
        "volume": "389",
        "pages": "445--512",
        "year": "1993",
    },
}

BARYON_REFERENCES: dict[str, dict[str, str]] = {
    "GattringerLang2010": {
        "type": "book",
        "use": "interpolators and contractions of baryons, disconnected contractions of mesons",
        "author": "Gattringer, Christof and Lang, Christian B.",
        "title": "Quantum Chromodynamics on the Lattice",
        "series": "Lect. Notes Phys.",
        "volume": "788",
        "publisher": "Springer",
        "year": "2010",
        "doi": "10.1007/978-3-642-01850-3",
    },
}

HYPERON_REFERENCES: dict[str, dict[str, str]] = {
    "LeinweberWoloshynDraper1991": {
        "type": "article",
        "use": "interpolators of Lambda, Sigma and Xi",
        "author": "Leinweber, Derek B. and Woloshyn, R. M. and Draper, Terrence",
        "title": "Electromagnetic structure of octet baryons",
        "journal": "Phys. Rev. D",
        "volume": "43",
        "pages": "1659--1678",
        "year": "1991",
        "doi": "10.1103/PhysRevD.43.1659",
    },
    "LeinweberDraperWoloshyn1992": {
        "type": "article",
        "use": "interpolators of Sigma*, Xi* and Omega",
        "author": "Leinweber, Derek B. and Draper, Terrence and Woloshyn, R. M.",
        "title": "Decuplet baryon structure from lattice {QCD}",
        "journal": "Phys. Rev. D",
        "volume": "46",
        "pages": "3067--3085",
        "year": "1992",
        "eprint": "hep-lat/9208025",
        "doi": "10.1103/PhysRevD.46.3067",
    },
}

STATIC_REFERENCES: dict[str, dict[str, str]] = {
    "EichtenHill1990": {
        "type": "article",
        "use": "static quarks on the lattice",
        "author": "Eichten, Estia and Hill, Brian",
        "title": "An effective field theory for the calculation of matrix elements involving heavy quarks",
        "journal": "Phys. Lett. B",
        "volume": "234",
        "pages": "511--516",
        "year": "1990",
        "doi": "10.1016/0370-2693(90)92049-O",
    },
    "DellaMorteShindlerSommer2005": {
        "type": "article",
        "use": "smeared links of static quarks",
        "author": "Della Morte, Michele and Shindler, Andrea and Sommer, Rainer",
        "title": "On lattice actions for static quarks",
        "journal": "JHEP",
        "volume": "08",
        "pages": "051",
        "year": "2005",
        "eprint": "hep-lat/0506008",
        "doi": "10.1088/1126-6708/2005/08/051",
    },
}

SMEARING_REFERENCES: dict[str, dict[str, str]] = {
    "Guesken1990": {
        "type": "article",
        "use": "Gaussian smearing of quark sources",
        "author": "Guesken, S.",
        "title": "A study of smearing techniques for hadron correlation functions",
        "journal": "Nucl. Phys. B Proc. Suppl.",
        "volume": "17",
        "pages": "361--364",
        "year": "1990",
    },
}


SMEARED = ("mesons", "baryons", "static_light", "meson_currents", "baryon_currents")
"""Observables with sources that can be smeared."""


def baryon_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Keys of what is cited for the baryons and static quarks that an input measures, and for smeared sources."""
    baryons = config.observed("baryons")
    used = set(BARYON_REFERENCES) if baryons else set[str]()
    static = config.observed("static_light")
    used |= {"EichtenHill1990"} if static else set()
    used |= {"DellaMorteShindlerSommer2005"} if any(one.static_links != "thin" for one in static) else set()
    names = {"ape": "Albanese1987", "hyp1": "HasenfratzKnechtli2001", "hyp2": "HasenfratzKnechtli2001"}
    used |= {names[one.static_links] for one in static if one.static_links in names}
    used |= set(HYPERON_REFERENCES) if any(one.strange_mass is not None for one in baryons) else set()
    tables = (one for kind in SMEARED for one in config.observed(kind))
    return used | (set(SMEARING_REFERENCES) if any(one.source == "gaussian" for one in tables) else set())


def meson_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the staggered mesons that an input measures."""
    quarks = quarks_of(getattr(config, "action", None), config.valence)
    names = {options.fermion for options in config.observed("mesons")}
    used = any(name is None or quarks[name].kind == "staggered" for name in names)
    return {"KogutSusskind1975", *MESON_REFERENCES} if used else set()
