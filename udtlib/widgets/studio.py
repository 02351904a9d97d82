"""The clip studio: turn the difficulties of a clip up and down, and see what the trackers make of it.

`draw` is a pure function of the knobs; ``demo()`` as a cell's last line shows a static picture and, where a
kernel is live, its controls. The trackers run again through each changed clip, up to the chosen frame, and
their overlap with the true box is drawn on the way (`steps`). Book: chapter 00.
"""

from collections.abc import Iterator
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from udtlib import viz
from udtlib.boxes import Boxes, iou
from udtlib.data.sequences import Sequence
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.textures import FAMILIES
from udtlib.frames import Frame
from udtlib.trackers import load_tracker
from udtlib.widgets.base import Choice, Control, Demo, Slider

FRAMES, START, PLOT = 40, 39, 80  # frames of a clip, the one shown first; pixels
EVERY = 3  # of the frames on the way this many are passed over for each one shown
SEED = 6
TEXTURES = tuple(FAMILIES)
KNOBS = {
    "speed": "fast_motion",
    "scale": "scale_variation",
    "occlusion": "occlusion",
    "light": "illumination_variation",
    "motion_blur": "motion_blur",
    "clutter": "background_clutter",
    "bending": "deformation",
    "rotation": "in_plane_rotation",
}
"""Controls, and the settings of `udtlib.data.synthetic.render_clip` that they turn."""

TRACKERS = {"mosse": viz.PREDICTION, "kcf": viz.SECOND}
TWIN: tuple[dict[str, float], ...] = ({}, {"scale": 0.8}, {"occlusion": 0.7})


def clip_of(seed: int, texture: str, knobs: dict[str, float]) -> Sequence:
    """Return the clip of these settings, frames lazy; ``knobs`` are keys of `KNOBS`, 0..1 each."""
    chosen: dict[str, Any] = {KNOBS[name]: value for name, value in knobs.items()}
    return render_clip(FRAMES, seed=seed, texture=texture, **chosen)


class Take:
    """One clip and the trackers on their way through it.

    Attributes:
        clip: frames and true boxes.
        boxes: each tracker's, one ``(4,)`` for each frame so far.
    """

    def __init__(self, seed: int, texture: str, knobs: dict[str, float]) -> None:
        """Start in frame 0; arguments as `clip_of`."""
        self.clip = clip_of(seed, texture, knobs)
        self.frames: list[Frame] = [self.clip.frames[0]]
        self.trackers = {name: load_tracker(name) for name in TRACKERS}
        self.boxes: dict[str, list[Boxes]] = {name: [self.clip.boxes[0]] for name in TRACKERS}
        for tracker in self.trackers.values():
            tracker.init(self.frames[0], self.clip.boxes[0])
        self.lock = Lock()

    def until(self, frame: int) -> "Take":
        """Go on up to this frame, if it is not there yet; controls and cells ask in threads of their own."""
        with self.lock:
            while len(self.frames) <= frame:
                self.frames.append(self.clip.frames[len(self.frames)])
                for name, tracker in self.trackers.items():
                    self.boxes[name].append(tracker.update(self.frames[-1]))
        return self

    def overlaps(self, name: str, frame: int) -> Any:
        """Return a tracker's overlaps with the true boxes up to a frame, float64 ``(frame + 1,)``."""
        return iou(np.array(self.boxes[name][: frame + 1]), self.clip.boxes[: frame + 1])


@lru_cache(maxsize=16)
def take(seed: int, texture: str, knobs: tuple[tuple[str, float], ...]) -> Take:
    """Return the clip of these settings, as far as it was needed.

    Raises:
        KeyError: no such knob.
        OptionError, UnknownNameError: as `render_clip`.
    """
    return Take(seed, texture, dict(knobs))


def chosen_take(seed: int, texture: str, knobs: dict[str, float]) -> Take:
    """Return `take` of knobs in any order."""
    return take(seed, texture, tuple(sorted(knobs.items())))


def steps(frame: int = START, seed: int = SEED, texture: str = "leaves", **knobs: float) -> Iterator[Frame]:
    """Yield pictures on the way to `draw`'s: of the frames that a new clip has yet to run through."""
    for earlier in range(len(chosen_take(seed, texture, knobs).frames), frame, EVERY):
        yield draw(earlier, seed, texture, **knobs)
    yield draw(frame, seed, texture, **knobs)


def draw(frame: int = START, seed: int = SEED, texture: str = "leaves", **knobs: float) -> Frame:
    """Return the picture of one frame, RGB ``uint8``: the boxes on it, the overlaps up to it below.

    Args:
        frame: its number in the clip, 0..39.
        seed: which clip.
        texture: a member of `TEXTURES`.
        knobs: keys of `KNOBS`, 0..1 each; one not given is 0.
    """
    found = chosen_take(seed, texture, knobs).until(frame)
    picture = viz.draw_box(found.frames[frame], found.clip.boxes[frame], viz.TRUTH)
    lines, said = {}, []
    for name, color in TRACKERS.items():
        picture = viz.draw_box(picture, found.boxes[name][frame], color)
        overlaps = found.overlaps(name, frame)
        lines[color] = np.column_stack([np.arange(frame + 1), overlaps])
        said.append(f"{name} {overlaps.mean():.2f}")
    width = picture.shape[1]
    up = [f"{name} {value:g}" for name, value in knobs.items() if value]
    below = viz.curves(lines, (0, FRAMES - 1), (0, 1), width, PLOT)
    parts = [
        viz.text_strip(", ".join(up) or "all knobs at 0", width),
        picture,
        viz.text_strip(f"frame {frame}; mean overlap: {', '.join(said)}", width),
        below,
        viz.legend({"truth": viz.TRUTH, **TRACKERS}, width),
    ]
    return np.vstack(parts)


def demo() -> Demo:
    """Return the demo: a frame, a clip, a knob for each difficulty; three clips as static twin."""
    controls: dict[str, Control] = {
        "frame": Slider(0, FRAMES - 1, START, play=80),
        "seed": Slider(0, 20, SEED),
        "texture": Choice(TEXTURES, TEXTURES[0]),
    }
    controls |= {name: Slider(0, 1, 0.0, 0.1) for name in KNOBS}
    start: dict[str, Any] = dict.fromkeys(KNOBS, 0.0)
    return Demo(
        draw,
        controls,
        viz.contact_sheet([draw(START, **{**start, **changes}) for changes in TWIN], 3, gap=10),
        title="Clip studio",
        alt="One frame of the clip with the true box and two trackers' boxes, and their overlaps so far.",
        steps=steps,
    )
