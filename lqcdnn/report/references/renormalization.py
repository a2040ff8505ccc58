"""Papers behind quark propagators and vertices in momentum space: non-perturbative renormalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import OF_PHYSICAL_SCALE, is_scan_fit, parse_fit

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
    "ChetyrkinRetey2000": {
        "type": "article",
        "use": "renormalisation constants of masses and fields in the MSbar scheme from RI'/MOM",
        "author": "Chetyrkin, K. G. and R{\\'e}tey, A.",
        "title": "Renormalization and running of quark mass and field in the regularization invariant and {MS}-bar "
        "schemes at three and four loops",
        "journal": "Nucl. Phys. B",
        "volume": "583",
        "pages": "3--34",
        "year": "2000",
        "eprint": "hep-ph/9910332",
        "archiveprefix": "arXiv",
    },
    "Gracey2003": {
        "type": "article",
        "use": "the tensor current in the MSbar scheme from RI'/MOM",
        "author": "Gracey, J. A.",
        "title": "Three loop anomalous dimension of non-singlet quark currents in the {RI}' scheme",
        "journal": "Nucl. Phys. B",
        "volume": "662",
        "pages": "247--278",
        "year": "2003",
        "eprint": "hep-ph/0304113",
        "archiveprefix": "arXiv",
    },
    "AlmeidaSturm2010": {
        "type": "article",
        "use": "masses and tensor currents in the MSbar scheme from RI/SMOM",
        "author": "Almeida, Leandro G. and Sturm, Christian",
        "title": "Two-loop matching factors for light quark masses and three-loop mass anomalous dimensions in the "
        "{RI/SMOM} schemes",
        "journal": "Phys. Rev. D",
        "volume": "82",
        "pages": "054017",
        "year": "2010",
        "eprint": "1004.4613",
        "archiveprefix": "arXiv",
    },
    "GorbahnJaeger2010": {
        "type": "article",
        "use": "masses in the MSbar scheme from RI/SMOM",
        "author": 'Gorbahn, Martin and J{\\"a}ger, Sebastian',
        "title": "Precise {MS}-bar light-quark masses from lattice {QCD} in the {RI/SMOM} scheme",
        "journal": "Phys. Rev. D",
        "volume": "82",
        "pages": "114001",
        "year": "2010",
        "eprint": "1004.3997",
        "archiveprefix": "arXiv",
    },
}


def renormalization_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on quarks in momentum space that an input measures."""
    vertices = config.observed("quark_vertices")
    used = {"Goeckeler1999", "Martinelli1995"} if (*vertices, *config.observed("quark_propagator")) else set[str]()
    symmetric = any(one.kinematics == "symmetric" for one in vertices)
    used |= {"Sturm2009"} if symmetric else set()
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    if any(parse_fit(text).kind in OF_PHYSICAL_SCALE for text in texts if not is_scan_fit(text)):
        used |= {"ChetyrkinRetey2000", "Gracey2003", "VanRitbergenVermaserenLarin1997"}
        used |= {"AlmeidaSturm2010", "GorbahnJaeger2010"} if symmetric else set()
    return used
