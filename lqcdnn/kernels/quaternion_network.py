"""Networks of plaquettes and Polyakov loops of SU(2) in the algebra, all layers in one call.

For links of the group, dS = Re tr(Sigma dU) takes no more of Sigma than F = TA(U Sigma), and a layer no more of its
staples C than the sum of loops Omega = C U^dag (physics.md 4): three numbers for F in place of four, and what a step of
a plaquette or of a line changes is carried to its corner by a rotation.

    a = U_mu(n), b = U_nu(n + mu), c = U_mu(n + nu), e = U_nu(n), P = a b c^dag e^dag:
    Omega of a: P^dag    of e: P    of b: a^dag P^dag a    of c: e^dag P e

Omega changes by D Omega + Omega Lambda in the direction dU = -Lambda U, D the derivative of the staples, hence F by
TA((D Omega)^dag) - TA(Lambda Omega).  With X = Lambda_e + e Lambda_c e^dag, Y = Lambda_a + a Lambda_b a^dag for the two
halves of P, TA((D Omega)^dag) is

    of a: TA(P X - (Y - Lambda_a) P)                  of b: a^dag TA(P (X - Lambda_a)) a
    of e: TA(P^dag Y - (X - Lambda_e) P^dag)          of c: e^dag TA(P^dag (Y - Lambda_e)) e

``tape`` [layers + 2, row, block]: of each layer the links that it makes, Omega, and the plaquettes P (d, d and d (d -
1) / 2 rows); ``far`` (``plaquette_layer``); ``work``: F and Lambda (d rows each).  There is a block more than the
lattice has (``pool.scratch_rows``); U may be the first rows of a layer.
Weights [layer, 2, d]: those of the plaquettes, those of the lines (``polyakov_layer``).
"""

from __future__ import annotations

from numba import prange

from lqcdnn.kernels.compile import device, driver, inlined, inner
from lqcdnn.kernels.exponential import expm, series2
from lqcdnn.kernels.plaquette_layer import far_sum, slot
from lqcdnn.kernels.simd import (
    add_scaled,
    any_above,
    at,
    columns,
    dag,
    find_column,
    hop,
    load,
    member,
    multiply,
    one_like,
    pick,
    place,
    put,
    room,
    rooms,
    store,
    zero,
    zero_like,
)
from lqcdnn.kernels.simd.scatter import add_sites
from lqcdnn.kernels.simd.vector import (
    add_cross,
    add_times,
    cross,
    dot,
    imaginary,
    quaternion,
    scalar,
    store_vector,
    turned,
    turned_back,
)


@inlined
def plane(d, mu, nu):
    """Row of the tape that holds the plaquettes of a plane, mu > nu."""
    return 2 * d + mu * (mu - 1) // 2 + nu


@inner
def near_loops(T, far, U, nbr, weight):
    """Plaquettes with lower corner n and their part of Omega there; that of other sites, unweighted, to ``far``."""
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        S, AB, EC, N = rooms(U, 4), room(U), room(U), columns(U)
        for mu in range(d):
            store(member(S, mu), zero(U))
            find_column(N, mu, U, 0, d, hop(nbr, mu, s))
        for mu in range(1, d):
            a = place(U, mu, s)
            for nu in range(mu):
                multiply(AB, a, pick(N, mu, nu))
                multiply(EC, place(U, nu, s), pick(N, nu, mu))
                multiply(place(T, plane(d, mu, nu), s), AB, dag(EC))
        for mu in range(1, d):
            a = at(U, mu, s)
            for nu in range(mu):
                P = at(T, plane(d, mu, nu), s)
                x, p = scalar(P), imaginary(P)
                store(member(S, mu), load(member(S, mu)) + dag(P))
                store(member(S, nu), load(member(S, nu)) + P)
                put(far, (slot(d, nu, mu), s), dag(quaternion(U, x, turned_back(a, p))))
                put(far, (slot(d, mu, nu), s), quaternion(U, x, turned_back(at(U, nu, s), p)))
        for mu in range(d):
            put(T, (d + mu, s), weight[mu] * load(member(S, mu)))


@inlined
def closed_line(B, U, lines, v, mu, extent):
    """Product of all links of the line of vector v, and that of the first j for j > 0 in the rooms B."""
    W = at(U, mu, hop(lines, 0, v))
    for j in range(1, extent):
        store(member(B, j), W)
        W = W @ at(U, mu, hop(lines, j, v))
    return W


