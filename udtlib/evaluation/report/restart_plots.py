"""Pictures of runs with restarts: a path through all starts, segments, expected overlap. Book: chapter 14."""

from collections.abc import Sequence as AbstractSequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from udtlib.evaluation.scoring.expected_overlap import Segment
from udtlib.evaluation.scoring.ope import Floats
from udtlib.evaluation.scoring.supervised import SupervisedRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

GOOD, BAD, INTERVAL = "#009E73", "#D55E00", "#0072B2"
"""Followed, failed, and the lengths that count; of the palette of Okabe and Ito."""


def starts_plot(axes: "Axes", table: ArrayLike, run: SupervisedRun) -> "AxesImage":
    """Draw the overlap of all starts as an image, and a run with restarts as a path through it.

    Args:
        axes: to draw on.
        table: ``(N, N)``, the overlap 0..1 in frame k (column) of a run started in frame s (row), else NaN.
        run: along a row while the target is followed, a cross at each failure.
    """
    image = axes.imshow(np.asarray(table), cmap="viridis", vmin=0, vmax=1, interpolation="nearest")
    for start in run.starts:
        end = next((failure for failure in run.failures if failure > start), len(run) - 1)
        axes.plot([start, start], [start - 0.5, start], color="white")
        axes.plot([start, end], [start, start], color="white", linewidth=2)
    rows = [run.starts[run.starts < failure].max() for failure in run.failures]
    axes.plot(run.failures, rows, "x", color=BAD, markersize=9, markeredgewidth=3, label="failure")
    axes.plot(run.starts, run.starts, "o", color="white", markeredgecolor="black", label="start")
    axes.set(xlabel="frame", ylabel="frame of the start")
    return image


def segments_plot(axes: "Axes", parts: AbstractSequence[Segment], length: int) -> None:
    """Draw segments as bars from their start: what was measured, and the zeros after a failure.

    Args:
        axes: to draw on.
        parts: a bar each, the first at the top; after one that its sequence's end cut off comes nothing.
        length: frames up to which zeros are drawn.
    """
    for row, part in enumerate(parts):
        frames = min(len(part) - 1, length)
        axes.barh(row, frames, color=GOOD, height=0.7, label="measured")
        if part.failed:
            rest = length - frames
            axes.barh(row, rest, left=frames, color=BAD, alpha=0.25, height=0.7, label="failed: zeros")
    axes.set(xlim=(0, length), yticks=[], xlabel="frames after the start", ylabel="segments")
    axes.invert_yaxis()
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique.keys(), fontsize=8, loc="lower right")


def expected_overlap_plot(
    axes: "Axes", curves: dict[str, Floats], interval: tuple[int, int], colors: dict[str, str] | None = None
) -> None:
    """Draw expected overlap curves, shade the lengths that count, and mark each mean over them.

    Args:
        axes: to draw on.
        curves: ``(L,)`` by name, as of `udtlib.evaluation.scoring.expected_overlap.expected_overlap_curve`.
        interval: first and last length.
        colors: by name; None: the usual ones.
    """
    low, high = interval
    axes.axvspan(low, high, color=INTERVAL, alpha=0.1)
    for name, curve in curves.items():
        (line,) = axes.plot(np.arange(1, len(curve)), curve[1:], label=name, color=(colors or {}).get(name))
        inside = curve[low : high + 1]
        if not np.isnan(inside).all():
            axes.plot([low, high], [np.nanmean(inside)] * 2, "--", color=line.get_color(), linewidth=1)
    axes.set(xlabel="frames after the start", ylabel="expected overlap", ylim=(0, 1))
    axes.legend(fontsize=8)
