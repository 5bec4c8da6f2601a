"""Correct a share that an imperfect reader found for the reader's own errors."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

CONFIDENCE = 0.95
Flags = npt.NDArray[np.bool_]


class Prevalence(NamedTuple):
    """A corrected share with its interval, each from 0 to 1."""

    estimate: float
    low: float
    high: float


class Confusion(NamedTuple):
    """
    How often a reader was right on a labelled sample [labelled units].

    Attributes
    ----------
    n_true, n_true_found : int
        Units of which the topic is true, and those of them that the reader found: their ratio is
        the sensitivity.
    n_false, n_false_unfound : int
        Units of which it is not true, and those that the reader passed over: the specificity.
    """

    n_true: int
    n_true_found: int
    n_false: int
    n_false_unfound: int


def count_confusion(is_true: Flags, is_found: Flags) -> Confusion:
    """
    Count how often a reader was right.

    Parameters
    ----------
    is_true, is_found : numpy.ndarray of bool, shape (n_labelled,)
        What a human says, what the reader says.

    Returns
    -------
    Confusion
        Of as many units as there are labels.

    Examples
    --------
    >>> is_true = np.array([True, True, False, False, False])
    >>> count_confusion(is_true, np.array([True, False, False, False, True]))
    Confusion(n_true=2, n_true_found=1, n_false=3, n_false_unfound=2)
    """
    groups = (is_true, is_true & is_found, ~is_true, ~is_true & ~is_found)
    return Confusion(*(int(units.sum()) for units in groups))


def corrected_prevalence(
    found_share: float,
    confusion: Confusion,
    *,
    n_read: float = math.inf,
    confidence: float = CONFIDENCE,
) -> Prevalence:
    """
    Correct a share for the reader's sensitivity and specificity, both from a labelled sample.

    Parameters
    ----------
    found_share : float
        Share the reader found, 0 to 1.
    confusion : Confusion
        How often the reader was right on the labelled sample.
    n_read : float, default infinity
        Units that `found_share` was counted on, if they are a sample of those asked about; by
        default they are all of them.
    confidence : float, default 0.95
        Level of the interval, 0 to 1.

    Returns
    -------
    Prevalence
        The Rogan–Gladen estimate and the interval of Lang and Reiczigel, cut to 0 and 1.

    Raises
    ------
    ValueError
        If there is no labelled unit of a kind, a part exceeds its whole, or the reader is no
        better than chance.

    References
    ----------
    Rogan WJ, Gladen B (1978), American Journal of Epidemiology 107: 71–76. Lang Z, Reiczigel J
    (2014), Preventive Veterinary Medicine 113: 13–22.

    Examples
    --------
    >>> corrected = corrected_prevalence(0.25, Confusion(50, 45, 200, 190))
    >>> round(corrected.estimate, 4)  # (0.25 + 0.95 - 1) / (0.90 + 0.95 - 1)
    0.2353
    """
    n_true, n_true_found, n_false, n_false_unfound = confusion
    if not (n_true > 0 and 0 <= n_true_found <= n_true):
        raise ValueError(f"found {n_true_found} of {n_true} true units; label some that are true")
    if not (n_false > 0 and 0 <= n_false_unfound <= n_false):
        raise ValueError(f"passed over {n_false_unfound} of {n_false} units that are not true")
    sensitivity, specificity = n_true_found / n_true, n_false_unfound / n_false
    if sensitivity + specificity <= 1:
        raise ValueError("the reader is no better than chance; no correction can help")
    estimate = (found_share + specificity - 1) / (sensitivity + specificity - 1)
    low, high = _bound(found_share, confusion, n_read, confidence)
    return Prevalence(*(min(max(share, 0.0), 1.0) for share in (estimate, low, high)))


def _bound(
    found: float, confusion: Confusion, n_read: float, confidence: float
) -> tuple[float, float]:
    """Compute the interval: every share is first drawn towards one half, the centre is shifted."""
    z = float(stats.norm.ppf((1 + confidence) / 2))
    found += (1 / 2 - found) * z**2 / (n_read + z**2)
    sensitivity = (confusion.n_true_found + 1) / (confusion.n_true + 2)
    specificity = (confusion.n_false_unfound + 1) / (confusion.n_false + 2)
    youden = sensitivity + specificity - 1
    centre = (found + specificity - 1) / youden
    of_true = sensitivity * (1 - sensitivity) / (confusion.n_true + 2)
    of_false = specificity * (1 - specificity) / (confusion.n_false + 2)
    shift = 2 * z**2 * (centre * of_true - (1 - centre) * of_false)
    variance = found * (1 - found) / (n_read + z**2)
    variance += centre**2 * of_true + (1 - centre) ** 2 * of_false
    reach = z * math.sqrt(variance) / youden
    return centre + shift - reach, centre + shift + reach
