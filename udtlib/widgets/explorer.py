"""The explorer: choose a sequence, the worst first, and see what the trackers did there. Book: chapter 13.

``explorer(results, sequences)`` as a cell's last line shows the worst sequence and, where a kernel is live,
a menu of all. What it draws is what ``udt report`` shows of a sequence.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import cv2
import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError
from udtlib.evaluation.report.explorer import worst_first
from udtlib.evaluation.report.overlap_plot import frame_overlaps, key_frames, overlap_plot
from udtlib.evaluation.report.plots import Style, by_score, ranked_styles, to_picture
from udtlib.evaluation.scoring.scores import TrackerScore, score
from udtlib.frames import Frame
from udtlib.strips import strip
from udtlib.widgets.base import Choice, Demo

Tracks = Mapping[str, Mapping[str, ArrayLike]]
WIDTH = 900
EARLY = 5  # so many are drawn beforehand, the worst, for a drawing takes half a second


def explorer(results: Tracks, sequences: Iterable[Sequence]) -> Demo:
    """Return the demo: a menu of sequences, that of the least AUC (mean over the trackers) first.

    Args:
        results: predicted boxes ``(N, 4)``, 0-indexed, by tracker and by sequence name.
        sequences: frames and true boxes; without frames only the curves are drawn.

    Raises:
        DataError: no tracker, or boxes that do not belong to the sequences.
    """
    known = {sequence.name: sequence for sequence in sequences}
    if not results:
        raise DataError("expected the boxes of one or more trackers to explore, found none")
    scores = by_score(score(boxes, known.values(), tracker=tracker) for tracker, boxes in results.items())
    order = [scores[0].sequences[place].name for place in worst_first(scores)]
    styles = ranked_styles(scores)

    @cache
    def draw(sequence: str) -> Frame:
        return draw_sequence(known[sequence], results, scores, styles)

    for sequence in order[:EARLY]:
        draw(sequence)
    menu = {"sequence": Choice(tuple(order), order[0])}
    return Demo(
        draw,
        menu,
        draw(order[0]),
        title="What the trackers did",
        alt="Key frames of one sequence with the boxes of all trackers, and their overlaps.",
    )


def draw_sequence(
    sequence: Sequence, results: Tracks, scores: list[TrackerScore], styles: dict[str, Style]
) -> Frame:
    """Return the picture of one sequence: title, strip of key frames, overlaps over the frames.

    Args:
        sequence: frames (or none) and true boxes.
        results: predicted boxes by tracker and by sequence name.
        scores: the trackers, best first; they say which AUC stands beside a name.
        styles: by tracker name (`udtlib.evaluation.report.plots.ranked_styles`).

    Raises:
        DataError: as `explorer`.
    """
    tracks = {score.tracker: results[score.tracker][sequence.name] for score in scores}
    frames = key_frames(frame_overlaps(tracks, sequence.boxes))
    figure = overlap_plot(tracks, sequence.boxes, marks=frames, first=sequence.start, styles=styles)
    curves = to_picture(figure)
    parts, note = [curves], ""
    if len(sequence.frames):
        note = "; dashed: truth"
        picture = strip(sequence, tracks, frames=frames, styles=styles, columns=3, legend=False)
        size = WIDTH, round(picture.shape[0] * WIDTH / picture.shape[1])
        parts = [np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), curves]
    values = {one.tracker: _auc(one, sequence.name) for one in scores}
    ranked = sorted(values, key=lambda name: -values[name])
    title = f"{sequence.name}: " + ", ".join(f"{name} {values[name]:.3f}" for name in ranked) + note
    width = max(part.shape[1] for part in parts)
    return np.vstack([viz.text_strip(title, width), *(_widened(part, width) for part in parts)])


def _auc(found: TrackerScore, name: str) -> float:
    return next(one.auc for one in found.sequences if one.name == name)


def _widened(picture: Frame, width: int) -> Frame:
    """Return the picture with white to its right."""
    white = np.full((picture.shape[0], width - picture.shape[1], 3), 255, np.uint8)
    return np.hstack([picture, white])
