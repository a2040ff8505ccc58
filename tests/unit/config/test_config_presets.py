"""Presets, the folder inputs/, and what is said about an input."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import PURE_GAUGE_2D, SLHMC, changed
from naming import of

from lqcdnn.config import load, load_text
from lqcdnn.config.language.keys import entries
from lqcdnn.config.language.parse import toml_1_0_problem
from lqcdnn.config.presets.catalogue import PRESETS, input_name
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import summary, weights_in
from lqcdnn.config.tree import as_tree, flatten

INPUTS = Path(__file__).parents[3] / "inputs"


def test_the_files_in_inputs_are_the_presets():
    for name, preset in PRESETS.items():
        assert (INPUTS / input_name(name)).read_text(encoding="utf-8") == preset.text(), name


def test_every_file_in_inputs_is_a_preset():
    assert {path.name for path in INPUTS.glob("*.toml")} == {input_name(name) for name in PRESETS}


def test_every_input_loads_without_remarks():
    for path in sorted(INPUTS.glob("*.toml")):
        with of(path.name):
            config = load(path)
            assert remarks(config) == ()
            assert config.run.seed is not None
            text = path.read_text(encoding="utf-8")
            assert toml_1_0_problem(text) is None
            assert all(len(line) <= 120 for line in text.splitlines())


def test_every_written_key_has_its_value_and_a_comment():
    for name, preset in PRESETS.items():
        with of(name):
            text = preset.text()
            flat = flatten(as_tree(load_text(text)))
            for path, value in flatten(preset.tree).items():
                assert flat[path] == value
            assert text.count("#") > 10


def test_the_paper_point():
    config = load(INPUTS / "tomiya_nagai_su2_slhmc.toml")
    assert (config.lattice.shape, config.lattice.group) == ((4, 4, 4, 4), "SU(2)")
    assert (config.action.gauge.beta, config.action.fermion[0].mass) == (2.7, 0.3)
    assert config.guide is not None
    assert config.guide.fermion[0].mass == 0.4
    assert (config.run.thermalization, config.run.trajectories, config.run.initial) == (500, 60000, "twisted")
    assert weights_in(config.network["net"], 4) == 6
    train = load(INPUTS / "tomiya_nagai_su2_train.toml")
    assert train.network["net"].layer == config.network["net"].layer
    assert config.network["net"].weights == f"{train.run.name}/train/weights.h5"
    large = [load(INPUTS / f"tomiya_nagai_su2_large_{part}.toml") for part in ("train", "slhmc")]
    assert large[0].network["net"].layer == large[1].network["net"].layer
    assert large[1].network["net"].weights == f"{large[0].run.name}/train/weights.h5"
    hmc = load(INPUTS / "tomiya_nagai_su2_hmc.toml")
    assert (hmc.update.steps, hmc.update.length, hmc.run.trajectories) == (20, 1.0, 25000)
    assert hmc.action == config.action


def test_summary():
    lines = summary(load_text(SLHMC))
    assert lines["method"].startswith("SLHMC")
    assert lines["lattice"] == "4 x 4 x 4 x 4, SU(2), 256 sites"
    assert lines["network net"] == "1 layer, 2 weights, start 0"
    assert "12 steps leapfrog (gauge, fermion.1)" in lines["integrator"]
    assert lines["training"] == "network net along 0 + 100 HMC trajectories, sgd rate 1e-7 batch 1"
    lines = summary(load_text(PURE_GAUGE_2D))
    assert lines["method"] == "HMC"
    assert not {"guide", "training", "observables"} & set(lines)


def test_summary_of_other_variants():
    text = changed(SLHMC, "rate = 1e-7", "rate = 1e-7\nmode = 'offline'\nconfigs = ['a/*.h5']")
    text = changed(text, "beta = 2.7", "beta = 2.7\nkind = 'rectangle'\nc1 = -0.1")
    first = changed(text, '"polyakov_time"]', '"polyakov_time"]\nsharing = "direction"\ninitial = [0.1, 0.2]')
    lines = summary(load_text(first))
    assert lines["network net"] == "1 layer, 8 weights, start 0.1, 0.2"
    assert "rectangle beta 2.7 c1 -0.1" in lines["action"]
    assert lines["training"].startswith("network net on a/*.h5, 100 steps")
    second = changed(text, '"polyakov_time"]', '"polyakov_time"]\ninitial = "random"')
    assert summary(load_text(second))["network net"].endswith("start random in +-0.001")
    assert summary(load_text(second, overrides=["network.net.weights=w.h5"]))["network net"].endswith("w.h5")


@pytest.mark.parametrize(
    ("text", "options", "part"),
    [
        (SLHMC, ["run.initial=cold"], "wrong centre sector"),
        (SLHMC, ["run.save_every=51"], "no configuration is stored"),
        (SLHMC, ["analyze.thermalization=50"], "analyze.thermalization: 50 leaves nothing of 50 trajectories"),
        (SLHMC, ['network.b.layer.1.loops=["chair"]', "train.network=net"], "no fermion sees this network"),
        (SLHMC.replace("[train]\ntrajectories = 100\nrate = 1e-7\n", ""), [], "the network changes nothing"),
        (SLHMC, ["network.net.weights=w.h5"], "generate takes the weights of network.net from its file"),
        (PURE_GAUGE_2D, ["guide={}"], "plain HMC"),
        (PURE_GAUGE_2D, ["run.initial=a.h5", "run.refine=2"], "short distances of this start are too smooth"),
    ],
)
def test_remarks(text, options, part):
    found = remarks(load_text(text, overrides=options))
    assert len([line for line in found if part in line]) == 1


def test_every_class_documents_its_table():
    from lqcdnn.config.tables.observables import OBSERVABLES

    for cls in OBSERVABLES.values():
        assert ": " in (cls.__doc__ or "")
        assert all(entry.doc for _, entry in entries(cls).values())
