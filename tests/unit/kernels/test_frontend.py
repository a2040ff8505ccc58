"""What numba does once where it did it again and again: parts, registries, functions that are always inlined."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba import njit, prange
from numba.core import base, event, ir, untyped_passes
from numba.core.registry import cpu_target
from numba.extending import overload

from lqcdnn.kernels.compile import device, inlined, inner, kernel
from lqcdnn.kernels.exponential import size2
from lqcdnn.kernels.frontend import registered
from lqcdnn.kernels.simd import at, field_dtype, lane_sum


@inlined
def falling(x, n):
    """x (x - 1) ... (x - n + 1): with a loop and variables of its own."""
    product = 1.0
    for _ in range(n):
        product, x = product * x, x - 1.0
    return product


@inlined
def twice_falling(x, n):
    half = falling(x, n)
    return half + falling(x, n)


@pytest.fixture
def read_from_bytecode(monkeypatch):
    """Names of the functions of which representations are made."""
    names, read = [], untyped_passes.ExtractByteCode.run_pass

    def noted(self, state):
        names.append(state.func_id.func_name)
        return read(self, state)

    monkeypatch.setattr(untyped_passes.ExtractByteCode, "run_pass", noted)
    return names


def test_a_part_is_made_once_and_each_place_has_variables_of_its_own(read_from_bytecode):
    @njit
    def binomial(x, n):
        return falling(x, n) / falling(n, n) + 0.0 * twice_falling(x, 1)

    @njit(error_model="numpy")
    def again(x, n):
        x, product = falling(x, n), 2.0
        return product * x

    assert binomial(7.0, 3) == 35.0
    assert read_from_bytecode.count("falling") == 1
    assert read_from_bytecode.count("twice_falling") == 1
    assert again(5.0, 2) == 40.0
    assert read_from_bytecode.count("falling") == 2  # flags are others
    assert binomial(np.float32(5.0), 2) == 10.0
    assert read_from_bytecode.count("falling") == 2


def test_parts_of_other_packages_are_made_as_numba_makes_them(read_from_bytecode):
    @njit(inline="always")
    def theirs(x):
        return x + 1

    assert njit(lambda x: theirs(x) * theirs(2 * x))(1) == 6
    assert read_from_bytecode.count("theirs") == 2


def test_parts_made_by_a_function_hold_what_it_gave_them():
    def power(n):
        @inlined
        def part(x):
            return x**n

        return njit(lambda x: part(x))

    assert [power(n)(3) for n in (2, 3)] == [9, 27]


def test_a_copied_statement_keeps_its_place():
    place = ir.Loc("kernel.py", 7)
    assert ir.Const(1, place).__deepcopy__({}).loc is place
    assert ir.Var(None, "x", place).__deepcopy__({}).loc is place


def test_registries_are_read_when_they_have_grown(monkeypatch):
    njit(lambda x: x + 1)(1)
    target, reads = cpu_target.target_context, []
    load = base.BaseContext.install_registry
    monkeypatch.setattr(base.BaseContext, "install_registry", lambda *args: (reads.append(1), load(*args))[1])
    target.refresh()
    assert not reads
    before = registered(target, target.typing_context)

    def unknown(x):
        pass

    overload(unknown)(lambda x: lambda x: 3 * x)
    assert registered(target, target.typing_context) > before
    assert njit(lambda x: unknown(x))(5) == 15
    assert reads


class Names(event.Listener):
    """Functions that are compiled."""

    def __init__(self):
        self.found = []

    def on_start(self, compilation):
        self.found.append(compilation.data["dispatcher"].py_func.__name__)

    def on_end(self, compilation):
        pass


def test_what_an_overload_always_inlines_is_not_compiled():
    @njit
    def norm(U):
        return lane_sum(size2(at(U, 0)))

    U = np.zeros(1, field_dtype(1, 1, 1))
    U["c"] = [[[[3.0], [4.0]]]]
    with event.install_listener("numba:compile", Names()) as names:
        assert norm(U) == 25.0
    assert "norm" in names.found
    assert "_size2_of_any" not in names.found


@device
def half_of(x):
    return 0.5 * x


@inner
def halve(out, x):
    for i in prange(out.size):
        out[i] = half_of(x[i])


@kernel
def quarter(out, x):
    halve(out, x)
    for i in prange(out.size):
        out[i] = half_of(out[i])


@pytest.mark.parametrize("called_before", [False, True])
def test_python_is_told_that_it_cannot_call_what_is_compiled_for_kernels(called_before):
    out, x = np.zeros(2), np.array([4.0, 8.0])
    if called_before:
        quarter(out, x)
        assert out.tolist() == [1.0, 2.0]
    for function, arguments in ((half_of, (4.0,)), (halve, (out, x))):
        with pytest.raises(TypeError, match=f"{function.__name__} is compiled for kernels"):
            function(*arguments)


LOADS = """
import sys
import numpy as np
from numba import njit
from lqcdnn.kernels.links import ordered_sum

print(ordered_sum(np.arange(5.0)), "numba.np.arraymath" in sys.modules)
print(njit(lambda x: x.sum())(np.ones(3)))  # the compiler has read what it needs
"""


def test_kernels_from_the_cache_do_not_wait_for_what_only_compiling_needs(tmp_path):
    said = []
    for _ in range(2):
        environment = {**os.environ, "LQCDNN_CACHE_DIR": str(tmp_path)}
        run = subprocess.run([sys.executable, "-c", LOADS], env=environment, capture_output=True, text=True, check=True)
        said.append(run.stdout.split())
    assert said == [["10.0", "True", "3.0"], ["10.0", "False", "3.0"]]
