"""The determinant of overlap quarks as an action: it decides, while a guide without fermions proposes.

A force would have to know of zero modes that come and go as eigenvalues of H_W change sign; none is needed where the
proposals come from a gauge action.  det D(m) > 0: the eigenvalues of D come in pairs, but for 0 and 2 rho.
"""

from __future__ import annotations

from lqcdnn.actions.determinant import LastValues
from lqcdnn.dirac import overlapdense
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.dirac.solver import SolverLog
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Blocks, Lattice


class OverlapAction:
    """S = -flavors ln det D(m), from dense matrices of each chirality.

    Parameters
    ----------
    operator
        D(m); its links are set to those the action is asked about.
    flavors
        Any number.
    name
        Of the term.
    """

    def __init__(self, operator: OverlapOperator, flavors: int, name: str) -> None:
        self.operator, self.flavors, self.name = operator, flavors, name
        self.lattice: Lattice = operator.lattice
        self._value = LastValues(self._computed)

    @property
    def logs(self) -> list[SolverLog]:
        """Nothing is solved but for the sign."""
        return []

    def draw(self, U: Blocks, stream: Stream) -> float | None:
        """There is no auxiliary field."""
        return None

    def value(self, U: Blocks) -> float:
        """S[U].

        Raises
        ------
        NumericalError
            If the sign is not as accurate as demanded, or the links hold NaN.
        """
        return self._value(U)

    def _computed(self, U: Blocks) -> float:
        self.operator.set_links(U)
        return -0.5 * self.flavors * overlapdense.log_determinant(self.operator)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """There is none: rules of the input keep overlap quarks out of molecular dynamics."""
        raise AssertionError("overlap quarks have no force")
