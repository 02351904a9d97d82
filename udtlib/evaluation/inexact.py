"""First boxes that are not the true one: a little wrong (SRE), or a hair beside it (several starts).

Convention: boxes are 0-indexed ``(x, y, w, h)``. Book: chapter 13.
"""

from math import ceil, copysign, floor

import numpy as np

from udtlib.boxes import Boxes

SHIFT = 0.1
"""SRE moves a box, or one corner of it, by this part of its size."""

SCALES = (0.8, 0.9, 1.1, 1.2)
"""SRE's sizes, relative to the true one; the centre stays."""

MOVED = 1.0
"""Pixels, across and down, by which one of several starts is moved at most."""

SCALED = 0.01
"""The part of its size by which it grows or shrinks at most."""


def inexact_boxes(box: Boxes, height: int, width: int) -> dict[str, Boxes]:
    """Return SRE's 12 boxes around a true box, by label, in the benchmark's order.

    As in the benchmark's code, a shift is rounded up to whole pixels, moved corners and scaled boxes to the
    nearest pixel; then the box's corner is moved into the image, and what is outside at the right and at the
    bottom is cut off.

    Args:
        box: ``(x, y, w, h)``, 0-indexed.
        height: of the image in pixels.
        width: of the image in pixels.

    Book: chapter 13.
    """
    x, y, w, h = (float(number) for number in box)
    right, down = ceil(SHIFT * w), ceil(SHIFT * h)
    shifts = {"left": (-right, 0), "right": (right, 0), "up": (0, -down), "down": (0, down)}
    made = {label: (x + dx, y + dy, w, h) for label, (dx, dy) in shifts.items()}
    for label in ("top left", "top right", "bottom left", "bottom right"):
        x1 = _rounded(x - SHIFT * w) if "left" in label else x
        x2 = x + w if "left" in label else _rounded(x + w - 1 + SHIFT * w) + 1
        y1 = _rounded(y - SHIFT * h) if "top" in label else y
        y2 = y + h if "top" in label else _rounded(y + h - 1 + SHIFT * h) + 1
        made[label] = (x1, y1, x2 - x1, y2 - y1)
    for scale in SCALES:
        x1, y1 = _rounded(x + w / 2 - scale * w / 2), _rounded(y + h / 2 - scale * h / 2)
        w1, h1 = (max(1, floor(scale * side + 0.5)) for side in (w, h))
        made[f"scale {scale}"] = (x1, y1, w1, h1)
    return {label: _into_image(each, height, width) for label, each in made.items()}


def nearby_boxes(box: Boxes, count: int, height: int, width: int, name: str) -> list[Boxes]:
    """Return ``count`` boxes to start from: the true one, then others a hair beside it.

    The centre moves by -`MOVED` to `MOVED` pixels across and down, the size by a factor from 1 - `SCALED` to
    1 + `SCALED`, all drawn evenly; at the image's edge both are held back so that the box stays inside (where
    the true box reaches out, no further out than it does). What is drawn depends on the sequence's name and
    on the start's number only: the same for every tracker, on every machine, however many starts there are.

    Args:
        box: the true one, ``(4,)``, 0-indexed.
        count: of boxes.
        height: of the image in pixels.
        width: of the image in pixels.
        name: the sequence's.

    Book: chapter 13.
    """
    size, centre = box[2:], box[:2] + box[2:] / 2
    low, high = np.minimum(0, box[:2]), np.maximum((width, height), box[:2] + size)
    largest = np.minimum(high - low, 2 * (np.minimum(centre - low, high - centre) + MOVED))
    boxes = [box.copy()]
    for number in range(2, count + 1):
        generator = np.random.default_rng([number, *name.encode("utf-8", "surrogatepass")])
        across, down, growth = 2 * generator.random(3) - 1
        with np.errstate(divide="ignore", invalid="ignore"):  # a box without size: the tracker will say so
            scaled = size * min(1 + SCALED * growth, float((largest / size).min()))
        corner = centre + MOVED * np.array([across, down]) - scaled / 2
        boxes.append(np.concatenate([np.clip(corner, low, high - scaled), scaled]))
    return boxes


def _rounded(number: float) -> int:
    """Return the nearest whole number; of two, as pixels are counted from 1, the one farther from zero."""
    return int(copysign(floor(abs(number + 1) + 0.5), number + 1)) - 1


def _into_image(box: tuple[float, float, float, float], height: int, width: int) -> Boxes:
    x, y, w, h = box
    x, y = max(x, 0), max(y, 0)
    return np.array([x, y, min(w, width - x), min(h, height - y)], dtype=np.float64)
