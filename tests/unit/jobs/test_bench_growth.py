"""Memory of a trajectory; reading of the time records of a run."""

import json

import pytest

from lqcdnn.jobs.bench.growth import bench_memory
from lqcdnn.jobs.bench.scaling import wall


@pytest.mark.slow
def test_a_trajectory_holds_little_more_than_the_fields_that_must_exist():
    for memory in bench_memory((8, 8, 8, 8)):
        assert 0.9 < memory.ratio < 1.2, memory


def test_wall_time_leaves_out_the_first_trajectory_of_a_session_and_files(tmp_path):
    records = [(1, 1, True, 9.0, 4.0), (2, 3, False, 1.5, 0.5), (4, 4, False, 0.75, 0.25)]
    names = "first", "trajectory", "start", "wall", "wall_io"
    lines = [json.dumps(dict(zip(names, record, strict=True))) for record in records]
    (tmp_path / "timing.jsonl").write_text("\n".join(lines))
    assert wall(tmp_path) == 0.5
