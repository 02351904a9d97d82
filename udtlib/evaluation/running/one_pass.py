"""One pass of a tracker over a sequence, timed: from the true box on the first frame, with no help after.

Book: chapters 01 and 13.
"""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from udtlib.arguments import shown
from udtlib.boxes import Boxes, as_numbers
from udtlib.data.one_size import OneSize
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.frames import Frame
from udtlib.trackers import Tracker


def track_sequence(tracker: Tracker, sequence: Sequence) -> tuple[Boxes, float]:
    """Return the boxes ``(N, 4)`` of one pass over a sequence, and the seconds the tracker took.

    N is the number of true boxes; where there is but one, for the first frame, that of the frames.

    The first box is the true one, given to the tracker. Reading and decoding frames is not timed.
    The time of the first frame counts. What is not finite becomes a row of NaN. Frames of another size than
    the first are resized to it (`udtlib.data.one_size`).

    Raises:
        DataError: fewer frames than true boxes, no true box, or an answer that is not four numbers.

    Book: chapter 13.
    """
    boxes, seconds = np.full((sequence.tracked, 4), np.nan), 0.0
    boxes[:1] = sequence.boxes[:1]
    for index, frame in enumerate(frames_of(sequence)):
        step = partial(tracker.update, frame) if index else partial(tracker.init, frame, boxes[0].copy())
        begun = time.perf_counter()
        answer = step()
        seconds += time.perf_counter() - begun
        if index:
            boxes[index] = as_row(answer, f"{sequence.name}, frame {index + 1}")
    return boxes, seconds


def frames_of(sequence: Sequence) -> Iterator[Frame]:
    """Yield the frames to track (`Sequence.tracked`), resized to the first one's size where they differ.

    Raises:
        DataError: no true box, or fewer frames than true boxes.
    """
    count = sequence.tracked
    if not 0 < count <= len(sequence.frames):
        raise DataError(
            f"{sequence.name}: expected true boxes for the first frames, "
            f"found {count} boxes and {len(sequence.frames)} frames"
        )
    frames = iter(sequence.frames)
    one_size: OneSize | None = None
    for index in range(count):
        frame = next(frames, None)
        if frame is None:
            raise DataError(f"{sequence.name}: expected {count} frames, the frames end after {index}")
        one_size = one_size or OneSize(sequence.name, frame)
        yield one_size(frame, index)


def as_row(answer: Any, where: str) -> Boxes:
    """Return a tracker's answer as a box ``(4,)`` float64, NaN if it is not finite.

    Raises:
        DataError: it is not four numbers; ``where`` stands in the message.
    """
    try:
        row = as_numbers(answer)
    except (TypeError, ValueError, RuntimeError) as error:  # the last from a list of tensors with a gradient
        raise DataError(
            f"{where}: expected a box of four numbers, the tracker gave {shown(answer)}"
        ) from error
    if row.shape != (4,):
        raise DataError(f"{where}: expected a box of four numbers, the tracker gave shape {row.shape}")
    return row if np.isfinite(row).all() else np.full(4, np.nan)
