"""What runs with resets and shift tests say. Book: chapter 13."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import Boxes, center
from udtlib.evaluation.results.regions import Regions, State
from udtlib.evaluation.scoring.anchors import run_overlaps
from udtlib.evaluation.scoring.measures import FOUND
from udtlib.evaluation.shift import DIRECTIONS

NEAR = 0.25
"""A moved target is found if its centre is nearer than this, in its widths across and its heights down."""

Run = tuple[Regions, Boxes]
"""Regions of a run, and its true boxes ``(N, 4)``."""


def reset_measures(runs: Iterable[Run]) -> dict[str, float]:
    """Return the failures in a sequence, and the mean overlap of the frames in which the target was followed.

    Frames of a start, of a failure, those skipped and those without a target are left out of the overlap.

    Args:
        runs: of one sequence; of several, failures are averaged and frames pooled.

    Returns:
        ``{"failures": ..., "overlap": ...}``; overlap is NaN if there is no such frame.

    Book: chapter 13.
    """
    runs = list(runs)
    failures = [int((regions.states == State.FAILED).sum()) for regions, _ in runs]
    each = [run_overlaps(regions.boxes, truth)[regions.states == State.TRACKED] for regions, truth in runs]
    overlaps = np.concatenate(each)
    known = overlaps[~np.isnan(overlaps)]
    return {"failures": float(np.mean(failures)), "overlap": float(known.mean()) if len(known) else np.nan}


def shift_measures(runs: Iterable[Run]) -> dict[str, float]:
    """Return the share of moves after which the target was found (`NEAR`), for every distance.

    Args:
        runs: of one sequence, a still each; rows as `udtlib.evaluation.shift.moved_boxes`.

    Returns:
        A value for each name of `FOUND`, NaN where no move of that distance stayed in the image.

    Book: chapter 13.
    """
    hits: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in FOUND}
    for regions, truth in runs:
        error = (center(regions.boxes) - center(truth)) / truth[:, 2:]
        near = np.linalg.norm(error, axis=1).round(3) < NEAR  # files have 4 decimals; NaN is not near
        asked = regions.states == State.TRACKED
        for place, name in enumerate(FOUND):
            rows = slice(1 + place * DIRECTIONS, 1 + (place + 1) * DIRECTIONS)
            hits[name].append(near[rows][asked[rows]])
    pooled = {name: np.concatenate(parts) for name, parts in hits.items()}
    return {name: float(found.mean()) if len(found) else np.nan for name, found in pooled.items()}


def pairs_to_score(regions: Regions, truth: Boxes) -> tuple[Boxes, Boxes]:
    """Return boxes and true boxes of a run for AUC and precision: all frames but those that were skipped.

    A start counts with the true box, as in one-pass evaluation; a failure as a frame without a box.
    """
    boxes = np.where((regions.states == State.INITIALISED)[:, None], truth, regions.boxes)
    asked = regions.states != State.SKIPPED
    return boxes[asked], truth[asked]


def frames_asked(regions: Regions) -> int:
    """Return how many frames the tracker saw."""
    return int((regions.states != State.SKIPPED).sum())
