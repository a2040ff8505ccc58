"""Terms of the action and observables in a Python file of the user: the page about them, and what is refused."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from builders import Place
from cli.runs import lqcdnn
from derivative import assert_gradient
from input_head import head

from lqcdnn.actions.custom import CustomAction
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.load import load
from lqcdnn.storage.customcode import CustomCode

PAGE = Path(__file__).parents[2] / "docs/custom.md"
MINE = "\n\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL))
WILSON = MINE.replace("-0.5 * c * (plaquettes(links) ** 2).sum()", "c * (1 - plaquettes(links)).sum()").replace(
    "p, k = -c / links.shape[-1] * plaquettes(links)[..., None, None], 0", "p, k = -c / links.shape[-1] * np.ones(9), 0"
)
HEAD = head([4, 8], "U(1)", 1.5, name="run", trajectories=4, seed=3, save_every=2)
UPDATE = '[update]\nsteps = 4\nintegrator = "leapfrog"\n'
TERM = '[action.custom]\nfile = "mine.py"\nparameters = [0.5]\n'
OBSERVED = '[observables.custom]\nfile = "mine.py"\n'
OTHER = OBSERVED.replace("custom", "own_custom")
GUIDE = TERM.replace("action", "guide")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(WILSON)
    return tmp_path


def run(folder: Path, text: str, *options: str):
    (folder / "in.toml").write_text(HEAD + text)
    return lqcdnn(folder, "generate", "in.toml", *options)


def lines(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


@pytest.mark.parametrize(("name", "shape"), [("U(1)", (4, 8)), ("SU(2)", (2, 4, 2, 4)), ("SU(3)", (2, 2, 4, 2))])
def test_the_gradient_of_the_page_is_that_of_its_value(tmp_path, name, shape):
    (tmp_path / "mine.py").write_text(MINE)
    code, p = CustomCode(str(tmp_path / "mine.py"), "action.custom.file"), Place(name, shape)
    value, gradient = code.function("value"), code.function("gradient")
    assert_gradient(CustomAction(p.lattice, lambda U: value(U, 0.8), lambda U: gradient(U, 0.8), -1.3), p.U)


def test_a_part_of_the_action_drives_and_decides_as_the_action_does(folder):
    """beta = 1.5 and 0.5 from the file are beta = 2, in the action and in a guide."""
    done = run(folder, TERM + UPDATE, "--set", "run.initial=hot")
    assert done.returncode == 0, done.stderr
    plain = ("--set", "run.initial=hot", "--set", "action.gauge.beta=2.0", "--set")
    assert run(folder, UPDATE, *plain, "run.name=plain").returncode == 0
    guided = run(folder, "[guide.gauge]\nbeta = 1.5\n" + GUIDE + UPDATE, *plain, "run.name=guided")
    assert guided.returncode == 0, guided.stderr
    found = [[one["dH"] for one in lines(folder, f"{name}/journal.jsonl")] for name in ("run", "plain", "guided")]
    assert max(map(abs, found[1])) > 1e-2
    np.testing.assert_allclose(found[0], found[1], atol=1e-10)
    np.testing.assert_allclose(found[2], found[1], atol=1e-10)


def test_a_chain_goes_on_with_the_file_it_began_with(folder):
    assert run(folder, TERM + UPDATE, "--set", "run.trajectories=2").returncode == 0
    assert run(folder, TERM + UPDATE).returncode == 0
    assert run(folder, TERM + UPDATE, "--set", "run.name=whole").returncode == 0
    both = [(folder / f"{name}/configs/cfg_00000004.h5").read_bytes() for name in ("run", "whole")]
    assert both[0] == both[1]
    (folder / "mine.py").write_text(WILSON + "\n")
    refused = run(folder, TERM + UPDATE, "--set", "run.trajectories=6")
    assert refused.returncode == 2
    assert "action.custom.file: the file has changed since this run began" in refused.stderr


def test_numbers_of_the_page_are_series(folder):
    observed = OBSERVED + OBSERVED.replace("custom", "time_custom") + 'function = "second"\nparameters = [3]\n'
    second = "def second(links, factor):\n    return factor * links[-1].real.mean()\n"
    (folder / "mine.py").write_text(f"{MINE}\n\n{second}")
    done = run(folder, observed + "[observables.plaquette]\n" + UPDATE)
    assert done.returncode == 0, done.stderr
    found = [lines(folder, f"run/measure/{name}.jsonl")[-1] for name in ("custom", "time_custom", "plaquette")]
    assert found[0]["custom_planes"] == [pytest.approx(found[2]["plaquette"], abs=1e-14)]
    assert 0 < found[0]["custom_variance"] < 1
    assert -3 < found[1]["time_custom"] < 3
    (folder / "run/measure/custom.jsonl").unlink()
    assert lqcdnn(folder, "measure", "in.toml").returncode == 0
    assert lines(folder, "run/measure/custom.jsonl")[-1]["custom_variance"] == found[0]["custom_variance"]
    assert "time_custom" in lqcdnn(folder, "analyze", "run").stdout


def test_a_guide_has_the_term_of_the_action_or_its_own(folder):
    guide = "[guide.gauge]\nbeta = 1.0\n[guide.custom]\ncoefficient = 0\n"
    (folder / "in.toml").write_text(HEAD + TERM + guide + UPDATE)
    config = load(folder / "in.toml")
    assert config.guide.custom.file == "mine.py"
    assert config.guide.custom.parameters == (0.5,)
    assert config.levels[0].terms == ("gauge", "custom")
    (folder / "again.toml").write_text(resolved_toml(config))
    assert load(folder / "again.toml").guide == config.guide
    assert load(folder / "in.toml", ["guide.custom.file=other.py"]).guide.custom.parameters == ()


FERMION = '[[action.fermion]]\nkind = "staggered"\nflavors = 2\nmass = 0.5\n'


def other(old: str, new: str, code: str = WILSON) -> str:
    """The file with one thing changed."""
    assert old in code
    return code.replace(old, new)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (TERM.replace("mine", "no"), WILSON, "action.custom.file: cannot read no.py (no such file or directory)"),
        (TERM, other("def gradient", "def slope"), "mine.py has no function gradient"),
        (TERM, "import numpy\nx = = 1\n", "mine.py, line 2: invalid syntax"),
        (TERM, other("return c", "return c / 0"), "mine.py, line 22, in value: ZeroDivisionError: float division"),
        (TERM, other("return c", "return 1j * c"), "value returns numbers of type complex128; allowed: a real number"),
        (TERM, other("return c", "return np.nan * c"), "value returns nan; allowed: a finite number"),
        (TERM, other("return c", "return np.random.rand()"), "value returns another number for the same links"),
        (TERM, other("return found\n", "return found.conj()\n"), "gradient says"),
        (TERM, other("p[k] * (a @ b @ d", "0 * (a @ b @ d"), "allowed: dS/d Re U + i dS/d Im U of value"),
        (TERM, other("return found\n", "return found[0]\n"), "numbers of the shape of the links, (2, 4, 8, 1, 1)"),
        (OBSERVED, other("p.var()", "1j", MINE), "mine.py: variance has those of type complex128; allowed: real"),
        (TERM, other("return found\n", "return found * (1 + 1e-9 * np.random.rand())\n"), "gradient returns others"),
        (TERM, other("return c", "raise SystemExit(0)\n    c"), "mine.py, line 22, in value: SystemExit: 0"),
        (OBSERVED, other('"variance"', '"a b"', MINE), "names a number 'a b'; allowed: letters, digits and _"),
        (OBSERVED, other('"variance"', '"options"', MINE), "names a number 'options'; allowed"),
        (OBSERVED, other('"variance"', '"quark"', MINE), "but for options, links, quark, gauge_functional"),
        (OBSERVED, other("p.var()", "links[7]", MINE), ", in measure: IndexError: index 7 is out of bounds"),
        (OBSERVED, "def measure(U):\n    U.sum()\n", "measure of mine.py has none; allowed: real numbers"),
        (OTHER, "def measure(U):\n    return {}\n", "observables.own_custom.file: measure of mine.py has no numbers"),
        (TERM + '[update]\nkind = "heatbath"\n', WILSON, 'action.custom: given with update.kind = "heatbath"'),
        (FERMION + "[guide]\nfermion = []\n", WILSON, "guide.fermion: found 0 tables"),
    ],
)
def test_what_cannot_be_is_refused(folder, text, code, message):
    (folder / "mine.py").write_text(code)
    refused = run(folder, text if "update" in text else text + UPDATE)
    assert refused.returncode == 2, refused.stderr
    assert message in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("name", "said"), [("value", "nan"), ("gradient", "inf")])
def test_what_is_not_finite_on_the_way_is_put_down_to_the_file(folder, name, said):
    """Not to the integrator: of these calls the first are those of the check."""
    late = f"given, calls = {name}, []\n\n\ndef {name}(links, c):\n    calls.append(1)\n"
    last = f"    return given(links, c) * (np.{said} if len(calls) == 14 else 1.0)\n"
    (folder / "mine.py").write_text(f"{WILSON}\n\n{late}{last}")
    failed = run(folder, TERM + UPDATE)
    assert failed.returncode == 2, failed.stderr
    expected = rf"action.custom.file: mine.py: {name} returns .*{said}.*; allowed: "
    assert re.search(expected, " ".join(failed.stderr.split()))
    assert "integrator" not in failed.stderr


@pytest.mark.parametrize(
    ("first", "later", "said"),
    [
        ("{'a': 1.0, 'b': 2.0}", "{'a': 1.0}", "returned a number as custom_b before, now nothing"),
        ("[1.0, 2.0]", "[1.0, 2.0, 3.0]", "returned numbers of shape (2,) as custom before, now numbers of shape (3,)"),
    ],
)
def test_numbers_of_an_observable_are_the_same_for_all_configurations(folder, first, later, said):
    """Within a command, and where another goes on."""
    code = "from pathlib import Path\n\n\ndef measure(links):\n    return {} if Path('now').exists() else {}\n"
    (folder / "mine.py").write_text(code.format(later, first))
    assert run(folder, OBSERVED + UPDATE, "--set", "run.trajectories=2").returncode == 0
    before = (folder / "run/measure/custom.jsonl").read_bytes()
    (folder / "now").touch()
    failed = run(folder, OBSERVED + UPDATE)
    assert failed.returncode == 2
    assert f"measure of mine.py {said}; allowed: the same" in " ".join(failed.stderr.split())
    assert (folder / "run/measure/custom.jsonl").read_bytes() == before
    code = "calls = []\n\n\ndef measure(links):\n    calls.append(1)\n    return {} if len(calls) > 1 else {}\n"
    (folder / "mine.py").write_text(code.format(later, first))
    failed = run(folder, OBSERVED + UPDATE, "--set", "run.name=other")
    assert said in " ".join(failed.stderr.split())
    assert len(lines(folder, "other/measure/custom.jsonl")) == 1


def test_a_guide_may_stand_for_quarks_and_need_not_be_invariant(folder):
    (folder / "mine.py").write_text(
        "import numpy as np\n\n\ndef value(links):\n    return links.real.sum()\n\n\n"
        "def gradient(links):\n    return np.ones_like(links)\n"
    )
    guide = "[guide]\nfermion = []\n[guide.gauge]\nbeta = 1.4\n[guide.custom]\nfile = 'mine.py'\ncoefficient = 0.01\n"
    done = run(folder, FERMION + guide + UPDATE)
    assert done.returncode == 0, done.stderr
    assert "a gauge transformation changes its value" in " ".join(done.stderr.split())
