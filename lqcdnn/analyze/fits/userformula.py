r"""A formula of the user as the model of a fit: values and exact derivatives at many places, first parameters, priors.

A Gaussian prior is one measurement more, of the parameter itself:

.. math:: \chi^2(p) = r^T W r + \sum_k (p_k - \bar p_k)^2/\sigma_k^2

(G. P. Lepage et al., Nucl. Phys. B Proc. Suppl. 106 (2002) 12, hep-lat/0110175); its error is part of those of the
parameters.

Without start values of the user a fit begins at the best point of a coarse grid of the parameters in which the formula
is not linear, with the best values of the others at each of them, and goes to the uncorrelated minimum from there.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from lqcdnn.analyze.expression import walk
from lqcdnn.analyze.fits.leastsquares import minimize
from lqcdnn.analyze.statistics.duals import Duals
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.expressions import CONSTANTS, dotted_name
from lqcdnn.config.language.formulas import PLACES, Formula
from lqcdnn.errors import InputError

#: First values that are tried for a parameter in which the formula is not linear, the likeliest first.
TRIED = (1.0, 0.1, 0.3, 3.0, -1.0, 0.03, 10.0, -0.3, 0.01, -3.0)
#: Most points of their grid, and how many of the best of them are followed to a minimum.
MOST, FOLLOWED = 512, 4
#: Singular value of the weighted Jacobian with columns of length 1, over the largest, that counts as 0.
SINGULAR = 1e-10


class UserModel:
    """A formula at certain places.

    Parameters
    ----------
    formula
        What to evaluate.
    places
        Values of each variable, shape (n,), in the order of ``formula.variables``.
    constants
        Values of V, L, T, ... as far as they are known: numbers, or one for each place.

    Raises
    ------
    InputError
        A constant in the formula that is not known.
    """

    def __init__(
        self, formula: Formula, places: Sequence[FloatArray], constants: Mapping[str, float | FloatArray]
    ) -> None:
        self.formula = formula
        self.places = [np.asarray(column, dtype=np.float64) for column in places]
        self.count = len(self.places[0])
        numbered = list(enumerate(formula.variables))
        self._variables = {**{PLACES[i]: i for i, _ in numbered}, **{name: i for i, name in numbered}}
        wanted = [name for name in formula.names if name in CONSTANTS and name not in self._variables]
        if missing := sorted(name for name in wanted if name not in constants):
            raise InputError(f"{missing[0]} is not known of these data, and cannot be the name of a parameter")
        self._fixed = {name: np.broadcast_to(np.float64(constants[name]), self.count) for name in wanted}

        self._leaves = self._leaf_table(by_variables=False)

    def __call__(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values, shape (n,), and derivatives by the parameters, shape (n, p); not finite outside of its domain."""
        return self._evaluated(parameters, self._leaves)

    def slopes(self, parameters: FloatArray) -> FloatArray:
        """Derivatives by the variables, shape (n, variables)."""
        return self._evaluated(parameters, self._leaf_table(by_variables=True))[1]

    def at(self, places: Sequence[FloatArray], constants: Mapping[str, float | FloatArray]) -> UserModel:
        """The same elsewhere."""
        return UserModel(self.formula, places, constants)

    def _leaf_table(self, by_variables: bool) -> dict[int, tuple[int, Duals]]:
        """By the id of each node that is no operation: number of a parameter, else -1, and values with derivatives."""
        names = self.formula.parameters
        flat = np.zeros((self.count, len(self.places) if by_variables else len(names)))

        def unit(i: int) -> FloatArray:
            """Derivatives of number i of those by which they are taken."""
            row = flat.copy()
            row[:, i] = 1.0
            return row

        def leaf(node: ast.expr) -> tuple[int, Duals] | None:
            if isinstance(node, ast.Constant):
                return -1, Duals(np.full(self.count, float(node.value)), flat)  # type: ignore[arg-type]
            name = dotted_name(node)
            if name is None:
                return None
            if name in self._variables:
                i = self._variables[name]
                return -1, Duals(self.places[i], unit(i) if by_variables else flat)
            if name in self._fixed:
                return -1, Duals(self._fixed[name], flat)
            i = names.index(name)
            return i, Duals(np.ones(self.count), flat if by_variables else unit(i))

        found: dict[int, tuple[int, Duals]] = {}
        nodes = [self.formula.tree]
        while nodes:
            node = nodes.pop()
            known = leaf(node)
            if known is None:
                inner = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
                nodes += [part for part in inner if isinstance(part, ast.expr)]
            else:
                found[id(node)] = known
        return found

    def _evaluated(
        self, parameters: FloatArray, leaves: Mapping[int, tuple[int, Duals]]
    ) -> tuple[FloatArray, FloatArray]:
        """Values and derivatives."""

        def leaf(node: ast.expr) -> Duals | None:
            """A parameter, variable or number; None for an operation."""
            known = leaves.get(id(node))
            if known is None or known[0] < 0:
                return known and known[1]
            return Duals(parameters[known[0]] * known[1].value, known[1].gradient)

        with np.errstate(all="ignore"):
            found: Duals = walk(self.formula.tree, leaf, lambda name, x: x.apply(name))
        return found.value, found.gradient

    def linear(self, at: FloatArray) -> list[bool]:
        """Which parameters the formula is linear in, all of these together, as its second derivatives say."""
        count, steps = len(at), np.maximum(np.abs(at), 1.0) * 1e-3
        second = np.zeros((count, count))
        for j in range(count):
            shift = np.zeros(count)
            shift[j] = steps[j]
            ahead, behind = self(at + shift)[1], self(at - shift)[1]
            size = np.maximum(np.abs(ahead).max(axis=0), np.abs(behind).max(axis=0))
            second[j] = np.abs(ahead - behind).max(axis=0) > 1e-9 * np.maximum(size, 1e-300)
        second = second + second.T
        chosen: list[int] = []
        for i in range(count):
            if not any(second[i, j] for j in (*chosen, i)):
                chosen.append(i)
        return [i in chosen for i in range(count)]


