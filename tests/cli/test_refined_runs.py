"""Runs that begin with refined configurations, and ``lqcdnn convert --refine``, ``--block`` and ``--flow``."""

import json

import numpy as np
import pytest
from input_head import head
from reference import samples

from lqcdnn.cli.main import main
from lqcdnn.config import load
from lqcdnn.jobs.library import prepare
from lqcdnn.jobs.replicas import are_replicas
from lqcdnn.lattice.geometry import Lattice
from lqcdnn.network.flow import GradientFlow, velocity
from lqcdnn.storage.formats import read_configuration, write_configuration
from tests.cli.runs import generated
from tests.cli.test_convert import HIREP, refused, run

HEATBATH = '[update]\nkind = "heatbath"\n'
COARSE = head([4, 8], "U(1)", 2.0, name="coarse", trajectories=2, save_every=1, seed=1) + HEATBATH
FINE = head(
    [8, 16], "U(1)", 5.0, name="fine", trajectories=2, save_every=1, seed=1, initial="coarse/configs/cfg_00000001.h5",
    refine=2
) + HEATBATH  # fmt: skip


@pytest.fixture
def coarse(tmp_path, monkeypatch):
    """The folder of a run on a coarse lattice."""
    generated(tmp_path, COARSE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_refined_start_is_that_of_a_refined_file(coarse, capsys):
    cfg = "coarse/configs/cfg_00000001.h5"
    assert run(cfg, "fine.h5", "--refine", "2", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["shape"], done["target_shape"]) == ([4, 8], [8, 16])
    generated(coarse, FINE)
    (coarse / "fine.toml").write_text(FINE)
    sim, state = prepare(load(coarse / "fine.toml"))
    found = read_configuration("fine.h5")
    assert found.attributes["refined"] == [2, 2]
    np.testing.assert_array_equal(sim.lattice.to_user(state.U), found.links)
    generated(coarse, FINE.replace(cfg, "fine.h5").replace("refine = 2\n", "").replace('"fine"', '"plain"'))
    assert (coarse / "fine/journal.jsonl").read_bytes() == (coarse / "plain/journal.jsonl").read_bytes()
    assert run("fine.h5", "back.h5", "--block", "2,2") == 0
    assert "sites  4x8\n" in capsys.readouterr().out
    np.testing.assert_array_equal(read_configuration("back.h5").links, read_configuration(cfg).links)
    assert main(["verify", "fine"]) == 0


def test_chains_from_several_configurations_are_replicas(coarse):
    generated(coarse, FINE)
    generated(coarse, FINE.replace('"fine"', '"other"').replace("seed = 1", "seed = 2").replace("0001.h5", "0002.h5"))
    assert are_replicas(["fine", "other"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[8, 16]", "[8, 8]", "coarse/configs/cfg_00000001.h5 holds U(1) on 4x8; allowed: U(1) on 4x4"),
        ("refine = 2\n", "", "holds U(1) on 4x8; allowed: U(1) on 8x16, as in [lattice]"),
        ("cfg_00000001", "cfg_00000009", "no such file"),
        ("coarse/configs/cfg_00000001", "open", "open.h5: time = open; links are refined with periodic boundaries"),
    ],
)
def test_starts_refused(coarse, capsys, old, new, message):
    write_configuration("open.h5", np.ones((2, 4, 8, 1, 1), complex), "U(1)", {"time": "open"})
    (coarse / "in.toml").write_text(FINE.replace(old, new))
    assert main(["generate", "in.toml"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "run.initial: " in error
    assert not (coarse / "fine").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--block", "3"), "factors 3; allowed in d = 2: 2, or 2 of 1 and 2, such as 2,1"),
        (("--refine", "1,1"), "factors 1,1; allowed"),
        (("--refine", "2,2,2"), "factors 2,2,2; allowed"),
        (("--block", "2"), "extents 2x6; allowed where the factor is 2: even ones of 4 or more"),
        (("--block", "1,2", "--refine", "2"), "refined or blocked, not both"),
        (("--flow", "0"), "flow time 0.0; allowed: a number above 0"),
        (("--flow", "nan"), "flow time nan"),
        (("--refine", "two"), "not a list of integers"),
    ],
)
def test_conversions_refused(arguments, message, tmp_path, capsys):
    write_configuration(tmp_path / "u.h5", np.ones((2, 2, 6, 1, 1), complex), "U(1)")
    assert message in refused(capsys, 2, tmp_path / "u.h5", tmp_path / "v.h5", *arguments)
    assert not (tmp_path / "v.h5").exists()


def test_attributes_have_the_factors_of_all_conversions(tmp_path):
    """By direction, and no gauge, in which blocks are not."""
    a, b, c, d = (tmp_path / f"{name}.h5" for name in "abcd")
    write_configuration(a, np.ones((2, 8, 16, 1, 1), complex), "U(1)", {"gauge": "landau", "trajectory": 7})
    assert run(a, b, "--block", "1,2") == 0
    assert run(b, c, "--block", "2") == 0
    assert run(c, d, "--refine", "2") == 0
    found = [read_configuration(path).attributes for path in (b, c, d)]
    assert found[0] == {"trajectory": 7, "blocked": [1, 2]}
    assert found[1] == {"trajectory": 7, "blocked": [2, 4]}
    assert found[2] == found[1] | {"refined": [2, 2]}


def test_scalar_fields_are_refused(tmp_path, capsys):
    z = samples.links(np.random.default_rng(1), (2, 2), 2)
    write_configuration(tmp_path / "higgs.h5", z, "SU(2)", scalar=np.ones((2, 2, 2, 1), complex))
    assert "holds a scalar field" in refused(capsys, 2, tmp_path / "higgs.h5", tmp_path / "v.h5", "--refine", "2")


@pytest.mark.slow
def test_the_format_has_to_hold_the_lattice_of_the_result(tmp_path, capsys):
    write_configuration(tmp_path / "odd.h5", samples.links(np.random.default_rng(1), (3, 3, 3, 3), 3), "SU(3)")
    assert "even" in refused(capsys, 2, tmp_path / "odd.h5", tmp_path / "odd.openqcd")
    assert run(tmp_path / "odd.h5", tmp_path / "even.openqcd", "--refine", "2") == 0
    assert read_configuration(tmp_path / "even.openqcd").shape == (6, 6, 6, 6)


def test_flowed_links(tmp_path, capsys):
    """By the flow with half the step: its error falls with the third power."""
    assert run(HIREP, tmp_path / "v.h5", "--flow", "0.1", "--json") == 0
    found, before = (read_configuration(path) for path in (tmp_path / "v.h5", HIREP))
    lattice = Lattice(before.shape)
    (V,) = GradientFlow(velocity(lattice, "wilson"), 0.01).states(lattice.from_links(before.links), [0.1])
    np.testing.assert_allclose(found.links, lattice.to_user(V), rtol=0, atol=1e-4)
    assert found.plaquette > before.plaquette + 0.1
    assert found.attributes["flow_time"] == 0.1
    assert run(tmp_path / "v.h5", tmp_path / "w.h5", "--flow", "0.2") == 0
    assert read_configuration(tmp_path / "w.h5").attributes["flow_time"] == pytest.approx(0.3)
