"""Writing video files that every browser plays, whole or not at all. Book: chapter 00."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np

from udtlib.arguments import check
from udtlib.data.video.native_names import native_name_in
from udtlib.data.video.reader import FRAME_RATES
from udtlib.errors import DataError, StorageError
from udtlib.files import replacing
from udtlib.frames import Frame, check_frame
from udtlib.printing import log_of

LOG = log_of(__name__)

CODECS = {".mp4": ("vp09", "mp4v"), ".webm": ("VP90", "VP80")}
"""By suffix: the code of VP9, and of what is written where OpenCV was built without it."""

SUFFIXES = tuple(CODECS)
FALLBACK = "this OpenCV cannot write VP9; {} is written instead"
INSTEAD = {"mp4v": "MPEG-4 Part 2, which players show but browsers do not", "VP80": "VP8"}


class VideoWriter:
    """A VP9 video that gets its name when it is closed; until then it lies hidden beside it.

    VP9 takes its time: about 25 ms a frame of 320x240 on one core, and in proportion to the pixels.

    A video has an even width and height: of a frame with an odd one, the last column or row is repeated.
    """

    def __init__(self, path: Path, fps: float, like: Frame) -> None:
        """Begin a video of frames of the size of ``like``, in a folder that is there.

        Raises:
            OptionError: ``fps``, frames a second, is none of `udtlib.data.video.reader.FRAME_RATES`.
            FrameError: ``like`` is no frame.
            DataError: another suffix than `SUFFIXES`, or OpenCV cannot write such a video there.
            StorageError: nothing can be written there.
        """
        if path.suffix.lower() not in SUFFIXES:
            raise DataError(f"{path}: expected a video's name that ends in {' or '.join(SUFFIXES)}")
        fps = check("fps", fps, Annotated[float, FRAME_RATES])
        self.path, self._count = path, 0
        height, width = self._size = check_frame(like).shape[:2]
        self._padding = 0, height % 2, 0, width % 2
        self._writer = cv2.VideoWriter()
        with ExitStack() as held:
            unfinished = held.enter_context(replacing(path))
            self._name = held.enter_context(native_name_in(unfinished.parent, unfinished.name))
            if not self._open(fps, (width + width % 2, height + height % 2)):
                unfinished.write_bytes(bytes(1 << 16))  # OpenCV does not say that the disk is full; this does
                raise DataError(
                    f"{path}: OpenCV cannot write a video of {width}x{height} at {fps:g} fps there"
                )
            self._held = held.pop_all()

    def _open(self, fps: float, size: tuple[int, int]) -> bool:
        """Begin with the first codec that OpenCV has, and log if that is not VP9."""
        best, other = CODECS[self.path.suffix.lower()]
        for code in (best, other):
            with _quiet():
                opened = self._writer.open(self._name, cv2.VideoWriter.fourcc(*code), fps, size)
            if opened:
                if code != best:
                    LOG.warning("%s: %s", self.path, FALLBACK.format(INSTEAD[code]))
                return True
        return False

    def write(self, frame: Frame) -> None:
        """Add a frame, RGB ``uint8`` ``(H, W, 3)``.

        Raises:
            FrameError: it is no frame, or not of the size of the first.
        """
        frame = check_frame(frame, like=self._size)
        picture = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2BGR)
        self._writer.write(cv2.copyMakeBorder(picture, *self._padding, cv2.BORDER_REPLICATE))
        self._count += 1

    def close(self) -> None:
        """Finish the video and give it its name, once its last frame is there: OpenCV does not say.

        Raises:
            StorageError: it is not there.
        """
        with self._held:
            self._writer.release()
            with _quiet():
                written = cv2.VideoCapture(self._name)
            written.set(cv2.CAP_PROP_POS_FRAMES, self._count - 1)
            complete = written.grab()
            written.release()  # Windows renames no open file
            if not complete:
                raise StorageError(
                    f"{self.path}: its {self._count} frames could not all be written; is the disk full?"
                )


@contextmanager
def _quiet() -> Iterator[None]:
    """Let FFmpeg print nothing: about every WebM it says that the codec's name is not that of AVI.

    What it says of a file that was cut off, we say ourselves.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
