"""Products of links along paths, written out per loop class.

A path is a tuple of signed steps, +k along direction k - 1 and -k against it.  ``staple_paths`` lists the paths
n -> n + mu of a class by their geometry, independently of the package.
"""

import numpy as np
from reference.matrices import dagger, trace


def moved(field, offset):
    """field(n + offset) for a field without leading index."""
    return np.roll(field, [-k for k in offset], axis=range(len(offset)))


def path_links(U, path):
    """[(link factor at n + its offset, offset of its site, direction, is it daggered)] along a path from n."""
    here, found = [0] * len(U), []
    for step in path:
        mu = abs(step) - 1
        if step > 0:
            found.append((moved(U[mu], here), tuple(here), mu, False))
            here[mu] += 1
        else:
            here[mu] -= 1
            found.append((dagger(moved(U[mu], here)), tuple(here), mu, True))
    return found


def transport(U, path):
    """Product of links along a path from every site."""
    X = np.broadcast_to(np.eye(U.shape[-1], dtype=complex), U.shape[1:])
    for factor, *_rest in path_links(U, path):
        X = X @ factor
    return X


def plaquette(U, mu, nu):
    """U_mu(n) U_nu(n+mu) U_mu(n+nu)^dag U_nu(n)^dag (physics.md 1)."""
    return U[mu] @ np.roll(U[nu], -1, mu) @ dagger(np.roll(U[mu], -1, nu)) @ dagger(U[nu])


def plaquette_sum(U, planes):
    """Sum over sites and ``planes`` of Re tr P."""
    return sum(trace(plaquette(U, mu, nu)).real.sum() for mu, nu in planes)


def planes(d):
    return [(mu, nu) for nu in range(d) for mu in range(nu)]


def rectangle_sum(U):
    """Sum over sites of Re tr of both 1x2 rectangles of each plane."""
    total = 0.0
    for mu, nu in planes(len(U)):
        a, b = mu + 1, nu + 1
        for path in ((a, a, b, -a, -a, -b), (a, b, b, -a, -b, -b)):
            total += trace(transport(U, path)).real.sum()
    return total


def polyakov(U, mu):
    """tr of the loop around direction mu, summed over the perpendicular sites."""
    X = np.eye(U.shape[-1])
    for k in range(U.shape[1 + mu]):
        X = X @ np.take(U[mu], k, axis=mu)
    return trace(X).sum()


def perpendicular(d, *directions):
    """Signed steps in the other directions."""
    return [s * (nu + 1) for nu in range(d) if nu + 1 not in map(abs, directions) for s in (1, -1)]


def plaquette_paths(a, d):
    return [(s, a, -s) for s in perpendicular(d, a)]


def rectangle_paths(a, d):
    """The link at the end of a rectangle, and on either half of its long side."""
    found = []
    for s in perpendicular(d, a):
        found += [(s, s, a, -s, -s), (s, a, a, -s, -a), (-a, s, a, a, -s)]
    return found


def chair_paths(a, d):
    """A plaquette with link a, and one of its three other sides replaced by its staple at a right angle."""
    found = []
    for s in perpendicular(d, a):
        for t in perpendicular(d, a, s):
            found += [(s, t, a, -t, -s), (t, s, -t, a, -s), (s, a, t, -s, -t)]
    return found


def polyakov_paths(a, shape):
    return [(-a,) * (shape[a - 1] - 1)]


def staple_paths(name, mu, shape):
    """Paths n -> n + mu of a loop class; ``polyakov_*`` only for links along that direction."""
    a, d = mu + 1, len(shape)
    if name == "plaquette":
        return plaquette_paths(a, d)
    if name == "rectangle":
        return rectangle_paths(a, d)
    if name == "chair":
        return chair_paths(a, d)
    names = [*"xyz"[: d - 1], "t"]
    which = name.removeprefix("polyakov_")
    winds = (which == "time" and a == d) or (which == "space" and a < d) or which == names[mu]
    return polyakov_paths(a, shape) if winds else []


def closed_loops(name, d):
    """Loops of a class up to start and orientation, each closed by the link of one of its staple paths."""
    found = {}
    for mu in range(d):
        for path in staple_paths(name, mu, (4,) * d):
            loop = (*path, -mu - 1)
            back = tuple(-step for step in reversed(loop))
            found.setdefault(min(p[k:] + p[:k] for p in (loop, back) for k in range(len(p))), loop)
    return list(found.values())


def staples(U, name):
    """C_mu(n): sum of the staples of a loop class, [mu, x, ..., n, n]."""
    shape = U.shape[1:-2]
    C = np.zeros_like(U)
    for mu in range(len(U)):
        for path in staple_paths(name, mu, shape):
            C[mu] += transport(U, path)
    return C


def action(U, beta, c1):
    """S_g of physics.md 2."""
    n, d, volume = U.shape[-1], len(U), int(np.prod(U.shape[1:-2]))
    count = volume * d * (d - 1) / 2
    squares = count - plaquette_sum(U, planes(d)) / n
    rectangles = 2 * count - rectangle_sum(U) / n
    return beta * ((1.0 - 8.0 * c1) * squares + c1 * rectangles)


def action_gradient(U, beta, c1):
    """Sigma with dS = Re tr(Sigma dU): a loop through a link is link times staple^dag."""
    C = (1.0 - 8.0 * c1) * staples(U, "plaquette") + c1 * staples(U, "rectangle")
    return -(beta / U.shape[-1]) * dagger(C)


def space_loop(U, r, s):
    """The same of planes of space, with both directions first."""
    pairs = [(a, b) for a in range(1, len(U)) for b in range(1, len(U)) if a != b]
    total = sum(trace(transport(U, (*(a,) * r, *(b,) * s, *(-a,) * r, *(-b,) * s))).real.mean() for a, b in pairs)
    return total / (len(pairs) * U.shape[-1])


def wilson_loop(U, r, t):
    """Mean of Re tr / N of the r x t loops, over sites and the planes of time and one space direction."""
    d, total = len(U), 0.0
    for a in range(1, d):
        total += trace(transport(U, (*(a,) * r, *(d,) * t, *(-a,) * r, *(-d,) * t))).real.mean()
    return total / ((d - 1) * U.shape[-1])
