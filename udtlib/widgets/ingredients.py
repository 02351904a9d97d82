"""UDT+ with and without each ingredient, on one clip: its boxes, and its response maps beside the plain ones.

`draw` is a pure function of a frame's number and the ingredients ticked; ``demo()`` as a cell's last line
shows a static picture and, where a kernel is live, its controls. A combination ticked for the first time is
seen running through the clip up to the frame (`steps`); then its frames are at hand. Book: chapter 12.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from threading import Lock
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib import viz
from udtlib.boxes import Boxes, iou
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.frames import Frame
from udtlib.trackers.eco.ingredients import INGREDIENTS, with_ingredients
from udtlib.trackers.udt_plus import UdtPlusTracker
from udtlib.widgets.base import Check, Control, Demo, Slider

FRAMES, START = 36, 28  # of the clip; the frame in which the demo starts
PANEL, PLOT, GAP = 156, 50, 4  # sides of pictures, white between them
SMALL: dict[str, Any] = {"least_side": 96, "largest_side": 96, "first_steps": 3}
"""Of the search patch: quick, and less exact."""
LIMITS = (-0.1, 0.5)  # of the response maps' colours
TWIN = ((), ("context",), ("context", "penalty"), tuple(name for name in INGREDIENTS if name != "trust"))
"""Combinations in the static picture, all at the frame in which the demo starts."""


class Running:
    """A combination of ingredients on its way through the clip.

    Attributes:
        boxes: one ``(4,)`` for each frame so far.
        responses: one map ``(F, F)`` a frame, wrap-around.
        scores: their peaks.
    """

    def __init__(self, names: frozenset[str]) -> None:
        """Start in frame 0 with these ingredients alone, keys of `INGREDIENTS`."""
        self.tracker = UdtPlusTracker(preset="released", **with_ingredients(names), **SMALL)
        self.tracker.init(scene().frames[0], scene().boxes[0])
        self.boxes = [scene().boxes[0]]
        self.responses, self.scores = [self.tracker.response], [self.tracker.score]
        self.lock = Lock()

    def until(self, frame: int) -> "Running":
        """Go on up to this frame, if it is not there yet; controls and cells ask in threads of their own."""
        with self.lock:
            for picture in scene().frames[len(self.boxes) : frame + 1]:
                self.boxes.append(self.tracker.update(picture))
                self.responses.append(self.tracker.response)
                self.scores.append(self.tracker.score)
        return self

    def overlaps(self, frame: int) -> NDArray[np.float64]:
        """Return the overlaps with the true boxes up to this frame."""
        return iou(np.array(self.boxes[: frame + 1]), scene().boxes[: frame + 1])


class Run(NamedTuple):
    """A combination of ingredients, tracked through the clip.

    Attributes:
        boxes: ``(FRAMES, 4)``.
        overlaps: with the true boxes, ``(FRAMES,)``.
        responses: one map ``(F, F)`` a frame, wrap-around.
        scores: their peaks ``(FRAMES,)``.
    """

    boxes: Boxes
    overlaps: NDArray[np.float64]
    responses: tuple[NDArray[np.float32], ...]
    scores: NDArray[np.float64]


@cache
def scene() -> Sequence:
    """Return the clip, rendered once: a fast target that changes its size and is hidden in part."""
    clip = render_clip(FRAMES, seed=4, fast_motion=0.5, occlusion=0.6, scale_variation=0.3)
    return Sequence(clip.name, list(clip.frames), clip.boxes)


@lru_cache(maxsize=64)
def running(names: frozenset[str]) -> Running:
    """Return the run of a combination, as far as it was needed.

    Raises:
        UnknownNameError: no such ingredient.
    """
    return Running(names)


def track(names: frozenset[str]) -> Run:
    """Return the whole run of the tracker that has these ingredients, keys of `INGREDIENTS`, alone.

    Raises:
        UnknownNameError: no such ingredient.
    """
    run = running(names).until(FRAMES - 1)
    boxes = np.array(run.boxes)
    return Run(boxes, iou(boxes, scene().boxes), tuple(run.responses), np.array(run.scores))


def ticked(chosen: dict[str, bool]) -> frozenset[str]:
    """Return the names that are True."""
    return frozenset(name for name, on in chosen.items() if on)


def steps(frame: int = START, **chosen: bool) -> Iterator[Frame]:
    """Yield the pictures on the way to `draw`'s: the frames that a new combination has yet to run through."""
    for earlier in range(len(running(ticked(chosen)).boxes) - 1, frame):
        yield draw(earlier, **chosen)
    yield draw(frame, **chosen)


