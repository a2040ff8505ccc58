"""Papers behind the solvers that an input may choose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lqcdnn.config.tables.fermions import FermionConfig, QuarkConfig

SOLVER_REFERENCES: dict[str, dict[str, str]] = {
    "Brower1997": {
        "type": "article",
        "use": "start vectors of the solves in molecular dynamics",
        "author": "Brower, R. C. and Ivanenko, T. and Levi, A. R. and Orginos, K. N.",
        "title": "Chronological inversion method for the {Dirac} matrix in hybrid {Monte Carlo}",
        "journal": "Nucl. Phys. B",
        "volume": "484",
        "pages": "353--374",
        "year": "1997",
        "eprint": "hep-lat/9509012",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0550-3213(96)00579-2",
    },
    "Clark2010": {
        "type": "article",
        "use": "links of 16 bits in mixed precision",
        "author": "Clark, M. A. and Babich, R. and Barros, K. and Brower, R. C. and Rebbi, C.",
        "title": "Solving lattice {QCD} systems of equations using mixed precision solvers on {GPUs}",
        "journal": "Comput. Phys. Commun.",
        "volume": "181",
        "pages": "1517--1528",
        "year": "2010",
        "eprint": "0911.3191",
        "archiveprefix": "arXiv",
        "doi": "10.1016/j.cpc.2010.05.002",
    },
    "Simoncini2003": {
        "type": "article",
        "use": "shifted systems in mixed precision",
        "author": "Simoncini, V. and Szyld, D. B.",
        "title": "Theory of inexact {Krylov} subspace methods and applications to scientific computing",
        "journal": "SIAM J. Sci. Comput.",
        "volume": "25",
        "pages": "454--477",
        "year": "2003",
        "doi": "10.1137/S1064827502406415",
    },
    "VanDerVorst1992": {
        "type": "article",
        "use": "stabilised biconjugate gradients",
        "author": "van der Vorst, H. A.",
        "title": "{Bi-CGSTAB}: a fast and smoothly converging variant of {Bi-CG} for the solution of nonsymmetric "
        "linear systems",
        "journal": "SIAM J. Sci. Stat. Comput.",
        "volume": "13",
        "pages": "631--644",
        "year": "1992",
        "doi": "10.1137/0913035",
    },
    "Babich2010": {
        "type": "article",
        "use": "multigrid for Wilson quarks",
        "author": "Babich, R. and Brannick, J. and Brower, R. C. and Clark, M. A. and Manteuffel, T. A. and McCormick, "
        "S. F. and Osborn, J. C. and Rebbi, C.",
        "title": "Adaptive multigrid algorithm for the lattice {Wilson-Dirac} operator",
        "journal": "Phys. Rev. Lett.",
        "volume": "105",
        "pages": "201602",
        "year": "2010",
        "eprint": "1005.3043",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.105.201602",
    },
    "Frommer2014": {
        "type": "article",
        "use": "setup of the multigrid",
        "author": "Frommer, A. and Kahl, K. and Krieg, S. and Leder, B. and Rottmann, M.",
        "title": "Adaptive aggregation based domain decomposition multigrid for the lattice {Wilson-Dirac} operator",
        "journal": "SIAM J. Sci. Comput.",
        "volume": "36",
        "pages": "A1581--A1608",
        "year": "2014",
        "eprint": "1303.1377",
        "archiveprefix": "arXiv",
        "doi": "10.1137/130919507",
    },
}


def solvers_used(fermions: Iterable[QuarkConfig]) -> Iterator[str]:
    """Yield the keys of the papers on what these fermions, of an action or only measured, are solved with."""
    for fermion in fermions:
        if isinstance(fermion, FermionConfig) and fermion.start_vectors:
            yield "Brower1997"
        if isinstance(fermion, FermionConfig) and fermion.rational and fermion.solver == "mixed":
            yield "Simoncini2003"
        if fermion.solver == "half":
            yield "Clark2010"
        if fermion.solver == "bicgstab":
            yield "VanDerVorst1992"
        if fermion.solver == "multigrid":
            yield from ("Babich2010", "Frommer2014")
