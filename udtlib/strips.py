"""Qualitative strips: key frames of a sequence with the boxes of several trackers (Fig. 10 of the paper).

A tracker's box has the colour of its line in the plots; the truth is a white dashed box. Pictures are RGB
``uint8`` arrays like those of `udtlib.viz`, with which they are drawn. Book: chapter 13.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.boxes import Boxes
from udtlib.data.benchmarks.otb import canonical_name
from udtlib.data.one_size import LikeFirst
from udtlib.data.sequences import Sequence
from udtlib.errors import DataError, MissingDataError, UdtError
from udtlib.evaluation.report.explorer import worst_first
from udtlib.evaluation.report.material import Panel
from udtlib.evaluation.report.overlap_plot import frame_overlaps, key_frames
from udtlib.evaluation.report.plots import COLORS, Style, by_score, line_styles, ranked_styles
from udtlib.evaluation.scoring.scores import TrackerScore
from udtlib.frames import Frame

DASH = 4
"""Pixels of a dash, and of the gap after it, of a true box's outline."""

JPEG_QUALITY = 80

MOST_TRACKERS = len(COLORS)
"""More boxes than colours cannot be told apart: a strip shows the first this many trackers."""


def strip(
    sequence: Sequence,
    boxes: Mapping[str, ArrayLike],
    *,
    frames: Iterable[int] | None = None,
    count: int = 6,
    height: int = 160,
    columns: int | None = None,
    styles: Mapping[str, Style] | None = None,
    legend: bool = True,
) -> Frame:
    """Return key frames of a sequence side by side, with the boxes of several trackers in their colours.

    Args:
        sequence: frames and true boxes.
        boxes: predicted boxes ``(N, 4)``, 0-indexed, by tracker name, best first; NaN is not drawn. Of
            more than `MOST_TRACKERS` the first are shown.
        frames: which frames, counted from 0; None takes `key_frames`.
        count: how many, where ``frames`` is None.
        height: of each frame in the strip, in pixels.
        columns: frames in a row; None is all.
        styles: by tracker name, as `udtlib.evaluation.report.plots.line_styles` gives them for the
            plots; None takes the colours in the order of ``boxes``.
        legend: add a line that names the truth and the trackers.

    Returns:
        RGB ``uint8``; every frame's number, counted from 1 as the benchmark does, stands on it.

    Raises:
        DataError: no tracker, boxes that are not one a true box, or a frame that the sequence lacks.
        MissingDataError: the sequence has no images at hand, or one of them is missing.

    Book: chapter 13 (Fig. 10 of the paper).
    """
    overlaps = frame_overlaps(boxes, sequence.boxes)
    chosen = list(key_frames(overlaps, count) if frames is None else frames)
    wrong = [index for index in chosen if not 0 <= index < len(sequence.boxes)]
    if wrong or not chosen:
        raise DataError(f"{sequence.name}: expected frames 0 to {len(sequence.boxes) - 1}, found {chosen}")
    if not len(sequence.frames):
        raise MissingDataError(f"{sequence.name}: no images at hand, only boxes; a strip needs its frames")
    colors = box_colors(list(boxes)[:MOST_TRACKERS], styles)
    tracks = {name: np.asarray(boxes[name], dtype=np.float64) for name in colors}
    sequence = replace(sequence, frames=LikeFirst(sequence.frames, sequence.name))
    cells = [_cell(sequence, tracks, colors, int(index), height) for index in chosen]
    sheet = viz.contact_sheet(cells, columns or len(cells))
    return np.vstack([sheet, _legend(colors, sheet.shape[1])]) if legend else sheet


def _legend(colors: Mapping[str, viz.Color], width: int) -> Frame:
    """Return a strip ``(18, width, 3)`` that names the truth, dashed as it is drawn, and the trackers."""
    return dashed_box(viz.legend({"truth": viz.WHITE, **colors}, width), (4, 4, 11, 11))


def box_colors(names: Iterable[str], styles: Mapping[str, Style] | None = None) -> dict[str, viz.Color]:
    """Return the RGB colour of each tracker's box, 0..255: that of its line in the plots."""
    names = list(names)
    styles = styles or line_styles(names)
    return {name: _rgb(styles[name]["color"]) for name in names}


