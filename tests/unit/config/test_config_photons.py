"""Quarks with an electric charge: the table [photons] and the key charge."""

import pytest
from config_samples import assert_refused, problems_of
from input_head import head

from lqcdnn.config import load_text, observable, physics_keys
from lqcdnn.config.check import measured_tables, valence_quarks
from lqcdnn.config.export import resolved_toml
from lqcdnn.config.language.problems import InvalidInputError
from lqcdnn.config.load import check_text
from lqcdnn.config.remarks import remarks
from lqcdnn.config.summary import measurement_summary, summary
from lqcdnn.report.references.citations import used_by

PHOTONS, CHARGE = "[photons]\nfields = 2\n", "charge = -0.5\n"
QUARKS = """\
[valence.up]
kind = "wilson"
mass = 0.1
charge = 0.5
[valence.down]
kind = "wilson"
mass = 0.1
"""
TEXT = head([4, 4, 4, 4], "SU(3)", 5.5) + f"""\
[[action.fermion]]
kind = "staggered"
flavors = 4
mass = 0.1
[update]
kind = "hmc"
{QUARKS}{CHARGE}{PHOTONS}
[observables.condensate]
[observables.mesons]
fermion = "up"
antiquark = "down"
"""


def test_quarks_have_charges():
    config = load_text(TEXT)
    assert (config.photons.gauge, config.photons.zero_modes, config.photons.both_signs) == ("feynman", "QED_L", True)
    assert config.photons.e == pytest.approx(0.30282212)
    assert config.valence["up"].flux(4) == (0,) * 6  # hops have phases
    assert config.action.fermion[0].flux(4) is None
    assert load_text(resolved_toml(config)) == config
    lines = summary(config)
    assert lines["valence down"].endswith("charge -0.5")
    told = "alpha 0.00729735, Feynman gauge, QED_L, 2 fields for a configuration, each with e and -e"
    assert lines["photons"] == told
    plain = load_text(TEXT.replace(CHARGE, "").replace("charge = 0.5\n", "").replace(PHOTONS, ""))
    assert "charge" not in resolved_toml(plain)
    assert plain.valence["up"].flux(4) is None
    zero = load_text(TEXT.replace("mass = 0.1\n[upd", "mass = 0.1\ncharge = 0.0\n[upd"))
    assert zero.action.fermion[0].charge == 0.0
    assert physics_keys(zero) == physics_keys(config)


def test_papers_and_remarks():
    neutral = load_text(TEXT.replace(CHARGE, "").replace("charge = 0.5\n", ""))
    assert "photons: no valence quark has a charge" in remarks(neutral)
    assert "HayakawaUno2008" not in used_by(neutral)
    both = {"BorsanyiEtAl2015", "DuncanEichtenThacker1996"}
    assert {*both, "HayakawaUno2008", "BlumEtAl2007"} <= set(used_by(load_text(TEXT)))
    other = load_text(TEXT.replace(PHOTONS, PHOTONS + 'zero_modes = "QED_TL"\nboth_signs = false\n'))
    assert set(used_by(load_text(TEXT))) - set(used_by(other)) == {"HayakawaUno2008", "BlumEtAl2007"}
    assert both <= set(used_by(other))


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [(CHARGE, "electric_charge = -0.5\n", "charge"), (PHOTONS, PHOTONS + "alpha_em = 0.01\n", "alpha")],
)
def test_other_names(old, new, meant):
    assert f'"{meant}"' in [problem.suggestion for problem in problems_of(TEXT.replace(old, new))]


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("mass = 0.1\n[update]", "mass = 0.1\ncharge = 1\n[update]", "action.fermion.1.charge", "QED is quenched"),
        (PHOTONS, "", "photons", "valence.up has a charge"),
        (PHOTONS, "[photons]\nalpha = -1\n", "photons.alpha", ">= 0"),
        (PHOTONS, "[photons]\ngauge = 'landau'\n", "photons.gauge", '"coulomb"'),
        (PHOTONS, "[photons]\ngauge = 'coulomb'\nzero_modes = 'QED_TL'\n", "photons.zero_modes", "no propagator"),
        ('"SU(3)"\n', '"SU(3)"\ntime = "open"\n', "valence.up.charge", '"periodic"'),
        (CHARGE, CHARGE + 'representation = "adjoint"\n', "valence.down.charge", "fundamental"),
        (CHARGE, CHARGE + "anisotropy = 2.0\n", "valence.down.charge", "isotropic"),
        ("beta = 5.5\n", "beta = 5.5\nanisotropy = 2.0\n", "valence.up.charge", "isotropic"),
        (CHARGE, CHARGE + 'solver = "multigrid"\n', "valence.down.solver", '"mixed"'),
        ("[observables.mesons]\n", "[observables.mesons]\nsource = 'wall'\n", "observables.mesons.source", "noise"),
        ("[observables.condensate]\n", "[observables.eigenvalues]\nfermion = 'up'\n", "observables.eigenvalues",
         '"condensate"'),
        ("[observables.condensate]\n", "[observables.baryons]\nfermion = 'up'\nsource = 'gaussian'\n",
         "observables.baryons.source", '"point"'),
        ("[observables.condensate]\n", "[observables.vector_correlator]\nfermion = 'up'\n",
         "observables.vector_correlator", "without;"),
    ],
)  # fmt: skip
def test_what_is_refused(old, new, path, words):
    assert_refused(TEXT, old, new, path, words)


def test_one_message_where_there_are_no_photons():
    assert [problem.path for problem in problems_of(TEXT.replace(PHOTONS, ""))] == ["photons"]


def test_a_density_has_no_photons():
    text = TEXT.replace(CHARGE, CHARGE + "chemical_potential = 0.1\n")
    assert "valence.down.charge" in {problem.path for problem in problems_of(text, ('lattice.group="SU(2)"',))}


def test_a_guide_is_not_told_again():
    text = TEXT.replace("mass = 0.1\n[update]", "mass = 0.1\ncharge = 1\n[guide]\n[update]")
    assert [problem.path for problem in problems_of(text)] == ["action.fermion.1.charge"]


def test_files_are_measured_by_the_same_rules():
    tables = {"valence": {"up": {"kind": "staggered", "mass": 0.1, "charge": 1.0}}}
    with pytest.raises(InvalidInputError, match="has a charge"):
        valence_quarks(measured_tables(tables), (4, 4), "U(1)")
    known = measured_tables({**tables, "photons": {"alpha": 0.1}})
    every = valence_quarks(known, (4, 4), "U(1)")
    assert (known.photons.alpha, every["up"].charge) == (0.1, 1.0)
    assert observable("pion", {"fermion": "up"}, 2, every).fermion == "up"
    with pytest.raises(InvalidInputError, match="have a charge"):
        observable("eigenvalues", {"fermion": "up"}, 2, every)


def test_an_input_that_only_measures():
    found = check_text(QUARKS + PHOTONS + "[observables.pion]\nfermion = 'up'\n")
    assert (found.lattice, found.photons.fields) == (None, 2)
    assert "photons" in measurement_summary(found, "a.toml")
    assert check_text(QUARKS.replace("charge = 0.5\n", "") + "[observables.pion]\nfermion = 'up'\n").photons is None
