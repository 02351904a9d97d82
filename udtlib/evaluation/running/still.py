"""A shift test: started on a still frame anew for every move of the target. Book: chapter 13."""

import time

import numpy as np

from udtlib.data.sequences import Sequence
from udtlib.evaluation.results.regions import Regions, State
from udtlib.evaluation.running.one_pass import as_row, frames_of
from udtlib.trackers import Tracker


def track_each_from_the_first(tracker: Tracker, sequence: Sequence) -> tuple[Regions, float]:
    """Return where a tracker that was started on the first frame sees the target in each other frame.

    Args:
        tracker: a new one; a second ``init`` must start it anew.
        sequence: a still and the frames after each move (`udtlib.evaluation.shift.MovedTarget`); frames whose
            true box is NaN are skipped.

    Returns:
        Regions, one a frame, and the seconds of all starts and updates.

    Raises:
        DataError: no frames, or an answer that is not four numbers.

    Book: chapter 13.
    """
    count, seconds = len(sequence.boxes), 0.0
    regions = Regions(np.full((count, 4), np.nan), np.full(count, int(State.SKIPPED)))
    still = None
    for index, frame in enumerate(frames_of(sequence)):
        if still is None:
            still, regions.states[0] = frame, State.INITIALISED
        elif np.isfinite(sequence.boxes[index]).all():
            begun = time.perf_counter()
            tracker.init(still, sequence.boxes[0].copy())
            answer = tracker.update(frame)
            seconds += time.perf_counter() - begun
            regions.boxes[index] = as_row(answer, f"{sequence.name}, frame {index + 1}")
            regions.states[index] = State.TRACKED
    return regions, seconds
