"""Success and precision plots in the style in which the benchmark's results are usually shown.

One line a tracker, the best first in the legend, each with its score. The figures are plain matplotlib
objects without a window or global state, so they work in a notebook, in a program and on a server alike;
matplotlib is imported when the first one is drawn. Book: chapters 01 and 13.
"""

import io
import re
import warnings
from collections.abc import Iterable
from collections.abc import Sequence as AbstractSequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from udtlib.errors import DataError
from udtlib.evaluation.scoring.bands import bootstrap_band
from udtlib.evaluation.scoring.ope import PRECISION_THRESHOLDS, Floats, success_thresholds
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.frames import Frame
from udtlib.printing import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""The palette of Okabe and Ito, without its yellow, which is too pale for a line on white."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
"""Line styles: neighbours in a plot differ in them as well as in colour."""

SIZE = (5.6, 4.4)
"""Inches."""

MOST_INSIDE = 10
"""With more lines than this the legend stands beside the plot."""

LONG_NUMBER = re.compile(r"([1-9]\d*\.\d\d)\d+")
"""A coordinate to more than a hundredth of a point, which nobody sees; below 1 it may be a scale."""

CURVES = {"auc": ("success_curve", "success"), "precision": ("precision_curve", "precision_curve")}
"""By the number in the legend: what a tracker's curve is called, and a sequence's."""

NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))

Style = dict[str, Any]


def line_styles(names: Iterable[str]) -> dict[str, Style]:
    """Return a colour and a dash for each name; the first 28 differ, since 7 and 4 share no factor."""
    count = len(COLORS)
    return {
        name: {"color": COLORS[i % count], "linestyle": DASHES[i % len(DASHES)]}
        for i, name in enumerate(dict.fromkeys(names))
    }


def success_plot(
    scores: AbstractSequence[TrackerScore],
    *,
    bands: bool = False,
    styles: dict[str, Style] | None = None,
    title: str | None = None,
    axes: "Axes | None" = None,
) -> "Figure":
    """Return the fraction of frames whose overlap passes a threshold; the legend's number is the AUC.

    Args:
        scores: one line each, scored on the same sequences under one policy.
        bands: shade the 95 % bootstrap interval over sequences at each threshold.
        styles: by tracker name; None is `line_styles` of all names, best tracker first.
        title: stands over the plot; None names the protocol.
        axes: draw there, in a figure of your own; None makes one.

    Raises:
        DataError: no tracker, two of one name, or trackers scored on different sequences or policies.

    Book: chapter 13 (Fig. 7 and 8 of the paper).
    """
    check_comparable(scores)
    axes = axes or _new_axes()
    _draw_lines(axes, scores, success_thresholds(scores[0].policy), "auc", bands, styles)
    axes.set(xlim=(0, 1), xlabel="Overlap threshold", ylabel="Success rate")
    return _titled(axes, title or f"Success plot of {scores[0].protocol_title}")


def precision_plot(
    scores: AbstractSequence[TrackerScore],
    *,
    bands: bool = False,
    styles: dict[str, Style] | None = None,
    title: str | None = None,
    axes: "Axes | None" = None,
) -> "Figure":
    """Return the fraction of frames within a distance; the legend's number is that at the policy's pixels.

    Arguments and errors as `success_plot`. Book: chapter 13 (Fig. 7 and 8 of the paper).
    """
    check_comparable(scores)
    axes = axes or _new_axes()
    _draw_lines(axes, scores, PRECISION_THRESHOLDS, "precision", bands, styles)
    axes.axvline(scores[0].policy.pixels, color="0.6", linewidth=0.8, zorder=0)
    axes.set(xlim=(0, 50), xlabel="Location error threshold (pixels)", ylabel="Precision")
    return _titled(axes, title or f"Precision plot of {scores[0].protocol_title}")


