"""Parameter files of LatticeQCD.jl as inputs of this program."""

from __future__ import annotations

import pytest
import tomli

from lqcdnn.config.latticeqcd.translation import translated
from lqcdnn.config.load import load_text
from lqcdnn.config.toml import write_toml
from lqcdnn.errors import InputError

HMC = """
["Physical setting"]
L = [4, 4, 4, 8]
"β" = 2.7
NC = 2
update_method = "HMC"
Nsteps = 120
Nthermalization = 20
initial = "hot"

["Physical setting(fermions)"]
quench = false
Dirac_operator = "Staggered"
mass = 0.3
Nf = 4
smearing_for_fermion = "stout"
stout_numlayers = 1
"stout_ρ" = [0.1, -0.02]
stout_loops = ["plaquette", "rectangular"]

["HMC related"]
"Δτ" = 0.05
MDsteps = 10
SextonWeingargten = true
N_SextonWeingargten = 4
eps = 1e-16

["System Control"]
measurement_dir = "My run/1"
log_dir = "./logs"
randomseed = 5
saveU_format = "JLD"
saveU_every = 7
colour = "red"

["Measurement set".measurement_methods.Plaquette]
methodname = "Plaquette"

["Measurement set".measurement_methods.Chiral_condensate]
methodname = "Chiral_condensate"
measure_every = 2
mass = 0.3
Nr = 3
smearing_for_fermion = "stout"
stout_numlayers = 1
"stout_ρ" = [0.1, -0.02]
stout_loops = ["plaquette", "rectangular"]

["Measurement set".measurement_methods.Pion_correlator]
methodname = "Pion_correlator"

    ["Measurement set".measurement_methods.Pion_correlator.fermion_parameters]
    Dirac_operator = "Wilson"
    hop = 0.12

["Measurement set".measurement_methods.Topological_charge]
methodname = "Topological_charge"

["Measurement set".measurement_methods.Wilson_loop]
methodname = "Wilson_loop"
Tmax = 3
Rmax = 2

["Measurement set".measurement_methods.Eigenvalue]
methodname = "Eigenvalue"

[gradientflow_measurements]
Nflow = 4
numflow = 20
eps_flow = 0.02

    [gradientflow_measurements.measurements_for_flow.Topological_charge]
    methodname = "Topological_charge"
    measure_every = 5

    [gradientflow_measurements.measurements_for_flow.Energy_density]
    methodname = "Energy_density"
    measure_every = 5
"""


def of(text: str):
    found = translated(tomli.loads(text), "param.toml", "param")
    return load_text(write_toml(found.tree, found.notes, comments=True)), found


def test_what_it_says_is_what_is_made():
    config, found = of(HMC)
    assert (config.lattice.shape, config.lattice.group) == ((4, 4, 4, 8), "SU(2)")
    run = config.run
    assert (run.name, run.trajectories, run.thermalization) == ("My_run_1", 100, 20)
    assert (run.seed, run.save_every, run.initial) == (5, 7, "hot")
    (quark,) = config.action.fermion
    assert (quark.kind, quark.flavors, quark.mass, quark.links) == ("staggered", 4, 0.3, "stout")
    (layer,) = config.network["stout"].layer
    assert (layer.loops, layer.initial) == (("plaquette", "rectangle"), (0.1, -0.02))
    assert list(config.network) == ["stout"]  # the condensate has the same
    update = config.update
    assert update.length == 0.5
    # each half of a step of the fermions in two steps of the links: four of them in all
    assert [(level.terms, level.steps) for level in update.level] == [(("fermion",), 10), (("gauge",), 2)]
    seen = config.observables
    assert seen["condensate"].links == "stout"
    assert (seen["condensate"].fermion, seen["condensate"].vectors, seen["condensate"].every) == ("1", 3, 2)
    assert (seen["pion"].fermion, config.valence["pion"].kappa, seen["pion"].every) == ("pion", 0.12, 10)
    assert [seen[name].definition for name in ("topological_charge", "plain_topological_charge")] == [
        "clover",
        "plaquette",
    ]
    assert (seen["wilson_loop"].space, seen["wilson_loop"].time) == (2, 3)
    flow = seen["flow"]
    assert (flow.step, flow.time, flow.interval, flow.along) == (0.02, 0.4, 0.1, ("topological_charge",))
    notes = "\n".join(found.notes)
    for word in ("Nthermalization", "Eigenvalue", "colour", "eps,", "N_Sexton", "4 times larger", "HDF5"):
        assert word in notes
    assert "log_dir" not in notes


