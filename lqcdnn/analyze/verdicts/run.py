"""Judgements: is this run fit to be quoted? Each is one function that returns a `Verdict`.

The centre sector has a file of its own, `lqcdnn.analyze.verdicts.centre`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lqcdnn.analyze.notation import compact
from lqcdnn.analyze.result import Estimate, Thermalization, Training, Verdict
from lqcdnn.analyze.statistics.gamma import FloatArray
from lqcdnn.config.language.counts import counted

#: A series shorter than this many tau_int has an error that is itself unreliable (physics.md 7).
ENOUGH = 50.0
#: Fewer trajectories than this say nothing about dH.
MINIMUM_TRAJECTORIES = 20
#: Fewer proposals than this that can be accepted, in the sum of min(1, exp(-dH)), say nothing about detailed balance.
MINIMUM_ACCEPTED = 10.0
#: Where dH spreads by more, the error of <exp(-dH)> is too small: of runs of 100 trajectories with normal dH of spread
#: 2 one in eleven lies more than 4 errors from 1, of those with spread 1 one in 300.
TRUSTED_SPREAD = 1.0
#: Larger than any exponent of a chain in equilibrium; products of four such exponentials are finite.
LARGEST_EXPONENT = 150.0


def judge_thermalization(cut: Thermalization, trajectories: int) -> Verdict:
    """Do early and late part of every series agree after the cut?

    Parameters
    ----------
    cut
        The cut with its test.
    trajectories
        Number of the last trajectory.
    """
    name = "thermalised"
    where = f"after trajectory {cut.trajectory}"
    if cut.method == "automatic" and cut.decided_by:
        where += f" ({cut.declared} declared, the rest cut automatically because of {cut.decided_by})"
    if cut.settled is None or cut.deviation is None:
        return Verdict(name, "unknown", f"too few measurements {where} to tell", "run longer")
    numbers = f"first 10 % and last half of every series {where}: largest difference {abs(cut.deviation):.1f} sigma"
    numbers += f" ({cut.worst})"
    advice = "run longer, or start from another configuration; look at the history with --plot or --html"
    if not cut.settled:
        # of many series one may differ by 3 errors by chance, or because a short series underestimates its error
        return Verdict(name, "fail" if abs(cut.deviation) > 5.0 else "warn", numbers, advice)
    if cut.trajectory > max(cut.declared, trajectories // 3):
        return Verdict(
            name, "warn", f"{numbers}; the cut takes {cut.trajectory} of {trajectories} trajectories", advice
        )
    return Verdict(name, "ok", numbers)


def judge_statistics(estimates: Sequence[Estimate]) -> Verdict:
    """Is every series at least 50 tau_int long?"""
    name = "statistics"
    known = [item for item in estimates if item.gamma is not None and not item.gamma.constant]
    if not known:
        return Verdict(name, "unknown", "no series with enough measurements that vary", "measure more configurations")
    worst = min(known, key=lambda item: item.n / (item.tau_int or 0.5))
    tau = worst.tau_int or 0.5
    ratio = worst.n / tau
    sentence = f"shortest series: {worst.name} with N = {worst.n} = {ratio:.0f} tau_int"
    sentence += f" (tau_int {compact(tau, worst.tau_int_error)})"
    if ratio >= ENOUGH and all(item.converged for item in known):
        return Verdict(name, "ok", sentence)
    missing = max(math.ceil((ENOUGH * tau - worst.n) * worst.interval), 0)
    advice = f"at least {counted(missing, 'more trajectory')}; until then errors and tau_int may be far too small"
    if ratio >= ENOUGH:
        unsure = next(item.name for item in known if not item.converged)
        return Verdict(name, "warn", f"{sentence}; the error of {unsure} found no window", "run longer")
    return Verdict(name, "fail" if ratio < ENOUGH / 5.0 else "warn", sentence, advice)


def exp_minus(dh: FloatArray) -> FloatArray:
    """exp(-dH), bounded where a wild step of thermalisation would make it, its squares or their sums infinite."""
    bounded: FloatArray = np.exp(np.minimum(-dh, LARGEST_EXPONENT))
    return bounded


def detailed_balance(dh: FloatArray) -> FloatArray:
    """theta(-dH) - theta(dH) exp(-dH) of each trajectory: half of what is accepted has dH < 0.

    Its mean is 0 wherever that of exp(-dH) is 1, since reversibility and preservation of area give
    <f(dH)> = <f(-dH) exp(-dH)> for every f. Its values lie within -1 and 1: its error can be trusted for any spread.

    Parameters
    ----------
    dh
        dH of the trajectories.
    """
    bounded: FloatArray = np.sign(-dh) * np.exp(-np.maximum(dh, 0.0))
    return bounded


def judge_exp_minus_dh(estimate: Estimate | None, spread: float | None, balance: Estimate | None) -> Verdict | None:
    """Is <exp(-dH)> = 1, as it must be for a reversible, area-preserving update in equilibrium?

    Parameters
    ----------
    estimate
        Of exp(-dH) after the cut; None without a journal.
    spread
        Standard deviation of dH.
    balance
        Of `detailed_balance`, which decides where dH spreads by more than `TRUSTED_SPREAD`.
    """
    name = "exp(-dH)"
    if estimate is None:
        return None
    if estimate.mean is None or estimate.error is None or estimate.n < MINIMUM_TRAJECTORIES:
        return Verdict(name, "unknown", f"only {counted(estimate.n, 'trajectory')} after the cut", "run longer")
    sentence = f"<exp(-dH)> = {compact(estimate.mean, estimate.error)}"
    if estimate.error == 0.0:
        exact = abs(estimate.mean - 1.0) < 1e-12
        return Verdict(name, "ok" if exact else "fail", sentence)
    sigma = abs(estimate.mean - 1.0) / estimate.error
    if spread is None or spread <= TRUSTED_SPREAD or balance is None or balance.mean is None or not balance.error:
        sentence += f", {sigma:.1f} sigma from 1"
    else:
        sigma = abs(balance.mean) / balance.error
        met = float(np.abs(balance.series.after((balance.first or 1) - 1).values).sum())
        if met < MINIMUM_ACCEPTED:
            sentence += f"; {met:.1g} of {balance.n} proposals can be accepted: too few to tell"
            return Verdict(name, "unknown", sentence, "look at the acceptance first")
        sentence += f" hangs on rare trajectories, since dH spreads by {spread:.1f}; judged by <theta(-dH) - "
        sentence += f"theta(dH) exp(-dH)> = {compact(balance.mean, balance.error)}, {sigma:.1f} sigma from 0"
    if sigma <= 3.0:
        return Verdict(name, "ok", sentence)
    advice = "check that the run is thermalised; if it is, the update is not reversible or the solver too loose"
    return Verdict(name, "warn" if sigma <= 4.0 else "fail", sentence, advice)


def judge_acceptance(
    acceptance: Estimate | None,
    probability: Estimate | None,
    accepted: FloatArray,
    guided: bool,
    expected: float | None = None,
    integrated: bool = True,
    refreshed: float | None = None,
) -> Verdict | None:
    """Is the acceptance sane, does it agree with <min(1, exp(-dH))>, and does the chain move?

    Parameters
    ----------
    acceptance, probability
        Estimates of the accepted fraction and of min(1, exp(-dH)); None without a journal.
    accepted
        The 0/1 series after the cut.
    guided
        True for self-learning HMC: a low acceptance may then be the guide's, not the integrator's.
    expected
        Acceptance that the training lets expect, if the run has one.
    integrated
        False where a heat bath with the guide proposes.
    refreshed
        With stochastic molecular dynamics friction times length of a cycle: the part of a lifetime of the momenta.
    """
    name = "acceptance"
    if acceptance is None:
        return None
    if acceptance.mean is None or acceptance.n < MINIMUM_TRAJECTORIES:
        return Verdict(name, "unknown", f"only {counted(acceptance.n, 'trajectory')} after the cut", "run longer")
    rate = acceptance.mean
    sentence = f"{compact(rate, acceptance.error)} of {acceptance.n} trajectories accepted"
    smaller = _remedy(rate, guided, expected) if integrated else "train couplings of the guide, or give it more terms"
    difference = _consistency(acceptance, probability)
    if difference is not None and probability is not None:
        sentence += f", <min(1, exp(-dH))> = {compact(probability.mean, probability.error)}"
        if difference > 4.0:
            return Verdict(
                name, "fail", f"{sentence}: {difference:.1f} sigma apart", "the Metropolis step is not right"
            )
    if rate < 0.05:
        return Verdict(name, "fail", f"{sentence}: the chain hardly moves", smaller)
    stuck = longest_rejection(accepted)
    if stuck > max(20.0, 3.0 * math.log(acceptance.n) / -math.log1p(-min(rate, 0.99))):
        return Verdict(name, "warn", f"{sentence}; {stuck} rejections in a row: the chain got stuck", smaller)
    if rate < 0.3:
        return Verdict(name, "warn", f"{sentence}: low", smaller)
    if refreshed is not None:
        return _judge_reversals(sentence, rate, refreshed, smaller)
    if rate > 0.98:
        return Verdict(name, "ok", sentence, "" if guided else "fewer, longer steps would cost less")
    return Verdict(name, "ok", sentence)


def _judge_reversals(sentence: str, rate: float, refreshed: float, smaller: str) -> Verdict:
    """Do momenta live until the friction has changed them, or are they turned around by rejections before?"""
    if 1.0 - rate <= refreshed:
        return Verdict("acceptance", "ok", sentence)
    sentence += f"; rejections turn momenta around every {1.0 / (1.0 - rate):.3g} cycles, "
    sentence += f"before the friction has changed them in {1.0 / refreshed:.3g}"
    return Verdict("acceptance", "warn", sentence, smaller)


def _remedy(rate: float, guided: bool, expected: float | None) -> str:
    """What raises the acceptance: a better guide, unless its training promises far more than there is."""
    steps, guide = "use smaller steps (update.steps)", "train the guide longer or bring its mass closer"
    if not guided:
        return steps
    if expected is None:
        return f"{guide}, or {steps}"
    return f"{steps}: the training lets expect {expected:.0%}" if rate < expected / 2.0 else guide


def _consistency(acceptance: Estimate, probability: Estimate | None) -> float | None:
    """Accepted fraction minus mean acceptance probability, in errors.

    Given the probabilities the decisions are independent, with variance p (1 - p).
    """
    if probability is None or probability.n != acceptance.n or acceptance.first is None:
        return None
    p = probability.series.after(acceptance.first - 1).values
    decided = acceptance.series.after(acceptance.first - 1).values
    variance = float(np.sum(p * (1.0 - p)))
    difference = abs(float(np.sum(decided - p)))
    if variance == 0.0:
        return 0.0 if difference < 0.5 else math.inf
    return difference / math.sqrt(variance)


def longest_rejection(accepted: FloatArray) -> int:
    """Largest number of rejections in a row in a series of 0 and 1."""
    longest = current = 0
    for decision in accepted:
        current = 0 if decision else current + 1
        longest = max(longest, current)
    return longest


def judge_completeness(trajectories: int, expected: int | None) -> Verdict | None:
    """Is the run finished? None if it is or if nobody knows."""
    if expected is None or trajectories >= expected:
        return None
    return Verdict(
        "complete",
        "warn",
        f"{trajectories} of {expected} trajectories done",
        "the same generate command goes on with the run",
    )


def judge_replicas(estimates: Sequence[Estimate]) -> Verdict:
    """Do the mean values of independent replicas agree? The least probable spread times their number decides."""
    name = "replicas"
    known = [(item.replica_probability, item.name) for item in estimates if item.replica_probability is not None]
    if not known:
        return Verdict(name, "unknown", "no series with enough measurements in two replicas", "run longer")
    smallest, worst = min(known)
    sentence = f"least probable spread of {len(known)} means over the replicas: Q = {smallest:.2g} ({worst})"
    corrected = smallest * len(known)
    status = "ok" if corrected > 0.01 else "warn" if corrected > 1e-4 else "fail"
    return Verdict(name, status, sentence, "" if status == "ok" else "look at each run: is one not thermalised?")


def judge_training(training: Training | None) -> Verdict | None:
    """Did the loss fall? None without a history."""
    if training is None:
        return None
    name = "training"
    first = training.first_loss if training.by_forces else training.early_loss
    needed = 2 if training.by_forces else MINIMUM_TRAJECTORIES
    if first is None or training.late_loss is None or training.samples < needed:
        return Verdict(name, "unknown", f"only {counted(training.samples, 'sample')}", "train longer")
    sentence = f"loss {training.first_loss:.3g} at first, mean of the last quarter {training.late_loss:.3g}"
    if training.late_spread is not None:
        sentence += f"; S_theta - S spreads by {training.late_spread:.2f}"
    if training.late_spread is not None and training.expected_acceptance is not None:
        sentence += f": expect {training.expected_acceptance:.0%} accepted"
    if training.late_loss >= first and training.late_loss > 0.0:
        advice = "another rate (train.rate), or other starting weights"
        return Verdict(name, "warn", f"{sentence}: it did not fall", advice)
    if training.expected_acceptance is not None and training.expected_acceptance < 0.01:
        return Verdict(name, "warn", sentence, "a smaller rate (train.rate) if the loss has grown, else a nearer guide")
    return Verdict(name, "ok", sentence)
