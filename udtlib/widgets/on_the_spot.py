"""A network before and after it has learned on a video's first frames: choose how much, and watch the boxes.

`draw` is a pure function of a frame's number and the iterations; ``demo()`` as a cell's last line shows a
static picture and, where a kernel is live, its controls. A number of iterations is learned when it is chosen
for the first time, up to half a minute, under a bar in the picture; then it is at hand. Book: chapter 16.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from udtlib import viz
from udtlib.adaptation import Adapted, adapting
from udtlib.boxes import Boxes, iou
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.frames import Frame
from udtlib.trackers import load_tracker
from udtlib.weights import Weights
from udtlib.widgets.base import Choice, Control, Demo, Slider

FRAMES, LEARNED, START, PANEL = 24, 8, 20, 170
ITERATIONS = ("0", "10", "30", "100")
TWIN = ("0", "30")
RATE = 3e-4  # thirty times the usual, so that few iterations show something
LIMITS = (-0.1, 0.6)  # of the response maps' colours
AT_HAND: set[int] = set()  # the iterations learned and tracked so far
FOUND: dict[int, Adapted] = {}  # what came of them


class Run(NamedTuple):
    """What a network did on the clip: boxes ``(FRAMES, 4)``, and a response ``(125, 125)`` a frame."""

    boxes: Boxes
    responses: tuple[NDArray[np.float32], ...]


@cache
def scene() -> Sequence:
    """Return the clip, rendered once: a target that bends, turns and grows."""
    clip = render_clip(FRAMES, seed=31, deformation=0.6, in_plane_rotation=0.5, scale_variation=0.4)
    return Sequence(clip.name, list(clip.frames), clip.boxes)


def learning(iterations: int) -> Iterator[int]:
    """Learn on the first `LEARNED` frames unless that was done; yield how many iterations are done."""
    if iterations not in FOUND:
        clip = scene()
        FOUND[iterations] = yield from adapting(
            "udt", [(clip.frames[:LEARNED], clip.boxes[0])], iterations, rate=RATE
        )


def learned(iterations: int) -> Adapted:
    """Return what came of so many iterations."""
    for _ in learning(iterations):
        pass
    return FOUND[iterations]


@cache
def track(iterations: int) -> Run:
    """Return the run of the network after so many iterations; 0 is the one that ships."""
    weights: str | Weights = learned(iterations).weights if iterations else "udt"
    tracker, clip = load_tracker("udt", weights=weights, preset="points"), scene()
    tracker.init(clip.frames[0], clip.boxes[0])
    boxes, responses = [clip.boxes[0]], [tracker.response]  # type: ignore[attr-defined]
    for frame in clip.frames[1:]:
        boxes.append(tracker.update(frame))
        responses.append(tracker.response)  # type: ignore[attr-defined]
    AT_HAND.add(iterations)
    return Run(np.array(boxes), tuple(responses))


def steps(frame: int = START, iterations: str = "30") -> Iterator[Frame]:
    """Yield `draw`'s picture, after one that says so if these iterations have yet to be learned."""
    if int(iterations) not in AT_HAND:
        shipped = draw(frame, "0")
        for done in (0, *learning(int(iterations))):
            yield np.vstack([progress(done, int(iterations), shipped.shape[1]), shipped[viz.TEXT_HEIGHT :]])
    yield draw(frame, iterations)


def progress(done: int, iterations: int, width: int) -> Frame:
    """Return a strip of a line of text: how many iterations are done, in numbers and as a bar."""
    strip = viz.text_strip(f"learning on {LEARNED} frames: {done} of {iterations} iterations", width)
    left, right = width // 2, width - 6
    cv2.rectangle(strip, (left, 4), (right, 13), (210, 210, 210), 1)
    end = left + (right - left) * done // max(1, iterations)
    if end > left:
        cv2.rectangle(strip, (left, 4), (end, 13), viz.PREDICTION, cv2.FILLED)
    return strip


def draw(frame: int = START, iterations: str = "30") -> Frame:
    """Return the picture of one frame, RGB ``uint8``: boxes, the response as shipped, and the one adapted.

    Args:
        frame: its number in the clip, 1..23.
        iterations: a member of `ITERATIONS`.
    """
    count, clip = int(iterations), scene()
    plain, mine = track(0), track(count)
    picture = clip.frames[frame]
    boxes = ((clip.boxes, viz.TRUTH), (plain.boxes, viz.SECOND), (mine.boxes, viz.PREDICTION))
    for found, color in boxes:
        picture = viz.draw_box(picture, found[frame], color)
    maps = [viz.heatmap(run.responses[frame], limits=LIMITS) for run in (plain, mine)]
    maps = [viz.resize_nearest(one, PANEL) for one in maps]
    panels = [viz.resize_area(picture, PANEL), maps[0], np.hstack([maps[1], viz.color_bar(LIMITS, PANEL)])]
    overlaps = [iou(run.boxes[frame], clip.boxes[frame]) for run in (plain, mine)]
    names = [f"frame {frame}", f"shipped: overlap {overlaps[0]:.2f}", f"adapted: {overlaps[1]:.2f}"]
    above = viz.side_by_side(*(viz.caption(one, text) for one, text in zip(panels, names, strict=True)))
    colors = {"truth": viz.TRUTH, "shipped": viz.SECOND, "adapted": viz.PREDICTION}
    return np.vstack(
        [viz.text_strip(title(count), above.shape[1]), above, viz.legend(colors, above.shape[1])]
    )


def title(iterations: int) -> str:
    """Return what was learned, in words."""
    if not iterations:
        return "0 iterations: the network as it ships"
    found = learned(iterations)
    state = "kept" if found.kept else "thrown away"
    return f"{iterations} iterations: cycle loss {found.before:.2f} -> {found.after:.2f}, {state}"


def demo() -> Demo:
    """Return the demo: a frame, a number of iterations, and two of them as static twin."""
    controls: dict[str, Control] = {
        "frame": Slider(1, FRAMES - 1, START),
        "iterations": Choice(ITERATIONS, TWIN[-1]),
    }
    return Demo(draw, controls, np.vstack([draw(START, count) for count in TWIN]), steps=steps)
