"""Exact plaquettes of two-dimensional gauge theory on a torus, by character expansion (physics.md 8.2)."""

import numpy as np


def integral(values, points):
    """By the trapezoidal rule; numpy's own has another name in each of its versions."""
    return float(np.sum(0.5 * (values[1:] + values[:-1]) * np.diff(points)))


def bessel_i(orders, x):
    """I_n(x) = (1/pi) int_0^pi e^{x cos t} cos(n t) dt; the trapezoidal rule converges exponentially."""
    t = np.linspace(0.0, np.pi, 401)
    weight = np.full(t.size, 1.0 / 400)
    weight[[0, -1]] *= 0.5
    return np.array([np.sum(weight * np.exp(x * np.cos(t)) * np.cos(n * t)) for n in orders])


def torus_plaquette(coefficient, derivative, volume):
    """<P> = (1/V) d ln Z / d beta with Z = sum_r coefficient_r^V."""
    ratio = coefficient / coefficient.max()
    return float(np.sum(ratio ** (volume - 1) * derivative) / np.sum(ratio**volume) / coefficient.max())


def u1_plaquette(beta, volume):
    """<cos theta_P>: coefficients I_q(beta), every integer q."""
    q = np.arange(-20, 21)
    return torus_plaquette(bessel_i(q, beta), 0.5 * (bessel_i(q - 1, beta) + bessel_i(q + 1, beta)), volume)


def su2_plaquette(beta, volume):
    """<tr P / 2>: e^{(beta/2) tr P} = sum_{n>0} n (2 I_n / beta) chi_n, hence coefficients 2 I_n(beta) / beta."""
    n = np.arange(1, 25)
    i = bessel_i(n, beta)
    derivative = 0.5 * (bessel_i(n - 1, beta) + bessel_i(n + 1, beta))
    return torus_plaquette(2.0 * i / beta, 2.0 * (derivative - i / beta) / beta, volume)


def one_link_integral(n, x):
    """int dU exp(x Re tr U) over SU(n) = sum_q det I_{i-j+q}(x)."""
    i, j = np.indices((n, n))
    return sum(np.linalg.det(bessel_i((i - j + q).ravel(), x).reshape(n, n)) for q in range(-25, 26))


def mean_trace(n, x):
    """<Re tr U> with the weight exp(x Re tr U) over SU(n)."""
    step = 1e-4
    return float(np.log(one_link_integral(n, x + step) / one_link_integral(n, x - step)) / (2.0 * step))


def sun_plaquette(n, beta):
    """<Re tr P / n> in infinite volume, where plaquettes are independent; within 1e-6 of it on a torus of 256 sites."""
    return mean_trace(n, beta / n) / n


def u1_wilson_loop(beta, volume, area):
    """<cos of the angle of a loop> around ``area`` plaquettes: inside, the flux is one more than outside."""
    q = np.arange(-20, 21)
    inside, outside = bessel_i(q + 1, beta), bessel_i(q, beta)
    return float(np.sum(outside ** (volume - area) * inside**area) / np.sum(outside**volume))


def su2_wilson_loop(beta, volume, area):
    """<tr/2> of a loop: representations n inside and n' = n +- 1 outside, of dimensions n and n'.

    A disc gives sum_n n c_n^A chi_n, a torus with a hole sum_n c_n^(V - A) chi_n / n.
    """
    n = np.arange(1, 26)
    c = 2.0 * bessel_i(n, beta) / beta
    total = 0.0
    for inside, outside in ((n[:-1], n[1:]), (n[1:], n[:-1])):
        total += np.sum(inside / outside * c[inside - 1] ** area * c[outside - 1] ** (volume - area))
    return float(0.5 * total / np.sum(c**volume))


def u1_charge_squared(beta, volume):
    """<Q^2> of two-dimensional U(1) on a torus, Q = sum of the plaquette angles / 2 pi.

    Z(theta) = sum over q of c(q + theta/2pi)^V, c(x) = int dphi/2pi exp(beta cos phi + i x phi), whose second
    derivative by theta at 0 is -<Q^2> Z; c'' and c' are integrals with -phi^2 and i phi.
    """
    phi = np.linspace(-np.pi, np.pi, 20001)
    weight = np.full(phi.size, phi[1] - phi[0])
    weight[[0, -1]] *= 0.5
    weight *= np.exp(beta * (np.cos(phi) - 1.0))
    q = np.arange(-20, 21)[:, None]
    c = (weight * np.cos(q * phi)).sum(axis=1)
    first = -(weight * phi * np.sin(q * phi)).sum(axis=1)
    second = -(weight * phi**2 * np.cos(q * phi)).sum(axis=1)
    ratio = c / c.max()
    term = volume * (volume - 1) * ratio ** (volume - 2) * (first / c.max()) ** 2
    term += volume * ratio ** (volume - 1) * second / c.max()
    return float(-term.sum() / (2.0 * np.pi) ** 2 / (ratio**volume).sum())


