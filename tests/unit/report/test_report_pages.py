"""Tables, HTML page, SVG charts, pictures."""

import dataclasses
import re
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from synthetic_lists import add_lists
from synthetic_run import make_run, with_physics, write_lines

from lqcdnn.analyze.comparison import compared
from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.statistics.gamma import gamma_method
from lqcdnn.errors import InputError
from lqcdnn.jobs.analyze import analyze_run, analyze_series
from lqcdnn.jobs.replicas import analyze_replicas
from lqcdnn.report.charts.chart import Bars, Chart, Line, Points, Span, log_ticks, tick_labels, ticks
from lqcdnn.report.charts.series import COLUMNS, acceptance_chart, autocorrelation_chart, histogram_chart, history_chart
from lqcdnn.report.charts.svg import svg
from lqcdnn.report.charts.vectors import points_chart, vector_charts, vectors
from lqcdnn.report.figures import figures
from lqcdnn.report.output import output_directory, write_files, write_page
from lqcdnn.report.pages.analysis import html_report
from lqcdnn.report.pages.comparison import comparison_page
from lqcdnn.report.pages.style import MARK
from lqcdnn.report.plots import file_name, plot_files
from lqcdnn.report.terminal.compare import comparison_lines, comparison_rows
from lqcdnn.report.terminal.sparkline import sparkline
from lqcdnn.report.terminal.table import analysis_text, headline


def test_every_axis_has_numbers():
    """Whatever its range, also where only one round number would fit."""
    rng = np.random.default_rng(4)
    for low, width in zip(rng.normal(size=300), 10.0 ** rng.uniform(-4, 3, 300), strict=True):
        chart = Chart("t", "x", "y", [], (0.0, 1.0), (float(low), float(low + width)), x_ticks=[0.5])
        assert svg(chart).count('text-anchor="end"') >= 2, (low, width)


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


def test_plain_table_is_ascii_and_narrow(analysis, monkeypatch):
    monkeypatch.setattr("lqcdnn.report.terminal.table.text_width", lambda: 80)
    assert max(map(len, analysis_text(analysis).splitlines()[1:])) <= 80
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


def test_differences_have_one_sign(analysis, tmp_path):
    """`analyze A B`, `compare A B` and the page of the latter: the second run less the first."""
    other = analyze_run(make_run(tmp_path / "other", n=600, flipped=150, seed=7))
    (item,) = (one for one in compared([analysis, other], [None, None]) if one.name == "plaquette")
    (row,) = (row for row in comparison_rows([analysis, other]) if row[0] == "plaquette")
    assert row[-1] == f"{item.rows[1].sigma:+.1f} sigma"
    means = [float(cell.partition("(")[0]) for cell in row[1:3]]
    assert (means[1] - means[0]) * float(row[-1].split()[0]) > 0.0


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


def check_page(text):
    """Well formed, self-contained, for both colour schemes; returns what it holds."""
    page = Page()
    page.feed(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.seen)
    assert not {"href", "src", "onload", "onclick"} & {name for name, _ in page.attributes}
    assert not any(word in text for word in ("http", "url(", "@import"))
    assert "prefers-color-scheme: dark" in text
    assert ("name", "viewport") in page.attributes
    assert len(text) < 1_000_000
    return page


def test_html_is_one_self_contained_page(analysis):
    text = html_report(analysis)
    page = check_page(text)
    assert "run &lt;1&gt;" in text
    assert "run <1>" not in text
    assert "<dt>action</dt><dd>wilson beta 2.7; staggered Nf 4 mass 0.3 boundary +++-</dd>" in text
    assert text.index("<dt>action") < text.index("<h2>Verdicts")
    assert "<h2>Run" not in html_report(dataclasses.replace(analysis, setup={}))
    charts = [chart for figure in figures(analysis) for chart in figure.charts]
    # three charts for each series, two for the acceptance, three for the training
    assert len(charts) == 3 * (len(analysis.observables) + 2) + 2 + 3
    assert page.attributes.count(("role", "img")) == len(charts)


