"""Bodies of procedural clips: from a pose to the true box, and from a pose to pixels.

The two ways are independent: the box comes from points on the outline moved forward into the image, the
pixels from positions in the image moved back onto the body. Book: chapter 01.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib.boxes import Boxes
from udtlib.frames import Frame

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
BEND = 2.2  # radians of a sine bend for one half size
DEPTH = 0.6  # depth of a body relative to its width
STEPS = 32  # positions in a texture are multiples of 1/32 pixel


@dataclass(frozen=True)
class Pose:
    """A body at one moment: an upright elliptic cylinder with a rounded outline, seen from the front.

    Attributes:
        centre: ``(x, y)`` in pixels, box convention (pixel ``i`` covers ``i..i+1``).
        half: half width and half height in pixels at scale 1, seen from the front.
        scale: size relative to ``half``.
        angle: in-plane rotation in radians, clockwise on the screen.
        yaw: rotation about the body's own vertical axis in radians.
        bend: amplitudes of two sine bends, relative to the half size, and their phases.
        power: outline ``|u|**power + |v|**power <= 1``: 2 is an ellipse, 4 a rounded box.
    """

    centre: tuple[float, float]
    half: tuple[float, float]
    scale: float = 1.0
    angle: float = 0.0
    yaw: float = 0.0
    bend: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    power: int = 4


@lru_cache
def _unit_outline(power: int, points: int) -> Floats:
    """Return ``points`` on ``|u|**power + |v|**power = 1``, ``(2, points)``."""
    around = np.linspace(0, 2 * np.pi, points, endpoint=False)
    direction = np.stack([np.cos(around), np.sin(around)])
    return direction * (np.abs(direction) ** power).sum(axis=0) ** (-1 / power)


def outline(pose: Pose, points: int = 720) -> Floats:
    """Return ``points`` on the body's outline in the image, ``(points, 2)`` as ``(x, y)``."""
    u, v = _unit_outline(pose.power, points)
    bend_u, bend_v, phase_u, phase_v = pose.bend
    u = u + bend_u * np.sin(BEND * v + phase_u)
    v = v + bend_v * np.sin(BEND * u + phase_v)
    half_width, _ = silhouette(pose)
    x, y = pose.scale * half_width * u, pose.scale * pose.half[1] * v
    cosine, sine = np.cos(pose.angle), np.sin(pose.angle)
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1) + pose.centre


def silhouette(pose: Pose) -> tuple[float, float]:
    """Return the turned cylinder's half width in pixels at scale 1, and how far its surface has turned."""
    wide, deep = pose.half[0] * np.cos(pose.yaw), DEPTH * pose.half[0] * np.sin(pose.yaw)
    return float(np.hypot(wide, deep)), float(np.arctan2(deep, wide))


def bounding_box(pose: Pose, points: int = 720) -> Boxes:
    """Return the tight upright box ``(4,)`` of the body's outline, wherever it lies.

    With 720 ``points`` it is exact to a hundredth of a pixel for bodies up to the frame's size.
    """
    edge = outline(pose, points)
    low, high = edge.min(axis=0), edge.max(axis=0)
    return np.concatenate([low, high - low])


def sample(canvas: Frame, x: Integers, y: Integers) -> Frame:
    """Return ``canvas`` at positions ``x``, ``y`` (1/32 pixel, inside it), bilinear, in integers."""
    whole = np.empty((*x.shape, 2), dtype=np.int16)
    whole[..., 0], whole[..., 1] = x >> 5, y >> 5
    part = ((y & 31) << 5 | (x & 31)).astype(np.uint16)
    return np.asarray(cv2.remap(canvas, whole, part, cv2.INTER_LINEAR), dtype=np.uint8)


def fixed_point(positions: Floats) -> Integers:
    """Return positions in pixels as whole multiples of 1/32 pixel."""
    return np.rint(positions * STEPS).astype(np.int64)


def body_coordinates(pose: Pose, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Return where pixels lie on a body: ``u``, ``v`` (-1..1 inside) and the distance inside the outline.

    Args:
        pose: the body.
        x: positions in the image, pixels, box convention; broadcasts with ``y``.
        y: likewise.

    Returns:
        ``u``, ``v`` relative to the silhouette's half size, bends undone, and the distance to the outline
        in pixels along the ray from the centre, positive inside.
    """
    cosine, sine = np.cos(pose.angle), np.sin(pose.angle)
    x, y = x - pose.centre[0], y - pose.centre[1]
    half_width, _ = silhouette(pose)
    u = (cosine * x + sine * y) / (pose.scale * half_width)
    v = (cosine * y - sine * x) / (pose.scale * pose.half[1])
    bend_u, bend_v, phase_u, phase_v = pose.bend
    if bend_u or bend_v:
        v = v - bend_v * np.sin(BEND * u + phase_v)
        u = u - bend_u * np.sin(BEND * v + phase_u)
    u2, v2 = u * u, v * v
    radius = np.sqrt(u2 + v2) if pose.power == 2 else np.sqrt(np.sqrt(u2 * u2 + v2 * v2))
    reach = pose.scale * np.sqrt(half_width**2 * u2 + pose.half[1] ** 2 * v2)
    radius = np.maximum(radius, 1e-6)
    return u, v, reach / radius * (1 - radius)


def draw_body(frame: Frame, pose: Pose, surface: Frame) -> None:
    """Draw one body with the periodic texture ``surface`` (padded by one pixel) on ``frame``, in place."""
    left, top, width, height = bounding_box(pose, points=90)
    x0, y0 = max(0, int(left) - 2), max(0, int(top) - 2)
    x1, y1 = min(frame.shape[1], int(left + width) + 3), min(frame.shape[0], int(top + height) + 3)
    if x0 >= x1 or y0 >= y1:
        return
    u, v, inside = body_coordinates(pose, np.arange(x0, x1) + 0.5, np.arange(y0, y1)[:, None] + 0.5)
    cover = np.rint(np.clip(inside + 0.5, 0, 1) * 255).astype(np.uint16)[..., None]
    sine = np.clip(u, -1, 1)
    around = np.arcsin(sine) - silhouette(pose)[1]
    rows, columns = surface.shape[0] - 1, surface.shape[1] - 1
    seen = sample(
        surface,
        fixed_point(around * pose.half[0] + columns / 2 + 0.123) % (STEPS * columns),
        fixed_point(v * pose.half[1] + rows / 2 + 0.123) % (STEPS * rows),
    )
    light = np.rint(128 * (0.5 + 0.5 * np.sqrt(1 - sine * sine))).astype(np.uint16)[..., None]
    part = frame[y0:y1, x0:x1]
    part[:] = (part * (255 - cover) + (seen * light >> 7) * cover + 127) // 255
