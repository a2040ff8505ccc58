"""Rules about four-quark operators between mesons: quarks and lattices that they exist for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.rules.currents import periodic_problems, separation_problems
from lqcdnn.config.rules.valence import both_quarks, quarks
from lqcdnn.config.tables.anisotropy import has_weights
from lqcdnn.config.tables.drafts import Draft, good, observed, part


def mixings(draft: Draft) -> Iterator[Problem]:
    """See :func:`mixing_problems`, as far as lattice and quarks are known."""
    every, shape = quarks(draft), good(part(draft, "lattice").get("shape"))
    for path, _, options in observed(draft, "meson_mixing"):
        if shape is not None:
            yield from mixing_problems(path, options, tuple(both_quarks(every, options).values()), len(shape), shape)


def mixing_problems(
    path: str, options: Draft, found: Sequence[Draft | None], dims: int, shape: Sequence[int] | None = None
) -> Iterator[Problem]:
    """Quarks with spin whose antiquark is gamma_5 S^dag gamma_5, in four dimensions that count the same.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    found
        Its two quarks, None: staggered.
    dims, shape
        Number of dimensions, and extents if they are known.
    """
    if any(quark is None or good(quark.get("kind")) == "staggered" for quark in found):
        allowed = "a wilson, domain_wall or overlap fermion or valence quark"
        yield Problem(path, "found with staggered fermions", allowed)
        return
    if dims != 4:
        if dims == 2:  # in d = 3 the quark itself is refused
            yield Problem(path, "found in d = 2", "d = 4: in d = 2 VV + AA is 0, as gamma_mu gamma_5 is a gamma_nu")
        return
    yield from separation_problems(path, options, shape)
    yield from periodic_problems(path, "meson_mixing", options)
    if any(quark and has_weights(quark) for quark in found):
        yield Problem(path, "found with quarks whose hops have weights", "anisotropy = 1 and nu = 1")


MIXING_RULES = (mixings,)
