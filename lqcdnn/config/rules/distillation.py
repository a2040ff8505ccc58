"""Rules about distilled quarks: spaces of eigenvectors, times, momenta and smearing that a lattice has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.hadrons import momentum_problems, smeared_link_problems
from lqcdnn.config.rules.representations import colors_of_quark, representation_of
from lqcdnn.config.rules.symmetries import Momentum, images
from lqcdnn.config.rules.valence import kind_of, quark_of, quarks
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part
from lqcdnn.config.tables.representations import colour_name, equals_conjugate


def distillation(draft: Draft) -> Iterator[Problem]:
    """See :func:`distillation_problems` and :func:`distilled_space_problems`, as far as the lattice is known."""
    every, lattice = quarks(draft), part(draft, "lattice")
    shape, group = good(lattice.get("shape")), good(lattice.get("group"))
    for path, _, options in observed(draft, "distillation"):
        fermion = quark_of(every, options)
        kind = kind_of(fermion)
        yield from distillation_problems(path, options, kind, dims_of(draft))
        if shape and group and fermion is not None:
            name = colour_name(group, representation_of(fermion))
            yield from distilled_space_problems(path, options, shape, name, colors_of_quark(fermion, group))


def distillation_problems(path: str, options: Draft, kind: str | None, dims: int | None) -> Iterator[Problem]:
    """Quarks with spin components without phases in space; smearing that there is in so many dimensions.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    kind, dims
        Of the quark and the lattice; None: not known.
    """
    if kind == "staggered":
        allowed = "a wilson, domain_wall or overlap fermion or valence quark"
        yield Problem(path, "found with staggered fermions", allowed)
        return
    if dims is None:
        return
    yield from smeared_link_problems(path, options, dims)
    theta = good(options.get("theta")) or ()
    if any(theta[:-1]):
        allowed = "quarks without phases in space, whose eigenvectors of the Laplacian would not be those of antiquarks"
        yield Problem(f"{path}.theta", f"found {shown(list(theta))}", allowed)
    most, sizes = good(options.get("eigenvectors")), good(options.get("sizes")) or ()
    if most is not None and any(size > most for size in sizes):
        yield Problem(f"{path}.sizes", f"found {shown(list(sizes))}", f"at most eigenvectors = {most} each")
    some = any(good(options.get(name)) for name in ("channels", "two_pions", "moving_pions"))
    if not some and options.get("channels") == ():
        allowed = "one channel or more, two_pions or moving_pions"
        yield Problem(f"{path}.channels", "found [] without two_pions", allowed)
    if good(options.get("isospins")) and options.get("two_pions") is None:
        yield Problem(f"{path}.isospins", "found without two_pions", "together with two_pions")


def distilled_space_problems(
    path: str, options: Draft, shape: Sequence[int], group: str, colors: int
) -> Iterator[Problem]:
    """Eigenvectors, times and momenta of a lattice.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    shape, group, colors
        Extents; links that the quark sees (``colour_name``) and their rows.
    """
    every = prod(shape[:-1]) * colors
    most, sizes = good(options.get("eigenvectors")), good(options.get("sizes"))
    if most is not None and most > every:
        yield Problem(f"{path}.eigenvectors", f"found {most}", f"at most {every}, sites of space times colours")
    signs = good(options.get("boundary")) or ()
    single = _single(group, len(shape), signs[0] if signs else 1)
    if single is not None:
        allowed = {0: "even numbers", 1: "odd numbers"}.get(single, f"{every}, all of them")
        allowed += f": on {group} links" + ("" if group == "SU(2)" else " in d = 2")
        allowed += " eigenvalues come in pairs, of which half is not gauge covariant"
        for name, counts in (("eigenvectors", (most,)), ("sizes", sizes or ())):
            if cut := [n for n in counts if n is not None and n < every and (single > 1 or (n - single) % 2)]:
                yield Problem(f"{path}.{name}", f"found {cut[0]}", allowed)
    times = good(options.get("source_times"))
    if times is not None and shape[-1] % times:
        yield Problem(f"{path}.source_times", f"found {times}", f"a divisor of {shape[-1]}, the extent of time")
    yield from momentum_problems(path, options, shape, "momenta")
    at_rest = [*momentum_problems(path, options, shape, "two_pions")]
    yield from at_rest or _repeated(path, options, shape, "two_pions")
    moving = [*_moving_problems(path, options, shape)]
    yield from moving or _repeated(path, options, shape, "moving_pions")
    yield from _isospin_problems(path, options, shape)


def _single(group: str, dims: int, sign: int) -> int | None:
    """How many eigenvalues of a time slice come before pairs of equal ones; None: all differ.

    On the circle that space is in d = 2 links are one phase alpha for each weight of the representation, with the
    eigenvalues 2 - 2 cos((2 pi k + alpha)/L): k, alpha and -k, -alpha have the same, and of a real representation
    -alpha is a weight, too. So k = 0 is alone where alpha is always 0, N - 1 times in the adjoint one. More than one
    such weight makes larger multiples, in an order that depends on the links.
    """
    if group == "SU(2)":
        return 0
    if dims != 2 or not equals_conjugate(group):
        return None
    name, _, representation = group.partition(" ")
    n = int(name.partition("(")[2].rstrip(")"))
    zeros = 0 if representation == "antisymmetric" else n - 1
    return zeros if zeros > 1 or sign > 0 else 0


def _moving_problems(path: str, options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Pairs of momenta of the lattice whose sums are as momenta of other correlators are."""
    for pair in good(options.get("moving_pions")) or ():
        if allowed := _allowed_pair(pair, shape[:-1]):
            yield Problem(f"{path}.moving_pions", f"found {shown([list(one) for one in pair])}", allowed)
            return