@inlined
def line_loops(T, U, lines, v, d, mu, extent, own, weight):
    """The line of vector v: the loop from link j is that from its first one, turned by the links between."""
    B = rooms(U, 64)
    W = weight * dag(closed_line(B, U, lines, v, mu, extent))
    x, w = scalar(W), imaginary(W)
    add_sites(T, d + mu, hop(lines, 0, v), W)
    for j in range(1, own):
        add_sites(T, d + mu, hop(lines, j, v), quaternion(U, x, turned_back(load(member(B, j)), w)))


@inner
def add_line_loops(T, U, nbr, lines, ranges, weight):
    """Omega_mu(n) += weight_mu times the loop around mu, daggered."""
    d = nbr.shape[1] // 2
    for mu in range(d):
        if weight[mu] != 0.0:
            for v in prange(ranges[0, mu], ranges[0, mu + 1]):
                line_loops(T, U, lines, v, d, mu, ranges[1, mu], ranges[2, mu], weight[mu])


@inner
def rotate_by_loops(out, T, far, U, nbr, weight):
    """Omega whole, and out = exp(TA(Omega)) U."""
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        E = rooms(U, 4)
        for mu in range(d):
            Omega = add_scaled(at(T, d + mu, s), weight[mu], far_sum(far, nbr, mu, s))
            put(T, (d + mu, s), Omega)
            store(member(E, mu), quaternion(U, zero_like(scalar(Omega)), imaginary(Omega)))
        for mu in range(d):
            store(member(E, mu), expm(load(member(E, mu))))
        for mu in range(d):
            put(out, (mu, s), load(member(E, mu)) @ at(U, mu, s))


@inlined
def circle(square):
    """cos t, sin t / t, and half the derivative of the latter by -t^2, for t^2 = ``square``."""
    count, one = 0, one_like(square)
    while any_above(square, 1.125) and count < 60:
        square, count = 0.25 * square, count + 1
    c, s, ds = series2(-1.0 * square)
    for _ in range(count):
        c, s, ds = 2.0 * (c * c) - one, s * c, 0.25 * (c * ds) + 0.125 * (s * s)
    return c, s, ds


@inlined
def pull_exponential(work, T, d, mu, s, F):
    """Lambda = int e^{-rQ} F e^{rQ} dr, Q = TA(Omega), and F <- e^{-Q} F e^Q - TA(Lambda Omega)."""
    Omega = at(T, d + mu, s)
    q = imaginary(Omega)
    c, sine, ds = circle(dot(q, q))
    s2 = sine * sine
    t = cross(F, q)
    r = cross(t, q)
    Lambda = add_times(add_times(F, s2, t), s2 - 2.0 * (c * ds), r)
    rotated = add_times(add_times(F, 2.0 * (sine * c), t), 2.0 * s2, r)
    store_vector(place(work, mu, s), add_cross(add_times(rotated, -1.0 * scalar(Omega), Lambda), q, Lambda))
    store_vector(place(work, d + mu, s), Lambda)


@inner
def pull_outer(work, T, out, Sigma, nbr):
    """F and Lambda of the last layer from Sigma of its output links."""
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        for mu in range(d):
            F = imaginary(at(out, mu, s) @ at(Sigma, mu, s))
            pull_exponential(work, T, d, mu, s, F)


@inlined
def whole_force(work, far, nbr, mu, s):
    """F of the layer behind with what it left to other sites."""
    return imaginary(at(work, mu, s)) + imaginary(far_sum(far, nbr, mu, s))


@inner
def pull_inner(work, far, T, nbr):
    """F and Lambda of a layer from F of its output links, in place."""
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        for mu in range(d):
            pull_exponential(work, T, d, mu, s, whole_force(work, far, nbr, mu, s))


@inlined
def scaled(a, q):
    """a times the vector of a quaternion."""
    return imaginary(a * q)


@inner
def near_loop_derivatives(work, far, T, U, nbr, weight):
    """F_mu(n) += that of the staples of plaquettes with lower corner n; what belongs to other sites to ``far``."""
    d = nbr.shape[1] // 2
    for s in prange(nbr.shape[0]):
        N = columns(work)
        for mu in range(d):
            find_column(N, mu, work, d, d, hop(nbr, mu, s))
        for mu in range(1, d):
            a, La, Fa = at(U, mu, s), scaled(weight[mu], at(work, d + mu, s)), imaginary(at(work, mu, s))
            for nu in range(mu):
                e, Le, Fe = at(U, nu, s), scaled(weight[nu], at(work, d + nu, s)), place(work, nu, s)
                P = at(T, plane(d, mu, nu), s)
                x, p = scalar(P), imaginary(P)
                Lb = turned(a, scaled(weight[nu], load(pick(N, mu, nu))))
                Lc = turned(e, scaled(weight[mu], load(pick(N, nu, mu))))
                X, Y = Le + Lc, La + Lb
                Db, Dc = X - La, Y - Le
                Fa = add_cross(add_times(Fa, x, X - Lb), p, X + Lb)
                store_vector(Fe, add_cross(add_times(imaginary(load(Fe)), x, Y - Lc), Y + Lc, p))
                store_vector(place(far, slot(d, nu, mu), s), turned_back(a, add_cross(x * Db, p, Db)))
                store_vector(place(far, slot(d, mu, nu), s), turned_back(e, add_cross(x * Dc, Dc, p)))
            store_vector(place(work, mu, s), Fa)


