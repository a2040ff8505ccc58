"""Rules about the gradient flow of quark fields: quarks whose flow there is, and flow times that end."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem, shown
from lqcdnn.config.rules.representations import representation_of
from lqcdnn.config.rules.valence import kind_of, quark_of, quarks
from lqcdnn.config.tables.anisotropy import has_weights, is_anisotropic
from lqcdnn.config.tables.drafts import Draft, dims_of, good, observed, part
from lqcdnn.config.tables.flows import largest_step
from lqcdnn.config.tables.representations import is_higher

KIND = "flowed_quarks"
MOST_TIMES = 1000
"""Flow times: fields of all of them are kept."""


def quark_flow(draft: Draft) -> Iterator[Problem]:
    """See :func:`flowed_problems`, as far as lattice and quark are known; isotropic lattices."""
    every = quarks(draft)
    for path, _, options in observed(draft, KIND):
        problems = list(flowed_problems(path, options, quark_of(every, options), dims_of(draft)))
        yield from problems
        if not problems and is_anisotropic(part(draft, "action", "gauge")):
            yield Problem(path, "found on an anisotropic lattice", "an isotropic one")


def flowed_problems(path: str, options: Draft, fermion: Draft | None, dims: int | None) -> Iterator[Problem]:
    """A fundamental quark with spin components, without phases and weights of hops; flow times that end.

    Parameters
    ----------
    path, options
        Dotted key of the table, and the table, complete.
    fermion
        Its quark; None: a staggered field.
    dims
        Number of directions; None: not known.
    """
    allowed = "a wilson or domain_wall fermion or valence quark"
    kind = kind_of(fermion)
    if kind == "staggered":
        yield Problem(path, "found with staggered fermions", allowed)
        return
    if fermion is not None and is_higher(representation_of(fermion)):
        yield Problem(path, f"found with {representation_of(fermion)} quarks", "fundamental quarks")
    if fermion is not None and has_weights(fermion):
        yield Problem(path, "found with weights of the hops (anisotropy, nu, csw_time)", "a quark without")
    theta = good(options.get("theta"))
    if any(theta or ()):
        yield Problem(f"{path}.theta", f"found {shown(list(theta or ()))}", "no angles: the flow knows of none")
    step, time, interval, flow = (good(options.get(name)) for name in ("step", "time", "interval", "kind"))
    if step is not None and flow is not None and step > (most := largest_step(flow, dims or 4)) * (1.0 + 1e-12):
        # no less than what decays the fastest allows: of quarks it has the rate 4 d, that of links of the Wilson flow
        yield Problem(f"{path}.step", f"found {shown(step)}", f'at most {most:.4g} for kind = "{flow}"')
    count = time / interval if time is not None and interval is not None else 0.0
    if count > MOST_TIMES or (interval is not None and abs(round(count) * interval - (time or 0.0)) > 1e-9 * interval):
        allowed = f"a fraction of {path}.time: its multiples are measured, at most {MOST_TIMES} of them"
        yield Problem(f"{path}.interval", f"found {shown(interval)}", allowed)


FLOW_RULES = (quark_flow,)
