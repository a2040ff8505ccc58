"""numba's way from a function to LLVM without what it does again and again: less to compile, the same code.

Most of the time goes by in Python, before LLVM has anything to do.  A fifth of that was the intermediate representation
of parts that are always inlined, made from their bytecode anew at each place; a tenth was copying it, with the place in
the source of every statement; a tenth was looking into forty registries, some twenty times for each function, for what
might have been added to them; and functions that an overload always inlines were compiled for nobody to call.  Machine
code from the cache waited for all of numba's library to be imported (and scipy with it, where there is one): a third of
the time of a short run.

What is replaced here is numba's own: versions that were not tried are left as they are, and so is what other packages
have numba inline.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numba
from numba.core import base, ir
from numba.core.bytecode import FunctionIdentity
from numba.core.caching import Cache
from numba.core.inline_closurecall import InlineWorker
from numba.core.runtime import rtsys
from numba.core.typing import context
from numba.core.typing.templates import _OverloadFunctionTemplate

from lqcdnn.kernels.linking import link_kernels

TRIED = ((0, 61), (0, 68))
"""First and last version of numba that was compiled with like this."""

PARTS: set[Callable[..., Any]] = set()
"""Functions of which ``keep_parts`` keeps the representation: those that ``compile.inlined`` was asked for."""


def keep_parts(worker=InlineWorker) -> None:
    """Make the representation of an inlined part once, not at each place.

    numba copies what it gets before changing it.  Each place has an identity of its own, by which variables are named.
    """
    make, kept = worker.run_untyped_passes, {}

    def made(self, func, enable_ssa=False):
        if enable_ssa or self.locals or func not in PARTS:
            return make(self, func, enable_ssa)
        self.flags.enable_ssa = False  # as `make` leaves it
        of_flags = kept.setdefault(func, [])
        part = next((part for flags, part in of_flags if flags == self.flags), None)
        if part is None:
            part = make(self, func)
            of_flags.append((self.flags.copy(), part))
        part = part.copy()
        part.func_id = FunctionIdentity.from_function(func)
        return part

    worker.run_untyped_passes = made


def share_places(location=ir.Loc) -> None:
    """Let copies of a statement share its place in the source, which nobody changes."""
    location.__deepcopy__ = lambda self, memo: self


def registered(*contexts) -> int:
    """Number of entries in the registries that contexts know; there is never one less."""
    known = [pair for context in contexts for pair in context._registries.items()]
    return sum(len(getattr(registry, kind)) for registry, loader in known for kind in loader.registry_items)


def read_what_is_new(of_typing=context.BaseContext, of_target=base.BaseContext) -> None:
    """Let contexts go through their registries only when there is something new in them."""
    read_typing, read_target = of_typing.refresh, of_target.refresh

    def read(self, read_all, *contexts):
        if registered(*contexts) != self.__dict__.get("_entries_read"):
            read_all(self)
            self._entries_read = registered(*contexts)

    of_typing.refresh = lambda self: read(self, read_typing, self)
    of_target.refresh = lambda self: read(self, read_target, self, self.typing_context)


def only_inline(template=_OverloadFunctionTemplate) -> None:
    """Make no machine code of functions of ours that an overload always inlines.

    numba compiles them first for the sake of those that ask for literal arguments, which ours do not.
    """
    choose = template._get_jit_decorator

    def chosen(self):
        decorator = choose(self)
        if not (self._inline.is_always_inline and self._overload_func.__module__.startswith("lqcdnn.")):
            return decorator

        def without_code(function, **options):
            made = decorator(**options)(function)
            made._can_compile = False
            return made

        return lambda **options: partial(without_code, **options)

    template._get_jit_decorator = chosen


def load_without_library(cache=Cache) -> None:
    """Load kernels of ours without what only compiling needs: the compiler reads its registries before it begins.

    What the machine code calls is numba's runtime, which is made here, and what importing numba has registered.
    """
    load = cache.load_overload

    def loaded(self, sig, target_context):
        if not self._py_func.__module__.startswith("lqcdnn."):
            return load(self, sig, target_context)
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    cache.load_overload = loaded


def not_for_python(function):
    """Let a function that was compiled without the code by which Python calls it say so, in place of a crash.

    That code, which takes arguments apart and counts references, takes a tenth to a fifth of the time.  A call of what
    a dispatcher does not know ends up where it would be compiled.
    """

    def refused(*_args, **_kws):
        raise TypeError(f"{function.py_func.__qualname__} is compiled for kernels: Python cannot call it")

    function._insert, function._compile_for_args = lambda *_: None, refused
    return function


def spare_repetition() -> None:
    """All of it, with the versions of numba that were tried."""
    if not TRIED[0] <= tuple(numba.version_info.short) <= TRIED[1]:
        return
    keep_parts()
    share_places()
    read_what_is_new()
    only_inline()
    load_without_library()
    link_kernels()
