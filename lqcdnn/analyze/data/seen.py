"""Configurations that the network of a surrogate was trained on: what it says of these is no fair sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lqcdnn.analyze.data.series import Series
from lqcdnn.config.tables.observables import observable_kind
from lqcdnn.storage.rundir import RunDir
from lqcdnn.storage.surrogates import identity


def without_seen(
    series: Sequence[Series], file: Path, last: Mapping[str, Any], directory: Path, notes: list[str]
) -> Sequence[Series]:
    """Series of a file in ``measure/`` without what its network was trained on; a note says how much that is.

    All up to the last trajectory that it has seen of this run are left out: those between are like those beside them.

    Parameters
    ----------
    series, file
        As read.
    last
        The last record of the file, whose options say what was seen.
    directory
        Of the run.
    notes
        Where a sentence is added.
    """
    if observable_kind(file.stem) != "surrogate":
        return series
    options = last.get(f"{file.stem}_options", {})
    options = options.get("surrogate_options", options)  # of a table with a prefix
    known = identity(RunDir.open(directory).physics)
    runs = [one for one in options.get("runs", [options]) if one.get("run") == known]
    trained = [int(number) for one in runs for number in one.get("trained") or ()]
    if not trained:
        return series
    end = max(trained)
    left = [item.after(end) for item in series]
    count = max((len(item) - len(rest) for item, rest in zip(series, left, strict=True)), default=0)
    notes.append(f"{file}: {count} values up to trajectory {end} are left out: the network was trained on these")
    return left
