"""What runs from anchors say: mean overlap, robustness, and the overlap against the time since the start.

Overlap is intersection over union, 0 where there is no box. Frames without a target fail, as in other
protocols: they have overlap 0, unless the policy leaves them out (``absent="exclude"``). No other choice of a
policy enters. Book: chapter 13.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from udtlib.boxes import iou
from udtlib.errors import DataError
from udtlib.evaluation.anchors import has_target
from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.policy import Policy

LOST = 0.1
"""A target is lost when its overlap is below this ..."""

IN_A_ROW = 5
"""... for so many frames in a row."""


def run_overlaps(boxes: ArrayLike, truth: ArrayLike) -> Floats:
    """Return the overlap of each frame of a run, ``(N,)`` in 0..1, NaN where there is no target.

    Args:
        boxes: predicted boxes ``(N, 4)``, 0-indexed; NaN where the tracker gave none: overlap 0.
        truth: true boxes ``(N, 4)``, 0-indexed; zero size or NaN where the target is absent.

    Raises:
        DataError: not two arrays ``(N, 4)`` of one length.
    """
    found, true = np.asarray(boxes, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if found.shape != true.shape or true.ndim != 2 or true.shape[1] != 4:
        raise DataError(f"expected boxes (N, 4), one a true box, found {found.shape} and {true.shape}")
    overlaps = np.array(iou(found, true))
    overlaps[~has_target(true)] = np.nan
    return overlaps


def robustness(overlaps: ArrayLike) -> float:
    """Return the share of a run before the target is lost, in 0..1.

    It is lost at the first frame of the first `IN_A_ROW` frames in a row whose overlap is below `LOST`; a run
    that ends sooner than that is not lost.

    Args:
        overlaps: ``(N,)``, N at least 1, of the frames that count after the start.

    Book: chapter 13.
    """
    low = np.asarray(overlaps, dtype=np.float64) < LOST
    if len(low) < IN_A_ROW:
        return 1.0
    lost = np.lib.stride_tricks.sliding_window_view(low, IN_A_ROW).all(axis=1)
    return float(lost.argmax() / len(low)) if lost.any() else 1.0


def anchor_measures(
    runs: Iterable[tuple[ArrayLike, ArrayLike]], policy: Policy
) -> tuple[dict[str, float], Floats]:
    """Return mean overlap and robustness of a sequence, and its overlap against the time since the start.

    Each is computed in every run, then averaged over the runs: a long one counts as much as a short one. The
    start frame, where the tracker was given the true box, is left out of both.

    Args:
        runs: predicted and true boxes ``(N, 4)`` of each run, from its start on; see `run_overlaps`.

        policy: says whether frames without a target fail or are left out.

    Returns:
        ``{"overlap": ..., "robustness": ...}``, and ``(T,)``: the mean overlap over the runs that have a
        target n frames after their start, n = 0..T-1; NaN where none has.

    Raises:
        DataError: no run with a frame that counts after its start, or as `run_overlaps`.

    Book: chapter 13.
    """
    each = [run_overlaps(boxes, truth) for boxes, truth in runs]
    if policy.absent != "exclude":
        each = [np.nan_to_num(overlaps) for overlaps in each]
    present = [overlaps[1:][~np.isnan(overlaps[1:])] for overlaps in each]
    counted = [overlaps for overlaps in present if len(overlaps)]
    if not counted:
        raise DataError("expected a run with a frame that counts after its start, found none")
    means = [(float(overlaps.mean()), robustness(overlaps)) for overlaps in counted]
    overlap, robust = np.mean(means, axis=0).tolist()
    return {"overlap": overlap, "robustness": robust}, mean_by_time(each)


def mean_by_time(curves: Iterable[Floats]) -> Floats:
    """Return the mean at each place over the curves that have a number there, NaN where none has.

    Args:
        curves: of different lengths, one at least; NaN is no number.

    Returns:
        As long as the longest.
    """
    curves = list(curves)
    table = np.full((len(curves), max(map(len, curves))), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = curve
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
