"""Lists of requests ``NAME = ...``, as ``--derive`` and ``--fit`` take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from lqcdnn.errors import InputError


class Named(Protocol):
    """A request that was read."""

    @property
    def name(self) -> str:
        """Name of its result."""
        ...


Request = TypeVar("Request", bound=Named)


def read_requests(texts: Sequence[str], parse: Callable[[str], Request], what: str = "") -> list[Request]:
    """Read requests in their order.

    Parameters
    ----------
    texts, parse
        The requests and what reads one; it raises ValueError.
    what
        Word before the name in the message about two of one name.

    Raises
    ------
    InputError
        One that cannot be read, or two of one name.
    """
    found: dict[str, Request] = {}
    for text in texts:
        try:
            wanted = parse(text)
        except ValueError as error:
            raise InputError(f"{text!r}: {error}") from error
        if wanted.name in found:
            raise InputError(f"{what}{wanted.name} is defined twice")
        found[wanted.name] = wanted
    return list(found.values())
