"""Keys of the chain that may stay away: what they mean then, so that an input may say it or not.

Most have no default but None, so that complete inputs of versions that did not know them stay what they were.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_NEUTRAL: dict[tuple[str, str], tuple[Any, ...]] = {
    ("gauge", "anisotropy"): (1.0,),
    ("gauge", "ct"): (1.0, "tree"),
    ("fermion", "anisotropy"): (1.0,),
    ("fermion", "nu"): (1.0,),
    ("fermion", "ct_tilde"): (1.0,),
    ("fermion", "coefficient"): (1.0,),
    ("fermion", "twisted_mass"): (0.0,),
    ("fermion", "mass_splitting"): (0.0,),
    ("fermion", "chemical_potential"): (0.0,),
    ("fermion", "diquark_source"): (0.0,),
    ("fermion", "theta"): (0.0,),
    ("fermion", "magnetic_flux"): (0,),
    ("fermion", "electric_flux"): (0,),
    ("fermion", "charge"): (0.0,),
    ("fermion", "representation"): ("fundamental",),
    ("fermion", "improvement"): ("none",),
    ("fermion", "clover"): ("linear",),
    ("schroedinger", "nu"): (0.0,),
    **{("twist", plane): (0,) for plane in ("xy", "xz", "xt", "yz", "yt", "zt")},
}
"""By table and key the values that are the same as none; of a list, as all its entries."""
_ETA = {"SU(2)": math.pi / 4.0, "SU(3)": 0.0}
"""Of `lattice.schroedinger.eta`."""


def without_neutral(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out dotted keys, as of `lqcdnn.config.tree.flatten`, with the value that they mean where they are absent.

    Where what is left is equal, complete inputs say the same.
    """
    return {path: value for path, value in keys.items() if not _is_neutral(path, value, keys)}


def _place(path: str) -> tuple[str, str]:
    """Table and key, without the number of the table; of networks, whose tables have names of their own, "network"."""
    *tables, name = (word for word in path.split(".") if not word.isdecimal())
    return "network" if tables[:1] == ["network"] else tables[-1] if tables else "", name


def _is_neutral(path: str, value: Any, keys: Mapping[str, Any]) -> bool:
    place = _place(path)
    if place == ("network", "masked"):
        return value is False
    if place == ("fermion", "csw_time"):
        return bool(value == keys.get(path.removesuffix("_time")))
    if place == ("schroedinger", "eta"):
        return bool(value == _ETA.get(str(keys.get("lattice.group"))))
    neutral = _NEUTRAL.get(place, ())
    entries = value if isinstance(value, list | tuple) else [value]
    return bool(neutral) and all(entry in neutral for entry in entries)
