"""Chains with rational pseudofermions against chains without, and against reweighting by the exact determinant."""

from functools import cache

import numpy as np
import pytest
from averages import mean_and_error
from builders import Place, hamiltonian, one_level
from rational_builders import rational_staggered
from test_reweighting import BETA, MASS, SHAPE, configurations, observables, reweighted

from lqcdnn.update.hmc import HMC, State


def plain(p):
    return [p.staggered(4, MASS, tolerance=1e-10)]


def one_field_each(*flavors, **options):
    """One action for each number of flavours, as several tables of the input make them."""

    def terms(p):
        return [
            rational_staggered(p, n, MASS, md_error=1e-8, tolerance=1e-10, index=i, **options)
            for i, n in enumerate(flavors)
        ]

    return terms


FOUR_FLAVOURS = {
    "one field": one_field_each(4),
    "two fields": one_field_each(4, fields=2),
    "2 + 2": one_field_each(2, 2),
    "1 + 3": one_field_each(1, 3),
}


def updates(make_terms, shape, beta):
    """Place and HMC of one gauge action and the fermions."""
    p = Place("SU(2)", shape)
    terms = make_terms(p)
    names = ("gauge", *(term.name for term in terms))
    return p, HMC(hamiltonian(p, p.gauge(beta), *terms), one_level("omelyan", 4, 1.0, *names))


@cache
def averages(make_terms, count):
    """Plaquettes and squared Polyakov loop on 2^4."""
    p, hmc = updates(make_terms, SHAPE, BETA)
    return mean_and_error(observables(configurations(p, hmc, count)))


@cache
def plaquettes(make_terms, shape, beta, count, thermalization=200):
    """Mean plaquette on any lattice."""
    p, hmc = updates(make_terms, shape, beta)
    state, values = State(p.U, 0, 99), []
    for t in range(-thermalization, count):
        state, _info = hmc.step(state)
        if t >= 0:
            values.append([1.0 - p.gauge(1.0).value(state.U) / (6 * p.lattice.volume)])
    return mean_and_error(np.array(values))


def agree(a, b):
    (mean, error), (other, other_error) = a, b
    return (np.abs(mean - other) < 4.0 * np.hypot(error, other_error)).all(), (a, b)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FOUR_FLAVOURS)
def test_four_rational_flavours_are_four_flavours(kind):
    same, numbers = agree(averages(FOUR_FLAVOURS[kind], 300), averages(plain, 600))
    assert same, numbers


@pytest.mark.parametrize("flavors", [pytest.param(n, marks=pytest.mark.slow) for n in (1, 3)])
def test_against_the_root_of_the_determinant(flavors):
    """Quenched averages reweighted by det^(Nf/4) on 2^4."""
    mean, error, quenched = reweighted(flavors, 2500)
    found = averages(one_field_each(flavors), 1500)
    same, numbers = agree(found, (mean, error))
    assert same, numbers
    assert flavors == 1 or np.abs((quenched - mean) / np.hypot(error, found[1])).max() > 3.0  # the root is seen


@pytest.mark.slow
@pytest.mark.parametrize("flavors", [1, 2, 3])
def test_against_the_root_of_the_determinant_precisely(flavors):
    mean, error, _quenched = reweighted(flavors, 20000)
    same, numbers = agree(averages(one_field_each(flavors), 20000), (mean, error))
    assert same, numbers


@pytest.mark.slow
def test_six_flavours_are_four_and_two():
    """Without the rational function for four; quenched configurations with weights for six hang on a few of them."""

    def four_and_two(p):
        return [*plain(p), rational_staggered(p, 2, MASS, md_error=1e-8, tolerance=1e-10, index=1)]

    same, numbers = agree(averages(one_field_each(6, fields=2), 20000), averages(four_and_two, 20000))
    assert same, numbers


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["two fields", "2 + 2"])
def test_four_flavours_to_a_tenth_of_a_percent(kind):
    """4^4 at beta = 2.2: plaquettes with errors below 0.1 %."""
    found = [plaquettes(make, (4, 4, 4, 4), 2.2, 8000) for make in (plain, FOUR_FLAVOURS[kind])]
    same, numbers = agree(*found)
    assert same, numbers
    assert all(error[0] < 1e-3 * mean[0] for mean, error in found), numbers
