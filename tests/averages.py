"""Averages over a chain."""

import numpy as np


def mean_and_error(values, bins=25):
    """Mean and standard error of each column, from bins much longer than the autocorrelation."""
    used = np.array(values)[: len(values) // bins * bins]
    means = used.reshape(bins, -1, *used.shape[1:]).mean(axis=1)
    return means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(bins)


def weighted_mean_and_error(values, logs, least, bins=25):
    """Mean with weights exp(logs) and jackknife error of each column; at least so many configurations count."""
    weight = np.exp(logs - logs.max())
    assert weight.sum() ** 2 / (weight**2).sum() > least
    kept = np.arange(len(values)) * bins // len(values) != np.arange(bins)[:, None]
    resampled = (kept * weight) @ values / (kept @ weight)[:, None]
    mean = weight @ values / weight.sum()
    return mean, np.sqrt((bins - 1) * ((resampled - mean) ** 2).mean(axis=0))
