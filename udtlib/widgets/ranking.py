"""Draw some sequences of a benchmark and see what they say about two trackers. Book: chapter 13."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib import viz
from udtlib.errors import DataError
from udtlib.evaluation.scoring.statistics import Interval, bootstrap_interval, paired_difference
from udtlib.frames import Frame
from udtlib.widgets.base import Demo, Slider

SIZE = 460, 150  # width and height of the picture in pixels, below its line of text
REACH = 0.7  # AUC at both ends of the picture, around no difference
DRAWS = 1000
GREY: viz.Color = (200, 200, 200)


def chosen(count: int, sequences: int, draw: int) -> NDArray[np.int64]:
    """Return which ``sequences`` of ``count`` the ``draw``-th draw takes, without repetition."""
    order = np.random.default_rng(draw).permutation(count)
    return order[:sequences].astype(np.int64)


def compare(first: ArrayLike, second: ArrayLike, sequences: int, draw: int) -> tuple[Interval, Interval]:
    """Return the difference ``first - second`` on drawn sequences, with its paired and unpaired interval.

    Args:
        first: ``(N,)`` AUC of one tracker, one a sequence, in 0..1.
        second: ``(N,)`` AUC of the other on the same sequences.
        sequences: how many of the N are drawn.
        draw: which draw.

    Raises:
        DataError: not two equal ``(N,)``, or more sequences than there are.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 1 or not 1 <= sequences <= len(a):
        raise DataError(f"expected two scores of {sequences} sequences or more, found {a.shape}, {b.shape}")
    some = chosen(len(a), sequences, draw)
    paired = paired_difference(a[some], b[some], draws=DRAWS)
    apart = [bootstrap_interval(values[some], draws=DRAWS) for values in (a, b)]
    half = float(np.linalg.norm([(one.high - one.low) / 2 for one in apart]))
    return paired, Interval(paired.mean, paired.mean - half, paired.mean + half)


def verdict(gap: Interval) -> str:
    """Return what an interval of ``first - second`` says: ahead, behind, or undecided."""
    return "ahead" if gap.low > 0 else "behind" if gap.high < 0 else "undecided"


def draw_ranking(first: ArrayLike, second: ArrayLike, sequences: int, draw: int) -> Frame:
    """Return dots for the drawn sequences' differences, and the paired and the unpaired interval."""
    paired, unpaired = compare(first, second, sequences, draw)
    width, height = SIZE
    picture = np.full((height, width, 3), 255, np.uint8)
    cv2.line(picture, (_at(0), 0), (_at(0), height - 20), GREY, 1)
    some = chosen(len(np.asarray(first)), sequences, draw)
    gaps = np.asarray(first, np.float64)[some] - np.asarray(second, np.float64)[some]
    for place, gap in enumerate(gaps):
        cv2.circle(picture, (_at(gap), 10 + 37 * place % 48), 3, viz.SECOND, cv2.FILLED, cv2.LINE_AA)
    _bar(picture, 82, "paired", paired, viz.TRUTH)
    _bar(picture, 112, "unpaired", unpaired, viz.PREDICTION)
    for tick in (-0.5, 0.0, 0.5):
        _write(picture, f"{tick:+.1f}", (_at(tick) - 14, height - 6))
    text = f"{sequences} sequences, draw {draw}: {paired.mean:+.3f}, paired {verdict(paired)}"
    return np.vstack([viz.text_strip(text, width), picture])


def ranking_demo(first: ArrayLike, second: ArrayLike) -> Demo:
    """Return the demo: how many sequences, and which draw; its twin shows six draws."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)

    def draw(sequences: float, draw: float) -> Frame:
        return draw_ranking(a, b, int(sequences), int(draw))

    few, some, most = 10, min(22, len(a)), len(a)
    cells = [draw(count, k) for count in (few, some) for k in (1, 2)] + [draw(most, 1), draw(most // 2, 2)]
    sliders = {"sequences": Slider(5, len(a), few), "draw": Slider(1, 200, 1, play=700)}
    return Demo(
        draw,
        sliders,
        viz.contact_sheet(cells, columns=2),
        title="How many sequences tell two trackers apart",
        alt="The difference of two trackers on a draw of sequences, with its interval.",
    )


def _at(difference: float) -> int:
    share = (np.clip(difference, -REACH, REACH) + REACH) / (2 * REACH)
    return round(8 + float(share) * (SIZE[0] - 16))


def _bar(picture: Frame, row: int, name: str, gap: Interval, color: viz.Color) -> None:
    cv2.line(picture, (_at(gap.low), row), (_at(gap.high), row), color, 5)
    cv2.circle(picture, (_at(gap.mean), row), 6, color, cv2.FILLED, cv2.LINE_AA)
    _write(picture, name, (6, row + 4))


def _write(picture: Frame, text: str, corner: tuple[int, int]) -> None:
    cv2.putText(picture, text, corner, viz.FONT, viz.FONT_SCALE, viz.BLACK, 1, cv2.LINE_AA)
