"""Boxes: conventions, overlap and centre error.

Convention: a box is ``(x, y, w, h)``, ``float64``, in pixels, x to the right, y down, **0-indexed**;
its centre is ``(x + w/2, y + h/2)``. Files keep their format's own index base: readers convert.
Book: chapter 01.
"""

import sys
from collections.abc import Iterable
from math import inf
from numbers import Real
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import shown
from udtlib.errors import BoxError

Boxes = NDArray[np.float64]

MOST_OF_FRAME = 10
"""A target's box is at most so many times as wide and as high as the frame."""


def check_box(box: ArrayLike) -> Boxes:
    """Return ``box`` as a new ``(4,)`` float64 array of finite numbers with positive width and height.

    Raises:
        BoxError: not four real numbers (True and texts are none), NaN or infinite, or no positive size.
    """
    try:
        numbers = np.asarray(box, dtype=np.float64 if _is_float64(box) else object)
        checked = np.array([_real(number) for number in numbers] if numbers.shape == (4,) else numbers)
    except (TypeError, ValueError, RuntimeError) as error:  # the last from tensors with a gradient
        raise BoxError(f"a box is four numbers (x, y, w, h), found {shown(box)}") from error
    if checked.shape != (4,):
        raise BoxError(f"a box is four numbers (x, y, w, h), found {shown(box)} of shape {checked.shape}")
    if not np.isfinite(checked).all():
        raise BoxError(f"a box has finite numbers, found {shown(checked.tolist())}")
    if checked[2] <= 0 or checked[3] <= 0:
        raise BoxError(f"a box has positive width and height, found {shown(checked.tolist())}")
    return checked


def check_box_in_image(box: ArrayLike, height: int, width: int) -> Boxes:
    """Return ``check_box(box)`` if a target in a ``height`` x ``width`` image can be so large and there.

    Part of it must lie on the image. Its sides are from 1 pixel (less is often a share of the frame given
    instead) to `MOST_OF_FRAME` times the image's: annotations do stick out, but not far.

    Raises:
        BoxError: as `check_box`, or the box does not touch the image, or is too small or too large for it.
    """
    x, y, w, h = checked = check_box(box)
    named = f"box {shown(checked.tolist())}"
    image = f"the {width}x{height} image (width x height)"
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise BoxError(f"{named} lies outside {image}")
    if min(w, h) < 1:
        raise BoxError(f"{named} is smaller than a pixel of {image}; a box is in pixels, not in shares")
    if w > MOST_OF_FRAME * width or h > MOST_OF_FRAME * height:
        raise BoxError(f"{named} is more than {MOST_OF_FRAME} times as large as {image}")
    return checked


def check_boxes_in_image(boxes: ArrayLike, height: int, width: int) -> Boxes:
    """Return boxes as ``(n, 4)``, n at least 1, each checked by `check_box_in_image`.

    Raises:
        BoxError: no list of boxes, none in it, or one that is refused.
    """
    try:
        rows = list(cast(Iterable[ArrayLike], boxes))
    except TypeError:
        rows = []
    if not rows:
        raise BoxError(f"expected boxes (n, 4), one (x, y, w, h) a target, found {shown(boxes)}")
    return np.stack([check_box_in_image(box, height, width) for box in rows])


def as_numbers(answer: Any) -> Boxes:
    """Return a tracker's answer as a new float64 array; torch's tensors also with a gradient, or on a GPU.

    Raises:
        Exception: whatever it raises when it is read as numbers; TypeError and ValueError are usual.
    """
    torch = sys.modules.get("torch")  # not imported here: whoever made a tensor has done so
    if torch is not None and isinstance(answer, torch.Tensor):
        answer = answer.detach().cpu().double().numpy()
    return np.array(answer, dtype=np.float64)


def _is_float64(box: ArrayLike) -> bool:
    return isinstance(box, np.ndarray) and box.dtype == np.float64


def _real(value: Any) -> float:
    """Return a number as a float, infinite if it is too large for one."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError("not a real number")
    try:
        return float(value)
    except OverflowError:
        return inf


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
