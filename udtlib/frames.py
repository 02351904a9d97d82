"""What a frame is: an RGB image, ``uint8``, ``(H, W, 3)``. Book: chapter 01."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.errors import FrameError

Frame = NDArray[np.uint8]

LONGEST_SIDE = 32_766
"""Pixels: OpenCV's warps take no more."""


def check_frame(frame: Any, like: tuple[int, ...] | None = None) -> Frame:
    """Return ``frame`` as RGB ``uint8`` ``(H, W, 3)``: grey is repeated, an alpha channel dropped.

    Args:
        frame: ``(H, W)``, ``(H, W, 1)``, ``(H, W, 3)`` or ``(H, W, 4)``, ``uint8``.
        like: the ``(H, W)`` of earlier frames, if they must agree.

    Raises:
        FrameError: another type or shape, an empty frame, a side of more than `LONGEST_SIDE`, or a size
            unlike ``like``.
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        found = f"{frame.dtype} array" if isinstance(frame, np.ndarray) else type(frame).__name__
        raise FrameError(f"a frame is a numpy array of uint8 (0..255), found {found}")
    if frame.ndim == 2:
        frame = frame[:, :, None]
    if frame.ndim != 3 or frame.shape[2] not in (1, 3, 4) or frame.size == 0:
        raise FrameError(f"a frame has shape (H, W), (H, W, 3) or (H, W, 4), found {frame.shape}")
    check_sides(frame)
    if like is not None and frame.shape[:2] != tuple(like[:2]):
        raise FrameError(
            f"frames of one sequence share one size: expected {like[1]}x{like[0]}, "
            f"found {frame.shape[1]}x{frame.shape[0]} (width x height)"
        )
    return frame.repeat(3, axis=2) if frame.shape[2] == 1 else frame[:, :, :3]


def check_sides(image: NDArray) -> None:
    """Refuse an image ``(H, W, ...)`` that OpenCV's warps do not take.

    Raises:
        FrameError: a side of more than `LONGEST_SIDE` pixels.
    """
    height, width = image.shape[:2]
    if max(height, width) > LONGEST_SIDE:
        raise FrameError(
            f"a frame's sides have at most {LONGEST_SIDE} pixels, found {width}x{height} (width x height)"
        )