def draw(frame: int = START, **chosen: bool) -> Frame:
    """Return the picture of one frame, RGB ``uint8``.

    Above, from left to right: the frame with the true box (green), that of the filter without any ingredient
    (blue) and that of the chosen one (orange); the response maps of these two, to one scale, "nothing moved"
    in the middle. Below: both overlaps up to this frame, from 0 to 1.

    Args:
        frame: its number in the clip, 0..35.
        chosen: whether an ingredient of `INGREDIENTS` is in, by its name; one not given is not.

    Raises:
        UnknownNameError: no such ingredient.
    """
    names = ticked(chosen)
    plain, mine = running(frozenset()).until(frame), running(names).until(frame)
    picture = viz.draw_box(scene().frames[frame], scene().boxes[frame], viz.TRUTH)
    picture = viz.draw_box(picture, plain.boxes[frame], viz.SECOND)
    picture = viz.resize_area(viz.draw_box(picture, mine.boxes[frame], viz.PREDICTION), PANEL)
    panels = {
        f"frame {frame}": picture,
        f"without any: peak {plain.scores[frame]:.1f}": response_panel(plain.responses[frame], False),
        f"chosen: peak {mine.scores[frame]:.1f}": response_panel(mine.responses[frame], "context" in names),
    }
    captioned = [viz.caption(panel, text) for text, panel in panels.items()]
    above = viz.side_by_side(*captioned, viz.caption(viz.color_bar(LIMITS, PANEL), ""), gap=GAP)
    title = "with " + (", ".join(name for name in INGREDIENTS if name in names) or "nothing")
    lines = {viz.SECOND: plain.overlaps(frame), viz.PREDICTION: mine.overlaps(frame)}
    colors = {"truth": viz.TRUTH, "without any": viz.SECOND, "chosen": viz.PREDICTION}
    below = overlap_plot(lines, above.shape[1])
    return np.vstack(
        [viz.text_strip(title, above.shape[1]), above, below, viz.legend(colors, above.shape[1])]
    )


def response_panel(response: NDArray[np.float32], wide: bool) -> Frame:
    """Return a response map as a picture ``(PANEL, PANEL, 3)``, a pixel of it as large in all of them.

    Args:
        response: ``(F, F)``, wrap-around.
        wide: its window has the largest area; a smaller one has a frame of the darkest colour.
    """
    narrow, widest = (settings["search_area"] for settings in INGREDIENTS["context"])
    side = PANEL if wide else round(PANEL * narrow / widest)
    inner = viz.resize_nearest(viz.heatmap(response, limits=LIMITS), side, side)
    panel = np.empty((PANEL, PANEL, 3), np.uint8)
    panel[:] = viz.heatmap(np.zeros((1, 1)), limits=(0, 1))[0, 0]
    start = (PANEL - side) // 2
    panel[start : start + side, start : start + side] = inner
    return panel


def overlap_plot(lines: dict[viz.Color, NDArray[np.float64]], width: int) -> Frame:
    """Return a plot ``(PLOT, width, 3)`` of overlaps over the clip's frames, 0 below and 1 above."""
    plot = np.full((PLOT, width, 3), 255, np.uint8)
    plot[[0, -1]] = 200
    for color, values in lines.items():
        x = np.arange(len(values)) * (width - 1) / (FRAMES - 1)
        y = (PLOT - 3) * (1 - values) + 1
        points = np.rint(np.stack([x, y], axis=1)).astype(np.int32)
        cv2.polylines(plot, [points[:, None]], False, color, 2, cv2.LINE_AA)
    return plot


def demo() -> Demo:
    """Return the demo: a frame, a box to tick for each ingredient, and four combinations as static twin."""
    controls: dict[str, Control] = {"frame": Slider(0, FRAMES - 1, START)}
    controls |= {name: Check(name in TWIN[-1]) for name in INGREDIENTS}
    twin = [draw(START, **dict.fromkeys(names, True)) for names in TWIN]
    return Demo(
        draw,
        controls,
        np.vstack(twin),
        title="What UDT+ adds",
        alt="One frame with its true box and the tracker's, and the response with the chosen ingredients.",
        steps=steps,
    )
