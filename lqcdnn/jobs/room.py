"""Whether a machine has the memory that an input needs, in words of the input."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

from lqcdnn.config import RunConfig
from lqcdnn.errors import MemoryLack
from lqcdnn.jobs.cores import whole_memory
from lqcdnn.jobs.session import checked
from lqcdnn.kernels.simd import link_dtype, momentum_dtype

Job = TypeVar("Job", bound=Callable[..., Any])


def least_bytes(config: RunConfig) -> int:
    """Bytes of the links of a run, and with HMC of momenta and of the links before a trajectory: it needs more."""
    n, numbers = config.lattice.colors, config.lattice.dims * math.prod(config.lattice.shape)
    links, momenta = int(link_dtype(n, 1).itemsize), int(momentum_dtype(n, 1).itemsize)
    return numbers * (2 * links + momenta if config.update.kind == "hmc" else links)


def with_room(function: Job) -> Job:
    """Make a function of an input refuse at once what this machine has no room for, and say of a failure what it needs.

    Raises
    ------
    MemoryLack
        If so.
    """

    @functools.wraps(function)
    def told(config: RunConfig, *arguments: Any, **options: Any) -> Any:
        least, whole = least_bytes(checked(config)), whole_memory()
        shape = f"lattice.shape = {list(config.lattice.shape)}"
        needs = f"{shape} needs more than {_told(least)} of memory for {_fields(config)}"
        if least > whole:
            raise MemoryLack(f"{needs}; this machine, or a limit on its processes, has {_told(whole)}")
        try:
            return function(config, *arguments, **options)
        except MemoryError as error:
            raise MemoryLack(f"not enough memory ({str(error) or 'no more is given'}): {needs}") from error

    return cast(Job, told)


def _fields(config: RunConfig) -> str:
    return "links and momenta alone" if config.update.kind == "hmc" else "links alone"


def _told(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