@pytest.mark.parametrize("cut", [60, 250])
def test_figures_of_replicas_show_all_that_is_averaged(tmp_path, cut):
    """Their series are cut already, and the second cut would take more than all of two short ones."""
    runs = [with_physics(make_run(tmp_path / f"run{i}", n=300, seed=i), run__seed=i) for i in (1, 2)]
    analysis = analyze_replicas(runs, cut)
    shown = {figure.name: figure.charts for figure in figures(analysis)}
    history, histogram, _ = shown["plaquette"]
    (bars,) = (layer for layer in histogram.layers if isinstance(layer, Bars))
    assert bars.heights.sum() == analysis["plaquette"].n == 2 * (300 - cut)
    assert not any(isinstance(layer, Span) for layer in (*history.layers, *shown["acceptance"][0].layers))
    check_page(html_report(analysis))
    one, other = (analyze_run(run, cut).setup for run in runs)
    assert one["action"] == other["action"] == analysis.setup["action"]
    assert analysis.to_dict()["setup"] == analysis.setup == one


def test_comparison_page(analysis):
    page = check_page(comparison_page([analysis, analysis], ["cost: 1 < 2"]))
    assert page.attributes.count(("role", "img")) == 3 * (len(analysis.observables) + 2) + 2
    text = comparison_page([analysis, analysis], ["cost: 1 < 2"])
    assert "cost: 1 &lt; 2" in text
    assert ("<h2>What is the same" in text, "<h2>What differs" in text) == (True, False)
    other = dataclasses.replace(analysis, source="b", setup={**analysis.setup, "method": "HMC <2>"})
    text = comparison_page([dataclasses.replace(analysis, source="a"), other])
    assert f"<dt>method</dt><dd>a: {analysis.setup['method']}\nb: HMC &lt;2&gt;</dd>" in text
    assert text.count("<dt>action</dt>") == 1


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    return analyze_run(add_lists(make_run(tmp_path_factory.mktemp("lists") / "run", n=800), 800))


def test_lists_become_one_chart_each(lists):
    charts = dict(vector_charts(lists))
    assert list(charts) == ["flow_t2E_clover", "pion", "wilson_loop"]
    pion, flow, loops = charts["pion"], charts["flow_t2E_clover"], charts["wilson_loop"]
    assert pion.log
    assert pion.x_label == "t (lattice units)"
    np.testing.assert_array_equal(pion.layers[0].x, np.arange(16.0))
    means = [lists[f"pion.{k}"].mean for k in range(1, 17)]
    np.testing.assert_array_equal(pion.layers[0].y, means)
    assert np.all(pion.layers[0].errors > 0.0)
    assert not flow.log
    assert flow.x_label == "flow time (lattice units)"
    np.testing.assert_allclose(flow.layers[0].x, np.linspace(0.0, 1.0, 11))
    assert [layer.label for layer in loops.layers] == ["R = 1", "R = 2", "R = 3"]
    assert loops.layers[1].y[2] == lists["wilson_loop.2.3"].mean


def test_lists_along_the_flow(tmp_path):
    """A curve for each flow time, over the axis of the observable that is measured there."""
    path, rng = make_run(tmp_path / "run", n=300), np.random.default_rng(2)
    records = [
        {
            "trajectory": n,
            "a_flow_time": [0.0, 0.5],
            "a_flow_charge_correlator": rng.normal(size=(2, 6)).tolist(),
            "a_flow_polyakov_correlator_distances": [[0.0, 1.0, 2.5]] * 2,
            "a_flow_polyakov_correlator": rng.normal(size=(2, 3)).tolist(),
            "a_flow_wilson_loop": rng.normal(size=(2, 3, 4)).tolist(),
            "a_flow_t2E_clover": rng.normal(size=2).tolist(),
        }
        for n in range(110, 300, 10)
    ]
    write_lines(path / "measure" / "a_flow.jsonl", records)
    for found in (analyze_run(path, 100), analyze_series(path / "measure" / "a_flow.jsonl")):
        charts = dict(vector_charts(found))
        times = ["flow time = 0", "flow time = 0.5"]
        for name, label, x in (
            ("charge", "t (lattice units)", [0, 1, 2, 3, 4, 5]),
            ("polyakov", "polyakov correlator distances (lattice units)", [0.0, 1.0, 2.5]),
        ):
            chart = charts[f"a_flow_{name}_correlator"]
            assert (chart.x_label, [layer.label for layer in chart.layers]) == (label, times)
            assert chart.layers[1].x.tolist() == x
        loops = charts["a_flow_wilson_loop.2"]
        assert (loops.x_label, loops.layers[2].label) == ("T (lattice units)", "R = 3")


