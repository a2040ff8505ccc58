"""Which axes a network may exchange on lattices of some shapes."""

import pytest
from input_head import head

from lqcdnn.config import load_text
from lqcdnn.jobs.lessons import definition_of

INPUT = head([4, 4, 6, 4], "SU(2)", 2.0, name="run") + """\
[update]
kind = "heatbath"
[surrogate.x]
target = "plaquette"
configs = 10
"""


@pytest.mark.parametrize(
    ("lines", "shapes", "classes"),
    [
        ("", [(4, 4, 4, 4)], ((0, 1, 2, 3),)),
        ("", [(4, 4, 4, 8)], ((0, 1, 2), (3,))),
        ("", [(4, 4, 6, 4)], ((0, 1, 3), (2,))),
        ("", [(4, 4, 4, 4), (6, 4, 4, 4)], ((0,), (1, 2, 3))),
        ('polyakov = "time"', [(4, 4, 4, 4)], ((0, 1, 2), (3,))),
        ('symmetry = "spatial"', [(4, 4, 6, 4)], ((0, 1), (2,), (3,))),
        ('symmetry = "none"', [(4, 4, 4, 4)], ()),
    ],
)
def test_axes_of_equal_extents_are_exchanged(lines, shapes, classes):
    config = load_text(INPUT + lines)
    assert definition_of(config.surrogate["x"], config, shapes).classes == classes
