"""Weights that lead to another coupling are ratios of the action's own exponentials, with rectangles too."""

import numpy as np
import pytest

from lqcdnn.actions.gauge import GaugeAction
from lqcdnn.analyze.data.rundata import THIN_PLAQUETTE, THIN_RECTANGLE, read_physics
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.reweight import log_weights, parse_target
from lqcdnn.config.tables.observables import PlaquetteConfig, RectangleConfig
from lqcdnn.fields.gauge import hot
from lqcdnn.fields.group import group
from lqcdnn.fields.random import Stream
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.measure.gauge.plaquette import Plaquette
from lqcdnn.measure.gauge.rectangle import Rectangle


@pytest.mark.parametrize(
    ("kind", "c1"), [("wilson", 0.0), ("symanzik", -1.0 / 12.0), ("iwasaki", -0.331), ("rectangle", 0.07)]
)
@pytest.mark.parametrize(("name", "shape"), [("U(1)", (4, 8)), ("SU(2)", (4, 4, 4)), ("SU(3)", (2, 2, 4, 4))])
def test_weights_are_those_of_the_action(kind, c1, name, shape, tmp_path):
    lattice, gauge_group = Lattice(shape), group(name)
    given = f"c1 = {c1}" if kind == "rectangle" else ""
    gauge = f'[action.gauge]\nkind = "{kind}"\nbeta = 2.0\n{given}\n'
    (tmp_path / "resolved.toml").write_text(f'[lattice]\nshape = {list(shape)}\ngroup = "{name}"\n{gauge}')
    links = [hot(lattice, gauge_group, seed) for seed in range(4)]
    numbers = {
        THIN_PLAQUETTE: [Plaquette(PlaquetteConfig()).measure(lattice, U, gauge_group, Stream(1, 1)) for U in links],
        THIN_RECTANGLE: [Rectangle(RectangleConfig()).measure(lattice, U, gauge_group, Stream(1, 1)) for U in links],
    }
    keys = {THIN_PLAQUETTE: "plaquette", THIN_RECTANGLE: "rectangle"}
    series = {n: Series(n, "f", np.arange(4), np.array([v[keys[n]] for v in values])) for n, values in numbers.items()}
    if not c1:
        del series[THIN_RECTANGLE]
    found = log_weights(series, read_physics(tmp_path), [parse_target("beta=2.3")]).values
    action = GaugeAction(lattice, gauge_group.n, 2.0, c1)
    expected = [-0.15 * action.value(U) for U in links]
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_terms_of_other_loops_drop_out(tmp_path):
    """beta does not multiply them: the weights are ratios of the whole actions all the same."""
    lattice, su2 = Lattice((4, 4, 4)), group("SU(2)")
    term = '[[action.gauge.term]]\nloops = "polyakov_time"\ncoefficient = 0.7\n'
    text = f'[lattice]\nshape = [4, 4, 4]\ngroup = "SU(2)"\n[action.gauge]\nkind = "wilson"\nbeta = 2.0\n{term}'
    (tmp_path / "resolved.toml").write_text(text)
    links = [hot(lattice, su2, seed) for seed in range(4)]
    values = [Plaquette(PlaquetteConfig()).measure(lattice, U, su2, Stream(1, 1))["plaquette"] for U in links]
    series = {THIN_PLAQUETTE: Series(THIN_PLAQUETTE, "f", np.arange(4), np.array(values))}
    found = log_weights(series, read_physics(tmp_path), [parse_target("beta=2.3")]).values
    here, there = (GaugeAction(lattice, 2, beta, terms=[("polyakov_time", 0.7)]) for beta in (2.0, 2.3))
    np.testing.assert_allclose(found, [here.value(U) - there.value(U) for U in links], rtol=1e-11)