def test_matrices_of_correlators_are_drawn_over_time(tmp_path):
    rng = np.random.default_rng(4)
    records = [
        {"trajectory": n, "a_distilled_two_pions": rng.normal(size=(2, 2, 6)).tolist()} for n in range(100, 300, 10)
    ]
    path = make_run(tmp_path / "run", n=300)
    write_lines(path / "measure" / "a_distillation.jsonl", records)
    chart = dict(vector_charts(analyze_run(path, 100)))["a_distilled_two_pions.2"]
    assert (chart.x_label, chart.layers[0].x.tolist()) == ("t (lattice units)", [0, 1, 2, 3, 4, 5])


def test_lists_without_a_measurement_after_the_cut_have_no_chart(tmp_path):
    found = analyze_run(add_lists(make_run(tmp_path / "run", n=200), 150), 160)
    assert "pion.1" in {item.name for item in found.observables}
    assert vector_charts(found) == []
    check_page(html_report(found))
    check_page(comparison_page([found, found]))


def test_long_lists_are_folded_on_request(lists):
    (pion,) = (vector for vector in vectors(lists.observables) if vector.name == "pion")
    assert len(pion.estimates) > 6
    whole, short = analysis_text(lists), analysis_text(lists, lists_in_full=False)
    for item in pion.estimates:
        assert re.search(rf"^{re.escape(item.name)} ", whole, re.M)
        assert not re.search(rf"^{re.escape(item.name)} ", short, re.M)
    shown = " ".join(short.split())
    assert f"pion {', '.join(compact(item.mean, item.error) for item in pion.estimates)}" in shown
    assert "--observable NAME" in short
    assert max(map(len, short.splitlines()[1:])) <= 120
    assert "lists:" not in whole


def test_long_lists_of_several_runs_are_folded_on_request(lists):
    assert any(line.startswith("pion.3 ") for line in comparison_lines([lists, lists]))
    short = comparison_lines([lists, lists], lists_in_full=False)
    assert not any(line.startswith("pion.") for line in short)
    assert any(line.startswith("plaquette ") for line in short)
    assert "--observable" in short[-1]


def test_groups_of_figures(lists):
    groups = list(dict.fromkeys(figure.group for figure in figures(lists)))
    assert groups == ["Observables", "Correlators and profiles", "Update", "Solver", "Training"]
    assert not any(figure.name.startswith(("pion.", "flow_time")) for figure in figures(lists))


def test_solver_work_is_shown_whatever_observables_are_chosen(lists):
    few = analyze_run(lists.source, observables=["plaquette"])
    assert [figure.name for figure in figures(few)] == [
        "plaquette", "acceptance", "exp(-dH)", "dH", "cg_iterations", "training"
    ]  # fmt: skip


def parse(text):
    return ElementTree.fromstring(text)


def test_charts_are_well_formed_and_inside_their_frame(lists):
    rng = np.random.default_rng(81)
    series = Series("a<b", "f", np.arange(1, 5001), rng.normal(size=5000))
    jumps = Series("accepted", "f", series.trajectories, (series.values > 0.0).astype(float))
    for chart in (
        history_chart(series, 700, 0.0, 0.02, "trajectory", "a<b"),
        history_chart(series.after(4997), 0, None, None, "trajectory", "a<b"),
        histogram_chart(series.values, "a<b", 0.0),
        autocorrelation_chart(gamma_method(series.values), "a<b", "trajectories"),
        acceptance_chart(jumps, 700, 0.5, 0.01, "trajectory"),
        *(chart for figure in figures(lists) for chart in figure.charts),
    ):
        text = svg(chart)
        root = parse(text)
        width, height = float(root.get("width")), float(root.get("height"))
        for line in root.iter("polyline"):
            points = np.array([[float(v) for v in p.split(",")] for p in line.get("points").split()])
            assert np.all(points >= -0.1)
            assert np.all(points[:, 0] <= width)
            assert np.all(points[:, 1] <= height)
        assert len(text) < 30_000


