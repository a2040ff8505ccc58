"""Multi-histogram reweighting as its equations stand: fixed-point iteration, one configuration at a time."""

import math


def density(energy, energies, betas, inefficiencies, f):
    """D(E) = sum_k N_k/g_k exp(f_k - beta_k E)."""
    counts = [len(part) / g for part, g in zip(energies, inefficiencies, strict=True)]
    return sum(c * math.exp(fk - b * energy) for c, fk, b in zip(counts, f, betas, strict=True))


def self_consistent(energies, betas, inefficiencies, steps=4000):
    """f with f_1 = 0 by repeating e^-f_k = sum 1/g e^(-beta_k E)/D."""
    f = [beta * sum(energies[0]) / len(energies[0]) for beta in betas]
    for _ in range(steps):
        sums = [0.0] * len(betas)
        for part, g in zip(energies, inefficiencies, strict=True):
            for energy in part:
                weight = 1.0 / g / density(energy, energies, betas, inefficiencies, f)
                for k, beta in enumerate(betas):
                    sums[k] += weight * math.exp(-beta * energy)
        new = [-math.log(total) for total in sums]
        new = [value - new[0] for value in new]
        largest = max(abs(a - (b - f[0])) for a, b in zip(new, f, strict=True))
        f = new
        if largest < 1e-12:
            break
    return f


def expectation(energies, betas, inefficiencies, f, beta, values):
    """<A> at beta."""
    above = below = 0.0
    for part, g, numbers in zip(energies, inefficiencies, values, strict=True):
        for energy, value in zip(part, numbers, strict=True):
            weight = math.exp(-beta * energy) / g / density(energy, energies, betas, inefficiencies, f)
            above += weight * value
            below += weight
    return above / below
