"""Move failure threshold and restart delay, and see accuracy and failures change. Book: chapter 14."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.evaluation.scoring.all_starts import run_from_starts
from udtlib.evaluation.scoring.supervised import SupervisedRun, accuracy
from udtlib.frames import Frame
from udtlib.widgets.base import Demo, Slider

SIDE = 360  # pixels of the square that shows all starts
MARGIN = 8  # of it left white on each side, for marks at its edge
LEFT, ROW = 110, 22  # where a bar begins, and how high its row is
MOST_FAILURES = 10  # at the right end of the bar
BAD: viz.Color = (213, 94, 0)
EMPTY: viz.Color = (225, 225, 225)


def draw_restarts(table: ArrayLike, threshold: float, delay: int) -> Frame:
    """Return all starts as a square, the run with restarts as a path through it, and two bars.

    A row is a run from one frame to the end, dark where it has lost the target. The path follows a row until
    the overlap is at or below the threshold (a cross), and goes on in another row after the delay (a circle).

    Args:
        table: ``(N, N)``, as `run_from_starts` takes it.
        threshold: at or below which the tracker has failed, 0..1.
        delay: frames from a failure to the next start, 1 or more.
    """
    run = run_from_starts(table, threshold, delay)
    overlaps = np.asarray(table, dtype=np.float64)
    inner = SIDE - 2 * MARGIN
    square = viz.resize_nearest(viz.heatmap(overlaps, shift=False, limits=(0, 1)), inner, inner)
    not_after = viz.resize_nearest(np.tri(len(overlaps), dtype=bool), inner, inner)
    square = np.where(not_after[:, :, None], np.uint8(255), square)
    square = np.pad(square, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=255)
    _draw_path(square, run)
    square = np.hstack([square, viz.color_bar((0, 1), SIDE)])
    width = square.shape[1]
    mean, lost = accuracy(run), len(run.failures)
    bars = [
        _bar(f"accuracy {mean:.2f}", mean, viz.TRUTH),
        _bar(f"failures {lost}", min(lost / MOST_FAILURES, 1), BAD),
    ]
    text = f"fails at overlap {threshold:.2f}, starts again after {delay}"
    wide = [np.pad(bar, ((0, 0), (0, viz.BAR), (0, 0)), constant_values=255) for bar in bars]
    return np.vstack([viz.text_strip(text, width), square, *wide])


def restarts_demo(table: ArrayLike) -> Demo:
    """Return the demo: a slider for the threshold and one for the delay; its twin shows six settings.

    Args:
        table: ``(N, N)``, the overlap in frame k of a run started in frame s, as `run_from_starts` takes it.
    """
    overlaps = np.asarray(table, dtype=np.float64)

    def draw(failure_threshold: float, restart_delay: float) -> Frame:
        return draw_restarts(overlaps, failure_threshold, int(restart_delay))

    cells = [draw(threshold, delay) for delay in (5, 15) for threshold in (0.0, 0.4, 0.7)]
    sliders = {"failure_threshold": Slider(0, 0.9, 0, 0.05), "restart_delay": Slider(1, 30, 5)}
    return Demo(
        draw,
        sliders,
        viz.contact_sheet(cells, columns=3, gap=10),
        title="A run with restarts",
        alt="The overlap over the frames of one run, with its failures and restarts.",
    )


def _draw_path(square: Frame, run: SupervisedRun) -> None:
    """Draw a run **into** the square of all starts."""

    def at(frame: int) -> int:
        return MARGIN + round((frame + 0.5) * (SIDE - 2 * MARGIN) / len(run))

    for start in run.starts.tolist():
        failure = next((frame for frame in run.failures.tolist() if frame > start), None)
        end = at(len(run) - 1 if failure is None else failure)
        cv2.line(square, (at(start), at(start)), (end, at(start)), viz.WHITE, 2)
        cv2.circle(square, (at(start), at(start)), 5, viz.BLACK, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(square, (at(start), at(start)), 3, viz.WHITE, cv2.FILLED, cv2.LINE_AA)
        if failure is not None:
            viz.mark_point(square, (end, at(start)), BAD)


def _bar(text: str, share: float, color: viz.Color) -> Frame:
    """Return a row: text, and a bar filled to ``share``, 0..1."""
    row = np.full((ROW, SIDE, 3), 255, np.uint8)
    row[: viz.TEXT_HEIGHT] = viz.text_strip(text, SIDE)
    cv2.rectangle(row, (LEFT, 4), (SIDE - 5, 15), EMPTY, cv2.FILLED)
    if share > 0:
        cv2.rectangle(row, (LEFT, 4), (LEFT + round(share * (SIDE - 5 - LEFT)), 15), color, cv2.FILLED)
    return row
