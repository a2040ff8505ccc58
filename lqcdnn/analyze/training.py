"""Training history in numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lqcdnn.analyze.result import Training
from lqcdnn.analyze.statistics.gamma import FloatArray


def summarize_training(history: Sequence[dict[str, Any]], batch: int = 1) -> Training | None:
    """Start and end of a training history; None if there is none.

    Acceptance is expected near erfc(sigma_dH / (2 sqrt 2)) with sigma_dH^2 = 2 sigma^2: S_theta - S at both ends of
    a trajectory, each with the spread sigma of the samples.  Nothing is expected of a field transformation, whose
    action decides by itself.

    Parameters
    ----------
    history
        Records of ``train/history.jsonl``, one for each sample: loss, difference = S_theta - S, weights.
    batch
        Samples averaged in one optimizer step.
    """
    if not history:
        return None
    loss, difference = _column(history, "loss"), _column(history, "difference")
    late = difference[-max(len(difference) // 4, 1) :]
    fits_base = "base_beta" in history[-1]
    spread = float(late.std(ddof=1)) if len(late) > 1 else None
    return Training(
        steps=len(history) // batch,
        samples=len(history),
        first_loss=float(loss[0]) if len(loss) else None,
        early_loss=float(loss[:10].mean()) if len(loss) else None,
        late_loss=float(loss[-max(len(loss) // 4, 1) :].mean()) if len(loss) else None,
        late_difference=float(late.mean()) if len(late) else None,
        late_spread=spread,
        expected_acceptance=None if spread is None or fits_base else math.erfc(spread / 2.0),
        weights=history[-1].get("weights"),
        by_forces=history[-1].get("compared") == "force",
    )


def _column(history: Sequence[dict[str, Any]], key: str) -> FloatArray:
    return np.array([record[key] for record in history if isinstance(record.get(key), int | float)], dtype=np.float64)
