"""Averages over fits as text, JSON, CSV, page and figure."""

import json

import numpy as np
import pytest

from lqcdnn.jobs.analyze import analyze_series
from lqcdnn.report.export import csv_bytes
from lqcdnn.report.figures import figures
from lqcdnn.report.output import summary_bytes
from lqcdnn.report.pages.analysis import html_report
from lqcdnn.report.terminal.table import analysis_text

FIT = "m = cosh(pion, 2:4, 7:8, 1:2)"


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    rng, t = np.random.default_rng(1), np.arange(16.0)
    shape = np.exp(-0.3 * t) + np.exp(-0.3 * (16.0 - t))
    path = tmp_path_factory.mktemp("averages") / "pion.jsonl"
    rows = shape * (1.0 + 0.3 * rng.standard_normal((40, 16)))
    path.write_text("".join(json.dumps({"trajectory": i, "pion": list(row)}) + "\n" for i, row in enumerate(rows, 1)))
    return analyze_series(path, thermalization=0, fit=(FIT,), derive=("twice = 2 * m.mass",))


def test_text(analysis):
    text = analysis_text(analysis, sparklines=False, lists_in_full=False)
    (fit,) = analysis.fits
    used = sum(one.weight > 0.0 for one in fit.models)
    assert f"{FIT}: average over {used} fits of 12" in text
    head = next(line for line in text.splitlines() if line.startswith("observable") and "systematic" in line)
    assert head.split()[-2:] == ["systematic", "total"]
    rows = [line.split() for line in text.splitlines() if line.startswith("  cosh(pion")]
    assert [" ".join(row[:-5]) for row in rows] == [one.text[4:] for one in fit.models[:6]]
    assert [float(row[-4]) for row in rows] == [float(f"{one.weight:.2g}") for one in fit.models[:6]]
    if len(fit.models) > 6:
        assert f"more with weight {sum(one.weight for one in fit.models[6:]):.2g}" in text
    assert "left out" in text


def test_summary_and_table(analysis):
    summary = json.loads(summary_bytes(analysis))
    (fit,) = summary["fits"]
    assert len(fit["models"]) + len(fit["left_out"]) == 12
    assert sum(one["weight"] for one in fit["models"]) == pytest.approx(1.0)
    assert set(fit["models"][0]) == {
        *("text", "numbers", "weight", "chi2", "dof", "probability", "means", "errors"),
    }  # fmt: skip
    mass, twice = fit["parameters"][0], summary["derived"][0]
    assert twice["systematic"] == pytest.approx(2.0 * mass["systematic"])
    assert mass["total_error"] == pytest.approx(np.hypot(mass["error"], mass["systematic"]))
    head, *lines = (line.split(",") for line in csv_bytes(analysis).decode().splitlines())
    row = dict(zip(head, next(line for line in lines if line[0] == "m.mass"), strict=True))
    assert float(row["systematic"]) == mass["systematic"]
    assert next(line for line in lines if line[0] == "pion.1")[head.index("total_error")] == ""


def test_page_and_figure(analysis):
    page = html_report(analysis)
    assert "average over" in page
    assert f"<td>{analysis.fits[0].models[0].text[4:]}</td>" in page
    (found,) = [one for one in figures(analysis) if one.name == "m"]
    values, weights = found.charts
    assert (values.x_label, values.y_label, weights.y_label) == ("FIRST", "m.mass", "weight")
    shown = sum(len(layer.x) for layer in weights.layers)
    assert shown == len(analysis.fits[0].models)
    assert sum(layer.y.sum() for layer in weights.layers) == pytest.approx(1.0)
    assert values.layers[0].error == analysis.fits[0].parameters[0].total_error
