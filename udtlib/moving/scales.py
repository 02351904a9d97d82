"""The search over sizes: one cut after the other, and the response to each. Book: chapter 03."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.boxes import from_center
from udtlib.errors import OptionError
from udtlib.frames import Frame

HEIGHT, PLOT = 200, 300


def scale_pictures(
    frame: Frame,
    middle: ArrayLike,
    size: ArrayLike,
    factors: Sequence[float],
    cuts: Sequence[Frame],
    responses: ArrayLike,
) -> list[Frame]:
    """Return one picture a size, and a last one with the best: the box, the cut, and the responses so far.

    Args:
        frame: RGB uint8.
        middle: ``(x, y)`` of the target.
        size: ``(w, h)`` at factor 1.
        factors: what the size is multiplied by, ascending.
        cuts: what the box of each factor holds, RGB uint8, all of one size.
        responses: ``(N,)``, one a factor.

    Raises:
        OptionError: not as many cuts and responses as factors, or none.
    """
    heights = np.asarray(responses, np.float64)
    if not len(factors) == len(cuts) == len(heights) or not len(factors):
        raise OptionError(
            "expected as many cuts and responses as factors, "
            f"found {len(factors)}, {len(cuts)}, {len(heights)}"
        )
    best = int(heights.argmax())
    pictures: list[Frame] = []
    for number in [*range(len(factors)), best]:
        done = number if len(pictures) < len(factors) else len(factors) - 1
        box = from_center(middle, np.asarray(size) * factors[number])
        picture = viz.resize_area(viz.draw_box(frame, box), HEIGHT)
        cut = viz.resize_nearest(cuts[number], HEIGHT)
        bars = _bars(heights, done, best if len(pictures) >= len(factors) else None)
        row = viz.side_by_side(picture, cut, bars, gap=8)
        word = "found" if len(pictures) >= len(factors) else "looked at"
        pictures.append(viz.caption(row, f"size {word}: {factors[number]:.2f} times the last one"))
    return pictures


def _bars(heights: np.ndarray, done: int, best: int | None) -> Frame:
    """Return a plot of the first ``done + 1`` responses as bars, the best one in another colour."""
    plot = np.full((HEIGHT, PLOT, 3), 255, np.uint8)
    span = max(float(heights.max()), 1e-12)
    ground, wide = HEIGHT - 12, PLOT / len(heights)
    cv2.line(plot, (0, ground), (PLOT, ground), (120, 120, 120), 1)
    for number, height in enumerate(heights[: done + 1]):
        left, right = round(number * wide) + 1, round((number + 1) * wide) - 2
        top = round(ground - (HEIGHT - 40) * max(float(height), 0.0) / span)
        color = viz.PREDICTION if number == best else viz.SECOND
        cv2.rectangle(plot, (left, top), (right, ground), color, cv2.FILLED)
    cv2.putText(plot, "response to each size", (6, 14), viz.FONT, viz.FONT_SCALE, viz.BLACK, 1, cv2.LINE_AA)
    return plot
