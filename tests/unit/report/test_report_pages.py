"""Tables, HTML page, SVG charts, pictures."""

import dataclasses
import re
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from synthetic_run import make_run

from lqcdnn.analyze.gamma import gamma_method
from lqcdnn.analyze.series import Series
from lqcdnn.errors import InputError
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.report.compare import comparison_lines
from lqcdnn.report.html import html_report
from lqcdnn.report.output import output_directory, write_files
from lqcdnn.report.plots import file_name, plot_files
from lqcdnn.report.sparkline import sparkline
from lqcdnn.report.svg import autocorrelation_chart, histogram_chart, history_chart, tick_labels, ticks
from lqcdnn.report.table import analysis_text


@pytest.fixture(scope="module")
def analysis(tmp_path_factory):
    return analyze_run(make_run(tmp_path_factory.mktemp("a") / "run <1>", n=600, flipped=150))


def test_table(analysis):
    text = analysis_text(analysis)
    assert re.search(r"^plaquette +0\.70\d\d\(\d+\) ", text, re.M)
    assert "tau_int = 1/2 + sum rho" in text
    assert "\x1b" not in text
    for verdict in analysis.verdicts:
        assert verdict.name in text


def test_plain_table_is_ascii_and_narrow(analysis):
    text = analysis_text(analysis, sparklines=False)
    assert text.isascii()
    assert max(len(line) for line in text.splitlines()[1:]) <= 100


def test_paint(analysis):
    assert "<green>ok" in analysis_text(analysis, paint=lambda text, color: f"<{color}>{text}")


def test_comparison(analysis):
    lines = comparison_lines([analysis, analysis])
    assert lines[0].split()[-1] == "difference"
    assert any("+0.0 sigma" in line for line in lines)
    assert "sigma" not in "".join(comparison_lines([analysis, analysis, analysis]))


def test_sparkline():
    assert sparkline(np.arange(8.0), 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0, 1.0], 8) == "▄▄"
    assert sparkline([]) == ""


class Page(HTMLParser):
    """Collects tags and checks that they close."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_one_self_contained_page(analysis):
    text = html_report(analysis)
    page = Page()
    page.feed(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.seen)
    assert not {"href", "src", "onload", "onclick"} & {name for name, _ in page.attributes}
    assert "http" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert "run &lt;1&gt;" in text
    assert "run <1>" not in text
    pictured = sum(1 for item in (*analysis.observables, analysis.dH, analysis.acceptance, analysis.exp_minus_dH))
    assert page.seen.count("svg") == 3 * pictured + 1
    assert len(text) < 1_000_000


def parse(svg):
    return ElementTree.fromstring(svg)


def test_charts_are_well_formed_and_inside_their_frame():
    rng = np.random.default_rng(81)
    series = Series("a<b", "f", np.arange(1, 5001), rng.normal(size=5000))
    for svg in (
        history_chart(series, 700, 0.0, 0.02, "trajectory"),
        history_chart(series.after(4997), 0, None, None, "trajectory"),
        histogram_chart(series.values, "a<b"),
        autocorrelation_chart(gamma_method(series.values), "a<b", "t"),
    ):
        root = parse(svg)
        width, height = float(root.get("width")), float(root.get("height"))
        for line in root.iter("polyline"):
            points = np.array([[float(v) for v in p.split(",")] for p in line.get("points").split()])
            assert np.all(points >= -0.1)
            assert np.all(points[:, 0] <= width)
            assert np.all(points[:, 1] <= height)
        assert len(svg) < 60_000


def test_ticks():
    assert ticks(0.0, 10.0, 5) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert tick_labels(ticks(0.7001, 0.7049, 4)) == ["0.701", "0.702", "0.703", "0.704"]
    assert tick_labels([0.0, 1e6]) == ["0", "1e+06"]
    assert ticks(1.0, 1.0) == [1.0]
    assert tick_labels([0.25]) == ["0.25"]


def test_pictures(analysis):
    pytest.importorskip("matplotlib")
    few = dataclasses.replace(analysis, observables=analysis.observables[:1], acceptance=None)
    files = plot_files(few, few.history)
    assert {"plot_plaquette.png", "plot_dH.png", "plot_training.png"} <= set(files)
    assert all(content.startswith(b"\x89PNG") and len(content) > 5000 for content in files.values())


def test_missing_matplotlib(analysis, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match="matplotlib") as caught:
        plot_files(analysis)
    assert "pip install" in caught.value.hint


def test_file_name():
    assert file_name("a/b c.re") == "a_b_c.re"


def test_output_directory(analysis, tmp_path):
    assert output_directory(analysis, None).name == "analyze"
    new = tmp_path / "new"
    assert output_directory(analysis, new) == new
    assert not new.exists()
    foreign = tmp_path / "foreign"
    write_files(foreign, {"summary.json": b"{}"})
    with pytest.raises(InputError, match="something else"):
        output_directory(analysis, foreign)
    with pytest.raises(InputError, match="something else"):
        output_directory(analysis, foreign / "summary.json")
