"""Figures that chapters draw in one call: rows of pictures, sheets of maps, strokes, arrows, names of points.

Those of matplotlib go into the current notebook (`matplotlib.pyplot`); sheets are ``uint8`` arrays like those
of `udtlib.viz`. Book: chapters 00, 02, 03, 04, 07, 11, 13 and 15.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch
from numpy.typing import ArrayLike, NDArray

from udtlib import viz
from udtlib.boxes import iou
from udtlib.evaluation.scoring.crossed import Difference
from udtlib.frames import Frame
from udtlib.signed_maps import greys

Point = tuple[float, float]
ORANGE = "#d55e00"


def answers(
    frames: Sequence[Frame], truth: ArrayLike, predicted: ArrayLike, moments: Iterable[int], columns: int = 3
) -> Frame:
    """Return frames side by side with the true and the predicted box, each under its number and overlap.

    Args:
        frames: of one video.
        truth: boxes ``(N, 4)``, pixels, one a frame.
        predicted: likewise; it may end before the video.
        moments: numbers of the frames to draw.
        columns: pictures in a row.

    Raises:
        FrameError: no moment is given.
    """
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    pictures, labels = [], []
    for k in moments:
        boxes = {"truth": truth[k], "prediction": predicted[k]}
        pictures.append(viz.draw_boxes(frames[k], boxes))
        labels.append(f"frame {k}: overlap {float(iou(truth[k], predicted[k])):.2f}")
    return viz.contact_sheet(pictures, columns, labels)


def pictures(
    maps: Mapping[str, ArrayLike | None], size: float = 2.0, columns: int | None = None
) -> NDArray[Any]:
    """Draw titled pictures in rows and return their axes, row by row, the places that stay empty included.

    Args:
        maps: by title, a picture ``(H, W, 3)``, a map ``(H, W)``, which gets a colour bar, or None for an
            axis to draw in.
        size: inches, of one picture.
        columns: pictures in a row; None: all.
    """
    columns = columns or max(1, len(maps))
    rows = max(1, -(-len(maps) // columns))
    shape = ((size + 0.4) * columns, (size + 0.25) * rows)
    figure, axes = plt.subplots(rows, columns, figsize=shape, squeeze=False, layout="constrained")
    for axis in axes.flat[len(maps) :]:
        axis.set_axis_off()
    for axis, (title, picture) in zip(axes.flat, maps.items(), strict=False):
        axis.set(title=title, xticks=[], yticks=[])
        if picture is not None:
            drawn = axis.imshow(np.asarray(picture), interpolation="nearest")
            if np.ndim(picture) == 2:  # a picture in colour has no scale
                figure.colorbar(drawn, ax=axis, shrink=0.75).ax.tick_params(labelsize=7)
    return axes.ravel()


def ring(axes: Iterable[Axes], displacement: Sequence[float], middle: int = 32) -> None:
    """Circle a displacement ``(dy, dx)`` in response maps drawn with zero at ``(middle, middle)``."""
    for axis in axes:
        place = middle + displacement[1], middle + displacement[0]
        axis.plot(*place, "o", ms=14, mfc="none", color="orange")


def strokes(axis: Axes, channels: NDArray[np.floating[Any]]) -> None:
    """Draw fHOG as strokes: in each cell one for each unsigned direction, as bright as the channel is high.

    Args:
        axis: to draw in.
        channels: ``(31, rows, columns)``, as `udtlib.features.fhog` returns; 18 to 26 are drawn, 0 to 0.4.
    """
    angles = np.radians(20 * np.arange(9) + 90)  # along the edge, at right angles to the gradient
    along = 0.45 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    places = [(k, i, j) for k, i, j in np.ndindex(channels[18:27].shape)]
    lines = [np.array([(j, i) - along[k], (j, i) + along[k]]) for k, i, j in places]
    light = [(1, 1, 1, min(1, float(channels[18 + k, i, j] / 0.4) ** 2)) for k, i, j in places]
    axis.add_collection(LineCollection(lines, colors=light, linewidths=1.5))
    axis.set(xlim=(-0.5, channels.shape[2] - 0.5), ylim=(channels.shape[1] - 0.5, -0.5), facecolor="black")


def map_sheet(maps: ArrayLike, columns: int = 8, limits: tuple[float, float] | None = None) -> Frame:
    """Return maps ``(N, H, W)`` in a grid on one scale, unshifted; ``limits``: as `udtlib.viz.heatmap`.

    Raises:
        FrameError: no maps.
    """
    limits = limits or viz.limits_of(maps)
    tiles = [viz.heatmap(each, shift=False, limits=limits) for each in np.asarray(maps)]
    return viz.contact_sheet(tiles, columns, gap=2)


def map_sheet_and_bar(maps: ArrayLike, height: int, columns: int = 8) -> Frame:
    """Return `map_sheet` at another height with the colour bar of all its maps."""
    limits = viz.limits_of(maps)
    sheet = viz.resize_nearest(map_sheet(maps, columns, limits), height)
    return np.hstack([sheet, viz.color_bar(limits, height)])


def filter_sheet(weight: ArrayLike, columns: int = 8) -> Frame:
    """Return first-layer filters as coloured blocks in a grid: grey is 0, each scaled by its largest weight.

    Args:
        weight: ``(N, 3, height, width)``, RGB, as in a weights file.
        columns: filters in a row.

    Raises:
        FrameError: no filters.
    """
    filters = np.asarray(weight).transpose(0, 2, 3, 1)
    scaled = filters / np.maximum(np.abs(filters).max(axis=(1, 2, 3), keepdims=True), 1e-12)
    return viz.contact_sheet([viz.resize_nearest(each, 36) for each in greys(scaled)], columns, gap=3)


def arrow(
    figure: Figure,
    tail: tuple[Point, Axes],
    head: tuple[Point, Axes],
    color: str,
    bend: float = 0.0,
    route: str | None = None,
) -> None:
    """Draw an arrow between two axes.

    Args:
        figure: of both.
        tail: ``(x, y)`` in shares of an axis, which may lie outside it, and the axis.
        head: likewise.
        color: of matplotlib.
        bend: of the arc, as a share of its length.
        route: a connection style of matplotlib, instead of an arc.
    """
    patch = ConnectionPatch(
        tail[0],
        head[0],
        *("axes fraction",) * 2,
        axesA=tail[1],
        axesB=head[1],
        arrowstyle="-|>",
        mutation_scale=16,
        linewidth=2,
        color=color,
        connectionstyle=route or f"arc3,rad={bend}",
    )
    figure.add_artist(patch)


def show_figure(figure: Figure, zoom: float = 1.0) -> None:
    """Show a matplotlib figure in a notebook as a JPEG, a tenth of a PNG, and close it."""
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]  # pyplot's canvases have it
    viz.show(drawn[..., :3].copy(), zoom=zoom)
    plt.close(figure)


def name_points(
    axis: Axes,
    points: Mapping[str, Point],
    gap: float,
    colors: Mapping[str, str],
    step: float,
    left: Collection[str] = (),
) -> None:
    """Write the name of each point to its right, higher where another name stands; x is logarithmic.

    Args:
        axis: to draw in.
        points: ``(x, y)`` by name, x above 0.
        gap: height of a name, in units of y.
        colors: of matplotlib, by name.
        step: factor between a point's x and its name's.
        left: names that are written to the left of their points, at their height.
    """
    written: list[Point] = []
    for name, (x, y) in sorted(points.items(), key=lambda item: item[1][1]):
        place, side = (x * step, y), "left"
        if name in left:
            place, side = (x / step, y), "right"
        else:
            place = place[0], free_height(x, y, written, gap)
            written.append((x, place[1]))
        axis.annotate(name, (x, y), place, va="center", ha=side, fontsize=8, color=colors[name])


def free_height(x: float, y: float, written: Iterable[Point], gap: float) -> float:
    """Return the lowest height from y up that is ``gap`` above the names near x, given from the lowest up."""
    for other, height in written:
        if abs(np.log(x / other)) < 0.6 and y < height + gap:
            y = height + gap
    return y


def differences(found: Mapping[str, Difference], label: str) -> Axes:
    """Draw differences with their intervals, one a row, and orange marks at what could have been detected.

    Args:
        found: by name.
        label: what stands below the axis.
    """
    _, axis = plt.subplots(figsize=(7, 0.8 + 0.4 * len(found)), layout="constrained")
    for row, one in enumerate(found.values()):
        interval, reach = one.interval, one.detectable
        error = [[interval.mean - interval.low], [interval.high - interval.mean]]
        axis.errorbar(interval.mean, -row, xerr=error, marker="o", capsize=3, color="0.2")
        axis.vlines([-reach, reach], -row - 0.3, -row + 0.3, color=ORANGE)
    axis.set_yticks(-np.arange(len(found)), list(found))
    axis.axvline(0, color="0.7")
    axis.set(xlabel=label)
    return axis
