"""Servers of Intel, the kernel cache's name, garbage while compiling, index checks in ``at``, ``put`` and ``hop``."""

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numba import config, njit
from numba.core import event
from numba.core.errors import TypingError

from lqcdnn.kernels import compile as compile_module

KERNELS = Path(compile_module.__file__).parent


@pytest.fixture
def copied_kernels(tmp_path, monkeypatch):
    """A copy of the kernel sources that ``cache_key`` looks at."""
    copy = tmp_path / "kernels"
    shutil.copytree(KERNELS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(compile_module, "__file__", str(copy / "compile.py"))
    return copy


def test_cache_key_is_that_of_the_sources(copied_kernels):
    key = compile_module.cache_key()
    assert key == compile_module.cache_key()
    assert compile_module.CACHE_DIR.name == key


@pytest.mark.parametrize(
    ("features", "name", "server"),
    [
        ({"avx512f", "amx-tile"}, "rocketlake", True),
        ({"avx512f", "amx-tile"}, "emeraldrapids", True),
        ({"avx512f"}, "graniterapids-d", True),
        ({"avx512f"}, "icelake-server", True),
        ({"avx512f"}, "rocketlake", False),
        ({"avx512f"}, "znver5", False),
        (set(), "generic", False),
    ],
)
def test_servers_of_intel_are_known(features, name, server):
    assert compile_module.is_intel_server(features, name) == server


@pytest.mark.parametrize("source", ["exponential.py", "simd/algebra.py", "paths.py"])
def test_cache_key_changes_with_any_kernel_source(copied_kernels, source):
    before = compile_module.cache_key()
    with (copied_kernels / source).open("a") as file:
        file.write("# another comment\n")
    assert compile_module.cache_key() != before


@pytest.mark.parametrize("flag", ["PARALLEL", "BOUNDS"])
def test_cache_key_changes_with_flags(copied_kernels, monkeypatch, flag):
    before = compile_module.cache_key()
    monkeypatch.setattr(compile_module, flag, not getattr(compile_module, flag))
    assert compile_module.cache_key() != before


@pytest.mark.parametrize(("fact", "value"), [("CPU_NAME", "another"), ("CPU_FEATURES", "+neon")])
def test_cache_key_changes_with_the_processor(copied_kernels, monkeypatch, fact, value):
    before = compile_module.cache_key()
    monkeypatch.setattr(config, fact, value)
    assert compile_module.cache_key() != before


TARGET = "from lqcdnn.kernels import compile as c; print(c.PROCESSOR, c.VECTOR_BYTES, c.REGISTERS)"


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"NUMBA_CPU_NAME": "znver4", "NUMBA_CPU_FEATURES": "+avx2,+avx512f"}, "znver4 64 32"),
        ({"NUMBA_CPU_NAME": "generic"}, "generic 32 16"),  # numba: no features
        pytest.param(
            {"NUMBA_CPU_NAME": "neoverse-v1", "NUMBA_CPU_FEATURES": "+neon,+sve"},
            "neoverse-v1 32 16",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_blocks_are_those_of_the_processor_that_code_is_for(chosen, found, tmp_path):
    environment = {**os.environ, **chosen, "LQCDNN_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", TARGET]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found


TRAJECTORY = """
from lqcdnn.config import load_text
from lqcdnn.fields.gauge import hot
from lqcdnn.jobs.build import build
from lqcdnn.update.hmc import State

text = '''
[lattice]
shape = [4, 4]
group = "U(1)"
[run]
name = "short"
trajectories = 1
[action.gauge]
beta = 1.0
[[action.fermion]]
kind = "wilson"
flavors = 2
mass = 0.4
solver = "mixed"
[update]
steps = 2
'''
sim = build(load_text(text, "short"))
_, info = sim.update().step(State(hot(sim.lattice, sim.group, 1), 0, 1))
print(repr(float(info.dH)))
"""


@pytest.mark.slow
def test_code_for_the_oldest_processors_gives_the_same_numbers(tmp_path):
    """Of x86: vectors of 128 bits, and no fused multiply-adds."""
    found = []
    for chosen in ({}, {"NUMBA_CPU_NAME": "generic"}):
        environment = {**os.environ, **chosen, "LQCDNN_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, "-c", TRAJECTORY]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.append(float(done.stdout))
    assert found[0] == pytest.approx(found[1], rel=1e-8)


class Collections(event.Listener):
    """Whether garbage is collected when a compilation begins."""

    def __init__(self):
        self.found = []

    def on_start(self, _event):
        self.found.append(gc.isenabled())

    def on_end(self, _event):
        pass


@pytest.fixture
def collecting():
    """Garbage is collected before and, whatever a test does, afterwards."""
    assert gc.isenabled()
    yield
    gc.enable()


def compiled_pair():
    """Whether garbage was collected while a function and one that it calls were compiled."""

    @njit
    def one(x):
        return x + 1

    @njit
    def two(x):
        return one(x) + 1

    with event.install_listener("numba:compile", Collections()) as listener:
        assert two(1) == 3
    return listener.found


def test_no_garbage_is_collected_while_kernels_are_compiled(collecting):
    assert compiled_pair() == [False, False]
    assert gc.isenabled()


def test_garbage_is_collected_again_after_a_failed_compilation(collecting):
    with pytest.raises(TypingError):
        njit(lambda x: x.nothing)(1)
    assert gc.isenabled()


def test_who_switched_collection_off_finds_it_off(collecting):
    gc.disable()
    assert compiled_pair() == [False, False]
    assert not gc.isenabled()


NORMS = """
import sys
import numpy as np
from lqcdnn.kernels.linalg import product_sum, products
from lqcdnn.kernels.simd import field_dtype

for n in map(int, sys.argv[2:]):
    field, part = np.zeros((1, 1), field_dtype(n, n, 2)), np.zeros(1)
    field["c"] = 1.0
    if sys.argv[1] == "kernel":
        products(part, field, field, 0, 1)
        print(int(part[0]))
    else:
        print(int(product_sum(part, field, field, 0, 1)))
"""


@pytest.mark.slow
def test_code_that_processes_cached_for_other_types_is_told_apart(tmp_path):
    """Two processes make a type each and compile a kernel for it, a third calls both (too long to be inlined)."""
    environment = {**os.environ, "LQCDNN_CACHE_DIR": str(tmp_path)}

    def norms(what, *sizes):
        command = [sys.executable, "-c", NORMS, what, *map(str, sizes)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return [int(line) for line in done.stdout.split()]

    for what, sizes in (("kernel", (33,)), ("kernel", (34,)), ("caller", (33, 34)), ("caller", (34, 33))):
        assert norms(what, *sizes) == [4 * n * n for n in sizes]


def test_cache_folder_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("LQCDNN_CACHE_DIR", str(tmp_path / "a"))
    assert compile_module.cache_root() == tmp_path / "a"
    monkeypatch.delenv("LQCDNN_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "b"))
    assert compile_module.cache_root() == tmp_path / "b" / "lqcdnn"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "c"))
    assert compile_module.cache_root() == tmp_path / "c" / ".cache" / "lqcdnn"


BAD_INDEX = """
import numpy as np
from numba import config, njit
from lqcdnn.kernels.simd import at, hop, put, sites
from lqcdnn.lattice.blocks import site_table, sites_in
from lqcdnn.lattice.geometry import Lattice

lattice = Lattice((4, 4), 4)
U, nbr = lattice.zeros(1, 1, (2,)), lattice.neighbours
last = lattice.blocks - 1

@njit
def read(U, nbr, mu, s):
    put(U, (0, 0), at(U, mu, s))

@njit
def write(U, nbr, mu, s):
    put(U, (mu, s), at(U, 0, 0))

@njit
def step(U, nbr, mu, s):
    put(U, (0, 0), at(U, 0, hop(nbr, mu, s)))

@njit
def gather(U, nbr, mu, s):
    put(U, (0, 0), at(U, mu, hop(nbr, 0, s)))

@njit
def step_twice(U, nbr, mu, s):
    put(U, (0, 0), at(U, 0, hop(nbr, mu, hop(nbr, 0, s))))

def raises(f, mu, s, U=U, nbr=nbr):
    try:
        f(U, nbr, mu, s)
    except IndexError:
        return True
    return False

for f in (read, write, step, gather, step_twice):
    assert not raises(f, 1, 0) and not raises(f, 1, last), f
    assert raises(f, 1, last + 1) and raises(f, 1, -1), f
    assert raises(f, 4, 0) and raises(f, -1, 0), f
for site in (lattice.volume, -1):  # one bad neighbour among good ones
    for whole in (True, False):
        spoilt = site_table(sites_in(nbr).swapaxes(0, 1), whole)
        spoilt.view("i4").reshape(*nbr.shape, -1)[0, 0, -1] = site
        assert raises(gather, 1, 0, nbr=spoilt) and raises(step_twice, 1, 0, nbr=spoilt)
print("checked")
"""


def test_bounds_switch_makes_a_bad_index_raise(tmp_path):
    env = {**os.environ, "LQCDNN_BOUNDS": "1", "LQCDNN_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", BAD_INDEX], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "checked"
