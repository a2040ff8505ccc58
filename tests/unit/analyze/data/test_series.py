"""Reading series: records, JSON lines, columns."""

import io
import json
import random

import numpy as np
import pytest

from lqcdnn.analyze.data.series import Series, flatten, series_of_records
from lqcdnn.analyze.data.textfile import read_series_and_axes
from lqcdnn.config.tables.loops import direction_names
from lqcdnn.errors import DataError, InputError


def by_name(items):
    return {item.name: item for item in items}


def test_flatten_names():
    record = {
        "trajectory": 3,
        "accepted": True,
        "polyakov_trace": [0.8, -0.1],
        "polyakov_directions": [[1.0, 2.0], [3.0, 4.0]],
        "flow": [5.0, 6.0, 7.0],
        "mass": 0.3,
        "method": "noise",
        "condensate_error": 0.1,
        "note": None,
    }
    assert flatten(record) == {
        "trajectory": 3.0,
        "accepted": 1.0,
        "polyakov_trace.re": 0.8,
        "polyakov_trace.im": -0.1,
        "polyakov_directions.x.re": 1.0,
        "polyakov_directions.x.im": 2.0,
        "polyakov_directions.t.re": 3.0,
        "polyakov_directions.t.im": 4.0,
        "flow.1": 5.0,
        "flow.2": 6.0,
        "flow.3": 7.0,
    }


def test_direction_names():
    assert direction_names(2) == ("x", "t")
    assert direction_names(4) == ("x", "y", "z", "t")


def test_later_record_of_a_trajectory_wins():
    (item,) = series_of_records([{"trajectory": n, "p": v} for n, v in [(2, 1.0), (1, 5.0), (2, 9.0)]], "f")
    assert item.trajectories.tolist() == [1, 2]
    assert item.values.tolist() == [5.0, 9.0]


def test_rounding_in_an_imaginary_part_is_left_out():
    records = [{"trajectory": i, "polyakov": [0.4, 1e-17], "polyakov_trace": [0.4, 1e-3]} for i in range(5)]
    assert set(by_name(series_of_records(records, "f"))) == {"polyakov.re", "polyakov_trace.re", "polyakov_trace.im"}


def test_complex_numbers_of_tables_with_a_prefix_and_along_the_flow():
    """The same parts as those of the plain table; the number of the flow time is last, which makes a list."""
    records = [
        {
            "trajectory": i,
            "a_polyakov": [0.4 + i, 0.1],
            "a_polyakov_directions": [[1.0, 0.0], [2.0, 0.5 * i]],
            "flow_polyakov": [[0.1, 0.0], [0.2, 1e-17], [0.3, -1e-17]],
            "b_flow_polyakov_directions": [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],
            "polyakov_correlator": [1.0, 2.0],
        }
        for i in range(5)
    ]
    found = by_name(series_of_records(records, "f"))
    assert {"a_polyakov.re", "a_polyakov.im", "a_polyakov_directions.x.re"} < set(found)
    assert [name for name in found if name.startswith("flow_")] == [f"flow_polyakov.re.{k}" for k in (1, 2, 3)]
    assert found["b_flow_polyakov_directions.t.im.2"].values.tolist() == [8.0] * 5
    assert {"polyakov_correlator.1", "polyakov_correlator.2"} < set(found)



@pytest.mark.parametrize("second", [{}, {"trajectory": 1.5}, {"trajectory": np.inf}, {"trajectory": 10**20}])
def test_record_without_number(second):
    with pytest.raises(DataError, match="line 2 has no integer 'trajectory'"):
        series_of_records([{"trajectory": 1, "p": 1.0}, {"p": 1.0, **second}], "f")


def test_interval_and_part():
    item = Series("p", "f", np.array([10, 20, 30, 50]), np.arange(4.0))
    assert (item.interval, item.regular) == (10, False)
    assert item.after(20).trajectories.tolist() == [30, 50]


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ("1.5\n2.5\n", ["column1"], 1),
        ("1 0.5 7\n2 0.6 8\n", ["column2", "column3"], 1),
        ("# itrj plaq\n10 0.5\n20 0.6\n", ["plaq"], 10),
        ("trajectory,plaq,poly\n5,0.5,1\n6,0.5,2\n", ["plaq", "poly"], 5),
        ("# made by hand\n\n0.5; 3.5\n0.6; 2.5\n", ["column1", "column2"], 1),
        ("1 0.5871 # plaq\n2 0.5872 # plaq\n", ["column2"], 1),
        ("\ufeffa b\n1 2\n3 4\n", ["a", "b"], 1),
    ],
)
def test_columns(tmp_path, text, names, first):
    path = tmp_path / "data.txt"
    path.write_text(text, encoding="utf-8")
    found = read_series_and_axes(path)[0]
    assert [item.name for item in found] == names
    assert found[0].trajectories[0] == first


