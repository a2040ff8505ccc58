"""Quarks in momentum space as a user meets them: runs resumed and measured afterwards, the analysis, wrong requests."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from input_head import head

from tests.cli.runs import assert_measured_afterwards_the_same, assert_resumes_in_pieces, generated, lqcdnn

INPUT = head(
    [4, 4], "U(1)", 3.0, name="small", trajectories=40, thermalization=2, seed=7, save_every=2, checkpoint_every=2
) + """\
[update]
kind = "heatbath"
[valence.light]
kind = "wilson"
mass = 0.2
"""
MEASURED = """
[observables.quark_propagator]
every = 2
[observables.quark_vertices]
every = 2
momenta = [[0, 0], [1, 0]]
gauge_copies = 2
[analyze]
fit = ["Zq = quark_field(quark_propagator)", "ZS = rimom(quark_vertex_scalar)", "ZP = rimom(quark_vertex_pseudoscalar)"]
derive = ["ratio = ZP[2] / ZS[2]"]
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with an uninterrupted run."""
    return generated(tmp_path_factory.mktemp("momenta"), INPUT + MEASURED)


def test_resumed(folder: Path) -> None:
    assert_resumes_in_pieces(folder, 7, 23, 40)


def test_stored_configurations(folder: Path, tmp_path: Path) -> None:
    names = ("quark_propagator", "quark_vertices")
    assert_measured_afterwards_the_same(folder, tmp_path, MEASURED, names, list(range(4, 43, 2)))


def test_analysis(folder: Path) -> None:
    """Constants and their ratio; coefficients are one line and no picture."""
    done = lqcdnn(folder, "analyze", "small", "--json", "--html")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    fits = {one["name"]: {item["name"]: item for item in one["parameters"]} for one in found["fits"]}
    assert list(fits["ZS"]) == ["ZS.1", "ZS.2"]
    (ratio,) = (one for one in found["derived"] if one["name"] == "ratio")
    assert ratio["mean"] == pytest.approx(fits["ZP"]["ZP.2"]["mean"] / fits["ZS"]["ZS.2"]["mean"], rel=1e-12)
    report = (folder / "small/analyze/report.html").read_text()
    assert "Z of scalar" in report
    assert ">quark_vertex_scalar<" not in report
    done = lqcdnn(folder, "analyze", "small")
    assert re.search(r"^quark_vertex_scalar +2 lists of 6 numbers, as rimom or rismom takes them$", done.stdout, re.M)


def test_wrong_requests(folder: Path) -> None:
    done = lqcdnn(folder, "analyze", "small", "--fit", "Z = rismom(quark_vertex_scalar)")
    assert done.returncode == 2
    assert "was measured at p1 = p2" in done.stderr
    assert "rimom(quark_vertex_scalar)" in done.stderr
    done = lqcdnn(folder, "measure", "in.toml", "--set", "observables.quark_vertices.kinematics=symmetric")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
