"""Vector shapes: closed outlines with a colour, and their anti-aliased picture.

A drawing is a list of shapes, the first one lowest, in any unit: x right, y down. Book: chapter 00.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Color = tuple[int, int, int]
EDGE = 24  # points added to each edge of a polygon, so that it can bend
FINE = 4  # binary digits behind the point of OpenCV's coordinates


@dataclass(frozen=True)
class Shape:
    """A closed outline filled with one colour, or with a gradient from one to another.

    Attributes:
        points: the outline, ``(N, 2)`` as ``(x, y)``.
        color: RGB, 0..255.
        to: the colour at the lower end of the gradient; None is ``color`` everywhere.
        direction: ``(x, y)`` along which ``color`` becomes ``to``.
    """

    points: Floats
    color: Color
    to: Color | None = None
    direction: tuple[float, float] = (0.0, 1.0)


Drawing = list[Shape]


def mix(first: Color, second: Color, share: float) -> Color:
    """Return ``first`` with ``share`` (0..1) of ``second`` in it."""
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(color: Color, amount: float) -> Color:
    """Return a colour made lighter (``amount`` up to 1, white) or darker (down to -1, black)."""
    return mix(color, (255, 255, 255) if amount > 0 else (0, 0, 0), abs(amount))


def ellipse(x: float, y: float, across: float, down: float, angle: float = 0.0) -> Floats:
    """Return the outline of an ellipse: middle, half axes, and an angle in degrees, clockwise."""
    around = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    rim = np.stack([across * np.cos(around), down * np.sin(around)], axis=-1)
    return _turned(rim, angle) + np.array([x, y])


def _turned(points: Floats, degrees: float) -> Floats:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def polygon(corners: ArrayLike) -> Floats:
    """Return the outline through ``corners`` ``(N, 2)``, straight in between, with points on every edge."""
    ends = np.asarray(corners, np.float64)
    steps = np.linspace(0, 1, EDGE, endpoint=False)[:, None]
    edges = zip(ends, np.roll(ends, -1, axis=0), strict=True)
    return np.concatenate([start + steps * (end - start) for start, end in edges])


def curve(corners: ArrayLike) -> Floats:
    """Return a smooth closed outline through ``corners`` ``(N, 2)`` (a Catmull-Rom spline)."""
    points = np.asarray(corners, np.float64)
    before, after, later = (np.roll(points, by, axis=0)[:, None] for by in (1, -1, -2))
    t, here = np.linspace(0, 1, 12, endpoint=False)[None, :, None], points[:, None]
    bent = (2 * before - 5 * here + 4 * after - later) * t**2 + (3 * here - before - 3 * after + later) * t**3
    return (here + 0.5 * ((after - before) * t + bent)).reshape(-1, 2)


def stroke(points: ArrayLike, width: float, end: float | None = None) -> Floats:
    """Return the outline of a line through ``points`` ``(N, 2)``, from ``width`` to width ``end``."""
    line = np.asarray(points, np.float64)
    along = np.gradient(line, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=-1) / np.linalg.norm(along, axis=1)[:, None]
    half = np.linspace(width, width if end is None else end, len(line))[:, None] / 2
    return polygon(np.concatenate([line + half * normal, (line - half * normal)[::-1]]))


def moved(drawing: Drawing, x: float = 0.0, y: float = 0.0, size: float = 1.0, angle: float = 0.0) -> Drawing:
    """Return a drawing turned by ``angle`` degrees, resized, then moved."""
    return [
        Shape(size * _turned(shape.points, angle) + (x, y), shape.color, shape.to, shape.direction)
        for shape in drawing
    ]


def bounds(drawing: Drawing) -> tuple[Floats, Floats]:
    """Return the smallest and the largest ``(x, y)`` of all outlines."""
    points = np.concatenate([shape.points for shape in drawing])
    return points.min(axis=0), points.max(axis=0)


def paint(picture: NDArray[np.uint8], drawing: Drawing) -> None:
    """Paint a drawing whose unit is the pixel **into** ``picture``, ``(H, W, 3)`` or ``(H, W, 4)``.

    A fourth channel is the cover: 255 where something was painted, and colours are weighted by it.
    OpenCV covers about half a pixel around an outline as well, so small things are painted large and reduced.
    """
    for shape in drawing:
        corners = np.rint((shape.points - 0.5) * 2**FINE).astype(np.int32)
        if shape.to is None:
            color = (*shape.color, 255)[: picture.shape[2]]
            cv2.fillPoly(picture, [corners], color, cv2.LINE_AA, FINE)
        else:
            _paint_gradient(picture, shape, corners)


def _paint_gradient(picture: NDArray[np.uint8], shape: Shape, corners: NDArray[np.int32]) -> None:
    low, high = np.floor(shape.points.min(axis=0)) - 2, np.ceil(shape.points.max(axis=0)) + 2
    (left, top), (right, bottom) = (np.clip(at, 0, picture.shape[1::-1]).astype(int) for at in (low, high))
    if left >= right or top >= bottom:
        return
    cover = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(cover, [corners - np.array([left, top], np.int32) * 2**FINE], (255,), cv2.LINE_AA, FINE)
    part = cover[..., None] / 255
    color = gradient(shape, np.arange(left, right) + 0.5, np.arange(top, bottom)[:, None] + 0.5)
    filled = np.concatenate([color, np.full_like(color[..., :1], 255)], axis=-1)[..., : picture.shape[2]]
    window = picture[top:bottom, left:right]
    window[:] = np.rint(window * (1 - part) + filled * part).astype(np.uint8)


def gradient(shape: Shape, x: Floats, y: Floats) -> Floats:
    """Return the colours ``(..., 3)`` of a shape at positions ``x``, ``y``, which broadcast."""
    heading = np.asarray(shape.direction) / np.hypot(*shape.direction)
    reach = shape.points @ heading
    share = (x * heading[0] + y * heading[1] - reach.min()) / max(float(np.ptp(reach)), 1e-9)
    first, last = (np.asarray(color, np.float64) for color in (shape.color, shape.to or shape.color))
    return first + np.clip(share, 0, 1)[..., None] * (last - first)
