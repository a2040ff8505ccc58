"""SU(4) in four dimensions: of links that are two of SU(2) on the diagonal all is that of both of these."""

from __future__ import annotations

import numpy as np
import pytest
from reference import samples
from reference.matrices import exponential

import lqcdnn

SHAPE = (4, 2, 2, 2)
WALL = {"mass": 0.3, "boundary": [1, 1, 1, -1]}
CLOVER = {"kind": "wilson", "mass": 0.3, "csw": 1.1}
FLOW = {"time": 0.3, "step": 0.02, "interval": 0.1}
SUMS = ("energy_clover", "topological_charge", "flow_t2E_clover", "flow_t2E_plaquette", "energy_momentum_xt",
        "condensate", "pion", "meson_vector")  # fmt: skip
"""Of traces over colours, the others are means."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def links():
    """Both of SU(2), and those of SU(4)."""
    rng = np.random.default_rng(4)
    a, b = (exponential(0.4 * samples.algebra(rng, SHAPE, 2)) for _ in range(2))
    both = np.zeros((*a.shape[:-2], 4, 4), dtype=np.complex128)
    both[..., :2, :2], both[..., 2:, 2:] = a, b
    return a, b, both


@pytest.mark.parametrize(
    ("observable", "options", "tables", "names"),
    [
        ("plaquette", {}, {}, ("plaquette_space", "plaquette_time")),
        ("rectangle", {}, {}, ("rectangle",)),
        ("polyakov", {}, {}, ("polyakov",)),
        ("energy", {}, {}, ("energy_clover",)),
        ("energy_momentum", {}, {}, ("energy_momentum_xt",)),
        ("topological_charge", {"definition": "improved"}, {}, ("topological_charge",)),
        ("flow", FLOW, {}, ("flow_t2E_clover", "flow_t2E_plaquette")),
        ("flow", {"kind": "zeuthen", **FLOW}, {}, ("flow_t2E_clover",)),
        ("wilson_loop", {"smearing": "ape"}, {}, ("wilson_loop",)),
        ("plaquette", {"links": "net"}, {"smearing": {"net": {"steps": 2}}}, ("plaquette",)),
        (
            "plaquette",
            {"links": "net"},
            {"network": {"net": {"layer": [
                {"loops": ["plaquette", "rectangle", "chair"], "initial": 0.03}, {"kind": "hex", "initial": 0.1}
            ]}}},
            ("plaquette",),
        ),
        ("condensate", {"method": "exact", **WALL}, {}, ("condensate",)),
        ("pion", WALL, {}, ("pion",)),
        ("mesons", {"fermion": "q"}, {"valence": {"q": CLOVER}}, ("meson_vector",)),
    ],
)  # fmt: skip
def test_two_blocks(links, observable, options, tables, names):
    *two, one = [lqcdnn.measure_configuration(U, [observable], {observable: options}, tables=tables) for U in links]
    for name in names:
        expected = np.array(two[0][name]) + np.array(two[1][name])
        assert np.abs(expected).max() > 1e-5
        scale = 1.0 if name in SUMS else 0.5
        np.testing.assert_allclose(one[name], scale * expected, rtol=1e-9, atol=1e-12)
