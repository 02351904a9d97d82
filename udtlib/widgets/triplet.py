"""Where a triplet comes from: scrub a clip, choose where to cut and how far apart, see the three patches.

``demo()`` as a cell's last line shows a static picture and, where a kernel is live, controls.
Book: chapter 10.
"""

from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from udtlib import viz
from udtlib.boxes import Boxes, center
from udtlib.data.raw_video.patch_selection import SELECTIONS, sample_window, start_locating
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.frames import Frame
from udtlib.trackers import kcf
from udtlib.widgets.base import Choice, Demo, Slider

FRAMES, PANEL = 45, 160  # of a clip; drawn width of a panel, in pixels
SPAN = 10
CLIPS: dict[str, dict[str, Any]] = {
    "calm": {},
    "fast": {"fast_motion": 0.3},
    "occluded": {"occlusion": 0.8},
    "leaves": {"out_of_view": 1.0, "fast_motion": 0.1},
}
WINDOW = (86, 180, 233)


class Triplet(NamedTuple):
    """Template and search patches of a clip, and what is known of them.

    Attributes:
        indices: frame numbers of T, S1, S2.
        middles: ``(3, 2)``, the windows' middles ``(x, y)`` in pixels of the frame.
        patches: RGB uint8 ``(3, 125, 125, 3)``.
        inside: how much of the target's true box is in each window, 0 to 1.
    """

    indices: tuple[int, int, int]
    middles: NDArray[np.float64]
    patches: NDArray[np.uint8]
    inside: tuple[float, ...]


@cache
def clip_of(name: str) -> Sequence:
    """Return one of `CLIPS`."""
    return render_clip(frames=FRAMES, seed=31, name=name, **CLIPS[name])


@cache
def middles_of(name: str, selection: str) -> NDArray[np.float64]:
    """Return where patches are cut in every frame, ``(45, 2)``, ``(x, y)``."""
    frames = clip_of(name).frames
    locate = start_locating(selection, frames[0], kcf.follow)
    return np.array([locate(frame) for frame in frames])


def window_box(middle: NDArray[np.float64], frame: Frame) -> Boxes:
    """Return the window around ``middle``: half the frame wide, half of it high."""
    half = np.array(frame.shape[1::-1]) / 2
    return np.concatenate([middle - half / 2, half])


def share_inside(box: Boxes, window: Boxes) -> float:
    """Return how much of a box is in a window, 0 to 1."""
    low = np.maximum(box[:2], window[:2])
    high = np.minimum(box[:2] + box[2:], window[:2] + window[2:])
    return float(np.prod(np.maximum(high - low, 0)) / np.prod(box[2:]))


def cut(clip: str, selection: str, frame: int, first: int, second: int) -> Triplet:
    """Return the triplet with T at ``frame``; S1 and S2 follow ``first`` and ``second`` frames later.

    Beyond the end of the clip its last frame is taken, as the reference does.
    """
    sequence, places = clip_of(clip), middles_of(clip, selection)
    indices = (frame, min(frame + first, FRAMES - 1), min(frame + second, FRAMES - 1))
    frames = [sequence.frames[index] for index in indices]
    windows = [window_box(places[index], picture) for index, picture in zip(indices, frames, strict=True)]
    patches = [
        sample_window(picture, center(window), window[2:])
        for picture, window in zip(frames, windows, strict=True)
    ]
    inside = [
        share_inside(sequence.boxes[index], window) for index, window in zip(indices, windows, strict=True)
    ]
    return Triplet(indices, places[list(indices)], np.stack(patches), tuple(inside))


def draw(
    clip: str = "calm", selection: str = "centre", frame: int = 12, first: int = 4, second: int = 9
) -> Frame:
    """Return the picture of one triplet, RGB ``uint8``; arguments as `cut`.

    Above the three frames with window and true box, below the three patches.
    """
    triplet, sequence = cut(clip, selection, frame, first, second), clip_of(clip)
    columns = []
    for role, index, middle, patch, inside in zip(("T", "S1", "S2"), *triplet, strict=True):
        picture = sequence.frames[index]
        shown = viz.draw_box(picture, window_box(middle, picture), WINDOW, thickness=3)
        shown = viz.draw_box(shown, sequence.boxes[index], viz.TRUTH, thickness=3)
        height = round(PANEL * picture.shape[0] / picture.shape[1])
        above = viz.caption(viz.resize_area(shown, height), f"{role}: frame {index}")
        below = viz.caption(viz.resize_nearest(patch, PANEL), f"target in it: {inside:.0%}")
        columns.append(np.vstack([above, below]))
    names = {f"window ({selection})": WINDOW, "truth": viz.TRUTH}
    picture = viz.side_by_side(*columns)
    return np.vstack([viz.caption(picture, f"clip '{clip}'"), viz.legend(names, picture.shape[1])])


def demo() -> Demo:
    """Return the demo; its twin shows four triplets."""
    settings = [
        ("calm", "centre", 12, 4, 9),
        ("calm", "centre", 12, 7, 7),
        ("fast", "centre", 12, 4, 9),
        ("fast", "follow", 12, 4, 9),
    ]
    sliders: dict[str, Slider | Choice] = {
        "clip": Choice(tuple(CLIPS), "calm"),
        "selection": Choice(tuple(SELECTIONS), "centre"),
        "frame": Slider(0, FRAMES - 2, 12, play=200),
        "first": Slider(1, SPAN, 4),
        "second": Slider(1, SPAN, 9),
    }
    for clip, selection in product(CLIPS, SELECTIONS):  # found here, so that no control waits for it
        middles_of(clip, selection)
    return Demo(
        draw,
        sliders,
        viz.contact_sheet([draw(*each) for each in settings], 2, gap=12),
        title="Where a triplet is cut",
        alt="Three frames with window and true box, and below them the patches T, S1 and S2.",
    )
