"""Configurations that a surrogate or a contour was trained on: what they say of these is no fair sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lqcdnn.analyze.data.series import Series
from lqcdnn.config.tables.observables import observable_kind, prefix_of
from lqcdnn.storage.rundir import RunDir


def without_seen(
    series: Sequence[Series], file: Path, last: Mapping[str, Any], directory: Path, notes: list[str]
) -> Sequence[Series]:
    """Series of a file in ``measure/`` without what was learned from; a note says how much that is.

    All up to the last trajectory that was seen of this run are left out: those between are like those beside them.
    Those of a shifted contour, which know beta, are marked as bound to it.

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
    kind = observable_kind(file.stem)
    options = last.get(f"{file.stem}_options", {}) if prefix_of(file.stem) else last
    if kind == "surrogate":
        options = options.get("surrogate_options", {})
    elif f"{kind}_deformation" in options:
        options = options[f"{kind}_deformation"]
        series = [replace(item, bound=True) for item in series]
    else:
        return series
    from lqcdnn.storage.surrogates import identity  # numba comes with it, which takes longer than most analyses

    known = identity(RunDir.open(directory).physics)
    runs = [one for one in options.get("runs", [options]) if one.get("run") == known]
    trained = [int(number) for one in runs for number in one.get("trained") or ()]
    if not trained:
        return series
    end = max(trained)
    left = [item.after(end) for item in series]
    count = max((len(item) - len(rest) for item, rest in zip(series, left, strict=True)), default=0)
    notes.append(f"{file}: {count} values up to trajectory {end} are left out: they belong to the training")
    return left
