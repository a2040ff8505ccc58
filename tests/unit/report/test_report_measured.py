"""Scales of one configuration below the table of its flow."""

import pytest

from lqcdnn.report.measured import measured_table


def row(shape, slope):
    """t^2 E = slope t at t = 0, 0.5, ..., 4: t_0 = w_0^2 = 0.3 / slope."""
    times = [0.5 * k for k in range(9)]
    return {
        "config": "a.ildg",
        "shape": shape,
        "flow_time": times,
        "flow_t2E_clover": [slope * t for t in times],
        "flow_options": {"kind": "wilson"},
        "warnings": [],
    }


def test_scales_follow_the_flow():
    lines = measured_table([row([8, 6, 8, 8], 0.15)]).splitlines()
    assert lines[-2:] == [
        "t^2 E_clover = 0.3 at t0 = 2.0000: sqrt(8 t0) = 4.00 of 6 sites",
        "t d(t^2 E_clover)/dt = 0.3 at t = w0^2: w0 = 1.4142",
    ]


@pytest.mark.parametrize(("shape", "slope"), [([8, 8, 8, 8], 0.07), ([8, 8], 0.15), ([8, 8, 8], 0.15)])
def test_no_scale_where_the_flow_does_not_reach_it_or_has_none(shape, slope):
    text = measured_table([row(shape, slope)])
    assert "t0" not in text
    assert "w0" not in text
