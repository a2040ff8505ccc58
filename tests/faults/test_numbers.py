"""NaN in links, force and weights, a solver that cannot converge: exit code 5 at once, the last checkpoint stands."""

from pathlib import Path

import pytest

from tests.cli.runs import content
from tests.faults.harness import Server, last_checkpoint, place, same_content, sound
from tests.faults.inputs import QUENCHED, SMALL_STAGGERED, TRAINED

AFTER = """
import importlib, numpy as np
owner = getattr(importlib.import_module({module!r}), {owner!r})
original, count = owner.{name}, 0
def changed(self, *arguments, **named):
    global count
    count += 1
    if count >= {nth}:
        {before}
    result = original(self, *arguments, **named)
    if count >= {nth}:
        {after}
    return result
owner.{name} = changed
"""
POISON = ".view(np.float64).reshape(-1)[5] = "


def fault(module: str, owner: str, name: str, nth: int, before: str = "pass", after: str = "pass") -> str:
    return AFTER.format(module=module, owner=owner, name=name, nth=nth, before=before, after=after)


def faults(value: str) -> dict[str, str]:
    """Code that spoils a number in the fourth trajectory."""
    return {
        "links": fault("lqcdnn.update.hmc", "HMC", "integrate", 4, before=f"arguments[0]{POISON}{value}"),
        "momenta": fault("lqcdnn.update.hmc", "HMC", "integrate", 4, after=f"arguments[1]{POISON}{value}"),
        "force": fault("lqcdnn.actions.hamiltonian", "Hamiltonian", "kick", 10, after=f"arguments[0]{POISON}{value}"),
        "state": fault("lqcdnn.update.hmc", "HMC", "step", 4, before=f"arguments[0].U{POISON}{value}"),
    }


@pytest.mark.parametrize("value", ["np.nan", "np.inf", "1e300"])
@pytest.mark.parametrize("where", faults(""))
@pytest.mark.parametrize("text", [QUENCHED, SMALL_STAGGERED, TRAINED], ids=["quenched", "staggered", "guided"])
def test_a_number_that_is_not_finite(server: Server, tmp_path: Path, text: str, where: str, value: str) -> None:
    whole = place(tmp_path / "whole", text)
    assert server.run(whole, "generate", "in.toml").status == 0
    folder = place(tmp_path / "run", text)
    assert server.run(folder, "train" if "[train]" in text else "validate", "in.toml").status == 0
    failed = server.run(folder, "generate", "in.toml", code=faults(value)[where])
    assert failed.status == 5, failed.err
    assert "lqcdnn: error:" in failed.err
    done = (folder / "run/journal.jsonl").read_bytes().count(b"\n")
    assert done <= 4
    assert last_checkpoint(folder / "run")[0] == 2
    sound(folder / "run")
    assert server.run(folder, "generate", "in.toml").status == 0
    same_content(folder / "run", content(whole / "run"))


def test_weights_that_become_nan_in_training(server: Server, tmp_path: Path) -> None:
    folder = place(tmp_path, TRAINED)
    code = fault("lqcdnn.network.optimizers", "SGD", "update", 5, after="result = np.full_like(result, np.nan)")
    failed = server.run(folder, "train", "in.toml", code=code)
    assert failed.status == 5, failed.err
    assert not (folder / "run/train/weights.h5").exists()
    assert server.run(folder, "train", "in.toml").status == 0
    sound(folder / "run")


def test_solver_that_cannot_converge(server: Server, tmp_path: Path) -> None:
    whole = place(tmp_path / "whole", SMALL_STAGGERED)
    assert server.run(whole, "generate", "in.toml").status == 0
    folder = place(tmp_path / "run", SMALL_STAGGERED)
    assert server.run(folder, "generate", "in.toml", "--set", "run.trajectories=3").status == 0
    before = last_checkpoint(folder / "run")
    failed = server.run(folder, "generate", "in.toml", "--set", "action.fermion.1.max_iterations=2")
    assert failed.status == 5
    assert "no convergence" in failed.err
    assert last_checkpoint(folder / "run") == before
    assert server.run(folder, "generate", "in.toml").status == 0
    same_content(folder / "run", content(whole / "run"))
