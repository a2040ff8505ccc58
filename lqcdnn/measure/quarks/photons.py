"""Observables of quarks with an electric charge: means over photon fields that are drawn for each configuration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from lqcdnn.config.tables.photons import PhotonsConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.fields.group import Group
from lqcdnn.fields.photons import FloatArray, photon_field
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.quarks.allmode import mean_of
from lqcdnn.measure.quarks.propagators import QuarkOf, without_density
from lqcdnn.measure.registry import Observable, Values


@runtime_checkable
class OfQuarks(Observable, Protocol):
    """An observable of quarks that may have a charge."""

    quarks: Sequence[QuarkOf]


def set_photons(quark: QuarkOf, lattice: Lattice, group: Group, angles: FloatArray) -> None:
    """Give hops of a quark exp(i charge angle) from the next links on, angles [d, V] in block order."""
    if quark.charge:
        operator = without_density(quark.on(lattice, group).operator)
        phases = (operator.wilson if isinstance(operator, OverlapOperator) else operator).phases
        assert phases is not None  # of a quark with charge
        phases.set_photons(quark.charge * angles)


class InPhotonFields:
    """The mean of an observable over photon fields of a configuration, each with e and, if asked for, with -e.

    All observables of a configuration see the same fields, so that differences between charges have little noise.

    Parameters
    ----------
    of
        The observable.
    photons
        How the fields are drawn.
    """

    def __init__(self, of: OfQuarks, photons: PhotonsConfig) -> None:
        self.of, self.photons = of, photons

    def description(self) -> Values:
        """That of the observable, and ``photons``."""
        return self.of.description() | {"photons": as_tree(self.photons)}

    def check(self, lattice: Lattice, group: Group) -> None:
        """Refuse what the observable refuses.

        Raises
        ------
        InputError
            If so.
        """
        self.of.check(lattice, group)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """What the observable finds (see :func:`mean_over_fields`); sources of noise are the same for e and -e.

        Raises
        ------
        InputError, NumericalError
            As the observable does.
        """
        p, found = self.photons, list[Values]()
        for k in range(p.fields):
            A = photon_field(lattice, stream.unnamed(), k, p.gauge, p.zero_modes)
            own = stream if k == 0 else stream.named(f"photon field {k}")
            for e in (p.e, -p.e) if p.both_signs else (p.e,):
                for quark in self.of.quarks:
                    set_photons(quark, lattice, group, e * A)
                found.append(self.of.measure(lattice, U, group, own))
        return mean_over_fields(found, p.fields)


def mean_over_fields(found: Sequence[Values], fields: int) -> Values:
    """Means of numbers and lists; iterations are added, errors of noise those of so many independent numbers."""
    means = Values()
    for key in found[0]:
        values: list[Any] = [one[key] for one in found]
        if key.endswith("_iterations"):
            means[key] = sum(values)
        elif values[0] is None:
            means[key] = None
        elif key.endswith("_error"):
            means[key] = math.sqrt(math.fsum(value * value for value in values) / (len(values) * fields))
        else:
            means[key] = mean_of(values).tolist()
    return means


def in_photon_fields(of: Observable, photons: PhotonsConfig | None) -> Observable:
    """The observable in photon fields, where one of its quarks has a charge."""
    charged = isinstance(of, OfQuarks) and any(quark.charge for quark in of.quarks)
    return InPhotonFields(of, photons) if photons is not None and charged and isinstance(of, OfQuarks) else of