def _repeated(path: str, options: Draft, shape: Sequence[int], name: str) -> Iterator[Problem]:
    """The same operator twice, of which a matrix of correlators would be singular."""
    space, signs = shape[:-1], (good(options.get("boundary")) or ())[:-1]
    seen = set[tuple[Momentum, ...]]()
    for entry in (good(options.get(name)) or ()) if len(signs) == len(space) else ():
        pair = (entry, tuple(-k for k in entry)) if name == "two_pions" else entry
        first = min(tuple(sorted(turned)) for turned in images(space, signs, pair))
        if first in seen:
            found = list(entry) if name == "two_pions" else [list(one) for one in entry]
            allowed = "each pair of pions once: symmetries of space and the order make no other one of it"
            yield Problem(f"{path}.{name}", f"found {shown(found)}", allowed)
            return
        seen.add(first)


def _allowed_pair(pair: Sequence[Sequence[int]], space: Sequence[int]) -> str | None:
    """What is allowed in place of two momenta; None: these are."""
    if any(len(one) != len(space) for one in pair):
        return f"{len(space)} numbers for each momentum"
    largest, total = shown([n // 2 for n in space]), [sum(ks) for ks in zip(*pair, strict=True)]
    if any(2 * abs(k) > n for one in pair for k, n in zip(one, space, strict=True)):
        return f"numbers of each momentum up to {largest}, of either sign"
    if not any(total):
        return "sums p1 + p2 other than 0: pairs at rest are two_pions"
    if any(k < 0 or 2 * k > n for k, n in zip(total, space, strict=True)):
        return f"sums p1 + p2 from 0 to at most {largest}"
    return None


def _isospin_problems(path: str, options: Draft, shape: Sequence[int]) -> Iterator[Problem]:
    """Quarks that annihilate begin at every time; isospin 1 has a direction, and all directions of space are alike."""
    isospins, times = good(options.get("isospins")) or (), good(options.get("source_times"))
    if min(isospins, default=2) == 2:
        return
    found = f"found {shown(list(isospins))}"
    if times not in (None, shape[-1]):
        allowed = f"all {shape[-1]} times with isospins 0 and 1, whose quarks annihilate at every time"
        yield Problem(f"{path}.source_times", f"found {times}", allowed)
    if 1 not in isospins:
        return
    space, signs = shape[:-1], (good(options.get("boundary")) or ())[:-1]
    if len(set(space)) > 1 or len(set(signs)) > 1:
        allowed = "without 1, unless all directions of space have the same extent and boundary sign"
        yield Problem(f"{path}.isospins", found, allowed)
    momenta = good(options.get("two_pions")) or ()
    if momenta and not any(k and 2 * k != n for momentum in momenta for k, n in zip(momentum, space, strict=False)):
        allowed = "without 1, or with two_pions that have a component between 0 and L/2, both left out"
        yield Problem(f"{path}.isospins", found, allowed)


DISTILLATION_RULES = (distillation,)
