"""A term of the action that the user's own Python functions compute."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.random import Stream
from lqcdnn.kernels.links import add_multiple
from lqcdnn.lattice.geometry import Blocks, Lattice

Links = NDArray[np.complex128]


class CustomAction:
    """S = coefficient f(links), with links and derivatives as arrays [d, x, y, ..., N, N] in lattice order.

    Parameters
    ----------
    lattice
        A periodic one.
    value, gradient
        f, and df/d Re U + i df/d Im U by each number of the links (df = Re sum conj(g) dU): what automatic
        differentiation gives for complex numbers.  Both get an array that they may write to.
    coefficient
        Its factor; 0: neither function is called.
    name, digest
        How messages call it, and the sha256 of the file that has the functions.
    """

    name = "custom"

    def __init__(
        self,
        lattice: Lattice,
        value: Callable[[Links], Any],
        gradient: Callable[[Links], Any],
        coefficient: float = 1.0,
        title: str = "custom",
        digest: str = "",
    ) -> None:
        self.lattice, self.coefficient, self.title, self.digest = lattice, coefficient, title, digest
        self._value, self._gradient = value, gradient

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """S[U].

        Raises
        ------
        InputError
            Of what is no real number, or not finite. For links that are not finite, it is left to the Metropolis test.
        """
        if self.coefficient == 0.0:
            return 0.0
        found = real_number(self._value(self.lattice.to_user(U)), f"{self.title}: value")
        if not math.isfinite(found) and self._finite(U):
            raise InputError(f"{self.title}: value returns {found}; allowed: a finite number")
        return self.coefficient * found

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """Sigma += coefficient g^dag.

        Raises
        ------
        InputError
            Of what is no array of numbers in the shape of the links, or not finite where the links are.
        """
        if self.coefficient == 0.0:
            return
        links = self.lattice.to_user(U)
        shape = links.shape
        found = array(self._gradient(links), f"{self.title}: gradient")
        if found.shape != shape or found.dtype.kind not in "iufc":
            allowed = f"numbers of the shape of the links, {shape}"
            raise InputError(f"{self.title}: gradient returns {_shown(found)}; allowed: {allowed}")
        if not np.isfinite(found).all() and self._finite(U):
            value = found[~np.isfinite(found)].flat[0]
            raise InputError(f"{self.title}: gradient returns {value} among others; allowed: finite numbers")
        conjugate = found.conj().swapaxes(-1, -2).astype(np.complex128)
        add_multiple(Sigma, self.lattice.from_links(conjugate), self.coefficient)

    def _finite(self, U: Blocks) -> bool:
        """Whether the links are: what an unstable integrator has done is not put down to the functions."""
        return bool(np.isfinite(self.lattice.to_user(U)).all())


def real_number(found: Any, what: str) -> float:
    """A number that a function of the user returned, as float: of Python, numpy, or an array of one entry.

    Raises
    ------
    InputError
        If it is none.
    """
    number = array(found, what)
    if number.size != 1 or number.dtype.kind not in "iufb":
        raise InputError(f"{what} returns {_shown(number)}; allowed: a real number")
    return float(number.reshape(()))


def array(found: Any, what: str) -> NDArray[Any]:
    """What a function of the user returned as an array.

    Raises
    ------
    InputError
        Of what numpy makes none of.
    """
    try:
        return np.asarray(found)
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: tensors that still carry derivatives
        raise InputError(f"{what} returns {type(found).__name__} ({error}); allowed: an array") from error


def _shown(numbers: NDArray[Any]) -> str:
    kind = "no numbers" if numbers.dtype.kind not in "iufcb" else f"numbers of type {numbers.dtype}"
    return kind + (f", shape {numbers.shape}" if numbers.ndim else "")
