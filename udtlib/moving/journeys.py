"""Forward and back: two paths over the frames, and pseudo-labels passed from patch to patch.

Book: chapters 07 and 08.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from udtlib import viz
from udtlib.boxes import Boxes, center
from udtlib.errors import OptionError
from udtlib.frames import Frame

BAR, GAP = 26, 8
Map = tuple[str, ArrayLike | None]
NO_MAP: Map = ("", None)


def round_trip_pictures(
    frames: Sequence[Frame], forward: Boxes, backward: Boxes, full: float = 40.0
) -> list[Frame]:
    """Return the steps of the way out, then of the way back, with both paths and how far they are apart.

    Args:
        frames: RGB uint8, ``F`` of them.
        forward: boxes ``(F, 4)`` of the way out, in the order of the frames.
        backward: boxes ``(F, 4)`` of the way back, also in the order of the frames: it was computed from the
            last to the first.
        full: distance in pixels at which the bar is full.

    Raises:
        OptionError: not a box of each way for every frame.
    """
    if not len(frames) == len(forward) == len(backward):
        counts = f"{len(frames)} frames, {len(forward)} and {len(backward)} boxes"
        raise OptionError(f"expected a box of each way for every frame, found {counts}")
    out, home = center(forward), center(backward)
    steps = [(time, time + 1, len(frames)) for time in range(len(frames))]
    steps += [(time, len(frames), time) for time in range(len(frames) - 1, -1, -1)]
    pictures = []
    for number, (time, went, came) in enumerate(steps):
        picture = frames[time].copy()
        _path(picture, out[:went], viz.PREDICTION)
        _path(picture, home[came:], viz.SECOND)
        returning = number >= len(frames)
        box, color = (backward[time], viz.SECOND) if returning else (forward[time], viz.PREDICTION)
        picture = viz.draw_box(viz.draw_box(picture, forward[0], viz.WHITE, thickness=1), box, color)
        apart = float(np.linalg.norm(out[time] - home[time])) if returning else 0.0
        pictures.append(np.vstack([picture, _bar(picture.shape[1], apart, full, time, returning)]))
    return pictures


def _path(picture: Frame, places: np.ndarray, color: viz.Color) -> None:
    points = [np.rint(16 * (places - 0.5)).astype(np.int32)]
    for line, thickness in ((viz.BLACK, 4), (color, 2)):
        cv2.polylines(picture, points, False, line, thickness, cv2.LINE_AA, 4)


def _bar(width: int, apart: float, full: float, time: int, returning: bool) -> Frame:
    """Return a strip: the frame, the direction, and a bar of how far the paths are apart."""
    strip = np.full((BAR, width, 3), 255, np.uint8)
    words = f"frame {time}, back: {apart:.0f} px apart" if returning else f"frame {time}, forward"
    cv2.putText(strip, words, (4, 17), viz.FONT, viz.FONT_SCALE, viz.BLACK, 1, cv2.LINE_AA)
    left = width // 2 + 20
    cv2.rectangle(strip, (left, 6), (width - 6, 20), (210, 210, 210), 1)
    end = left + round((width - 6 - left) * min(apart / full, 1))
    if end > left:
        cv2.rectangle(strip, (left, 6), (end, 20), (213, 94, 0), cv2.FILLED)
    return strip


def passing_pictures(
    patches: Sequence[Frame],
    label: ArrayLike,
    responses: Sequence[ArrayLike],
    pseudo_labels: Sequence[ArrayLike],
    back: ArrayLike,
    height: int = 150,
) -> list[Frame]:
    """Return the steps of a trip from T over the search patches and back to T.

    Args:
        patches: T, S1, S2 ..., RGB uint8 of one size.
        label: what T's filter was asked for, ``(H, W)``, peak at ``(0, 0)``.
        responses: one a search patch, ``(H, W)``.
        pseudo_labels: likewise, clean peaks at the responses' highest cells.
        back: the response at T in the end.
        height: of one panel in pixels.

    Raises:
        OptionError: not a response and a pseudo-label for every search patch.
    """
    count = len(patches) - 1
    if count < 1 or not len(responses) == len(pseudo_labels) == count:
        found = f"{len(patches)} patches, {len(responses)} responses, {len(pseudo_labels)} pseudo-labels"
        raise OptionError(
            f"expected T and a response and a pseudo-label for each search patch, found {found}"
        )
    names = ["T", *(f"S{number + 1}" for number in range(count))]
    rows: list[list[Map]] = [[("label", label), *[NO_MAP] * count]]
    texts = ["T's filter is computed from its label"]
    for number in range(count):
        before, here = names[number], names[number + 1]
        for word, values, text in (
            ("response", responses[number], f"{before}'s filter, applied to {here}: the response"),
            (
                "pseudo-label",
                pseudo_labels[number],
                f"its peak becomes {here}'s label, which gives its filter",
            ),
        ):
            rows.append([*rows[-1][: number + 1], (word, values), *[NO_MAP] * (count - number - 1)])
            texts.append(text)
    rows.append([("response", back), *rows[-1][1:]])
    texts.append(f"{names[-1]}'s filter, applied to T: compared with T's label, it gives the loss")
    limits = viz.limits_of(label, *responses, *pseudo_labels, back)
    lit = [0, *(1 + step // 2 for step in range(2 * count)), 0]
    upper = [viz.resize_area(patch, height) for patch in patches]
    return [
        _passing(upper, row, names, text, at, limits) for row, text, at in zip(rows, texts, lit, strict=True)
    ]


def _passing(
    upper: Sequence[Frame],
    maps: Sequence[Map],
    names: Sequence[str],
    text: str,
    lit: int,
    limits: tuple[float, float],
) -> Frame:
    """Return patches above, their maps below on one scale, the patch worked on framed, a line of text."""
    height, width = upper[0].shape[:2]
    blank = np.full((height, width, 3), 232, np.uint8)
    cells = []
    for number, patch in enumerate(upper):
        box = (0, 0, width, height)
        cells.append(viz.draw_box(patch, box, viz.PREDICTION, thickness=4) if number == lit else patch)
    for _, values in maps:
        cells.append(
            blank if values is None else viz.resize_nearest(viz.heatmap(values, limits=limits), height, width)
        )
    sheet = viz.contact_sheet(cells, len(upper), [*names, *(word for word, _ in maps)], gap=GAP)
    bar = np.full((sheet.shape[0], viz.BAR, 3), 255, np.uint8)
    bar[-height:] = viz.color_bar(limits, height)
    sheet = np.hstack([sheet, bar])
    return np.vstack([sheet, viz.text_strip(text, sheet.shape[1])])
