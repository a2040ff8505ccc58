"""Defaults and rules of stochastic molecular dynamics, the update with ``update.friction``."""

from __future__ import annotations

from collections.abc import Iterator

from lqcdnn.config.language.problems import Problem
from lqcdnn.config.tables.drafts import Draft, good, part

TARGET, CAREFUL_TARGET = 0.8, 0.99
"""Acceptances that tuning aims at: of HMC, and where a rejection turns the motion around."""


def derive_smd(draft: Draft) -> None:
    """Fill the acceptance that tuning aims at."""
    update = good(draft.setdefault("update", {}))
    if isinstance(update, dict) and update.get("kind", "hmc") == "hmc":
        update.setdefault("target_acceptance", CAREFUL_TARGET if update.get("friction") else TARGET)


def smd(draft: Draft) -> Iterator[Problem]:
    """Momenta that are kept belong to one chain of links, and nothing else that has a chain knows of them."""
    update = part(draft, "update")
    if good(update.get("friction")) is None:
        return
    for name, why in _OTHERS.items():
        if good(update.get(name)) is not None:
            yield Problem(f"update.{name}", f"given with update.friction: {why}", "one of the two")
    if good(part(draft, "train").get("mode")) == "online":
        found = 'found "online" with update.friction: networks are trained along HMC, with new momenta'
        yield Problem("train.mode", found, "another input that trains; this one names the files of weights")


_OTHERS = {
    "transformation": "momenta would be those of V, which is found anew from U to the precision of an iteration alone",
    "tempering": "swaps take links away from the momenta that belong to them",
    "evolution": "its updates begin with new momenta, whatever the action has become",
    "bias": "the potential would grow under momenta that are kept, and swaps take links away from them",
    "llr": "slopes would change under momenta that are kept, and swaps take links away from them",
}


SMD_RULES = (smd,)
