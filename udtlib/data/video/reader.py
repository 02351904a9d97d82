"""Video files as frames, decoded in this process: lazy, any order, frame ``i`` is the i-th decoded one.

Asking a decoder for "frame 120" is not exact: with many codecs it lands on a neighbour. Here the
time stamp of every frame is written down when it is first passed; after a jump the stamp tells
which frame it really is, and the rest of the way is decoded.

Some files crash the codec and with it the process. So this runs in children only, those of
`udtlib.data.video.file` and `udtlib.data.raw_video.decoding`.
"""

from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from udtlib.arguments import Between
from udtlib.data.images import check_size
from udtlib.data.kinds import HEAD_BYTES, check_video_start
from udtlib.data.sequences import Frames
from udtlib.data.video.native_names import native_name
from udtlib.errors import DataError, MissingDataError
from udtlib.frames import Frame

FRAME_RATES = Between(0.01, 1000)
"""Frames a second that are believed, and written: beyond, encoders fail, round, or never end."""

MARGIN = 32
"""A jump aims this many frames early, and pays only when it saves more than as many."""


class VideoReader(Frames):
    """The frames of a video file.

    Attributes:
        path: the file.
        fps: frames per second as the file states them; 0 if it does not, or none of `FRAME_RATES`.
        announced: how many frames the file says it has; may be wrong, ``len()`` counts them.

    Raises:
        MissingDataError: no such file.
        DataError: not a video that OpenCV can decode, or one with frames larger than
            `udtlib.data.images.largest_image`.
    """

    def __init__(
        self,
        path: str | Path,
        descriptor: int | None = None,
        notice: Callable[[int], None] = lambda index: None,
    ) -> None:
        """Open a video.

        Args:
            path: the file.
            descriptor: the same file, where it is open already.
            notice: called with the index of every frame before it is decoded.
        """
        self.path, self._name, self._notice = Path(path), str(path), notice
        if descriptor is None and not self.path.is_file():
            raise MissingDataError(f"{path}: no such video file")
        opened = self.path if descriptor is None else descriptor
        self._file = open(opened, "rb", buffering=0)  # noqa: SIM115
        check_video_start(path, self._file.read(HEAD_BYTES))
        self._times: list[float] = []
        self._complete = False
        self._open()
        self._check_announced_size()
        stated = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = stated if stated in FRAME_RATES else 0.0
        self.announced = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        if not self._advance():
            raise DataError(f"{path}: expected a video, found no frame that can be decoded")

    def __len__(self) -> int:
        """Return the number of frames that can be decoded; the first call passes over all of them."""
        while not self._complete:
            self._complete |= not self.pass_to(len(self._times))
        return len(self._times)

    def read(self, index: int) -> Frame:
        """Return frame ``index``.

        Raises:
            IndexError: past the end.
            DataError: the frame is there but cannot be decoded.
        """
        if index != self._next - 1 and not self.pass_to(index):
            raise IndexError(f"frame {index} of {len(self._times)} in {self.path}")
        return self._decoded(index)

    def _decoded(self, index: int) -> Frame:
        """Return the frame that was passed last, ``index``."""
        decoded, image = self._capture.retrieve()
        if not decoded:
            raise DataError(f"{self._name}: frame {index} cannot be decoded")
        check_size(self._name, image.shape[1], image.shape[0])
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def _open(self) -> None:
        self._file.seek(0)  # on macOS, who opens it by its number goes on reading where it stands
        self._capture = cv2.VideoCapture(native_name(self._file.fileno(), self.path), cv2.CAP_ANY)
        self._next = 0

    def _check_announced_size(self) -> None:
        """Refuse too large frames before the first is decoded; some files do not say how large they are."""
        sides = cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT
        width, height = (int(self._capture.get(side)) for side in sides)
        if width > 0 and height > 0:
            check_size(self.path, width, height)

    def pass_to(self, index: int) -> bool:
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
        self._notice(self._next)
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
