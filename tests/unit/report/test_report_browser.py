"""The pages as a browser lays them out: phone and desktop, light and dark, nothing cut off, nothing overlaps."""

import html
import json
import re
import shutil
import struct
import subprocess
from dataclasses import replace
from itertools import product

import pytest
from synthetic_lists import add_lists
from synthetic_run import make_run

from lqcdnn.analyze.result import Verdict
from lqcdnn.jobs.analyze import analyze_run
from lqcdnn.report.pages.analysis import html_report
from lqcdnn.report.pages.comparison import comparison_page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")

MEASURE = """<script>
const apart = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) < 0.5
  || Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) < 0.5;
const inside = (a, b) => a.left > b.left - 1 && a.right < b.right + 1 && a.top > b.top - 1 && a.bottom < b.bottom + 1;
const bad = [], sizes = [], boxes = document.querySelectorAll('.chart');
for (const svg of document.querySelectorAll('.chart > svg')) {
  const frame = svg.getBoundingClientRect(), title = svg.querySelector('title').textContent;
  const texts = [...svg.querySelectorAll('text')];
  if (svg.querySelectorAll('.label').length != 2) bad.push(title + ': labels');
  if (texts.some(t => !t.textContent.trim())) bad.push(title + ': an empty text');
  if (texts.length < 6) bad.push(title + ': ticks');
  const places = texts.map(t => t.getBoundingClientRect());
  sizes.push(12 * frame.width / svg.viewBox.baseVal.width);
  places.forEach((a, i) => {
    if (!inside(a, frame)) bad.push(title + ': outside: ' + texts[i].textContent);
    for (let j = 0; j < i; j++)
      if (!apart(a, places[j])) bad.push(title + ': ' + texts[i].textContent + ' on ' + texts[j].textContent);
  });
  for (const mark of svg.querySelectorAll('polyline, rect, circle, line'))
    if (!inside(mark.getBoundingClientRect(), frame)) bad.push(title + ': a mark outside');
}
boxes.forEach((a, i) => { for (let j = 0; j < i; j++)
  if (!apart(a.getBoundingClientRect(), boxes[j].getBoundingClientRect())) bad.push('charts ' + i + ' and ' + j); });
for (const mark of document.querySelectorAll('.mark')) {
  const a = mark.getBoundingClientRect(), b = mark.nextElementSibling.getBoundingClientRect();
  if (a.right > b.left - 4 && a.bottom > b.top + 4) bad.push(mark.textContent + ' touches its verdict');
}
const shade = css => { const [r, g, b] = css.match(/[0-9.]+/g).map(Number).map(v => v / 255)
  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
const paper = shade(getComputedStyle(document.body).backgroundColor);
const contrasts = [...document.querySelectorAll('body, .soft, th, .mark, .advice')]
  .map(e => ratio(paper, shade(getComputedStyle(e).color)))
  .concat([...document.querySelectorAll('svg text')].map(e => ratio(paper, shade(getComputedStyle(e).fill))));
const found = {inner: innerWidth, scroll: document.documentElement.scrollWidth, charts: boxes.length, bad: bad,
  smallest: Math.min(...sizes), contrast: Math.min(...contrasts), paper: paper};
const result = document.createElement('pre'); result.id = 'measured'; result.textContent = JSON.stringify(found);
parent.document.body.append(result);
</script>"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A report and a comparison; each also with a script that measures it, in a frame as wide as the screen."""
    folder = tmp_path_factory.mktemp("pages")
    one = analyze_run(add_lists(make_run(folder / "one", n=1200)))
    unknown = Verdict("centre sector", "unknown", "the longest word of a verdict")
    one = replace(one, verdicts=(*one.verdicts, unknown))
    long = folder / "a_run_with_quite_a_long_name_as_people_give_them"
    other = analyze_run(add_lists(make_run(long, n=700, seed=2), 700))
    for name, text in (("report", html_report(one)), ("comparison", comparison_page([one, other]))):
        (folder / f"{name}.html").write_text(text)
        measured = html.escape(text.replace("</body>", MEASURE + "</body>"))
        for width in (390, 1280):  # a window itself cannot be as narrow as a phone
            frame = f'<iframe width="{width}" height="900" style="border:0" srcdoc="{measured}"></iframe>'
            head = '<!doctype html><meta name="color-scheme" content="light dark">'
            (folder / f"{name}_{width}.html").write_text(head + frame)
    return folder


def browse(folder, name, width, dark, *options):
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},900",
        f"--user-data-dir={folder / 'profile'}", f"--blink-settings=preferredColorScheme={0 if dark else 1}", *options,
        f"file://{folder / name}.html",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


LAYOUTS = product(("report", "comparison"), (390, 1280), (False, True))


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [
        pytest.param(name, width, dark, marks=[pytest.mark.slow] * ((name == "report") ^ (width == 390) ^ dark))
        for name, width, dark in LAYOUTS
    ],
)
def test_layout(pages, name, width, dark):
    document = browse(pages, f"{name}_{width}", 1400, dark, "--dump-dom")
    found = json.loads(html.unescape(re.search(r'</iframe>.*<pre id="measured">(.*?)</pre>', document, re.S)[1]))
    assert found["inner"] == width
    assert found["scroll"] <= width
    assert found["charts"] > 20
    assert found["bad"] == []
    assert found["smallest"] > 9.5
    assert found["contrast"] > 4.5
    assert (found["paper"] < 0.05) is dark


def test_picture(pages):
    path = pages / "phone.png"
    browse(pages, "report", 390, True, f"--screenshot={path}")
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (390, 900)
    assert len(data) > 10_000
