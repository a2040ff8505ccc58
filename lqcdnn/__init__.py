"""Lattice gauge theory with gauge-covariant neural networks.

The public names below are imported when they are first used: ``import lqcdnn`` alone imports no numpy.
docs/python.md shows how they go together.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lqcdnn.actions.composed import Composed as Composed
    from lqcdnn.actions.gauge import GaugeAction as GaugeAction
    from lqcdnn.actions.pseudofermion import StaggeredAction as StaggeredAction
    from lqcdnn.analyze.statistics.gamma import gamma_method as gamma_method
    from lqcdnn.config.load import load as load
    from lqcdnn.fields.group import group as group
    from lqcdnn.jobs.analyze import analyze_run as analyze_run
    from lqcdnn.jobs.generate import generate as generate
    from lqcdnn.jobs.library import measure_configuration as measure_configuration
    from lqcdnn.jobs.library import prepare as prepare
    from lqcdnn.jobs.library import read_series as read_series
    from lqcdnn.jobs.library import train as train
    from lqcdnn.jobs.measure import measure_run as measure_run
    from lqcdnn.lattice.geometry import Lattice as Lattice
    from lqcdnn.network.layer import CovariantLayer as CovariantLayer
    from lqcdnn.network.model import CovariantNetwork as CovariantNetwork
    from lqcdnn.storage.formats import read_configuration as read_configuration
    from lqcdnn.storage.formats import write_configuration as write_configuration
    from lqcdnn.update.hmc import HMC as HMC
    from lqcdnn.update.hmc import State as State

__version__ = "0.1.0"

_HOME = {
    "Composed": "actions.composed",
    "CovariantLayer": "network.layer",
    "CovariantNetwork": "network.model",
    "GaugeAction": "actions.gauge",
    "HMC": "update.hmc",
    "Lattice": "lattice.geometry",
    "StaggeredAction": "actions.pseudofermion",
    "State": "update.hmc",
    "analyze_run": "jobs.analyze",
    "gamma_method": "analyze.statistics.gamma",
    "generate": "jobs.generate",
    "group": "fields.group",
    "load": "config.load",
    "measure_configuration": "jobs.library",
    "measure_run": "jobs.measure",
    "prepare": "jobs.library",
    "read_configuration": "storage.formats",
    "read_series": "jobs.library",
    "train": "jobs.library",
    "write_configuration": "storage.formats",
}
"""Where each public name is defined."""

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name on its first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'lqcdnn' has no attribute {name!r}")
    value = getattr(import_module(f"lqcdnn.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names and what every module has."""
    return sorted({*globals(), *_HOME})