def test_long_histories_are_thinned_but_keep_their_extremes():
    values = np.zeros(100_000)
    values[77_777] = 5.0
    chart = history_chart(Series("x", "f", np.arange(1, 100_001), values), 0, None, None, "trajectory", "x")
    cloud, line = chart.layers
    assert len(line.x) == len(cloud.x) == COLUMNS
    assert cloud.high.max() == 5.0
    assert len(svg(chart)) < 30_000


def test_whole_numbers_have_bins_of_whole_width():
    """A charge that misses integers by rounding; -3 to 3 have a bar each, a wide range equally many numbers in each."""
    charge = np.repeat(np.arange(-3.0, 4.0), 10) + 1e-12
    chart = histogram_chart(charge, "topological_charge")
    (bars,) = chart.layers
    np.testing.assert_array_equal(bars.edges, np.arange(-3.5, 4.0))
    np.testing.assert_array_equal(bars.heights, 10.0)
    assert all(tick == round(tick) for tick in chart.x_ticks)
    (bars,) = histogram_chart(np.arange(480.0, 680.0), "cg_iterations").layers
    np.testing.assert_array_equal(bars.heights[:-1], bars.heights[0])
    assert bars.edges[0] == 479.5
    (bars,) = histogram_chart(np.full(20, 5.0), "cg_iterations").layers
    np.testing.assert_array_equal(bars.edges, [4.5, 5.5])


def test_bars_end_with_the_values():
    """No bar of exp(-dH) reaches below zero; only the axis has a margin."""
    values = np.exp(2.0 * np.random.default_rng(5).normal(size=400))
    chart = histogram_chart(values, "exp(-dH)", 1.0)
    bars = chart.layers[0]
    assert (bars.edges[0], bars.edges[-1]) == (values.min(), values.max())
    assert bars.heights.sum() == 400
    assert chart.x_range[0] < values.min() < values.max() < chart.x_range[1]


def test_running_acceptance():
    series = Series("accepted", "f", np.arange(1, 201), np.repeat([0.0, 1.0], 100))
    chart = acceptance_chart(series, 100, 1.0, 0.1, "trajectory")
    moving, since = [layer for layer in chart.layers if isinstance(layer, Line)]
    np.testing.assert_allclose(moving.y[[99, 104, 109, 199]], [0.0, 0.5, 1.0, 1.0])
    np.testing.assert_allclose(since.y, 1.0)
    assert since.x[0] == 101


def test_log_axis():
    assert log_ticks(0.005, 200.0) == [0.01, 0.1, 1.0, 10.0, 100.0]
    assert tick_labels(log_ticks(1e-9, 1.0, 4), log=True) == ["1e-09", "1e-06", "0.001", "1"]
    assert log_ticks(2.0, 7.0) == [2.0, 5.0]
    np.testing.assert_allclose(log_ticks(0.03, 0.6), [0.05, 0.1, 0.2, 0.5])
    chart = Chart("c", "x", "y", [Line(np.arange(3.0), np.array([1e-3, 1e-2, 1e-1]))], (0, 2), (1e-3, 1e-1), log=True)
    points = parse(svg(chart)).find("polyline").get("points").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])


def test_pages_replace_only_pages(tmp_path):
    path = write_page(tmp_path / "r.html", f"<html>{MARK}</html>")
    write_page(path, f"<html>{MARK} again</html>")
    assert "again" in path.read_text()
    (tmp_path / "mine.html").write_text("<html>thesis</html>")
    with pytest.raises(InputError, match="no report"):
        write_page(tmp_path / "mine.html", "x")
    with pytest.raises(InputError, match="folder"):
        write_page(tmp_path / "absent" / "r.html", "x")
    assert (tmp_path / "mine.html").read_text() == "<html>thesis</html>"


