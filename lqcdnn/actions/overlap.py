"""The determinant of overlap quarks as an action: it decides, while a guide without fermions proposes.

A force would have to know of zero modes that come and go as eigenvalues of H_W change sign; none is needed where the
proposals come from a gauge action.  det D(m) > 0: the eigenvalues of D come in pairs, but for 0 and 2 rho.
"""

from __future__ import annotations

from lqcdnn.actions.determinant import ActionOfLinks
from lqcdnn.dirac import overlapdense
from lqcdnn.dirac.overlap import OverlapOperator
from lqcdnn.lattice.geometry import Blocks


class OverlapAction(ActionOfLinks):
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

    def __init__(self, operator: OverlapOperator, flavors: float, name: str) -> None:
        super().__init__(operator.lattice, name)
        self.operator, self.flavors = operator, flavors

    def compute(self, U: Blocks) -> float:
        """S[U].

        Raises
        ------
        NumericalError
            If the sign is not as accurate as demanded, or the links hold NaN.
        """
        self.operator.set_links(U)
        return -0.5 * self.flavors * overlapdense.log_determinant(self.operator)

    def add_gradient(self, U: Blocks, Sigma: Blocks) -> None:
        """There is none: rules of the input keep overlap quarks out of molecular dynamics."""
        raise AssertionError("overlap quarks have no force")
