"""How the target moved between two frames, from points on it that find their way back. Book: chapter 12.

A grid of points in the box is followed into the next frame by Lucas and Kanade's method and from there back
again; those that return to where they began are believed (Kalal, Mikolajczyk and Matas, ICPR 2010). The
shift, turn and zoom on which most of them agree is the target's. (Their tracker takes medians: over points
for the shift, over pairs of them for the zoom.)
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import Boxes, center, from_center
from udtlib.frames import Frame
from udtlib.patches import crop
from udtlib.scale import reduced_region

SIDE = 32  # pixels of the target's side, the root of its area, in the patches compared
LONGEST = 512  # pixels of a patch's side, of the thinnest targets
POINTS = 10  # a row, and so many rows
WINDOW = 11  # pixels around a point that must look alike
ASTRAY = 1.0  # pixels of a patch; who comes back farther from the start is not believed
FEWEST = 0.3  # share of the points that must come back


class TargetFlow:
    """Compares each frame with the one before, around the target."""

    def __init__(self, frame: Frame, box: Boxes) -> None:
        """Begin with a first frame and the target's ``box``."""
        steps = (np.arange(POINTS) + 0.5) / POINTS - 0.5
        self.grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        self.remember(frame, box)

    def remember(self, frame: Frame, box: Boxes) -> None:
        """Take ``frame`` as the one before the next, with the target in ``box``."""
        side = np.sqrt(box[2:].prod())
        window = box[2:] + 2 * side
        sides = np.clip(np.rint(window * SIDE / side), 1, LONGEST).astype(int)
        self.window, self.shape = from_center(center(box), window), (int(sides[1]), int(sides[0]))
        self.zoom = sides / window
        self.points = (self.grid * box[2:] * self.zoom + sides / 2 - 0.5).astype(np.float32)
        self.before = self.grey(frame)

    def grey(self, frame: Frame) -> NDArray[np.uint8]:
        """Return the window of a frame as a grey patch; a large one is averaged down, as points need it."""
        region = reduced_region(frame, self.window, 1 / self.zoom)
        patch = crop(region, (0, 0, *region.shape[1::-1]), self.shape)
        return np.asarray(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), np.uint8)

    def follow(self, frame: Frame) -> tuple[NDArray[np.float64], float] | None:
        """Return how far the target moved into ``frame``, ``(x, y)`` in pixels, and by what factor it grew.

        None: too few points found their way back, or they do not agree.
        """
        there, back = follow_points(self.before, self.grey(frame), self.points)
        kept = np.linalg.norm(back - self.points, axis=1) <= ASTRAY
        if kept.sum() < FEWEST * len(kept):
            return None
        matrix, agree = cv2.estimateAffinePartial2D(
            self.points[kept], there[kept], method=cv2.RANSAC, ransacReprojThreshold=ASTRAY
        )
        if matrix is None or agree.sum() < FEWEST * len(kept):
            return None
        middle = np.array(self.before.shape[::-1]) / 2 - 0.5
        motion = matrix @ [*middle, 1.0] - middle
        return motion / self.zoom, float(np.hypot(*matrix[:, 0]))


def follow_points(
    before: NDArray[np.uint8], after: NDArray[np.uint8], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where points ``(N, 2)`` went, and where these come from; infinitely far if not followed."""
    size = (WINDOW, WINDOW)
    there, seen, _ = cv2.calcOpticalFlowPyrLK(before, after, points, np.zeros_like(points), winSize=size)
    back, found, _ = cv2.calcOpticalFlowPyrLK(after, before, there, np.zeros_like(points), winSize=size)
    lost = (seen.ravel() == 0) | (found.ravel() == 0)
    return np.asarray(there, np.float32), np.where(lost[:, None], np.float32(np.inf), back).astype(np.float32)
