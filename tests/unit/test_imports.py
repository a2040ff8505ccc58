"""The import rule: each room imports only rooms to its left; and what may appear nowhere in the package."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import lqcdnn

ROOT = Path(lqcdnn.__file__).parent
ORDER = [
    "errors",
    "timing",
    "config",
    "kernels",
    "workers",
    "lattice",
    "fields",
    "dirac",
    "network",
    "actions",
    "integrators",
    "update",
    "storage",
    "measure",
    "analyze",
    "report",
    "jobs",
    "cli",
]
ALONE = {"errors", "timing", "kernels"}
"""Rooms that import nothing of ours but the errors and what they need of themselves."""

MODULES = sorted(ROOT.rglob("*.py"))
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "yaml", "joblib"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes_of(path):
    """Those that tests look at: there are a million others."""
    kinds = (ast.Import, ast.ImportFrom, ast.Call, ast.FunctionDef)
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, kinds)]


@cache
def name_of(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


@cache
def imports(path):
    """Dotted names of the package's modules that a file imports, anywhere in it, also inside functions."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in NAMES else node.module)
    return {name for name in found if name.split(".")[0] == "lqcdnn"}


def room_of(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else None


FRONT = [path for path in MODULES if room_of(name_of(path)) in (None, "__main__")]
"""The package's own: names imported on first use, and the command."""
OF_ROOM = {room: [path for path in MODULES if room_of(name_of(path)) == room] for room in ORDER} | {"front": FRONT}
every_room = pytest.mark.parametrize("room", OF_ROOM)
"""A test looks at all modules of a room, and says which is wrong: of one for each there would be thousands."""


def test_every_room_has_its_place():
    rooms = {room_of(name) for name in NAMES} - {None, "__main__"}
    assert rooms == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_rooms_import_only_to_the_left(room):
    for path in OF_ROOM[room]:
        for name in imports(path):
            other = room_of(name)
            if other is None:  # the version
                continue
            assert other in ORDER, f"{path} imports {name}"
            assert ORDER.index(other) <= ORDER.index(room), f"{path} must not import {name}"
            if room in ALONE:
                assert other in (room, "errors"), f"{path} must not import {name}"


@pytest.mark.parametrize("room", ORDER)
def test_folders_inside_a_room_import_each_other_one_way(room):
    """A folder in a room is one subject, a file beside it another: neither imports what imports it."""
    graph = {}
    for path in MODULES:
        parts = name_of(path).split(".")
        if parts[1:2] != [room] or len(parts) < 3:
            continue
        others = {name.split(".")[2] for name in imports(path) if room_of(name) == room and name.count(".") > 1}
        graph.setdefault(parts[2], set()).update(others - {parts[2]})
    assert set(TopologicalSorter(graph).static_order()) == set(graph)  # CycleError names those of a cycle


def test_the_front_of_the_package_imports_nothing_of_ours_at_once():
    body = tree_of(ROOT / "__init__.py").body
    at_once = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {node.module for node in at_once} == {"importlib", "typing"}


@pytest.mark.parametrize("room", ["config", "errors", "timing"])
def test_without_numpy(room):
    """Checking an input file must not need numpy, nor anything else that is slow to import."""
    names = sorted(name for name in NAMES if room_of(name) == room)
    code = f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
    code += "print([m for m in ('numpy', 'numba', 'h5py', 'rich', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_analysis_without_compiler():
    """Numba takes longer to import than the analysis of most runs takes."""
    code = "import sys, lqcdnn.jobs.analyze, lqcdnn.jobs.scan.analysis\nprint('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"


@every_room
def test_nothing_that_runs_data_as_code(room):
    for path in OF_ROOM[room]:
        for node in nodes_of(path):
            where = f"{path}, line {node.lineno}"
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_MODULES, where
            elif isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] not in FORBIDDEN_MODULES, where
            elif isinstance(node, ast.Call):
                assert_harmless(node, where)


def assert_harmless(node, where):
    if isinstance(node.func, ast.Name):
        assert node.func.id not in FORBIDDEN_CALLS, f"{where}: {node.func.id}()"
    for word in node.keywords:
        true = isinstance(word.value, ast.Constant) and word.value.value is True
        assert not (word.arg in ("shell", "allow_pickle") and true), f"{where}: {word.arg}=True"
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        name = f"{node.func.value.id}.{node.func.attr}"
        assert name not in ("os.system", "os.popen", "subprocess.getoutput"), f"{where}: {name}()"


@every_room
def test_matplotlib_is_imported_inside_functions_only(room):
    for path in OF_ROOM[room]:
        for node in tree_of(path).body:
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", None)]
            assert not any(m and m.split(".")[0] == "matplotlib" for m in modules), path


@every_room
def test_sizes(room):
    """House rules: a module says what it is about, files are below 400 lines, functions of at most 60."""
    for path in OF_ROOM[room]:
        assert path.read_text(encoding="utf-8").count("\n") < 400, path
        assert ast.get_docstring(tree_of(path)), path
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef):
                inner = node.end_lineno - node.lineno + 1 - (ast.get_docstring(node, clean=False) or "").count("\n")
                assert inner <= 60, f"{path}, {node.name}: {inner} lines"
