"""``lqcdnn doctor``: what this machine and installation offer, and what is wrong with them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from lqcdnn.cli.options import json_option, threads_option_of
from lqcdnn.config.language.counts import counted

if TYPE_CHECKING:
    from lqcdnn.jobs.doctor import Diagnosis


@click.command("doctor")
@click.option("--warm", "warming", is_flag=True, help="Compile the kernels for SU(2) and SU(3) ahead, into the cache.")
@threads_option_of("Look (and compile) with this number of threads, default 1; auto means 1 here.")
@json_option
def command(warming: bool, threads: int | None, as_json: bool) -> None:
    """Check threads, caches and versions; compile kernels ahead.

    Prints what matters for speed and safety of runs made in the current directory.
    """
    if threads is not None or "LQCDNN_THREADS" in os.environ:
        os.environ["LQCDNN_THREADS"] = str(threads or "auto")
    from lqcdnn.jobs.doctor import diagnose, warm

    seconds = warm(report=lambda text: click.echo(text, err=True)) if warming else None
    found = diagnose()
    if seconds is not None:
        found.facts["warm_seconds"] = seconds
    click.echo(json.dumps(found.to_dict(), indent=2) if as_json else _text(found))


def _text(found: Diagnosis) -> str:
    """Aligned lines, then the problems."""
    rows = [(name, _sentence(name, value)) for name, value in found.facts.items()]
    lines = [f"{name:<12}  {text}" for name, text in rows]
    if not found.problems:
        return "\n".join([*lines, "", "no problems found"])
    return "\n".join([*lines, "", *(f"problem: {text}" for text in found.problems)])


def _sentence(name: str, value: Any) -> str:
    if name == "packages":
        return ", ".join(f"{key} {version or '(not installed)'}" for key, version in value.items())
    if name == "processor":
        return (
            f"{value['model']} ({value['target']}), {value['simd']} {value['simd_bits']} bit, "
            f"{value['cores_available']} of {value['cores']} cores"
        )
    if name == "threads":
        layers = ", ".join(value["layers_available"]) or "none"
        return f"{value['kernels']}, layer {value['layer']}, available: {layers}"
    if name == "cache":
        others = f"; beside it {value['other_caches']} of other versions, {_bytes(value['other_bytes'])}, not needed"
        state = "" if value["writable"] else ", NOT WRITABLE"
        return (
            f"{value['directory']}, {counted(value['files'], 'kernel')}, {_bytes(value['bytes'])}{state}"
            + others * bool(value["other_caches"])
        )
    if name == "hdf5":
        return f"{value['version']}, HDF5_USE_FILE_LOCKING {value['HDF5_USE_FILE_LOCKING'] or 'not set'}"
    if name == "memory":
        return f"{_bytes(value['available'])} of {_bytes(value['total'])} available"
    if name == "disk":
        locks = {True: "locks work", False: "NO LOCKS", None: "locks not tried"}[value["locks"]]
        return f"{_bytes(value['free'])} free in {value['directory']}, {locks}"
    if name == "warm_seconds":
        return ", ".join(f"{group} {time:.1f} s" for group, time in value.items())
    return str(value)


def _bytes(count: int | None) -> str:
    if count is None:
        return "unknown"
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000.0 and len(units) > 1:
        size, units = size / 1000.0, units[1:]
    return f"{size:.3g} {units[0]}"
