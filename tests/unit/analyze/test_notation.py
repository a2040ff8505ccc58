"""Numbers with errors in brackets."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lqcdnn.analyze.notation import compact


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.70254, 0.0004, "0.7025(4)"),
        (0.70251, 0.00011, "0.70251(11)"),
        (0.82, 0.0096, "0.820(10)"),
        (0.4245, 0.00051, "0.4245(5)"),
        (-0.83, 0.02, "-0.83(2)"),
        (17.3, 3.2, "17(3)"),
        (1234.5, 56.0, "1230(60)"),
        (1.2, 1.6, "1.2(1.6)"),
        (2.5, 0.97, "2.5(1.0)"),
        (0.0, 0.003, "0.000(3)"),
        (3.2e-9, 1.4e-10, "3.20(14)e-09"),
        (123456789.0, 12.0, "1.23456789(12)e+08"),
        (1.0, 0.0, "1(0)"),
        (-0.0, 0.0, "0(0)"),
        (-0.0, None, "0"),
        (-1e-9, 0.1, "0.00(10)"),
        (-3.0, 50.0, "0(50)"),
        (5.0, None, "5"),
        (None, None, "-"),
        (math.inf, 1.0, "inf(?)"),
    ],
)
def test_compact(value, error, text):
    assert compact(value, error) == text


def test_digits_of_the_error():
    assert compact(0.70251, 0.00043, digits=2) == "0.70251(43)"
    assert compact(0.70251, 0.00013, digits=1) == "0.7025(1)"


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-8, 1e5))
def test_reads_back_within_a_fraction_of_the_error(value, error):
    text = compact(value, error)
    mantissa, inside, power = re.fullmatch(r"(-?[\d.]+)\(([\d.]+)\)(?:e([+-]\d+))?", text).groups()
    scale = 10.0 ** int(power or 0)
    places = len(mantissa.partition(".")[2])
    bracket = float(inside) * (1.0 if "." in inside else 10.0**-places)
    assert bracket * scale == pytest.approx(error, rel=0.28)
    assert abs(float(mantissa) * scale - value) <= 0.3 * error + 1e-12 * abs(value)
