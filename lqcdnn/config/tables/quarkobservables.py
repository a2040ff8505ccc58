"""What can be measured of quarks, as tables of the input file: one class per observable, ``[observables.NAME]``."""

from __future__ import annotations

from dataclasses import dataclass

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import COUNT, TOLERANCE, Halves, Integer, ListOf, Number, Text
from lqcdnn.config.tables.flows import FLOW_KINDS
from lqcdnn.config.tables.gaugefixing import OMEGA
from lqcdnn.config.tables.gaugefixing import TOLERANCE as TOLERANCE_OF_GAUGE
from lqcdnn.config.tables.measured import (
    MASS,
    FromSources,
    Measured,
    OfQuark,
    OfSpectrum,
    boundary_key,
    common_noise_key,
    fermion_key,
    loose_tolerance_key,
    theta_key,
)

LARGEST_EXACT_TRACE = 4096
"""Condensate with method = "exact": most rows of the matrix, V N / 2 for staggered fermions (256 MiB, about a minute);
with spin most solves, V N S; so for the quark number, staggered with V N / 2 solves."""
LARGEST_SPECTRUM = 384
"""Spectral density with method = "exact": most rows of the matrix whose eigenvalues are all computed."""
LARGEST_DETERMINANT = 4096
"""Reweighting with method = "exact": most rows of the matrix on the even sites."""

LOOP_CHANNELS = ("scalar", "pseudoscalar", "vector", "axial", "axial_time", "tensor")
"""Quark loops: matrices Gamma of these mesons."""

