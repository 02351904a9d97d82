"""Frames of one size: what happens when a video or a folder changes its size on the way. Book: chapter 00.

Every frame is brought to the size of the first; boxes are in the first frame's coordinates throughout.
"""

from collections.abc import Sequence as AbstractSequence

import cv2
import numpy as np

from udtlib.data.sequences import Frames
from udtlib.frames import Frame
from udtlib.printing import log_of

LOG = log_of(__name__)


class OneSize:
    """Brings frames to the size of the first one, and logs every change of their size."""

    def __init__(self, name: str, first: Frame) -> None:
        """Keep the size of ``first``; ``name`` stands in the log."""
        self.name, self.size = name, first.shape[:2]
        self._last = self.size

    def __call__(self, frame: Frame, index: int) -> Frame:
        """Return frame ``index`` (0-indexed), RGB ``uint8``, with the size of the first."""
        found = frame.shape[:2]
        if found != self._last:
            note = "" if found == self.size else "; resized, boxes are in the first frame's coordinates"
            LOG.warning(
                "%s: frame %d is %dx%d, the first %dx%d%s",
                *(self.name, index, *found[::-1], *self.size[::-1], note),
            )
            self._last = found
        if found == self.size:
            return frame
        smaller = found[0] * found[1] > self.size[0] * self.size[1]
        method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(frame, self.size[::-1], interpolation=method), np.uint8)


class LikeFirst(Frames):
    """Frames that all have the size of the first one; what starts later than there needs it too."""

    def __init__(self, source: AbstractSequence[Frame], name: str) -> None:
        """Take the frames of ``source``, still read when they are asked for; ``name`` stands in the log."""
        self.source, self.name = source, name
        self._one_size: OneSize | None = None

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.source)

    def read(self, index: int) -> Frame:
        """Return frame ``index``, RGB ``uint8``, with the size of the first."""
        frame = np.asarray(self.source[index])
        self._one_size = self._one_size or OneSize(self.name, np.asarray(self.source[0]) if index else frame)
        return self._one_size(frame, index)
