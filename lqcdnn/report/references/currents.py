"""Papers behind three-point functions of hadrons and the fits of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import is_scan_fit, parse_fit
from lqcdnn.config.tables.currents import CONSERVED, FRACTIONS, LINES

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

CURRENT_REFERENCES: dict[str, dict[str, str]] = {
    "MartinelliSachrajda1989": {
        "type": "article",
        "use": "three-point functions of hadrons by sequential sources",
        "author": "Martinelli, G. and Sachrajda, C. T.",
        "title": "A lattice study of nucleon structure",
        "journal": "Nucl. Phys. B",
        "volume": "316",
        "pages": "355",
        "year": "1989",
    },
    "KarstenSmit1981": {
        "type": "article",
        "use": "the conserved vector current of Wilson quarks",
        "author": "Karsten, Luuk H. and Smit, Jan",
        "title": "Lattice fermions: species doubling, chiral invariance and the triangle anomaly",
        "journal": "Nucl. Phys. B",
        "volume": "183",
        "pages": "103",
        "year": "1981",
    },
    "Maiani1987": {
        "type": "article",
        "use": "matrix elements from sums over the time of a current",
        "author": "Maiani, L. and Martinelli, G. and Paciello, M. L. and Taglienti, B.",
        "title": "Scalar densities and baryon mass differences in lattice {QCD} with {Wilson} fermions",
        "journal": "Nucl. Phys. B",
        "volume": "293",
        "pages": "420",
        "year": "1987",
    },
    "Capitani2012": {
        "type": "article",
        "use": "excited states in ratios of three-point functions and in their sums",
        "author": 'Capitani, S. and Della Morte, M. and von Hippel, G. and J{\\"a}ger, B. and J{\\"u}ttner, A. and '
        "Knippschild, B. and Meyer, H. B. and Wittig, H.",
        "title": "The nucleon axial charge from lattice {QCD} with controlled errors",
        "journal": "Phys. Rev. D",
        "volume": "86",
        "pages": "074502",
        "year": "2012",
        "eprint": "1205.0180",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.86.074502",
    },
    "Goeckeler1996": {
        "type": "article",
        "use": "operators with one derivative, momentum and helicity fractions",
        "author": 'G{\\"o}ckeler, M. and Horsley, R. and Ilgenfritz, E.-M. and Perlt, H. and Rakow, P. and '
        "Schierholz, G. and Schiller, A.",
        "title": "Polarized and unpolarized nucleon structure functions from lattice {QCD}",
        "journal": "Phys. Rev. D",
        "volume": "53",
        "pages": "2317",
        "year": "1996",
        "eprint": "hep-lat/9508004",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.53.2317",
    },
    "Ji2013": {
        "type": "article",
        "use": "parton distributions from quarks a line of links apart",
        "author": "Ji, Xiangdong",
        "title": "Parton physics on a {Euclidean} lattice",
        "journal": "Phys. Rev. Lett.",
        "volume": "110",
        "pages": "262002",
        "year": "2013",
        "eprint": "1305.1539",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.110.262002",
    },
    "Radyushkin2017": {
        "type": "article",
        "use": "pseudo-distributions, lines with gamma_t",
        "author": "Radyushkin, A. V.",
        "title": "Quasi-parton distribution functions, momentum distributions, and "
        "pseudo-parton distribution functions",
        "journal": "Phys. Rev. D",
        "volume": "96",
        "pages": "034025",
        "year": "2017",
        "eprint": "1705.01488",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.96.034025",
    },
    "Orginos2017": {
        "type": "article",
        "use": "reduced pseudo-distributions",
        "author": "Orginos, Kostas and Radyushkin, Anatoly and Karpie, Joseph and Zafeiropoulos, Savvas",
        "title": "Lattice {QCD} exploration of parton pseudo-distribution functions",
        "journal": "Phys. Rev. D",
        "volume": "96",
        "pages": "094503",
        "year": "2017",
        "eprint": "1706.05373",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.96.094503",
    },
    "Allton1999": {
        "type": "article",
        "use": "four-quark operators of strangeness 2 and their bag parameters",
        "author": "Allton, C. R. and Conti, L. and Donini, A. and Gimenez, V. and Giusti, L. and Martinelli, G. and "
        "Talevi, M. and Vladikas, A.",
        "title": "B-parameters for Delta S = 2 supersymmetric operators",
        "journal": "Phys. Lett. B",
        "volume": "453",
        "pages": "30",
        "year": "1999",
        "eprint": "hep-lat/9806016",
        "archiveprefix": "arXiv",
    },
    "Boyle2012": {
        "type": "article",
        "use": "four-quark operators between two walls, normalisation of the bag parameters",
        "author": "Boyle, P. A. and Garron, N. and Hudspith, R. J.",
        "title": "Neutral kaon mixing beyond the standard model with nf = 2 + 1 chiral fermions",
        "journal": "Phys. Rev. D",
        "volume": "86",
        "pages": "054028",
        "year": "2012",
        "eprint": "1206.5737",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.86.054028",
    },
}


def current_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on the three-point functions that an input measures, and on its fits of them."""
    mixing = {"Allton1999", "Boyle2012"} if config.observed("meson_mixing") else set[str]()
    measured = (*config.observed("meson_currents"), *config.observed("baryon_currents"))
    used = mixing | ({"MartinelliSachrajda1989"} if measured else set())
    used |= {"KarstenSmit1981"} if any(CONSERVED in one.currents for one in measured) else set()
    wanted = {name for one in measured for name in one.currents}
    used |= {"Goeckeler1996"} if wanted & set(FRACTIONS) else set()
    used |= {"Ji2013", "Radyushkin2017"} if wanted & set(LINES) else set()
    used |= {"GattringerLang2010"} if config.observed("baryon_currents") else set()
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    kinds = {parse_fit(text).kind for text in texts if not is_scan_fit(text)}
    used |= {"Maiani1987"} if "summation" in kinds else set()
    used |= {"Orginos2017"} if "reduced_distribution" in kinds else set()
    return used | ({"Capitani2012"} if kinds & {"summation", "two_state"} else set())
