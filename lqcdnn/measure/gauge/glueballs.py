"""Matrices of correlators of closed loops of space, by representations of the cubic group: glueballs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.glueballs import glueballs_problems, path_of
from lqcdnn.config.tables.cubic import CHANNELS, Channel, key_of
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.config.tables.loops import Path
from lqcdnn.config.tables.observables import GlueballsConfig
from lqcdnn.config.tree import as_tree
from lqcdnn.fields.group import Group
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.paths import path_traces
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.lattice.glueballs import FloatArray, loops_of, operators_of
from lqcdnn.lattice.programs import loop_program
from lqcdnn.measure.gauge.oflinks import OfLinks
from lqcdnn.measure.gauge.wilson_loop import ape_smeared
from lqcdnn.measure.registry import Values, observable, own_options


class _Operator(NamedTuple):
    """One operator of a channel: smearing steps, path, and its number among those of this path."""

    steps: int
    path: Path
    copy: int


@observable("glueballs")
class Glueballs(OfLinks[GlueballsConfig]):
    """C_ij(t) of the operators O_i of each channel, all at zero momentum.

    An operator is a combination of the images of one loop under the cubic group (:func:`operators_of`), of
    Re tr W/N for C = + and Im tr W/N for C = -, averaged over space, on APE-smeared space links (Berg, Billoire,
    Nucl. Phys. B 221 (1983) 109; Albanese et al., Phys. Lett. B 192 (1987) 163).
    """

    def __init__(self, options: GlueballsConfig, fermion: QuarkConfig | None = None) -> None:
        super().__init__(options, fermion)
        self.paths = {path_of(loop): loop for loop in options.loops}

    def description(self) -> Values:
        """``glueballs_options``, and ``glueballs_operators``: by channel [loop, number, smearing steps] of each."""
        (axes,) = (axes for axes, known in CHANNELS.items() if self.options.channels[0] in known)
        operators = {
            key_of(name): [
                [_word(self.paths[one.path]), one.copy + 1, one.steps]
                for one in self._operators(CHANNELS[axes][name], axes)
            ]
            for name in self.options.channels
        }
        return {"glueballs_options": own_options(self.options), "glueballs_operators": operators}

    def problems(self, lattice: Lattice, group: Group) -> Iterable[Problem]:
        """None in d = 2 and in space that is not cubic; channels without operators."""
        return glueballs_problems(as_tree(self.options), lattice.shape, group.name)

    def measure(self, lattice: Lattice, U: Blocks, group: Group, stream: Stream) -> Values:
        """``glueball_CHANNEL``[i][j][t], t = 0 ... T - 1, of each channel (``a1pp`` for A1++, ...).

        The mean over components and source times, symmetric in i and j. ``glueball_a1pp_vacuum``[i] (A1++ alone; in
        d = 3 ``glueball_a1p_vacuum``) is the mean of O_i.

        Raises
        ------
        NumericalError
            If the smeared links cannot be projected onto the group.
        """
        axes, traces = lattice.d - 1, dict[tuple[int, Path], dict[int, FloatArray]]()
        for step in range(max(self.options.steps) + 1):
            U = ape_smeared(lattice, U, group, self.options.alpha) if step else U
            if step in self.options.steps:
                traces |= {(step, path): time_slices(lattice, U, group, loops_of(path, axes)) for path in self.paths}
        found: Values = {}
        for name in self.options.channels:
            channel, key = CHANNELS[axes][name], f"glueball_{key_of(name)}"
            slices = np.array([
                combined(operators_of(channel, o.path, axes)[o.copy], traces[o.steps, o.path][channel.conjugation])
                for o in self._operators(channel, axes)
            ])
            found[key] = correlation_matrix(slices)
            if channel.vacuum:
                found[f"{key}_vacuum"] = (slices[:, 0].cumsum(axis=1)[:, -1] / lattice.shape[-1]).tolist()
        return found

    def _operators(self, channel: Channel, axes: int) -> list[_Operator]:
        """Smearing outside, then loops, then the copies of the representation among the images of a loop."""
        return [
            _Operator(steps, path, copy)
            for steps in self.options.steps
            for path in self.paths
            for copy in range(len(operators_of(channel, path, axes)))
        ]


def _word(loop: str | Path) -> str:
    return loop if isinstance(loop, str) else " ".join(map(str, loop))


def time_slices(lattice: Lattice, U: Blocks, group: Group, loops: tuple[Path, ...]) -> dict[int, FloatArray]:
    """Mean over space of Re tr W/N (by the key 1) and Im tr W/N (-1) at each time, [loop, t]."""
    program = loop_program(loops)
    out = lattice.zeros(1, 1, (len(loops),))
    path_traces(out, U, lattice.neighbours, program.program, program.start, np.ones((1, 1)))
    traces = lattice.to_user(out)[..., 0, 0].reshape(len(loops), -1, lattice.shape[-1])
    norm = traces.shape[1] * group.n
    return {sign: part.cumsum(axis=1)[:, -1] / norm for sign, part in ((1, traces.real), (-1, traces.imag))}


def combined(coefficients: FloatArray, slices: FloatArray) -> FloatArray:
    """Components at each time, [k, t]; sums in order."""
    found: FloatArray = (coefficients[:, :, None] * slices).cumsum(axis=1)[:, -1]
    return found


def correlation_matrix(operators: FloatArray) -> list[list[list[float]]]:
    """C_ij(t) = (1/T) sum_t' O_i(t') O_j(t' + t) of operators [i, k, t], mean over k, made symmetric; sums in order."""
    size, parts, extent = operators.shape
    found = np.empty((size, size, extent))
    for t in range(extent):
        products = operators[:, None] * np.roll(operators, -t, axis=2)
        found[:, :, t] = products.reshape(size, size, -1).cumsum(axis=2)[:, :, -1] / (parts * extent)
    return ((found + found.transpose(1, 0, 2)) / 2.0).tolist()  # type: ignore[no-any-return]
