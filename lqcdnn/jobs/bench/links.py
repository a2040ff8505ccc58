"""Cases: kernels on links, that is forces, plaquettes, exponentials, network layers, flow and heat bath.

Where the operations of a kernel depend on its data (degree of an exponential, attempts of a heat bath) they are given
as 0 and only times are reported.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.config.tables.improvements import improvement_of
from lqcdnn.dirac.fatlinks import FatLinks
from lqcdnn.fields import gaugefixing, rectangles
from lqcdnn.fields.algebra import gaussian_momenta
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.jobs.bench.cases import (
    Case,
    Cases,
    Shape,
    hot_links,
    link_numbers,
    link_product_flops,
    momentum_bytes,
    number_bytes,
    random_blocks,
)
from lqcdnn.jobs.bench.hops import COLORS, table_bytes
from lqcdnn.jobs.bench.sampling import Call
from lqcdnn.kernels import links, loops
from lqcdnn.lattice.blocks import aligned_copy
from lqcdnn.network.attention import AttentionLayer
from lqcdnn.network.flow import GradientFlow
from lqcdnn.network.hex import HexLayer
from lqcdnn.network.layer import CovariantLayer
from lqcdnn.network.transformation import FieldTransformation
from lqcdnn.update.heatbath import HeatBath

BETA = {"U(1)": 1.0, "SU(2)": 2.7, "SU(3)": 5.7}


def forces(name: str, shape: Shape) -> Cases:
    """Gradients of the plaquette and the rectangle action, momenta kicked by the former, the plaquettes, per site."""
    n, d, (grid, U) = COLORS[name], len(shape), hot_links(name, shape)
    nbr, V, mm, z = grid.neighbours, grid.volume, link_product_flops(n), link_numbers(n)
    Sigma, P, part = grid.links(n), gaussian_momenta(grid, group(name), Stream(3, 1)), np.empty((grid.blocks, 2))
    field, momenta = d * z * number_bytes("f8"), d * momentum_bytes(n)
    weight, pairs = np.full(d, 0.1), d * (d - 1)
    yield Case(
        "plaquette force", name, shape, "f8", V, pairs // 2 * (7 * mm + 8 * z) + d * 4 * z,
        3 * field + table_bytes(grid),
        lambda: loops.add_plaquette_gradient(Sigma, U, nbr, grid.rows(U), 0.1, None), "arithmetic",
    )  # fmt: skip
    yield Case(
        "plaquette kick", name, shape, "f8", V, pairs // 2 * (7 * mm + 8 * z) + d * (mm + 8 * z),
        field + 2 * momenta + table_bytes(grid),
        lambda: loops.kick_by_plaquettes(P, U, None, nbr, grid.rows(U), 0.1, 1e-9, None), "arithmetic",
    )  # fmt: skip
    yield Case(
        "rectangle force", name, shape, "f8", V, pairs * (7 * mm + 8 * z) + d * (3 * mm + 10 * z),
        12 * field + 4 * table_bytes(grid),
        lambda: rectangles.add_staples(Sigma, grid, U, weight, conjugate=True), "arithmetic",
    )  # fmt: skip
    yield Case(
        "plaquette", name, shape, "f8", V, d * (d - 1) // 2 * (2 * mm + 4 * z), field + table_bytes(grid),
        lambda: loops.plaquette_sums(part, U, nbr, grid.planes(U)), "arithmetic",
    )  # fmt: skip


def exponentials(name: str, shape: Shape) -> Cases:
    """U <- exp(eps P) U per link, against reading two fields of links and writing one of them."""
    n, d, (grid, start) = COLORS[name], len(shape), hot_links(name, shape)
    U, P = aligned_copy(start), gaussian_momenta(grid, group(name), Stream(3, 1))
    V, W = aligned_copy(start), aligned_copy(start)
    yield Case(
        "link exponential", name, shape, "f8", d * grid.volume, 0,
        2 * link_numbers(n) * number_bytes("f8") + momentum_bytes(n),
        lambda: links.update_links(U, U, P, 0.05),
        against=lambda: links.add_multiple(V, W, 1e-9), against_name="streaming",
    )  # fmt: skip


def layers(name: str, shape: Shape) -> Cases:
    """One stout layer forward and its pullback, with attention, HEX, masked, one step of the flow, per site."""
    n, (grid, U) = COLORS[name], hot_links(name, shape)
    layer, flow_layer = (CovariantLayer(grid, ("plaquette",), weights=np.array([rho])) for rho in (0.1, 1.0))
    _out, tape = layer.forward(U)
    Sigma, flow = random_blocks(grid.links(n)), GradientFlow(flow_layer, 0.01)

    def forward() -> None:
        layer.forward(U)

    def pullback() -> None:
        layer.pullback(tape, Sigma)

    yield Case("stout layer", name, shape, "f8", grid.volume, 0, 0, forward)
    yield Case(
        "stout pullback", name, shape, "f8", grid.volume, 0, 0, pullback, against=forward, against_name="forward"
    )
    attentive = AttentionLayer(grid, ("plaquette",), 1, weights=np.full((4, 1), 0.05))
    _out, attended = attentive.forward(U)
    hypercubic = HexLayer(grid, weights=np.array([0.95, 0.76, 0.38][: len(shape) - 1]))
    _out, nested = hypercubic.forward(U)
    masked = FieldTransformation(grid, [np.array([0.1])])
    _out, turned = masked.forward(U)
    others: list[tuple[str, Call, Call]] = [
        ("attention", lambda: attentive.forward(U), lambda: attentive.pullback(attended, Sigma)),
        ("HEX", lambda: hypercubic.forward(U), lambda: hypercubic.pullback(nested, Sigma)),
        ("masked", lambda: masked.forward(U), lambda: masked.pullback_all(turned, Sigma, -1.0)),
    ]
    for kind, ahead, back in others:
        sizes = name, shape, "f8", grid.volume, 0, 0
        yield Case(f"{kind} layer", *sizes, ahead, against=forward, against_name="stout layer")
        yield Case(f"{kind} pullback", *sizes, back, against=pullback, against_name="stout pullback")
    yield Case("flow step, RK3", name, shape, "f8", grid.volume, 0, 0, lambda: flow.forward(U))


def fat_links(name: str, shape: Shape) -> Cases:
    """Fat and long links of HISQ, and their pullback, per site."""
    grid, U = hot_links(name, shape)
    improvement = improvement_of("hisq", len(shape))
    assert improvement is not None
    fat, turns = FatLinks(grid, improvement), cycle((U, aligned_copy(U[::-1])))  # the last result is kept
    _links, tape = fat.forward(U)
    Sigma = random_blocks(grid.links(COLORS[name], (2 * len(shape),)))

    def forward() -> None:
        fat.forward(next(turns))

    yield Case("HISQ links", name, shape, "f8", grid.volume, 0, 0, forward)
    yield Case(
        "HISQ pullback", name, shape, "f8", grid.volume, 0, 0, lambda: fat.pullback(tape, Sigma),
        against=forward, against_name="forward",
    )  # fmt: skip


def sweeps(name: str, shape: Shape) -> Cases:
    """One heat bath sweep and one of overrelaxation over all links, one towards Landau gauge, per site."""
    n, (grid, start) = COLORS[name], hot_links(name, shape)
    U, action = aligned_copy(start), GaugeAction(grid, n, BETA[name])
    update = HeatBath(action, group(name), "best_fisher" if n == 1 else "kennedy_pendleton")
    for trajectory in range(1, 6):
        update.heat_bath(U, trajectory, 1)
    yield Case("heat bath sweep", name, shape, "f8", grid.volume, 0, 0, lambda: update.heat_bath(U, 6, 1))
    yield Case("overrelaxation sweep", name, shape, "f8", grid.volume, 0, 0, lambda: update.overrelax(U))
    G = aligned_copy(U[:1])  # any transformation is a start

    def relax() -> None:
        gaugefixing.sweep(grid, G, U, grid.d, 1.8)

    yield Case("gauge fixing sweep", name, shape, "f8", grid.volume, 0, 0, relax)
