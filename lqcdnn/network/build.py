"""Networks as the input file describes them, with their initial weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lqcdnn.config.tables.networks import LayerConfig, NetworkConfig
from lqcdnn.errors import InputError
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.attention import AttentionLayer
from lqcdnn.network.base import Layer
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.layer import SHARED, CovariantLayer
from lqcdnn.network.localweights import LocalLayer, first_weights
from lqcdnn.network.model import CovariantNetwork
from lqcdnn.network.transformation import FieldTransformation


def build_network(grid: Lattice, config: NetworkConfig) -> CovariantNetwork | FieldTransformation:
    """A network with its initial weights; a masked one is a field transformation.

    Raises
    ------
    InputError
        On a lattice with a twist; a field transformation where time is open.
    """
    if grid.twist is not None:
        raise InputError("networks know of no twist of the boundary conditions")
    if grid.open_time and config.masked:
        raise InputError("masked networks know of no open time")
    if config.masked:
        return FieldTransformation(grid, [masked_layer(grid, *numbered) for numbered in enumerate(config.layer, 1)])
    return CovariantNetwork([build_layer(grid, table) for table in config.layer])


def masked_layer(grid: Lattice, number: int, table: LayerConfig) -> NDArray[np.float64] | LocalLayer:
    """A layer of a field transformation, the first is number 1: constants, or a network that begins with them."""
    initial = initial_weights(table, (1,) if table.sharing == SHARED else (1, grid.d))
    if table.channels is None:
        return initial
    weights = first_weights(grid.d, table.channels, initial.ravel(), number)
    return LocalLayer(grid, table.channels, weights)


def stout_smearing(grid: Lattice, steps: int, rho: float) -> CovariantNetwork:
    """Some steps, at least one, of isotropic stout smearing (Morningstar and Peardon, hep-lat/0311018)."""
    return CovariantNetwork([CovariantLayer(grid, ("plaquette",), SHARED, np.array([rho])) for _ in range(steps)])


def build_layer(grid: Lattice, table: LayerConfig) -> Layer:
    """A layer with its initial weights."""
    layer: Layer
    if table.loops is None:
        layer = HexLayer(grid, table.sharing)
    elif table.attention is None:
        layer = CovariantLayer(grid, table.loops, table.sharing)
    else:
        layer = AttentionLayer(grid, table.loops, table.attention, table.sharing)
    layer.weights = initial_weights(table, layer.weights_shape)
    return layer


def initial_weights(config: LayerConfig, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Constants, one number per loop class or level of HEX smearing, or uniform random numbers.

    With attention the numbers are those of each set of weights, or of all four, one after the other.

    Raises
    ------
    InputError
        If HEX smearing has another number of levels.
    """
    if config.initial == "random":
        rng = np.random.Generator(np.random.Philox(config.seed))
        return rng.uniform(-1.0, 1.0, shape) * float(config.width or 0.0)
    values = np.asarray(config.initial, dtype=np.float64)
    if config.loops is not None and values.size > len(config.loops):
        values = values.reshape(-1, len(config.loops))
    if config.loops is None and values.ndim and values.size != shape[0]:  # without a lattice no rule has seen it
        raise InputError(f"{values.size} weights of HEX smearing, allowed: {shape[0]}, one for each level")
    if values.ndim and config.sharing != SHARED:
        values = values[..., None]
    return np.array(np.broadcast_to(values, shape))
