"""lqcdnn init: presets, questions, and never anything overwritten."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from lqcdnn.cli import init, wizard
from lqcdnn.cli.init import command
from lqcdnn.cli.main import main
from lqcdnn.config import load
from lqcdnn.config.presets.catalogue import PRESETS, input_name
from lqcdnn.errors import InputError


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def answer(monkeypatch):
    """Answer the questions on a pretended terminal."""
    monkeypatch.setattr(init, "is_terminal", lambda: True)

    def run(arguments, lines):
        return CliRunner().invoke(command, arguments, input="".join(f"{line}\n" for line in lines))

    return run


def test_presets_are_written_and_load(capsys):
    for name in PRESETS:
        assert main(["init", "--preset", name, "--yes"]) == 0, name
        path = input_name(name)
        assert os.listdir() == [path]
        config = load(path)
        verb = "train" if config.run.trajectories == 0 else "generate"
        assert capsys.readouterr().out == f"wrote {path}\nnext: lqcdnn validate {path}; lqcdnn {verb} {path}\n"
        os.remove(path)


def test_next_commands_as_a_shell_takes_them(capsys):
    assert main(["init", "my run.toml", "--yes"]) == 0
    assert "next: lqcdnn validate 'my run.toml'; lqcdnn generate 'my run.toml'\n" in capsys.readouterr().out


def test_list(capsys):
    assert main(["init", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(PRESETS)
    assert os.listdir() == []


@pytest.mark.parametrize("arguments", [["--preset", "quickstart", "--yes"], ["--yes"]])
def test_an_existing_file_stays(arguments, capsys):
    with open("x.toml", "w") as file:
        file.write("mine")
    assert main(["init", "x.toml", *arguments]) == 2
    assert "exists and is not overwritten" in capsys.readouterr().err
    with open("x.toml") as file:
        assert file.read() == "mine"


def test_a_dangling_link_and_a_directory_stay():
    os.symlink("nowhere", "link.toml")
    os.mkdir("folder")
    assert main(["init", "link.toml", "--yes"]) == 2
    assert main(["init", "folder", "--yes"]) == 2
    assert sorted(os.listdir()) == ["folder", "link.toml"]


def test_a_file_that_appears_meanwhile_stays(monkeypatch):
    monkeypatch.setattr(init, "_refuse_existing", lambda name: None)
    with open("x.toml", "w") as file:
        file.write("mine")
    assert main(["init", "x.toml", "--yes"]) == 2
    with open("x.toml") as file:
        assert file.read() == "mine"


def test_a_folder_that_is_missing(capsys):
    assert main(["init", "none/x.toml", "--yes"]) == 4
    assert "cannot write none/x.toml" in capsys.readouterr().err


def test_a_failed_write_leaves_nothing(monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *rest):
            return False

        def write(self, text):
            raise OSError(28, "No space left on device")

    def full(name, *rest, **options):
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
        return Full()

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", full)
        assert main(["init", "x.toml", "--yes"]) == 4
    assert os.listdir() == []


def test_unknown_preset(capsys):
    assert main(["init", "--preset", "quickstat", "--yes"]) == 2
    assert 'did you mean "quickstart"' in capsys.readouterr().err
    assert main(["init", "--preset", "zzz", "--yes"]) == 2
    assert "did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["x.toml"]])
def test_without_terminal_and_without_yes(arguments):
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, InputError)
    assert os.listdir() == []


def test_all_defaults(capsys):
    assert main(["init", "--yes"]) == 0
    config = load("su2_4x4x4x4_slhmc.toml")
    assert config.guide is not None
    assert config.train is not None
    assert config.run.initial == "twisted"


def test_the_questions_have_the_same_defaults(answer):
    done = answer([], [""] * 8)
    assert done.exit_code == 0, done.output
    with open("su2_4x4x4x4_slhmc.toml") as file:
        asked = file.read()
    assert main(["init", "y.toml", "--yes"]) == 0
    with open("y.toml") as file:
        assert file.read() == asked
    assert done.output.count("]: ") == 8


def test_questions_answered(answer):
    done = answer(["mine.toml"], ["su3", "8, 8,8 8", "5.5", "8", "0.1", "hmc", "20", "my run"])
    assert done.exit_code == 0, done.output
    config = load("mine.toml")
    assert (config.lattice.group, config.lattice.shape) == ("SU(3)", (8, 8, 8, 8))
    assert (config.action.gauge.beta, config.action.fermion[0].flavors, config.action.fermion[0].mass) == (5.5, 8, 0.1)
    assert (config.run.name, config.run.trajectories, config.run.thermalization) == ("my run", 20, 10)
    assert config.guide is None
    assert config.run.initial == "cold"


def test_wrong_answers_are_asked_again(answer):
    lines = ["SO(3)", "SU(2)", "4", "4x4", "many", "-1", "2.0", "3", "0", "1.5", "7", "../up", "name"]
    done = answer([], lines)
    assert done.exit_code == 0, done.output
    assert done.output.count("Error: ") == 7
    assert 'allowed: "U(1)", "SU(2)"' in done.output
    config = load("name.toml")
    assert (config.lattice.shape, config.action.gauge.beta, config.run.trajectories) == ((4, 4), 2.0, 7)
    assert config.action.fermion == ()


def test_odd_extents_skip_the_fermions(answer):
    done = answer([], ["U(1)", "5 5", "", "", ""])
    assert done.exit_code == 0, done.output
    assert "odd extents" in done.output
    assert load("u1_5x5_hmc.toml").action.gauge.beta == 2.0


def test_a_taken_name_is_noticed_at_the_question(answer):
    with open("taken.toml", "w") as file:
        file.write("")
    done = answer([], ["U(1)", "5 5", "", "", "taken", "free"])
    assert done.exit_code == 0, done.output
    assert "taken.toml exists" in done.output
    assert sorted(os.listdir()) == ["free.toml", "taken.toml"]


def test_end_of_answers_writes_nothing(answer):
    done = answer([], ["SU(2)"])
    assert done.exit_code == 1
    assert os.listdir() == []


@pytest.mark.parametrize("terminal", [True, False])
def test_a_preset_asks_nothing(terminal, monkeypatch):
    monkeypatch.setattr(init, "is_terminal", lambda: terminal)
    done = CliRunner().invoke(command, ["--preset", "u1-2d"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("wrote u1_2d.toml\n")
    again = CliRunner().invoke(command, ["--preset", "u1-2d"])
    assert "exists and is not overwritten" in again.exception.message


@pytest.mark.parametrize("group", ["SU(4)", "SU(8)"])
def test_every_group_has_a_default_coupling(group):
    tree = wizard._build(
        lambda question, key, default: {"lattice.group": group}.get(key, default),
        lambda question, choices, default: default,
    )
    assert tree["action"]["gauge"]["beta"] > 5


@pytest.mark.parametrize(
    ("group", "shape", "mass"),
    [
        ("SU(2)", "4 4 4 4", 0.4),
        ("SU(2)", "8 8 8 8", 0.325),
        ("SU(2)", "2 2 2 4", 0.4),
        ("SU(3)", "4 4 4 4", 0.367),
    ],
)
def test_the_guide_fits_the_lattice(group, shape, mass, answer):
    """With the guide of 4^4 next to nothing would be accepted on 8^4; least squares need no rate that fits it."""
    done = answer(["mine.toml"], [group, shape, "", "", "", "slhmc", "", "mine"])
    assert done.exit_code == 0, done.output
    config = load("mine.toml")
    found = config.train.loss, config.train.optimizer, config.train.couplings
    assert found == ("force", "least_squares", ("fermion.1",))
    assert config.driving.fermion[0].mass == pytest.approx(mass)


PARAMETERS = """["Physical setting"]
L = [4, 4, 4, 4]
update_method = "Heatbath"
Nsteps = 3

