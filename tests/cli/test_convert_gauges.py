"""``lqcdnn convert --gauge``: files in Landau and Coulomb gauge, with the same loops, and what is refused."""

import json

import numpy as np
import pytest
from reference import gaugefixing as reference
from reference import samples

from lqcdnn.storage.formats import read_configuration, write_configuration
from tests.cli.test_convert import DATA, ILDG, run, u1

HIREP = DATA / "hirep_su2_b2.3_4444"


def test_a_file_in_landau_gauge(tmp_path, capsys):
    target = tmp_path / "landau.h5"
    assert run(HIREP, target, "--gauge", "landau", "--tolerance", "1e-20", "--copies", "2", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert done["target_plaquette"] == pytest.approx(done["plaquette"], abs=1e-14)
    assert done["change"] == 0.0  # of what was to be written
    found = read_configuration(target)
    assert found.attributes["gauge"] == done["gauge"]["kind"] == "landau"
    assert reference.theta(found.links, 4) <= 1e-20
    assert reference.functional(found.links, 4) == pytest.approx(done["gauge"]["functional"], abs=1e-14)
    assert reference.theta(read_configuration(HIREP).links, 4) > 0.1
    again = tmp_path / "again.h5"
    assert run(target, again, "--gauge", "landau", "--tolerance", "1e-19") == 0
    assert ", 0 sweeps" in capsys.readouterr().out  # it is in this gauge already
    np.testing.assert_array_equal(read_configuration(again).links, found.links)


def test_coulomb_gauge_and_single_precision(tmp_path, capsys):
    """Links of single precision are in the group first; written in single precision theta is what is left of that."""
    assert run(ILDG, tmp_path / "a.h5", "--gauge", "coulomb", "--precision", "f8") == 0
    text = capsys.readouterr().out
    assert "gauge  coulomb: functional 0." in text
    links = read_configuration(tmp_path / "a.h5").links
    assert reference.theta(links, 3) <= 1e-12
    assert np.abs(links @ links.conj().swapaxes(-1, -2) - np.eye(3)).max() < 1e-13
    assert run(ILDG, tmp_path / "b.nersc", "--gauge", "coulomb") == 0
    assert "nersc keeps no attribute date, gauge, info" in capsys.readouterr().out
    assert reference.theta(read_configuration(tmp_path / "b.nersc").links, 3) <= 1.2e-12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--omega", "1.5"), "--omega without --gauge"),
        (("--gauge", "landau", "--omega", "2"), "omega: found 2.0; allowed: a number >= 1 and < 2"),
        (("--gauge", "landau", "--copies", "0"), "copies: found 0; allowed: 1 or more"),
        (("--gauge", "landau", "--tolerance", "0.1"), "tolerance: found 0.1; allowed: a number >= 1e-26 and <= 0.01"),
        (("--gauge", "temporal"), "'temporal' is not one of"),
    ],
)
def test_refusals(options, message, tmp_path, capsys):
    assert run(u1(tmp_path / "u.h5"), tmp_path / "v.h5", *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "v.h5").exists()


@pytest.mark.parametrize("attributes", [{"twist": "xy = 1"}, {"time": "open"}])
def test_other_boundaries_are_refused(attributes, tmp_path, capsys):
    links = samples.links(np.random.default_rng(1), (4, 4), 2)
    write_configuration(tmp_path / "u.h5", links, "SU(2)", attributes)
    assert run(tmp_path / "u.h5", tmp_path / "v.h5", "--gauge", "landau") == 2
    assert "periodic boundaries" in capsys.readouterr().err


def test_a_gauge_that_is_not_reached_writes_nothing(tmp_path, capsys):
    assert run(HIREP, tmp_path / "v.h5", "--gauge", "landau", "--steps", "20", "--tolerance", "1e-20") == 5
    error = capsys.readouterr().err
    assert "hirep_su2_b2.3_4444: landau gauge: theta = " in error
    assert "after 20 sweeps" in error
    assert not (tmp_path / "v.h5").exists()
