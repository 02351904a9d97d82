"""What belongs to a body but not into its box: its shadow, its reflection, a kite's tail. Book: chapter 00.

Each draws into the frame, before the body itself is drawn.
"""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from udtlib.data.cast.shapes import FINE, Floats
from udtlib.data.cast.sprites import Sprite, forward
from udtlib.data.synthetic.bodies import Pose
from udtlib.frames import Frame

Beside = Callable[[Frame, Sprite, Pose, float], None]
STRING = (70, 74, 92)
BOWS = ((240, 200, 60), (70, 150, 210), (225, 70, 80))


def nothing(frame: Frame, body: Sprite, pose: Pose, t: float) -> None:
    """Draw nothing."""


def shadow_aside(frame: Frame, body: Sprite, pose: Pose, t: float) -> None:
    """Draw the shadow of a body that stands a little above the ground it is seen on from above."""
    away = 0.13 * pose.scale * max(pose.half)
    centre = pose.centre[0] + away, pose.centre[1] + 1.3 * away
    body.darken(frame, replace(pose, centre=centre), 0.6)


def shadow_below(frame: Frame, body: Sprite, pose: Pose, t: float) -> None:
    """Draw the flat shadow of a body that stands on a road, the sun on its left."""
    half = pose.half[0] * 1.2, pose.half[1] * 0.3
    foot = forward(pose, np.array([[0.2, 0.88]]))[0]
    body.darken(frame, replace(pose, centre=(float(foot[0]), float(foot[1])), half=half), 0.62)


def reflection(frame: Frame, body: Sprite, pose: Pose, t: float) -> None:
    """Draw the dim reflection of a body that floats, broken by waves."""
    foot = forward(pose, np.array([[0.0, 0.92]]))[0]
    down = 0.72 * pose.scale * pose.half[1]
    half = pose.half[0], 0.75 * pose.half[1]
    wobble = (0.1, 0.0, 0.35 * t, 0.0)
    turned = replace(
        pose, centre=(float(foot[0]), float(foot[1] + down)), half=half, angle=pose.angle + np.pi, bend=wobble
    )
    before = frame.copy()
    body.draw(frame, turned)
    cv2.addWeighted(before, 0.7, frame, 0.3, 0, dst=frame)


def tail(frame: Frame, body: Sprite, pose: Pose, t: float) -> None:
    """Draw a kite's string, down to the border, and its tail with bows."""
    tip, bridle = forward(pose, np.array([[0.0, 0.98], [0.0, -0.2]]))
    size = pose.scale * pose.half[1]
    sag = np.linspace(0, 1, 20)[:, None]
    hand = np.array([0.42 * frame.shape[1], frame.shape[0] + 40.0])
    string = bridle + sag * (hand - bridle) + np.sin(np.pi * sag) * (0.0, 22.0)
    _line(frame, string)
    down = np.linspace(0, 1, 30)
    swing = 0.28 * np.sin(7 * down - 0.35 * t) * down**0.7
    points = tip + size * np.stack([swing + 0.35 * down * np.sin(pose.angle), 1.7 * down], axis=-1)
    _line(frame, points)
    for number, at in enumerate((9, 17, 25)):
        _bow(frame, points[at], 0.15 * size, BOWS[number])


def _line(frame: Frame, points: Floats) -> None:
    corners = np.rint((points - 0.5) * 2**FINE).astype(np.int32)
    cv2.polylines(frame, [corners], isClosed=False, color=STRING, lineType=cv2.LINE_AA, shift=FINE)


def _bow(frame: Frame, middle: Floats, size: float, color: tuple[int, int, int]) -> None:
    for side in (-1, 1):
        wing = middle + size * np.array([(0, 0), (1.2 * side, -0.7), (1.2 * side, 0.7)])
        corners = np.rint((wing - 0.5) * 2**FINE).astype(np.int32)
        cv2.fillPoly(frame, [corners], color, cv2.LINE_AA, FINE)