class JointModel(UserModel):
    """Several formulas of the same parameters, each at places of its own; values stand one after the other.

    Parameters
    ----------
    models
        One or more, of formulas that `lqcdnn.config.language.formulas.jointly` made.
    """

    def __init__(self, models: Sequence[UserModel]) -> None:
        self.models, self.formula = models, models[0].formula
        self.places = [column for model in models for column in model.places]
        self.count = sum(model.count for model in models)

    def __call__(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As of one; shape (n,) and (n, p), n all places together."""
        found = [model(parameters) for model in self.models]
        return np.concatenate([values for values, _ in found]), np.vstack([slopes for _, slopes in found])


class Constrained:
    """A model with the rows of priors below it.

    Parameters
    ----------
    model
        A formula at its places.
    """

    def __init__(self, model: UserModel) -> None:
        self.model = model
        names = model.formula.parameters
        self.centres = np.array([value for _, value, _ in model.formula.priors])
        self.errors = np.array([error for *_, error in model.formula.priors])
        self.rows: FloatArray = np.array(
            [[float(name == other) for other in names] for name, *_ in model.formula.priors]
        ).reshape(-1, len(names))

    def __call__(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values and Jacobian, shape (n + priors,) and (n + priors, p)."""
        values, jacobian = self.model(parameters)
        return np.concatenate([values, self.rows @ parameters]), np.vstack([jacobian, self.rows])

    def first(self, y: FloatArray, errors: FloatArray) -> FloatArray:
        """Parameters to begin with.

        Parameters
        ----------
        y, errors
            Data and their errors, shape (n,).

        Raises
        ------
        InputError
            The formula has no finite value at any values that were tried.
        """
        formula = self.model.formula
        data, weight = np.concatenate([y, self.centres]), np.concatenate([errors, self.errors]) ** -2.0
        given = {name: value for name, value, _ in formula.priors} | dict(formula.starts)
        begin = np.array([given.get(name, 1.0) for name in formula.parameters])
        candidates = self._candidates(begin, [name in given for name in formula.parameters], data, weight)
        if not candidates:
            raise InputError(
                "the formula has no finite value at the places of the points, at any first values that were tried",
                hint=f"give start values: {formula.parameters[-1]} = NUMBER behind the formula",
            )
        minima = []
        # cosh(m x) does not know the sign of m: of two minima alike the one from positive values counts
        positive = [pair for pair in candidates if np.all(pair[1][pair[2]] > 0.0)]
        others = [pair for pair in candidates if not np.all(pair[1][pair[2]] > 0.0)]
        for _, parameters, _ in (*positive[:FOLLOWED], *others[:FOLLOWED]):
            try:
                minima.append(minimize(self, data, np.diag(weight), parameters))
            except InputError:
                continue  # the next one may lead to a minimum; if none does, the fit itself says so
        if not minima:
            self.check_determined(candidates[0][1], np.diag(weight))
            return candidates[0][1]
        best = min(found.chi2 for found in minima)
        return next(found.parameters for found in minima if found.chi2 <= best * (1.0 + 1e-6) + 1e-9)

    def _candidates(
        self, begin: FloatArray, given: Sequence[bool], data: FloatArray, weight: FloatArray
    ) -> list[tuple[float, FloatArray, list[int]]]:
        """chi^2, parameters, and which of them were tried at several values; the best first."""
        with np.errstate(all="ignore"):
            linear = self.model.linear(begin * 1.1 + 0.013)
        free = [i for i, (known, straight) in enumerate(zip(given, linear, strict=True)) if not known and not straight]
        solved = [i for i, (known, straight) in enumerate(zip(given, linear, strict=True)) if not known and straight]
        tried = [*TRIED[:1], *self._scales(), *TRIED[1:]]
        count = max(int(MOST ** (1.0 / max(len(free), 1)) + 1e-9), 1)
        found = []
        for values in itertools.product(tried[:count], repeat=len(free)):
            parameters = begin.copy()
            parameters[free] = values
            parameters = self._solved(parameters, solved, data, weight)
            with np.errstate(all="ignore"):
                model, jacobian = self(parameters)
                chi2 = float(np.sum(weight * (model - data) ** 2))
            if np.isfinite(chi2) and np.all(np.isfinite(jacobian)):
                found.append((chi2, parameters, free))
        return sorted(found, key=lambda pair: pair[0])

    def _scales(self) -> list[float]:
        """What the variables suggest: the inverse of a typical place, as of a decay, and the place itself."""
        middles = [float(np.mean(np.abs(column))) for column in self.model.places]
        return [scale for middle in middles if middle > 0.0 for scale in (1.0 / middle, middle)]

    def _solved(self, parameters: FloatArray, which: list[int], data: FloatArray, weight: FloatArray) -> FloatArray:
        """The parameters with the best values of those the formula is linear in."""
        if not which:
            return parameters
        values, jacobian = self(parameters)
        root = np.sqrt(weight)
        columns, rest = root[:, None] * jacobian[:, which], root * (data - values)
        if not (np.all(np.isfinite(columns)) and np.all(np.isfinite(rest))):
            return parameters
        found = parameters.copy()
        found[which] += np.linalg.lstsq(columns, rest, rcond=None)[0]
        return found

    def check_determined(self, parameters: FloatArray, weight: FloatArray) -> None:
        """Refuse parameters that the points do not determine.

        Parameters
        ----------
        parameters
            Where.
        weight
            Of data and priors, shape (n + priors, n + priors).

        Raises
        ------
        InputError
            Naming those that can change together without any change of chi^2.
        """
        names = self.model.formula.parameters
        scaled = np.linalg.cholesky(weight).T @ self(parameters)[1]
        lengths = np.sqrt(np.sum(scaled**2, axis=0))
        if np.any(idle := ~(lengths > 0.0)):
            raise InputError(f"the formula does not change with {names[int(np.argmax(idle))]} at the points of the fit")
        if len(scaled) < len(names):
            raise InputError(f"{len(scaled)} points do not determine {len(names)} parameters")
        _, sizes, directions = np.linalg.svd(scaled / lengths, full_matrices=False)
        if sizes[-1] <= SINGULAR * sizes[0]:
            which = [name for name, part in zip(names, directions[-1], strict=True) if abs(part) > 0.05]
            raise InputError(f"the points do not determine {', '.join(which)}, but a combination of them")