def test_an_empty_file_has_the_defaults_of_that_program():
    config, found = of('["Physical setting"]\n')
    assert (config.lattice.shape, config.lattice.group, config.action.gauge.beta) == ((4, 4, 4, 4), "SU(3)", 5.7)
    assert (config.run.trajectories, config.run.name, config.update.steps) == (100, "param", 20)
    assert config.action.fermion == ()
    assert found.notes == []


@pytest.mark.parametrize(
    ("fermion", "expected"),
    [
        ('Dirac_operator = "Wilson"\nhop = 0.15', {"kind": "wilson", "flavors": 2, "kappa": 0.15, "csw": 0.0}),
        ('Dirac_operator = "WilsonClover"\nClover_coefficient = 1.2', {"kind": "wilson", "csw": 1.2}),
        (
            'Dirac_operator = "Domainwall"\nDomainwall_M = -1.4\nDomainwall_m = 0.2\nN5 = 6',
            {"kind": "domain_wall", "flavors": 2, "M5": 1.4, "mass": 0.2, "L5": 6},
        ),
        (
            'Dirac_operator = "MobiusDomainwall"\nM = -1.0\nm = 0.1\nN5 = 4\nb = 1.5\nc = 0.5',
            {"kind": "domain_wall", "M5": 1.0, "mass": 0.1, "L5": 4, "b5": 1.5, "c5": 0.5},
        ),
        (
            'Dirac_operator = "HISQ"\nNf = 2\nmass = 0.2\nnaik_epsilon = -0.083',
            {"kind": "staggered", "improvement": "hisq", "flavors": 2, "naik_epsilon": -0.083},
        ),
        ('Dirac_operator = "Staggered"\nNf = 2\nBoundaryCondition = [1, 1, 1, 1]', {"boundary": (1, 1, 1, 1)}),
    ],
)
def test_quarks(fermion, expected):
    config, _ = of(f'["Physical setting(fermions)"]\nquench = false\n{fermion}\n')
    (quark,) = config.action.fermion
    assert {key: getattr(quark, key) for key in expected} == expected


def test_quenched_unless_it_says_otherwise():
    config, found = of('["Physical setting(fermions)"]\nDirac_operator = "Staggered"\n')
    assert config.action.fermion == ()
    assert "quench = true" in found.notes[0]


def test_another_beta_drives():
    quarks = '["Physical setting(fermions)"]\nquench = false\nDirac_operator = "Staggered"\n'
    learned = '["SLHMC related"]\n"βeff" = 2.2\n'
    config, found = of(f'["Physical setting"]\nNC = 2\n"β" = 2.7\nupdate_method = "SLHMC"\n{quarks}{learned}')
    assert (config.action.gauge.beta, config.guide.gauge.beta) == (2.7, 2.2)
    assert config.guide.fermion[0].mass == config.action.fermion[0].mass == 0.5
    assert "sqrt(2)" in found.notes[0]


def test_layers_of_stout_smearing():
    quarks = '["Physical setting(fermions)"]\nquench = false\nDirac_operator = "Wilson"\n'
    quarks += 'smearing_for_fermion = "stout"\n'
    same, found = of(f'{quarks}stout_numlayers = 2\n"stout_ρ" = [0.1]\n')
    assert [layer.initial for layer in same.network["stout"].layer] == [(0.1,), (0.1,)]
    assert "for all layers" in found.notes[0]
    other, _ = of(f'{quarks}stout_numlayers = 2\n"stout_ρ" = [0.1, 0.2]\n')
    assert [layer.initial for layer in other.network["stout"].layer] == [0.1, 0.2]


