"""Boxes: conventions, overlap and centre error.

Convention: a box is ``(x, y, w, h)``, ``float64``, in pixels, x to the right, y down, **0-indexed**;
its centre is ``(x + w/2, y + h/2)``. Files keep their format's own index base: readers convert.
Book: chapter 01.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.errors import BoxError

Boxes = NDArray[np.float64]


def check_box(box: ArrayLike) -> Boxes:
    """Return ``box`` as a new ``(4,)`` float64 array of finite numbers with positive width and height.

    Raises:
        BoxError: not four numbers, NaN or infinite, or zero or negative size.
    """
    try:
        checked = np.array(box, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BoxError(f"a box is four numbers (x, y, w, h), found {box!r}") from error
    if checked.shape != (4,):
        raise BoxError(f"a box is four numbers (x, y, w, h), found shape {checked.shape}")
    if not np.isfinite(checked).all():
        raise BoxError(f"a box has finite numbers, found {checked.tolist()}")
    if checked[2] <= 0 or checked[3] <= 0:
        raise BoxError(f"a box has positive width and height, found {checked.tolist()}")
    return checked


def check_box_in_image(box: ArrayLike, height: int, width: int) -> Boxes:
    """Return ``check_box(box)`` if at least part of it lies on a ``height`` x ``width`` image.

    Raises:
        BoxError: as `check_box`, or the box does not touch the image.
    """
    x, y, w, h = checked = check_box(box)
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise BoxError(f"box {checked.tolist()} lies outside the {width}x{height} image (width x height)")
    return checked


def center(boxes: ArrayLike) -> Boxes:
    """Return the centres ``(x + w/2, y + h/2)`` of boxes ``(..., 4)`` as ``(..., 2)``."""
    boxes = np.asarray(boxes, dtype=np.float64)
    return boxes[..., :2] + boxes[..., 2:] / 2


def from_center(centers: ArrayLike, sizes: ArrayLike) -> Boxes:
    """Return boxes ``(..., 4)`` from centres ``(..., 2)`` and sizes ``(w, h)`` ``(..., 2)``."""
    centers, sizes = np.broadcast_arrays(np.asarray(centers, np.float64), np.asarray(sizes, np.float64))
    return np.concatenate([centers - sizes / 2, sizes], axis=-1)


def iou(first: ArrayLike, second: ArrayLike) -> Boxes:
    """Return the overlap, intersection over union, of boxes ``(..., 4)`` pairwise, float64 in 0..1.

    No +1 pixel term; boxes of no area, and NaN boxes, overlap nothing (0). Nothing is clipped to the image.
    Two single boxes give a number. Book: chapter 01.
    """
    a, b = np.broadcast_arrays(np.asarray(first, np.float64), np.asarray(second, np.float64))
    with np.errstate(all="ignore"):
        corner_low = np.maximum(a[..., :2], b[..., :2])
        corner_high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
        intersection = np.clip(corner_high - corner_low, 0, None).prod(-1)
        union = a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - intersection
        overlap = np.clip(intersection / union, 0, 1)
    return np.where((union > 0) & (intersection > 0), overlap, 0.0)[()]


def center_error(first: ArrayLike, second: ArrayLike) -> Boxes:
    """Return the distance in pixels between the centres of boxes ``(..., 4)`` pairwise; NaN stays NaN.

    Two single boxes give a number. Book: chapter 01.
    """
    return np.linalg.norm(center(first) - center(second), axis=-1)
