"""A run with restarts, read off a table of all starts. Book: chapter 14.

A tracker that is started in frame s knows nothing of earlier frames. So its overlaps in all runs, one from
every frame to the end, hold its run with restarts for any failure threshold and any delay: follow the row of
one start until the overlap is too small, then go on in the row of a later start. No frame need be tracked
again.
"""

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from udtlib.arguments import Between, check
from udtlib.errors import DataError
from udtlib.evaluation.protocols import SKIP
from udtlib.evaluation.results.regions import State
from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.supervised import SupervisedRun

LONGEST = 10_000
"""Frames from a failure to the next start."""


def run_from_starts(table: ArrayLike, threshold: float = 0.0, delay: int = SKIP) -> SupervisedRun:
    """Return the run with restarts that a table of all starts contains.

    With threshold 0 and delay 5 it is that of `udtlib.evaluation.running.resets.track_with_resets`, for a
    tracker that can be started in every frame.

    Args:
        table: ``(N, N)``, in row s and column k > s the overlap 0..1 in frame k of a run that was started in
            frame s; the rest is not read.
        threshold: the tracker has failed in a frame whose overlap is not above it, 0..1.
        delay: frames from a failure to the next start, 1 or more.

    Raises:
        DataError: not such a table.
        OptionError: ``threshold`` or ``delay`` out of range.

    Book: chapter 14.
    """
    overlaps = _checked(table)
    check("threshold", threshold, Annotated[float, Between(0, 1)])
    check("delay", delay, Annotated[int, Between(1, LONGEST)])
    states, kept = np.full(len(overlaps), int(State.SKIPPED)), np.zeros(len(overlaps))
    start, next_start = -1, 0
    for frame in range(len(overlaps)):
        if start < 0:
            if frame >= next_start:
                start, states[frame] = frame, State.INITIALISED
        elif overlaps[start, frame] <= threshold:
            start, next_start, states[frame] = -1, frame + delay, State.FAILED
        else:
            states[frame], kept[frame] = State.TRACKED, overlaps[start, frame]
    return SupervisedRun(kept, states)


def _checked(table: ArrayLike) -> Floats:
    overlaps = np.asarray(table, dtype=np.float64)
    if overlaps.ndim != 2 or not 0 < len(overlaps) == overlaps.shape[1]:
        raise DataError(f"expected a row and a column for each frame, (N, N), found shape {overlaps.shape}")
    after = overlaps[np.triu_indices(len(overlaps), 1)]
    if not ((after >= 0) & (after <= 1)).all():
        raise DataError("expected overlaps in 0..1 in every frame after a start, found others")
    return overlaps
