"""Image files: one image, and a sequence of frames that are image files. Book: chapter 01."""

import io
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from udtlib.child_process import after_fork
from udtlib.data.image_header import SIGNATURES, Header, read_header
from udtlib.data.sequences import Frames
from udtlib.errors import DataError, MissingDataError, OptionError
from udtlib.files import user_path
from udtlib.frames import Frame

LARGEST_IMAGE = 1 << 27
"""Pixels of the largest image or video frame that is read, just above 16K video (15360 x 8640): a frame
takes 400 MB then. The environment variable `LIMIT_VARIABLE` replaces it."""

LIMIT_VARIABLE = "UDT_LARGEST_IMAGE"
LARGEST_FILE_BYTES = 16
"""A pixel takes no more in any file; a larger file is not read at all."""

_PILLOW = Lock()


def read_image(path: str | Path) -> Frame:
    """Return an image file as RGB ``uint8`` ``(H, W, 3)``.

    Grey is repeated, alpha dropped, a palette looked up, of 16 bits the upper 8 are kept, and CMYK is
    converted. The size that the file claims is checked before anything is decoded.

    Raises:
        MissingDataError: no such file, or one that may not be read.
        DataError: empty, truncated, not an image, or larger than `largest_image`.
    """
    path = user_path(path)
    data = _read_file(path)
    header = read_header(data)
    if header is None:
        known = ", ".join(SIGNATURES)
        raise DataError(
            f"{path}: expected an image ({known}), found {len(data)} bytes that cannot be read as one"
        )
    check_size(path, header.width, header.height)
    if not header.whole:
        raise DataError(f"{path}: truncated JPEG (no end marker in {len(data)} bytes); fetch the file again")
    try:
        return _decode(data, header)
    except Exception as error:  # decoders of hostile files raise whatever there is
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(
            f"{path}: expected an image, found {len(data)} bytes of {header.format} that cannot be read as "
            f"one ({reason})"
        ) from error


def _read_file(path: str | Path) -> bytes:
    try:
        if not os.path.isfile(path):
            raise FileNotFoundError
        size, most = os.path.getsize(path), LARGEST_FILE_BYTES * largest_image()
        if size > most:
            raise DataError(f"{path}: expected an image of at most {most:,} bytes, found {size:,}")
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise MissingDataError(f"{path}: no such image file") from error
    except OSError as error:
        raise MissingDataError(f"{path}: cannot be read ({error.strerror})") from error


def largest_image() -> int:
    """Return how many pixels an image may have: `LARGEST_IMAGE`, or what ``UDT_LARGEST_IMAGE`` says.

    Raises:
        OptionError: the variable is not a whole number from 1 on.
    """
    text = os.environ.get(LIMIT_VARIABLE, "").strip()
    if not text:
        return LARGEST_IMAGE
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text)):
        raise OptionError(
            f"{LIMIT_VARIABLE}: expected the pixels of the largest image to be read, such as "
            f"{LARGEST_IMAGE}, found {text[:60]!r}"
        )
    return int(text)


def check_size(path: str | Path, width: int, height: int) -> None:
    """Refuse an image, or a video's frame, of so many pixels.

    Raises:
        DataError: no pixel, or more than `largest_image`.
    """
    limit = largest_image()
    if width < 1 or height < 1:
        raise DataError(f"{path}: expected an image, found a size of {width}x{height} pixels")
    if width * height > limit:
        raise DataError(
            f"{path}: {width}x{height} pixels, more than the limit of {limit:,}; if such a size is meant, "
            f"set the environment variable {LIMIT_VARIABLE}={width * height}"
        )


def _decode(data: bytes, header: Header) -> Frame:
    """Return the pixels; raises whatever the decoder raises."""
    if header.format == "TIFF" or header.channels == 4:
        return _decode_with_pillow(data, header)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("damaged or incomplete; fetch the file again")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _decode_with_pillow(data: bytes, header: Header) -> Frame:
    """Decode what OpenCV gets wrong: it multiplies a TIFF with its alpha, and takes all CMYK for inverted."""
    from PIL import ImageOps, JpegImagePlugin, TiffImagePlugin

    plugin = TiffImagePlugin.TiffImageFile if header.format == "TIFF" else JpegImagePlugin.JpegImageFile
    with _without_pillows_limit(), plugin(io.BytesIO(data)) as image:
        if image.mode in ("F", "I"):
            raise ValueError("32 bits a channel; expected at most 16")
        if image.width * image.height > header.width * header.height:
            raise ValueError("the file states two sizes")
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        grey = (np.asarray(upright).astype(np.uint16) >> 8).astype(np.uint8)
        return grey[:, :, None].repeat(3, axis=2)
    if upright.mode == "RGBa":
        upright = upright.convert("RGBA")
    return np.array(upright.convert("RGB"), dtype=np.uint8)


@contextmanager
def _without_pillows_limit() -> Iterator[None]:
    """Leave the limit to `check_size`, and warnings about odd headers to nobody; both are global settings."""
    from PIL import Image

    with _PILLOW, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _renew_lock() -> None:
    """In a forked process: a thread that is not here may hold it."""
    global _PILLOW
    _PILLOW = Lock()


after_fork(_renew_lock)


class ImageFiles(Frames):
    """Frames that are image files, in the given order.

    Attributes:
        paths: absolute, so that they stay right when the current folder changes.
    """

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self.paths = tuple(user_path(path).absolute() for path in paths)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.paths)

    def read(self, index: int) -> Frame:
        """Return frame ``index``; raises as `read_image`."""
        return read_image(self.paths[index])
