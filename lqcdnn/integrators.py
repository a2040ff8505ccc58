"""Molecular dynamics integrators as data: a scheme is a palindrome of kicks (P) and drifts (Q).

dU/dt = P U, dP/dt = F.  Q(c) moves the links by c dt, P(c) the momenta by c dt F; P(c, g) uses the force at links
displaced by g dt^2 F, which makes the force-gradient term (Yin and Mawhinney, arXiv:1111.5059).  Levels nest:
where a scheme of an outer level drifts, the next level inside takes its steps.  A whole trajectory is a flat list
of operations, so two Hamiltonians with the same integrator go through the same arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lqcdnn.config.language.counts import counted

OMELYAN_LAMBDA = 0.1931833275037836
"""Minimal-norm parameter of the second-order scheme, Omelyan, Mryglod, Folk, Comput. Phys. Commun. 151 (2003) 272."""


@dataclass(frozen=True)
class Stage:
    """One stage of a scheme: kind ``"P"`` or ``"Q"``, its fraction of dt, and g of a force-gradient kick."""

    kind: str
    weight: float
    gradient: float = 0.0

    def __str__(self) -> str:
        extra = f", {self.gradient:.6g}" if self.gradient else ""
        return f"{self.kind}({self.weight:.6g}{extra})"


@dataclass(frozen=True)
class Scheme:
    """A symmetric splitting of one step dt; ``order`` is its global order in dt."""

    name: str
    order: int
    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        return f"{self.name}: {' '.join(map(str, self.stages))}, order {self.order}"


def palindrome(name: str, order: int, kinds: str, weights: tuple[float, ...], gradient: float = 0.0) -> Scheme:
    """Scheme from its first half and middle; ``gradient`` belongs to the middle stage."""
    half = [Stage(kind, weight) for kind, weight in zip(kinds, weights, strict=True)]
    middle = Stage(half[-1].kind, half[-1].weight, gradient)
    return Scheme(name, order, (*half[:-1], middle, *reversed(half[:-1])))


def omelyan(lambda_: float = OMELYAN_LAMBDA) -> Scheme:
    """Second-order scheme 2MN of Omelyan et al. with parameter lambda."""
    return palindrome("omelyan", 2, "PQP", (lambda_, 0.5, 1.0 - 2.0 * lambda_))


def omelyan4() -> Scheme:
    """Fourth-order scheme 4MN5FV of Omelyan et al. (2003); five forces a step (the last is the next one's first)."""
    theta, rho = 0.08398315262876693, 0.2539785108410595
    lam, mu = 0.6822365335719091, -0.03230286765269967
    return palindrome(
        "omelyan4", 4, "PQPQPQ", (theta, rho, lam, mu, 0.5 - lam - theta, 1.0 - 2.0 * (mu + rho))
    )


SCHEMES = {
    "leapfrog": palindrome("leapfrog", 2, "QP", (0.5, 1.0)),
    "leapfrog_pqp": palindrome("leapfrog_pqp", 2, "PQ", (0.5, 1.0)),
    "omelyan": omelyan(),
    "omelyan4": omelyan4(),
    "force_gradient": palindrome("force_gradient", 4, "PQP", (1.0 / 6.0, 0.5, 2.0 / 3.0), 1.0 / 24.0),
}
"""Schemes by name; ``omelyan`` with its default lambda."""


@dataclass(frozen=True)
class Kick:
    """P <- P + eps F of the terms of ``level``; with ``shift``, F at links exp(shift F) U."""

    level: int
    eps: float
    shift: float = 0.0


@dataclass(frozen=True)
class Drift:
    """U <- exp(eps P) U."""

    eps: float


@dataclass(frozen=True)
class Level:
    """A time scale: scheme, steps (of the trajectory, or of one drift of the level outside), names of its terms."""

    scheme: Scheme
    steps: int
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Integrator:
    """Nested levels, outermost first, and the trajectory length.

    ``str()`` prints the levels; :meth:`plan` is the trajectory as a flat list of kicks and drifts.
    """

    levels: tuple[Level, ...]
    length: float

    def __str__(self) -> str:
        lines = [f"trajectory length {self.length:g}"]
        step = self.length
        for depth, level in enumerate(self.levels):
            step /= level.steps
            steps = f"{counted(level.steps, 'step')} of {step:.6g}"
            lines.append(f"level {depth}: {steps}, {level.scheme}; {', '.join(level.terms)}")
            step *= min(s.weight for s in level.scheme.stages if s.kind == "Q")
        return "\n".join(lines)

    @property
    def steps(self) -> int:
        """Steps of the outermost level in a trajectory."""
        return self.levels[0].steps

    def with_steps(self, steps: int) -> Integrator:
        """The same integrator with another number of outermost steps."""
        return replace(self, levels=(replace(self.levels[0], steps=steps), *self.levels[1:]))

    def work(self) -> tuple[tuple[int, ...], int]:
        """How often :meth:`plan` needs the forces of each level, and how often it moves the links."""
        forces, moved = [], 0
        runs, steps = 1, self.levels[0].steps  # of the level: steps, and runs of them that no kick outside interrupts
        for level, inner in zip(self.levels, (*self.levels[1:], None), strict=True):
            kinds = [stage.kind for stage in level.scheme.stages]
            shifted = steps * sum(stage.gradient != 0.0 for stage in level.scheme.stages)
            joined = steps - runs  # ends of steps that are one with the beginnings of the next ones
            kicks, drifts = (steps * kinds.count(kind) - joined * (kinds[0] == kind) for kind in "PQ")
            forces.append(kicks + shifted)
            moved += shifted
            runs, steps = drifts, steps * kinds.count("Q") * (inner.steps if inner else 0)
        return tuple(forces), moved + runs

    def plan(self) -> list[Kick | Drift]:
        """The trajectory as operations in order, neighbouring ones of one kind joined."""
        joined: list[Kick | Drift] = []
        for op in self._expand(0, self.length):
            last = joined[-1] if joined else None
            if isinstance(op, Drift) and isinstance(last, Drift):
                joined[-1] = Drift(last.eps + op.eps)
            elif (
                isinstance(op, Kick)
                and isinstance(last, Kick)
                and op.level == last.level
                and not (op.shift or last.shift)
            ):
                joined[-1] = Kick(op.level, last.eps + op.eps)
            else:
                joined.append(op)
        return joined

    def _expand(self, depth: int, length: float) -> Iterator[Kick | Drift]:
        if depth == len(self.levels):
            yield Drift(length)
            return
        level = self.levels[depth]
        dt = length / level.steps
        for _ in range(level.steps):
            for stage in level.scheme.stages:
                if stage.kind == "P":
                    yield Kick(depth, stage.weight * dt, stage.gradient * dt * dt)
                else:
                    yield from self._expand(depth + 1, stage.weight * dt)
