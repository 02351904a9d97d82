"""How many seeds and sequences a verdict needs: take some away, and the interval grows. Book: chapter 15."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib import viz
from udtlib.evaluation.scoring.crossed import Difference, crossed_difference
from udtlib.frames import Frame
from udtlib.widgets.base import Choice, Control, Demo, Slider

WIDTH, HEIGHT, ROW = 420, 150, 34  # pixels of the plot of sequences, and of the interval's row
LIMIT = 0.5  # differences in overlap at the plot's edges
GREY: viz.Color = (200, 200, 200)
DETECTABLE: viz.Color = (213, 94, 0)


def draw_difference(name: str, first: ArrayLike, second: ArrayLike) -> Frame:
    """Return a picture of one comparison: a bar for each sequence, sorted, and the mean with its interval.

    The orange marks are the smallest difference that such data would show in 80 % of draws.

    Args:
        name: of the comparison.
        first: ``(seeds, sequences)`` scores of one arm, at least two of each.
        second: those of the other.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    found = crossed_difference(a, b)
    title = f"{name}: {len(a)} seeds, {a.shape[1]} sequences"
    i = found.interval
    numbers = f"{i.mean:+.3f} [{i.low:+.3f}, {i.high:+.3f}], detectable {found.detectable:.3f}"
    parts = [
        viz.text_strip(title, WIDTH),
        _bars((a - b).mean(0)),
        viz.text_strip(numbers, WIDTH),
        _row(found),
    ]
    return np.vstack(parts)


def arms_demo(tables: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> Demo:
    """Return the demo: a menu of comparisons, a slider for seeds and one for sequences.

    Args:
        tables: by the name of a comparison the scores ``(seeds, sequences)`` of its two arms, with at least
            two seeds and four sequences; all of one shape.
    """
    scores = {name: (np.asarray(a, float), np.asarray(b, float)) for name, (a, b) in tables.items()}
    names = tuple(scores)
    seeds, sequences = scores[names[0]][0].shape

    def draw(comparison: str, seeds: float, sequences: float) -> Frame:
        a, b = (each[: int(seeds), : int(sequences)] for each in scores[comparison])
        return draw_difference(comparison, a, b)

    few = max(4, sequences // 3)
    cells = [draw(names[0], *count) for count in ((2, few), (seeds, few), (2, sequences), (seeds, sequences))]
    controls: dict[str, Control] = {
        "comparison": Choice(names, names[0]),
        "seeds": Slider(2, seeds, seeds),
        "sequences": Slider(4, sequences, sequences),
    }
    return Demo(draw, controls, viz.contact_sheet(cells, columns=2, gap=10))


def _x(value: float) -> int:
    """Return the column of a difference."""
    return round((np.clip(value / LIMIT, -1, 1) + 1) / 2 * (WIDTH - 1))


def _bars(differences: NDArray[np.float64]) -> Frame:
    """Return a bar from 0 to each sequence's difference, the largest above."""
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    high = HEIGHT / len(differences)
    for number, value in enumerate(np.sort(differences)[::-1]):
        top, bottom = round(number * high) + 1, max(round(number * high) + 2, round((number + 1) * high) - 1)
        left, right = sorted((_x(0), _x(value)))
        cv2.rectangle(picture, (left, top), (right, bottom), viz.TRUTH if value > 0 else GREY, cv2.FILLED)
    picture[:, _x(0)] = 0
    return picture


def _row(found: Difference) -> Frame:
    """Return the interval as a line with its mean, and what could be detected to both sides."""
    picture = np.full((ROW, WIDTH, 3), 255, np.uint8)
    middle = ROW // 2
    picture[:, _x(0)] = 0
    for side in (-1, 1):
        at = _x(side * found.detectable)
        cv2.line(picture, (at, 4), (at, ROW - 5), DETECTABLE, 2)
    cv2.line(picture, (_x(found.interval.low), middle), (_x(found.interval.high), middle), viz.BLACK, 2)
    cv2.circle(picture, (_x(found.interval.mean), middle), 5, viz.BLACK, cv2.FILLED, cv2.LINE_AA)
    return picture