def test_ticks():
    assert ticks(0.0, 10.0, 5) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert tick_labels(ticks(0.7001, 0.7049, 4)) == ["0.701", "0.702", "0.703", "0.704"]
    assert tick_labels([0.0, 1e6]) == ["0", "1e+06"]
    assert ticks(1.0, 1.0) == [1.0]
    assert tick_labels([0.25]) == ["0.25"]


def test_pictures(analysis):
    pytest.importorskip("matplotlib")
    few = dataclasses.replace(analysis, observables=analysis.observables[:1], exp_minus_dH=None)
    files = plot_files([figure for figure in figures(few) if figure.name in ("plaquette", "dH")])
    pdf = files.pop("plots.pdf")
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page ") == 2
    assert set(files) == {f"plot_{name}.png" for name in ("plaquette", "dH")}
    assert all(content.startswith(b"\x89PNG") and len(content) > 5000 for content in files.values())


def test_pictures_of_lists(lists):
    pytest.importorskip("matplotlib")
    files = plot_files([figure for figure in figures(lists) if figure.group in ("Correlators and profiles", "Solver")])
    assert {"plot_pion.png", "plot_flow_t2E_clover.png", "plot_wilson_loop.png", "plot_cg_iterations.png"} < set(files)


def test_figures_of_the_same_name_have_files_of_their_own(analysis):
    """A fit may be called like a series."""
    pytest.importorskip("matplotlib")
    series = dataclasses.replace(figures(analysis)[0], charts=figures(analysis)[0].charts[:1])
    fit = dataclasses.replace(series, group="Fits")
    files = plot_files([series, fit])
    assert set(files) == {f"plot_{series.name}.png", f"plot_{series.name}_2.png", "plots.pdf"}
    assert files[f"plot_{series.name}.png"] == plot_files([series])[f"plot_{series.name}.png"]


def test_missing_matplotlib(analysis, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match="matplotlib") as caught:
        plot_files(figures(analysis))
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


def test_derived_quantities_and_points_of_fits_have_figures(lists):
    fits = ["m_eff = effective(pion)", "chi = creutz(wilson_loop)"]
    found = analyze_run(lists.source, derive=["ratio = condensate/plaquette"], fit=fits)
    groups = {figure.name: figure for figure in figures(found)}
    assert groups["ratio"].group == "Derived quantities"
    assert len(groups["ratio"].charts) == 3
    masses = groups["m_eff"].charts[0].layers[0]
    assert masses.x[0] == 1.0
    assert masses.y[2] == pytest.approx(0.8, abs=5.0 * masses.errors[2])
    assert groups["m_eff"].charts[0].x_label == "t (lattice units)"
    assert groups["chi"].charts[0].x_label == "T (lattice units)"
    assert [layer.label for layer in groups["chi"].charts[0].layers] == ["R = 1", "R = 2", "R = 3"]
    check_page(html_report(found))


def test_the_headline_of_a_file_tells_numbers_of_rows_not_how_many_there_are(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{10 * i} {i % 3}\n" for i in range(30)))
    assert headline(analyze_series(path)) == f"{path}, rows up to number 290, none left out (automatic)"


@pytest.mark.parametrize(("error", "log"), [(0.1, True), (0.9, False)])
def test_noise_that_happens_to_be_positive_is_not_drawn_as_a_decay(error, log):
    values = np.array([1.0, 0.3, 0.05])
    layer = Points(np.arange(3.0), values, error * values, "", 0)
    assert points_chart("c", "t", [layer]).log is log


@pytest.mark.parametrize(("counts", "lines", "labels"), [((3, 2), 5, 5), ((20, 1), 21, 0), ((3000, 1, 37), 192, 0)])
def test_lines_of_weights(analysis, counts, lines, labels):
    """Those of all layers have a label or none has; of very many some are drawn."""
    history = [{"step": n, "loss": 1.0, "weights": [[[0.1 * n] * count] for count in counts]} for n in (1, 2)]
    every = [one for figure in figures(dataclasses.replace(analysis, history=history)) for one in figure.charts]
    (chart,) = [one for one in every if one.title == "weights"]
    assert (len(chart.layers), len(chart.legend)) == (lines, labels)
