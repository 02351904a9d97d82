"""Patches: a box and an image in, an array of fixed size out. Book: chapter 01.

Convention: pixel centres lie at integer coordinates plus one half, so a box ``(x, y, w, h)`` that
covers whole pixels crops exactly ``image[y:y+h, x:x+w]``.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from udtlib.boxes import check_box
from udtlib.trackers.base import Frame

BORDERS = {"replicate": cv2.BORDER_REPLICATE, "zero": cv2.BORDER_CONSTANT}


def crop(
    image: Frame, box: ArrayLike, size: tuple[int, int] | None = None, border: str = "replicate"
) -> Frame:
    """Return the part of ``image`` in ``box``, sampled bilinearly.

    Args:
        image: ``(H, W, 3)`` or ``(H, W)``.
        box: ``(x, y, w, h)``; may be fractional and may leave the image.
        size: ``(height, width)`` of the patch; None is the box's size, rounded, at least 1.
        border: what lies outside the image, ``"replicate"`` (the nearest pixel) or ``"zero"``.

    Raises:
        BoxError: the box is not four finite numbers of positive size.
    """
    x, y, w, h = check_box(box)
    height, width = size or (max(1, round(h)), max(1, round(w)))
    step_x, step_y = w / width, h / height
    patch_to_image = np.array([[step_x, 0, x + step_x / 2 - 0.5], [0, step_y, y + step_y / 2 - 0.5]])
    patch = cv2.warpAffine(
        image,
        patch_to_image,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=BORDERS[border],
    )
    return np.asarray(patch, dtype=image.dtype)


def hann_window(height: int, width: int) -> NDArray[np.float32]:
    """Return the ``(height, width)`` Hann window, float32, 0 at the border and 1 at the centre."""
    return np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)


def model_shape(size: ArrayLike, max_area: float, cell: int = 1) -> tuple[int, int]:
    """Return the ``(height, width)`` of the patch that stands for a window of ``size`` ``(w, h)`` pixels.

    Windows of more than ``max_area`` pixels shrink with their proportions kept; each side then becomes
    a whole number of cells, rounded up to a number whose Fourier transform is fast, at least 6.
    """
    w, h = np.asarray(size, dtype=np.float64)
    shrink = min(1.0, float(np.sqrt(max_area / (w * h)))) / cell
    height, width = (fft.next_fast_len(max(6, round(side * shrink)), real=True) for side in (h, w))
    return height * cell, width * cell
