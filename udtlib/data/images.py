"""Image files: one image, and a sequence of frames that are image files. Book: chapter 01."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from udtlib.data.sequences import Frames
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path
from udtlib.frames import Frame

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png")
JPEG, SCAN, END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"


def read_image(path: str | Path) -> Frame:
    """Return an image file as RGB ``uint8`` ``(H, W, 3)``: grey is repeated, alpha dropped.

    Raises:
        MissingDataError: no such file.
        DataError: empty, truncated, or not an image.
    """
    try:
        data = user_path(path).read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingDataError(f"{path}: no such image file") from error
    if is_truncated_jpeg(data):
        raise DataError(f"{path}: truncated JPEG (no end marker in {len(data)} bytes); fetch the file again")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise DataError(f"{path}: expected an image, found {len(data)} bytes that cannot be read as one")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def is_truncated_jpeg(data: bytes) -> bool:
    """Tell whether ``data`` begins as a JPEG whose last scan has no end marker.

    Some OpenCV versions fill the missing part with grey and report nothing. Inside a scan the
    encoding cannot produce either marker, so the comparison is exact.
    """
    return data.startswith(JPEG) and data.rfind(END) < data.rfind(SCAN)


class ImageFiles(Frames):
    """Frames that are image files, in the given order."""

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self.paths = tuple(map(user_path, paths))

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.paths)

    def read(self, index: int) -> Frame:
        """Return frame ``index``; raises as `read_image`."""
        return read_image(self.paths[index])
