"""Distilled quarks: dense matrices, all eigenvectors against point sources, gauge transformations, free quarks."""

import numpy as np
import pytest
from input_head import head
from reference import distillation as reference
from reference import quarks, representations, samples, smearing
from reference.quarkloops import matrices

from lqcdnn.config import load_text
from lqcdnn.config.rules.distillation import distilled_space_problems
from lqcdnn.dirac.laplacian import slice_modes
from lqcdnn.errors import InputError
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.runner import measurements

MASS = 0.3
QUARKS = {
    "wilson": 'kind = "wilson"\n',
    "domain_wall": 'kind = "domain_wall"\nM5 = 0.9\nL5 = 4\nb5 = 1.5\nc5 = 0.5\n',
    "overlap": 'kind = "overlap"\nrho = 1.1\nlow_modes = 4\n',
}
ALL = '["pseudoscalar", "scalar", "vector", "axial", "axial_time", "tensor"]'


def text(shape, name, options, kind="wilson", boundary=None, table="distillation"):
    signs = f"boundary = {list(boundary)}\n" if boundary else ""
    quark = f"[valence.light]\nmass = {MASS}\n{signs}{QUARKS[kind]}"
    return f"{head(list(shape), name, 1.0)}{quark}[observables.{table}]\ntolerance = 1e-12\n{options}"


def measured(U, name, options, **more):
    """The record on links in user layout."""
    made = measurements(load_text(text(U.shape[1:-2], name, options, **more)))
    return made.measure(made.lattice.from_links(U), Stream(7, 2))[more.get("table", "distillation")]


def links(shape, name, seed=5):
    return samples.links(np.random.default_rng(seed), shape, group(name).n)


@pytest.mark.parametrize(("kind", "name", "shape", "boundary", "size"), [
    ("wilson", "U(1)", (4, 8), (1, -1), 3), ("domain_wall", "U(1)", (4, 8), (1, -1), 3),
    ("overlap", "U(1)", (4, 8), (-1, 1), 3), ("wilson", "SU(3)", (2, 2, 2, 4), (1, 1, 1, -1), 5),
])  # fmt: skip
def test_against_dense_propagators(kind, name, shape, boundary, size):
    """Every channel, two sizes, a momentum; two pions by all permutations of quarks."""
    U, p = links(shape, name), [1, *(0,) * (len(shape) - 2)]
    zero = [0] * len(p)
    options = f"eigenvectors = {size}\nsizes = [{size}, 2]\nchannels = {ALL}\nmomenta = [{p}]\n"
    options += "ape_steps = 1\nape_alpha = 0.4\n" if name == "SU(3)" else ""
    found = measured(U, name, options + f"two_pions = [{zero}, {p}]\n", kind=kind, boundary=boundary)
    S = quarks.propagator(kind, U, boundary, MASS)
    if name == "SU(3)":  # of d = 4 on smeared links
        U = smearing.ape(U, 0.4)
    made = reference.Distilled(S, U, boundary, size)
    times = range(made.T) if len(shape) == 2 else (0, 1)
    close = {"rtol": 0, "atol": 1e-9 if kind == "overlap" else 1e-11}
    for channel, gammas in matrices(len(shape)).items():
        for momentum, end in ((zero, ""), (p, "_p" + "_".join(map(str, p)))):
            correlators = np.array(found[f"distilled_{channel}{end}"])
            for i, j in ((0, 0), (0, 1), (1, 0)):
                sizes = [(size, 2)[i], (size, 2)[j]]
                expected = [np.mean([made.meson(g, momentum, t, sizes) for g in gammas]) for t in times]
                np.testing.assert_allclose(correlators[i, j, list(times)], expected, **close)
    pairs = np.array(found["distilled_two_pions"])
    for i, j in np.ndindex(2, 2):
        expected = made.two_pions((zero, p)[i], (zero, p)[j], 1)
        np.testing.assert_allclose(pairs[i, j, 1], expected, **close)
    values, _ = reference.eigenvectors(U, boundary, size)
    np.testing.assert_allclose(found["laplacian_eigenvalues"], values.mean(axis=0), rtol=0, atol=1e-12)