["System Control"]
measurement_dir = "pure"
speed = "high"

["Measurement set".measurement_methods.Plaquette]
methodname = "Plaquette"
"""


def test_a_parameter_file_of_latticeqcd_jl_becomes_an_input_that_runs(capsys):
    with open("their parameters.toml", "w") as file:
        file.write(PARAMETERS)
    assert main(["validate", "their parameters.toml"]) == 2
    assert "(lqcdnn init --from 'their parameters.toml' translates it)" in capsys.readouterr().err
    assert main(["init", "--from", "their parameters.toml"]) == 0
    told = 'note: ["System Control"] speed is not known and left out\n'
    assert capsys.readouterr().out == (
        f"{told}wrote pure.toml\nnext: lqcdnn validate pure.toml; lqcdnn generate pure.toml\n"
    )
    assert load("pure.toml").update.kind == "heatbath"
    with open("pure.toml") as file:
        assert file.readline() == "# Translated from their parameters.toml of LatticeQCD.jl.\n"
    assert main(["init", "--from", "their parameters.toml"]) == 2  # pure.toml is there
    assert main(["init", "new.toml", "--from", "pure.toml"]) == 2
    assert 'has no table ["Physical setting"]' in capsys.readouterr().err
    with open("small.toml", "w") as file:
        file.write(PARAMETERS.replace("[4, 4, 4, 4]", "[4]").replace("pure", "small_run"))
    assert main(["init", "--from", "small.toml"]) == 2
    told = capsys.readouterr().err
    assert "small.toml, translated: lattice.shape: found [4]" in told
    assert "small_run.toml" not in told  # which is not there
    with open("small.toml", "w", encoding="utf-8") as file:
        file.write('["Physical setting"]\nβ = 2.7\n')
    assert main(["init", "--from", "small.toml"]) == 2
    assert 'hint: write "β" with quotation marks' in capsys.readouterr().err
    os.unlink("small.toml")
    assert sorted(os.listdir()) == ["pure.toml", "their parameters.toml"]
