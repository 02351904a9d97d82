"""One pass of a tracker over a sequence, timed: from the true box on the first frame, with no help after.

Book: chapters 01 and 13.
"""

import time
from functools import partial
from typing import Any

import numpy as np

from udtlib.boxes import Boxes
from udtlib.data.one_size import OneSize
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.trackers import Tracker


def track_sequence(tracker: Tracker, sequence: Sequence) -> tuple[Boxes, float]:
    """Return the boxes ``(N, 4)`` of one pass over a sequence, and the seconds the tracker took.

    The first box is the true one, given to the tracker. Reading and decoding frames is not timed.
    The time of the first frame counts. What is not finite becomes a row of NaN. Frames of another size than
    the first are resized to it (`udtlib.data.one_size`).

    Raises:
        DataError: fewer frames than true boxes, no true box, or an answer that is not four numbers.

    Book: chapter 13.
    """
    count = len(sequence.boxes)
    if not 0 < count <= len(sequence.frames):
        raise DataError(
            f"{sequence.name}: expected true boxes for the first frames, "
            f"found {count} boxes and {len(sequence.frames)} frames"
        )
    boxes, seconds, frames = np.full((count, 4), np.nan), 0.0, iter(sequence.frames)
    boxes[0] = sequence.boxes[0]
    one_size: OneSize | None = None
    for index in range(count):
        frame = next(frames, None)
        if frame is None:
            raise DataError(f"{sequence.name}: expected {count} frames, the frames end after {index}")
        one_size = one_size or OneSize(sequence.name, frame)
        frame = one_size(frame, index)
        step = partial(tracker.update, frame) if index else partial(tracker.init, frame, boxes[0].copy())
        begun = time.perf_counter()
        answer = step()
        seconds += time.perf_counter() - begun
        if index:
            boxes[index] = _as_row(answer, f"{sequence.name}, frame {index + 1}")
    return boxes, seconds


def _as_row(answer: Any, where: str) -> Boxes:
    try:
        row = np.array(answer, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: expected a box of four numbers, the tracker gave {answer!r}") from error
    if row.shape != (4,):
        raise DataError(f"{where}: expected a box of four numbers, the tracker gave shape {row.shape}")
    return row if np.isfinite(row).all() else np.full(4, np.nan)
