"""Loops on shifted integration contours (physics.md 31): the same mean values with less noise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.deformations import DEFORMED, action_problems, observable_problems
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.schema import ActionConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.contours import FloatArray, Kernel, over_time, plaquette_angles, transformed
from lqcdnn.fields.group import Group
from lqcdnn.kernels.loops import polyakov_traces
from lqcdnn.kernels.wilson_loops import loop_values, weighted_loop_sums
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.registry import Values, refuse
from lqcdnn.network.contours import along
from lqcdnn.storage import deformations
from lqcdnn.storage.weights import digest

KEPT = 2**28
"""Bytes of transforms of shifts that are kept from one configuration to the next."""


class Contours:
    """The shifts of a file, ready for configurations.

    Parameters
    ----------
    path, target
        As an observable names it.

    Raises
    ------
    InputError, DataError
        As :func:`lqcdnn.storage.deformations.named`.
    """

    def __init__(self, path: str, target: str) -> None:
        self.key = f"observables.{target}.deformation"
        self.path, self.file = path, deformations.named(path, self.key, target)
        self._where = {one: k for k, one in enumerate(self.file.loops)}
        self._kernels: dict[tuple[int, int, int], Kernel] = {}
        self._bytes = 0

    @property
    def space(self) -> int:
        """Longest loops in space, or largest distance."""
        return max(length for _, length, _ in self.file.loops)

    @property
    def time(self) -> int:
        """Longest loops in time."""
        return max(time for *_, time in self.file.loops)

    def description(self) -> Values:
        """Digest of the shifts, their beta, and what they have seen of which run."""
        found = self.file
        known = {"shifts": digest(found.shifts)[:16], "beta": found.beta, "run": found.run}
        return {**known, "trained": list(found.trained)}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """Shifts for another lattice, or links that are no phases."""
        made = self.file.shape
        if made != lattice.shape or group.name != "U(1)":
            found = f"{self.path} is for U(1) on {list(made)}"
            yield Problem(self.key, found, f"shifts for {group.name} on {list(lattice.shape)}")
        if lattice.open_time or lattice.twist is not None:
            yield Problem(self.key, f"{self.path} is for a periodic lattice", "lattices that are periodic")

    def too_large(self, kind: str, **sizes: int) -> Iterable[Problem]:
        """Loops that there are no shifts for."""
        for name, size in sizes.items():
            most = self.time if name == "time" else self.space
            if size > most:
                yield Problem(f"observables.{kind}.{name}", f"found {size}", f"at most {most}, as in {self.path}")

    def kernel(self, direction: int, length: int, time: int = 0) -> Kernel:
        """What the shifts of a loop along a direction of space are used by."""
        which = direction, length, time
        if which in self._kernels:
            return self._kernels[which]
        first = self.file.shape.index(self.file.shape[direction])
        k = self._where[first, length, time]
        found = Kernel.of(*along(self.file.shifted(k), self.file.shifts[k], direction))
        if self._bytes + found.transform.nbytes <= KEPT:
            self._bytes += found.transform.nbytes
            self._kernels[which] = found
        return found

    def loops(
        self, lattice: Lattice, U: Blocks, across: list[list[Blocks]], up: list[Blocks]
    ) -> FloatArray:
        """Sum over sites and directions of space of Re Q of R x T loops: [R - 1, T - 1].

        ``across``[mu] and ``up`` are the lines of 1, 2, ... links in a direction of space and in time.
        """
        last, later = lattice.d - 1, lattice.ahead(lattice.d - 1, len(up))
        angles = transformed(plaquette_angles(lattice, U), 2)
        part, total = np.empty(lattice.blocks), np.zeros((len(across[0]), len(up)))
        for mu in range(last):
            far = lattice.ahead(mu, len(across[mu]))
            for r, bottom in enumerate(across[mu], 1):
                for t, side in enumerate(up, 1):
                    weights = self.kernel(mu, r, t).weights(angles, self.file.beta)
                    factors = lattice.from_user(weights.view(np.complex128)[..., None])
                    weighted_loop_sums(part, bottom, side, far, later, r, t, factors)
                    total[r - 1, t - 1] += part.cumsum()[-1]  # in block order
        return total

    def pairs(self, lattice: Lattice, U: Blocks, longest: int) -> FloatArray:
        """Mean over sites of space of Re Q of pairs of Polyakov loops: [direction, r - 1]; nan where L < 2 r."""
        loops = polyakov_lines(lattice, U)
        angles = transformed(over_time(plaquette_angles(lattice, U)), 2)
        found = np.full((lattice.d - 1, longest), np.nan)
        for mu in range(lattice.d - 1):
            for r in range(1, min(longest, lattice.shape[mu] // 2) + 1):
                w, q = self.kernel(mu, r).weights(angles, self.file.beta), pair_values(loops, mu, r)
                products = q[..., 0] * w[..., 0] - q[..., 1] * w[..., 1]
                found[mu, r - 1] = products.cumsum()[-1] / products.size
        return found


def polyakov_lines(lattice: Lattice, U: Blocks) -> FloatArray:
    """The loop around time at every site of space, [x, ..., 1, 2 (re, im)]."""
    field = lattice.zeros(1, 1)
    polyakov_traces(field, U, lattice.neighbours, lattice.d - 1, lattice.shape[-1])
    found = lattice.to_user(field)[..., :1, 0, 0]
    return np.stack([found.real, found.imag], axis=-1)


def pair_values(loops: FloatArray, direction: int, length: int) -> FloatArray:
    """P(x)^* P(x + r), as :func:`polyakov_lines`."""
    far = np.roll(loops, -length, axis=direction)
    re = loops[..., 0] * far[..., 0] + loops[..., 1] * far[..., 1]
    return np.stack([re, loops[..., 0] * far[..., 1] - loops[..., 1] * far[..., 0]], axis=-1)


def wilson_values(lattice: Lattice, across: Blocks, up: Blocks, mu: int, r: int, t: int) -> FloatArray:
    """The r x t loop at every site, [x, ..., 2 (re, im)], from its lines."""
    field, last = lattice.zeros(1, 1), lattice.d - 1
    loop_values(field, across, up, lattice.ahead(mu, r), lattice.ahead(last, t), r, t)
    found = lattice.to_user(field)[..., 0, 0]
    return np.stack([found.real, found.imag], axis=-1)


_Options = TypeVar("_Options", bound=Any)


class Deformable(OfLinks[_Options]):
    """An observable with the key ``deformation``; ``contours`` is None without.

    Raises
    ------
    InputError, DataError
        As :class:`Contours`.
    """

    kind: str

    def __init__(self, options: _Options, fermion: QuarkConfig | None = None) -> None:
        super().__init__(options, fermion)
        assert self.kind in DEFORMED
        self.contours = None if options.deformation is None else Contours(options.deformation, self.kind)

    def shifts_described(self) -> Values:
        """``KIND_deformation``, if there is one."""
        return {} if self.contours is None else {f"{self.kind}_deformation": self.contours.description()}

    def deformation_problems(self, lattice: Lattice, group: Group, **sizes: int) -> Iterable[Problem]:
        """Why shifts of a file, if there are any, are not for these links or sizes."""
        if self.contours is not None:
            yield from observable_problems(self.kind, as_tree(self.options))
            yield from self.contours.problems(lattice, group)
            yield from self.contours.too_large(self.kind, **sizes)

    def check_action(self, action: ActionConfig) -> None:
        """Refuse shifts for another action.

        Raises
        ------
        InputError
            As :func:`lqcdnn.config.rules.deformations.action_problems`, and for another beta.
        """
        if self.contours is None:
            return
        refuse(action_problems(self.contours.key, as_tree(action), None))
        beta = self.contours.file.beta
        if action.gauge.beta != beta:
            problem = f"{self.contours.path} is for beta = {beta:g}"
            refuse([Problem(self.contours.key, problem, f"shifts for action.gauge.beta = {action.gauge.beta:g}")])
