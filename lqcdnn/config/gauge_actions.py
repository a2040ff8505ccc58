"""Named actions of plaquettes and rectangles, c0 = 1 - 8 c1 of the former and c1 of the latter."""

from __future__ import annotations

RECTANGLE_COEFFICIENT = {"wilson": 0.0, "symanzik": -1.0 / 12.0, "iwasaki": -0.331, "dbw2": -1.4088}
"""c1 of the named gauge actions (Wilson 1974; Luscher-Weisz 1985; Iwasaki 1983; Takaishi 1996)."""
