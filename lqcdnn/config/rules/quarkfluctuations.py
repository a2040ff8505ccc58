"""Rules about fluctuations of the quark number: quarks that have them, and vectors enough for products without bias."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.valence import kind_of, quark_of, quarks
from lqcdnn.config.tables.drafts import Draft, good, observed, tables

KIND = "quark_fluctuations"


def quark_fluctuations(draft: Draft) -> Iterator[Problem]:
    """See :func:`fluctuation_problems`, as far as the quark is known; fluctuations in a sea at imaginary mu."""
    every = quarks(draft)
    for path, _, options in observed(draft, KIND):
        fermion = quark_of(every, options)
        problems = list(fluctuation_problems(path, options, kind_of(fermion)))
        yield from problems
        for i, other in enumerate(tables(draft, "action", "fermion") if not problems else ()):
            if (theta := good(other.get("theta"))) and theta[-1]:
                found = f"found with action.fermion.{i + 1}.theta = {shown(list(theta))}"
                yield Problem(path, found, "an action without angles in time: odd derivatives have a mean value there")
                break
            if good(other.get("chemical_potential")):
                allowed = "an action without: odd derivatives have a mean value there"
                yield Problem(path, f"found with action.fermion.{i + 1}.chemical_potential", allowed)
                break


def fluctuation_problems(path: str, options: Draft, kind: object) -> Iterator[Problem]:
    """A four-dimensional operator of one link or three, at mu = 0; as many noise vectors as factors.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    kind
        Of the quark; what is not known is not judged.
    """
    if kind == "domain_wall":
        yield Problem(path, "found with domain_wall fermions", "a staggered or wilson fermion or valence quark")
        return
    theta = good(options.get("theta"))
    if theta and theta[-1]:
        allowed = "0 for time: fluctuations are those at mu = 0; quark_number is measured at imaginary mu"
        yield Problem(f"{path}.theta", f"found {shown(list(theta))}", allowed)
    order, vectors = good(options.get("order")), good(options.get("vectors"))
    if order and vectors is not None and vectors < order:
        allowed = f"at least order = {order}: factors of a product have different vectors"
        yield Problem(f"{path}.vectors", f"found {vectors}", allowed)


FLUCTUATION_RULES = (quark_fluctuations,)