def test_a_key_counts_in_whichever_table_it_stands():
    """Versions 1 look for each in all of them."""
    config, found = of('["Physical setting"]\nMDsteps = 7\n["HMC related"]\n"β" = 6.0\nNsteps = 8\nsaveU_every = 2\n')
    assert (config.update.steps, config.action.gauge.beta, config.run.trajectories) == (7, 6.0, 8)
    assert found.notes == []
    with pytest.raises(InputError, match=r'\["HMC related"\] β: found true'):
        of('["HMC related"]\n"β" = true\n')


def test_what_is_measured_twice_is_measured_twice():
    table = '["Measurement set".measurement_methods.{}]\nmethodname = "Chiral_condensate"\nmass = {}\n'
    config, _ = of(table.format("light", 0.1) + table.format("heavy", 0.5))
    seen = {name: config.valence[one.fermion].mass for name, one in config.observables.items()}
    assert seen == {"condensate": 0.1, "other_condensate": 0.5}


def test_heat_bath():
    config, _ = of('["Physical setting"]\nupdate_method = "Heatbath"\nuseOR = true\nnumOR = 3\n')
    assert (config.update.kind, config.update.overrelaxation) == ("heatbath", 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('["Physical setting"]\nupdate_method = "Fileloading"', 'update_method: found "Fileloading"; allowed: HMC'),
        ('["Physical setting"]\nupdate_method = "SLHMC"', "βeff: missing"),
        ('["Physical setting"]\nL = "4"', "L: found"),
        ('["Physical setting"]\n"β" = "5.7"', "β: found"),
        ('["Physical setting"]\nuse_autogeneratedstaples = true', "use_autogeneratedstaples"),
        ('["Physical setting(fermions)"]\nquench = false\nDirac_operator = "Wilsom"', "Dirac_operator: found"),
        (
            '["Physical setting"]\nupdate_method = "Heatbath"\n["Physical setting(fermions)"]\nquench = false\n'
            'Dirac_operator = "Wilson"',
            "update_method",
        ),
        ('["Physical setting"]\ninitial = "a.jld"\n["System Control"]\nloadU_format = "JLD"', "loadU_format"),
        (
            '["Physical setting(fermions)"]\nquench = false\nDirac_operator = "Wilson"\n'
            'smearing_for_fermion = "stout"\nstout_numlayers = 2\n"stout_ρ" = [0.1, 0.1, 0.1]',
            "stout_ρ",
        ),
        ('"System Control" = 3', "System Control"),
        ('"Measurement set" = 3', '"Measurement set": found 3'),
        ('["System Control"]\nmeasurement_dir = 3', "measurement_dir: found 3"),
        ('["Physical setting"]\nNsteps = 10\nNthermalization = 11', "Nthermalization: found 11; allowed: at most"),
        ('["Physical setting"]\n"β" = 5.7\n["HMC related"]\n"β" = 6', 'β: found 5.7, and 6 in ["HMC related"]'),
        (
            '["Physical setting(fermions)"]\nquench = false\nDirac_operator = "Wilson"\n'
            '["HMC related"]\nSextonWeingargten = true\nQPQ = false',
            "QPQ: found false",
        ),
        (
            '["Physical setting(fermions)"]\nquench = false\nDirac_operator = "Wilson"\n'
            f'smearing_for_fermion = "stout"\nstout_numlayers = {10**30}\n"stout_ρ" = [0.1]',
            "stout_numlayers",
        ),
    ],
)
def test_what_has_no_counterpart_is_said_by_its_key(text, said):
    with pytest.raises(InputError) as found:
        of(text)
    assert str(found.value).startswith("param.toml: ")
    assert said in str(found.value)
