"""Terms of an action beside gauge action and fermions, from their tables of the input."""

from __future__ import annotations

from lqcdnn.actions.custom import CustomAction
from lqcdnn.actions.scalar import ScalarAction, ScalarField
from lqcdnn.actions.surrogate import SurrogateAction
from lqcdnn.config.tables.custom import CustomTermConfig
from lqcdnn.config.tables.scalar import ScalarConfig
from lqcdnn.config.tables.surrogates import GuideSurrogateConfig
from lqcdnn.errors import InputError
from lqcdnn.fields.group import Group
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.lcnn import LCNN
from lqcdnn.storage import surrogates
from lqcdnn.storage.customcode import CustomCode
from lqcdnn.update.scalar import ScalarSweeps


def build_scalar(config: ScalarConfig | None, grid: Lattice, gauge_group: Group) -> ScalarSweeps | None:
    """The scalar field of the action with its term and its updates, or None without one."""
    if config is None:
        return None
    action = ScalarAction(ScalarField(grid, gauge_group.n), config.kappa, config.lambda_)
    return ScalarSweeps(action, config.sweeps, config.reflections)


def build_surrogate(config: GuideSurrogateConfig, grid: Lattice, gauge_group: Group) -> SurrogateAction:
    """A network that learned a number, as an action.

    Raises
    ------
    InputError, DataError
        No such file, a network of another group or number of dimensions; a damaged file.
    """
    key = "guide.surrogate.weights"
    found, definition = surrogates.network(config.weights, key)
    if (found.group, definition.d) != (gauge_group.name, grid.d):
        raise InputError(
            f"{key}: {config.weights} is for {found.group} in d = {definition.d}; "
            f"allowed: weights for {gauge_group.name} in d = {grid.d}"
        )
    return SurrogateAction(LCNN(grid, definition), found.theta, config.coefficient)


def build_custom(config: CustomTermConfig, grid: Lattice, table: str) -> CustomAction:
    """A term of the user's own, ``table`` ("action" or "guide") of the input.

    Raises
    ------
    InputError
        No such file, or one without its two functions.
    """
    key = f"{table}.custom.file"
    code = CustomCode(config.file, key)
    value, gradient = (code.function(name) for name in ("value", "gradient"))
    return CustomAction(
        grid,
        lambda links: value(links, *config.parameters),
        lambda links: gradient(links, *config.parameters),
        config.coefficient,
        f"{key}: {config.file}",
        code.digest,
    )
