"""Pion correlator, residual mass and condensate of Wilson and domain wall quarks against dense propagators."""

import numpy as np
import pytest
from input_head import head
from reference import domainwall as reference
from reference import samples

from lqcdnn.config import load_text, observable
from lqcdnn.config.tables.fermions import QuarkConfig
from lqcdnn.dirac.mixed import MixedPrecision
from lqcdnn.dirac.multigrid import Multigrid
from lqcdnn.errors import InputError
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.quarks.pion import residual_mass
from lqcdnn.measure.quarks.propagators import quark
from lqcdnn.measure.runner import Measurements

WALLS = {"M5": 0.9, "L5": 4, "b5": 1.5, "c5": 0.5}
BOUNDARY = (1, -1)


def text(kind, shape=(8, 4), observables="[observables.pion]\n[observables.condensate]\n", extra=""):
    walls = "".join(f"{name} = {value}\n" for name, value in WALLS.items()) if kind == "domain_wall" else ""
    flavors = 4 if kind == "staggered" else 2
    return (
        head(list(shape), "U(1)", 1.0)
        + f'[[action.fermion]]\nkind = "{kind}"\nflavors = {flavors}\nmass = 0.2\n'
        + f"{walls}{extra}{observables}"
    )


def measured(kind, links, method="exact", **noise):
    options = "".join(f"{key} = {value!r}\n".replace("'", '"') for key, value in noise.items())
    config = load_text(
        text(kind, observables=f'[observables.pion]\n[observables.condensate]\nmethod = "{method}"\n{options}')
    )
    lattice = Lattice(links.shape[1:-2])
    what = Measurements(lattice, group("U(1)"), config.observables, config.action)
    return what.measure(lattice.from_links(links), Stream(1, 2))


def dense_propagator(kind, links):
    """S over (site in lattice order, colour, spin), and the one to the midpoint."""
    if kind == "wilson":
        return np.linalg.inv(reference.wilson(links, BOUNDARY, 0.2)), None
    M5, L5, _b5, c5 = WALLS.values()
    Q, Qbar = reference.walls(links, L5)
    W = reference.wilson(links, BOUNDARY, -M5)
    D = reference.dense(links, BOUNDARY, 0.2, *WALLS.values())
    inside = np.linalg.solve(D, np.kron(np.eye(L5), np.eye(len(W)) - c5 * W) @ Qbar)
    middle = np.roll(np.arange(L5), L5 // 2)  # s = L5/2 - 1 and L5/2 in place of the walls
    psi = inside.reshape(L5, len(W), len(W))[middle].reshape(inside.shape)
    return Q @ inside, Q @ psi


def slices(S):
    """Sum of |S(x, t; 0)|^2 over colours, spins and x on 8 x 4."""
    return (np.abs(S[:, :2]) ** 2).sum(axis=1).reshape(8, 4, 2).sum(axis=(0, 2))


@pytest.fixture
def links():
    return samples.links(np.random.default_rng(5), (8, 4), 1)


@pytest.mark.parametrize("kind", ["wilson", "domain_wall"])
def test_against_dense_propagators(kind, links):
    S, middle = dense_propagator(kind, links)
    found = measured(kind, links)
    assert found["condensate"]["condensate"] == pytest.approx(2 * np.trace(S).real / 32, rel=1e-8)
    pion = found["pion"]
    np.testing.assert_allclose(pion["pion"], slices(S), rtol=1e-8)
    assert pion["mass"] == 0.2
    if kind == "wilson":
        assert "residual_mass" not in pion
        return
    np.testing.assert_allclose(pion["midpoint"], slices(middle), rtol=1e-8)
    expected = slices(middle)[1:].sum() / slices(S)[1:].sum()
    assert pion["residual_mass"] == pytest.approx(expected, rel=1e-8)
    ward = 0.2 * sum(pion["pion"]) + sum(pion["midpoint"])
    assert ward == pytest.approx(np.trace(S[:2, :2]).real, rel=1e-8)


@pytest.mark.parametrize("noise", ["z2", "z4", "gaussian"])
def test_noise_agrees_with_the_exact_trace(noise, links):
    exact = measured("domain_wall", links)["condensate"]["condensate"]
    found = measured("domain_wall", links, "noise", noise=noise, vectors=60)["condensate"]
    assert 0.0 < found["condensate_error"] < 0.2 * exact
    assert abs(found["condensate"] - exact) < 4.0 * found["condensate_error"]
    single = measured("domain_wall", links, "noise", noise=noise, vectors=1)["condensate"]
    assert single["condensate_error"] is None


def test_dilution_is_unbiased_and_takes_noise_away(links):
    exact = measured("wilson", links)["condensate"]
    assert exact["condensate_square"] == exact["condensate"] ** 2
    facts = {"noise": "z4", "vectors": 30}
    plain = measured("wilson", links, "noise", **facts)["condensate"]
    full = measured("wilson", links, "noise", dilution=["even_odd", "colour", "spin"], **facts)["condensate"]
    assert full["dilution"] == ["even_odd", "colour", "spin"]
    assert plain["dilution"] is None
    assert full["condensate_error"] < 0.8 * plain["condensate_error"]
    for found in (plain, full):
        assert abs(found["condensate"] - exact["condensate"]) < 4.0 * found["condensate_error"]
        error = 2.0 * exact["condensate"] * found["condensate_error"]
        assert abs(found["condensate_square"] - exact["condensate_square"]) < 4.0 * error


def test_plateau_of_the_residual_mass():
    pion, midpoint = np.arange(1.0, 9.0), np.ones(8)
    assert residual_mass(pion, midpoint) == pytest.approx(5 / (3 + 4 + 5 + 6 + 7))


def test_odd_walls_have_no_midpoint(links):
    config = load_text(text("domain_wall").replace("L5 = 4", "L5 = 3"))
    lattice = Lattice((8, 4))
    what = Measurements(lattice, group("U(1)"), {"pion": config.observables["pion"]}, config.action)
    found = what.measure(lattice.from_links(links), Stream(1, 2))["pion"]
    assert found["midpoint"] is None
    assert found["residual_mass"] is None


def test_refusals():
    with pytest.raises(InputError, match=r"observables\.mesons: found with staggered fermions in d = 3"):
        load_text(text("staggered", (4, 4, 4), "[observables.mesons]\n"))
    config = load_text(text("domain_wall"))
    su2 = group("SU(2)")
    with pytest.raises(InputError, match="even extents"):
        Measurements(Lattice((3, 4)), su2, {"pion": config.observables["pion"]}, config.action)
    with pytest.raises(InputError, match="8192 solves"):
        Measurements(Lattice((64, 32)), su2, {"condensate": config.observables["condensate"]}, config.action)


@pytest.mark.parametrize("kind", ["staggered", "wilson", pytest.param("domain_wall", marks=pytest.mark.slow)])
def test_quarks_are_solved_as_the_fermion_table_says(kind):
    """In mixed precision: the same numbers to the tolerance, by solves in single precision."""
    lattice, options = Lattice((8, 8)), "tolerance = 1e-11\n"
    U, found = lattice.from_links(samples.links(np.random.default_rng(5), (8, 8), 1)), []
    for solver in ("cg", "mixed"):
        config = load_text(
            text(
                kind,
                (8, 8),
                observables=f'[observables.pion]\n{options}[observables.condensate]\nmethod = "noise"\n{options}',
                extra=f'solver = "{solver}"\n',
            )
        )
        what = Measurements(lattice, group("U(1)"), config.observables, config.action)
        found.append(what.measure(U, Stream(1, 2)))
        if kind != "wilson":
            systems = quark(config.action.fermion[0], 0.2, BOUNDARY, lattice, 1).operator.equations
            assert all(isinstance(system.solver, MixedPrecision) == (solver == "mixed") for system in systems)
    for name in ("condensate", "pion"):
        numbers = [np.array(values[name][name]) for values in found]
        assert (numbers[0] != numbers[1]).any()
        np.testing.assert_allclose(*numbers, rtol=1e-9)


def test_a_multigrid_measures_the_same():
    lattice, found = Lattice((8, 8)), []
    U = lattice.from_links(samples.links(np.random.default_rng(4), (8, 8), 1))
    for solver in ("cg", "multigrid"):
        config = load_text(
            head([8, 8], "U(1)", 1.0)
            + f'[valence.light]\nkind = "wilson"\nmass = 0.3\nsolver = "{solver}"\n[observables.mesons]\n'
            + '[observables.condensate]\nmethod = "noise"\nvectors = 3\n'
        )
        what = Measurements(lattice, group("U(1)"), config.observables, config.action, valence=config.valence)
        values = what.measure(U, Stream(1, 2))
        found.append((values["condensate"]["condensate"], values["mesons"]["meson_pseudoscalar"]))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8)
    assert what.measure(U, Stream(1, 2)) == values


