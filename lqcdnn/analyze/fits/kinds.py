"""Fits of vectors of series: what ``NAME = KIND(SERIES, NUMBERS)`` does.

Each kind turns mean values into points (values with Jacobian) and, where it fits, points into parameters. Those of
correlators are in `masses.py`, of matrices of them in `energies.py`, of two correlators in `wardidentities.py`, of
three-point functions in `matrixelements.py` and `pseudodistributions.py`, of four-quark operators in `mixing.py`, of
vector currents in `vacuumpolarization.py`, of quark propagators and vertices in `renormalization.py` and `msbar.py`,
of the quark number in `quarkfluctuations.py`, densities in `spectral.py`, formulas of the user in `userfit.py`. Of a
request with ranges `averages.py` makes an average.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lqcdnn.analyze.fits.anisotropy import flow_ratio, loop_anisotropies
from lqcdnn.analyze.fits.averages import averaged
from lqcdnn.analyze.fits.chains import Chains, axis_of, loop_names, vector_names
from lqcdnn.analyze.fits.control import control_variate, gain_of_deformation
from lqcdnn.analyze.fits.energies import effective_energies, energy_fit
from lqcdnn.analyze.fits.fitting import Drawn, Problem, fitted, plain_means, point_covariance
from lqcdnn.analyze.fits.flowscale import REFERENCE, t0, w0
from lqcdnn.analyze.fits.masses import cosh, effective_oscillating, exponential, oscillating
from lqcdnn.analyze.fits.matrixelements import plateau, ratios, summation, two_states
from lqcdnn.analyze.fits.mixing import bag_parameter, bag_parameters
from lqcdnn.analyze.fits.msbar import msbar
from lqcdnn.analyze.fits.pointwise import (
    connected_correlator,
    creutz_ratios,
    effective_masses,
    exponential_masses,
    free_energies,
)
from lqcdnn.analyze.fits.potential import (
    cornell_model,
    log_ratio,
    polyakov_powers,
    potential_powers,
    sommer_scale,
)
from lqcdnn.analyze.fits.pseudodistributions import reduced_distribution
from lqcdnn.analyze.fits.quarkfluctuations import mixed_susceptibilities, susceptibilities, taylor_coefficients
from lqcdnn.analyze.fits.renormalization import field_renormalization, mass_function, operator_renormalization
from lqcdnn.analyze.fits.ringedquarks import ringed_condensates
from lqcdnn.analyze.fits.scattering import scattering
from lqcdnn.analyze.fits.spectral import spectral_density
from lqcdnn.analyze.fits.thermodynamics import entropies, entropy
from lqcdnn.analyze.fits.userfit import user_fit
from lqcdnn.analyze.fits.vacuumpolarization import muon_anomaly, time_moments, vacuum_polarization
from lqcdnn.analyze.fits.wardidentities import (
    decay_constant,
    effective_quark_masses,
    quark_mass,
    twisted_decay_constant,
)
from lqcdnn.analyze.result import Fit, FitPicture
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.fitnumbers import check_distances, check_fit, check_loops
from lqcdnn.config.language.fits import FitRequest
from lqcdnn.config.language.flownumbers import check_flow_times
from lqcdnn.errors import InputError


def fit(request: FitRequest, chains: Chains) -> Fit:
    """Do what a request asks for.

    Raises
    ------
    InputError
        Naming the request: no such series, too few points, no minimum.
    """
    try:
        return averaged(request, chains, _checked) if request.ends else _checked(request, chains)
    except InputError as error:
        raise InputError(f"{request.text!r}: {error.message}", hint=error.hint) from error


def _checked(request: FitRequest, chains: Chains) -> Fit:
    """One fit."""
    check_fit(request, chains.physics.shape, chains.physics.anisotropic)
    return _DOERS[request.kind](request, chains)


def _potential(request: FitRequest, chains: Chains) -> Fit:
    """Cornell fit of V(R) from the loops with T and T + 1."""
    loops = loop_names(chains.series[0], request.series)
    time, first, last = map(int, request.numbers)
    check_loops(request, loops)
    powers = potential_powers(list(loops), time, first, last)
    return _cornell(request, chains, list(loops.values()), powers, np.arange(first, last + 1, dtype=np.float64))


def _polyakov_potential(request: FitRequest, chains: Chains) -> Fit:
    """Cornell fit of V(r) = -ln C(r) / T from the correlator of Polyakov loops of T links, along the axes."""
    names = vector_names(chains.series[0], request.series)
    time, first, last = map(int, request.numbers)
    places = axis_of(chains, request, names)[1] or tuple(map(float, range(len(names))))
    check_distances(request, places)
    powers = polyakov_powers(places, time, range(first, last + 1))
    return _cornell(request, chains, names, powers, np.arange(first, last + 1, dtype=np.float64))


def _cornell(
    request: FitRequest, chains: Chains, names: Sequence[str], powers: FloatArray, distances: FloatArray
) -> Fit:
    """Fit of V0 + sigma R - alpha/R to V(R), of which the loops of these names enter with powers[R, name]."""
    jacobian: FloatArray = cornell_model(distances)
    problem = Problem(
        points=lambda means: log_ratio(means, powers),
        model=lambda parameters: (np.asarray(jacobian @ parameters, dtype=np.float64), jacobian),
        start=lambda values, _: np.asarray(np.linalg.lstsq(jacobian, values, rcond=None)[0], dtype=np.float64),
        drawn=Drawn("R", "V(R)", distances, lambda grid, found: np.asarray(cornell_model(grid) @ found)),
    )
    extra = {"r0": sommer_scale}
    return fitted(request, chains, names, problem, ["V0", "sigma", "alpha"], extra)


def _flow(request: FitRequest, chains: Chains) -> Fit:
    """t_0 or w_0 from t^2 <E> at equidistant flow times."""
    names = vector_names(chains.series[0], request.series)
    first, step = request.numbers
    times = first + step * np.arange(len(names), dtype=np.float64)
    check_flow_times(request, *axis_of(chains, request, names))
    scale = {"t0": t0, "w0": w0}[request.kind]
    samples = chains.samples(names)
    found = chains.estimate(request.kind, request, names, samples, lambda means: scale(times, means))
    if request.kind == "w0" or found.mean is None:
        return Fit(request.name, request.text, (found,))
    means = plain_means(samples, len(names), chains)
    spreads = [np.ptp(sample.table[:, : len(names)], axis=0) for sample in samples]
    varying = np.flatnonzero(np.any(spreads, axis=0))
    select, errors = np.eye(len(names))[varying], np.zeros(len(names))  # at t = 0 nothing fluctuates
    errors[varying] = point_covariance(samples, means, lambda here: (select @ here, select), chains).errors
    picture = FitPicture("t", "t^2 E", times, means, errors, np.empty(0), np.empty(0), (found.mean, REFERENCE))
    return Fit(request.name, request.text, (found,), picture=picture)


_DOERS: dict[str, Callable[[FitRequest, Chains], Fit]] = {
    "connected": connected_correlator,
    "effective": effective_masses,
    "cosh": cosh,
    "cosh_constant": cosh,
    "effective_oscillating": effective_oscillating,
    "oscillating": oscillating,
    "gevp": effective_energies,
    "gevp_cosh": energy_fit,
    "effective_exponential": exponential_masses,
    "exponential": exponential,
    "pcac": quark_mass,
    "effective_pcac": effective_quark_masses,
    "decay_constant": decay_constant,
    "twisted_decay_constant": twisted_decay_constant,
    "ratio": ratios,
    "plateau": plateau,
    "summation": summation,
    "two_state": two_states,
    "reduced_distribution": reduced_distribution,
    "bag": bag_parameter,
    "effective_bag": bag_parameters,
    "scattering": scattering,
    "lattice_scattering": scattering,
    "moving_scattering": scattering,
    "lattice_moving_scattering": scattering,
    "creutz": creutz_ratios,
    "potential": _potential,
    "polyakov_potential": _polyakov_potential,
    "free_energy": free_energies,
    "t0": _flow,
    "w0": _flow,
    "control": control_variate,
    "gain": gain_of_deformation,
    "anisotropy": loop_anisotropies,
    "flow_anisotropy": flow_ratio,
    "effective_entropy": entropies,
    "entropy": entropy,
    "quark_field": field_renormalization,
    "quark_mass": mass_function,
    "rimom": operator_renormalization,
    "rismom": operator_renormalization,
    "msbar": msbar,
    "msbar_gamma": msbar,
    "vacuum_polarization": vacuum_polarization,
    "time_moments": time_moments,
    "muon_anomaly": muon_anomaly,
    "susceptibilities": susceptibilities,
    "mixed_susceptibilities": mixed_susceptibilities,
    "taylor_coefficients": taylor_coefficients,
    "ringed_condensate": ringed_condensates,
    "spectral_density": spectral_density,
    "formula": user_fit,
}
