"""Papers behind the gradient flow and smeared links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lqcdnn.config.tables.flows import FlowOptions
from lqcdnn.config.tables.networks import HEX
from lqcdnn.config.tables.quarkobservables import FlowedQuarksConfig
from lqcdnn.report.references.actions import BY_GAUGE_KIND
from lqcdnn.report.references.mesons import SMEARED

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement
    from lqcdnn.config.tables.schema import RunConfig

FLOW_REFERENCES: dict[str, dict[str, str]] = {
    "Luscher2010": {
        "type": "article",
        "use": "gradient flow, its integrator, energy density",
        "author": 'L{\\"u}scher, Martin',
        "title": "Properties and uses of the {Wilson} flow in lattice {QCD}",
        "journal": "JHEP",
        "volume": "08",
        "pages": "071",
        "year": "2010",
        "eprint": "1006.4518",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP08(2010)071",
    },
    "Luscher2013": {
        "type": "article",
        "use": "gradient flow of quark fields, its adjoint, condensate at positive flow time",
        "author": 'L{\\"u}scher, Martin',
        "title": "Chiral symmetry and the {Yang-Mills} gradient flow",
        "journal": "JHEP",
        "volume": "04",
        "pages": "123",
        "year": "2013",
        "eprint": "1302.5246",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP04(2013)123",
    },
    "MakinoSuzuki2014": {
        "type": "article",
        "use": "ringed quark fields",
        "author": "Makino, Hiroki and Suzuki, Hiroshi",
        "title": "Lattice energy-momentum tensor from the {Yang-Mills} gradient flow: Inclusion of fermion fields",
        "journal": "PTEP",
        "volume": "2014",
        "pages": "063B02",
        "year": "2014",
        "eprint": "1403.4772",
        "archiveprefix": "arXiv",
        "doi": "10.1093/ptep/ptu070",
    },
    "FritzschRamos2013": {
        "type": "article",
        "use": "adaptive steps of the gradient flow",
        "author": "Fritzsch, Patrick and Ramos, Alberto",
        "title": 'The gradient flow coupling in the {Schr{\\"o}dinger} functional',
        "journal": "JHEP",
        "volume": "10",
        "pages": "008",
        "year": "2013",
        "eprint": "1301.4388",
        "archiveprefix": "arXiv",
        "doi": "10.1007/JHEP10(2013)008",
    },
    "RamosSint2016": {
        "type": "article",
        "use": "Zeuthen flow",
        "author": "Ramos, Alberto and Sint, Stefan",
        "title": "Symanzik improvement of the gradient flow in lattice gauge theories",
        "journal": "Eur. Phys. J. C",
        "volume": "76",
        "pages": "15",
        "year": "2016",
        "eprint": "1508.05552",
        "archiveprefix": "arXiv",
        "doi": "10.1140/epjc/s10052-015-3831-9",
    },
    "Albanese1987": {
        "type": "article",
        "use": "APE smearing of space links",
        "author": "Albanese, M. and others",
        "title": "Glueball masses and string tension in lattice {QCD}",
        "journal": "Phys. Lett. B",
        "volume": "192",
        "pages": "163--169",
        "year": "1987",
        "doi": "10.1016/0370-2693(87)91160-9",
    },
    "HasenfratzKnechtli2001": {
        "type": "article",
        "use": "hypercubic (HYP) smearing",
        "author": "Hasenfratz, Anna and Knechtli, Francesco",
        "title": "Flavor symmetry and the static potential with hypercubic blocking",
        "journal": "Phys. Rev. D",
        "volume": "64",
        "pages": "034504",
        "year": "2001",
        "eprint": "hep-lat/0103029",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.64.034504",
    },
    "CapitaniDurrHoelbling2006": {
        "type": "article",
        "use": "hypercubic exponential (HEX) smearing",
        "author": 'Capitani, Stefano and D{\\"u}rr, Stephan and Hoelbling, Christian',
        "title": "Rationale for {UV}-filtered clover fermions",
        "journal": "JHEP",
        "volume": "11",
        "pages": "028",
        "year": "2006",
        "eprint": "hep-lat/0607006",
        "archiveprefix": "arXiv",
        "doi": "10.1088/1126-6708/2006/11/028",
    },
}


def flow_keys(config: RunConfig | FileMeasurement) -> set[str]:
    """Keys of the papers on the flows, energies and smeared links that an input asks for."""
    of_quarks = config.observed("flowed_quarks")
    flows = [*config.flow.values(), *config.observed("flow"), *of_quarks]
    sources = [one for kind in SMEARED for one in config.observed(kind)]
    used = {"Luscher2010"} if flows or config.observed("energy") else set[str]()
    used |= {"Luscher2013", "MakinoSuzuki2014"} if of_quarks else set()
    hexed = any(layer.kind == HEX for network in config.network.values() for layer in network.layer)
    used |= {"CapitaniDurrHoelbling2006", "HasenfratzKnechtli2001"} if hexed else set()
    used |= {"HasenfratzKnechtli2001"} if config.smearing or any(one.hyp_steps for one in sources) else set()
    used |= {"FritzschRamos2013" for flow in flows if getattr(flow, "integrator", "") == "adaptive"}
    kinds = {flow.kind for flow in flows if isinstance(flow, FlowOptions | FlowedQuarksConfig)}
    used |= {"RamosSint2016" if kind == "zeuthen" else BY_GAUGE_KIND[kind] for kind in kinds - {"wilson"}}
    smearing = (*config.observed("wilson_loop"), *config.observed("plaquette_correlator"))
    smeared = any(options.smearing == "ape" for options in smearing)
    smeared |= any(max(options.steps) > 0 for options in config.observed("glueballs"))
    return used | ({"Albanese1987"} if smeared else set())
