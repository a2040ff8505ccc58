"""Numbers with errors as people write them: 0.7025(1)."""

from __future__ import annotations

import math


def compact(value: float | None, error: float | None, digits: int | None = None) -> str:
    """Value with its error in the last digits: 0.7025(4), 0.8213(12), 17(3), 1.2(3)e-07.

    Parameters
    ----------
    value, error
        Mean and error in the same units; None prints as "-", a mean of zero without a sign.
    digits
        Digits of the error; default one, or two where the first is 1 (the step from 1 to 2 is too coarse).
    """
    if value is None:
        return "-"
    if error is None or not math.isfinite(value) or not math.isfinite(error):
        return f"{value:z.6g}" + ("(?)" if error is not None else "")
    if error <= 0.0:
        return f"{value:z.8g}(0)"
    largest = max(abs(value), error)
    exponent = math.floor(math.log10(largest))
    if exponent < -4 or exponent >= 7:
        scale = 10.0**exponent
        return f"{compact(value / scale, error / scale, digits)}e{exponent:+03d}"
    places = _places(error, digits)
    rounded = round(error * 10.0**places)
    if places <= 0:
        return f"{round(value, places):z.0f}({rounded * 10 ** (-places)})"
    # an error that reaches the digits before the point is written with it: 1.2(1.5)
    inside = f"{rounded}" if rounded < 10**places else f"{rounded / 10.0**places:.{places}f}"
    return f"{value:z.{places}f}({inside})"


def _places(error: float, digits: int | None) -> int:
    """Number of decimal places such that the error keeps `digits` digits after rounding."""
    exponent = math.floor(math.log10(error))
    if digits is None:
        leading = error / 10.0**exponent
        # 9.7 rounds to 10 and 1.96 to 2.0: decide after rounding
        digits = 2 if leading < 1.95 else 1
        if digits == 1 and leading >= 9.5:
            return -exponent
    return digits - 1 - exponent
