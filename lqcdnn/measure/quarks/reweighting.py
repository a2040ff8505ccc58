"""Weights that lead from the mass of a fermion to other masses, or from quenched to dynamical configurations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate, pairwise

from lqcdnn.config.rules.reweighting import one_field, reweighting_problems
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.quarkobservables import LARGEST_DETERMINANT, ReweightingConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.determinants import (
    Factor,
    SpinRatio,
    StaggeredRatio,
    dense_size,
    fields,
    log_determinant_of,
    mean_exponential,
)
from lqcdnn.measure.quarks.propagators import (
    Quark,
    StaggeredQuark,
    field_recorded,
    iterations,
    quark,
    twisted_mass_recorded,
    without_density,
)
from lqcdnn.measure.registry import Values, observable, own_options, refuse


@observable("reweighting")
class Reweighting:
    """ln w of each mass: w = [det (D + m') / det (D + m)]^(Nf / Nt) staggered, |det (D + m') / det (D + m)|^Nf else.

    Nt is the number of flavours of a staggered field.  Without a mass m there is no determinant in the denominator, but
    for domain wall quarks that of the Pauli-Villars field.

    Parameters
    ----------
    options
        Masses, method.
    fermion
        Table that says which operator; without one, a staggered field.
    """

    def __init__(self, options: ReweightingConfig, fermion: QuarkConfig | None = None) -> None:
        self.options, self._fermion = options, fermion
        self._checked: tuple[Lattice, int] | None = None

    def description(self) -> Values:
        """``reweighting_masses`` and ``reweighting_options``."""
        options = own_options(self.options)
        del options["masses"]
        options["kind"] = self._fermion.kind if self._fermion else "staggered"
        if self._fermion and any(self._fermion.theta or ()):
            options["theta"] = list(self._fermion.theta or ())
        options |= field_recorded(self._fermion) | twisted_mass_recorded(self._fermion)
        return {"reweighting_masses": list(self.options.masses), "reweighting_options": options}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse another fermion than that of the action, lattices without the operator, and matrices too large.

        Raises
        ------
        InputError
            If so.
        """
        if self._checked is not None and self._checked[0] is lattice and self._checked[1] == group.n:
            return
        fermion = None if self._fermion is None else as_tree(self._fermion)
        refuse(reweighting_problems(self._tree(), fermion, lattice.d))
        o = self.options
        size = dense_size(without_density(self._quark(o.masses[0], lattice, group).operator))
        if o.method == "exact" and size > LARGEST_DETERMINANT:
            raise InputError(
                f"the exact determinant on a {'x'.join(map(str, lattice.shape))} lattice with {group.name} is that of "
                f"a {size} x {size} matrix; the limit is {LARGEST_DETERMINANT}",
                hint='observables.reweighting.method = "noise" has no such limit',
            )
        self._checked = (lattice, group.n)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``reweighting``, ln w of each mass, and ``reweighting_error``, the relative error of w from noise.

        With noise also ``reweighting_iterations``.  w, not its logarithm, is free of bias.  The error is null for exact
        determinants and one noise vector.

        Raises
        ------
        InputError
            As :meth:`check`.
        NumericalError
            If a solve does not converge, or there is a zero mode.
        """
        self.check(lattice, group)
        logs: list[SolverLog] = []
        quarks = self._quarks(lattice, U, group, logs)
        exact = self.options.method == "exact"
        factors = self._exact(quarks, lattice.d) if exact else self._estimated(quarks, lattice.d, stream)
        values: Values = {"reweighting": list(accumulate(factor.log for factor in factors))}
        squares = [None if factor.error is None else factor.error**2 for factor in factors]
        errors = None if None in squares else [math.sqrt(x) for x in accumulate(x for x in squares if x is not None)]
        values["reweighting_error"] = errors
        return values if exact else values | {"reweighting_iterations": sum(log.iterations for log in logs)}

    def _quark(self, mass: float, lattice: Lattice, group: Group) -> Quark:
        """That of a mass, with the phases of the fermion at the boundary."""
        theta = self._fermion.theta if self._fermion else None
        return quark(self._fermion, mass, self.options.boundary, lattice, group.n, theta)

    def _tree(self) -> Values:
        """The options, missing flavours filled in as None."""
        return {"flavors": None, "mass": None} | as_tree(self.options)

    def _power(self, d: int) -> float:
        kind = self._fermion.kind if self._fermion else "staggered"
        return fields(self._fermion, self.options.flavors or one_field(kind, d), d)

    def _exact(self, quarks: Iterator[Quark], d: int) -> list[Factor]:
        """One factor for each mass."""
        logs = [log_determinant_of(without_density(one.operator)) for one in quarks]
        if self.options.mass is None:
            logs = [0.0, *logs]
        return [Factor(self._power(d) * (new - old), None) for old, new in pairwise(logs)]

    def _estimated(self, quarks: Iterator[Quark], d: int, stream: Stream) -> list[Factor]:
        """One factor for each mass, the product over its steps and over the determinants in each."""
        o, power = self.options, self._power(d)
        count, steps, vectors, found, number = math.ceil(power), o.steps or 1, o.vectors or 1, [], 0
        for old, new in pairwise(quarks):
            ratio = (
                StaggeredRatio(old, new, power / count)
                if isinstance(old, StaggeredQuark) and isinstance(new, StaggeredQuark)
                else SpinRatio(old, new)
            )
            for _ in range(count):
                numbers = range(number, number + vectors)
                number += vectors
                limit = iterations(self._fermion)
                found.append(mean_exponential([ratio.exponent(stream, i, o.tolerance, limit) for i in numbers]))
        return [joined(found[k : k + steps * count]) for k in range(0, len(found), steps * count)]

    def _quarks(self, lattice: Lattice, U: Blocks, group: Group, logs: list[SolverLog]) -> Iterator[Quark]:
        """Quarks of all masses on the way, their solves in ``logs``; one by one, as many would fill the memory."""
        o = self.options
        path = [*([] if o.mass is None else [o.mass]), *o.masses]
        for mass in path if o.method == "exact" else stops(path, o.steps or 1):
            made = self._quark(mass, lattice, group)
            made.set_links(U)
            logs.append(made.operator.log)
            yield made


def stops(path: list[float], steps: int) -> list[float]:
    """The masses of a path with equal steps between each two of them."""
    inner = [m + (end - m) * k / steps if k < steps else end for m, end in pairwise(path) for k in range(1, steps + 1)]
    return [path[0], *inner]


def joined(factors: list[Factor]) -> Factor:
    """The product of independent estimates."""
    errors = [factor.error for factor in factors if factor.error is not None]
    error = math.sqrt(math.fsum(x * x for x in errors)) if len(errors) == len(factors) else None
    return Factor(math.fsum(factor.log for factor in factors), error)
