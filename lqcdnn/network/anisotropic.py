"""The layer that drives the gradient flow of an anisotropic lattice (Borsanyi et al., arXiv:1205.0781)."""

from __future__ import annotations

import numpy as np

from lqcdnn.config.tables.gauge_actions import loop_weights
from lqcdnn.errors import InputError
from lqcdnn.fields import rectangles
from lqcdnn.kernels import layer as kernels
from lqcdnn.kernels.loops import whole_staples
from lqcdnn.lattice.anisotropy import relative_weights
from lqcdnn.lattice.geometry import Blocks, Lattice
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.terms import NONE


class AnisotropicLayer(CovariantLayer):
    """Plaquettes and rectangles of the anisotropic action, whose gradient moves links of space xi, of time 1/xi times.

    In units of a_s^2 that is dA_mu/dt = D_nu F_nu_mu, as links of time are a_t A_t: staples of a link of space count
    once in planes of space and xi^2 times in those with time, those of a link of time once.

    It has no pullback: nothing trains it, and no action sees links behind it.

    Parameters
    ----------
    lattice
        A lattice whose time is periodic, without a twist.
    c1
        Rectangle coefficient.
    anisotropy
        xi, spacing of space in units of that of time.

    Raises
    ------
    InputError
        Where time is open or fixed at the ends.
    """

    def __init__(self, lattice: Lattice, c1: float, anisotropy: float) -> None:
        super().__init__(lattice, ("plaquette", "rectangle") if c1 else ("plaquette",))
        if lattice.open_time:
            raise InputError("a flow with an anisotropy is not defined at the ends of time")
        weights = loop_weights(c1, anisotropy)
        self._space, self._planes, self._oblong = relative_weights(weights, lattice.d)
        speed = np.full(lattice.d, anisotropy)
        speed[-1] = 1.0 / anisotropy
        self._plaquettes, self._rectangles = weights.plaquette_time * speed, weights.rectangle_short * speed

    def _rotate(self, out: Blocks, Z: Blocks, X: Blocks, keep: float, step: float, C: Blocks, U: Blocks) -> None:
        nbr, order = self.lattice.neighbours, self.lattice.rows(U)
        whole_staples(C, U, nbr, order, self._plaquettes, self._space)
        if self._oblong is not None:
            rectangles.add_staples(C, self.lattice, U, self._rectangles, planes=self._planes)
        kernels.rotate_by_staples(out, Z, X, keep, step, C, U[:, :-1], U, nbr, NONE)

    def _pull(self, *fields: object) -> Blocks:
        raise InputError("the layer of an anisotropic lattice, which the gradient flow is made of, has no pullback")