def _rgb(color: str) -> viz.Color:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def _cell(
    sequence: Sequence, tracks: Mapping[str, Boxes], colors: Mapping[str, viz.Color], index: int, height: int
) -> Frame:
    frame = np.asarray(sequence.frames[index])
    scale = height / frame.shape[0]
    picture = viz.resize_area(frame, height)
    picture = dashed_box(picture, scale * sequence.boxes[index])
    for name in reversed(list(tracks)):  # the best tracker's box on top
        picture = viz.draw_box(picture, scale * tracks[name][index], colors[name])
    viz.draw_text(picture, f"#{sequence.start + index}", (0, 0), (255, 221, 0))
    return picture


def dashed_box(picture: Frame, box: ArrayLike) -> Frame:
    """Return a copy with a thin box, dashed white and black: the truth, which must not hide a tracker's.

    Args:
        picture: RGB ``uint8`` ``(H, W, 3)``.
        box: ``(x, y, w, h)``, 0-indexed pixels; NaN or empty (an absent target): nothing is drawn.
    """
    outline = np.zeros(picture.shape, np.uint8)
    drawn = viz.draw_box(outline, box, viz.WHITE, thickness=1).any(axis=2)
    rows, columns = np.nonzero(drawn)
    light = (rows + columns) // DASH % 2 == 0
    marked = picture.copy()
    marked[rows, columns] = np.where(light[:, None], np.array(viz.WHITE, np.uint8), np.uint8(0))
    return marked


def strip_jpeg(picture: Frame) -> bytes:
    """Return a strip as the bytes of a JPEG file, small enough to put dozens into one page."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.asarray(encoded[1], np.uint8).tobytes()


def with_images(sequences: Iterable[Sequence], pictured: Iterable[Sequence]) -> list[Sequence]:
    """Return annotated sequences with the frames of those that are among ``pictured``, by name.

    A sequence that is not there, or has another number of true boxes there, stays as it is.
    """
    found = {canonical_name(one.name): one for one in pictured}
    return [_with_images(one, found.get(canonical_name(one.name))) for one in sequences]


def _with_images(sequence: Sequence, pictured: Sequence | None) -> Sequence:
    if len(sequence.frames) or pictured is None or len(pictured.boxes) != len(sequence.boxes):
        return sequence
    return replace(sequence, frames=pictured.frames)


def sequence_panels(
    scores: AbstractSequence[TrackerScore],
    boxes: Mapping[str, Mapping[str, ArrayLike]],
    sequences: Iterable[Sequence],
    *,
    strips: int,
) -> dict[str, Panel]:
    """Return what a report shows of each sequence: overlaps over the frames, and a strip of the hardest.

    Args:
        scores: the trackers.
        boxes: predicted boxes ``(N, 4)``, 0-indexed, by tracker and by sequence name.
        sequences: those scored; a strip needs their frames.
        strips: draw them for this many sequences, the hardest of those whose images are at hand.

    Raises:
        DataError: boxes that are not one a true box.

    Book: chapter 13.
    """
    ranked, sequences = by_score(scores), list(sequences)
    pictured = {one.name for one in sequences if len(one.frames)}
    names = [ranked[0].sequences[place].name for place in worst_first(ranked)]
    later = [name for name in names if name in pictured][strips:]
    styles, panels = ranked_styles(ranked), {}
    for sequence in sequences:
        tracks = {score.tracker: boxes[score.tracker][sequence.name] for score in ranked}
        overlaps = frame_overlaps(tracks, sequence.boxes)
        frames = [int(index) for index in key_frames(overlaps)]
        picture, note = None, f"Strip left out: it is drawn for the {strips} hardest sequences only."
        if sequence.name not in later:
            picture, note = _try_strip(sequence, tracks, frames, styles)
        panels[sequence.name] = Panel(overlaps, frames if picture else (), sequence.start, picture, note)
    return panels


def _try_strip(
    sequence: Sequence,
    tracks: Mapping[str, ArrayLike],
    frames: list[int],
    styles: Mapping[str, Style],
) -> tuple[bytes | None, str]:
    """Return the strip, or why there is none: a report is worth reading without it."""
    try:
        picture = strip(sequence, tracks, frames=frames, styles=styles, legend=False)
    except UdtError as error:
        return None, f"Strip left out: {error}."
    return strip_jpeg(picture), ""
