"""Improved staggered actions: which paths their fat links are sums of, and with which coefficients.

A fat link is a sum of paths n -> n + mu; those with k = 1, 2, 3 directions orthogonal to mu, one step along each, have
3, 5, 7 links.  Fat7 is the product of (1 + (T_nu + T_-nu - 2)/4) over nu != mu, symmetrised in the order of the
directions, T_nu the covariant step along nu (K. Orginos, D. Toussaint, hep-lat/9805009; G. P. Lepage, hep-lat/9809157):
a gluon with the momentum pi in any direction but mu does not couple to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

IMPROVEMENTS = ("none", "hisq", "asqtad", "naik")
NAIK = 1.0 / 6.0
"""sin p + NAIK sin^3 p = p up to p^5 (S. Naik, Nucl. Phys. B 316 (1989) 238)."""


@dataclass(frozen=True, slots=True)
class FatCoefficients:
    """F_mu = one U_mu + sum over k of staples[k - 1] times the paths with k orthogonal directions + straight staples.

    Attributes
    ----------
    one
        Of the link itself.
    staples
        Of each path of 3, 5, 7 links with 1, 2, 3 different orthogonal directions: d - 1 numbers in d dimensions.
    straight
        Of Lepage's paths of 5 links, which go two steps along one orthogonal direction and two back.
    """

    one: float
    staples: tuple[float, ...]
    straight: float = 0.0

    @property
    def size(self) -> float:
        """The sum of the moduli over all paths: no link is longer, if those it is made of are unitary."""
        total = abs(self.one) + 2.0 * len(self.staples) * abs(self.straight)
        return total + sum(count * abs(c) for count, c in zip(self.counts, self.staples, strict=True))

    @property
    def total(self) -> float:
        """The sum over all paths: the fat link of links 1."""
        total = self.one + 2.0 * len(self.staples) * self.straight
        return total + sum(count * c for count, c in zip(self.counts, self.staples, strict=True))

    @property
    def counts(self) -> tuple[int, ...]:
        """How many paths there are with k = 1, 2, ... orthogonal directions."""
        most = len(self.staples)
        return tuple(2**k * factorial(most) // factorial(most - k) for k in range(1, most + 1))


@dataclass(frozen=True, slots=True)
class Improvement:
    """Fat links to the neighbours and links of three steps, long times the product of three links.

    Attributes
    ----------
    first
        Fat links that are projected onto U(N) before all others are made of them; None: there are none.
    fat, long
        Coefficients of the links to the nearest neighbours and of those of three steps.
    """

    first: FatCoefficients | None
    fat: FatCoefficients
    long: float

    @property
    def lengths(self) -> tuple[int, ...]:
        """Steps of the hops."""
        return 1, 3

    @property
    def norm(self) -> float:
        """A number |D| never exceeds on unitary links: each direction has fat and long hops, forward and back."""
        return (1 + len(self.fat.staples)) * (self.fat.size + abs(self.long))


def fat7(d: int, tadpole: float = 1.0) -> FatCoefficients:
    """1/8, 1/16, 1/64, 1/384 in d = 4; a path of n links is divided by ``tadpole`` n - 1 times."""
    c = [0.5 ** (d - 1 + k) / factorial(k) for k in range(d)]
    return FatCoefficients(c[0], tuple(x / tadpole ** (2 * k) for k, x in enumerate(c[1:], 1)))


def improvement_of(
    kind: str | None, d: int, naik_epsilon: float | None = None, u0: float | None = None
) -> Improvement | None:
    """The improvement that a fermion table asks for; None for links as they are.

    hisq: fat7 and projection, then asqtad without tadpoles and with twice Lepage's term, for both smearings of the
    first order in a^2 (E. Follana et al., hep-lat/0610092); naik_epsilon is their epsilon.
    asqtad: fat7 with Lepage's term, a path of n links divided by u0^(n - 1) (K. Orginos, D. Toussaint, R. L. Sugar,
    hep-lat/9903032); the factor 1/u0 that all paths have in common is one of field and mass.
    naik: thin links and the long ones.

    Parameters
    ----------
    kind
        One of ``IMPROVEMENTS``, or None.
    d
        Number of dimensions.
    naik_epsilon, u0
        Keys of hisq and asqtad.
    """
    if kind in (None, "none"):
        return None
    if kind == "naik":
        return Improvement(None, FatCoefficients(1.0 + 0.75 * NAIK, (0.0,) * (d - 1)), -0.25 * NAIK)
    asqtad, epsilon = kind == "asqtad", 1.0 + (naik_epsilon or 0.0)
    tadpole = u0 or 1.0 if asqtad else 1.0
    lepage = 1.0 / 16.0 if asqtad else 1.0 / 8.0
    smeared = fat7(d, tadpole)
    one = smeared.one + 2.0 * (d - 1) * lepage + 0.75 * NAIK * epsilon
    fat = FatCoefficients(one, smeared.staples, -lepage / tadpole**4)
    return Improvement(None if asqtad else fat7(d), fat, -0.25 * NAIK * epsilon / tadpole**2)
