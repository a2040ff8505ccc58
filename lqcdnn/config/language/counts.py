"""Numbers with what they count, 1 trajectory, 2 trajectories, and articles."""

from __future__ import annotations


def plural(unit: str) -> str:
    """Rows, trajectories, steps."""
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"


def counted(number: int, unit: str) -> str:
    """A number and its unit; of several words the last one is changed."""
    return f"{number} {unit if number == 1 else plural(unit)}"


def article(word: str) -> str:
    """A fermion, an antiquark."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
