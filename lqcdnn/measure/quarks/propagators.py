"""Propagators of staggered, Wilson, domain wall and overlap quarks, for the observables made of them (physics.md 6)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Protocol
from weakref import WeakValueDictionary

from lqcdnn.config.tables.background import FLUX_KEYS
from lqcdnn.config.tables.fermions import QuarkConfig, kappa_of_mass
from lqcdnn.config.tables.measured import OfQuark, OfSpectrum
from lqcdnn.dirac import domainwall_quark as walls
from lqcdnn.dirac.choice import choose_solver, density_operator, staggered_operator
from lqcdnn.dirac.domainwall import DomainWallOperator, fifth_dimension
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.propagator import WilsonPropagator
from lqcdnn.dirac.several import solve_all
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.staggered_density import StaggeredDensity
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.lattice.background import Flux
from lqcdnn.lattice.geometry import Blocks, Lattice

Operator = StaggeredOperator | WilsonOperator | DomainWallOperator | OverlapOperator


class Quark(Protocol):
    """S = (D + m)^{-1}, the four-dimensional propagator: d ln det / dm = Tr S for each flavour (or staggered field)."""

    spins: int
    """Spin components; 1 for staggered fermions."""

    @property
    def operator(self) -> Operator | StaggeredDensity:
        """The Dirac operator it is made with."""

    def set_links(self, U: Blocks) -> None:
        """The links D is made of."""

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta; for domain wall fermions with even L5 also its value half way between the walls."""

    def propagate_all(
        self, sources: Iterable[Blocks], tolerance: float, max_iterations: int
    ) -> Iterator[walls.Propagated]:
        """:meth:`propagate` of each source, in their order."""


class OneByOne(ABC):
    """A quark whose sources are solved for one after the other."""

    @abstractmethod
    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta."""

    def propagate_all(
        self, sources: Iterable[Blocks], tolerance: float, max_iterations: int
    ) -> Iterator[walls.Propagated]:
        """S eta of each source."""
        return (self.propagate(eta, tolerance, max_iterations) for eta in sources)


class StaggeredQuark:
    """S = (D + m)^{-1} = (m - D) (m^2 - D^2)^{-1}, one staggered field."""

    spins = 1

    def __init__(self, operator: StaggeredOperator) -> None:
        self.operator = operator

    def set_links(self, U: Blocks) -> None:
        """Links of D."""
        self.operator.set_links(U)

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta; there is no midpoint."""
        (found,) = self.propagate_all([eta], tolerance, max_iterations)
        return found

    def propagate_all(
        self, sources: Iterable[Blocks], tolerance: float, max_iterations: int
    ) -> Iterator[walls.Propagated]:
        """S eta of each source, several at a time."""
        for y in solve_all(self.operator, sources, tolerance, max_iterations):
            x = self.operator.vector()
            self.operator.apply(x, y, dagger=True)
            yield walls.Propagated(x, None)


class DensityQuark(OneByOne):
    """S = (M^dag M + j^2)^{-1} M^dag of one staggered field at finite density, (D(mu) + m)^{-1} without a source."""

    spins = 1

    def __init__(self, operator: StaggeredDensity) -> None:
        self.operator = operator

    def set_links(self, U: Blocks) -> None:
        """Links of D."""
        self.operator.set_links(U)

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta; there is no midpoint."""
        x = self.operator.vector()
        self.operator.propagate(x, eta, tolerance, max_iterations)
        return walls.Propagated(x, None)


class WilsonQuark(OneByOne):
    """S = (D + m)^{-1} = 2 kappa M^{-1}, with clover term or without, with i mu gamma_5 in D of a twisted mass."""

    def __init__(self, operator: WilsonOperator, solver: str = "cg") -> None:
        self.operator = operator
        self._solver = WilsonPropagator(operator, solver == "mixed", solver == "multigrid")
        self.spins = operator.spins

    def set_links(self, U: Blocks) -> None:
        """Links of D; its log begins anew, as another observable with the same quark may have failed."""
        self.operator.set_links(U)
        self.operator.log.reset()

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta; there is no midpoint."""
        x = self.operator.vector()
        self._solver.solve(x, eta, tolerance, max_iterations)
        x["c"] *= 2.0 * self.operator.kappa
        return walls.Propagated(x, None)


