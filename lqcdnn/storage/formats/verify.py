"""Recompute with numpy what a configuration file claims: plaquette, link trace, unitarity.

Deliberately independent of the compiled kernels: agreement of the two is evidence for both. Sums are exact (`fsum`), so
the result does not depend on numpy's order of summation; one slice of the first direction is worked on at a time.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import DataError
from lqcdnn.storage.formats.base import Claim, Configuration, Decoded, Links, Source, group_colors

# Largest violation of unitarity that rounding explains, and largest that can still be called a rounded group element.
_ROUNDING = {"f4": 2e-6, "f8": 1e-12}
_TOLERABLE = {"f4": 1e-4, "f8": 1e-6}


class Plaquette(NamedTuple):
    """Means of Re tr P / N over all planes, over those in space, and over those with time (nan where there is none)."""

    mean: float
    space: float
    time: float


def plaquette(links: Links) -> Plaquette:
    """Average plaquette of links in user layout (periodic); P = U_mu(x) U_nu(x+mu) U_mu(x+nu)^dagger U_nu(x)^dagger."""
    d, colors = links.shape[0], links.shape[-1]
    sums: dict[bool, list[float]] = {False: [], True: []}
    for mu, nu in combinations(range(d), 2):
        slices = [_plaquette_slice(links, mu, nu, x) for x in range(links.shape[1])]
        sums[nu == d - 1].append(math.fsum(slices))
    sites: int = math.prod(links.shape[1:-2]) * colors

    def mean(planes: list[float]) -> float:
        return math.fsum(planes) / (sites * len(planes)) if planes else math.nan

    return Plaquette(mean(sums[False] + sums[True]), mean(sums[False]), mean(sums[True]))


def link_trace(links: Links) -> float:
    """Average of Re tr U / N over all links."""
    traces: NDArray[np.float64] = np.trace(links, axis1=-2, axis2=-1).real
    mean: float = math.fsum(traces.ravel().tolist()) / (traces.size * links.shape[-1])
    return mean


def unitarity(links: Links) -> float:
    """Largest element of abs(U U^dagger - 1), or of abs(det U - 1) for N > 1 if that is larger; nan if any link is."""
    colors = links.shape[-1]
    worst = 0.0
    for part in links.reshape(-1, links[0, 0].size // colors**2, colors, colors):
        with np.errstate(all="ignore"):  # the numbers of a damaged file may overflow
            product = np.einsum("xab,xcb->xac", part, part.conj())
            deviations = [np.abs(product - np.eye(colors)).max()]
            if colors > 1:
                deviations.append(np.abs(np.linalg.det(part) - 1).max())
        worst = float(np.max([worst, *deviations]))
    return worst


def is_group_element(links: Links, real: str) -> bool:
    """Whether links are matrices of U(1) or SU(N) up to the rounding of numbers stored as "f4" or "f8"."""
    return unitarity(links) <= _TOLERABLE[real]


def confirm(source: Source, name: str, decoded: Decoded) -> Configuration:
    """Check decoded links against the group, the caller's expectation and the claims of the file.

    Raises
    ------
    DataError
        When links are not in the group, or a claim is wrong: names file, record and both values.
    """
    links, group = decoded.links, decoded.group
    colors = group_colors(group)
    if links.ndim != links.shape[0] + 3 or links.shape[-2:] != (colors, colors):
        raise source.fail("links", f"array of shape {links.shape} holds no {group} links")
    if (phi := decoded.scalar) is not None and not (phi.shape == (*links.shape[1:-1], 1) and np.isfinite(phi).all()):
        raise source.fail("scalar", f"array of shape {phi.shape} is no finite field beside these links")
    violation = unitarity(links)
    if not violation <= _TOLERABLE[decoded.real]:  # nan is refused too
        raise source.fail("links", f"not {group} matrices: unitarity is violated by {violation:.1e}")
    mean = plaquette(links).mean
    for claim in decoded.claims:
        _check(source, claim, mean if claim.quantity == "plaquette" else link_trace(links))
    shape = tuple(links.shape[1:-2])
    warnings = [*decoded.warnings, *_precision_warnings(source, decoded.real, violation)]
    return Configuration(
        links,
        shape,
        group,
        name,
        decoded.attributes,
        warnings,
        mean,
        violation,
        decoded.real,
        {claim.quantity: claim.value for claim in decoded.claims},
        decoded.checksum,
        decoded.scalar,
    )


def expect(source: Source, configuration: Configuration) -> None:
    """Raise DataError when the file holds another lattice or group than the caller asked for."""
    for quantity, wanted, found in (
        ("shape", source.shape, configuration.shape),
        ("group", source.group, configuration.group),
    ):
        if wanted is not None and wanted != found:
            raise DataError(f"{source.path}: {quantity} is {found} in the file, but {wanted} was asked for")


def _plaquette_slice(links: Links, mu: int, nu: int, x: int) -> float:
    """Sum of Re tr P over the sites with first coordinate x."""

    def ahead(field: int, direction: int) -> Links:
        if direction == 0:
            return np.asarray(links[field, (x + 1) % links.shape[1]])
        return np.asarray(np.roll(links[field, x], -1, axis=direction - 1))

    forward = np.einsum("...ab,...bc->...ac", links[mu, x], ahead(nu, mu))
    backward = np.einsum("...ab,...bc->...ac", links[nu, x], ahead(mu, nu))
    return math.fsum((forward.real * backward.real + forward.imag * backward.imag).ravel().tolist())


def _check(source: Source, claim: Claim, computed: float) -> None:
    if not abs(claim.value - computed) <= claim.tolerance:
        raise source.fail(
            claim.record,
            f"{claim.quantity} is {claim.value!r} in the file, but {computed!r} by its links",
        )


def _precision_warnings(source: Source, real: str, violation: float) -> list[str]:
    if real == "f4":
        return [f"{source.path}: single precision; unitarity is violated by {violation:.1e}"]
    if violation > _ROUNDING[real]:
        return [f"{source.path}: links are not in the group to double precision ({violation:.1e})"]
    return []
