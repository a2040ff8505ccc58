"""Baryons and mesons of two quarks on files, up to their masses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from reference import samples
from reference.matrices import exponential

from lqcdnn.cli.main import main
from lqcdnn.storage.formats import write_configuration

INPUT = """
[valence.light]
kind = "wilson"
mass = 0.3
[valence.strange]
kind = "wilson"
mass = 0.8
[observables.baryons]
fermion = "light"
[observables.strange_mesons]
fermion = "light"
antiquark = "strange"
"""
FITS = {
    "n": "exponential(baryon_nucleon, 1, 2)",
    "e": "effective_exponential(baryon_delta)",
    "k": "effective(strange_meson_pseudoscalar)",
}
OPTIONS = [word for name, text in FITS.items() for word in ("--fit", f"{name} = {text}")]


def test_masses_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(4)
    Path("in.toml").write_text(INPUT)
    for i in range(8):
        links = exponential(0.3 * samples.algebra(rng, (2, 2, 2, 8), 3))
        write_configuration(Path(f"{i}.h5"), links, "SU(3)", {"trajectory": i + 1})
    assert main(["measure", "--configs", *(f"{i}.h5" for i in range(8)), "in.toml", "-o", "files.json"]) == 0
    records = json.loads(Path("files.json").read_text())
    nucleon, delta, kaon = (
        np.mean([record[key] for record in records], axis=0)
        for key in ("baryon_nucleon", "baryon_delta", "strange_meson_pseudoscalar")
    )
    quark = records[0]["strange_mesons_options"]["meson_options"]
    assert (quark["mass"], quark["antiquark_mass"]) == (0.3, 0.8)
    assert quark["antiquark"] == {"fermion": "strange", "kind": "wilson", "csw": 0.0}
    folded = (kaon + np.roll(kaon[::-1], 1)) / 2.0
    mass = np.log(nucleon[1] / nucleon[2])  # two points and two parameters: the fit solves equations
    expected = {
        "n.mass": mass,
        "n.amplitude": nucleon[1] * np.exp(mass),
        "e.1": np.log(delta[1] / delta[2]),
        "k.2": np.arccosh((folded[1] + folded[3]) / (2.0 * folded[2])),
    }
    capsys.readouterr()
    assert main(["analyze", "--series", "files.json", "--thermalization", "0", *OPTIONS, "--json"]) == 0
    fits = json.loads(capsys.readouterr().out)["fits"]
    found = {item["name"]: item for fit in fits for item in fit["parameters"]}
    for name, value in expected.items():
        assert found[name]["mean"] == pytest.approx(value, rel=1e-7)
        assert found[name]["error"] > 0.0
    assert main(["measure", "--configs", "0.h5", "in.toml"]) == 0
    assert "baryon_nucleon_negative" in capsys.readouterr().out
