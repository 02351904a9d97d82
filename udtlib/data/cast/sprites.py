"""A drawing as a body: from a pose to the true box, and from a pose to pixels.

As in `udtlib.data.synthetic.bodies` the two ways are independent: the box comes from the outlines' points
moved forward into the image, the pixels from positions in the image moved back onto the drawing.
Book: chapter 00.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import Boxes
from udtlib.data.cast.shapes import Drawing, Floats, bounds, moved, paint
from udtlib.data.synthetic.bodies import BEND, Pose, body_coordinates, silhouette
from udtlib.frames import Frame

FINEST, LEVELS, MARGIN = 512, 5, 1.06  # pixels of the largest picture; how many; its half size in body units


class Sprite:
    """A drawing painted once, at several sizes; its outlines fill the square ``-1..1`` by ``-1..1``."""

    def __init__(self, drawing: Drawing) -> None:
        """Paint ``drawing``; the slow part."""
        low, high = bounds(drawing)
        middle, self.half = (low + high) / 2, (high - low) / 2
        self.edge = np.concatenate([(shape.points - middle) / self.half for shape in drawing])
        wide, high_side = FINEST * self.half / self.half.max()
        unit = FINEST / (2 * MARGIN * self.half.max())
        picture = np.zeros((round(high_side), round(wide), 4), np.uint8)
        centre = np.array(picture.shape[1::-1]) / 2 - unit * middle
        paint(picture, moved(drawing, float(centre[0]), float(centre[1]), size=unit))
        self.levels = [picture]
        for _ in range(LEVELS - 1):
            height, width = self.levels[-1].shape[:2]
            smaller = max(1, width // 2), max(1, height // 2)
            self.levels.append(
                np.asarray(cv2.resize(self.levels[-1], smaller, interpolation=cv2.INTER_AREA), np.uint8)
            )

    @property
    def aspect(self) -> float:
        """Width over height."""
        return float(self.half[0] / self.half[1])

    def outline(self, pose: Pose) -> Floats:
        """Return all points of the outlines in the image, ``(N, 2)`` as ``(x, y)``."""
        return forward(pose, self.edge)

    def bounding_box(self, pose: Pose) -> Boxes:
        """Return the smallest upright box ``(4,)`` around the outlines, wherever it lies."""
        edge = self.outline(pose)
        low, high = edge.min(axis=0), edge.max(axis=0)
        return np.concatenate([low, high - low])

    def sampled(self, pose: Pose, x: Floats, y: Floats, softer: int = 0) -> NDArray[np.uint8]:
        """Return the body's colours, weighted by its cover, and the cover, ``(H, W, 4)``.

        Args:
            pose: where the body is.
            x: positions in the image, pixels, box convention; broadcasts with ``y``.
            y: likewise.
            softer: how many sizes smaller than needed a picture to take: for shadows.
        """
        u, v, _ = body_coordinates(pose, x, y)
        u = -u if np.cos(pose.yaw) < 0 else u
        seen = 2 * MARGIN * pose.scale * max(pose.half)
        level = int(np.clip(np.log2(FINEST / max(seen, 1)) + softer, 0, LEVELS - 1))
        picture = self.levels[level]
        columns = (u / MARGIN + 1) / 2 * picture.shape[1] - 0.5
        rows = (v / MARGIN + 1) / 2 * picture.shape[0] - 0.5
        found = cv2.remap(picture, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
        return np.asarray(found, np.uint8)

    def draw(self, frame: Frame, pose: Pose) -> None:
        """Draw the body **into** ``frame``."""
        window = self._window(frame, pose)
        if window is not None:
            part, x, y = window
            seen = self.sampled(pose, x, y).astype(np.uint16)
            part[:] = np.minimum(seen[..., :3] + (part * (255 - seen[..., 3:]) + 127) // 255, 255)

    def darken(self, frame: Frame, pose: Pose, strength: float) -> None:
        """Draw the body's shadow **into** ``frame``, soft at its edge; ``strength`` 1 is black."""
        window = self._window(frame, pose)
        if window is not None:
            part, x, y = window
            cover = self.sampled(pose, x, y, softer=2)[..., 3:] / 255
            part[:] = np.rint(part * (1 - strength * cover)).astype(np.uint8)

    def _window(self, frame: Frame, pose: Pose) -> tuple[Frame, Floats, Floats] | None:
        """Return the part of ``frame`` a body may touch, and the positions of its pixels."""
        left, top, width, height = self.bounding_box(pose)
        x0, y0 = max(0, int(left) - 4), max(0, int(top) - 4)
        x1, y1 = min(frame.shape[1], int(left + width) + 5), min(frame.shape[0], int(top + height) + 5)
        if x0 >= x1 or y0 >= y1:
            return None
        return frame[y0:y1, x0:x1], np.arange(x0, x1) + 0.5, np.arange(y0, y1)[:, None] + 0.5


def forward(pose: Pose, points: Floats) -> Floats:
    """Return where points of the body, ``(N, 2)`` as ``(u, v)``, lie in the image, as ``(x, y)``."""
    u, v = points.T
    u = -u if np.cos(pose.yaw) < 0 else u
    bend_u, bend_v, phase_u, phase_v = pose.bend
    u = u + bend_u * np.sin(BEND * v + phase_u)
    v = v + bend_v * np.sin(BEND * u + phase_v)
    x, y = pose.scale * silhouette(pose)[0] * u, pose.scale * pose.half[1] * v
    cosine, sine = np.cos(pose.angle), np.sin(pose.angle)
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1) + pose.centre
