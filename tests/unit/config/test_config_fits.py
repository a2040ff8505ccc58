"""Fits and definitions that can never be done are refused with the input, by the rules of analyze."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.load import WITHOUT_FITS
from lqcdnn.config.tables.observables import OBSERVABLES
from lqcdnn.config.tables.series import beginnings, is_of_journal, writer, writers

TABLES = """
[valence.light]
kind = "wilson"
mass = 0.1
[observables.pion]
[observables.light_mesons]
fermion = "light"
[observables.wilson_loop]
space = 3
time = 2
[observables.flow]
interval = 0.2
along = ["energy_momentum"]
[observables.flowed_quarks]
[observables.quark_fluctuations]
[observables.vector_correlator]
fermion = "light"
[observables.meson_currents]
separations = [4, 6]
currents = ["vector_time", "vector_line"]
line_length = 2
sink_momenta = [[0, 0, 1]]
[observables.polyakov_correlator]
[observables.glueballs]
channels = ["A1++"]
[observables.plaquette_correlator]
"""
TEXT = PURE_GAUGE_2D.replace("U(1)", "SU(3)").replace("[8, 8]", "[6, 6, 6, 12]") + TABLES
SHORT = """
[observables.pion]
[valence.light]
kind = "wilson"
mass = 0.1
[observables.quark_fluctuations]
"""
GLUONIC = "[observables.plaquette_correlator]\n"


def fit_problem(text, *fits):
    lines = ", ".join(f'"{fit}"' for fit in fits)
    (problem,) = problems_of(f"{text}[analyze]\nfit = [{lines}]\n")
    assert problem.path == "analyze.fit"
    return f"{problem.message} {problem.allowed} {problem.suggestion}"


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        ("m = cosh(pion, 2, 7)", "whole numbers from 0 to 6"),
        ("m = cosh(pion, 2.5, 6)", "FIRST = 2.5: cosh takes whole numbers"),
        ("m = cosh(pion, 4, 6, 2)", "3 points do not determine 4 parameters"),
        ("m = cosh(pion, 0, 6, 5)", "STATES = 5; allowed: 1 to 4"),
        ("m = cosh(pion, 7:8, 9)", "whole numbers from 0 to 6"),
        ("m = exponential(pion, 3, 12)", "from 0 to 11"),
        ("m = oscillating(light_meson_pseudoscalar, 5, 4)", "FIRST the smaller one"),
        ("m = cosh(kaon, 2, 6)", "no observable of this input writes kaon"),
        ("m = cosh(baryon_nucleon, 2, 6)", "to add [observables.baryons]"),
        ("m = cosh(strange_meson_pseudoscalar, 2, 6)", "to add [observables.strange_mesons]"),
        ("m = pcac(light_meson_axial, light_meson_pseudoscalar, 1, 6)", "from 2 to 6"),
        ("m = pcac(light_meson_axial, meson_pseudoscalar, 2, 6)", "writes meson_pseudoscalar"),
        ("E = gevp(glueball_a1pp, 5)", "T0 = 5; allowed: 0 to 4"),
        ("E = gevp_cosh(glueball_a1pp, 1, 1, 3)", "from T0 + 1 to 6"),
        ("x = plateau(meson_current_vector_time_s5, 1, 3)", "there is no meson_current_vector_time_s5"),
        ("x = plateau(meson_current_vector_time_s4, 1, 4)", "FIRST and LAST must lie within 1 to 3"),
        ("x = plateau(meson_current_scalar_s4, 1, 3)", "scalar is not measured"),
        ("x = plateau(meson_current_vector_time_s4_sink0_1_1, 1, 3)", "the momentum _sink0_1_1 is not measured"),
        ("x = summation(meson_current_vector_time, 3)", "no two separations"),
        ("M = reduced_distribution(meson_current_vector_line_s5_sink0_0_1, 1, 3)", "there is no meson_current"),
        ("M = reduced_distribution(meson_current_vector_line_s4_sink0_0_1, 1, 4)", "must lie within 1 to 3"),
        ("M = reduced_distribution(meson_current_vector_line_z1_s4_sink0_0_1, 1, 3)", "no current with a line in"),
        ("V = potential(wilson_loop, 2, 1, 3)", "R = 1, T = 3 was not measured"),
        ("V = potential(wilson_loop, 1, 1, 2)", "three distances or more"),
        ("V = polyakov_potential(polyakov_correlator, 12, 2, 4)", "the distance 4 was not measured"),
        ("t = t0(flow_t2E_clover, 0, 0.1)", "t0(flow_t2E_clover, 0, 0.2)"),
        ("s = entropy(flow_energy_momentum_tt, 0.1, 0.4, 5)", "LAST up to N_t^2/32 = 4.5"),
        ("s = entropy(flow_energy_momentum_tt, 0.1, 0.3, 0.7)", "2 flow times from 0.3 to 0.7"),
        ("s = entropy(flow_energy_momentum_tt, 0.1, 0.4, 1, 3)", "found 3 LOOPS; allowed: 1 to 2"),
        ("q = quark_field(quark_propagator)", "to add [observables.quark_propagator]"),
        ("v = vacuum_polarization(vector_correlator_local_local, -1)", "found Q^2 = -1"),
        ("v = time_moments(tail(vector_correlator_local_local, cut, 7))", "the tail begins after t = 7"),
        ("v = time_moments(tail(vector_correlator_local_local, pi, 4))", "pi is of no fit before"),
        ("a = muon_anomaly(vector_correlator_local_local, 100fm, 1)", "spacing of 100 fm"),
        ("p = taylor_coefficients(quark_fluctuations, -1)", "found -1 FLAVORS; allowed: above 0"),
        ("p = susceptibilities(pion)", "there are no series pion_2"),
        ("p = mixed_susceptibilities(quark_fluctuations, quark_fluctuations)", "the same quark twice"),
        ("r = ringed_condensate(condensate)", "to add [observables.condensate]"),
        ("r = ringed_condensate(strange_flowed_quarks_condensate)", "to add [observables.strange_flowed_quarks]"),
        ("d = spectral_density(pion, 0.1, 0.2, 0.8, 0.0001)", "allowed: up to 200"),
        ("f = formula(pion, A * exp(-m * x), 13, 20)", "no point lies between 13 and 20"),
        ("f = formula(pion, A * exp(-m * x) + c, 3, 4)", "2 points do not determine 3 parameters"),
        ("c = control(condensate, plaquette)", "writes condensate"),
        ("s = scattering(E, m)", "E is of no fit before"),
    ],
)
def test_a_fit_that_cannot_be_done_is_refused_with_one_message(fit, words):
    assert words in fit_problem(TEXT, fit)


VERTICES = PURE_GAUGE_2D + SHORT.replace("quark_fluctuations", "gauge_fixing") + "[observables.quark_vertices]\n"
MSBAR = "Z = msbar(quark_vertex_scalar, 2GeV, 0.24GeV, 0)"


@pytest.mark.parametrize(
    ("text", "fits", "words"),
    [
        (PURE_GAUGE_2D + SHORT.replace("quark_fluctuations", "flowed_quarks"),
         ["r = ringed_condensate(flowed_quarks_condensate)"], "found d = 2"),
        (PURE_GAUGE_2D.replace("[8, 8]", "[4, 6, 8]") + GLUONIC,
         ["E = cosh(plaquette_correlator, 1, 4)", "s = scattering(E, E)"], "space is 4x6"),
        (PURE_GAUGE_2D + SHORT, ["E = cosh(pion, 1, 4)", "s = scattering(E, E, -1)"], "LEVEL = -1"),
        (PURE_GAUGE_2D + SHORT, ["E = cosh(pion, 1, 4)", "s = scattering(E, E, 0, 8)"], "go together"),
        (PURE_GAUGE_2D.replace("[8, 8]", "[4, 4, 7]") + GLUONIC, ["E = oscillating(plaquette_correlator, 0, 3)"],
         "an even number"),
        (VERTICES.replace("U(1)", "SU(2)").replace("[8, 8]", "[4, 4, 4, 4]"), [MSBAR], "found SU(2); allowed: SU(3)"),
        (VERTICES.replace("U(1)", "SU(3)"), [MSBAR], "found d = 2; allowed: d = 4"),
    ],
)  # fmt: skip
def test_so_is_one_that_the_lattice_does_not_have(text, fits, words):
    assert words in fit_problem(text, *fits)


@pytest.mark.parametrize(
    "lines",
    [
        '[observables.pionn]\nmass = 0.1\n[analyze]\nfit = ["m = cosh(pion, 1, 4)"]\n',
        '[observables.pion]\nmass = 0.1\n[analyze]\nfit = ["m = cosh(pion)", "s = scattering(m, m)"]\n'
        'derive = ["r = m.mass"]\n',
    ],
)
def test_one_fault_is_told_once(lines):
    assert len(problems_of(PURE_GAUGE_2D + lines)) == 1


def test_a_surrogate_is_measured_when_it_is_trained():
    fit = '[analyze]\nfit = ["c = control(wilson_loop.1.2, surrogate)"]\n'
    text = PURE_GAUGE_2D + "[observables.wilson_loop]\n" + fit
    assert "[observables.surrogate]" in problems_of(text)[0].suggestion
    load_text(text + '[surrogate.w]\ntarget = "wilson_loop[1][2]"\nconfigs = 100\n')


def test_definitions_of_what_is_not_measured():
    (problem,) = problems_of(TEXT + '[analyze]\nderive = ["q = pion[2] / condensate"]\n')
    assert "no observable of this input writes condensate" in problem.message
    assert problem.suggestion == "to add [observables.condensate]"
    for unknown in ("pioon", "x.mass", "dh"):  # which no observable would write either
        (problem,) = problems_of(TEXT + f'[analyze]\nderive = ["q = 2 * {unknown}"]\n')
        assert f"no observable of this input writes {unknown.partition('.')[0]}" in problem.message
    assert problem.suggestion == "dH"


def test_what_can_be_done_is_accepted():
    fits = [
        "m = cosh(pion, 2:7, 6, 1:2)", "eta = cosh(singlet(m2, pion, 2), 1, 6)", "m3 = formula(m4, c * x)",
        "c = control(pion.3, plaquette)", "b = entropy(flow_energy_momentum_tt, 0.1, 0.4, 1)",
        "V = potential(wilson_loop, 1, 1, 3)", "r = ringed_condensate(flowed_quarks_condensate)",
        "v = time_moments(tail(vector_correlator_local_local, m2, 4))", "f = formula(light_meson_axial, c * x, 3, 20)",
        "x = plateau(meson_current_vector_time_s4, 1, 3)", "t = t0(flow_t2E_clover, 0, 0.2)",
        "E = gevp(glueball_a1pp, 1)", "s = scattering(m2, 0.3, 0, 6, 4)",
        "M = reduced_distribution(meson_current_vector_line_s4_sink0_0_1, 1, 3)",
        "x1 = plateau(meson_current_vector_line_z2_imaginary_s4_sink0_0_1, 1, 3)",
        "O = formula(glueball_a1pp_vacuum, c * x, 14, 20)",
    ]  # fmt: skip
    before = ["m2 = cosh(pion, 2, 6)", "m4 = effective(pion)"]
    lines = ", ".join(f'"{fit}"' for fit in (*before, *fits))
    derived = '"a = m.mass + V.r0 * polyakov.abs", "p = mean(exp(-dH)) + V + light_meson_axial[2] + accepted"'
    derived += ', "i = light_mesons_iterations"'
    load_text(f"{TEXT}[analyze]\nfit = [{lines}]\nderive = [{derived}]\n")


def test_the_input_of_a_run_with_other_fits_is_still_read():
    text = f'{TEXT}[analyze]\nfit = ["m = cosh(pion, 2, 7)"]\nderive = ["c = condensate"]\n'
    assert len(problems_of(text)) == 2
    assert load_text(text, overrides=WITHOUT_FITS).analyze.fit == ()


@pytest.mark.parametrize("kind", OBSERVABLES)
def test_a_series_names_the_table_that_writes_it(kind):
    for beginning in beginnings(kind):
        series = f"{beginning}x" if beginning.endswith("_") else beginning
        assert writers(series) == {kind}
        assert writers(f"heavy_{series}.3") == {f"heavy_{kind}"}
        assert writer(f"heavy_{series}", [kind, f"heavy_{kind}"]) == f"heavy_{kind}"


@pytest.mark.parametrize(
    ("series", "table"),
    [
        ("flow_plaquette_correlator.3", "flow"), ("flowed_quarks_condensate", "flowed_quarks"),
        ("meson_current_two_point", "meson_currents"), ("energy_momentum_tt", "energy_momentum"),
        ("polyakov_directions.x.re", "polyakov"), ("higgs_vector_vacuum.1", "higgs_correlator"),
        ("my_schroedinger_fA_upper.2", "my_schroedinger_correlators"), ("plaquette_smooth", "plaquette"),
        ("flow_polyakov_correlator", "flow"), ("plaquette_correlator_vacuum", "plaquette_correlator"),
    ],
)  # fmt: skip
def test_of_two_beginnings_the_longer_one_counts(series, table):
    assert writers(series) == {table}
    assert is_of_journal(series) == (table in ("polyakov", "plaquette"))
