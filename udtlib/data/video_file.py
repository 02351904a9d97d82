"""Video files as frames: lazy, any order, and frame ``i`` is always the i-th decoded frame.

Asking a decoder for "frame 120" is not exact: with many codecs it lands on a neighbour. Here the
time stamp of every frame is written down when it is first passed; after a jump the stamp tells
which frame it really is, and the rest of the way is decoded.
"""

from bisect import bisect_left
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from udtlib.data.sequences import Frames
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path
from udtlib.frames import Frame

MARGIN = 32
"""A jump aims this many frames early, and pays only when it saves more than as many."""


class VideoFile(Frames):
    """The frames of a video file.

    Attributes:
        path: the file.
        fps: frames per second as the file states them; 0 if it does not.
        announced: how many frames the file says it has; may be wrong, ``len()`` counts them.

    Raises:
        MissingDataError: no such file.
        DataError: not a video that OpenCV can decode.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = user_path(path)
        if not self.path.is_file():
            raise MissingDataError(f"{path}: no such video file")
        self._times: list[float] = []
        self._complete = False
        self._open()
        self.fps = max(0.0, self._capture.get(cv2.CAP_PROP_FPS))
        self.announced = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        if not self._advance():
            raise DataError(f"{path}: expected a video, found no frame that can be decoded")

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the path alone."""
        return VideoFile, (self.path,)

    def __len__(self) -> int:
        """Return the number of frames that can be decoded; the first call passes over all of them."""
        while not self._complete:
            self._go_to(len(self._times))
        return len(self._times)

    def read(self, index: int) -> Frame:
        """Return frame ``index``.

        Raises:
            IndexError: past the end.
            DataError: the frame is there but cannot be decoded.
        """
        if index != self._next - 1 and not self._go_to(index):
            raise IndexError(f"frame {index} of {len(self._times)} in {self.path}")
        decoded, image = self._capture.retrieve()
        if not decoded:
            raise DataError(f"{self.path}: frame {index} cannot be decoded")
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def _open(self) -> None:
        self._capture = cv2.VideoCapture(str(self.path), cv2.CAP_ANY)
        self._next = 0

    def _go_to(self, index: int) -> bool:
        """Decode up to and including frame ``index``; False if the video ends before."""
        if self._complete and index >= len(self._times):
            return False
        passed_before = index < len(self._times)
        if passed_before and not self._next <= index <= self._next + MARGIN:
            self._jump(index)
        while self._next <= index:
            if not self._advance():
                return False
        return True

    def _advance(self) -> bool:
        """Decode one frame, writing its time down if it is new; at the end rewind and return False."""
        if not self._capture.grab():
            self._complete |= self._next == len(self._times)
            self._open()
            return False
        if self._next == len(self._times):
            self._times.append(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        self._next += 1
        return True

    def _jump(self, index: int) -> None:
        """Come before ``index``, by a jump whose time stamp is known, else at the start."""
        goal = index - MARGIN
        if goal > 0 and self._capture.set(cv2.CAP_PROP_POS_FRAMES, goal) and self._capture.grab():
            time = self._capture.get(cv2.CAP_PROP_POS_MSEC)
            place = bisect_left(self._times, time)
            if place < index and self._times[place : place + 2].count(time) == 1:
                self._next = place + 1
                return
        self._open()