def test_no_trajectory_is_beyond_what_doubles_count(tmp_path):
    path = tmp_path / "wide.txt"
    path.write_text("1e300 1\n2e300 2\n")
    series, _ = read_series_and_axes(path)
    assert [(item.name, item.trajectories.tolist()) for item in series] == [("column1", [1, 2]), ("column2", [1, 2])]


def test_lists_find_their_axis(tmp_path):
    """Of the same length, and of the same observable."""
    path = tmp_path / "data.json"
    row = {"config": "a", "flow_time": [0.0, 0.5], "flow_t2E": [0.0, 0.1], "flow_short": [1], "pion": [3, 2]}
    path.write_text(json.dumps([row]))
    series, axes = read_series_and_axes(path)
    assert {item.name for item in series} == {"flow_t2E.1", "flow_t2E.2", "flow_short.1", "pion.1", "pion.2"}
    assert axes["flow_t2E"] == ("flow_time", (0.0, 0.5))
    assert not {"pion", "flow_short"} & axes.keys()


def test_json_lines_with_components(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"trajectory": 10, "p": [0.1, 0.2], "q": 1}\n\n{"trajectory": 20, "p": [0.3, 0.4], "q": 2}\n')
    found = by_name(read_series_and_axes(path)[0])
    assert set(found) == {"p.1", "p.2", "q"}
    assert found["q"].interval == 10
    assert [item.name for item in read_series_and_axes(path, ["p"])[0]] == ["p.1", "p.2"]
    assert [item.name for item in read_series_and_axes(path, ["3"])[0]] == ["q"]


@pytest.mark.parametrize(
    ("keys", "names", "numbers"),
    [
        ({"n": [3, 3, 3]}, {"n", "p"}, [1, 2, 3]),
        ({"step": [5, 5, 6], "n": [2, 4, 6]}, {"step", "p"}, [2, 4, 6]),
        ({"config": [10, 20, 30]}, {"p"}, [10, 20, 30]),
        ({"trajectory": [3, 1, 2]}, {"p"}, [1, 2, 3]),
    ],
)
def test_records_are_numbered_by_a_key_that_differs(tmp_path, keys, names, numbers):
    """Else records would be taken for one another and lost."""
    rows = [{**{key: values[i] for key, values in keys.items()}, "p": 0.5 + i} for i in range(3)]
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = by_name(read_series_and_axes(path)[0])
    assert set(found) == names
    assert found["p"].trajectories.tolist() == numbers


def test_json_list(tmp_path):
    """What measure --configs -o writes: files that do not know their trajectory are numbered."""
    path = tmp_path / "data.json"
    path.write_text('[{"config": "a", "shape": [4, 4], "trajectory": null, "p": 1.0},\n {"trajectory": null, "p": 2}]')
    (found,) = read_series_and_axes(path)[0]
    assert (found.name, found.trajectories.tolist(), found.values.tolist()) == ("p", [1, 2], [1.0, 2.0])
    for text, message in (("[1, 2]", "entry 1"), ("[{", "damaged"), ("[" * 100000, "damaged")):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            read_series_and_axes(path)
    path.write_text("[]")
    with pytest.raises(InputError, match="no series"):
        read_series_and_axes(path)


def test_columns_by_name_and_number(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("step a b\n1 2 3\n2 4 5\n")
    assert [item.name for item in read_series_and_axes(path, ["b"])[0]] == ["b"]
    assert [item.name for item in read_series_and_axes(path, ["2"])[0]] == ["a"]
    assert [item.name for item in read_series_and_axes(path, ["step"])[0]] == ["step"]


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n2\n3\n"))
    assert read_series_and_axes("-")[0][0].source == "standard input"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3 x\n", "line 2"),
        ("1 2\n3\n", "line 2 has 1 columns"),
        ('{"trajectory": 1, "p": 1}\n{"traj', "line 2"),
        ('{"trajectory": 1, "p": 1}\n[1]\n', "line 2"),
        ("trajectory p\n1 5\n1 6\n", "line 3"),
        ('{"trajectory": 1, "p": 1}\n{"trajectory": 2, "p": 3}\n{"trajectory": 1, "p": 2}\n', "records 1 and 3"),
    ],
)
def test_damaged_line_is_named(tmp_path, text, message):
    path = tmp_path / "data.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_series_and_axes(path)


