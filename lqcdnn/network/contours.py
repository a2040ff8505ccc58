"""Learned integration contours (physics.md 31.2): shifts of plaquette angles for which a loop has the least variance.

The mean value of Re Q does not depend on the shifts, so that its variance is least where the mean of (Re Q)^2 is, of
one loop, taken over sites, directions and configurations. Near the Gaussian limit the logarithm of this has a second
derivative by the shifts that is 2 beta times the unit matrix as long as the loop has much noise, and less where it has
little: gradients, projected onto exact forms with the symmetries of the loop, are good steps as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lqcdnn.fields.contours import (
    FloatArray,
    Kernel,
    ShiftedLoop,
    correlated,
    exchanged,
    hyperbolics,
    restored,
    transformed,
)

SMALLEST_STEP = 1e-9
"""Factor of a gradient below which halving a step is given up."""
ENOUGH = 1e-6
"""Part of the mean square by which a step has to bring it down for there to be something left to learn."""


@dataclass(frozen=True)
class Sample:
    """What of a configuration is learned from.

    Attributes
    ----------
    angles
        Transform of its plaquette angles.
    loops
        The undeformed loop at every site, [x, ..., 2 (re, im)], by direction.
    """

    angles: FloatArray
    loops: Mapping[int, FloatArray]


def deformed(sample: Sample, direction: int, kernel: Kernel, beta: float) -> FloatArray:
    """Q at every site, [2 (re, im), x, ...]."""
    w, q = kernel.weights(sample.angles, beta), sample.loops[direction]
    with np.errstate(over="ignore", invalid="ignore"):  # a step of the descent may be far too long
        re = q[..., 0] * w[..., 0] - q[..., 1] * w[..., 1]
        return np.stack([re, q[..., 0] * w[..., 1] + q[..., 1] * w[..., 0]])


def along(loop: ShiftedLoop, shifts: FloatArray, direction: int) -> tuple[ShiftedLoop, FloatArray]:
    """The same loop and its shifts along another axis of space with the same extent."""
    if direction == loop.direction:
        return loop, shifts
    return replace(loop, direction=direction), exchanged(shifts, loop.direction, direction)


@dataclass(frozen=True)
class Moment:
    """ln of the mean of (Re Q)^2 over sites, directions and configurations, and its gradient by the shifts.

    Attributes
    ----------
    loop
        Along the first of the directions.
    directions
        Axes of space of equal extent.
    beta
        Coupling.
    count, sample
        Number of configurations, and what there is of the k-th.
    """

    loop: ShiftedLoop
    directions: Sequence[int]
    beta: float
    count: int
    sample: Callable[[int], Sample]

    def __call__(self, shifts: FloatArray) -> tuple[float, FloatArray]:
        """Value and projected gradient; not finite where an exponential is too large."""
        turned = [along(self.loop, shifts, mu) for mu in self.directions]
        kernels = [Kernel.of(*one) for one in turned]
        total, lifts, products = 0.0, [0.0] * len(kernels), [0.0 * kernel.transform for kernel in kernels]
        for k in range(self.count):
            sample = self.sample(k)
            for n, kernel in enumerate(kernels):
                q = deformed(sample, self.directions[n], kernel, self.beta)
                with np.errstate(over="ignore", invalid="ignore"):
                    square = float((q[0] * q[0]).cumsum()[-1])
                if not np.isfinite(square):
                    return np.inf, np.zeros_like(shifts)
                total, lifts[n] = total + square, lifts[n] + square
                products[n] += correlated(transformed(q[0] * q, 1)[:, :, None], sample.angles)
        gradient = np.zeros_like(shifts)
        for n, (loop, form) in enumerate(turned):
            parts, (less, sines) = restored(products[n], loop.extents), hyperbolics(form)
            slope = self.beta * (parts[0] * sines + parts[1] * (less + 1.0)) - lifts[n] * loop.surface
            gradient += along(loop, slope, self.loop.direction)[1]
        sites = self.count * len(kernels) * int(np.prod(self.loop.extents))
        return float(np.log(total / sites)), self.loop.projected(gradient * (2.0 / total))


@dataclass
class ShiftDescent:
    """Steepest descent with the step lengths of J. Barzilai, J. M. Borwein, IMA J. Numer. Anal. 8 (1988) 141.

    A step that does not bring the value down is halved. ``ended`` says that none brings it down by much.
    """

    moment: Callable[[FloatArray], tuple[float, FloatArray]]
    shifts: FloatArray
    rate: float

    def __post_init__(self) -> None:
        self.value, self._gradient = self.moment(self.shifts)
        while not np.isfinite(self.value):
            self.shifts = 0.5 * self.shifts
            self.value, self._gradient = self.moment(self.shifts)
        self.ended = False

    def step(self) -> None:
        """One step."""
        rate = self.rate
        while not self.ended:
            change = -rate * self._gradient
            value, gradient = self.moment(self.shifts + change)
            if value < self.value:
                break
            rate *= 0.5
            self.ended = rate < SMALLEST_STEP
        if self.ended:
            return
        bend = float((change * (gradient - self._gradient)).cumsum()[-1])
        self.rate = float((change * change).cumsum()[-1]) / bend if bend > 0.0 else 2.0 * rate
        self.ended = self.value - value < ENOUGH
        self.shifts, self.value, self._gradient = self.shifts + change, value, gradient
