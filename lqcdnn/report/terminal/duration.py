"""Seconds as people write them."""

from __future__ import annotations


def duration(seconds: float | None) -> str:
    """Compact text of a time span: ``0.31 s``, ``14m38s``, ``3h05m``, ``2d07h``; "?" if unknown."""
    if seconds is None or not 0.0 <= seconds < 1e9:
        return "?"
    if seconds < 9.95:
        return f"{seconds:.3g} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"
