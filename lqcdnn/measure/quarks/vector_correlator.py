"""Correlators of vector currents, for the hadronic vacuum polarisation (physics.md 29)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.rules.vectorcorrelator import vector_problems
from lqcdnn.config.tables.currents import CONSERVED_CONSERVED, CONSERVED_LOCAL, LOCAL_LOCAL, VectorCorrelatorConfig
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.conserved import ConservedHops, StaggeredHops
from lqcdnn.dirac.conserved_walls import WallHops
from lqcdnn.dirac.domainwall import DomainWallOperator
from lqcdnn.dirac.domainwall_quark import Propagated
from lqcdnn.dirac.staggered import StaggeredOperator
from lqcdnn.dirac.wilson import WilsonOperator
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.simd.spin import gamma_5, gamma_matrices
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import from_sources
from lqcdnn.measure.quarks.insertions import inside
from lqcdnn.measure.quarks.mesons import with_spins
from lqcdnn.measure.quarks.noise import noise_wall
from lqcdnn.measure.quarks.propagators import KINDS, Quark, QuarkOf, effort, iterations, unit_spinor
from lqcdnn.measure.quarks.spinsums import spin_sums, traced
from lqcdnn.measure.quarks.staggered_mesons import space_signs, with_signs
from lqcdnn.measure.quarks.timesums import timeslices
from lqcdnn.measure.registry import Observable, Values, observable, own_options, refuse

FloatArray = NDArray[np.float64]
Hops = ConservedHops | WallHops | StaggeredHops


@observable("vector_correlator")
def vector_correlator(options: VectorCorrelatorConfig, fermion: QuarkConfig | None = None) -> Observable:
    """The correlators of the vector currents of a fermion, of a staggered field if there is none."""
    kind = SpinVectors if fermion is not None and fermion.kind in KINDS else StaggeredVectors
    return from_sources("vector_correlator", kind(options, fermion))


class VectorCorrelator:
    """G(t) = -(1/(d - 1)) sum_k sum_x <j_k(x, t) j_k(0)> of one flavour, connected, k the directions of space.

    Of a source eta, a unit vector at the origin or noise on all sites with t = 0, and currents qbar O q summed over
    space, it is the mean of Re eta^dag S O_sink(t) S O_source eta.  With O the hops of all links of a direction, the
    real part is half of both orders O P + P O, P = eta eta^dag: of a point the mean of the two links at the origin.

    Parameters
    ----------
    options
        Currents, mass, boundary, source, tolerance.
    fermion
        Table of the quark; None: a staggered field.
    """

    def __init__(self, options: VectorCorrelatorConfig, fermion: QuarkConfig | None) -> None:
        self.options, self.fermion = options, fermion
        self.quark = QuarkOf(fermion, options.mass, options.boundary, options.theta)
        self._hops: tuple[Quark, list[Hops]] | None = None

    def description(self) -> Values:
        """``vector_correlator_options``."""
        return {"vector_correlator_options": own_options(self.options)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse currents that the quark does not have.

        Raises
        ------
        InputError
            If so, or on a lattice without the operator.
        """
        quark = None if self.fermion is None else as_tree(self.fermion)
        refuse(vector_problems("observables.vector_correlator", as_tree(self.options), quark, lattice.d))
        self._hops_of(self.quark.on(lattice, group))

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``vector_correlator_NAME`` of each pair of currents: G(t), t = 0 ... Lt - 1; the iterations of solves.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge.
        """
        self.check(lattice, group)
        made = self.quark.on(lattice, group)
        made.set_links(U)
        hops = self._hops_of(made)
        for one in hops:
            one.set_links(U)
        totals = {name: np.zeros(lattice.shape[-1]) for name in self.options.currents}
        for vector, weight in self._vectors(lattice, group.n, stream):
            for name, found in self.from_vector(lattice, made, hops, vector).items():
                totals[name] += weight / (lattice.d - 1) * found
        values = {f"vector_correlator_{name}": total.tolist() for name, total in totals.items()}
        return values | effort("vector_correlator", made.operator.log)

    def from_vector(
        self, lattice: Lattice, made: Quark, hops: Sequence[Hops], vector: Blocks
    ) -> dict[str, FloatArray]:
        """Sums over k of what each pair of currents finds from a colour vector, [t]."""
        raise NotImplementedError

    def _vectors(self, lattice: Lattice, n: int, stream: Stream) -> Iterator[tuple[Blocks, float]]:
        """Colour vectors on sites with t = 0, and their weights."""
        o = self.options
        if o.source == "point":
            yield from ((unit_spinor(lattice, n, 1, 0, colour, 0), 1.0) for colour in range(n))
            return
        count = o.vectors or 1
        for i in range(count):
            yield noise_wall(lattice, n, stream, o.noise or "z4", i), lattice.shape[-1] / (lattice.volume * count)

    def _hops_of(self, made: Quark) -> list[Hops]:
        """Conserved currents of the directions of space, made once, where they are asked for."""
        if self._hops is None or self._hops[0] is not made:
            needed = set(self.options.currents) != {LOCAL_LOCAL}
            found = [conserved(made, k) for k in range(made.operator.lattice.d - 1)] if needed else []
            self._hops = made, found
        return self._hops[1]

    def _split(self, made: Quark, hops: Hops, eta: Sequence[Blocks]) -> list[Blocks]:
        """V S V eta - (F + B) eta of each source, V and F + B summed over all links of a direction."""
        assert not isinstance(hops, WallHops)  # refused
        solved = self._solved(made, [hops.current(one) for one in eta])
        found = [hops.current(one.quark) for one in solved]
        for moved, source in zip(found, eta, strict=True):
            moved["c"] -= hops.hops(source)["c"]
        return found

    def _solved(self, made: Quark, sources: Sequence[Blocks]) -> list[Propagated]:
        """S eta of each source."""
        return list(made.propagate_all(sources, self.options.tolerance, iterations(self.fermion)))


class SpinVectors(VectorCorrelator):
    """Wilson, clover, domain wall and overlap quarks: S^dag = gamma_5 S gamma_5.

    The source has all unit spinors e_a, gamma_5 e_a = s_a e_a, and with psi_a = S eta_a

    G(t) = sum_a s_a Re [psi_a^dag gamma_5 O_sink(t) psi'_a],  psi'_a = S O_source eta_a,

    of which that of a local source is a sum of psi_b.
    """

    def from_vector(
        self, lattice: Lattice, made: Quark, hops: Sequence[Hops], vector: Blocks
    ) -> dict[str, FloatArray]:
        """See :meth:`VectorCorrelator.from_vector`; the contact term is in ``conserved_conserved`` at t = 0."""
        g5, one = gamma_5(lattice.d), np.eye(lattice.d, dtype=np.complex128)
        eta = with_spins(lattice, vector["c"].shape[1], vector)
        psi, left = self._both_sides(made, hops, eta)
        quarks, at_sink = [each.quark for each in psi], [each.quark for each in left]
        walls = any(isinstance(each, WallHops) for each in hops)
        found = {name: np.zeros(lattice.shape[-1]) for name in self.options.currents}
        for k, gamma in enumerate(gamma_matrices(lattice.d)[:-1]):
            if LOCAL_LOCAL in found:
                found[LOCAL_LOCAL] += signed(lattice, combined(quarks, gamma), at_sink, g5 @ gamma)
            if CONSERVED_LOCAL in found:
                sides = [[inside(each) for each in side] for side in (psi, left)] if walls else [quarks, at_sink]
                ahead, behind = sides
                moved = [hops[k].current(each) for each in combined(ahead, gamma)]
                found[CONSERVED_LOCAL] += signed(lattice, moved, behind, one if walls else g5)
            if CONSERVED_CONSERVED in found:
                found[CONSERVED_CONSERVED] += signed(lattice, self._split(made, hops[k], eta), at_sink, g5)
        return found

    def _both_sides(
        self, made: Quark, hops: Sequence[Hops], eta: Sequence[Blocks]
    ) -> tuple[list[Propagated], list[Propagated]]:
        """S eta, and the same as the left side of a current has it: other vectors of domain walls alone."""
        if hops and isinstance(hops[0], WallHops):
            numbers = self.options.tolerance, iterations(self.fermion)
            pairs = [hops[0].both_sides(one, *numbers) for one in eta]
            return [ahead for ahead, _ in pairs], [behind for _, behind in pairs]
        psi = self._solved(made, eta)
        return psi, psi


class StaggeredVectors(VectorCorrelator):
    """Staggered quarks: S^dag = eps S eps, eps = (-1)^(sum of coordinates), divided by their 2^(d/2) tastes.

    The local current is chibar (-1)^(x_k) chi, gamma_k x xi_k up to eps (-1)^t; the conserved one, of hops of one step,
    is the taste singlet gamma_k x 1.  Both have states of alternating sign besides.
    """

    def from_vector(
        self, lattice: Lattice, made: Quark, hops: Sequence[Hops], vector: Blocks
    ) -> dict[str, FloatArray]:
        """See :meth:`VectorCorrelator.from_vector`; the contact term is in ``conserved_conserved`` at t = 0."""
        signs, eps = space_signs(lattice), parities(lattice)
        (phi,) = (one.quark for one in self._solved(made, [vector]))
        found = {name: np.zeros(lattice.shape[-1]) for name in self.options.currents}
        for k in range(lattice.d - 1):
            if LOCAL_LOCAL in found:
                other = phi
                if self.options.source != "point":
                    (other,) = (one.quark for one in self._solved(made, [with_signs(lattice, vector, signs[2**k])]))
                found[LOCAL_LOCAL] += timeslices(lattice, phi, other, signs[2**k])
            if CONSERVED_CONSERVED in found:
                (moved,) = self._split(made, hops[k], [with_signs(lattice, vector, eps)])
                found[CONSERVED_CONSERVED] += timeslices(lattice, phi, moved, eps)
        return {name: total / 2 ** (lattice.d // 2) for name, total in found.items()}


def conserved(made: Quark, mu: int) -> Hops:
    """The conserved current of a quark in one direction.

    Raises
    ------
    InputError
        If there is none.
    """
    op = made.operator
    if isinstance(op, DomainWallOperator):
        return WallHops(op, mu)
    if isinstance(op, WilsonOperator):
        return ConservedHops(op, mu)
    if isinstance(op, StaggeredOperator) and op.improvement is None:
        return StaggeredHops(op, mu)
    raise InputError("there is no conserved current of this quark")


def parities(lattice: Lattice) -> FloatArray:
    """(-1)^(sum of coordinates), [site in block order]."""
    return np.asarray(1.0 - 2.0 * (lattice.coordinates.sum(axis=1) % 2))


def combined(columns: Sequence[Blocks], matrix: NDArray[np.complex128]) -> list[Blocks]:
    """Columns sum_b psi_b M_ba, as new fields."""
    found = []
    for weights in matrix.T:
        out = np.zeros_like(columns[0])
        for z, psi in zip(weights, columns, strict=True):
            if z != 0.0:
                re, im = psi["c"][..., 0, :], psi["c"][..., 1, :]
                out["c"][..., 0, :] += z.real * re - z.imag * im
                out["c"][..., 1, :] += z.real * im + z.imag * re
        found.append(out)
    return found


def signed(
    lattice: Lattice, moved: Sequence[Blocks], psi: Sequence[Blocks], weights: NDArray[np.complex128]
) -> FloatArray:
    """sum_a s_a Re psi_a^dag W moved_a of columns with spin a, s_a the sign of gamma_5, [t]."""
    half, whole = len(psi) // 2, {"": None}
    plus, minus = (
        spin_sums(lattice, list(zip(moved[side], psi[side], strict=True)), whole)[""]
        for side in (slice(half), slice(half, None))
    )
    return traced(plus - minus, weights)
