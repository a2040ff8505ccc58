"""Where a topological charge may be asked for, and by which definition."""

import pytest
from config_samples import PURE_GAUGE_2D, changed, problems_of

from lqcdnn.cli.main import main
from lqcdnn.config import load_text
from lqcdnn.config.export import resolved_toml

CHARGE = PURE_GAUGE_2D + "[observables.topological_charge]\n"
FOUR = changed(CHARGE, "shape = [8, 8]", "shape = [4, 4, 4, 4]")


def test_default_definitions():
    assert load_text(CHARGE).observables["topological_charge"].definition == "geometric"
    for text in (FOUR, changed(FOUR, 'group = "U(1)"', 'group = "SU(3)"')):
        config = load_text(text)
        assert config.observables["topological_charge"].definition == "clover"
        assert load_text(resolved_toml(config)) == config
    chosen = load_text(FOUR + 'definition = "5li"\nevery = 3\n').observables["topological_charge"]
    assert (chosen.definition, chosen.every) == ("5li", 3)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (changed(CHARGE, "shape = [8, 8]", "shape = [8, 8, 8]"), "", "in d = 3"),
        (changed(CHARGE, 'group = "U(1)"', 'group = "SU(2)"'), "", "for SU(2) in d = 2"),
        (CHARGE + 'definition = "clover"\n', ".definition", '"clover" in d = 2'),
        (FOUR + 'definition = "geometric"\n', ".definition", '"geometric" in d = 4'),
    ],
)
def test_refused(text, path, words):
    (problem,) = problems_of(text)
    assert problem.path == f"observables.topological_charge{path}"
    assert words in problem.message
    assert problem.allowed


@pytest.mark.parametrize("time", ["open", "schroedinger"])
def test_what_is_advised_knows_of_the_ends_of_time(time):
    fields = '\n[lattice.schroedinger]\nfields = "zero"' if time == "schroedinger" else ""
    text = changed(FOUR, "shape = [4, 4, 4, 4]", f'shape = [4, 4, 4, 4]\ntime = "{time}"') + fields
    (problem,) = problems_of(text.replace("charge]\n", 'charge]\ndefinition = "geometric"\n'))
    assert problem.allowed == '"clover"'


def test_wrong_keys_are_reported_alone():
    (problem,) = problems_of(CHARGE + 'definition = "cooled"\n')
    assert problem.path == "observables.topological_charge.definition"
    assert '"5li"' in problem.allowed
    (problem,) = problems_of(changed(CHARGE, "shape = [8, 8]", "shape = 8"))
    assert problem.path == "lattice.shape"


def test_exit_code(tmp_path, capsys):
    file = tmp_path / "input.toml"
    file.write_text(changed(CHARGE, "shape = [8, 8]", "shape = [8, 8, 8]"))
    assert main(["validate", str(file)]) == 2
    error = capsys.readouterr().err
    assert "input.toml:" in error
    assert "no topological charge in d = 3" in error
    assert "Traceback" not in error
