"""Plots per attribute: what kind of difficulty a tracker lives with, and what kind loses it its target.

A sequence has several attributes, so it stands in several of these plots: they are views of one set of
sequences, not independent tests. Book: chapter 13 (Fig. 9 of the paper).
"""

from collections.abc import Sequence as AbstractSequence
from typing import TYPE_CHECKING, cast

import numpy as np

from udtlib.errors import DataError
from udtlib.evaluation.report.plots import (
    as_written,
    by_score,
    check_comparable,
    precision_plot,
    ranked_styles,
    short,
    success_plot,
)
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.printing import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Scores = AbstractSequence[TrackerScore]
DRAW = {"auc": success_plot, "precision": precision_plot}
ATTRIBUTES = {
    "BC": "background clutter",
    "DEF": "deformation",
    "FM": "fast motion",
    "IPR": "in-plane rotation",
    "IV": "illumination variation",
    "LR": "low resolution",
    "MB": "motion blur",
    "OCC": "occlusion",
    "OPR": "out-of-plane rotation",
    "OV": "out-of-view",
    "SV": "scale variation",
}
"""The benchmark's 11 attributes in words, by their short names."""

CELL = (3.6, 3.1)
"""Inches of one plot in the grid of `attribute_plots`."""


def long_name(attribute: str) -> str:
    """Return an attribute in words, such as "fast motion" for "FM"; an unknown one as it is."""
    return ATTRIBUTES.get(attribute, attribute)


def attribute_plots(
    scores: Scores,
    *,
    measure: str = "auc",
    bands: bool = False,
    columns: int = 4,
) -> "Figure":
    """Return one figure with a success (or precision) plot for each attribute, by name.

    Each has its own ranking in its legend, and over it the number of sequences with the attribute.

    Args:
        scores: one line each, scored on the same sequences under one policy.
        measure: ``"auc"`` for success plots, ``"precision"`` for precision plots.
        bands: shade the 95 % bootstrap interval over the attribute's sequences at each threshold.
        columns: plots side by side.

    Raises:
        DataError: no tracker, two of one name, trackers scored on different sequences or policies, an
            unknown measure, or sequences without attributes.

    Book: chapter 13 (Fig. 9 of the paper).
    """
    from matplotlib.figure import Figure

    groups, styles = _groups(scores, measure), ranked_styles(scores)
    columns = min(columns, len(groups))
    rows = -(-len(groups) // columns)
    figure = Figure(figsize=(columns * CELL[0], rows * CELL[1]), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for index, (name, group) in enumerate(groups.items()):
        axes = grid.flat[index]
        title = _heading(name, group)
        DRAW[measure](group, bands=bands, styles=styles, title=title, axes=axes)
        if axes not in grid[:, 0]:
            axes.set_ylabel("")
        if index + columns < len(groups):  # another plot below says it
            axes.set_xlabel("")
    for axes in list(grid.flat)[len(groups) :]:
        axes.set_axis_off()
    return figure


def attribute_chart(scores: Scores, *, measure: str = "auc") -> "Figure":
    """Return all attributes in one chart: a row each, the hardest on top, a mark with interval a tracker.

    Bars are 95 % bootstrap intervals over the attribute's sequences; there is none for a single sequence.

    Args:
        scores: scored on the same sequences under one policy.
        measure: ``"auc"`` or ``"precision"``.

    Raises:
        DataError: as `attribute_plots`.

    Book: chapter 13 (Fig. 9 of the paper).
    """
    from matplotlib.figure import Figure

    groups, styles = _groups(scores, measure), ranked_styles(scores)
    ordered = by_score(scores, measure)
    hardest = sorted(groups, key=lambda name: np.mean([getattr(one, measure) for one in groups[name]]))
    step = 0.7 / len(ordered)
    height = 0.9 + len(hardest) * max(0.3, 0.1 * len(ordered))
    axes = Figure(figsize=(7.6, height), layout="constrained").add_subplot()
    for place, score in enumerate(ordered):
        rows = np.arange(len(hardest)) + (place - (len(ordered) - 1) / 2) * step
        found = [
            one.interval(measure) for name in hardest for one in groups[name] if one.tracker == score.tracker
        ]
        means = np.array([each.mean for each in found])
        reach = np.abs(np.array([[each.low, each.high] for each in found]).T - means)
        label = f"[{getattr(score, measure):.3f}] {short(score.tracker)}"
        color = styles[score.tracker]["color"]
        axes.errorbar(means, rows, xerr=reach, fmt="o", color=color, markersize=4, linewidth=1, label=label)
    axes.set_yticks(range(len(hardest)), [_heading(name, groups[name]) for name in hardest])
    axes.set(xlim=(0, 1), xlabel={"auc": "AUC", "precision": "Precision"}[measure])
    axes.invert_yaxis()
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    legend = axes.figure.legend(loc="outside right upper", fontsize="small")
    as_written([*legend.get_texts(), *axes.get_yticklabels()])
    return cast("Figure", axes.figure)


def _heading(name: str, group: Scores) -> str:
    return f"{printable(long_name(name))} ({len(group[0].sequences)})"


def _groups(scores: Scores, measure: str) -> dict[str, list[TrackerScore]]:
    """Return the trackers' scores on the sequences with each attribute, by its short name, sorted."""
    check_comparable(scores)
    if measure not in DRAW:
        raise DataError(f"expected a measure of {', '.join(DRAW)}, found {measure!r}")
    groups = [score.by_attribute() for score in scores]
    if not groups[0]:
        raise DataError(
            "no sequence has an attribute; see udtlib.data.benchmarks.otb.read_attributes for OTB's"
        )
    return {name: [group[name] for group in groups] for name in groups[0]}
