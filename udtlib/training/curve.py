"""The learning curve of a run, drawn from its log. Book: chapter 11."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udtlib.errors import TrainingError
from udtlib.files import replacing, user_path
from udtlib.training.log import read_log

CURVE = "curve.png"
SIZE = (8.0, 4.5)
"""Inches; with `HELD_OUT_HEIGHT` more if there is a held-out error to draw below."""
HELD_OUT_HEIGHT = 2.0
DOTS = 100  # an inch
MOST_POINTS = 1500
SMOOTHED = 40
LEAST_SMOOTHED = 4
"""The smooth line is a mean over a fortieth of all steps, and no fewer than four."""

Floats = NDArray[np.float64]


def draw_curve(log: str | Path, picture: str | Path) -> Path:
    """Draw a run's losses over its steps, and its held-out round-trip error if there is one; return the file.

    Args:
        log: a ``log.csv``.
        picture: the PNG file to write, whole or not at all.

    Raises:
        MissingDataError: no such log.
        TrainingError: a log without a step, or with something else than numbers.
        StorageError: the picture cannot be written.
    """
    from matplotlib.figure import Figure  # no window, no state

    rows = read_log(log)
    if not rows:
        raise TrainingError(f"{log}: no step to draw a curve of")
    try:
        steps, losses, held_loss, held_error = (
            np.array([float(row[name] or "nan") for row in rows])
            for name in ("step", "loss", "held_out_loss", "held_out_error")
        )
    except ValueError as error:
        raise TrainingError(f"{log}: expected the numbers of a training, found others ({error})") from error
    measured = np.isfinite(held_loss)
    height = SIZE[1] + HELD_OUT_HEIGHT * bool(measured.any())
    figure = Figure(figsize=(SIZE[0], height), layout="constrained")
    panels = figure.subplots(1 + bool(measured.any()), sharex=True, squeeze=False)[:, 0]
    every = -(-len(steps) // MOST_POINTS)
    panels[0].plot(steps[::every], losses[::every], color="0.8", linewidth=0.8, label="training, each step")
    smooth = running_mean(losses, max(LEAST_SMOOTHED, len(losses) // SMOOTHED))
    panels[0].plot(steps[::every], smooth[::every], color="C0", label="training, smoothed")
    panels[0].set_ylabel("loss")
    if measured.any():
        panels[0].plot(steps[measured], held_loss[measured], "o-", color="C1", markersize=3, label="held out")
        panels[1].plot(steps[measured], held_error[measured], "o-", color="C1", markersize=3)
        panels[1].set_ylabel("held-out round-trip\nerror (cells)")
        panels[1].set_ylim(bottom=0)
    show = np.concatenate([smooth[np.isfinite(smooth)], held_loss[measured]])
    if len(show) and show.max() > 0:
        panels[0].set_ylim(0, 1.25 * np.percentile(show, 99))
    panels[0].legend()
    panels[0].set_title(user_path(log).resolve().parent.name, parse_math=False)
    panels[-1].set_xlabel("step")
    with replacing(picture) as unfinished:
        figure.savefig(unfinished, dpi=DOTS, format="png")
    return user_path(picture)


def running_mean(values: Floats, width: int) -> Floats:
    """Return the mean of each value and the ``width - 1`` before it, fewer at the start; ``(N,)`` both."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - width)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))
