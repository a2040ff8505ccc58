"""Every kind of fit stands in an input that measures its series, and is refused by one that does not."""

import pytest
from config_samples import PURE_GAUGE_2D, problems_of

from lqcdnn.config import load_text
from lqcdnn.config.language.fits import KINDS

BARE = PURE_GAUGE_2D.replace("U(1)", "SU(3)").replace("[8, 8]", "[6, 6, 6, 12]")
MEASURED = f"""{BARE}
[valence.light]
kind = "wilson"
mass = 0.1
[observables.plaquette_correlator]
[observables.polyakov_correlator]
[observables.glueballs]
channels = ["A1++"]
[observables.wilson_loop]
space = 3
time = 2
[observables.flow]
interval = 0.2
along = ["energy_momentum"]
[observables.pion]
[observables.light_mesons]
[observables.vector_correlator]
[observables.flowed_quarks]
[observables.quark_fluctuations]
[observables.heavy_quark_fluctuations]
mass = 0.3
[observables.meson_currents]
separations = [4, 6]
currents = ["scalar", "vector_time", "vector_line"]
line_length = 1
momenta = [[1, 0, 0]]
sink_momenta = [[0, 0, 1]]
[observables.meson_mixing]
separations = [6]
[observables.gauge_fixing]
[observables.quark_vertices]
momenta = [[1, 0, 0, 0], [1, 1, 0, 0]]
[observables.smom_quark_vertices]
kinematics = "symmetric"
boundary = [1, 1, 1, 1]
pairs = [[[1, 1, 0, 0], [0, 1, 1, 0]]]
"""
MESONS = "light_meson_axial_pseudoscalar, light_meson_pseudoscalar"
ARGUMENTS = {
    "connected": "plaquette_correlator", "effective": "pion", "cosh": "pion, 2, 6", "cosh_constant": "pion, 2, 6",
    "effective_exponential": "pion", "exponential": "pion, 1, 11", "effective_oscillating": "pion",
    "oscillating": "pion, 0, 6", "gevp": "glueball_a1pp, 0", "gevp_cosh": "glueball_a1pp, 0, 1, 3",
    "pcac": f"{MESONS}, 2, 6", "effective_pcac": MESONS, "decay_constant": f"{MESONS}, 1, 6",
    "twisted_decay_constant": "light_meson_pseudoscalar, 0.1, 0, 6", "ratio": "meson_current_vector_time_s6_p1_0_0",
    "plateau": "meson_current_scalar_s6_sink0_0_1, 1:2, 4:5", "summation": "meson_current_vector_line_z1, 1",
    "two_state": "meson_current_vector_time, 1:2",
    "reduced_distribution": "meson_current_vector_line_s4_sink0_0_1, 1, 3",
    "bag": "meson_mixing_o1_s6, 2:3, 4", "effective_bag": "meson_mixing_o4_s6",
    "scattering": "e, 0.3", "lattice_scattering": "e.mass, e, 1",
    "moving_scattering": "e, 0.3, 1", "lattice_moving_scattering": "e.mass, e, 2, 1", "creutz": "wilson_loop",
    "potential": "wilson_loop, 1, 1, 3", "polyakov_potential": "polyakov_correlator, 12, 1, 3",
    "free_energy": "polyakov_correlator", "t0": "flow_t2E_clover, 0, 0.2", "w0": "flow_t2E_plaquette, 0, 0.2",
    "control": "pion.3, plaquette", "gain": "wilson_loop.1.2, wilson_loop.1.1",
    "anisotropy": "wilson_loop_space, wilson_loop",
    "flow_anisotropy": "flow_t2E_clover_space, flow_t2E_clover_time",
    "effective_entropy": "flow_energy_momentum_tt, 0.1", "entropy": "flow_energy_momentum_tt, 0.1, 0.4, 1",
    "quark_field": "quark_vertex_propagator", "quark_mass": "quark_vertex_propagator", "rimom": "quark_vertex",
    "rismom": "smom_quark_vertex_scalar", "msbar": "quark_vertex_scalar, 0.5fm/w, 0.238(19)GeV, 0, 2, 0.5, 5",
    "msbar_gamma": "smom_quark_vertex, 2.1 GeV, 0.3@2GeV, 0",
    "vacuum_polarization": "tail(vector_correlator_local_local, e, 4), 0.5",
    "time_moments": "vector_correlator_local_local",
    "muon_anomaly": "vector_correlator_local_local, 0.17fm/w.w0, 0.5, 0.3, 0.9",
    "susceptibilities": "quark_fluctuations", "mixed_susceptibilities": "quark_fluctuations, heavy_quark_fluctuations",
    "taylor_coefficients": "quark_fluctuations, 2.5", "ringed_condensate": "flowed_quarks_condensate",
    "spectral_density": "pion, 0.1, 0.2, 0.8, 0.1, 1, 5",
    "formula": "pion, a * exp(-m * x), 1, 6; flow_t2E_clover, b * x + m, 0.2, 9; wilson_loop.2, c * x, 1, 2",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_accepted_with_its_series_and_refused_without(kind):
    fit = f'"z = {kind}({ARGUMENTS[kind]})"'
    load_text(f'{MEASURED}[analyze]\nfit = ["w = w0(flow_t2E_clover, 0, 0.2)", "e = cosh(pion, 2, 6)", {fit}]\n')
    (problem,) = problems_of(f"{BARE}[analyze]\nfit = [{fit}]\n")
    assert "no observable of this input writes" in problem.message or "of no fit before" in problem.message
