"""What trainings on the saved configurations of a run have alike: the run, its lock, files of earlier sessions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lqcdnn.config import RunConfig
from lqcdnn.errors import InputError
from lqcdnn.jobs.measure import seed_of_run
from lqcdnn.jobs.session import checked
from lqcdnn.storage import atomic
from lqcdnn.storage.lock import RunLock
from lqcdnn.storage.rundir import RunDir
from lqcdnn.update.chain import StopRequest

_Learned_co = TypeVar("_Learned_co", covariant=True)
_Learned = TypeVar("_Learned")


class Pupil(Protocol[_Learned_co]):
    """One table of the input and what it learns from."""

    def train(self, stop: StopRequest, plain: bool | None) -> _Learned_co:
        """All that is left to do."""


def run_of(config: RunConfig, table: str, preset: str) -> RunDir:
    """The run of an input whose tables [``table``.NAME] learn; ``preset`` shows one.

    Raises
    ------
    InputError
        No such table, no such run, a run of other physics.
    """
    if not getattr(checked(config), table):
        raise InputError(f"the input has no table [{table}.NAME]", hint=f"lqcdnn init --preset {preset} shows one")
    if not RunDir.is_run_directory(config.run.name):
        raise InputError(f"there is no run directory {config.run.name}", hint="lqcdnn generate makes it")
    run = RunDir.open(config.run.name)
    seed_of_run(run, config)
    return run


def teach(
    run: RunDir, pupils: Mapping[str, Pupil[_Learned]], learned: dict[str, _Learned], max_time: float | None,
    plain: bool | None,
) -> None:  # fmt: skip
    """Train one after the other, with the run locked; what each has learned goes into ``learned``."""
    with RunLock(run.lock_path), StopRequest(max_time).listening() as stop:
        atomic.make_folder(run.train_dir)
        for name, pupil in pupils.items():
            learned[name] = pupil.train(stop, plain)


def refuse_others(path: Path, table: str, found: Mapping[str, Any], here: Mapping[str, Any], same_data: bool) -> None:
    """A file of an earlier session goes on with the settings that it was begun with, on what it was trained on.

    Raises
    ------
    InputError
        Naming the keys of ``table`` that differ, or the file.
    """
    if found != here:
        names = sorted(key for key in {*here, *found} if here.get(key) != found.get(key))
        keys = ", ".join(f"{table}.{key}" for key in names)
        raise InputError(
            f"{path} was trained with other settings: {keys}",
            hint="settings as before, another name of the table, or move the file away",
        )
    if not same_data:
        raise InputError(
            f"{path} was trained on other configurations",
            hint="another name of the table, or move the file away",
        )