def test_all_eigenvectors_are_point_sources_at_every_site():
    U, momentum = links((4, 8), "U(1)"), "momenta = [[1], [2]]\n"
    found = measured(U, "U(1)", f"eigenvectors = 4\nchannels = {ALL}\n{momentum}")
    mesons = measured(U, "U(1)", f"sources = 32\n{momentum}", table="mesons")
    for key, values in found.items():
        if key.startswith("distilled_"):
            name = key.replace("distilled_", "meson_")
            np.testing.assert_allclose(values[0][0], mesons[name], rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    ("name", "shape", "size", "random"),
    [
        ("U(1)", (4, 8), 3, True),
        ("U(1)", (4, 8), 3, False),
        pytest.param("SU(2)", (2, 2, 2, 4), 4, True, marks=pytest.mark.slow),
    ],
)
def test_gauge_invariance_and_some_source_times(name, shape, size, random):
    """Unit links, and those of SU(2), have equal eigenvalues. Every second time as source, and the others, are all.

    Of links translated in time the boundary sign is elsewhere, of which correlators of mesons do not know.
    """
    U, zero = links(shape, name), [0] * (len(shape) - 1)
    U = U if random else np.ones_like(U)
    options = f"eigenvectors = {size}\ntwo_pions = [{zero}]\n"
    whole = measured(U, name, options)
    g = samples.links(np.random.default_rng(8), shape, group(name).n)[0]
    ahead = [np.roll(g, -1, axis=mu) for mu in range(len(shape))]
    turned = np.array([g @ U[mu] @ h.conj().swapaxes(-1, -2) for mu, h in enumerate(ahead)])
    for key, values in measured(turned, name, options).items():
        if key.startswith("distilled_"):
            np.testing.assert_allclose(values, whole[key], rtol=1e-7)
    half = f"source_times = {shape[-1] // 2}\n"
    even, odd = (measured(np.roll(U, shift, axis=len(shape)), name, options + half) for shift in (0, -1))
    for key in ("distilled_pseudoscalar", "distilled_two_pions"):
        np.testing.assert_allclose((np.array(even[key]) + np.array(odd[key])) / 2, whole[key], rtol=1e-7)


def test_free_quarks():
    """One eigenvector of unit links, the constant: quarks at rest, of energy ln(1 + m) each."""
    U = np.ones((2, 4, 8, 1, 1), dtype=complex)
    found = measured(U, "U(1)", "eigenvectors = 1\n")
    C, t, E = np.array(found["distilled_pseudoscalar"])[0, 0], np.arange(8), 2 * np.log1p(MASS)
    shape = np.exp(-E * t) + np.exp(-E * (8 - t))
    np.testing.assert_allclose(C[1:] / C[3], (shape / shape[3])[1:], rtol=1e-9)
    assert found["laplacian_eigenvalues"] == pytest.approx([0.0], abs=1e-12)


@pytest.mark.parametrize(("shape", "count"), [((12, 4), 2), ((4, 4, 4, 2), 5)])
def test_eigenvectors_by_polynomials(shape, count):
    """More vectors of space than start vectors: these have to be filtered."""
    name = "U(1)" if len(shape) == 2 else "SU(3)"
    U, place = links(shape, name), Lattice(shape)
    modes = slice_modes(place, place.from_links(U), count, 1e-11)
    values, vectors = reference.eigenvectors(U, (1,) * len(shape), count)
    np.testing.assert_allclose(modes.values, values, rtol=0, atol=1e-11)
    for t in range(shape[-1]):
        inner = vectors[t].conj().T @ modes.vectors[t].T
        np.testing.assert_allclose(np.abs(inner), np.eye(count), atol=1e-6)


def test_files_have_lattices_of_their_own():
    made = measurements(load_text(text((4, 6), "U(1)", "eigenvectors = 4\n")))
    with pytest.raises(InputError, match="at most 2, sites of space times colours"):
        made.observables["distillation"].check(Lattice((2, 6)), made.group)


@pytest.mark.parametrize(("name", "representation", "sign"), [
    ("SU(2)", None, 1), ("SU(2)", "adjoint", 1), ("SU(2)", "adjoint", -1), ("SU(2)", "symmetric", 1),
    ("SU(4)", "antisymmetric", 1), ("SU(3)", None, 1),
])  # fmt: skip
def test_numbers_of_eigenvectors_that_cut_through_pairs_are_refused(name, representation, sign):
    """In d = 2, on random links: the numbers that are allowed are those after which another eigenvalue follows."""
    U = links((6, 2), name)
    U = U if representation is None else representations.represented(U, representation)
    rows = U.shape[-1]
    values = reference.eigenvectors(U, (sign, -1), 6 * rows)[0]
    group_name = f"{name} {representation}" if representation else name
    for count in range(1, 6 * rows):
        options = {"eigenvectors": count, "boundary": (sign, -1)}
        refused = list(distilled_space_problems("observables.distillation", options, (6, 2), group_name, rows))
        assert bool(refused) == bool((np.diff(values)[:, count - 1] < 1e-9).any())
