"""Two pions of isospin 0 and 1 and mesons, written out in u and d, by all contractions of equal flavours."""

import itertools

import numpy as np
from reference.wilson import gamma5, gammas

ROOT = np.sqrt(0.5)


def adjoint(operator):
    """Terms (number, bilinears); of these flavour of qbar, whether of the adjoint, gamma, p, eigenvectors, flavour."""
    return [
        (np.conj(number), [(q, not bar, gamma, p, size, qbar) for qbar, bar, gamma, p, size, q in reversed(factors)])
        for number, factors in operator
    ]


def times(one, other):
    return [(a * b, f + g) for a, f in one for b, g in other]


def meson(gamma, size, isospin):
    """(ubar Gamma u -+ dbar Gamma d) / sqrt(2), I3 = 0."""
    signs = {"u": 1, "d": -1 if isospin == 1 else 1}
    return [(sign * ROOT, [(f, False, gamma, None, size, f)]) for f, sign in signs.items()]


def pair(d, p, isospin):
    """pi pi with momenta p and -p, I3 = 0: plus is dbar gamma_5 u, minus ubar gamma_5 d."""
    plus, minus, neutral = [], [], []
    for q in (p, [-k for k in p]):
        one = [(a, False, gamma5(d), q, None, b) for a, b in ("du", "ud", "uu", "dd")]
        plus.append([(1, one[:1])])
        minus.append([(1, one[1:2])])
        neutral.append([(ROOT, one[2:3]), (-ROOT, one[3:])])
    ordered, other = times(plus[0], minus[1]), times(minus[0], plus[1])
    if isospin == 1:
        return [(1j * ROOT * a, f) for a, f in other] + [(-1j * ROOT * a, f) for a, f in ordered]
    return [(a / np.sqrt(3), f) for a, f in ordered + other + times(neutral[0], neutral[1])]


def operators(made, isospin, sizes, momenta):
    """Operators of each direction of space."""
    d, found = made.d, []
    for axis, gamma in enumerate(gammas(d)[:-1]) if isospin == 1 else [(0, np.eye(d))]:
        every = [meson(gamma, size, isospin) for size in sizes]
        for momentum in momenta:
            weights = [(p, np.sign(p[axis]) if isospin == 1 else 1) for p in made.directions(momentum)]
            used = [(p, w) for p, w in weights if w]
            every.append(collected([(w * a / len(used), f) for p, w in used for a, f in pair(d, p, isospin)]))
        found.append(every)
    return found


def moving(made, sink, source, dt):
    """C(dt) of pi+ pi+ with momenta [p1, p2]: all symmetries of both sides that agree about the total momentum."""
    totals = [np.sum(pair, axis=0) for pair in (sink, source)]
    found = []
    for turns in itertools.product(made.symmetries(), repeat=2):
        if np.any((np.subtract(*(turn(p) for turn, p in zip(turns, totals, strict=True)))) % made.space):
            continue
        (_, f), (_, g) = ((1, [("d", False, gamma5(made.d), turn(p), None, "u") for p in pair])
                          for turn, pair in zip(turns, (sink, source), strict=True))  # fmt: skip
        (_, g), = adjoint([(1, g)])
        for t0 in range(made.T):
            found.append(contracted(made, [(x, (t0 + dt) % made.T) for x in f] + [(y, t0) for y in g]))
    return np.mean(found) / made.sites**2


def collected(operator):
    """Terms that differ in the order of bilinears, which commute, as one."""
    found = {}
    for number, factors in operator:
        key = tuple(sorted((qbar, q, *p) for qbar, _, _, p, _, q in factors))
        found[key] = (number + found.get(key, (0,))[0], factors)
    return list(found.values())


def contracted(made, factors):
    """Sum over contractions of bilinears, each with its time, with the signs of closed lines."""
    total = 0.0
    matrices = []
    for (_, bar, gamma, p, size, _), t in factors:
        momentum = [0] * (made.d - 1) if p is None else p
        matrices.append((made.barred if bar else made.operator)(gamma, momentum, t, size))
    for order in itertools.permutations(range(len(factors))):  # q of bilinear i and qbar of order[i]
        if any(factors[i][0][-1] != factors[k][0][0] for i, k in enumerate(order)):
            continue
        value, left = 1.0, set(range(len(factors)))
        while left:
            i = min(left)
            line = np.eye(len(matrices[0]))
            while i in left:
                left.remove(i)
                line = line @ matrices[i] @ made.tau[factors[i][1], factors[order[i]][1]]
                i = order[i]
            value *= -np.trace(line)
        total += value
    return total


def correlators(made, isospin, sizes, momenta, dt):
    """C_ij(dt), mean over directions and times, and <O_i>; complex numbers."""
    every, count = operators(made, isospin, sizes, momenta), len(sizes) + len(momenta)
    norms = np.array([made.sites**-0.5] * len(sizes) + [1 / made.sites] * len(momenta))
    C, vacuum = np.zeros((count, count), complex), np.zeros(count, complex)
    for of_axis in every:
        for t0 in range(made.T):
            t = (t0 + dt) % made.T
            for i, one in enumerate(of_axis):
                vacuum[i] += sum(a * contracted(made, [(x, t) for x in f]) for a, f in one)
                for j, other in enumerate(of_axis):
                    both = [(a * b, f, g) for a, f in one for b, g in adjoint(other)]
                    C[i, j] += sum(a * contracted(made, [(x, t) for x in f] + [(y, t0) for y in g]) for a, f, g in both)
    return C * norms * norms[:, None] / (len(every) * made.T), vacuum * norms / (len(every) * made.T)
