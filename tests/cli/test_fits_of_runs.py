"""From measurement to fit on a real run, each number computed a second time from the series; examples of the docs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from input_head import head

from lqcdnn.cli.main import main
from tests.cli.runs import generated, lqcdnn

ROOT = Path(__file__).parents[2]
INPUT = head([4, 4, 4, 8], "SU(2)", 2.0, name="run", trajectories=30, thermalization=10, seed=3, save_every=5) + """\
[update]
kind = "heatbath"
overrelaxation = 1
[observables.plaquette]
[observables.polyakov]
[observables.wilson_loop]
space = 3
time = 3
smearing = "ape"
steps = 2
[observables.flow]
time = 2.8
interval = 0.2
step = 0.1
along = ["topological_charge"]
[observables.topological_charge]
[observables.plaquette_correlator]
[observables.glueballs]
channels = ["A1++", "E++"]
loops = ["plaquette"]
steps = [0, 2]
[observables.pion]
mass = 0.5
[observables.mesons]
mass = 0.5
[observables.condensate]
mass = 0.5
method = "noise"
vectors = 2
[observables.strange_condensate]
mass = 1.0
method = "noise"
vectors = 2
"""
FITS = {
    "V": "potential(wilson_loop, 1, 1, 3)",
    "C": "creutz(wilson_loop)",
    "t": "t0(flow_t2E_clover, 0, 0.2)",
    "w": "w0(flow_t2E_clover, 0, 0.2)",
    "m": "effective(pion)",
    "G": "connected(plaquette_correlator)",
    "g": "gevp(glueball_a1pp, 0)",
    "h": "gevp(glueball_epp, 0, 2, 1)",
    "p": "cosh(pion, 1, 4)",
    "e": "effective_oscillating(meson_axial_time_t5)",
    "o": "oscillating(meson_axial_time_t5, 1, 4)",
}
OPTIONS = [word for name, text in FITS.items() for word in ("--fit", f"{name} = {text}")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated(tmp_path_factory.mktemp("fits"), INPUT)


def analyzed(folder: Path, *options: str) -> dict[str, Any]:
    """The analysis with some more options."""
    done = lqcdnn(folder, "analyze", "run", "--thermalization", "10", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def mean(folder: Path, file: str, key: str) -> np.ndarray:
    lines = map(json.loads, (folder / f"run/measure/{file}.jsonl").read_text().splitlines())
    return np.mean([line[key] for line in lines if line["trajectory"] > 10], axis=0)


@pytest.fixture(scope="module")
def fitted(folder: Path) -> dict[str, Any]:
    """The analysis with all fits."""
    return analyzed(folder, *OPTIONS, "--derive", "r = p.mass / m[3] * sqrt(t.t0)")


@pytest.fixture(scope="module")
def values(fitted: dict[str, Any]) -> dict[str, float]:
    fits = fitted["fits"]
    assert [fit["name"] for fit in fits] == list(FITS)
    found = {item["name"]: item for fit in fits for item in fit["parameters"]}
    assert all(item["error"] > 0.0 for item in found.values())
    return {name: item["mean"] for name, item in found.items()}


def test_loops(folder: Path, values: dict[str, float]) -> None:
    loops = mean(folder, "wilson_loop", "wilson_loop")
    potential = np.log(loops[:, 0] / loops[:, 1])  # three points and three parameters: the fit solves equations
    r = np.arange(1, 4)
    constant, tension, coulomb = np.linalg.solve(np.stack([np.ones(3), r, -1.0 / r], axis=1), potential)
    for name, value in (("V.V0", constant), ("V.sigma", tension), ("V.alpha", coulomb)):
        assert values[name] == pytest.approx(value, rel=1e-7)
    assert values["V.r0"] == pytest.approx(np.sqrt((1.65 - coulomb) / tension), rel=1e-7)
    ratio = loops[1, 1] * loops[0, 0] / (loops[0, 1] * loops[1, 0])
    assert values["C.2.2"] == pytest.approx(-np.log(ratio), rel=1e-10)


def test_flow_scales(folder: Path, values: dict[str, float]) -> None:
    curve = mean(folder, "flow", "flow_t2E_clover")
    times = 0.2 * np.arange(len(curve))
    nearest = np.argsort(np.abs(times - values["t.t0"]))[:4]
    cubic = np.polyfit(times[nearest], curve[nearest], 3)
    assert np.polyval(cubic, values["t.t0"]) == pytest.approx(0.3, rel=1e-8)
    t = values["w.w0"] ** 2
    nearest = np.argsort(np.abs(times - t))[:4]
    assert t * np.polyval(np.polyder(np.polyfit(times[nearest], curve[nearest], 3)), t) == pytest.approx(0.3, rel=1e-8)


def test_pion(folder: Path, values: dict[str, float]) -> None:
    pion = mean(folder, "pion", "pion")
    folded = (pion + np.roll(pion[::-1], 1)) / 2.0
    for t in (1, 2, 3):
        effective = np.arccosh((folded[t - 1] + folded[t + 1]) / (2.0 * folded[t]))
        assert values[f"m.{t}"] == pytest.approx(effective, rel=1e-9)
    assert values["p.mass"] == pytest.approx(values["m.3"], rel=0.05)
    shape = np.exp(-values["p.mass"] * 2) + np.exp(-values["p.mass"] * 6)
    assert values["p.amplitude"] * shape == pytest.approx(folded[2], rel=0.05)


def test_staggered_mesons(folder: Path, values: dict[str, float]) -> None:
    """Of a staggered field, as there is no fermion; four points and four parameters: the fit solves equations."""
    assert (mean(folder, "mesons", "meson_pseudoscalar_5") == mean(folder, "pion", "pion")).all()
    C = mean(folder, "mesons", "meson_axial_time_t5")
    C = (C + np.roll(C[::-1], 1)) / 2.0
    once = (np.roll(C, 1) + np.roll(C, -1)) / 2.0
    twice = (np.roll(once, 1) + np.roll(once, -1)) / 2.0
    difference, product = np.linalg.solve(np.stack([once, C], axis=1)[2:4], twice[2:4])
    roots = np.roots([1.0, -difference, -product])  # cosh m and -cosh M
    assert values["e.2"] == pytest.approx(np.arccosh(roots.max()), rel=1e-8)
    assert values["e.partner.2"] == pytest.approx(np.arccosh(-roots.min()), rel=1e-8)
    t = np.arange(1, 5)
    masses = (values["o.mass"], values["o.partner_mass"])
    parts = [np.exp(-mass * t) + np.exp(-mass * (8 - t)) for mass in masses]
    found = values["o.amplitude"] * parts[0] + values["o.partner_amplitude"] * (-1.0) ** t * parts[1]
    np.testing.assert_allclose(found, C[1:5], rtol=1e-5)
    assert values["o.partner_amplitude"] < 0.0


def test_connected_correlator(folder: Path, values: dict[str, float]) -> None:
    correlator = mean(folder, "plaquette_correlator", "plaquette_correlator")
    vacuum = mean(folder, "plaquette_correlator", "plaquette_correlator_vacuum")
    for t in range(5):
        expected = (correlator[t] + correlator[-t % 8]) / 2.0 - vacuum**2
        assert values[f"G.{t}"] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_glueballs(folder: Path, values: dict[str, float]) -> None:
    """Eigenvalues of C(0)^-1 C(t); with the eigenvectors of t = 1 the diagonal of v^T C(t) v."""
    vacuum = mean(folder, "glueballs", "glueball_a1pp_vacuum")
    for name, key, taken in (("g", "a1pp", np.outer(vacuum, vacuum)), ("h", "epp", np.zeros((2, 2)))):
        C = (mean(folder, "glueballs", f"glueball_{key}") - taken[:, :, None]).transpose(2, 0, 1)
        C = (C + np.roll(C[::-1], 1, axis=0)) / 2.0
        eigenvalues, v = np.linalg.eig(np.linalg.solve(C[0], C[1]))
        order = np.argsort(-eigenvalues.real)
        found = [values[f"{name}.lambda.{n}.1"] for n in (1, 2)]
        np.testing.assert_allclose(found, eigenvalues.real[order], rtol=1e-7)
        if name == "h":
            diagonal = [np.diag(v.T @ C[t] @ v)[order].real for t in range(5)]
            for t in (2, 3, 4):
                expected = diagonal[t] / diagonal[0]
                np.testing.assert_allclose([values[f"h.lambda.{n}.{t}"] for n in (1, 2)], expected, rtol=1e-6)


def test_glueballs_in_a_report(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.chdir(folder)
    fit = ["--fit", "E = gevp(glueball_epp, 0)"]
    assert main(["analyze", "run", "--thermalization", "10", "--plain", "--html", "page.html", *fit]) == 0
    said, page = capsys.readouterr().out, Path("page.html").read_text()
    assert re.search(r"^glueball_a1pp +matrix of 2 x 2 lists of 8 numbers, as gevp takes it$", said, re.M)
    for word in ("E.lambda.1.1", "E = gevp(glueball_epp, 0)"):
        assert word in said
        assert word in page
    assert "<h3>E.lambda</h3>" in page
    assert "state = 2" in page


def test_from_files_to_a_scale(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """Files measured with --configs give the same scale as the series of their run at the same trajectories."""
    monkeypatch.chdir(folder)
    files = sorted(map(str, Path("run/configs").glob("*.h5")))
    flow = ["time=2.8", "interval=0.2", "step=0.1"]
    options = [word for change in flow for word in ("--set", f"observables.flow.{change}")]
    assert main(["measure", "--configs", *files, "--observables", "flow", *options, "-o", "flow.json"]) == 0
    capsys.readouterr()
    fit = ["--fit", "t = t0(flow_t2E_clover, 0, 0.2)", "--thermalization", "0", "--json"]
    assert main(["analyze", "--series", "flow.json", *fit]) == 0
    document = json.loads(capsys.readouterr().out)
    assert not [item["name"] for item in document["observables"] if item["name"].startswith("shape")]
    (found,) = document["fits"][0]["parameters"]
    assert found["n"] == len(files) >= 5
    saved = {record["trajectory"] for record in json.loads(Path("flow.json").read_text())}
    lines = [json.loads(line) for line in Path("run/measure/flow.jsonl").read_text().splitlines()]
    kept = [json.dumps(line) for line in lines if line["trajectory"] in saved]
    Path("kept.jsonl").write_text("\n".join(kept) + "\n")
    assert main(["analyze", "--series", "kept.jsonl", *fit]) == 0
    assert json.loads(capsys.readouterr().out)["fits"][0]["parameters"][0]["mean"] == found["mean"]


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        ("t = t0(flow_t2E_clover, 0, 0.1)", ["not 0, 0.1, ... ", "hint: write t0(flow_t2E_clover, 0, 0.2)"]),
        ("E = gevp(pion, 0)", ["no matrix of correlators pion", "hint: matrices: glueball_a1pp, glueball_epp"]),
        ("E = gevp(glueball_epp, 3)", ["T0 = 3; allowed: 0 to 2"]),
        ("m = cosh(pio, 1, 4)", ["no vector of series 'pio'", "hint: vectors: plaquette_correlator, flow_t2E_clover,"]),
    ],
)
def test_refused_fits(folder: Path, capsys: pytest.CaptureFixture, fit: str, words: list[str]) -> None:
    assert main(["analyze", str(folder / "run"), "--fit", fit]) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in words)
    assert ".11" not in said


def documented() -> list[str]:
    """Definitions of derived quantities in the docs: options of commands, and the list in the section on them.

    Not those of mesons, which a pure gauge theory has no quarks for, of the Schroedinger functional and slices between
    fixed links, of two gauges and of projected links, which this run does not have, nor of numbers of fits, which are
    those of other inputs.
    """
    found, elsewhere = [], ("$(", "NAME", "meson_", "schroedinger_", "_slices", "gauge_fixing", "gluon_", "center_")
    of_fits = re.compile(r"\b(?!polyakov)\w+\.[a-z]|\b(F|ZP|scalar)\[")
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        options = re.findall(r'--derive "([^"]*)"', text)
        found += [one for one in options if not any(part in one for part in elsewhere) and not of_fits.search(one)]
        section = re.search(r"^## Derived quantities\n(.*?)^## ", text, re.M | re.S)
        found += re.findall(r"^    (\w+ = .*)$", section[1], re.M) if section else []
    return list(dict.fromkeys(found))


def test_documented_definitions(folder: Path) -> None:
    """Those with names of their own in one analysis."""
    definitions = documented()
    assert len(definitions) >= 6
    while definitions:
        first = {definition.split(" = ")[0]: definition for definition in reversed(definitions)}
        together = [definition for definition in definitions if definition in first.values()]
        found = analyzed(folder, *(word for definition in together for word in ("--derive", definition)))["derived"]
        assert [derived["source"] for derived in found] == together
        for derived in found:
            assert np.isfinite(derived["mean"])
            assert derived["error"] > 0.0
        definitions = [definition for definition in definitions if definition not in together]


def test_parameters_in_definitions(fitted: dict[str, Any], values: dict[str, float]) -> None:
    (derived,) = fitted["derived"]
    assert derived["mean"] == pytest.approx(values["p.mass"] / values["m.3"] * values["t.t0"] ** 0.5, rel=1e-6)
    assert derived["error"] > 0.0
