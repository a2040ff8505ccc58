"""Kernels that others call are linked to them: compiled once, in place of once more in each.

numba copies the code of a function into the library of each one that calls it and compiles all of it again, for what
might come of it.  Drivers (conjugate gradients, an operator between even sites) call kernels that are loops over a
whole lattice: nothing comes of it, and half of the time that a driver took to compile went into copies of its kernels.

A driver in the cache has what it calls beside it, so that it can be loaded where nothing else is.  Names of machine
code say which function and which types are meant, not which variables a function closes over: those that are made
inside of others are copied, as numba does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numba.core.caching import CompileResultCacheImpl
from numba.core.codegen import CPUCodeLibrary
from numba.core.compiler import CompileResult
from numba.core.dispatcher import Dispatcher

APART: set[Callable[..., Any]] = set()
"""Functions that are linked: those that ``compile.kernel`` was asked for."""

LOADED: dict[str, CompileResult] = {}
"""What was compiled or loaded of them, by name of the machine code; never given up, since others have its address."""


class WithCallees(NamedTuple):
    """What the cache holds of a function that calls some of them: itself, and them by name, as numba stores them."""

    own: Any
    callees: dict[str, Any]


def keep_apart(dispatcher=Dispatcher) -> None:
    """Remember what is compiled or loaded of functions that are linked."""
    add = dispatcher.add_overload

    def added(self, result):
        function = self.py_func
        if function in APART and "<locals>" not in function.__qualname__:
            result.library.stands_apart = LOADED[result.fndesc.llvm_func_name] = result
        add(self, result)

    dispatcher.add_overload = added


def link_only(library=CPUCodeLibrary) -> None:
    """Leave them out of the libraries of their callers, which then have to know them: ``library.callees``."""
    finalize = library.finalize

    def finalized(self):
        self.callees, copied = {}, []
        for other in self._linking_libraries:
            self.callees.update(getattr(other, "callees", {}))
            found = getattr(other, "stands_apart", None)
            if found is None:
                copied.append(other)
            else:
                self.callees[found.fndesc.llvm_func_name] = found
        self._linking_libraries = copied
        finalize(self)

    library.finalize = finalized


def store_callees(cache=CompileResultCacheImpl) -> None:
    """Let the cache hold with a function what it calls; what calls none of them is stored as numba stores it."""
    reduce, rebuild = cache.reduce, cache.rebuild

    def stored(self, result):
        """As it came from the cache, if it did: numba does not keep machine code that it has loaded."""
        return getattr(result.library, "came_from", None) or reduce(self, result)

    def reduced(self, result):
        own, callees = reduce(self, result), result.library.callees
        return WithCallees(own, {name: stored(self, one) for name, one in callees.items()}) if callees else own

    def loaded(self, context, payload):
        """Once: a name may not be given to machine code twice."""
        name = payload[1].llvm_func_name
        if name in LOADED:
            return LOADED[name]
        result = rebuild(self, context, payload)
        result.library.came_from = payload
        return result

    def rebuilt(self, context, payload):
        own, callees = payload if isinstance(payload, WithCallees) else (payload, {})
        for name, one in callees.items():
            LOADED[name] = loaded(self, context, one)
        result = loaded(self, context, own)
        result.library.callees = {name: LOADED[name] for name in callees}
        return result

    cache.reduce, cache.rebuild = reduced, rebuilt


def link_kernels() -> None:
    """All of it."""
    keep_apart()
    link_only()
    store_callees()
