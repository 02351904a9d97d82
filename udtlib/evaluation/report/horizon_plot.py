"""Overlap against the frames since the start, and the difference from one tracker. Book: chapter 13."""

from collections.abc import Sequence as AbstractSequence
from typing import TYPE_CHECKING

import numpy as np

from udtlib.errors import DataError
from udtlib.evaluation.report.plots import Style, by_score, check_comparable, ranked_styles, short
from udtlib.evaluation.scoring.horizon import Curve, horizon_curve, horizon_difference
from udtlib.evaluation.scoring.scores import TrackerScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (9.0, 3.4)
"""Inches."""


def horizon_plot(
    scores: AbstractSequence[TrackerScore],
    *,
    against: str | None = None,
    bands: bool = True,
) -> "Figure":
    """Return the horizon curves of trackers, and beside them each one's difference from one of them.

    A curve ends where fewer than half of the sequences have a run so long.

    Args:
        scores: from protocol ``"anchors"``, on the same sequences.
        against: the tracker to subtract; None is the worst one. Of a single tracker there is no difference.
        bands: shade the 95 % bootstrap interval over sequences at each number of frames.

    Raises:
        DataError: no tracker, two of one name, another protocol, trackers scored on different sequences, or
            none that is called ``against``.

    Book: chapter 13.
    """
    from matplotlib.figure import Figure

    check_comparable(scores)
    ordered = by_score(scores)
    base, styles = _chosen(ordered, against), ranked_styles(ordered)
    figure = Figure(figsize=SIZE if len(ordered) > 1 else (SIZE[0] / 2, SIZE[1]), layout="constrained")
    grid = figure.subplots(1, min(len(ordered), 2), squeeze=False)[0]
    for score in ordered:
        _draw(grid[0], horizon_curve(score), styles[score.tracker], bands, short(score.tracker))
    grid[0].set(ylim=(0, 1), ylabel="Overlap")
    legend = grid[0].legend(fontsize="small", framealpha=0.85, handlelength=2.8)
    for text in legend.get_texts():
        text.set_parse_math(False)
    for score in ordered if len(ordered) > 1 else ():
        if score is not base:
            _draw(grid[1], horizon_difference(score, base), styles[score.tracker], bands)
    if len(ordered) > 1:
        grid[1].axhline(0, color="0.6", linewidth=0.8, zorder=0)
        grid[1].set_ylabel(f"Overlap minus that of {short(base.tracker)}", parse_math=False)
    return figure


def _chosen(ordered: list[TrackerScore], name: str | None) -> TrackerScore:
    found = {score.tracker: score for score in ordered}
    if name is not None and name not in found:
        raise DataError(f"expected a tracker to compare with of {', '.join(found)}, found {name!r}")
    return found[name] if name is not None else ordered[-1]


def _draw(axes: "Axes", curve: Curve, style: Style, bands: bool, label: str | None = None) -> None:
    frames = np.arange(len(curve.mean))
    axes.plot(frames, curve.mean, linewidth=1.6, label=label, **style)
    if bands:
        axes.fill_between(frames, curve.low, curve.high, color=style["color"], alpha=0.12, linewidth=0)
    axes.set_xlabel("Frames since the start")
    axes.grid(color="0.9", linewidth=0.6)
