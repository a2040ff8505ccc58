"""Mean values of lists in the text of an analysis."""

import json

import numpy as np
import pytest

from lqcdnn.jobs.analyze import analyze_series
from lqcdnn.report.terminal.table import MOST_LINES, analysis_text


@pytest.mark.parametrize(("count", "whole"), [(3, True), (40, False)])
def test_many_lists_are_a_line_each(count, whole, tmp_path):
    rows = 1.0 + np.random.default_rng(5).random((20, count, 32))
    lines = [{f"c{i:02}": list(one) for i, one in enumerate(row)} for row in rows]
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"trajectory": n, **line}) + "\n" for n, line in enumerate(lines, 1)))
    text = analysis_text(analyze_series(path, thermalization=0), sparklines=False, lists_in_full=False).splitlines()
    begin = next(i for i, line in enumerate(text) if line.startswith("c00"))
    found = text[begin : next(i for i in range(begin, len(text)) if not text[i])]
    assert len(found) < MOST_LINES
    assert [line[:3] for line in found if line.startswith("c")] == [f"c{i:02}" for i in range(count)]
    assert (len(found) > count) == whole
    assert all(line.endswith(", ... (32 numbers)") != whole for line in found)
    assert max(map(len, found)) <= 100
    numbers = [line.split()[1:] for line in found if line.startswith("c")]
    first = [f"{rows[:, i, 0].mean():.2f}" for i in range(count)]
    assert [one[0][:4] for one in numbers] == first
