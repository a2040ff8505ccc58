"""A fermion of the input file: its keys, and which numbers of flavours each kind has."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lqcdnn.config.language.keys import key
from lqcdnn.config.language.values import (
    BOUNDARY,
    COUNT,
    THETA,
    TOLERANCE,
    Boolean,
    Halves,
    Integer,
    ListOf,
    Number,
    Text,
)
from lqcdnn.config.tables.background import FLUX, flux_of_planes
from lqcdnn.config.tables.improvements import IMPROVEMENTS, Improvement, improvement_of
from lqcdnn.config.tables.representations import REPRESENTATIONS

FERMION_KINDS = ("staggered", "wilson", "domain_wall", "overlap")
EXPONENTIAL = "exponential"
CLOVER_TERMS = ("linear", EXPONENTIAL)
ONE_FLAVOR = "one_flavor"
DETERMINANTS = ("pseudofermions", "exact", ONE_FLAVOR)
"""How the determinant of a fermion gets into the action."""
MOST_FIELDS = 64
"""Pseudofermions that share the flavours of a table."""
LARGEST_MATRIX = 2048
"""Rows of the matrix whose determinant an action computes in every step; the work grows with the third power."""
VALENCE_FLAVORS = 1
"""Of a valence quark that does not say."""

STAGGERED_FLAVORS: dict[int, tuple[int, ...]] = {2: (2, 4), 3: (2, 4), 4: (4, 8)}
"""Flavours of a staggered field on one parity and on all sites, by dimension (physics.md 3.1)."""

FLAVORS_OF_SPLIT = 2
"""Of a doublet of different masses; the determinant of positive matrices stands for as many again."""

EXACT_FLAVORS: dict[str, dict[int, tuple[int, ...]]] = {
    "staggered": STAGGERED_FLAVORS,
    "wilson": {2: (2,), 4: (2,)},
    "domain_wall": {2: (2,), 4: (2,)},
    "overlap": {2: (2,), 4: (2,)},
}
"""Flavours that need no rational approximation, by kind and dimension; the first is what one determinant stands for."""


def flavors_at_density(exact: tuple[int, ...]) -> tuple[int, ...]:
    """Those of :data:`EXACT_FLAVORS` of staggered quarks at finite density, whose determinant is that of all sites."""
    return exact[1:]


LARGEST_MASS = 1e10
"""Links do not matter beside it: its square against 1 is more than double precision holds."""


OVERLAP_RHO = {2: 1.0, 4: 1.4}
"""Default of rho by dimension: the middle of its range for free quarks, and what 1 is shifted to by rough links."""


def masses_of(kind: str, dims: int | None, r: float | None = None, rho: float | None = None) -> Number:
    """Masses for which the operator of a kind has a meaning: with Wilson's, kappa is infinite at -d r; r None: 1.

    At 2 rho overlap quarks no longer hop; at 0 they have no propagator wherever the index is not 0.
    """
    if kind == "wilson":
        return Number(above=None if dims is None else -dims * (r or 1.0), maximum=LARGEST_MASS)
    if kind == "overlap":
        return Number(above=0.0, below=2.0 * rho if rho else None)
    return Number(minimum=0.0, maximum=LARGEST_MASS)


def allowed_instead_of(mass: float, masses: Number) -> str:
    """Say in words what of :func:`masses_of` is allowed; the upper end only to a mass beyond it."""
    return f"at most {LARGEST_MASS:g}" if mass > LARGEST_MASS else replace(masses, maximum=None).allowed()


def kappa_of_mass(mass: float, d: int, r: float | None = None) -> float:
    """Wilson hopping parameter of physics.md 3.2, kappa = 1 / (2 (m + d r)); r None: 1."""
    return 0.5 / (mass + d * (r or 1.0))


def mass_of_kappa(kappa: float, d: int, r: float | None = None) -> float:
    """Bare mass of a Wilson quark, m = 1 / (2 kappa) - d r; r None: 1."""
    return 0.5 / kappa - d * (r or 1.0)


def mean_wilson_term(r: float | None, nu: float | None, anisotropy: float | None, d: int) -> float:
    """r times the mean of nu / xi_0, d - 1 times, and 1; None is 1 (R. G. Edwards, B. Joo, H.-W. Lin, 0803.3960)."""
    weight = (nu or 1.0) / (anisotropy or 1.0)
    return r or 1.0 if weight == 1.0 else (r or 1.0) * ((d - 1) * weight + 1.0) / d


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarkConfig:
    """Keys of a Dirac operator and of its solver."""

    kind: str = key(Text(FERMION_KINDS), "lattice Dirac operator")
    flavors: float = key(
        Halves(),
        "number of flavours; staggered 4 or 8 (2 or 4 below d = 4), wilson and domain_wall 2 need nothing rational",
    )
    mass: float = key(
        Number(), "bare mass in lattice units; wilson: above -d r, or kappa", derived="1 / (2 kappa) - d r with kappa"
    )
    kappa: float | None = key(
        Number(above=0.0),
        "hopping parameter, instead of mass: kappa = 1 / (2 (m + d r))",
        None,
        when=("kind", "wilson"),
    )
    representation: str | None = key(
        Text(REPRESENTATIONS),
        "representation of SU(N), the last two of two indices; absent: fundamental",
        None,
    )  # no default but None: complete inputs stay what they were
    improvement: str | None = key(
        Text(IMPROVEMENTS),
        "fat links and hops of three steps; absent or none: one link to each neighbour",
        None,
        when=("kind", "staggered"),
    )
    naik_epsilon: float | None = key(
        Number(minimum=-1.0, maximum=1.0),
        "correction of the hops of three steps for a heavy quark",
        0.0,
        when=("improvement", "hisq"),
    )
    u0: float | None = key(
        Number(above=0.0, maximum=2.0),
        "tadpole factor: a path of n links is divided by u0^(n - 1)",
        when=("improvement", "asqtad"),
    )
    r: float | None = key(Number(above=0.0), "Wilson's parameter", 1.0, when=("kind", "wilson"))
    csw: float | None = key(Number(), "coefficient of the clover term; 0: none", 0.0, when=("kind", "wilson"))
    clover: str | None = key(
        Text(CLOVER_TERMS),
        "exponential: of stabilised Wilson fermions, (m + d r) exp(csw ... / (m + d r)) in place of the sum; "
        "absent: linear",
        None,
        when=("kind", "wilson"),
    )  # no default but None: complete inputs stay what they were
    twisted_mass: float | None = key(
        Number(minimum=-LARGEST_MASS, maximum=LARGEST_MASS),
        "mu of D + m + i mu gamma_5 tau_3 in lattice units: a doublet of quarks; absent or 0: none",
        None,
        when=("kind", "wilson"),
    )
    anisotropy: float | None = key(
        Number(above=0.0),
        "bare xi_0 of the operator: hops of space count nu / xi_0 times; mass in units of the spacing of time",
        None,
        when=("kind", "staggered", "wilson"),
        derived="action.gauge.anisotropy, else 1",
    )
    nu: float | None = key(
        Number(above=0.0), "nu, which makes the speed of light 1; absent: 1", None, when=("kind", "staggered", "wilson")
    )
    csw_time: float | None = key(
        Number(), "c_t of the planes with time; csw is c_s, of planes of space; absent: csw", None,
        when=("kind", "wilson"),
    )  # fmt: skip
    ct_tilde: float | None = key(
        Number(above=0.0, maximum=10.0),
        "improvement coefficient of the slices next to fixed links; absent: 1, that of tree level",
        None,
        when=("kind", "wilson"),
    )  # no default but None: complete inputs stay what they were
    M5: float | None = key(
        Number(above=0.0, below=2.0),
        "domain-wall height: minus the mass of the Wilson operator inside",
        when=("kind", "domain_wall"),
    )
    L5: int | None = key(Integer(1, 1024), "extent of the fifth dimension", when=("kind", "domain_wall"))
    b5: float | None = key(
        Number(above=0.0, maximum=1e6),
        "Moebius coefficient; 1 with c5 = 0 is Shamir's operator",
        1.0,
        when=("kind", "domain_wall"),
    )
    c5: float | None = key(Number(minimum=0.0, maximum=1e6), "Moebius coefficient", 0.0, when=("kind", "domain_wall"))
    boundary: tuple[int, ...] = key(
        BOUNDARY, "boundary sign of each direction, time last", derived="1 in space, -1 in time"
    )
    theta: tuple[float, ...] | None = key(
        THETA, "angles of phases at the boundary, in radians, beside the signs", None
    )
    magnetic_flux: tuple[int, ...] | None = key(
        FLUX,
        "quanta of flux of a uniform magnetic field through the planes yz, zx, xy: B_x, B_y, B_z; in d = 3 through xy",
        None,
    )  # no default but None: complete inputs stay what they were
    electric_flux: tuple[int, ...] | None = key(
        FLUX, "the same of an imaginary electric field through the planes xt, yt, zt, as many as there are", None
    )
    charge: float | None = key(
        Number(minimum=-10.0, maximum=10.0),
        "electric charge in units of e: the quark sees the fields of [photons]; valence quarks only",
        None,
    )
    chemical_potential: float | None = key(
        Number(minimum=-10.0, maximum=10.0),
        "real chemical potential of a quark, a mu; staggered and wilson with SU(2) only",
        None,
    )
    diquark_source: float | None = key(
        Number(minimum=0.0, maximum=10.0),
        "source j of diquarks, in lattice units; SU(2) only",
        None,
        when=("kind", "staggered"),
    )
    rho: float | None = key(
        Number(above=0.0, below=2.0),
        "minus the mass of the Wilson operator in the sign function; eigenvalues lie on a circle around it",
        derived="1 in d = 2, 1.4 in d = 4",
        when=("kind", "overlap"),
    )
    sign_tolerance: float | None = key(
        Number(minimum=1e-13, maximum=1e-2),
        "largest relative error of the square of the sign, checked on every configuration",
        1e-12,
        when=("kind", "overlap"),
    )
    low_modes: int | None = key(
        Integer(0, 1000),
        "eigenvectors of the Wilson operator whose signs are taken exactly, at most",
        8,
        when=("kind", "overlap"),
    )
    max_iterations: int = key(COUNT, "solver iterations after which the run stops with an error", 10000)
    solver: str = key(
        Text(("cg", "mixed", "half", "bicgstab", "multigrid")),
        "mixed: single in double precision; half: links of 16 bits, staggered; bicgstab: wilson; "
        "multigrid: wilson valence",
        "cg",
        derived="cg; mixed for vectors of 4096 complex numbers or more; half for staggered without improvement from "
        "8 MB of links in single precision on (SU(3): 12^4, SU(2): 16^4), but not with rational = true",
    )

    @property
    def mu(self) -> float:
        """The real chemical potential, 0 where there is none."""
        return self.chemical_potential or 0.0

    def flux(self, d: int) -> tuple[int, ...] | None:
        """Quanta of flux through the planes of d dimensions in their order; None without a field.

        Of a quark with charge and without a uniform field all are 0: it sees the fields of photons.
        """
        found = flux_of_planes(self.magnetic_flux, self.electric_flux, d)
        return (0,) * (d * (d - 1) // 2) if found is None and self.charge else found

    def hop_weights(self, d: int) -> tuple[float, ...] | None:
        """What hops of each direction count; None where all count once."""
        weight = (self.nu or 1.0) / (self.anisotropy or 1.0)
        return None if weight == 1.0 else (*(weight,) * (d - 1), 1.0)

    def wilson_term(self, d: int) -> float:
        """r times the mean weight of the hops: what Wilson's term is by direction, 1 / (2 kappa) - m over d."""
        return mean_wilson_term(self.r, self.nu, self.anisotropy, d)

    @property
    def exponential_clover(self) -> bool:
        """Whether there is a clover term that is an exponential."""
        return self.clover == EXPONENTIAL and bool(self.csw or self.csw_time)

    @property
    def clover_coefficients(self) -> float | tuple[float, float]:
        """Coefficient of the clover term; where there are two, of planes of space and of those with time."""
        space, xi = self.csw or 0.0, self.anisotropy or 1.0
        time = space if self.csw_time is None else self.csw_time
        return space if (space / xi, space) == (space, time) else (space / xi, time)

    @property
    def at_density(self) -> bool:
        """Whether it has a chemical potential or a source of diquarks."""
        return bool(self.chemical_potential or self.diquark_source)

    def improved(self, d: int) -> Improvement | None:
        """The fat and long links of a staggered fermion; None for links as they are, and for other kinds."""
        return improvement_of(self.improvement, d, self.naik_epsilon, self.u0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FermionConfig(QuarkConfig):
    """``[[action.fermion]]``: one pseudofermion field."""

    mass_splitting: float | None = key(
        Number(minimum=-LARGEST_MASS, maximum=LARGEST_MASS),
        "mu_delta of D + m + i mu_sigma gamma_5 tau_3 + mu_delta tau_1, mu_sigma = twisted_mass: two flavours of "
        "different masses; absent or 0: of equal ones",
        None,
        when=("kind", "wilson"),
    )  # no default but None: complete inputs stay what they were
    links: str = key(
        Text(pattern=r"[A-Za-z0-9_-]+", meaning='"thin" or the name of a network'),
        "the links the fermion sees",
        "thin",
    )
    tolerance: float = key(TOLERANCE, "solver residual |r|/|b| for heat bath and Metropolis step", 1e-10)
    md_tolerance: float = key(TOLERANCE, "solver residual |r|/|b| in molecular dynamics", 1e-10)
    start_vectors: int = key(
        Integer(0, 16),
        "molecular dynamics: a solve starts in the span of so many last solutions; 0: from zero",
        0,
    )
    coefficient: float | None = key(
        Number(above=0.0),
        "factor of the action of this fermion, in [[guide.fermion]] only",
        None,
        derived="1 if [train] has it among its couplings, else none",
    )
    determinant: str = key(
        Text(DETERMINANTS),
        "exact: the determinant itself, by dense matrices, not domain_wall; one_flavor: of domain_wall, not rational",
        DETERMINANTS[0],
    )
    hasenbusch: tuple[float, ...] | None = key(
        ListOf(Number()), "heavier masses of mass preconditioning, in rising order; one term more for each", None
    )
    hasenbusch_twisted_mass: tuple[float, ...] | None = key(
        ListOf(Number()),
        "larger twisted masses in place of the heavier masses, in rising order, also of quarks without one",
        None,
        when=("kind", "wilson"),
    )
    rational: bool = key(
        Boolean(),
        "rational approximations of the power of the determinant that flavors asks for",
        derived="true where flavors cannot be had without",
    )
    pseudofermions: int | None = key(
        Integer(1, MOST_FIELDS),
        "fields that share the flavours, each a determinant to the power of at most 1",
        derived="the smallest number possible",
        when=("rational", True),
    )
    action_error: float | None = key(
        TOLERANCE,
        "relative error of the approximations for heat bath and Metropolis step",
        1e-14,
        when=("rational", True),
    )
    md_error: float | None = key(
        TOLERANCE, "relative error of the approximation in molecular dynamics", 1e-8, when=("rational", True)
    )
    spectrum: tuple[float, float] | None = key(
        ListOf(Number(above=0.0), 2, 2),
        "bounds of the spectrum of M^dag M, checked in the run; absent: bounds no configuration leaves",
        None,
        when=("rational", True),
    )

    @property
    def pieces(self) -> int:
        """Terms of the action this fermion is split into by mass preconditioning."""
        return 1 + len(self.hasenbusch or self.hasenbusch_twisted_mass or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ValenceConfig(QuarkConfig):
    """``[valence.NAME]``: a quark that is measured and has no part in the action."""

    flavors: float = key(
        Halves(), "number of flavours: a factor of the condensate, a power of weights", VALENCE_FLAVORS
    )
