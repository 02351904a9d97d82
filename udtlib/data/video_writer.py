"""Writing video files, whole or not at all. Book: chapter 00."""

import os
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from udtlib.data.native_names import native_name
from udtlib.errors import DataError, StorageError
from udtlib.files import replacing
from udtlib.frames import Frame

SUFFIXES = (".avi", ".mkv", ".mov", ".mp4")


class VideoWriter:
    """An MPEG-4 video that gets its name when it is closed; until then it lies hidden beside it.

    A video has an even width and height: of a frame with an odd one, the last column or row is repeated.
    """

    def __init__(self, path: Path, fps: float, like: Frame) -> None:
        """Begin a video of frames of the size of ``like``, in a folder that is there.

        Raises:
            DataError: another suffix than `SUFFIXES`, or OpenCV cannot write such a video there.
            StorageError: nothing can be written there.
        """
        if path.suffix.lower() not in SUFFIXES:
            raise DataError(f"{path}: expected a name that ends in {', '.join(SUFFIXES)}")
        self.path, self._count = path, 0
        height, width = like.shape[:2]
        self._padding = 0, height % 2, 0, width % 2
        size = width + width % 2, height + height % 2
        with ExitStack() as held:
            unfinished = held.enter_context(replacing(path))
            folder = os.open(unfinished.parent, os.O_RDONLY)
            held.callback(os.close, folder)
            self._name = native_name(folder, unfinished.parent, unfinished.name)
            self._writer = cv2.VideoWriter(self._name, cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
            if not self._writer.isOpened():
                raise DataError(
                    f"{path}: OpenCV cannot write a video of {width}x{height} at {fps:g} fps there"
                )
            self._held = held.pop_all()

    def write(self, frame: Frame) -> None:
        """Add a frame, RGB ``uint8`` ``(H, W, 3)``, of the size of all others."""
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
            written = cv2.VideoCapture(self._name)
            written.set(cv2.CAP_PROP_POS_FRAMES, self._count - 1)
            if not written.grab():
                raise StorageError(
                    f"{self.path}: its {self._count} frames could not all be written; is the disk full?"
                )
