"""Drag a box over a frame and watch overlap, centre error and success move. Book: chapter 01."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.boxes import Boxes, center_error, check_box, iou
from udtlib.frames import Frame, check_frame
from udtlib.widgets.base import Demo, Grip, Slider

THRESHOLDS = np.arange(21) / 20
NEAR, FARTHEST = 20, 50  # pixels: precision's usual distance, and the end of the error's bar
ROW, LEFT, EMPTY = 20, 84, (225, 225, 225)


def draw_overlap(frame: Frame, truth: ArrayLike, box: ArrayLike) -> Frame:
    """Return the frame with both boxes, their shared area lit up, and three bars below it.

    The bars: overlap from 0 to 1; centre error from 0 to 50 px with a mark at 20; and one field a success
    threshold ``0, 0.05, ..., 1``, filled if the overlap exceeds it. The truth's colour says "passed".

    Args:
        frame: RGB ``uint8`` ``(H, W, 3)``.
        truth: the true box, 0-indexed ``(x, y, w, h)``.
        box: the predicted box.

    Raises:
        BoxError: one of them is no box.
    """
    truth, box = check_box(truth), check_box(box)
    picture = _light_up(check_frame(frame).copy(), truth, box)
    picture = viz.draw_box(viz.draw_box(picture, truth, viz.TRUTH), box, viz.PREDICTION)
    overlap, error = float(iou(truth, box)), float(center_error(truth, box))
    width = picture.shape[1]
    bars = [
        _bar("IoU", f"{overlap:.2f}", overlap, viz.PREDICTION, width),
        _error_bar(error, width),
        _success_fields(overlap, width),
    ]
    return np.vstack([picture, *bars])


def overlap_demo(frame: Frame, truth: ArrayLike) -> Demo:
    """Return the demo: a predicted box to drag, and four sliders; its twin shows six places worth knowing."""
    x, y, w, h = check_box(truth)
    sliders = {
        "x": Slider(round(x - 2 * w), round(x + 2 * w), round(x + w / 4)),
        "y": Slider(round(y - 2 * h), round(y + 2 * h), round(y + h / 4)),
        "width": Slider(4, round(3 * w), round(w)),
        "height": Slider(4, round(3 * h), round(h)),
    }

    def draw(x: float, y: float, width: float, height: float) -> Frame:
        return draw_overlap(frame, truth, (x, y, width, height))

    cells = [
        viz.caption(draw_overlap(frame, truth, box), name) for name, box in landmark_boxes(truth).items()
    ]
    return Demo(
        draw,
        sliders,
        viz.contact_sheet(cells, columns=3),
        title="Overlap of two boxes",
        alt="A frame with the true box and a box of your own, and their overlap.",
        grips=(Grip("x", "y", (0, 0, frame.shape[1], frame.shape[0])),),
    )


def landmark_boxes(truth: ArrayLike) -> dict[str, Boxes]:
    """Return six boxes to learn from, by what is wrong with them."""
    x, y, w, h = check_box(truth)
    boxes = {
        "nothing wrong": (x, y, w, h),
        "off by one pixel both ways": (x + 1, y + 1, w, h),
        "off by half a width": (x + w / 2, y, w, h),
        "centred, half the size": (x + w / 4, y + h / 4, w / 2, h / 2),
        "centred, twice the size": (x - w / 2, y - h / 2, 2 * w, 2 * h),
        "touching, not overlapping": (x + w, y, w, h),
    }
    return {name: np.array(box, dtype=np.float64) for name, box in boxes.items()}


def _light_up(picture: Frame, truth: Boxes, box: Boxes) -> Frame:
    """Blend the shared area with white, in whole pixels."""
    low = np.rint(np.maximum(truth[:2], box[:2])).astype(int).clip(0)
    high = np.rint(np.minimum(truth[:2] + truth[2:], box[:2] + box[2:])).astype(int).clip(0)
    shared = picture[low[1] : max(low[1], high[1]), low[0] : max(low[0], high[0])]
    shared[:] = shared // 2 + 128
    return picture


def _bar(name: str, value: str, share: float, color: viz.Color, width: int) -> Frame:
    """Return a row: name, value, and a bar filled to ``share``, 0..1."""
    row = viz.text_strip(name, width)[:ROW]
    row = np.vstack([row, np.full((ROW - len(row), width, 3), 255, np.uint8)])
    cv2.putText(row, value, (40, 13), viz.FONT, viz.FONT_SCALE, viz.BLACK, 1, cv2.LINE_AA)
    right = width - 5
    cv2.rectangle(row, (LEFT, 4), (right, 15), EMPTY, cv2.FILLED)
    if share > 0:
        cv2.rectangle(row, (LEFT, 4), (LEFT + round(share * (right - LEFT)), 15), color, cv2.FILLED)
    return row


def _error_bar(error: float, width: int) -> Frame:
    color = viz.TRUTH if error <= NEAR else viz.PREDICTION
    row = _bar("error", f"{error:.1f}", min(error, FARTHEST) / FARTHEST, color, width)
    mark = LEFT + round(NEAR / FARTHEST * (width - 5 - LEFT))
    cv2.line(row, (mark, 2), (mark, 17), viz.BLACK, 1)
    return row


def _success_fields(overlap: float, width: int) -> Frame:
    passed = overlap > THRESHOLDS
    row = _bar("pass", f"{passed.sum()}/21", 0, viz.TRUTH, width)
    edges = np.linspace(LEFT, width - 4, len(THRESHOLDS) + 1).round().astype(int)
    for left, right, full in zip(edges[:-1], edges[1:], passed, strict=True):
        color = viz.TRUTH if full else EMPTY
        cv2.rectangle(row, (int(left), 4), (int(right) - 2, 15), color, cv2.FILLED)
        cv2.line(row, (int(right) - 1, 4), (int(right) - 1, 15), viz.WHITE, 1)
    return row
