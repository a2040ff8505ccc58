"""The public names of the package are pinned here: changing this list is changing what users rely on."""

from __future__ import annotations

import importlib
import importlib.resources
import subprocess
import sys

import pytest

import lqcdnn

PUBLIC = [
    "Composed",
    "CovariantLayer",
    "CovariantNetwork",
    "GaugeAction",
    "HMC",
    "Lattice",
    "StaggeredAction",
    "State",
    "analyze_run",
    "gamma_method",
    "generate",
    "group",
    "load",
    "measure_configuration",
    "measure_run",
    "prepare",
    "read_configuration",
    "read_series",
    "train",
    "write_configuration",
]


def test_public_names() -> None:
    assert sorted(lqcdnn.__all__) == PUBLIC
    assert len(PUBLIC) <= 20


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_is_the_object_of_its_module_and_is_documented(name: str) -> None:
    found = getattr(lqcdnn, name)
    assert getattr(importlib.import_module(found.__module__), name) is found
    assert found.__doc__


def test_dir_and_star_import() -> None:
    assert set(PUBLIC) <= set(dir(lqcdnn))
    names: dict[str, object] = {}
    exec("from lqcdnn import *", names)
    assert set(PUBLIC) <= set(names)


def test_no_public_name_hides_a_folder_of_the_package() -> None:
    # lqcdnn.measure is a folder: once it is imported, a function of that name could not be reached any more
    folders = {path.name for path in importlib.resources.files("lqcdnn").iterdir()}
    assert not folders & set(PUBLIC)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="'lqcdnn' has no attribute 'nonsense'"):
        lqcdnn.nonsense  # noqa: B018
    assert not hasattr(lqcdnn, "__path_hooks__")


def test_import_is_light() -> None:
    heavy = ("numpy", "numba", "h5py", "click", "rich", "matplotlib")
    code = f"import sys, lqcdnn; dir(lqcdnn); print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
