"""Writing video files, whole or not at all. Book: chapter 00."""

import os
import secrets
from pathlib import Path

import cv2
import numpy as np

from udtlib.data.native_names import native_name
from udtlib.errors import DataError
from udtlib.frames import Frame

SUFFIXES = (".avi", ".mkv", ".mov", ".mp4")


class VideoWriter:
    """An MPEG-4 video that gets its name when it is closed; until then it lies hidden beside it.

    A video has an even width and height: of a frame with an odd one, the last column or row is repeated.
    """

    def __init__(self, path: Path, fps: float, like: Frame) -> None:
        """Begin a video of frames of the size of ``like``; folders are made if need be.

        Raises:
            DataError: another suffix than `SUFFIXES`, or OpenCV cannot write such a video there.
        """
        if path.suffix.lower() not in SUFFIXES:
            raise DataError(f"{path}: expected a name that ends in {', '.join(SUFFIXES)}")
        self.path = Path(os.path.realpath(path))
        if self.path.exists() and not self.path.is_file():
            raise DataError(f"{path}: expected the name of a file to write, found something else")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        hidden = f".{secrets.token_hex(8)}.unfinished{path.suffix.lower()}"
        self._hidden = self.path.parent / hidden
        self._hidden.touch(exist_ok=False)  # what forbids a file there is said by name
        self._folder = os.open(self.path.parent, os.O_RDONLY)
        name = native_name(self._folder, self.path.parent, hidden)
        height, width = like.shape[:2]
        self._padding = 0, height % 2, 0, width % 2
        size = width + width % 2, height + height % 2
        self._writer = cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
        if not self._writer.isOpened():
            self._let_go()
            raise DataError(f"{path}: OpenCV cannot write a video of {width}x{height} at {fps:g} fps there")

    def write(self, frame: Frame) -> None:
        """Add a frame, RGB ``uint8`` ``(H, W, 3)``, of the size of all others."""
        picture = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2BGR)
        self._writer.write(cv2.copyMakeBorder(picture, *self._padding, cv2.BORDER_REPLICATE))

    def close(self) -> None:
        """Finish the video and give it its name."""
        self._writer.release()
        self._hidden.replace(self.path)
        self._let_go()

    def _let_go(self) -> None:
        self._hidden.unlink(missing_ok=True)
        os.close(self._folder)
