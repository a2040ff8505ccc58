"""Papers behind correlators of vector currents and the fits of the hadronic vacuum polarisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.language.fits import is_scan_fit, parse_fit
from lqcdnn.config.rules.valence import quarks_of
from lqcdnn.config.tables.currents import LOCAL_LOCAL

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

VACUUM_POLARIZATION_REFERENCES: dict[str, dict[str, str]] = {
    "BerneckerMeyer2011": {
        "type": "article",
        "use": "vacuum polarisation from correlators in time",
        "author": "Bernecker, David and Meyer, Harvey B.",
        "title": "Vector correlators in lattice {QCD}: methods and applications",
        "journal": "Eur. Phys. J. A",
        "volume": "47",
        "pages": "148",
        "year": "2011",
        "eprint": "1107.4388",
        "archiveprefix": "arXiv",
        "doi": "10.1140/epja/i2011-11148-6",
    },
    "Chakraborty2014": {
        "type": "article",
        "use": "vacuum polarisation from moments in time",
        "author": "Chakraborty, Bipasha and Davies, C. T. H. and Donald, G. C. and Dowdall, R. J. and "
        "Koponen, J. and Lepage, G. P. and Teubner, T.",
        "collaboration": "HPQCD",
        "title": "Strange and charm quark contributions to the anomalous magnetic moment of the muon",
        "journal": "Phys. Rev. D",
        "volume": "89",
        "pages": "114501",
        "year": "2014",
        "eprint": "1403.1778",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.89.114501",
    },
    "Blum2003": {
        "type": "article",
        "use": "the muon's anomalous magnetic moment from the vacuum polarisation on a lattice",
        "author": "Blum, T.",
        "title": "Lattice calculation of the lowest order hadronic contribution to the muon anomalous magnetic moment",
        "journal": "Phys. Rev. Lett.",
        "volume": "91",
        "pages": "052001",
        "year": "2003",
        "eprint": "hep-lat/0212018",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.91.052001",
    },
    "Blum2018": {
        "type": "article",
        "use": "windows in time of the muon's anomalous magnetic moment",
        "author": 'Blum, T. and Boyle, P. A. and G{\\"u}lpers, V. and Izubuchi, T. and Jin, L. and Jung, C. and '
        'J{\\"u}ttner, A. and Lehner, C. and Portelli, A. and Tsang, J. T.',
        "collaboration": "RBC and UKQCD",
        "title": "Calculation of the hadronic vacuum polarization contribution to the muon anomalous magnetic moment",
        "journal": "Phys. Rev. Lett.",
        "volume": "121",
        "pages": "022003",
        "year": "2018",
        "eprint": "1801.07224",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevLett.121.022003",
    },
}


def vacuum_polarization_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Return the keys of the papers on vector currents that an input measures, and on its fits of them."""
    quarks = quarks_of(getattr(config, "action", None), config.valence)
    conserved = [one.fermion for one in config.observed("vector_correlator") if set(one.currents) != {LOCAL_LOCAL}]
    used = {"KarstenSmit1981"} if any(name and quarks[name].kind == "wilson" for name in conserved) else set[str]()
    used |= {"BerneckerMeyer2011"} if config.observed("vector_correlator") else set()
    texts = getattr(getattr(config, "analyze", None), "fit", ())
    kinds = {parse_fit(text).kind for text in texts if not is_scan_fit(text)}
    used |= {"Chakraborty2014"} if "time_moments" in kinds else set()
    return used | ({"Blum2003", "Blum2018"} if "muon_anomaly" in kinds else set())
