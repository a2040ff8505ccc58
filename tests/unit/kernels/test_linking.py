"""Kernels that others call are linked, not copied: what callers hold of them, and that they find them again."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba import prange
from numba.core.caching import Cache, CompileResultCacheImpl

from lqcdnn.kernels import linking
from lqcdnn.kernels.compile import driver, kernel


@kernel
def doubled(out, x):
    for i in prange(out.size):
        out[i] = 2.0 * x[i]


@kernel
def one_more(out, x):
    doubled(out, x)
    for i in prange(out.size):
        out[i] += 1.0


@driver
def both(out, x):
    doubled(out, x)
    one_more(x, out)
    return x.sum()


def what_it_makes(function):
    out, x = np.zeros(3), np.arange(3.0)
    return function(out, x), x.tolist()


def named(function, elsewhere=False):
    """Names of the functions that the library of a compiled one defines, or of those that it has from elsewhere."""
    (result,) = function.overloads.values()
    return [one.name for one in result.library._final_module.functions if one.is_declaration == elsewhere]


@pytest.fixture(scope="module")
def compiled():
    """All of them compiled here, also where an earlier run of the tests has left them in the cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cache, "load_overload", lambda *_: None)
        assert what_it_makes(both) == (15.0, [1.0, 5.0, 9.0])


def test_callers_hold_no_copy(compiled):
    names = named(both)
    assert any("both" in name for name in names)
    assert not any("doubled" in name or "one_more" in name for name in names)
    assert any("doubled" in name for name in named(both, elsewhere=True))
    (result,) = both.overloads.values()
    assert ["doubled" in name for name in result.library.callees] == [True, False]  # first what others need


def test_what_is_made_inside_of_others_is_copied():
    """Its name does not say which variables it closes over."""

    def times(factor):
        @kernel
        def scaled(out, x):
            for i in prange(out.size):
                out[i] = factor * x[i]

        @driver
        def caller(out, x):
            scaled(out, x)
            return out.sum()

        return caller

    callers = [times(2.0), times(3.0)]
    assert [what_it_makes(caller)[0] for caller in callers] == [6.0, 9.0]
    assert not any("scaled" in name for name in (*named(callers[0], elsewhere=True), *linking.LOADED))


def test_what_calls_none_is_stored_as_numba_stores_it(compiled):
    stored = [CompileResultCacheImpl(one.py_func).reduce(*one.overloads.values()) for one in (doubled, both)]
    assert [isinstance(one, linking.WithCallees) for one in stored] == [False, True]


SCRIPT = """
import os
import sys
from pathlib import Path
import numba, pytest
for words in sys.argv[1:]:  # each in a process of its own, which has loaded no kernel and started no thread
    if os.fork():
        assert os.wait()[1] == 0
        continue
    import test_linking
    from test_linking import what_it_makes
    verb, *names = words.split()
    for name in names if verb == "call" else ():
        function = getattr(test_linking, name)
        print(name, *what_it_makes(function), sum(function.stats.cache_hits.values()), flush=True)
    for lost in Path(os.environ["LQCDNN_CACHE_DIR"]).rglob(f"*{names[0]}*") if verb == "lose" else ():
        lost.unlink()
    os._exit(0)
"""


def said(cache, *steps):
    here = os.path.dirname(__file__)
    environment = {**os.environ, "LQCDNN_CACHE_DIR": str(cache), "PYTHONPATH": here, "LQCDNN_THREADS": "2"}
    run = [sys.executable, "-c", SCRIPT, *steps]
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_driver_of_the_cache_has_its_kernels_with_it(tmp_path):
    steps = ("call doubled", "call both", "lose doubled", "call both doubled one_more", "call one_more both")
    makes = {"both": "15.0 [1.0, 5.0, 9.0]", "doubled": "None [0.0, 1.0, 2.0]", "one_more": "None [0.0, 1.0, 2.0]"}
    hits = (
        ("doubled", 0), ("both", 0),  # compiled with one that is loaded
        ("both", 1), ("doubled", 0), ("one_more", 1), ("one_more", 1), ("both", 1),
    )  # fmt: skip
    assert said(tmp_path, *steps) == [f"{name} {makes[name]} {hit}" for name, hit in hits]
