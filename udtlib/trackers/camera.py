"""The camera's motion between two frames, from corners of the background. Book: chapter 12.

Corners outside the target's box are followed by Lucas and Kanade's method in small copies of the frames; what
most of them agree on is how the camera moved: a shift, a turn and a zoom.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.boxes import Boxes, center, from_center
from udtlib.frames import Frame

LONGEST = 320  # pixels of the small copies' longer side
CORNERS = 80
FEWEST, AGREEING = 12, 1 / 3  # corners that must agree, and their share of all
TOLERANCE = 1.5  # pixels of a small copy
STILL = np.eye(2, 3)


def small_grey(frame: Frame) -> tuple[NDArray[np.uint8], float]:
    """Return a grey copy of at most `LONGEST` pixels a side, and what its coordinates are multiplied with."""
    factor = min(1.0, LONGEST / max(frame.shape[:2]))
    height, width = (max(1, round(side * factor)) for side in frame.shape[:2])
    small = cv2.resize(np.ascontiguousarray(frame), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8), factor


def background(shape: tuple[int, ...], box: Boxes) -> NDArray[np.uint8]:
    """Return a mask ``(H, W)`` that is 0 on a box, a quarter larger than given, and 255 elsewhere."""
    mask = np.full(shape, 255, np.uint8)
    x, y, w, h = from_center(center(box), box[2:] * 1.25)
    low = np.clip([x, y], 0, shape[::-1]).astype(int)
    high = np.clip(np.ceil([x + w, y + h]), 0, shape[::-1]).astype(int)
    mask[low[1] : high[1], low[0] : high[0]] = 0
    return mask


def similarity(before: NDArray[np.uint8], after: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray:
    """Return the similarity ``(2, 3)`` that takes the background's pixels from one image to the next.

    `STILL` where too few corners agree: on bare sky, in a cut, behind a target that fills the image.
    """
    corners = cv2.goodFeaturesToTrack(before, CORNERS, 0.01, 8, mask=mask)
    if corners is None or len(corners) < FEWEST:
        return STILL
    found, status, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, np.zeros_like(corners))
    kept = status.ravel() == 1
    if kept.sum() < FEWEST:
        return STILL
    matrix, agree = cv2.estimateAffinePartial2D(
        corners[kept], found[kept], method=cv2.RANSAC, ransacReprojThreshold=TOLERANCE
    )
    if matrix is None or agree.sum() < max(FEWEST, AGREEING * len(corners)):
        return STILL
    return np.asarray(matrix, np.float64)


class CameraMotion:
    """Compares each frame with the one before."""

    def __init__(self, frame: Frame) -> None:
        """Begin with a first frame."""
        self.before, self.factor = small_grey(frame)

    def carry(self, frame: Frame, box: ArrayLike) -> NDArray[np.float64]:
        """Return the centre ``(x, y)`` of ``box`` carried along by the camera into the next ``frame``.

        Where the frame is at rest, or its motion unknown, that is the centre itself.
        """
        box = np.asarray(box, np.float64)
        after, _ = small_grey(frame)
        matrix = similarity(self.before, after, background(after.shape, box * self.factor))
        self.before = after
        # Pixel centres lie at one half here, at whole numbers in OpenCV.
        place = matrix @ [*(center(box) * self.factor - 0.5), 1.0]
        return (place + 0.5) / self.factor