def test_observables_of_a_quark_share_what_its_multigrid_learns(monkeypatch):
    """Once for each operator and links, also by tables of other names; every record is what it is by itself."""
    lattice, learned = Lattice((8, 8)), []
    first, second = (samples.links(np.random.default_rng(seed), (8, 8), 1) for seed in (4, 5))
    light = QuarkConfig(kind="wilson", flavors=1, mass=0.3, boundary=BOUNDARY, max_iterations=1000, solver="multigrid")
    quarks = {"light": light, "again": light}
    chosen = {
        "pion": {"fermion": "light"},
        "away_pion": {"fermion": "light", "links": "conjugate"},
        "condensate": {"fermion": "again", "method": "noise", "vectors": 2},
        "other_pion": {"fermion": "light", "mass": 0.31},
        "turned_pion": {"fermion": "light", "theta": [0.0, 0.4]},
        "again_pion": {"fermion": "again", "tolerance": 1e-5, "links": "conjugate"},
        "many_pion": {"fermion": "light", "sources": 2},
        "many_mesons": {"fermion": "again", "sources": 2},
    }
    learn = Multigrid.learn
    monkeypatch.setattr(Multigrid, "learn", lambda inner: (learned.append(inner), learn(inner))[1])

    def records(names):
        options = {name: observable(name, chosen[name], 2, quarks) for name in names}
        links = {"conjugate": Conjugate(lattice)}
        what = Measurements(lattice, group("U(1)"), options, links=links, valence=quarks)
        learned.clear()
        return [what.measure(lattice.from_links(U), Stream(1, 2)) for U in (first, second)], len(learned)

    together, times = records(chosen)
    assert list(together[0]) == list(chosen)
    assert times == 2 * 6  # pion, other_pion, turned_pion, on other links away_pion, on translated ones many_pion
    assert records(reversed(chosen)) == (together, times)
    for name in chosen:
        alone, times = records([name])
        assert [values[name] for values in alone] == [values[name] for values in together]
        assert times == (4 if name.startswith("many") else 2)


class Conjugate:
    """A map of links."""

    def __init__(self, lattice):
        self.lattice = lattice

    def apply(self, U, stream):
        return self.lattice.from_links(self.lattice.to_user(U).conj())

    def description(self):
        return {}
