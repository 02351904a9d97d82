"""A run with resets: a tracker that has lost the target is started again. Book: chapters 13 and 14.

This is VOT's supervised experiment as of 2013 to 2019. It counts how often a tracker fails; what one early
failure costs does not depend on how much of the sequence is left.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from udtlib.boxes import Boxes, iou
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.evaluation.anchors import can_start, has_target
from udtlib.evaluation.protocols import SKIP
from udtlib.evaluation.results.regions import Regions, State
from udtlib.evaluation.running.one_pass import as_row, frames_of
from udtlib.polygons import pixel_overlaps
from udtlib.trackers import Tracker

Overlap = Callable[[Boxes, int, tuple[int, int]], float]
"""Overlap of a tracker's box with what is true in a frame, by its index and the image's width and height."""


def track_supervised(tracker: Tracker, sequence: Sequence) -> tuple[Regions, float]:
    """Run a tracker as VOT's supervised experiment does: `track_with_resets`, by pixels and true regions.

    A tracker that knows only boxes is started from the upright box around the true region, but fails where
    its box has no pixel, within the image, in common with the region itself
    (`udtlib.polygons.pixel_overlaps`).

    Book: chapter 14.
    """
    truth = sequence.regions or sequence.boxes

    def overlap(box: Boxes, index: int, size: tuple[int, int]) -> float:
        return float(pixel_overlaps([box], [truth[index]], size)[0])

    return track_with_resets(tracker, sequence, overlap=overlap)


def track_with_resets(
    tracker: Tracker, sequence: Sequence, skip: int = SKIP, overlap: Overlap | None = None
) -> tuple[Regions, float]:
    """Return what a tracker gave for each frame of a sequence, and the seconds it took.

    A tracker fails in a frame where its box and the true one do not overlap at all; it is asked no more, and
    is started again from the true box ``skip`` frames later, or in the first frame after that in which it can
    be (`can_start`). Where there is no true box, it cannot fail. Boxes are not clipped to the image.

    Args:
        tracker: a new one; a second ``init`` must start it anew.
        sequence: with frames and true boxes.
        skip: frames from a failure to the next start, 1 or more.
        overlap: with what is true in a frame; the tracker has failed where it is 0. None: the overlap of the
            boxes.

    Returns:
        Regions, one a true box, and the seconds of all starts and updates, without decoding.

    Raises:
        DataError: fewer frames than true boxes, no frame to start from, or an answer that is not four
            numbers.

    Book: chapter 13.
    """
    count, seconds, next_start = len(sequence.boxes), 0.0, 0
    regions = Regions(np.full((count, 4), np.nan), np.full(count, int(State.SKIPPED)))
    startable, is_started = np.zeros(count, dtype=np.bool_), False
    for index, frame in zip(range(count), frames_of(sequence), strict=False):
        if not index:
            startable = can_start(sequence.boxes, *frame.shape[:2])
        if not is_started and (index < next_start or not startable[index]):
            continue
        truth = sequence.boxes[index]
        step = partial(tracker.update, frame) if is_started else partial(tracker.init, frame, truth.copy())
        begun = time.perf_counter()
        answer = step()
        seconds += time.perf_counter() - begun
        if not is_started:
            regions.states[index], is_started = State.INITIALISED, True
            continue
        box = as_row(answer, f"{sequence.name}, frame {index + 1}")
        size = (frame.shape[1], frame.shape[0])
        shared = overlap(box, index, size) if overlap else iou(box, truth)
        if has_target(truth) and shared <= 0:
            regions.states[index], is_started, next_start = State.FAILED, False, index + skip
        else:
            regions.boxes[index], regions.states[index] = box, State.TRACKED
    if not (regions.states == State.INITIALISED).any():
        raise DataError(f"{sequence.name}: expected a true box from which the tracker can start, found none")
    return regions, seconds
