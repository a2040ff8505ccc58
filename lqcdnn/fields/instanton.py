"""Links of an SU(2) instanton in four dimensions.

Sines and angles are made by arithmetic and square roots alone, which round alike everywhere in an array.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Blocks, Lattice

FloatArray = NDArray[np.float64]

HALVINGS = 6
"""Times an angle is halved before its series."""

SYMBOL = {
    0: ((0, 3, -1.0), (1, 2, -1.0), (2, 1, 1.0)),
    1: ((0, 2, 1.0), (1, 3, -1.0), (2, 0, -1.0)),
    2: ((0, 1, -1.0), (1, 0, 1.0), (2, 3, -1.0)),
    3: ((0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0)),
}
"""'t Hooft's symbol etabar: by mu the (a, nu, etabar^a_{mu nu}) that are not 0; eta has the other sign where mu or nu
is time."""


def instanton(
    lattice: Lattice, group: Group, radius: float, position: tuple[float, ...], charge: int = 1
) -> Blocks:
    r"""Links of one instanton in the first two colours, exactly periodic.

    The gauge field in the singular gauge ('t Hooft, Phys. Rev. D 14 (1976) 3432; Jackiw, Nohl, Rebbi, Phys. Rev. D 15
    (1977) 1642),

    .. math:: A_\mu = -\frac{i}{2}\sigma^a A^a_\mu,\quad
        A^a_\mu = -\bar\eta^a_{\mu\nu}\,\partial_\nu \ln(1 + \rho^2/X^2),\quad
        X^2 = \sum_\nu s_\nu^2,\quad s_\nu = \frac{L_\nu}{\pi}\sin\frac{\pi x_\nu}{L_\nu},

    with x the distance from the centre; X = x in an infinite box, where this is the solution of Belavin, Polyakov,
    Schwartz and Tyupkin with action 8 pi^2 and charge 1. Along a link only s_mu changes, not the direction v^a =
    etabar^a_{mu nu} s_nu cos(pi x_nu/L_nu) of the field: U = exp(-i theta v.sigma/|v|), with B = (L_mu/pi)^2, and a the
    sum of s_nu^2 over nu != mu,

    .. math:: \theta = |v|\,[I(a) - I(a + \rho^2)],\quad
        I(a) = \int\frac{dx_\mu}{a + s_\mu^2} = \sqrt{\frac{B}{a(a+B)}}\;
        \arg(\sqrt{a}\cos u + i\sqrt{a+B}\sin u)\Big|,\quad u = \frac{\pi x_\mu}{L_\mu}.

    The singularity at the centre lies between the links, which do not notice it.

    Parameters
    ----------
    lattice, group
        d = 4 and SU(N).
    radius
        rho, in lattice units.
    position
        The centre; not a site.
    charge
        1, or -1 with eta in place of etabar: the sign of the charge that ``topological_charge`` measures.

    Raises
    ------
    InputError
        For another dimension or group, and for a centre on a site.
    """
    if lattice.d != 4 or group.n < 2:
        raise InputError(f"an instanton is one of SU(N) in d = 4, not of {group.name} in d = {lattice.d}")
    x = [centred(n, place) for n, place in zip(lattice.shape, position, strict=True)]
    if all((along == 0.0).any() for along in x):
        raise InputError(f"the centre {list(position)} of an instanton is a site", hint="choose a place between sites")
    z = np.zeros((4, *lattice.shape, group.n, group.n), dtype=np.complex128)
    z[...] = np.eye(group.n)
    waves = [circle((np.pi / n) * along) for n, along in zip(lattice.shape, x, strict=True)]
    scales = [n / np.pi for n in lattice.shape]
    s = [spread(scale * sin, nu) for nu, (scale, (_, sin)) in enumerate(zip(scales, waves, strict=True))]
    w = [spread(scale * (sin * cos), nu) for nu, (scale, (cos, sin)) in enumerate(zip(scales, waves, strict=True))]
    for mu in range(4):
        v = [
            charge_sign(charge, mu, nu) * sign * np.broadcast_to(w[nu], lattice.shape) for _, nu, sign in SYMBOL[mu]
        ]
        a = np.broadcast_to(sum(s[nu] * s[nu] for nu in range(4) if nu != mu), lattice.shape)
        length = np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
        ahead = circle((np.pi / lattice.shape[mu]) * (x[mu] + 1.0))
        ends = [(spread(cos, mu), spread(sin, mu)) for cos, sin in (waves[mu], ahead)]
        step = float(circle(np.array([np.pi / lattice.shape[mu]]))[1][0])
        theta = turn(a, length, ends, step, scales[mu] ** 2)
        theta = theta - turn(a + radius * radius, length, ends, step, scales[mu] ** 2)
        put_rotation(z[mu], theta, v, length)
    return lattice.from_links(z)


def centred(extent: int, place: float) -> FloatArray:
    """Distances n - place of the sites of a ring, from -extent/2 on."""
    x = np.arange(extent) - place
    return np.asarray(x - extent * np.floor(x / extent + 0.5))


def spread(values: FloatArray, nu: int) -> FloatArray:
    """Numbers along direction nu as an array that broadcasts over the lattice."""
    return values.reshape([-1 if mu == nu else 1 for mu in range(4)])


def charge_sign(charge: int, mu: int, nu: int) -> float:
    """Ratio of the symbol of a charge to etabar."""
    return -1.0 if charge < 0 and 3 in (mu, nu) else 1.0


def turn(
    a: FloatArray, length: FloatArray, ends: list[tuple[FloatArray, FloatArray]], step: float, B: float
) -> FloatArray:
    """|v| I(a) between two ends (cos u, sin u), ``step`` the sine of their distance."""
    (cos, sin), (cos1, sin1) = ends
    root = np.sqrt(a * (a + B))
    delta = angle(a * (cos * cos1) + (a + B) * (sin * sin1), root * step + 0.0 * cos)
    # on a line through the centre v and a vanish together, |v| = sqrt(a)
    ratio = np.divide(length, np.sqrt(a), out=np.ones_like(length), where=a > 0.0)
    return np.asarray(ratio * np.sqrt(B / (a + B)) * delta)


def put_rotation(z: NDArray[np.complex128], theta: FloatArray, v: list[FloatArray], length: FloatArray) -> None:
    """exp(-i theta v.sigma/|v|) into the first two rows and columns."""
    cos, sin = circle(theta)
    n = [sin * np.divide(part, length, out=np.zeros_like(length), where=length > 0.0) for part in v]
    z.real[..., 0, 0], z.imag[..., 0, 0] = cos, -n[2]
    z.real[..., 0, 1], z.imag[..., 0, 1] = -n[1], -n[0]
    z.real[..., 1, 0], z.imag[..., 1, 0] = n[1], -n[0]
    z.real[..., 1, 1], z.imag[..., 1, 1] = cos, n[2]


def circle(theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(cos, sin) of angles of a few turns at most, on the circle to rounding."""
    x = theta / 2.0**HALVINGS
    square = x * x
    cos, sin = np.ones_like(x), np.ones_like(x)
    for k in range(14, 0, -2):
        cos = 1.0 - square / (k * (k - 1.0)) * cos
        sin = 1.0 - square / (k * (k + 1.0)) * sin
    sin = x * sin
    for _ in range(HALVINGS):
        cos, sin = cos * cos - sin * sin, 2.0 * (sin * cos)
    norm = np.sqrt(cos * cos + sin * sin)
    return cos / norm, sin / norm


def angle(x: FloatArray, y: FloatArray) -> FloatArray:
    """arg(x + i y) in [0, pi], y >= 0 and not both 0."""
    for _ in range(HALVINGS):
        norm = np.sqrt(x * x + y * y)
        x, y = x / norm, y / norm
        large = np.sqrt(0.5 + 0.5 * np.abs(x))  # of the half angle the cosine, or the sine beyond a quarter turn
        small = 0.5 * y / large
        x, y = np.where(x > 0.0, large, small), np.where(x > 0.0, small, large)
    square = y * y
    series = np.full_like(y, 945.0 / 42240.0)
    for coefficient in (105.0 / 3456.0, 15.0 / 336.0, 3.0 / 40.0, 1.0 / 6.0, 1.0):
        series = coefficient + square * series
    return np.asarray(2.0**HALVINGS * (y * series))
