"""Quark number density at imaginary or real chemical potential, exactly or with noise (physics.md 6)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import tee

from lqcdnn.config.rules.observables import quark_number_problems
from lqcdnn.config.tables.fermions import STAGGERED_FLAVORS, QuarkConfig
from lqcdnn.config.tables.quarkobservables import CondensateConfig, QuarkNumberConfig
from lqcdnn.dirac.density import NumberOperator
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.fields.vector import imaginary_product, real_product
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.noise import diluted, of_trace, trace_described
from lqcdnn.measure.quarks.propagators import Quark, QuarkOf, density_recorded, effort, iterations, phases_recorded
from lqcdnn.measure.quarks.spin_condensate import check_exact, trace_sources
from lqcdnn.measure.registry import Values, observable, refuse


@observable("quark_number")
class QuarkNumber:
    """Im n, n = (Nf / Nt) (1/V) Tr [S dD/dmu] = (1/V) d ln Z / dmu at mu = i theta_t / L_t, colours and spins summed.

    Nt is the number of flavours of a staggered field, 1 with spin.  n is imaginary there on every configuration (D of
    staggered fermions is antihermitian and dD/dmu hermitian; with spin by gamma_5), and odd in theta_t on the average:

    Im n = -(L_t / V) d ln Z / dtheta_t = chi mu_I + ..., with the susceptibility chi = dn/dmu at mu = 0

    (P. de Forcrand, O. Philipsen, hep-lat/0205016; M. D'Elia, M.-P. Lombardo, hep-lat/0209146).

    Of SU(2) quarks with a real chemical potential it is n itself, real on every configuration; with a source of
    diquarks S is (M^dag M + j^2)^{-1} M^dag, M = D(mu) + m, and n still (1/V) d ln Z / dmu.

    Parameters
    ----------
    options
        Mass, boundary, phases, method (exact trace or noise sources).
    fermion
        Operator and number of flavours; without one, a staggered field.
    """

    def __init__(self, options: QuarkNumberConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        self._number: NumberOperator | None = None

    def description(self) -> Values:
        """Mass, flavours, boundary, phases, method, noise (None if exact), tolerance; for noise also vectors."""
        o = self.options
        quark = phases_recorded(o, self._fermion) | density_recorded(self._fermion)
        return trace_described(o, self._flavors(len(o.boundary)), quark)

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what this cannot be measured on.

        Raises
        ------
        InputError
            For an odd extent, SU(2) without a chemical potential or a field, domain walls, too many solves.
        """
        charged = self._at_density or bool(phases_recorded(self.options, self._fermion))
        refuse(quark_number_problems("observables.quark_number", group.name, self._quark.kind, charged))
        made = self._quark.on(lattice, group)
        solves = self._sites(lattice, made) * group.n * made.spins
        check_exact(self.options, lattice, group, solves, "quark_number")

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``quark_number`` = Im n, at real mu n, ``quark_number_square``, ``quark_number_iterations``; noise:
        ``quark_number_error``.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        made, o = self._quark.on(lattice, group), self.options
        made.set_links(U)
        number = self._derivative(made, U)

        def samples(o: CondensateConfig) -> list[float]:
            return self._samples(made, number, group.n, stream, o)

        return of_trace(o, samples, "quark_number") | effort("quark_number", made.operator.log)

    @property
    def _at_density(self) -> bool:
        return self._fermion is not None and self._fermion.at_density

    def _sites(self, lattice: Lattice, made: Quark) -> int:
        """Sites of the exact trace; of staggered fields at imaginary mu even and odd ones have the same part of it."""
        return lattice.volume // (2 if made.spins == 1 and not self._at_density else 1)

    def _flavors(self, d: int) -> float:
        return self._fermion.flavors if self._fermion else STAGGERED_FLAVORS[d][0]

    def _derivative(self, made: Quark, U: Blocks) -> NumberOperator:
        """dD/dmu of the quark on links U; its fields are made once."""
        operator = made.operator
        if isinstance(operator, DomainWallOperator | OverlapOperator):
            raise InputError("quark_number: domain wall and overlap quarks have no local operator of the quark number")
        if self._number is None or self._number.operator is not operator:
            self._number = NumberOperator(operator)
        self._number.set_links(U)
        return self._number

    def _samples(
        self, made: Quark, number: NumberOperator, n: int, stream: Stream, o: CondensateConfig
    ) -> list[float]:
        """factor Im eta^dag dD/dmu S eta of each source (Re at real mu), those of the exact trace to be added."""
        operator, product = made.operator, real_product if self._at_density else imaginary_product
        lattice, sites = operator.lattice, self._sites(operator.lattice, made)
        factor = self._flavors(lattice.d) / lattice.volume / (STAGGERED_FLAVORS[lattice.d][0] if made.spins == 1 else 1)
        if o.method == "exact":
            factor *= lattice.volume / sites
        sources = trace_sources(o, lattice, n, made.spins, sites, stream)
        labelled, given = tee((i, part) for i, eta in enumerate(sources) for part in self._parts(lattice, eta))
        found = made.propagate_all((eta for _, eta in given), o.tolerance, iterations(self._fermion))
        samples: list[float] = []
        image = operator.vector()
        for (i, eta), one in zip(labelled, found, strict=True):
            number.apply(image, one.quark)
            samples += [0.0] * (i + 1 - len(samples))
            samples[i] += factor * product(eta, image)
        return samples

    def _parts(self, lattice: Lattice, eta: Blocks) -> Iterator[Blocks]:
        return diluted(lattice, eta, self.options.dilution or ())