GAUSSIAN = ("source", "gaussian")
"""What the keys of a smeared source belong to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CondensateConfig(OfQuark):
    """``[observables.condensate]``: (1/V) d ln Z / dm, for staggered fermions (Nf/4) Tr (D + m)^-1 / V."""

    method: str = key(Text(("exact", "noise")), "trace over all sites and colours, or noise vectors", "exact")
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z2", when=("method", "noise"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 10, when=("method", "noise"))
    dilution: tuple[str, ...] | None = key(
        ListOf(Text(("even_odd", "colour", "spin")), 0, distinct=True),
        "split every noise vector by parity, colour, spin: one solve for each part",
        (),
        when=("method", "noise"),
    )
    common_noise: bool | None = common_noise_key(("method", "noise"))
    exact_vectors: int | None = key(
        COUNT, "how many of them are solved for exactly as well; 2 with loose_tolerance", None, when=("method", "noise")
    )
    loose_tolerance: float | None = loose_tolerance_key(
        "solver residual of all vectors; absent: all are exact", ("method", "noise")
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarkNumberConfig(CondensateConfig):
    """``[observables.quark_number]``: (1/V) d ln Z / dmu; at imaginary mu = i theta_t / L_t its imaginary part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarkFluctuationsConfig(OfQuark):
    """``[observables.quark_fluctuations]``: derivatives of ln det by mu/T at mu = 0, and products of them."""

    order: int = key(Integer(only=(2, 4)), "highest order in mu/T", 4)
    method: str = key(Text(("exact", "noise")), "every site, colour and spin as a source, or noise vectors", "noise")
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z4", when=("method", "noise"))
    vectors: int | None = key(
        Integer(2, 1_000_000), "noise vectors for a configuration, order at least", 20, when=("method", "noise")
    )
    dilution: tuple[str, ...] | None = key(
        ListOf(Text(("even_odd", "colour", "spin")), 0, distinct=True),
        "split every noise vector by parity, colour, spin: order solves for each part",
        (),
        when=("method", "noise"),
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowedQuarksConfig(OfQuark):
    """``[observables.flowed_quarks]``: condensate and kinetic term of quarks along the gradient flow."""

    kind: str = key(Text(FLOW_KINDS), "force on the links: of a named gauge action, or the O(a^2)-improved", "wilson")
    step: float = key(Number(above=0.0, maximum=0.15), "largest step of the third-order Runge-Kutta scheme", 0.02)
    time: float = key(Number(minimum=0.0), "last flow time in lattice units", 1.0)
    interval: float = key(Number(above=0.0), "measure at all multiples of this flow time", 0.1)
    method: str = key(Text(("exact", "noise")), "every site, colour and spin as a source, or noise vectors", "noise")
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z4", when=("method", "noise"))
    vectors: int | None = key(
        COUNT, "noise vectors for a configuration; a solve for each flow time", 4, when=("method", "noise")
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class PionConfig(FromSources):
    """``[observables.pion]``: pion correlator from the origin; for domain wall fermions also the residual mass."""

    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, kw_only=True)
class SmearedSource(FromSources):
    """Keys of the observables with sources that can be smeared."""

    source: str = key(Text(("point", "gaussian")), "the origin, or smeared around it", "point")
    smearing_width: float | None = key(
        Number(minimum=0.0), "w of exp(-r^2/w^2), in lattice units", 3.0, when=GAUSSIAN
    )
    smearing_steps: int | None = key(
        Integer(0, 100000), "steps of Gaussian smearing; at least (d - 1) w^2/2, 0: none", 30, when=GAUSSIAN
    )
    sink: str | None = key(Text(("point", "gaussian")), "smeared like the source, or not", "point", when=GAUSSIAN)
    ape_steps: int | None = key(
        Integer(0, 1000), "steps of APE smearing of the space links that quarks are smeared with", 0, when=GAUSSIAN
    )
    ape_alpha: float | None = key(
        Number(above=0.0, maximum=1.0), "weight of the staples in these", 0.5, when=GAUSSIAN
    )
    hyp_steps: int | None = key(Integer(1, 1000), "steps of HYP smearing in place of these", None, when=GAUSSIAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class MesonsConfig(SmearedSource):
    """``[observables.mesons]``: correlators of quark bilinears, in d = 2 and 4; for staggered fermions local ones."""

    antiquark: str | None = fermion_key("that of fermion", "the other quark of the mesons")
    antiquark_mass: float | None = key(Number(), MASS, None, derived="that of the antiquark, else mass")
    antiquark_theta: tuple[float, ...] | None = theta_key("that of the antiquark, else theta")
    source: str = key(
        Text(("point", "noise_wall", "gaussian", "wall")),
        "the origin, random numbers on all sites with t = 0, smeared around the origin, or 1 on these in Coulomb gauge",
        "point",
    )
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z4", when=("source", "noise_wall"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 1, when=("source", "noise_wall"))
    common_noise: bool | None = common_noise_key(("source", "noise_wall"))
    gauge_tolerance: float | None = key(
        TOLERANCE_OF_GAUGE, "theta at which the gauge is fixed", 1e-12, when=("source", "wall")
    )
    gauge_omega: float | None = key(OMEGA, "overrelaxation of the sweeps to it", 1.8, when=("source", "wall"))
    gauge_steps: int | None = key(COUNT, "most sweeps", 10_000, when=("source", "wall"))
    momenta: tuple[tuple[int, ...], ...] | None = key(
        ListOf(ListOf(Integer(0, 4096), 1, 3), 1, distinct=True),
        "further momenta, in units of 2 pi/L, averaged over directions; not from walls",
        None,
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaryonsConfig(SmearedSource):
    """``[observables.baryons]``: correlators of baryons of quarks with spin from the origin, for SU(3) in d = 4."""

    strange: str | None = fermion_key("none: nucleon and Delta alone", "the strange quark, of baryons that have one")
    strange_mass: float | None = key(Number(), MASS, None, derived="that of the strange quark, else no such baryons")
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticLightConfig(SmearedSource):
    """``[observables.static_light]``: mesons of a quark with spin and a static one, in d = 2 and 4."""

    static_links: str = key(
        Text(("thin", "ape", "hyp1", "hyp2")),
        "links of the static quark: those that the light one sees, the mean of their staples, hypercubic smearing",
        "thin",
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarkLoopsConfig(OfQuark):
    """``[observables.quark_loops]``: tr Gamma S(x, x) of each time slice and the disconnected parts of mesons."""

    channels: tuple[str, ...] = key(
        ListOf(Text(LOOP_CHANNELS), 1, distinct=True),
        "matrices Gamma, as those of mesons",
        derived="scalar and pseudoscalar; scalar in d = 3",
    )
    method: str = key(Text(("exact", "noise")), "every site, colour and spin as a source, or noise vectors", "noise")
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z4", when=("method", "noise"))
    vectors: int | None = key(
        Integer(2, 1_000_000), "noise vectors for a configuration", 10, when=("method", "noise")
    )
    dilution: tuple[str, ...] | None = key(
        ListOf(Text(("time", "even_odd", "colour", "spin")), 0, distinct=True),
        "split every noise vector by time slice, parity, colour, spin: one solve for each part",
        (),
        when=("method", "noise"),
    )
    common_noise: bool | None = common_noise_key(("method", "noise"))
    exact_vectors: int | None = key(
        Integer(2, 1_000_000),
        "how many of them are solved for exactly as well; 2 with loose_tolerance",
        None,
        when=("method", "noise"),
    )
    loose_tolerance: float | None = loose_tolerance_key(
        "solver residual of all vectors; absent: all are exact", ("method", "noise")
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchroedingerCorrelatorsConfig(OfQuark):
    """``[observables.schroedinger_correlators]``: Wilson quarks from fixed links to the slices between, and across."""

    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class EigenvaluesConfig(OfSpectrum):
    """``[observables.eigenvalues]``: lowest eigenvalues of the Dirac operator (its hermitian form, with spin)."""

    number: int = key(Integer(1, 1000), "how many eigenvalues", 8)
    tolerance: float = key(TOLERANCE, "residual of every eigenvector, in units of the norm of the matrix", 1e-8)
    max_iterations: int = key(COUNT, "polynomials applied after which the run stops with an error", 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReweightingConfig(Measured):
    """``[observables.reweighting]``: logarithms of weights that lead to other masses of a fermion, or to one more."""

    fermion: str | None = fermion_key("the first fermion of the action, else a staggered field")
    masses: tuple[float, ...] = key(
        ListOf(Number(), 1),
        "masses to reweight to, each from the one before",
        derived="required; of a valence quark its mass",
    )
    mass: float | None = key(
        Number(),
        "mass the configurations were made with; absent: made without this fermion",
        None,
        derived="that of a fermion of the action",
    )
    flavors: float | None = key(
        Halves(),
        "number of flavours",
        None,
        derived="those of the fermion, else those of one staggered field",
    )
    boundary: tuple[int, ...] = boundary_key()
    method: str = key(Text(("exact", "noise")), "determinants of dense matrices, or noise vectors", "noise")
    steps: int | None = key(
        Integer(1, 1000), "equal steps in the mass from one of the masses to the next", 4, when=("method", "noise")
    )
    vectors: int | None = key(COUNT, "noise vectors for each step", 10, when=("method", "noise"))
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b|", 1e-10)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralDensityConfig(OfSpectrum):
    """``[observables.spectral_density]``: mode number and spectral density of staggered and Wilson operators."""

    bins: int = key(Integer(1, 1000), "equal bins from 0 to maximum", 20)
    maximum: float | None = key(
        Number(minimum=1e-10, maximum=1e10), "upper end of the last bin; absent: a bound no eigenvalue exceeds", None
    )
    method: str = key(Text(("exact", "noise")), "all eigenvalues, or Chebyshev moments from noise vectors", "noise")
    degree: int | None = key(
        Integer(2, 100000), "degree of the Chebyshev polynomials: resolution", 200, when=("method", "noise")
    )
    noise: str | None = key(Text(("z2", "z4", "gaussian")), "kind of noise", "z2", when=("method", "noise"))
    vectors: int | None = key(COUNT, "noise vectors for a configuration", 10, when=("method", "noise"))
    common_noise: bool | None = common_noise_key(("method", "noise"))