@inlined
def line_loop_derivatives(work, U, lines, v, d, mu, extent, own, weight):
    """The line of vector v.  With l_i = B_i Lambda_i B_i^dag and W the product of all links, B_i that of the first i,
    TA((D Omega)^dag) = -B_j^dag TA(sum_{i > j} l_i W + W sum_{i < j} l_i) B_j."""
    B, L = rooms(U, 64), rooms(U, 64)
    W = closed_line(B, U, lines, v, mu, extent)
    behind = imaginary(zero(U))
    ahead = behind
    for j in range(1, extent):
        this = turned(load(member(B, j)), imaginary(at(work, d + mu, hop(lines, j, v))))
        store_vector(member(L, j), this)
        ahead = ahead + this
    W = -weight * W
    x, w, n = scalar(W), imaginary(W), hop(lines, 0, v)
    add_sites(work, mu, n, quaternion(U, x, add_cross(x * ahead, ahead, w)))
    this = imaginary(at(work, d + mu, n))
    for j in range(1, own):
        behind = behind + this
        this = imaginary(load(member(L, j)))
        ahead = ahead - this
        F = turned_back(load(member(B, j)), add_cross(x * (ahead + behind), w, behind - ahead))
        add_sites(work, mu, hop(lines, j, v), quaternion(U, x, F))


@inner
def add_line_loop_derivatives(work, U, nbr, lines, ranges, weight):
    """F_mu(n) += that of the staples of winding lines."""
    d = nbr.shape[1] // 2
    for mu in range(d):
        if weight[mu] != 0.0:
            for v in prange(ranges[0, mu], ranges[0, mu + 1]):
                line_loop_derivatives(work, U, lines, v, d, mu, ranges[1, mu], ranges[2, mu], weight[mu])


@inner
def pull_links(total, keep, work, far, U, nbr):
    """total = keep total + U^dag F: a Sigma with this F."""
    for s in prange(nbr.shape[0]):
        for mu in range(nbr.shape[1] // 2):
            F = whole_force(work, far, nbr, mu, s)
            Sigma = dag(at(U, mu, s)) @ quaternion(U, zero_like(scalar(at(U, mu, s))), F)
            if keep != 0.0:
                Sigma = add_scaled(Sigma, keep, at(total, mu, s))
            put(total, (mu, s), Sigma)


@device
def rotate(out, T, far, U, nbr, weight, lines, ranges):
    """Forward pass of a layer."""
    near_loops(T, far, U, nbr, weight[0])
    add_line_loops(T, U, nbr, lines, ranges, weight[1])
    rotate_by_loops(out, T, far, U, nbr, weight[0])


@driver
def rotate_all(out, tape, U, nbr, weight, lines, ranges):
    """Forward pass of a network: its links and its tape, but for the links of the last layer."""
    last, far = weight.shape[0] - 1, tape[weight.shape[0]]
    for k in range(last + 1):
        below = tape[k - 1] if k > 0 else U
        rotate(out if k == last else tape[k], tape[k], far, below, nbr, weight[k], lines, ranges)


@device
def pull_layer(work, far, k, Sigma, out, tape, below, nbr, weight, lines, ranges):
    """F and Lambda of layer k, whose input links are ``below``; of the last one from Sigma of its output links."""
    if k == weight.shape[0] - 1:
        pull_outer(work, tape[k], out, Sigma, nbr)
    else:
        pull_inner(work, far, tape[k], nbr)
    near_loop_derivatives(work, far, tape[k], below, nbr, weight[k, 0])
    add_line_loop_derivatives(work, below, nbr, lines, ranges, weight[k, 1])


@driver
def pull_back_all(total, keep, Sigma, out, tape, U, nbr, weight, lines, ranges):
    """total = keep total + a Sigma of the input links of a network, from that of its output links ``out``."""
    far, work = tape[weight.shape[0]], tape[weight.shape[0] + 1]
    for k in range(weight.shape[0] - 1, -1, -1):
        below = tape[k - 1] if k > 0 else U
        pull_layer(work, far, k, Sigma, out, tape, below, nbr, weight, lines, ranges)
    pull_links(total, keep, work, far, U, nbr)
