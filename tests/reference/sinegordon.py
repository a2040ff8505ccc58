"""Sine-Gordon model at beta^2 = 2 pi in a box: energies of solitons with all effects of its size.

C. Destri, H. J. de Vega, hep-th/9701107; G. Feverati, F. Ravanini, G. Takacs, hep-th/9805117: with s = 1 for an even
and -1 for an odd number of solitons, a line at a height eta and F(x) = log(1 + s exp(i Z(x + i eta))),

    Z(z) = m L sinh z + sum_j chi(z - theta_j) + 2 Im int dx G(z - x - i eta) F(x),   Z(theta_j) = 2 pi I_j,
    E = m sum_j cosh theta_j - (m/pi) Im int dx sinh(x + i eta) F(x),

chi' = 2 pi G, exp(i chi) = -S of two solitons (physics.md 28.5), I_j whole numbers for s = -1, halves for s = 1.
Without F this is Bethe and Yang's equation.
"""

import numpy as np

ETA = 0.3
"""G has poles at +- i pi/3, and its argument gets as far as 2 ETA from the real line."""
X = np.linspace(-8.0, 8.0, 241)
STEP = X[1] - X[0]
SINE = np.sin(np.pi / 3)


def chi(z):
    """Phase of -S, 0 at z = 0 and -pi at infinity."""
    return -2.0 * np.arctan(np.sinh(z) / SINE)


def kernel(z):
    """G."""
    return -SINE * np.cosh(z) / (SINE**2 + np.sinh(z) ** 2) / np.pi


def energy(mass, extent, numbers):
    """Energy above the vacuum of solitons with the quantum numbers I_j, and its momentum."""
    state, vacuum = (solved(mass * extent, of, 1 - 2 * (len(of) % 2)) for of in (numbers, ()))
    return mass * (state[0] - vacuum[0]), mass * (state[1] - vacuum[1])


def solved(size, numbers, sign):
    """E/m and momentum/m of a state, m L = size."""
    turns, line = 2.0 * np.pi * np.array(numbers), X + 1j * ETA
    near, far = STEP * kernel(X[:, None] - X), STEP * kernel(X[:, None] - X + 2j * ETA)
    thetas, F = np.arcsinh(turns / size), np.zeros(len(X), complex)
    for _ in range(300):
        Z = size * np.sinh(line) + chi(line[:, None] - thetas).sum(axis=1) - 1j * (near @ F - far @ F.conj())
        # what is left of Z(theta_j) = 2 pi I_j
        at = STEP * 2.0 * (kernel(thetas[:, None] - X - 1j * ETA) @ F).imag
        moved = np.arcsinh((turns - chi(thetas[:, None] - thetas).sum(axis=1) - at) / size)
        change = np.append(np.log1p(sign * np.exp(1j * Z)) - F, moved - thetas)
        F, thetas = F + 0.5 * change[: len(X)], thetas + 0.5 * change[len(X) :].real
        if np.abs(change).max() < 1e-12:
            break
    assert np.abs(change).max() < 1e-12
    found = [of(thetas).sum() - STEP / np.pi * (image(line) * F).imag.sum() for of, image in PARTS]
    return found[0], found[1]


PARTS = ((np.cosh, np.sinh), (np.sinh, np.cosh))
