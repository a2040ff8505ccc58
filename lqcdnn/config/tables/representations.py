"""Representations of SU(N) that quarks may have (arXiv:0805.2058)."""

from __future__ import annotations

FUNDAMENTAL = "fundamental"
REPRESENTATIONS = (FUNDAMENTAL, "adjoint", "symmetric", "antisymmetric")
"""The last two have two indices."""

MOST_COMPONENTS = 10
"""Largest dimension of a representation: kernels of larger matrices take minutes to compile."""


def components(representation: str | None, n: int) -> int:
    """Dimension of a representation of SU(n): colour components of a quark; None: the fundamental one."""
    if representation == "adjoint":
        return n * n - 1
    if representation == "symmetric":
        return n * (n + 1) // 2
    return n * (n - 1) // 2 if representation == "antisymmetric" else n


def is_higher(representation: str | None) -> bool:
    """Whether it is another than the fundamental one, which None is too."""
    return representation not in (None, FUNDAMENTAL)


def exists(representation: str, n: int) -> bool:
    """Whether there are quarks in a higher representation of U(1), n = 1, or SU(n)."""
    return representation in REPRESENTATIONS[1:] and n > 1 and 2 < components(representation, n) <= MOST_COMPONENTS


def existing(n: int) -> tuple[str, ...]:
    """All representations of quarks for U(1), n = 1, or SU(n)."""
    return (FUNDAMENTAL, *(name for name in REPRESENTATIONS[1:] if exists(name, n)))


def colour_name(group: str, representation: str | None) -> str:
    """What the links of a quark are called: "SU(2)", "SU(2) adjoint"."""
    return f"{group} {representation}" if is_higher(representation) else group


def equals_conjugate(name: str) -> bool:
    """Whether links of a :func:`colour_name` equal their complex conjugates in another basis: real or pseudoreal."""
    group, _, representation = name.partition(" ")
    return name == "SU(2)" or is_real(representation, int(group.partition("(")[2].rstrip(")")))


def is_real(representation: str | None, n: int) -> bool:
    """Whether R is real in some basis: matrices D of Wilson quarks then have eigenvalues in equal pairs, det D >= 0."""
    return (representation, n) in (("symmetric", 2), ("antisymmetric", 4)) or representation == "adjoint"
