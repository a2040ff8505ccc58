"""The same bits from 1, 2, 3 and 5 threads, on 4^4, for every kind of update."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lqcdnn.storage.formats import read_configuration
from tests.cli.runs import environment
from tests.faults.harness import ROOT, place
from tests.faults.inputs import QUENCHED, STAGGERED

SHORT = QUENCHED.replace("trajectories = 4", "trajectories = 5").replace(
    "thermalization = 1", "thermalization = 0").replace("save_every = 2", "save_every = 1")  # fmt: skip
DYNAMICAL = STAGGERED.replace("save_every = 2", "save_every = 1")
HEAT_BATH = SHORT.replace("steps = 3", 'kind = "heatbath"\noverrelaxation = 1')
TEMPERING = "[update.tempering]\ncouplings = [1.0, 0.4, 0.0]\nside = 2\n"
FLOW = """[update.evolution]
start_beta = 2.0
steps = 2
between = 1
networks = ["map"]
[network.map]
masked = true
[[network.map.layer]]
loops = ["plaquette"]
initial = 0.004
"""
MAP = """[train]
base_beta = 1.8
trajectories = 3
optimizer = "least_squares"
rate = 1e-3
[network.map]
masked = true
[[network.map.layer]]
loops = ["plaquette"]
channels = [2]
"""
DEFECT = '[update.evolution]\nsteps = 2\nbetween = 1\n[update.evolution.defect]\nside = 2\n'
INPUTS = {
    "heat bath": HEAT_BATH,
    "tempering": HEAT_BATH + TEMPERING,
    "HMC with tempering": SHORT + TEMPERING,
    "stochastic flow": HEAT_BATH + FLOW,
    "local weights": SHORT.replace("steps = 3", 'steps = 3\ntransformation = "map"') + MAP,
    "HMC from a defect": SHORT + DEFECT,
    "SU(2)": SHORT,
    "SU(3)": SHORT.replace("SU(2)", "SU(3)").replace("beta = 2.2", "beta = 5.7"),
    "twist": SHORT.replace('"SU(2)"', '"SU(3)"\ntwist = {xy = 1, zt = 2}').replace("beta = 2.2", "beta = 5.7"),
    "heat bath with twist": HEAT_BATH.replace('"SU(2)"', '"SU(2)"\ntwist = {xy = 1, zt = 1}'),
    "staggered": DYNAMICAL,
    "SLMC": DYNAMICAL.replace("mass = 0.5", 'mass = 0.5\ndeterminant = "exact"').replace("[update]",
        "[guide]\nfermion = []\n[update]\nkind = 'slmc'").replace("steps = 3", ""),
    "links of 16 bits": DYNAMICAL.replace("mass = 0.5", 'mass = 0.5\nsolver = "half"'),
    "SLHMC": DYNAMICAL + '[[guide.fermion]]\nmass = 0.6\nlinks = "net"\n[[network.net.layer]]\n'
    'loops = ["plaquette"]\ninitial = 0.05\n',
}
PROGRAM = """
import sys
from lqcdnn.cli.main import main
for name in sys.argv[1:]:
    code = main(["generate", name + ".toml", "--plain"])
    if code:
        sys.exit(code)
"""


def bits(folder: Path, threads: int) -> dict[str, Any]:
    """sha256 of the links and the bits of dH (work, or the plaquette) of every trajectory, from one process."""
    names = []
    for number, text in enumerate(INPUTS.values()):
        place(folder, text.replace('name = "run"', f'name = "run{number}"'), f"{number}.toml")
        names.append(str(number))
    done = subprocess.run([sys.executable, "-c", PROGRAM, *names], cwd=folder, capture_output=True, text=True,
                          env={**environment(threads), "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = {}
    for number, name in enumerate(INPUTS):
        run = folder / f"run{number}"
        configurations = [read_configuration(path).links for path in sorted((run / "configs").iterdir())]
        lines = [json.loads(line) for line in (run / "journal.jsonl").read_bytes().splitlines()]
        found[name] = (
            [hashlib.sha256(links.tobytes()).hexdigest() for links in configurations],
            [line.get("dH", line.get("work", line["plaquette"])).hex() for line in lines],
        )
        assert len(configurations) == len(lines) == 5
    return found


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return bits(tmp_path_factory.mktemp("serial"), 1)


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_the_same_bits(tmp_path: Path, serial: dict[str, Any], threads: int) -> None:
    assert bits(tmp_path, threads) == serial