def test_binary_file(tmp_path):
    path = tmp_path / "data.bin"
    path.write_bytes(b"\x89HDF\xff\xfe\x00")
    with pytest.raises(DataError, match="not a text file"):
        read_series_and_axes(path)


@pytest.mark.parametrize("text", ["", "# nothing\n", "only words\n"])
def test_no_numbers(tmp_path, text):
    path = tmp_path / "data.txt"
    path.write_text(text)
    with pytest.raises(InputError, match="no series"):
        read_series_and_axes(path)


def test_missing_file_directory_and_column(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_series_and_axes(tmp_path / "absent")
    with pytest.raises(InputError, match="is a directory"):
        read_series_and_axes(tmp_path)
    path = tmp_path / "data.txt"
    path.write_text("a b\n1 2\n")
    with pytest.raises(InputError, match="no column 'c'") as caught:
        read_series_and_axes(path, ["c"])
    assert "a, b" in caught.value.hint


def test_records_of_different_names_in_any_order_give_each_series_its_own_trajectories():
    """As a series has them that was completed afterwards, with another observable every other time."""
    rng = random.Random(5)
    records, expected = [], {}
    for number in rng.sample(range(1, 200), 60):
        record = {"trajectory": number, "pion": [rng.random() for _ in range(3 + number % 2)]}
        record |= {"plaquette": rng.random()} if number % 3 else {}
        record |= {"loops": [[1, rng.random()], [True, 2.0]]} if number % 5 else {"plain": rng.random()}
        records.append(record)
        for name, value in (("plaquette", record.get("plaquette")), ("plain", record.get("plain"))):
            if value is not None:
                expected.setdefault(name, {})[number] = value
        for i, value in enumerate(record["pion"], start=1):
            expected.setdefault(f"pion.{i}", {})[number] = value
        for i, row in enumerate(record.get("loops", ()), start=1):
            for j, value in enumerate(row, start=1):
                expected.setdefault(f"loops.{i}.{j}", {})[number] = float(value)
    found = {item.name: item for item in series_of_records(records, "x.jsonl")}
    assert found.keys() == expected.keys()
    for name, item in found.items():
        numbers, values = item.trajectories.tolist(), item.values.tolist()
        assert list(zip(numbers, values, strict=True)) == sorted(expected[name].items())


def test_lists_that_are_no_complex_numbers_are_plain_ones():
    """Whatever their name is: those of a user's own observable may be called polyakov."""
    record = {"custom_polyakov": [1.0, 2.0, 3.0], "b_polyakov": [[1.0, 2.0, 3.0]], "polyakov": [0.5, 0.25]}
    plain = {"custom_polyakov.1": 1.0, "custom_polyakov.2": 2.0, "custom_polyakov.3": 3.0, "b_polyakov.1.1": 1.0}
    plain |= {"b_polyakov.1.2": 2.0, "b_polyakov.1.3": 3.0}
    assert flatten(record) == plain | {"polyakov.re": 0.5, "polyakov.im": 0.25}


ODD = [
    {"x": 7}, {"x": True}, {"x": 10**30}, {"x": "text"}, {"x": None}, {"x": [1, [2, 3]]}, {"pion": [0.5, 2]},
    {"pion": []}, {"pion": [0.5, True, 3]}, {"polyakov": 0.25}, {"polyakov": [[1, 2], [3, 4]]},
    {"more": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
    {"polyakov_directions": [[1, 2], [3, 4]]}, {"polyakov_directions": [1.0, 2.0, 3.0]}, {"mass": 0.3, "x_error": 1.0},
]  # fmt: skip


@pytest.mark.parametrize("odd", [{}, *ODD])
@pytest.mark.parametrize("everywhere", [False, True])
def test_series_are_what_flattened_records_say(odd, everywhere):
    """Records are turned into numbers key by key, those that are not alike one by one: the same series."""
    records = [
        {"trajectory": k, "x": 0.1 * k, "pion": [1.0 / k, 2.0, -0.5 * k], "polyakov": [0.3 * k, 0.1], "noise": "z2"}
        for k in range(1, 8)
    ]
    records = [record | (odd if everywhere or record["trajectory"] == 3 else {}) for record in records]
    found = {item.name: item for item in series_of_records(records, "file")}
    expected: dict[str, list[tuple[int, float]]] = {}
    for record in records:
        for name, value in flatten({key: value for key, value in record.items() if key != "trajectory"}).items():
            expected.setdefault(name, []).append((record["trajectory"], value))
    assert found.keys() == expected.keys()
    for name, pairs in expected.items():
        assert list(zip(found[name].trajectories, found[name].values, strict=True)) == pairs
