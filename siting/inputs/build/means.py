"""Gives a shape the right mean without leaving the range it must keep."""

from __future__ import annotations

import numpy as np

from siting.errors import InputError


def capped_mean(shape: np.ndarray, mean: float) -> np.ndarray:
    """`min(1, k * shape)` with the k that gives the wanted mean; shape (n,), non-negative, mean in (0, 1).

    Monotone in the shape, and a plain scaling wherever nothing exceeds 1.
    """
    if not 0 < mean < 1 or not shape.min() >= 0 or not (shape > 0).mean() > mean:
        raise InputError(
            f"a capacity factor cannot have mean {mean:.4f} on this shape; check the full-load hours"
        )
    low, high = 0.0, mean / shape.mean()
    while np.minimum(1, high * shape).mean() < mean:
        low, high = high, 2 * high
    for _ in range(80):
        mid = (low + high) / 2
        low, high = (mid, high) if np.minimum(1, mid * shape).mean() < mean else (low, mid)
    return np.asarray(np.minimum(1, high * shape))


def logit_mean(share: np.ndarray, mean: float) -> np.ndarray:
    """Shares moved by one constant on the logit scale so that their mean is `mean`; stays in [0, 1].

    A mean of 1 (a grid published as wholly carbon-free) leaves no room for hours below 1: all ones.
    """
    if not 0 < mean <= 1:
        raise InputError(f"a mean share of {mean} is outside (0, 1]; correct the zone's value")
    if mean > 0.9995:
        return np.ones_like(share)
    safe = np.clip(share, 1e-4, 1 - 1e-4)
    logit = np.log(safe / (1 - safe))
    low, high = -20.0, 20.0
    for _ in range(80):
        mid = (low + high) / 2
        low, high = (mid, high) if (1 / (1 + np.exp(-logit - mid))).mean() < mean else (low, mid)
    return np.asarray(1 / (1 + np.exp(-logit - high)))


def scaled_mean(values: np.ndarray, mean: float) -> np.ndarray:
    """Values times the one factor that gives the mean."""
    return np.asarray(values * (mean / values.mean()))
