"""The frame scrubber: play and scrub through a tracked clip, the response map beside the frame.

``scrubber(sequence, predictions, responses)`` as a cell's last line shows a contact sheet and, where a
kernel is live, the widget. Book: chapters 00 to 03.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.boxes import Boxes, center_error, iou
from udtlib.data.one_size import LikeFirst
from udtlib.data.sequences import Sequence as Clip
from udtlib.errors import DataError
from udtlib.frames import Frame
from udtlib.widgets.base import Demo, Slider

Responses = Sequence[ArrayLike | None]
HEIGHT = 120  # of a frame on the contact sheet, in pixels
PLAY = 80  # milliseconds a frame


def scrubber(
    sequence: Clip,
    predictions: ArrayLike | Mapping[str, ArrayLike] | None = None,
    responses: Responses | None = None,
    sheet: int = 6,
) -> Demo:
    """Return the demo of a tracked clip.

    Args:
        sequence: the clip; frames are read as they are drawn.
        predictions: ``(N, 4)`` 0-indexed boxes, or several trackers' by name; None draws the truth only.
        responses: a response map ``(h, w)`` a frame, or None where there is none (the first frame).
        sheet: frames on the contact sheet, spread evenly from first to last.

    Raises:
        DataError: the clip is empty, or predictions or responses are not one a frame.
    """
    drawer = frame_drawer(sequence, predictions, responses)
    small = frame_drawer(sequence, predictions, responses, HEIGHT)
    if len(sequence) == 0:
        raise DataError(f"sequence {sequence.name!r} has no frames to scrub through")
    shown = np.unique(np.linspace(0, len(sequence) - 1, sheet).round().astype(int))
    twin = viz.contact_sheet([small(int(index)) for index in shown], columns=3)
    return Demo(
        lambda frame: drawer(frame),
        {"frame": Slider(0, len(sequence) - 1, 0, play=PLAY)},
        twin,
        title="Frame by frame",
        alt="One frame with its boxes.",
    )


def frame_drawer(
    sequence: Clip,
    predictions: ArrayLike | Mapping[str, ArrayLike] | None = None,
    responses: Responses | None = None,
    height: int | None = None,
) -> Callable[[int], Frame]:
    """Return the pure function from a frame's index to its picture: boxes, scores, response map.

    All maps share one colour scale, from the lowest to the highest value of the clip, and its bar. They are
    shifted for drawing: the middle of the map means "nothing moved". The frame is drawn at ``height`` (None:
    its own).
    Other arguments and errors as `scrubber`.
    """
    tracks = _tracks(sequence, predictions)
    draw_map = map_drawer(sequence, responses) if responses is not None else None
    colors, frames = viz.named_colors(["truth", *tracks]), LikeFirst(sequence.frames, sequence.name)

    def draw(index: int) -> Frame:
        picture = frames[index]
        scale = 1.0 if height is None else height / picture.shape[0]
        picture = picture if height is None else viz.resize_area(picture, height)
        if index < len(sequence.boxes):
            picture = viz.draw_box(picture, scale * sequence.boxes[index], colors["truth"])
        for name, boxes in tracks.items():
            picture = viz.draw_box(picture, scale * boxes[index], colors[name])
        if draw_map is not None:
            picture = viz.side_by_side(picture, draw_map(index, picture.shape[0]))
        key = viz.legend(colors, picture.shape[1])
        return np.vstack([viz.caption(picture, _scores(sequence, tracks, index)), key])

    return draw


def _tracks(sequence: Clip, predictions: ArrayLike | Mapping[str, ArrayLike] | None) -> dict[str, Boxes]:
    named = predictions if isinstance(predictions, Mapping) else {"prediction": predictions}
    tracks = {name: np.asarray(boxes, np.float64) for name, boxes in named.items() if boxes is not None}
    for name, boxes in tracks.items():
        if boxes.shape != (len(sequence), 4):
            expected = f"{len(sequence)} boxes of four numbers, one a frame"
            raise DataError(f"{name} of {sequence.name!r}: expected {expected}, found shape {boxes.shape}")
    return tracks


def _check_responses(sequence: Clip, responses: Responses) -> list[Boxes]:
    """Return the maps that are there."""
    if len(responses) != len(sequence):
        raise DataError(f"expected {len(sequence)} response maps (or None), found {len(responses)}")
    maps = [np.asarray(response, np.float64) for response in responses if response is not None]
    if not maps:
        raise DataError("expected at least one response map, found None for every frame")
    return maps


def map_drawer(sequence: Clip, responses: Responses) -> Callable[[int, int], Frame]:
    """Return the function from a frame's index and a height to its map's picture (none: grey)."""
    maps = _check_responses(sequence, responses)
    limits = viz.limits_of(*maps)

    def draw(index: int, height: int) -> Frame:
        response = responses[index]
        if response is None:
            grey = viz.resize_nearest(np.full((*maps[0].shape, 3), 128, np.uint8), height)
            return np.hstack([grey, viz.color_bar(limits, height)])
        return viz.map_and_bar(response, height, limits=limits)

    return draw


def _scores(sequence: Clip, tracks: Mapping[str, Boxes], index: int) -> str:
    """Return the caption: the frame's number (from 0) and each tracker's overlap and centre error."""
    text = f"frame {index}"
    if index >= len(sequence.boxes):
        return text
    for name, boxes in tracks.items():
        truth, box = sequence.boxes[index], boxes[index]
        prefix = f"   {name}:" if len(tracks) > 1 else "   "
        text += f"{prefix} IoU {iou(truth, box):.2f}, {center_error(truth, box):.1f} px"
    return text
