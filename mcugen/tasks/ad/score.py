"""The area under the ROC curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def auc(scores: npt.NDArray[Any], positive: npt.NDArray[np.bool_]) -> float:
    """How often a positive case scores above a negative one, ties counting half."""
    _, ranks, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # Cases of equal score share the mean of their places, counted from 1.
    places = (np.cumsum(counts) - (counts - 1) / 2)[ranks]
    positives, negatives = int(positive.sum()), int((~positive).sum())
    above = places[positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def mean_auc(
    scores: npt.NDArray[Any], positive: npt.NDArray[np.bool_], group: npt.NDArray[Any]
) -> float:
    """The AUC of every group that has both kinds, averaged."""
    areas = [
        auc(scores[group == g], positive[group == g])
        for g in np.unique(group)
        if len(set(positive[group == g])) == 2
    ]
    return float(np.mean(areas))
