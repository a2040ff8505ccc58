"""Scales of one configuration below the table of its flow."""

import pytest

from lqcdnn.report.terminal.measured import measured_table


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


def test_numbers_and_lists_of_tables_with_a_prefix_are_shown():
    found = {
        "config": "a.ildg", "shape": [4, 4], "warnings": [], "plaquette": 0.5, "a_condensate": 0.25,
        "a_condensate_error": 0.125, "a_condensate_options": {"mass": 1.0}, "b_pion": [0.5, 0.125],
        "b_flow_time": [0.0, 1.0], "b_flow_t2E_clover": [0.0, 0.25], "b_flow_plaquette": [0.5, 0.75],
        "b_flow_options": {"flow_options": {"kind": "zeuthen"}}, "b_flow_wilson_loop": [[[0.5]], [[0.75]]],
        "c_wilson_loop": [[0.5, 0.25]],
    }  # fmt: skip
    lines = measured_table([found]).splitlines()
    assert lines[0].split() == ["plaquette", "a_condensate", "config"]
    assert lines[1].split() == ["0.5000000000", "0.250000", "+-", "0.125000", "a.ildg"]
    assert [line.split() for line in lines[2:]] == [
        ["zeuthen", "flow", "of", "a.ildg", "(b)"], ["t", "t2E_clover", "plaquette"],
        ["0.0000", "0.0000000000", "0.5000000000"], ["1.0000", "0.2500000000", "0.7500000000"],
        ["Wilson", "loops", "W(R,", "T)", "of", "a.ildg", "(c)"], ["R", "T", "=", "1", "T", "=", "2"],
        ["1", "0.5000000000", "0.2500000000"],
        ["b_pion", "of", "a.ildg"], ["entry", "b_pion"], ["1", "0.5"], ["2", "0.125"],
        ["note:", "in", "JSON", "alone", "(--json,", "-o", "FILE):", "b_flow_wilson_loop"],
    ]  # fmt: skip


def test_every_list_is_shown():
    found = {
        "config": "a.ildg", "shape": [4, 4], "boundary": [1, -1], "warnings": [], "plaquette": 0.5,
        "pion": [0.5, 0.125],
        "mass": 0.1, "meson_scalar": [-0.25, 1e-9], "meson_vector": [0.75, 2.0], "eigenvalues": [0.1, 0.2, 0.3],
        "histogram_bins": 40, "polyakov": [0.1, 0.2],
    }  # fmt: skip
    lines = [line.split() for line in measured_table([found]).splitlines()[2:]]
    assert lines == [
        ["pion", "of", "a.ildg"], ["entry", "pion"], ["1", "0.5"], ["2", "0.125"],
        ["meson", "of", "a.ildg"], ["entry", "meson_scalar", "meson_vector"], ["1", "-0.25", "0.75"],
        ["2", "1e-09", "2"],
        ["eigenvalues", "of", "a.ildg"], ["entry", "eigenvalues"], ["1", "0.1"], ["2", "0.2"], ["3", "0.3"],
    ]  # fmt: skip


def test_lists_stand_beside_their_axis():
    found = {
        "config": "a.h5", "shape": [4, 4], "warnings": [], "spectral_edges": [0.5, 1.0], "mode_number": [1.0, 3.0],
        "spectral_density": [0.25, 0.5], "x_polyakov_correlator_distances": [0.0, 1.0, 2.0],
        "x_polyakov_correlator": [1.0, 0.5, 0.125], "x_polyakov_correlator_options": {},
    }  # fmt: skip
    assert [line.split() for line in measured_table([found]).splitlines()] == [
        ["mode_number", "of", "a.h5"], ["entry", "mode_number"], ["1", "1"], ["2", "3"],
        ["spectral_density", "of", "a.h5"], ["entry", "edges", "spectral_density"], ["1", "0.5", "0.25"],
        ["2", "1", "0.5"],
        ["x_polyakov_correlator", "of", "a.h5"], ["entry", "distances", "x_polyakov_correlator"], ["1", "0", "1"],
        ["2", "1", "0.5"],
        ["3", "2", "0.125"],
    ]  # fmt: skip


def test_lists_alone_have_no_line_of_the_file_without_numbers():
    found = {"config": "a.ildg", "shape": [4, 4], "warnings": [], "pion": [0.5, 0.125]}
    assert measured_table([found]).splitlines()[0] == "pion of a.ildg"


def test_zero_has_no_sign():
    found = {"config": "a.h5", "shape": [4, 4], "warnings": [], "topological_charge": -0.0, "plaquette": -1e-12}
    assert measured_table([found]).splitlines()[1].split() == ["0.0000000000", "0.0000000000", "a.h5"]


def test_what_no_table_shows_is_named():
    """Lists at each flow time, complex numbers there, matrices; not the loops of all directions on thin links."""
    pairs = [[0.1, 0.0], [0.2, 0.0]]
    nested = {"flow_polyakov": pairs, "glueball_a1pp": [pairs], "polyakov_directions": pairs, "wilson_loop": pairs}
    shown = measured_table([row([8, 8, 8, 8], 0.15) | nested] * 2)
    assert shown.splitlines()[-1] == "note: in JSON alone (--json, -o FILE): flow_polyakov, glueball_a1pp"


@pytest.mark.parametrize("prefix", ["custom_", "s_custom_"])
def test_numbers_of_a_users_function_may_have_names_of_others(prefix):
    """Those of a flow, of Wilson loops, of an error: they are lists and numbers like others."""
    numbers = {"flow_time": [0.5, 1.0], "flow_energy": [3.25, 4.75], "wilson_loop": 6.0, "polyakov": [7.0, 8.0, 9.0]}
    numbers |= {"condensate": 2.0, "condensate_error": [0.125, 0.25]}
    row = {f"{prefix}{name}": number for name, number in numbers.items()}
    table = measured_table([row | {"config": "a.h5", "shape": [4, 4], "warnings": []}])
    for shown in ("3.25", "4.75", "9", "2.0000000000"):
        assert f" {shown}" in f" {table}"