def check_comparable(scores: AbstractSequence[TrackerScore]) -> None:
    """Refuse trackers that cannot stand in one plot or table.

    Raises:
        DataError: no tracker, two of one name, or trackers scored on different sequences or policies.
    """
    names = [score.tracker for score in scores]
    if not names or len(set(names)) < len(names):
        raise DataError(f"a plot takes one or more trackers of different names, found {names or 'none'}")
    for score in scores[1:]:
        score.difference(scores[0], draws=1)


def by_score(scores: Iterable[TrackerScore], measure: str | None = None) -> list[TrackerScore]:
    """Return the trackers, best first; those of equal score by name. None is the protocol's first measure."""
    return sorted(scores, key=lambda score: (-score.merit(measure), score.tracker))


def ranked_styles(scores: Iterable[TrackerScore]) -> dict[str, Style]:
    """Return `line_styles` of the trackers, the best first: what every plot of them starts from."""
    return line_styles(score.tracker for score in by_score(scores))


def _new_axes() -> "Axes":
    from matplotlib.figure import Figure

    return Figure(figsize=SIZE, layout="constrained").add_subplot()


def _titled(axes: "Axes", title: str) -> "Figure":
    as_written([axes.set_title(title, parse_math=False)])
    return cast("Figure", axes.figure)


def _draw_lines(
    axes: "Axes",
    scores: AbstractSequence[TrackerScore],
    thresholds: Floats,
    measure: str,
    bands: bool,
    styles: dict[str, Style] | None,
) -> None:
    """Draw each tracker's curve, the mean over sequences that its number in the legend is of."""
    ordered, (whole, part) = by_score(scores, measure), CURVES[measure]
    styles = styles or ranked_styles(scores)
    lines: list[Any] = []
    for score in ordered:
        style = styles[score.tracker]
        lines += axes.plot(thresholds, getattr(score, whole), linewidth=1.8, **style)
        if bands:
            each = [getattr(one, part) for one in score.sequences]
            low, high = bootstrap_band(each, weights=score.weights())
            axes.fill_between(thresholds, low, high, color=style["color"], alpha=0.12, linewidth=0)
    _add_legend(axes, lines, [f"[{getattr(score, measure):.3f}] {short(score.tracker)}" for score in ordered])
    axes.set(ylim=(0, 1))
    axes.grid(color="0.9", linewidth=0.6)


def _add_legend(axes: "Axes", lines: list[Any], labels: list[str]) -> None:
    """Put the legend into the plot, or beside a lone one where it would hide too much."""
    figure = cast("Figure", axes.figure)
    lone = len(figure.axes) == 1
    if lone and len(lines) > MOST_INSIDE:
        figure.set_figwidth(SIZE[0] + 2.2)
        legend = figure.legend(lines, labels, loc="outside right upper", fontsize="small", handlelength=2.8)
    else:
        size = "small" if lone else "x-small"
        legend = axes.legend(lines, labels, fontsize=size, framealpha=0.85, handlelength=2.8)
    as_written(legend.get_texts())


def as_written(texts: "Iterable[Text]") -> None:
    r"""Show texts of a figure as they are: a name such as ``$\a{$`` is no formula, and always drawn.

    Every text of a figure that has a name from outside in it goes through here.
    """
    for text in texts:
        text.set_parse_math(False)
        text.set_text(printable(text.get_text()))


def short(name: str) -> str:
    """Return a name fit for a legend: what cannot be printed written out, cut to 32 characters."""
    name = printable(name)
    return name if len(name) <= 32 else name[:31] + "…"


def to_picture(figure: "Figure", dpi: int = 100) -> Frame:
    """Return a figure as RGB ``uint8`` ``(H, W, 3)``, to put beside other pictures."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # such a character is drawn as an empty box
        canvas.draw()
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)[:, :, :3]


def to_svg(figure: "Figure") -> str:
    """Return a figure as SVG text: text drawn as outlines, no date, the same bytes for the same figure."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": "udtlib"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # such a character is drawn as an empty box
        figure.savefig(buffer, format="svg", metadata=NO_METADATA)
    return LONG_NUMBER.sub(r"\1", buffer.getvalue())
