"""The papers behind the algorithms, and this program itself, as BibTeX records.

Plain data: nothing is imported but the version and the schema, so that ``lqcdnn cite`` answers at once.
``CITATION.cff`` in the repository is written from ``SOFTWARE`` (a test compares them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lqcdnn import __version__
from lqcdnn.config.tables.observables import FERMIONIC
from lqcdnn.config.tables.schema import RunConfig
from lqcdnn.report.references.actions import ACTION_REFERENCES, action_keys, quark_keys
from lqcdnn.report.references.anisotropy import ANISOTROPY_REFERENCES, anisotropy_keys
from lqcdnn.report.references.averaging import AVERAGING_REFERENCES, averaging_keys
from lqcdnn.report.references.background import BACKGROUND_REFERENCES, background_keys
from lqcdnn.report.references.bias import BIAS_REFERENCES, bias_keys
from lqcdnn.report.references.confinement import CONFINEMENT_REFERENCES, confinement_keys
from lqcdnn.report.references.currents import CURRENT_REFERENCES, current_keys
from lqcdnn.report.references.density import DENSITY_REFERENCES, density_keys
from lqcdnn.report.references.determinants import DETERMINANT_REFERENCES, determinant_keys
from lqcdnn.report.references.distillation import DISTILLATION_REFERENCES, distillation_keys
from lqcdnn.report.references.evolution import EVOLUTION_REFERENCES, evolution_keys
from lqcdnn.report.references.flow import FLOW_REFERENCES, flow_keys
from lqcdnn.report.references.gauges import GAUGE_REFERENCES, gauge_keys
from lqcdnn.report.references.gluonic import GLUONIC_REFERENCES, gluonic_keys, start_keys
from lqcdnn.report.references.heatbath import HEATBATH_REFERENCES, update_keys
from lqcdnn.report.references.improved import IMPROVED_REFERENCES
from lqcdnn.report.references.integrators import INTEGRATOR_REFERENCES, integrator_keys
from lqcdnn.report.references.llr import LLR_REFERENCES, llr_keys
from lqcdnn.report.references.mesons import (
    BARYON_REFERENCES,
    HYPERON_REFERENCES,
    MESON_REFERENCES,
    SMEARING_REFERENCES,
    STATIC_REFERENCES,
    baryon_keys,
    meson_keys,
)
from lqcdnn.report.references.modelaverages import MODEL_AVERAGE_REFERENCES, model_average_keys
from lqcdnn.report.references.oneflavor import ONE_FLAVOR_REFERENCES, one_flavor_keys
from lqcdnn.report.references.opentime import OPEN_REFERENCES, open_keys
from lqcdnn.report.references.overlap import OVERLAP_REFERENCES, overlap_keys
from lqcdnn.report.references.phases import PHASE_REFERENCES, phase_keys
from lqcdnn.report.references.photons import PHOTON_REFERENCES, photon_keys
from lqcdnn.report.references.quarkloops import LOOP_REFERENCES, loop_keys
from lqcdnn.report.references.rational import RATIONAL_REFERENCES, rational_keys
from lqcdnn.report.references.renormalization import RENORMALIZATION_REFERENCES, renormalization_keys
from lqcdnn.report.references.representations import REPRESENTATION_REFERENCES, representation_keys
from lqcdnn.report.references.scalar import SCALAR_REFERENCES, scalar_keys
from lqcdnn.report.references.schroedinger import SCHROEDINGER_REFERENCES, schroedinger_keys
from lqcdnn.report.references.selflearning import SELF_LEARNING_REFERENCES, self_learning_keys
from lqcdnn.report.references.smd import SMD_REFERENCES, smd_keys
from lqcdnn.report.references.solvers import SOLVER_REFERENCES, solvers_used
from lqcdnn.report.references.spectral import SPECTRAL_REFERENCES, spectral_keys
from lqcdnn.report.references.surrogates import SURROGATE_REFERENCES, surrogate_keys
from lqcdnn.report.references.tempering import TEMPERING_REFERENCES, tempering_keys
from lqcdnn.report.references.thermodynamics import THERMODYNAMICS_REFERENCES, thermodynamics_keys
from lqcdnn.report.references.theta import THETA_REFERENCES, theta_keys
from lqcdnn.report.references.topology import TOPOLOGY_REFERENCES, topology_keys
from lqcdnn.report.references.transformation import TRANSFORMATION_REFERENCES, transformation_keys
from lqcdnn.report.references.twist import TWIST_REFERENCES, twist_keys
from lqcdnn.report.references.twistedmass import TWISTED_MASS_REFERENCES, twisted_mass_keys
from lqcdnn.report.references.vacuumpolarization import VACUUM_POLARIZATION_REFERENCES, vacuum_polarization_keys

if TYPE_CHECKING:
    from lqcdnn.config.measurement import FileMeasurement

Record = dict[str, str]
"""``type`` and BibTeX fields; ``use`` says what the paper is cited for."""

SOFTWARE: Record = {
    "type": "software",
    "use": "this program",
    "author": "{The lqcdnn developers}",
    "title": "lqcdnn: lattice gauge theory with gauge-covariant neural networks",
    "version": __version__,
    "year": "2026",
}

REFERENCES: dict[str, Record] = {
    "lqcdnn": SOFTWARE,
    "Duane1987": {
        "type": "article",
        "use": "hybrid (Hamiltonian) Monte Carlo",
        "author": "Duane, S. and Kennedy, A. D. and Pendleton, B. J. and Roweth, D.",
        "title": "Hybrid Monte Carlo",
        "journal": "Phys. Lett. B",
        "volume": "195",
        "pages": "216--222",
        "year": "1987",
        "doi": "10.1016/0370-2693(87)91197-X",
    },
    "TomiyaNagai2021": {
        "type": "misc",
        "use": "gauge-covariant networks, self-learning HMC",
        "author": "Tomiya, Akio and Nagai, Yuki",
        "title": "Gauge covariant neural network for quarks and gluons",
        "year": "2021",
        "eprint": "2103.11965",
        "archiveprefix": "arXiv",
    },
    "NagaiOhnoTomiya2025": {
        "type": "misc",
        "use": "gauge-covariant layers with attention",
        "author": "Nagai, Yuki and Ohno, Hiroshi and Tomiya, Akio",
        "title": "{CASK}: A Gauge Covariant Transformer for Lattice Gauge Theory",
        "year": "2025",
        "eprint": "2501.16955",
        "archiveprefix": "arXiv",
    },
    "NagaiTanakaTomiya2020": {
        "type": "misc",
        "use": "self-learning Monte Carlo: fitted couplings of loops in an action that stands for another one",
        "author": "Nagai, Yuki and Tanaka, Akinori and Tomiya, Akio",
        "title": "Self-learning {Monte Carlo} for non-abelian gauge theory with dynamical fermions",
        "year": "2020",
        "eprint": "2010.11900",
        "archiveprefix": "arXiv",
    },
    "MorningstarPeardon2004": {
        "type": "article",
        "use": "stout links, the form of a network layer",
        "author": "Morningstar, Colin and Peardon, Mike",
        "title": "Analytic smearing of {SU(3)} link variables in lattice {QCD}",
        "journal": "Phys. Rev. D",
        "volume": "69",
        "pages": "054501",
        "year": "2004",
        "eprint": "hep-lat/0311018",
        "archiveprefix": "arXiv",
        "doi": "10.1103/PhysRevD.69.054501",
    },
    **ACTION_REFERENCES,
    "Omelyan2003": {
        "type": "article",
        "use": "minimum-norm integrators",
        "author": "Omelyan, I. P. and Mryglod, I. M. and Folk, R.",
        "title": "Symplectic analytically integrable decomposition algorithms: classification, derivation, and "
        "application to molecular dynamics, quantum and celestial mechanics simulations",
        "journal": "Comput. Phys. Commun.",
        "volume": "151",
        "pages": "272--314",
        "year": "2003",
        "doi": "10.1016/S0010-4655(02)00754-3",
    },
    **INTEGRATOR_REFERENCES,
    "Kennedy2009": {
        "type": "article",
        "use": "force-gradient integrators",
        "author": "Kennedy, A. D. and Clark, M. A. and Silva, P. J.",
        "title": "Force gradient integrators",
        "journal": "PoS",
        "volume": "LAT2009",
        "pages": "021",
        "year": "2009",
        "eprint": "0910.2950",
        "archiveprefix": "arXiv",
    },
    "SextonWeingarten1992": {
        "type": "article",
        "use": "nested time scales",
        "author": "Sexton, J. C. and Weingarten, D. H.",
        "title": "Hamiltonian evolution for the hybrid {Monte Carlo} algorithm",
        "journal": "Nucl. Phys. B",
        "volume": "380",
        "pages": "665--677",
        "year": "1992",
        "doi": "10.1016/0550-3213(92)90263-B",
    },
    **HEATBATH_REFERENCES,
    "KingmaBa2015": {
        "type": "misc",
        "use": "Adam optimizer",
        "author": "Kingma, Diederik P. and Ba, Jimmy",
        "title": "{Adam}: a method for stochastic optimization",
        "year": "2015",
        "eprint": "1412.6980",
        "archiveprefix": "arXiv",
    },
    "Salmon2011": {
        "type": "inproceedings",
        "use": "Philox random numbers",
        "author": "Salmon, John K. and Moraes, Mark A. and Dror, Ron O. and Shaw, David E.",
        "title": "Parallel random numbers: as easy as 1, 2, 3",
        "booktitle": "Proc. Int. Conf. High Performance Computing, Networking, Storage and Analysis (SC '11)",
        "year": "2011",
        "doi": "10.1145/2063384.2063405",
    },
    **IMPROVED_REFERENCES,
    **RATIONAL_REFERENCES,
    **ONE_FLAVOR_REFERENCES,
    **DETERMINANT_REFERENCES,
    **TRANSFORMATION_REFERENCES,
    **TEMPERING_REFERENCES,
    **EVOLUTION_REFERENCES,
    **BIAS_REFERENCES,
    **LLR_REFERENCES,
    **THETA_REFERENCES,
    **SCALAR_REFERENCES,
    **THERMODYNAMICS_REFERENCES,
    **SMD_REFERENCES,
    **FLOW_REFERENCES,
    **SOLVER_REFERENCES,
    **TOPOLOGY_REFERENCES,
    **MESON_REFERENCES,
    **LOOP_REFERENCES,
    **DISTILLATION_REFERENCES,
    **CURRENT_REFERENCES,
    **BARYON_REFERENCES,
    **HYPERON_REFERENCES,
    **SMEARING_REFERENCES,
    **STATIC_REFERENCES,
    **GLUONIC_REFERENCES,
    **TWIST_REFERENCES,
    **OPEN_REFERENCES,
    **ANISOTROPY_REFERENCES,
    **SCHROEDINGER_REFERENCES,
    **PHASE_REFERENCES,
    **BACKGROUND_REFERENCES,
    **PHOTON_REFERENCES,
    **DENSITY_REFERENCES,
    **TWISTED_MASS_REFERENCES,
    **VACUUM_POLARIZATION_REFERENCES,
    **OVERLAP_REFERENCES,
    **REPRESENTATION_REFERENCES,
    **AVERAGING_REFERENCES,
    **SURROGATE_REFERENCES,
    **GAUGE_REFERENCES,
    **CONFINEMENT_REFERENCES,
    **RENORMALIZATION_REFERENCES,
    **SELF_LEARNING_REFERENCES,
    **MODEL_AVERAGE_REFERENCES,
    **SPECTRAL_REFERENCES,
    "Wolff2004": {
        "type": "article",
        "use": "errors with autocorrelations (Gamma method)",
        "author": "Wolff, Ulli",
        "title": "{Monte Carlo} errors with less errors",
        "journal": "Comput. Phys. Commun.",
        "volume": "156",
        "pages": "143--153",
        "year": "2004",
        "eprint": "hep-lat/0306017",
        "archiveprefix": "arXiv",
        "doi": "10.1016/S0010-4655(03)00467-3",
    },
}

_ALWAYS = ("lqcdnn", "Salmon2011", "Wolff2004")
_BY_INTEGRATOR = {"omelyan": "Omelyan2003", "omelyan4": "Omelyan2003", "force_gradient": "Kennedy2009"}


def used_by(config: RunConfig | FileMeasurement) -> tuple[str, ...]:
    """Return the keys of ``REFERENCES`` whose methods an input uses, in the order of the table."""
    used = {*_ALWAYS, *flow_keys(config), *topology_keys(config), *determinant_keys(config)}
    used |= meson_keys(config) | baryon_keys(config) | gluonic_keys(config) | twist_keys(config) | open_keys(config)
    used |= thermodynamics_keys(config)
    used |= phase_keys(config) | density_keys(config) | overlap_keys(config) | twisted_mass_keys(config)
    used |= background_keys(config)
    used |= photon_keys(config)
    used |= anisotropy_keys(config) | representation_keys(config) | loop_keys(config) | current_keys(config)
    used |= distillation_keys(config) | confinement_keys(config)
    used |= averaging_keys(config) | surrogate_keys(config) | gauge_keys(config) | schroedinger_keys(config)
    used |= renormalization_keys(config) | vacuum_polarization_keys(config)
    used |= model_average_keys(config) | spectral_keys(config)
    if config.network:
        used.update(("TomiyaNagai2021", "MorningstarPeardon2004"))
    if any(layer.attention for network in config.network.values() for layer in network.layer):
        used.add("NagaiOhnoTomiya2025")
    used.update(quark_keys(config.valence.values()), solvers_used(config.valence.values()))
    if any(options.fermion is None for kind in FERMIONIC for options in config.observed(kind)):
        used.add("KogutSusskind1975")
    if isinstance(config, RunConfig):
        used |= _of_the_run(config)
    return tuple(key for key in REFERENCES if key in used)


def _of_the_run(config: RunConfig) -> set[str]:
    """What the chain and the training of a network use."""
    used = update_keys(config) | transformation_keys(config) | tempering_keys(config) | start_keys(config)
    used |= evolution_keys(config) | self_learning_keys(config) | bias_keys(config) | theta_keys(config)
    used |= scalar_keys(config) | llr_keys(config)
    used |= smd_keys(config) | integrator_keys(config)
    for action in (config.action, config.driving):
        used.update(action_keys(action))
        used.update(rational_keys(action.fermion), one_flavor_keys(action.fermion))
        used.update(solvers_used(action.fermion))
    used.update(_BY_INTEGRATOR.get(level.integrator, "lqcdnn") for level in config.levels)
    if config.update.kind != "slmc" and (config.guide is not None or config.train is not None):
        used.add("TomiyaNagai2021")
    if config.train is not None and any(name.startswith(("beta", "term")) for name in config.train.couplings or ()):
        used.add("NagaiTanakaTomiya2020")
    if len(config.levels) > 1:
        used.add("SextonWeingarten1992")
    if config.train is not None and config.train.optimizer == "adam":
        used.add("KingmaBa2015")
    return used


def bibtex(key: str) -> str:
    """Return the BibTeX entry of a reference, with a comment on what it is cited for."""
    record = REFERENCES[key]
    fields = [f"  {name} = {{{value}}}," for name, value in record.items() if name not in ("type", "use")]
    return "\n".join([f"% {record['use']}", f"@{record['type']}{{{key},", *fields, "}"])


def as_data(key: str) -> dict[str, Any]:
    """Return a reference as plain data for ``--json``."""
    return {"key": key, **REFERENCES[key]}


def citation_cff() -> str:
    """Return the text of ``CITATION.cff`` (format 1.2.0)."""
    return "\n".join(
        [
            "cff-version: 1.2.0",
            "message: If you use this software, please cite it, and the papers that `lqcdnn cite INPUT.toml` names.",
            "type: software",
            f'title: "{SOFTWARE["title"]}"',
            "authors:",
            f'  - name: "{SOFTWARE["author"].strip("{}")}"',
            f"version: {SOFTWARE['version']}",
            "license: MIT",
            "",
        ]
    )
