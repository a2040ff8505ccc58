"""What an analysis finds, as plain records that become JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lqcdnn.analyze.data.series import Series
from lqcdnn.analyze.statistics.gamma import FloatArray, GammaResult

#: Convention printed under every table (physics.md 7).
CONVENTION = "tau_int = 1/2 + sum rho(t), in units of the spacing of the series; error = sqrt(2 tau_int var/N)"


@dataclass(frozen=True)
class Verdict:
    """One judgement of a run.

    Attributes
    ----------
    name
        "thermalised", "statistics", "exp(-dH)", "acceptance", "centre sector", "topology", "complete",
        "training".
    status
        "ok", "warn", "fail", or "unknown" where the data do not say.
    sentence
        What was found, with numbers.
    advice
        What to do about it; empty if nothing.
    setting
        The line of the input that does it, where there is one.
    """

    name: str
    status: str
    sentence: str
    advice: str = ""
    setting: str = ""


@dataclass(frozen=True)
class Estimate:
    """Mean value of one series with everything that tells how far to trust it.

    Attributes
    ----------
    name, observable, source
        Name of the series, observable it belongs to, file it comes from; of a derived quantity its definition.
    mean, error, error_of_error, tau_int, tau_int_error, window, n, naive_error, converged
        As in `GammaResult`; tau_int in units of `interval` trajectories. None if there are too few measurements.
    effective
        N/(2 tau_int).
    jackknife_error, bin_size
        Binned jackknife; None if there are not two bins.
    bootstrap_error
        From blocks of the same length; None unless asked for.
    replicas, replica_probability
        Number of replicas, and probability of the spread of their means (None for one replica).
    first, last, interval, regular
        First and last trajectory used, their spacing, and whether it is the same throughout.
    series
        For pictures: the whole history, or that of the linearised fluctuations.
    systematic
        Standard deviation of the models of an average over fits, weighted; None of what depends on no average.
    parts, center
        What the error comes from: values used, of each replica, and their mean; of a function of mean values its
        linearised fluctuations about its value.
    prior_errors
        What is more in the errors: by the name of a prior, its error times the derivative by its centre.
    """

    name: str
    observable: str
    source: str
    mean: float | None
    error: float | None
    error_of_error: float | None
    tau_int: float | None
    tau_int_error: float | None
    window: int | None
    n: int
    effective: float | None
    naive_error: float | None
    converged: bool
    jackknife_error: float | None
    bin_size: int | None
    bootstrap_error: float | None
    replicas: int
    replica_probability: float | None
    first: int | None
    last: int | None
    interval: int
    regular: bool
    series: Series = field(repr=False, compare=False)
    parts: tuple[Series, ...] = field(repr=False, compare=False)
    center: float = field(repr=False, compare=False)
    gamma: GammaResult | None = field(repr=False, compare=False)
    systematic: float | None = None
    prior_errors: Mapping[str, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def total_error(self) -> float | None:
        """Statistical and systematic error together; None where there is no systematic one."""
        if self.error is None or self.systematic is None:
            return None
        return math.hypot(self.error, self.systematic)

    @property
    def tau_int_trajectories(self) -> float | None:
        """tau_int in trajectories; an upper bound where tau_int is near 1/2."""
        return None if self.tau_int is None else self.tau_int * self.interval

    @property
    def tau_int_error_trajectories(self) -> float | None:
        """Error of `tau_int_trajectories`."""
        return None if self.tau_int_error is None else self.tau_int_error * self.interval


@dataclass(frozen=True)
class FitPicture:
    """What a fit looks like.

    Attributes
    ----------
    x_label, y_label
        Of the axes, in lattice units.
    x, y, errors
        The points.
    grid, curve
        The fitted function between them; empty where nothing was fitted.
    mark
        A place (x, y) that was found; None if there is none.
    dimensionless
        Whether x has no units.
    others
        Of a fit of several quantities those after the first.
    """

    x_label: str
    y_label: str
    x: FloatArray
    y: FloatArray
    errors: FloatArray
    grid: FloatArray
    curve: FloatArray
    mark: tuple[float, float] | None = None
    dimensionless: bool = False
    others: tuple[FitPicture, ...] = ()


@dataclass(frozen=True)
class FitModel:
    """One of the fits that an average is made of.

    Attributes
    ----------
    text, numbers
        The fit as a request of its own, and its numbers.
    weight
        In the average; 0 where it takes no part.
    chi2, dof, probability
        As in `Fit`.
    means, errors
        Of the parameters of the average, in their order; None for one that this fit does not have.
    """

    text: str
    numbers: tuple[float, ...]
    weight: float
    chi2: float
    dof: int
    probability: float | None
    means: tuple[float | None, ...]
    errors: tuple[float | None, ...]


@dataclass(frozen=True)
class Fit:
    """Parameters of a fit, or quantities found point by point.

    Attributes
    ----------
    name, text
        Name, and the request as written.
    parameters
        One estimate for each, named NAME.PARAMETER.
    chi2, dof, probability
        chi^2 at the minimum, degrees of freedom, and the probability of a larger chi^2; None if nothing was fitted,
        there are no degrees of freedom, or too few measurements.
    expected_chi2
        What chi^2 is expected to be for this weight matrix, the covariance of the data and their number.
    correlated
        True if the weight matrix is the inverse covariance.
    priors
        Name, value and error of those that chi^2 and its degrees of freedom contain.
    picture
        Points and curve; None for quantities found point by point.
    models, left_out
        Of an average the fits it is made of, the weightiest first, and those that could not be done, with the reason.
    """

    name: str
    text: str
    parameters: tuple[Estimate, ...]
    chi2: float | None = None
    dof: int | None = None
    probability: float | None = None
    expected_chi2: float | None = None
    correlated: bool = False
    priors: tuple[tuple[str, float, float], ...] = ()
    picture: FitPicture | None = field(default=None, repr=False, compare=False)
    models: tuple[FitModel, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thermalization:
    """The cut that was applied to all series of a run.

    Attributes
    ----------
    trajectory
        Trajectories up to this one are left out.
    method
        "automatic", "option" (``--thermalization``) or "input" (``analyze.thermalization``).
    declared
        ``run.thermalization`` of the input file: the automatic cut is never before it.
    decided_by
        Series that asked for the latest cut; None if none asked for more than declared.
    settled
        True if the early and the late part of every series agree after the cut; None if too short to say.
    worst, deviation
        Series in which they agree worst, and by how many errors they differ.
    """

    trajectory: int
    method: str
    declared: int
    decided_by: str | None
    settled: bool | None
    worst: str | None
    deviation: float | None


@dataclass(frozen=True)
class Training:
    """Training history in numbers: start and end of the loss, the weights it came to.

    Attributes
    ----------
    steps, samples
        Optimizer steps done, and samples recorded: ``train.batch`` for each step.
    first_loss, early_loss, late_loss
        Loss of the first sample, mean of the first 10 samples, mean of the last quarter.
    late_difference, late_spread
        Mean and standard deviation of S_theta - S in the last quarter.
    expected_acceptance
        erfc(sigma/2) with sigma the spread: acceptance if molecular dynamics were integrated exactly.
    weights
        Those of the last record.
    by_forces
        Whether the loss compares forces, of which one sample says more than hundreds of actions do.
    """

    steps: int
    samples: int
    first_loss: float | None
    early_loss: float | None
    late_loss: float | None
    late_difference: float | None
    late_spread: float | None
    expected_acceptance: float | None
    weights: Any
    by_forces: bool = False


@dataclass(frozen=True)
class Analysis:
    """Result of `analyze_run` or `analyze_series`; `to_dict` is what ``--json`` prints.

    Attributes
    ----------
    kind
        "run", "series" or "replicas".
    source
        Directory or file; directories joined by " + " for replicas.
    group, shape
        Of the lattice; None and empty if unknown.
    trajectories, expected
        Trajectories in the journal, and of the whole run as declared (None if unknown).
    thermalization
        The cut.
    observables
        One estimate for each series.
    acceptance, exp_minus_dH, dH
        Estimates from the journal after the cut; None without a journal.
    acceptance_probability
        Mean of min(1, exp(-dH)); must agree with `acceptance`.
    training
        None without a training history.
    verdicts
        Judgements, most important first.
    warnings
        Sentences about the files.
    derived
        Estimates of derived quantities.
    fits
        Fits.
    reweighted
        What everything is reweighted to, as asked for; empty: not reweighted.
    setup
        What the run is: method, actions with couplings and masses, integrator, seed, ... by heading, of replicas what
        they share; empty if unknown.
    history
        Records of the training history, for pictures; not part of the JSON.
    effort
        Series on the solvers' work, for pictures; not part of the JSON.
    axes
        Axes of lists, as in `RunData`, for pictures; not part of the JSON.
    """

    kind: str
    source: str
    group: str | None
    shape: tuple[int, ...]
    trajectories: int
    expected: int | None
    thermalization: Thermalization
    observables: tuple[Estimate, ...]
    acceptance: Estimate | None
    acceptance_probability: Estimate | None
    exp_minus_dH: Estimate | None
    dH: Estimate | None
    training: Training | None
    verdicts: tuple[Verdict, ...]
    warnings: tuple[str, ...]
    derived: tuple[Estimate, ...] = ()
    fits: tuple[Fit, ...] = ()
    reweighted: tuple[str, ...] = ()
    setup: Mapping[str, str] = field(default_factory=dict)
    history: Sequence[dict[str, Any]] = field(default=(), repr=False, compare=False)
    effort: Sequence[Series] = field(default=(), repr=False, compare=False)
    axes: Mapping[str, tuple[str, tuple[float, ...]]] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, name: str) -> Estimate:
        """Estimate of one series, derived quantity or fit parameter by name."""
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str) -> Estimate | None:
        """The same; None where there is none of this name."""
        return next((estimate for estimate in self.estimates if estimate.name == name), None)

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Series, derived quantities and fit parameters."""
        return (*self.observables, *self.derived, *(item for fit in self.fits for item in fit.parameters))

    @property
    def status(self) -> str:
        """Worst verdict: "fail", "warn", "unknown" or "ok"."""
        return worst(verdict.status for verdict in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, strings and finite numbers (others become None), without the series."""
        document: dict[str, Any] = {"schema": 1, "convention": CONVENTION, "status": self.status}
        document.update(plain(self))
        return document


def worst(statuses: Iterable[str]) -> str:
    """The worst of the statuses of verdicts; "ok" where there is none."""
    found = set(statuses)
    return next((status for status in ("fail", "warn", "unknown") if status in found), "ok")


#: Fields that are not for JSON.
_HIDDEN = ("prior_errors", "series", "parts", "center", "gamma", "history", "effort", "axes", "picture")


def plain(value: Any) -> Any:
    """JSON-ready copy of a record."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if not dataclasses.is_dataclass(value):
        return value
    names = [item.name for item in dataclasses.fields(value) if item.name not in _HIDDEN]
    record = {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Estimate):
        record["tau_int_trajectories"] = plain(value.tau_int_trajectories)
        record["total_error"] = plain(value.total_error)
    return record
