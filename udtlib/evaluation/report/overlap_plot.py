"""Where in a sequence is the target lost? The overlap frame by frame, a line a tracker. Book: chapter 13."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.boxes import iou
from udtlib.errors import DataError
from udtlib.evaluation.report.plots import Style, as_written, line_styles, short
from udtlib.evaluation.scoring.ope import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (9.0, 2.3)
"""Inches."""

MOST_POINTS = 300
"""A longer line is drawn through the means of equally many frames each."""


def frame_overlaps(boxes: Mapping[str, ArrayLike], truth: ArrayLike) -> dict[str, Floats]:
    """Return each tracker's overlap ``(N,)`` with the truth in every frame, in 0..1.

    Plain overlaps, without a policy's choices: 0 where there is no box, NaN where there is no target.

    Args:
        boxes: predicted boxes ``(N, 4)``, 0-indexed, by tracker name.
        truth: true boxes ``(N, 4)``, 0-indexed; zero size or NaN where the target is absent.

    Raises:
        DataError: no tracker, or boxes that are not one a true box.
    """
    true = np.asarray(truth, dtype=np.float64)
    found = {name: np.asarray(each, dtype=np.float64) for name, each in boxes.items()}
    wrong = {name: each.shape for name, each in found.items() if each.shape != true.shape}
    if true.ndim != 2 or true.shape[1] != 4 or wrong or not found:
        raise DataError(f"expected boxes (N, 4) by tracker, one a true box {true.shape}, found {wrong}")
    absent = ~(np.isfinite(true).all(axis=1) & (true[:, 2:] > 0).all(axis=1))
    overlaps = {name: np.array(iou(each, true)) for name, each in found.items()}
    for each in overlaps.values():
        each[absent] = np.nan
    return overlaps


def overlap_plot(
    boxes: Mapping[str, ArrayLike],
    truth: ArrayLike,
    *,
    marks: ArrayLike = (),
    first: int = 1,
    styles: dict[str, Style] | None = None,
    title: str = "",
) -> "Figure":
    """Return the overlap over the frames of one sequence, a line a tracker.

    Args:
        boxes: predicted boxes ``(N, 4)``, 0-indexed, by tracker name.
        truth: true boxes ``(N, 4)``, 0-indexed; zero size or NaN where the target is absent: a gap.
        marks: frames (counted from 0) to mark by a grey line, such as those of a strip.
        first: number of the first frame on the axis, ``sequence.start``; a strip numbers its frames so.
        styles: by tracker name; None is `line_styles` in the order given.
        title: stands over the plot.

    Raises:
        DataError: as `frame_overlaps`.

    Book: chapter 13.
    """
    from matplotlib.figure import Figure

    overlaps = frame_overlaps(boxes, truth)
    styles = styles or line_styles(overlaps)
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.add_subplot()
    for mark in np.asarray(marks, dtype=np.float64):
        axes.axvline(first + mark, color="0.75", linewidth=0.8, zorder=0)
    lines = []
    for name, overlap in overlaps.items():
        places, means = thinned(overlap)
        lines += axes.plot(first + places, means, linewidth=1.4, **styles[name])
    legend = figure.legend(
        lines, [short(name) for name in overlaps], loc="outside right upper", fontsize="small"
    )
    last = first + max(1, len(np.asarray(truth)) - 1)
    axes.set(xlim=(first, last), ylim=(0, 1), xlabel="Frame", ylabel="Overlap")
    as_written([*legend.get_texts(), axes.set_title(title, parse_math=False)])
    axes.grid(color="0.9", linewidth=0.6)
    return figure


def thinned(overlap: Floats) -> tuple[Floats, Floats]:
    """Return the points of a line: every frame, or the middle and the mean of each of `MOST_POINTS` runs.

    Args:
        overlap: ``(N,)``; NaN (no target) is left out of the means, and kept where a run has nothing else.

    Returns:
        Places, counted from 0, and values, ``(min(N, MOST_POINTS),)`` each.
    """
    runs = np.array_split(np.arange(len(overlap), dtype=np.float64), min(len(overlap), MOST_POINTS))
    places = np.array([run.mean() for run in runs])
    return places, np.array([_mean(overlap[run.astype(int)]) for run in runs])


def _mean(values: Floats) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else np.nan


def key_frames(overlaps: Mapping[str, ArrayLike], count: int = 6) -> NDArray[np.int64]:
    """Return the frames that tell most about the trackers: in each of ``count`` stretches, one.

    It is the frame where their overlaps differ most (for one tracker: where its overlap is least), the
    first of equals; frames without a target are passed over where others are left.

    Args:
        overlaps: ``(N,)`` by tracker name, from `frame_overlaps`.
        count: how many frames; fewer where the sequence is shorter.

    Returns:
        Indices, counted from 0, rising, ``(min(count, N),)``.

    Book: chapter 13.
    """
    table = np.array([np.asarray(each, dtype=np.float64) for each in overlaps.values()])
    spread = table.max(axis=0) - table.min(axis=0) if len(table) > 1 else 1 - table[0]
    interest = np.nan_to_num(spread, nan=-1.0)
    stretches = np.array_split(np.arange(len(interest)), min(count, len(interest)))
    return np.array([stretch[interest[stretch].argmax()] for stretch in stretches], dtype=np.int64)
