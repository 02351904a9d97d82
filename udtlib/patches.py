"""Patches: a box and an image in, an array of fixed size out. Book: chapter 01.

Convention: pixel centres lie at integer coordinates plus one half, so a box ``(x, y, w, h)`` that
covers whole pixels crops exactly ``image[y:y+h, x:x+w]``.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.arguments import REFUSED, look_up, shown, take
from udtlib.boxes import check_box
from udtlib.errors import FrameError
from udtlib.frames import LONGEST_SIDE, Frame, check_sides

BORDERS = {"replicate": cv2.BORDER_REPLICATE, "zero": cv2.BORDER_CONSTANT}


LARGEST_PATCH = 2**26
"""Pixels, 8192 x 8192: what is larger is a mistake."""

DTYPES = ("uint8", "float32", "float64")


def check_image(image: object) -> None:
    """Refuse what cannot be cropped.

    Raises:
        FrameError: not a uint8, float32 or float64 array ``(H, W)`` or ``(H, W, 1 to 4)``, or empty.
    """
    if not isinstance(image, np.ndarray) or image.dtype not in DTYPES:
        found = f"{image.dtype} array" if isinstance(image, np.ndarray) else type(image).__name__
        raise FrameError(f"an image to crop is a numpy array of {', '.join(DTYPES)}, found {found}")
    if image.ndim not in (2, 3) or image.size == 0 or (image.ndim == 3 and image.shape[2] > 4):
        raise FrameError(f"an image to crop has shape (H, W) or (H, W, 1 to 4), found {image.shape}")
    check_sides(image)


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return ``(height, width)`` as two positive ints.

    Raises:
        FrameError: not two whole numbers of at least 1, or more than `LARGEST_PATCH` pixels.
    """
    sides = [take(side, float) for side in size] if np.shape(size) == (2,) else []
    if len(sides) != 2 or any(side is REFUSED or side % 1 or not 1 <= side <= LONGEST_SIDE for side in sides):
        raise FrameError(
            f"a patch size is (height, width), whole and from 1 to {LONGEST_SIDE}, found {shown(size)}"
        )
    if sides[0] * sides[1] > LARGEST_PATCH:
        raise FrameError(f"a patch has at most {LARGEST_PATCH} pixels, found {shown(size)}")
    return int(sides[0]), int(sides[1])


def crop(
    image: Frame, box: ArrayLike, size: tuple[int, int] | None = None, border: str = "replicate"
) -> Frame:
    """Return the part of ``image`` in ``box``, sampled bilinearly, in the image's dtype.

    Patch pixel ``(i, j)`` shows the image at ``x + (j + 1/2) w/width`` and ``y + (i + 1/2) h/height``,
    where the image's own pixel ``(row, column)`` sits at ``(column + 1/2, row + 1/2)``. Nothing is blurred
    before shrinking, so a patch much smaller than its box skips pixels. Book: chapter 01.

    Args:
        image: ``(H, W)`` or ``(H, W, C)`` with up to four channels; uint8, float32 or float64.
        box: ``(x, y, w, h)``, 0-indexed pixels; may be fractional and may leave the image.
        size: ``(height, width)`` of the patch; None is the box's size, rounded, at least 1.
        border: what lies outside the image, ``"replicate"`` (the nearest pixel) or ``"zero"``.

    Returns:
        ``(height, width)`` or ``(height, width, C)``; a new array.

    Raises:
        BoxError: the box is not four finite numbers of positive size.
        FrameError: the image or the size is not of the kinds above.
        UnknownNameError: ``border`` is not in `BORDERS`.
    """
    check_image(image)
    border_mode = look_up("border", border, BORDERS)
    checked = check_box(box)
    return sampled(image, checked, check_size(size or patch_size(checked)), border_mode)


def patch_size(box: NDArray[np.float64]) -> tuple[int, int]:
    """Return a box's ``(height, width)`` in whole pixels, at least 1."""
    return max(1, round(box[3])), max(1, round(box[2]))


def sampled(
    image: Frame, box: NDArray[np.float64], size: tuple[int, int], border_mode: int = cv2.BORDER_REPLICATE
) -> Frame:
    """Do the work of `crop` on arguments known to be right: for small patches, checking takes longer."""
    x, y, w, h = box
    height, width = size
    step_x, step_y = w / width, h / height
    # cv2 counts from pixel centres, so its coordinates are ours minus one half.
    patch_to_image = np.array([[step_x, 0, x + step_x / 2 - 0.5], [0, step_y, y + step_y / 2 - 0.5]])
    patch = cv2.warpAffine(
        image,
        patch_to_image,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border_mode,
    )
    return np.asarray(patch, dtype=image.dtype).reshape((height, width, *image.shape[2:]))


def hann_window(height: int, width: int) -> NDArray[np.float32]:
    """Return the ``(height, width)`` Hann window, float32 in 0..1: 0 on the border, largest in the middle.

    The outer product of two one-dimensional windows ``(1 - cos(2 pi n / (N - 1))) / 2``; exactly 1 at the
    centre when both sides are odd. Book: chapters 01 and 02.

    Raises:
        FrameError: a side is not a whole number of at least 1.
    """
    height, width = check_size((height, width))
    return np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)


def model_shape(size: ArrayLike, max_area: float, cell: int = 1) -> tuple[int, int]:
    """Return the ``(height, width)`` of the patch that stands for a window of ``size`` ``(w, h)`` pixels.

    Windows of more than ``max_area`` pixels shrink with their proportions kept; each side then becomes
    a whole number of cells, rounded up to a number whose Fourier transform is fast, at least 6. Very thin
    windows lose their proportions: the longer side is at most what ``max_area`` allows beside 6 cells.
    """
    w, h = np.asarray(size, dtype=np.float64)
    shrink, longest = min(1.0, float(np.sqrt(max_area / (w * h)))) / cell, round(max_area / (6 * cell**2))
    height, width = (
        fft.next_fast_len(max(6, min(longest, round(side * shrink))), real=True) for side in (h, w)
    )
    return height * cell, width * cell