class DomainWallQuark(OneByOne):
    """S = <q qbar> of the quark on the walls (see ``dirac.domainwall_quark``)."""

    def __init__(self, operator: DomainWallOperator) -> None:
        self.operator, self.spins = operator, operator.spins

    def set_links(self, U: Blocks) -> None:
        """Links of D."""
        self.operator.set_links(U)

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta, and its value at the midpoint."""
        return walls.propagate(self.operator, eta, tolerance, max_iterations)


class OverlapQuark(OneByOne):
    """S = (1 - D / (2 rho)) D(m)^{-1}, which is 1 / (Dslash + m) with an antihermitian Dslash that anticommutes with
    gamma_5 (see ``dirac.overlap``).
    """

    def __init__(self, operator: OverlapOperator) -> None:
        self.operator, self.spins = operator, operator.spins

    def set_links(self, U: Blocks) -> None:
        """Links of D."""
        self.operator.set_links(U)

    def propagate(self, eta: Blocks, tolerance: float, max_iterations: int) -> walls.Propagated:
        """S eta = [D(m)^{-1} eta - eta / (2 rho)] / (1 - m / (2 rho)); there is no midpoint."""
        x, rho = self.operator.vector(), self.operator.rho
        self.operator.invert(x, eta, tolerance, max_iterations)
        x["c"] -= eta["c"] / (2.0 * rho)
        x["c"] *= 1.0 / (1.0 - 0.5 * self.operator.mass / rho)
        return walls.Propagated(x, None)


KINDS = ("wilson", "domain_wall", "overlap")
"""Fermions with spin components."""


MAX_ITERATIONS = 10000
"""Of a solve where no fermion table says otherwise."""


def iterations(fermion: QuarkConfig | None) -> int:
    """Most iterations of a solve."""
    return fermion.max_iterations if fermion else MAX_ITERATIONS


def quark(
    fermion: QuarkConfig | None,
    mass: float,
    boundary: tuple[int, ...],
    lattice: Lattice,
    n: int,
    theta: tuple[float, ...] | None = None,
) -> Quark:
    """The quark of a fermion table with another mass, boundary and phases there; staggered without a table.

    It is solved as the table says; Wilson quarks by multigrid where the table says so, else by BiCGStab, in mixed
    precision where it says mixed.

    Raises
    ------
    InputError
        If its operator or its solver does not exist on this lattice.
    """
    if fermion is not None and fermion.kind == "staggered" and fermion.at_density:
        on_all_sites = density_operator(fermion, mass, boundary, lattice, n)
        choose_solver(on_all_sites, fermion)
        return DensityQuark(on_all_sites)
    if fermion is None or fermion.kind == "staggered":
        return StaggeredQuark(staggered_operator(fermion, mass, boundary, lattice, n, together=True, theta=theta))
    flux = fermion.flux(lattice.d)
    if fermion.kind == "wilson":
        kappa, weights = kappa_of_mass(mass, lattice.d, fermion.wilson_term(lattice.d)), fermion.hop_weights(lattice.d)
        csw, r, ct_tilde = fermion.clover_coefficients, fermion.r or 1.0, fermion.ct_tilde or 1.0
        numbers = csw, r, theta, fermion.mu, fermion.twisted_mass or 0.0, weights, flux, ct_tilde
        operator = WilsonOperator(lattice, n, kappa, boundary, *numbers, fermion.exponential_clover)
        return WilsonQuark(operator, fermion.solver)
    if fermion.kind == "overlap":
        return OverlapQuark(overlap_operator(fermion, mass, boundary, lattice, n, theta))
    walls_operator = DomainWallOperator(lattice, n, mass, fifth_dimension(fermion), boundary, theta=theta, flux=flux)
    choose_solver(walls_operator, fermion)
    return DomainWallQuark(walls_operator)


def overlap_operator(
    quark: QuarkConfig,
    mass: float,
    boundary: tuple[int, ...],
    lattice: Lattice,
    n: int,
    theta: tuple[float, ...] | None = None,
) -> OverlapOperator:
    """The overlap operator of a quark with another mass, boundary and phases there."""
    assert quark.rho is not None  # complete
    assert quark.sign_tolerance is not None
    assert quark.low_modes is not None
    numbers = quark.rho, boundary, quark.sign_tolerance, quark.low_modes, quark.max_iterations
    return OverlapOperator(lattice, n, mass, *numbers, theta=theta, flux=quark.flux(lattice.d))


Key = tuple[Lattice, int, float, tuple[int, ...], tuple[float, ...] | None, float, bool, float, Flux | None]

_shared: WeakValueDictionary[Key, Quark] = WeakValueDictionary()
"""Quarks solved for by a multigrid, by all that their operators are made of, as long as an observable has them."""


def shared_quark(
    fermion: QuarkConfig | None,
    mass: float,
    boundary: tuple[int, ...],
    lattice: Lattice,
    n: int,
    theta: tuple[float, ...] | None = None,
) -> Quark:
    """:func:`quark`; by multigrid the same one for all that ask for its operator: test vectors are learned once.

    What it finds on links does not depend on what it was asked before.

    Raises
    ------
    InputError
        As :func:`quark`.
    """
    if fermion is None or fermion.solver != "multigrid":
        return quark(fermion, mass, boundary, lattice, n, theta)
    theta = theta if any(theta or ()) else None
    clover = fermion.csw or 0.0, fermion.exponential_clover
    key = (lattice, n, mass, boundary, theta, *clover, fermion.r or 1.0, fermion.flux(lattice.d))
    found = _shared.get(key)
    if found is None:
        found = _shared[key] = quark(fermion, mass, boundary, lattice, n, theta)
    return found


class QuarkOf:
    """The quark of a fermion table with the mass, boundary and phases of an observable, made once for a lattice."""

    def __init__(
        self,
        fermion: QuarkConfig | None,
        mass: float,
        boundary: tuple[int, ...],
        theta: tuple[float, ...] | None = None,
    ) -> None:
        self.fermion, self.mass, self.boundary = fermion, mass, boundary
        self.theta = theta if any(theta or ()) else None
        self._made: tuple[Lattice, int, Quark] | None = None

    @property
    def kind(self) -> str:
        """Of its operator."""
        return "staggered" if self.fermion is None else self.fermion.kind

    @property
    def charge(self) -> float:
        """Electric charge in units of e."""
        return (self.fermion.charge or 0.0) if self.fermion else 0.0

    def on(self, lattice: Lattice, group: Group) -> Quark:
        """The quark on this lattice.

        Raises
        ------
        InputError
            If its operator does not exist there.
        """
        old = self._made
        if old is None or old[0] is not lattice or old[1] != group.n:
            made = shared_quark(self.fermion, self.mass, self.boundary, lattice, group.n, self.theta)
            old = self._made = (lattice, group.n, made)
        return old[2]


def without_density(operator: Operator | StaggeredDensity) -> Operator:
    """The operator, of quarks without a chemical potential.

    Raises
    ------
    InputError
        At finite density.
    """
    if isinstance(operator, StaggeredDensity) or (isinstance(operator, WilsonOperator) and operator.mu):
        raise InputError("not measured of quarks at finite density; allowed: condensate, quark_number")
    return operator


def second_quark(
    quark: QuarkOf, fermion: QuarkConfig | None, mass: float | None, theta: tuple[float, ...] | None = None
) -> QuarkOf:
    """The second quark of hadrons: that of a fermion table, of the first one's without; with mass and phases, if any.

    It is the first quark itself, solved for once, where operator, mass and phases are the same.
    """
    mass, theta = quark.mass if mass is None else mass, quark.theta if theta is None else theta
    other = QuarkOf(quark.fermion if fermion is None else fermion, mass, quark.boundary, theta)
    same = (other.mass, other.theta, _operator(other)) == (quark.mass, quark.theta, _operator(quark))
    return quark if same else other


def _operator(quark: QuarkOf) -> dict[str, object] | None:
    return None if quark.fermion is None else described("", quark.fermion)


def described(name: str, fermion: QuarkConfig) -> dict[str, object]:
    """What an observable records of a quark beside mass and boundary: its name, kind, and numbers of its operator."""
    of_hops = ("representation", "improvement", "naik_epsilon", "u0", "anisotropy", "nu")
    keys = (*of_hops, "csw", "csw_time", "ct_tilde", "M5", "L5", "b5", "c5", "rho")
    operator = {key: getattr(fermion, key) for key in keys}
    operator |= density_recorded(fermion) | twisted_mass_recorded(fermion) | field_recorded(fermion)
    operator["r"] = None if fermion.r == 1.0 else fermion.r  # as series said it before there was another r
    operator["clover"] = fermion.clover if fermion.exponential_clover else None
    return {"fermion": name, "kind": fermion.kind} | {k: value for k, value in operator.items() if value is not None}


def of_spectrum(fermion: QuarkConfig | None, options: OfSpectrum) -> QuarkOf:
    """The quark whose eigenvalues are measured: massless with staggered and overlap fermions, else with the mass."""
    mass = 0.0 if fermion is None or fermion.kind in ("staggered", "overlap") else options.mass
    return QuarkOf(fermion, mass, options.boundary, options.theta)


def effort(name: str, *logs: SolverLog) -> dict[str, int]:
    """``NAME_iterations``, solver iterations since the logs were last asked."""
    iterations = sum(log.iterations for log in logs)
    for log in logs:
        log.reset()
    return {f"{name}_iterations": iterations}


def phases_recorded(options: OfQuark, fermion: QuarkConfig | None) -> dict[str, object]:
    """``theta`` and the field of the quark, as series had none before there were phases; empty without."""
    theta = options.theta or ()
    return ({"theta": list(theta)} if any(theta) else {}) | field_recorded(fermion)


def density_recorded(fermion: QuarkConfig | None) -> dict[str, object]:
    """``chemical_potential`` and ``diquark_source`` of a quark that has them."""
    names = ("chemical_potential", "diquark_source")
    return {name: value for name in names if (value := getattr(fermion, name, None))}


def field_recorded(fermion: QuarkConfig | None) -> dict[str, object]:
    """``magnetic_flux``, ``electric_flux`` and ``charge`` of a quark in a field."""
    found = {key: list(getattr(fermion, key, None) or ()) for key in FLUX_KEYS}
    charge = fermion.charge if fermion else None
    return {key: flux for key, flux in found.items() if any(flux)} | ({"charge": charge} if charge else {})


def twisted_mass_recorded(fermion: QuarkConfig | None) -> dict[str, object]:
    """``twisted_mass`` of a quark that has one."""
    value = fermion.twisted_mass if fermion else None
    return {"twisted_mass": value} if value else {}


def unit_spinor(lattice: Lattice, n: int, components: int, site: int, colour: int, spin: int) -> Blocks:
    """1 in one of n x components numbers at one site (numbered in block order; 0 is the origin)."""
    eta = lattice.zeros(n, components)
    block, lane = divmod(site, lattice.width)
    eta["c"][block, colour, spin, 0, lane] = 1.0
    return eta
