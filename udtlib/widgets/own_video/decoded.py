"""The first frames of an uploaded file, decoded in a child process and made small. Book: chapter 00."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import cv2
import numpy as np

from udtlib.data.kinds import VIDEO_SUFFIXES
from udtlib.data.one_size import OneSize
from udtlib.data.video.file import VideoFile
from udtlib.errors import DataError, UdtError
from udtlib.files import storage_errors, write_whole
from udtlib.frames import Frame
from udtlib.printing import printable

MOST_BYTES = 100 << 20
"""Of an uploaded file: it is kept in memory until it is decoded."""

MOST_FRAMES, LONGEST_SIDE = 200, 480
"""Frames that are kept, and pixels of their longer side: some 80 MB of an ordinary video, 140 MB at most."""

STEM = "video"  # of the file's name while it is decoded

PATIENCE = 30.0
"""Seconds without a frame after which the decoder hangs."""


class Incoming:
    """A file on its way here, piece by piece; never more of it is kept than was announced.

    Attributes:
        name: what it is called where it comes from, without control characters.
        size: its announced bytes.
        content: what has come so far.
    """

    def __init__(self, name: str, size: int) -> None:
        """Expect ``size`` bytes.

        Raises:
            DataError: an empty file, or one of more than `MOST_BYTES`.
        """
        self.name, self.size, self.content = printable(name)[:200], size, bytearray()
        if not 0 < size <= MOST_BYTES:
            found = "an empty file" if size < 1 else f"{size / 2**20:,.0f} MB; cut a shorter piece out of it"
            raise DataError(f"{self.name}: expected a video of at most {MOST_BYTES >> 20} MB, found {found}")

    def add(self, piece: bytes) -> bool:
        """Keep the next piece and return whether the file is complete.

        Raises:
            DataError: nothing came, or more than was announced.
        """
        found = len(self.content) + len(piece)
        if not piece or found > self.size:
            raise DataError(f"{self.name}: expected {self.size:,} bytes, found {found:,}; upload it again")
        self.content += piece
        return found == self.size


def first_frames(name: str, content: bytes) -> Iterator[Frame]:
    """Yield the first `MOST_FRAMES` frames of a video, all of the first one's size, as they are decoded.

    Args:
        name: of the file, for messages; its suffix counts if it is a video's.
        content: the file. It lies in a folder of its own while this runs, and nowhere afterwards.

    Yields:
        RGB ``uint8`` ``(H, W, 3)``, the longer side at most `LONGEST_SIDE` pixels.

    Raises:
        DataError: not a video, or none that OpenCV can decode.
        DecoderError: the decoder crashed or hung.
        StorageError: no room for the file.
    """
    suffix = Path(name).suffix.lower()
    with storage_errors(gettempdir()), TemporaryDirectory() as folder:
        path = Path(folder) / f"{STEM}{suffix if suffix in VIDEO_SUFFIXES else ''}"
        write_whole(path, content)
        try:
            with closing(VideoFile(path, PATIENCE)) as video:
                same: OneSize | None = None
                for index, frame in enumerate(islice(video, MOST_FRAMES)):
                    small = shrink(frame)
                    same = same or OneSize(name, small)
                    yield same(small, index)
        except UdtError as error:
            raise type(error)(str(error).replace(str(path), name)) from error


def shrink(frame: Frame) -> Frame:
    """Return the frame, its longer side at most `LONGEST_SIDE` pixels."""
    height, width = frame.shape[:2]
    share = LONGEST_SIDE / max(height, width)
    if share >= 1:
        return frame
    size = max(1, round(share * width)), max(1, round(share * height))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
