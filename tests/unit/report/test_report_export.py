"""Exports: what the files hold, and that no file is overwritten."""

import csv
import io
import json

import numpy as np
import pytest
from synthetic_run import make_run

from lqcdnn.errors import InputError
from lqcdnn.jobs.analyze import analyze_run, analyze_series
from lqcdnn.report.export import check_export, export
from lqcdnn.storage import hdf5


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("export") / "su2", n=300)
    return analyze_run(run, 100, derive=["r = polyakov_trace.re/plaquette"])


def test_csv(analysis, tmp_path):
    export(analysis, tmp_path / "a.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    by_name = {row["name"]: row for row in rows}
    assert float(by_name["plaquette"]["mean"]) == analysis["plaquette"].mean  # all digits
    assert float(by_name["r"]["error"]) == analysis["r"].error
    assert by_name["r"]["bootstrap_error"] == ""
    assert "accepted" in by_name


def test_json(analysis, tmp_path):
    export(analysis, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads(json.dumps(analysis.to_dict()))


def test_hdf5(analysis, tmp_path):
    export(analysis, tmp_path / "a.h5")
    arrays, attributes = hdf5.unpack(tmp_path / "a.h5")
    assert np.array_equal(arrays["condensate.trajectories"], np.arange(110, 301, 10))
    assert arrays["plaquette.values"].mean() == pytest.approx(analysis["plaquette"].mean, rel=1e-14)
    assert json.loads(attributes["summary"])["derived"][0]["name"] == "r"


def test_short_series_cannot_go_to_pyerrors(tmp_path):
    (tmp_path / "x.txt").write_text("1\n2\n")
    with pytest.raises(InputError, match="long enough"):
        export(analyze_series(tmp_path / "x.txt"), tmp_path / "x.json.gz")
    assert not (tmp_path / "x.json.gz").exists()


def test_refused_paths(tmp_path):
    (tmp_path / "there.csv").write_text("mine")
    for name, message in (
        ("there.csv", "exists"),
        ("a.txt", "unknown format"),
        (".csv", "unknown format"),
        ("no/a.csv", "no directory"),
    ):
        with pytest.raises(InputError, match=message):
            check_export(tmp_path / name)
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert check_export(tmp_path / "new.json.gz").name == "new.json.gz"
