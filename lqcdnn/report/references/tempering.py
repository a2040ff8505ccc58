"""Papers behind parallel tempering on boundary conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lqcdnn.config.tables.schema import RunConfig

TEMPERING_REFERENCES: dict[str, dict[str, str]] = {
    "Hasenbusch2017": {
        "type": "article",
        "use": "parallel tempering in a defect",
        "author": "Hasenbusch, Martin",
        "title": "Fighting topological freezing in the two-dimensional {CP}$^{N-1}$ model",
        "journal": "Phys. Rev. D",
        "volume": "96",
        "pages": "054504",
        "year": "2017",
        "eprint": "1706.04443",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.96.054504",
    },
    "Bonanno2020": {
        "type": "article",
        "use": "parallel tempering on boundary conditions of gauge theories",
        "author": "Bonanno, Claudio and Bonati, Claudio and D'Elia, Massimo",
        "title": "Large-{$N$} {SU($N$)} {Yang-Mills} theories with milder topological freezing",
        "journal": "JHEP",
        "volume": "03",
        "pages": "111",
        "year": "2021",
        "eprint": "2012.14000",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP03(2021)111",
    },
    "Bonanno2024": {
        "type": "article",
        "use": "parallel tempering on boundary conditions with dynamical fermions",
        "author": "Bonanno, Claudio and Clemente, Giuseppe and D'Elia, Massimo and Maio, Lorenzo and Parente, Luca",
        "title": "Full {QCD} with milder topological freezing",
        "journal": "JHEP",
        "volume": "08",
        "pages": "236",
        "year": "2024",
        "eprint": "2404.14151",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP08(2024)236",
    },
    "Syed2022": {
        "type": "article",
        "use": "round trips of replicas, and the couplings proposed",
        "author": "Syed, Saifuddin and Bouchard-C{\\^o}t{\\'e}, Alexandre and Deligiannidis, George and Doucet, Arnaud",
        "title": "Non-reversible parallel tempering: a scalable highly parallel {MCMC} scheme",
        "journal": "J. R. Stat. Soc. B",
        "volume": "84",
        "pages": "321",
        "year": "2022",
        "eprint": "1905.02939",
        "archiveprefix": "arXiv",
        "doi": "10.1111/rssb.12464",
    },
}


def tempering_keys(config: RunConfig) -> set[str]:
    """Keys of the papers on parallel tempering."""
    if config.update.tempering is None:
        return set()
    return {"Hasenbusch2017", "Syed2022", "Bonanno2024" if config.action.fermion else "Bonanno2020"}