def u1_polyakov_correlator(beta, shape, distance):
    """<P(x) P(x + r)^*> of two-dimensional U(1), extents (L, T): between the loops the flux is one more."""
    extent, time = shape
    return u1_wilson_loop(beta, extent * time, distance * time)


def su2_polyakov_correlator(beta, shape, distance):
    """<tr P(x) tr P(x + r)^dag> / 4 of SU(2), extents (L, T): n between the loops, n +- 1 outside.

    A cylinder of area A between two loops gives sum_n c_n^A chi_n chi_n^*.
    """
    extent, time = shape
    n = np.arange(1, 26)
    c = (2.0 * bessel_i(n, beta) / beta) ** time
    pairs = ((n[:-1], n[1:]), (n[1:], n[:-1]))
    total = sum(np.sum(c[a - 1] ** distance * c[b - 1] ** (extent - distance)) for a, b in pairs)
    return float(0.25 * total / np.sum(c**extent))


def line_sums(coefficients, vertex, times, lines):
    """ln Z of a torus of ``lines`` Polyakov loops of ``times`` links whose action is that of plaquettes and of loops.

    Space-like links of the strip between two neighbouring lines integrated, it is sum_r c_r^T chi_r(P) chi_r(P')^*;
    the weight of a line is a matrix W in the representations (vertex): Z = Tr (c^T W)^L.
    """
    matrix = (coefficients / coefficients.max()) ** times
    return float(np.log(np.trace(np.linalg.matrix_power(matrix[:, None] * vertex, lines))))


def u1_line_sums(beta, h, times, lines):
    """U(1), weight exp(beta cos theta_P) of a plaquette and exp(h cos theta) of a line; coefficients I_q(beta)."""
    q = np.arange(-12, 13)
    return line_sums(bessel_i(q, beta), bessel_i((q[:, None] - q).ravel(), h).reshape(q.size, -1), times, lines)


def su2_line_sums(beta, h, times, lines):
    """SU(2), weights exp((beta/2) tr P) and exp((h/2) tr L): c_n = 2 I_n(beta) / beta, W_nm = I_{n-m} - I_{n+m}."""
    n = np.arange(1, 20)
    minus, plus = ((n[:, None] + s * n).ravel() for s in (-1, 1))
    vertex = (bessel_i(minus, h) - bessel_i(plus, h)).reshape(n.size, -1)
    return line_sums(2.0 * bessel_i(n, beta) / beta, vertex, times, lines)


def mean_line(log_z, beta, h, times, lines):
    """<Re tr L / N> of the Polyakov loops in time, (1/L) d ln Z / dh."""
    step = 1e-4
    return (log_z(beta, h + step, times, lines) - log_z(beta, h - step, times, lines)) / (2.0 * step * lines)


def u1_plaquette_density(beta, volume, points):
    """Density of the mean plaquette of two-dimensional U(1) on a torus, at these points.

    Z = sum_q I_q^V at a complex coupling gives the characteristic function of the sum of cos theta_P:
    <exp(ik sum)> = Z(beta + ik)/Z(beta).
    """
    q, phi = np.arange(-12, 13), np.linspace(-np.pi, np.pi, 257)[:-1]
    k = np.linspace(-8.0, 8.0, 1601)
    x = np.append(beta, beta + 1j * k)
    of_charge = np.exp(np.outer(x, np.cos(phi)) - beta) @ np.cos(np.outer(phi, q)) / phi.size
    Z = np.sum(of_charge**volume, axis=1)
    wave = np.exp(-1j * np.outer(volume * np.asarray(points), k)) @ (Z[1:] / Z[0])
    return volume * wave.real * (k[1] - k[0]) / (2.0 * np.pi)


def u1_at_imaginary_theta(beta, theta, volume):
    """<cos theta_P>, <Q> of two-dimensional U(1) with the weight exp(theta sum sin theta_P / 2 pi), Q as above.

    Z = sum over q of c(q)^V, c(q) = int dphi exp(beta cos phi + theta sin phi / 2 pi + i q phi); what multiplies phi
    inside Z^-1 sum V c^(V - 1) int ... phi / 2 pi is the mean of one plaquette angle.
    """
    phi = np.linspace(-np.pi, np.pi, 8001)
    weight = np.exp(beta * (np.cos(phi) - 1.0) + theta * np.sin(phi) / (2.0 * np.pi))
    weight[[0, -1]] *= 0.5
    waves = np.exp(1j * np.arange(-25, 26)[:, None] * phi)
    c, of_cosine, of_angle = ((waves * (weight * f)).sum(axis=1) for f in (1.0, np.cos(phi), phi / (2.0 * np.pi)))
    scale = np.abs(c).max()
    z = np.sum((c / scale) ** volume).real
    rest = (c / scale) ** (volume - 1) / scale
    return float(np.sum(rest * of_cosine).real / z), float(volume * np.sum(rest * of_angle).real / z)
